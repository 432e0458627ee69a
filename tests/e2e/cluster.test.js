// SPDX-License-Identifier: Apache-2.0
// Several brokers over one Redis are one: clients move between them, what one is told all do, each knows what is at the others.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { until, KEY } = require('./lib/broker')
const { clusterTest } = require('./lib/cluster')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token, expires } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const data = (sub) => sub.pubs().map((p) => p.data)
const sorted = (list) => [...list].sort()

/* Stops the process: it does nothing more when this returns. */
function hang(broker) {
	broker.child.kill('SIGSTOP')
	return until('it has stopped', () => fs.readFileSync(`/proc/${broker.pid}/stat`, 'latin1').split(') ')[1][0] === 'T')
}

/* Publishes until the run is over; repeats with the key what is not acknowledged, at whoever lives. */
async function publisher(cluster, channel, run) {
	for (let n = 1; !run.over; n++) {
		for (;;) {
			const living = cluster.brokers.filter((b) => !b.exit && !b.signalled)
			const broker = living[n % living.length]
			const answer = await broker.publish(channel, n, { idempotency_key: `key ${n}` }).catch(() => null)
			if (answer)
				break
		}
		run.published = n
	}
}

clusterTest('what is published at one broker is received at all, in one order, from one history', 3, {}, async (cluster) => {
	const subs = await Promise.all(cluster.brokers.map((broker) => subscribe(connect(broker, ANN), 'room')))
	const results = await Promise.all(numbers(1, 60).map((n) => cluster.brokers[n % 3].publish('room', n)))
	assert.deepEqual(sorted(results.map((r) => r.offset)), sorted(numbers(1, 60)))
	for (const sub of subs)
		await publications(sub, 60)
	for (const sub of subs)
		assert.deepEqual(data(sub), data(subs[0]))
	assert.deepEqual(subs[0].pubs().map((p) => p.offset), numbers(1, 60))
	for (const broker of cluster.brokers) {
		const history = await broker.api('history', { channel: 'room', limit: -1 })
		assert.deepEqual(history.publications.map((p) => p.data), data(subs[0]))
		assert.equal(history.epoch, results[0].epoch)
	}
})

clusterTest('an idempotency key counts at all brokers', 2, {}, async (cluster) => {
	const [a, b] = cluster.brokers
	const first = await a.publish('room', 1, { idempotency_key: 'k' })
	assert.deepEqual(await b.publish('room', 2, { idempotency_key: 'k' }), first)
	const both = await Promise.all(numbers(0, 9).map((i) => cluster.brokers[i % 2].publish('room', i, { idempotency_key: 'at once' })))
	assert.deepEqual(both.map((r) => r.offset), Array(10).fill(2))
	assert.equal((await b.api('history', { channel: 'room', limit: -1 })).publications.length, 2)
})

clusterTest('the SDK moves between brokers and recovers: nothing is missing, nothing twice', 3, {}, async (cluster) => {
	const address = await cluster.balance()
	const client = connect(address, ANN)
	const subs = await Promise.all(['room', 'short:room', 'delta:room'].map((channel) => subscribe(client, channel, channel.startsWith('delta') ? { delta: 'fossil' } : {})))
	const stays = await subscribe(connect(cluster.brokers[2], ANN), 'room')
	let n = 0
	const publish = async (broker, count) => {
		for (let i = 0; i < count; i++) {
			n++
			for (const { channel } of subs)
				await broker.publish(channel, { n, filler: 'the same in each of them, so that a patch pays '.repeat(5) })
		}
	}
	await publish(cluster.brokers[1], 3)
	await cluster.brokers[0].kill()
	await publish(cluster.brokers[2], 4)
	for (const sub of subs)
		await event(sub, 'subscribed', 2)
	await publish(cluster.brokers[1], 3)
	address.proxy.swap(['127.0.0.1', cluster.brokers[2].port])
	address.proxy.cut({ how: 'rst' })
	await publish(cluster.brokers[1], 4)
	for (const sub of subs)
		await event(sub, 'subscribed', 3)
	await publish(cluster.brokers[1], 3)
	for (const sub of [...subs, stays]) {
		await publications(sub, n)
		assert.deepEqual(data(sub).map((d) => d.n), numbers(1, n), sub.channel)
		assert.deepEqual(sub.pubs().map((p) => p.offset), numbers(1, n))
	}
	for (const sub of subs)
		assert.deepEqual(sub.seen.filter((e) => e.event === 'subscribed').slice(1).map((e) => [e.wasRecovering, e.recovered]), [[true, true], [true, true]])
})

clusterTest('each broker is replaced while events are published: clients end up elsewhere and miss nothing', 3, {}, async (cluster) => {
	const address = await cluster.balance(true)
	const clients = numbers(1, 9).map(() => connect(address, ANN))
	const subs = await Promise.all(clients.map((client) => subscribe(client, 'room')))
	const run = { over: false, published: 0 }
	const publishing = publisher(cluster, 'room', run)
	for (const [i, how] of ['SIGTERM', 'SIGKILL', 'SIGTERM'].entries()) {
		const before = run.published
		await until('some events', () => run.published > before + 20)
		if (how === 'SIGKILL')
			await cluster.brokers[i].kill()
		else
			cluster.brokers[i].signal(how)
		await cluster.restart(i)
	}
	run.over = true
	await publishing
	for (const sub of subs) {
		await publications(sub, run.published)
		assert.deepEqual(data(sub), numbers(1, run.published))
		assert.ok(sub.seen.filter((e) => e.event === 'subscribed').slice(1).every((e) => e.recovered))
	}
	assert.ok(clients.reduce((sum, client) => sum + client.sockets.length, 0) > clients.length)
})

clusterTest('control: disconnect, unsubscribe, subscribe and refresh reach clients wherever they are', 3, {}, async (cluster) => {
	const [a, b, c] = cluster.brokers
	const wires = await Promise.all([a, b, c].map((broker) => Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(600) }) })))
	const other = await Wire.connect(b, { token: token({ sub: 'bob' }) })
	await c.api('subscribe', { user: 'ann', channel: 'news' })
	for (const wire of wires)
		await wire.push('subscribe', 'news')
	await a.publish('news', 1)
	for (const wire of wires)
		assert.equal((await wire.push('pub', 'news')).data, 1)
	await a.api('unsubscribe', { user: 'ann', channel: 'news' })
	for (const wire of wires)
		assert.equal((await wire.push('unsubscribe', 'news')).code, 2000)
	await b.api('refresh', { user: 'ann', expire_at: expires(1200) })
	for (const wire of wires)
		await until('a refresh', () => wire.lines.some((line) => line.includes('"refresh"')))
	await c.api('disconnect', { user: 'ann', client: wires[0].hello.connect.client })
	assert.equal((await wires[0].close()).code, 3503)
	await a.api('disconnect', { user: 'ann', whitelist: [wires[1].hello.connect.client], disconnect: { code: 4321, reason: 'go' } })
	assert.deepEqual(await wires[2].close(), { code: 4321, reason: 'go' })
	for (const wire of [wires[1], other])
		assert.ok((await wire.ask({ subscribe: { channel: 'room' } })).subscribe)
	assert.deepEqual(other.pushes('pub'), [])
})

clusterTest('presence, joins and leaves over brokers', 3, {}, async (cluster) => {
	const clients = cluster.brokers.map((broker, i) => connect(broker, { token: token({ sub: `user${i % 2}` }) }))
	const subs = []
	for (const client of clients)
		subs.push(await subscribe(client, 'rooms:x'))
	for (const broker of cluster.brokers) {
		await until('all three are there', async () => (await broker.api('presence_stats', { channel: 'rooms:x' })).num_clients === 3)
		assert.deepEqual(await broker.api('presence_stats', { channel: 'rooms:x' }), { num_clients: 3, num_users: 2 })
		const { presence } = await broker.api('presence', { channel: 'rooms:x' })
		assert.deepEqual(sorted(Object.keys(presence)), sorted(clients.map((c) => c._client)))
	}
	assert.deepEqual((await event(subs[0], 'join', 3) && subs[0].seen.filter((e) => e.event === 'join').map((e) => e.info.user)), ['user0', 'user1', 'user0'])
	clients[1].disconnect()
	assert.equal((await event(subs[0], 'leave')).info.user, 'user1')
	assert.equal((await event(subs[2], 'leave')).info.user, 'user1')
	await until('two are left', async () => (await cluster.brokers[1].api('presence_stats', { channel: 'rooms:x' })).num_clients === 2)
})

clusterTest('info and channels: all brokers; one that hangs is named, one that dies is forgotten, its presence too, and its leaves come', 3, {}, async (cluster) => {
	await cluster.met()
	const clients = ['ann', 'bob', 'cid'].map((sub, i) => connect(cluster.brokers[i], { token: token({ sub }) }))
	await Promise.all(clients.map((client, i) => Promise.all(['room', `live:${i}`].map((channel) => subscribe(client, channel)))))
	for (const broker of cluster.brokers) {
		const { nodes, missing } = await broker.api('info')
		assert.equal(missing, undefined)
		assert.deepEqual(nodes.map((n) => [n.num_clients, n.num_subs]), Array(3).fill([1, 2]))
		assert.equal(new Set(nodes.map((n) => n.uid)).size, 3)
		assert.deepEqual((await broker.api('channels')).channels,
			{ room: { num_clients: 3 }, 'live:0': { num_clients: 1 }, 'live:1': { num_clients: 1 }, 'live:2': { num_clients: 1 } })
		assert.deepEqual(Object.keys((await broker.api('channels', { pattern: 'r*' })).channels), ['room'])
	}
	const { nodes } = await cluster.brokers[2].api('info')
	await hang(cluster.brokers[2])
	const partial = await cluster.brokers[0].api('info')
	assert.deepEqual([partial.nodes.length, partial.missing.length], [2, 1])
	assert.ok([nodes[0].uid, nodes[0].name].includes(partial.missing[0]), partial.missing[0])
	const channels = await cluster.brokers[1].api('channels')
	assert.deepEqual([channels.channels.room, channels.missing.length], [{ num_clients: 2 }, 1])
	cluster.brokers[2].child.kill('SIGCONT')
	await cluster.met()
	const stays = await subscribe(clients[0], 'rooms:x')
	await subscribe(clients[2], 'rooms:x')
	await event(stays, 'join', 2)
	await until('both are there', async () => (await stays.presenceStats()).numClients === 2)
	await cluster.brokers[2].kill()
	await until('its lease has ended', async () => (await stays.presenceStats()).numClients === 1, 25000)
	await until('it is forgotten', async () => !(await cluster.brokers[0].api('info')).missing, 25000)
	await until('it has left', () => stays.seen.some((e) => e.event === 'leave'), 40000)
	assert.deepEqual(stays.seen.filter((e) => e.event === 'leave').map((e) => e.info.user), ['cid'])
}, { limit: 120000 })

/* What an HTTP publish is answered while Redis is away: nothing is claimed. */
async function refused(broker) {
	const response = await fetch(`${broker.http}/api/publish`, { method: 'POST', headers: { 'X-API-Key': KEY }, body: '{"channel":"room","data":"away"}' })
	const text = await response.text()
	assert.equal(response.status, 503, text)
	assert.match(text, /un(available|known)/)
}

const status = async (broker, path) => (await fetch(broker.http + path)).status

clusterTest('Redis hangs: /ready is red, /health green, everybody stays, and nothing is subscribed anew', 2, {}, async (cluster) => {
	const clients = cluster.brokers.map((broker) => connect(broker, ANN))
	const subs = await Promise.all(clients.map((client) => subscribe(client, 'room')))
	await cluster.brokers[0].publish('room', 1)
	cluster.redis.stop()
	for (const broker of cluster.brokers) {
		await until('not ready', async () => (await status(broker, '/ready')) === 503)
		assert.equal(await status(broker, '/health'), 200)
	}
	await Promise.all(cluster.brokers.map(refused))
	cluster.redis.cont()
	for (const broker of cluster.brokers)
		await until('ready', async () => (await status(broker, '/ready')) === 200)
	const { offset } = await cluster.brokers[1].publish('room', 2)
	for (const sub of subs) {
		await until('the newest', () => data(sub).at(-1) === 2)
		const got = sub.pubs().map((p) => p.offset)
		assert.deepEqual(got, numbers(1, offset)) // an "unknown" one may be there
		assert.equal(sub.seen.filter((e) => e.event === 'subscribing').length, 1)
	}
	assert.deepEqual(clients.map((client) => client.sockets.length), [1, 1])
})

clusterTest('Redis is killed and comes back with its data: everybody stays, and goes on', 2, {}, async (cluster) => {
	const clients = cluster.brokers.map((broker) => connect(broker, ANN))
	const subs = await Promise.all(clients.map((client) => subscribe(client, 'room')))
	await cluster.met() // they are expected to have their say
	await cluster.brokers[0].publish('room', 1)
	for (const sub of subs)
		await publications(sub, 1)
	await cluster.redis.kill()
	for (const broker of cluster.brokers) {
		await until('not ready', async () => (await status(broker, '/ready')) === 503)
		assert.equal(await status(broker, '/health'), 200)
	}
	await cluster.redis.start()
	for (const broker of cluster.brokers)
		await until('ready', async () => (await status(broker, '/ready')) === 200)
	await cluster.brokers[1].publish('room', 2)
	for (const sub of subs) {
		await until('the newest', () => data(sub).at(-1) === 2)
		assert.deepEqual(sub.pubs().map((p) => [p.offset, p.data]), [[1, 1], [2, 2]])
		assert.equal(sub.seen.filter((e) => e.event === 'subscribing').length, 1)
	}
	assert.deepEqual(clients.map((client) => client.sockets.length), [1, 1])
}, { redis: { appendonly: 'yes', appendfsync: 'always' } })

clusterTest('Redis comes back empty: those that are there are told, and go on', 2, {}, async (cluster) => {
	const clients = cluster.brokers.map((broker) => connect(broker, ANN))
	const subs = await Promise.all(clients.map((client) => subscribe(client, 'room')))
	const live = await subscribe(clients[0], 'live:x')
	const { epoch } = await cluster.brokers[0].publish('room', 1)
	for (const sub of subs)
		await publications(sub, 1)
	await cluster.redis.kill()
	cluster.redis.wipe()
	await cluster.redis.start()
	for (const broker of cluster.brokers)
		await until('ready', async () => (await status(broker, '/ready')) === 200)
	const next = await until('a publish', () => cluster.brokers[1].publish('room', 2).catch(() => null))
	assert.notEqual(next.epoch, epoch)
	for (const sub of subs) {
		const again = await event(sub, 'subscribed', 2)
		assert.deepEqual([again.wasRecovering, again.recovered], [true, false])
	}
	await cluster.brokers[0].publish('room', 3)
	await cluster.brokers[1].publish('live:x', 'on')
	for (const sub of subs)
		await until('the newest', () => data(sub).at(-1) === 3)
	await publications(live, 1)
	assert.deepEqual(clients.map((client) => client.sockets.length), [1, 1])
})
