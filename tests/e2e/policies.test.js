// SPDX-License-Identifier: Apache-2.0
// Queues with the SDK as it is: what a reader gets whose socket was stopped for a while, under each policy, and that what
// it got and what it is told is missing make what was published.
'use strict'
const assert = require('node:assert/strict')
const { HISTORY, OPEN, brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { FAT, FILLER, accounted, lag, lane, stall, waits } = require('./lib/stall')
const { token, expires } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const SLOW = { minResubscribeDelay: 300, maxResubscribeDelay: 500 }
const OPTIONS = {
	channel: {
		without_namespace: { ...OPEN, presence: true, join_leave: true, force_push_join_leave: true },
		namespaces: [
			FAT,
			{ name: 'live', ...OPEN },
			{ name: 'hist', ...OPEN, ...HISTORY },
			{ name: 'delta', ...OPEN, ...HISTORY, allowed_delta_types: ['fossil'], delta_publish: true },
			{ name: 'ticks', ...OPEN, overflow: 'latest', key: 'data.sym', queue: 16 },
			{ name: 'paced', ...OPEN, rate: 5, rate_max: 50, queue: 10, queue_max: 10 },
			{ name: 'tight', ...OPEN, queue_bytes: 70000, overflow: 'drop_oldest' },
			{ name: 'strict', ...OPEN, ...HISTORY, allowed_overflow: ['resync', 'latest'] },
			{ name: 'closed' },
		],
	},
}
const policyTest = (name, fn, more = {}) => brokerTest(name, { ...OPTIONS, ...more }, fn)
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const weir = (options) => ({ data: { weir: options } })
const data = (sub) => sub.pubs().map((p) => p.data)
const lost = (sub) => sub.pubs().map((p) => Number((p.tags || {})['weir-dropped'] || 0))
const count = (emitter, name) => emitter.seen.filter((e) => e.event === name).length

async function publish(broker, channel, list, more) {
	for (const one of list)
		await broker.publish(channel, one, more)
}

policyTest('resync: unsubscribed with 2500, and all of it comes by recovery, in order and once', async (broker) => {
	const client = connect(broker, ANN)
	const other = await subscribe(connect(broker, ANN), 'hist:a')
	const sub = await subscribe(client, 'hist:a', weir({ queue: 8 }))
	const neighbour = await subscribe(client, 'hist:b')
	assert.deepEqual(sub.seen.find((e) => e.event === 'subscribed').data, { weir: { overflow: 'resync', queue: 8 } })
	for (const round of [0, 1, 2]) {
		const resume = await stall(broker, client)
		await publish(broker, 'hist:a', numbers(100 * round + 1, 100 * round + 60))
		await publish(broker, 'hist:b', [round])
		resume()
		await publish(broker, 'hist:a', numbers(100 * round + 61, 100 * round + 70))
		await publications(sub, 70 * (round + 1))
		await publications(neighbour, round + 1)
		assert.ok(count(sub, 'subscribing') <= round + 2, 'one resync a stall: there is no loop')
		assert.deepEqual([sub.seen.filter((e) => e.event === 'subscribing').at(-1)].map((e) => [e.code, e.reason]), [[2500, 'queue full']])
		const again = sub.seen.filter((e) => e.event === 'subscribed').at(-1)
		assert.deepEqual([again.wasRecovering, again.recovered], [true, true])
	}
	const expected = [0, 1, 2].flatMap((round) => numbers(100 * round + 1, 100 * round + 70))
	assert.deepEqual(data(sub), expected)
	assert.deepEqual(sub.pubs().map((p) => p.offset), numbers(1, 210))
	assert.ok(sub.pubs().every((p) => p.tags === undefined), 'recovered events carry no weir-dropped')
	assert.deepEqual(data(neighbour), [0, 1, 2])
	assert.deepEqual([count(neighbour, 'subscribing'), client.sockets.length], [1, 1])
	assert.deepEqual(data(await publications(other, 210) && other), expected)
})

policyTest('resync too far behind: the application is told', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'hist:a', weir({ queue: 4 }))
	const resume = await stall(broker, client)
	await publish(broker, 'hist:a', numbers(1, 40))
	resume()
	const again = await event(sub, 'subscribed', 2)
	assert.deepEqual([again.wasRecovering, again.recovered, again.streamPosition.offset], [true, false, 40])
	await publish(broker, 'hist:a', [41])
	await until('the next one', () => data(sub).includes(41))
	assert.deepEqual(data(sub), [41])
}, { client: { recovery_max_publication_limit: 20 } })

policyTest('a slow reader recovers several channels, each more than its queue holds, while events come: no 3008', async (broker) => {
	const client = connect(broker, { ...ANN, ...weir({ queue_bytes: 100000 }) })
	const live = await subscribe(client, 'live:a', weir({ overflow: 'drop_oldest' }))
	const channels = ['hist:a', 'hist:b', 'hist:c']
	for (const i of numbers(1, 20))
		await broker.api('broadcast', { channels, data: { i, filler: FILLER.slice(0, 10000) } })
	const resume = await stall(broker, client)
	const subs = []
	for (const channel of channels) {
		const { epoch } = await broker.api('history', { channel, limit: 0 })
		subs.push(await subscribe(client, channel, { since: { epoch, offset: 0 } }, false))
	}
	for (const i of numbers(1, 50)) { // whenever the subscribes have arrived
		await broker.publish('live:a', i)
		await broker.api('broadcast', { channels, data: { i: 20 + i } })
	}
	resume()
	for (const sub of subs)
		assert.deepEqual(data(await publications(sub, 70) && sub).map((d) => d.i), numbers(1, 70))
	await publications(live, 50)
	assert.deepEqual([data(live), client.sockets.length], [numbers(1, 50), 1])
})

policyTest('resync of a server-side subscription: 3010, and all of it after the reconnect', async (broker) => {
	const client = connect(broker, { token: token({ sub: 'ann', channels: ['hist:a'] }), getToken: async () => token({ sub: 'ann', channels: ['hist:a'] }) })
	await event(client, 'subscribed')
	const resume = await stall(broker, client)
	await publish(broker, 'hist:a', numbers(1, 200))
	resume()
	await event(client, 'connecting', 2)
	assert.deepEqual(client.seen.filter((e) => e.event === 'connecting')[1].code, 3010)
	await event(client, 'publication', 200)
	assert.deepEqual(client.seen.filter((e) => e.event === 'publication').map((e) => e.data), numbers(1, 200))
})

policyTest('disconnect: 3008, the SDK comes back; nobody else notices', async (broker) => {
	const client = connect(broker, ANN)
	const fast = connect(broker, ANN)
	const other = await subscribe(fast, 'live:a')
	const sub = await subscribe(client, 'live:a', weir({ queue: 8 }))
	assert.deepEqual(sub.seen.find((e) => e.event === 'subscribed').data, { weir: { overflow: 'disconnect', queue: 8 } })
	const resume = await stall(broker, client)
	await publish(broker, 'live:a', numbers(1, 20))
	resume()
	await event(client, 'connected', 2)
	assert.ok([1, 3008].includes(client.seen.filter((e) => e.event === 'connecting')[1].code)) // 1: the transport was closed before it
	await event(sub, 'subscribed', 2)
	await publish(broker, 'live:a', [21])
	await publications(sub, 1)
	assert.deepEqual(data(sub), [21])
	await publications(other, 21)
	assert.deepEqual(data(other), numbers(1, 21))
	assert.equal(fast.sockets.length, 1)
})

policyTest('drop_oldest, drop_newest: what comes, and what is said to be missing', async (broker) => {
	const client = connect(broker, ANN)
	const oldest = await subscribe(client, 'live:a', weir({ overflow: 'drop_oldest', queue: 10 }))
	const newest = await subscribe(client, 'live:b', weir({ overflow: 'drop_newest', queue: 10 }))
	await publish(broker, 'live:a', [0], { tags: { t: 'x' } })
	await publications(oldest, 1)
	const resume = await stall(broker, client)
	await publish(broker, 'live:a', numbers(1, 50), { tags: { t: 'x' } })
	await publish(broker, 'live:b', numbers(1, 50))
	await waits(broker, client, 'live:a', 10)
	resume()
	await publications(oldest, 11)
	await publications(newest, 10)
	await publish(broker, 'live:a', [51, 52])
	await publish(broker, 'live:b', [51, 52])
	await publications(oldest, 13)
	await publications(newest, 12)
	assert.deepEqual(data(oldest), [0, ...numbers(41, 52)])
	assert.deepEqual(oldest.pubs()[0].tags, { t: 'x' })
	assert.deepEqual(oldest.pubs()[1].tags, { t: 'x', 'weir-dropped': '40' })
	assert.deepEqual(lost(oldest).slice(2), Array(11).fill(0))
	assert.deepEqual(data(newest), [...numbers(1, 10), 51, 52])
	assert.deepEqual(lost(newest), [...Array(10).fill(0), 40, 0])
	assert.deepEqual([accounted(oldest), accounted(newest)], [53, 52])
	assert.equal(client.sockets.length, 1)
})

policyTest('latest: the last value of each key, in the place of the first; positions stay below what waits', async (broker) => {
	const client = connect(broker, ANN)
	const byTag = await subscribe(client, 'hist:t', weir({ overflow: 'latest', key: 'sym' }))
	const byPath = await subscribe(client, 'hist:p', weir({ overflow: 'latest', key: 'data.o[0].sym' }))
	const byNone = await subscribe(client, 'hist:n', weir({ overflow: 'latest' }))
	const symbols = ['x', 'y', 'z']
	const resume = await stall(broker, client)
	for (const i of numbers(1, 20)) {
		for (const sym of symbols) {
			await broker.publish('hist:t', `${sym}${i}`, { tags: { sym } })
			await broker.publish('hist:p', { v: i, o: [{ sym }] })
			await broker.publish('hist:n', `${sym}${i}`)
		}
		/* No key, null, an object: one key in common. */
		await broker.publish('hist:p', [{ v: i }, { v: i, o: [{ sym: null }] }, { v: i, o: [{ sym: {} }] }][i % 3])
	}
	await waits(broker, client, 'hist:n', 1)
	resume()
	await publications(byTag, 3)
	await publications(byPath, 4)
	await publications(byNone, 1)
	assert.deepEqual(data(byTag), ['x20', 'y20', 'z20'])
	assert.deepEqual(byTag.pubs().map((p) => p.offset), [undefined, undefined, 60])
	assert.deepEqual(lost(byTag), [19, 19, 19])
	assert.deepEqual(byTag.pubs()[0].tags, { sym: 'x', 'weir-dropped': '19' })
	assert.deepEqual(byPath.pubs().map((p) => [p.data.o ? p.data.o[0].sym : undefined, p.data.v]), [['x', 20], ['y', 20], ['z', 20], [{}, 20]])
	assert.deepEqual(byPath.pubs().map((p) => p.offset), [undefined, undefined, undefined, 80])
	assert.deepEqual(data(byNone), ['z20'])
	assert.deepEqual([byNone.pubs()[0].offset, lost(byNone)], [60, [59]])
	client.cut()
	for (const sub of [byTag, byPath, byNone])
		assert.equal((await event(sub, 'subscribed', 2)).recovered, true)
	await publish(broker, 'hist:t', ['end'])
	await publications(byTag, 4)
	assert.deepEqual([data(byTag)[3], byPath.pubs().length, byNone.pubs().length], ['end', 4, 1])
})

policyTest('latest: more keys than places; bytes and odd texts as keys', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'ticks:a')
	const keys = ['', 'a', 'A', 'ä', '😀', '\0', '"', '\\', 'a'.repeat(300), 1, 1.5, '1', true, 'true', ...numbers(100, 130)]
	const resume = await stall(broker, client)
	for (const round of numbers(1, 3))
		for (const sym of keys)
			await broker.publish('ticks:a', { sym, round })
	await waits(broker, client, 'ticks:a', 16)
	resume()
	await waits(broker, client, 'ticks:a', 0)
	await publish(broker, 'ticks:a', [{ sym: 'end' }])
	await until('the last', () => data(sub).some((d) => d.sym === 'end'))
	assert.equal(accounted(sub), keys.length * 3 + 1)
	assert.deepEqual(data(sub).map((d) => d.sym), [...numbers(115, 130), 'end'])
	assert.ok(data(sub).slice(0, 16).every((d) => d.round === 3))
})

policyTest('rates: about as many as asked for, always the newest, and the rest is counted', async (broker) => {
	const client = connect(broker, ANN)
	const pace = await subscribe(client, 'live:a', weir({ rate: 2 }))
	const keyed = await subscribe(client, 'live:k', weir({ rate: 10, key: 'data.k', overflow: 'latest' }))
	const oldest = await subscribe(client, 'live:o', weir({ rate: 4, overflow: 'drop_oldest', queue: 3 }))
	const newest = await subscribe(client, 'live:n', weir({ rate: 4, overflow: 'drop_newest', queue: 3 }))
	const free = await subscribe(client, 'live:f')
	assert.deepEqual((await event(pace, 'subscribed')).data, { weir: { overflow: 'latest', rate: 2, queue: 128 } })
	const start = Date.now()
	let n = 0
	while (Date.now() - start < 3000) {
		n++
		for (const sub of [pace, oldest, newest, free])
			await broker.publish(sub.channel, n)
		await broker.publish('live:k', { k: n % 4, n })
	}
	await publications(free, n) // those that are held hold nobody up
	assert.deepEqual(data(free), numbers(1, n))
	await until('the newest', () => data(pace).includes(n) && data(oldest).includes(n))
	await until('the newest of each key', () => numbers(n - 3, n).every((i) => data(keyed).some((d) => d.n === i)))
	const seconds = (Date.now() - start) / 1000
	assert.ok(pace.pubs().length >= 4 && pace.pubs().length <= 2 * seconds + 3, `${pace.pubs().length} in ${seconds} s`)
	assert.deepEqual([accounted(pace), accounted(oldest)], [n, n])
	assert.deepEqual(lost(free), Array(n).fill(0))
	assert.deepEqual(data(pace), [...data(pace)].sort((a, b) => a - b))
	assert.equal(accounted(keyed), n)
	await until('the queue is empty', async () => (await lane(broker, client, 'live:n')).waiting === 0)
	await broker.publish('live:n', 'end')
	await until('the end', () => data(newest).at(-1) === 'end')
	assert.equal(accounted(newest), n + 1)
})

policyTest('a rate of one in five hundred seconds: the first at once, the rest waits for ever, and the end is clean', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'live:a', weir({ rate: 0.002 }))
	await publish(broker, 'live:a', numbers(1, 100))
	await publications(sub, 1)
	await waits(broker, client, 'live:a', 1)
	assert.deepEqual([data(sub), (await lag(broker, client)).lag_ms], [[1], 0])
	sub.unsubscribe()
	await until('it is gone', async () => !(await lane(broker, client, 'live:a')))
	const again = await subscribe(client, 'live:b', weir({ rate: 0.002, overflow: 'drop_oldest', queue: 5 }))
	await publish(broker, 'live:b', numbers(1, 100))
	await publications(again, 1)
	client.disconnect()
	await until('nobody is there', async () => (await broker.api('connections')).connections.length === 0)
})

policyTest('many subscriptions of one client, one held by its rate: the others go on', async (broker) => {
	const client = connect(broker, ANN)
	const held = await subscribe(client, 'live:held', weir({ rate: 0.01, overflow: 'drop_oldest', queue: 128 }))
	const subs = await Promise.all(numbers(1, 40).map((i) => subscribe(client, `hist:${i}`)))
	for (const i of numbers(1, 10)) {
		await publish(broker, 'live:held', numbers(1, 20))
		await broker.api('broadcast', { channels: subs.map((s) => s.channel), data: i })
	}
	for (const sub of subs)
		assert.deepEqual(data(await publications(sub, 10) && sub), numbers(1, 10))
	assert.deepEqual([data(held), client.sockets.length], [[1], 1])
})

policyTest('presence, joins and leaves are not lost on a slow client', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'room', weir({ overflow: 'drop_oldest', queue: 1 }))
	await event(sub, 'join')
	const resume = await stall(broker, client)
	for (const i of numbers(1, 5)) {
		const guest = connect(broker, { token: token({ sub: `guest${i}` }) })
		await subscribe(guest, 'room')
		await publish(broker, 'room', numbers(1, 10))
		guest.disconnect()
	}
	await until('the guests are gone', async () => (await broker.api('presence_stats', { channel: 'room' })).num_clients === 1)
	resume()
	await event(sub, 'leave', 5)
	const names = (kind) => sub.seen.filter((e) => e.event === kind).map((e) => e.info.user)
	assert.deepEqual(names('join'), ['ann', ...numbers(1, 5).map((i) => `guest${i}`)])
	assert.deepEqual(names('leave'), numbers(1, 5).map((i) => `guest${i}`))
	await publish(broker, 'room', [11])
	await until('the last', () => data(sub).includes(11))
	assert.equal(accounted(sub), 51)
	assert.equal((await sub.presenceStats()).numClients, 1)
})

policyTest('unsubscribed and subscribed again while stalled: no event of the old one after the new one\'s', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'live:a', weir({ overflow: 'drop_oldest', queue: 4 }))
	const resume = await stall(broker, client)
	for (const round of numbers(1, 30)) {
		await publish(broker, 'live:a', numbers(10 * round, 10 * round + 9))
		sub.unsubscribe()
		sub.subscribe()
		await until('it is subscribed again', async () => { // its reply waits as well
			const l = await lane(broker, client, 'live:a')
			return l && l.waiting === 0 && l.dropped === 0
		})
	}
	await publish(broker, 'live:a', [1000])
	resume()
	await until('the last', () => data(sub).includes(1000))
	assert.deepEqual(data(sub), [...new Set(data(sub))].sort((a, b) => a - b))
	assert.equal(client.sockets.length, 1)
})

policyTest('queue_bytes of connect: the heaviest subscription pays, by its own policy', async (broker) => {
	const client = connect(broker, { ...ANN, ...weir({ queue_bytes: 200000 }) })
	assert.deepEqual((await event(client, 'connected')).data, { weir: { queue_bytes: 200000 } })
	const heavy = await subscribe(client, 'live:h', weir({ overflow: 'drop_oldest' }))
	const light = await subscribe(client, 'hist:l')
	const resume = await stall(broker, client)
	for (const i of numbers(1, 20)) {
		await broker.publish('live:h', { i, FILLER: FILLER.slice(0, 20000) })
		await broker.publish('hist:l', i)
	}
	const { queue } = await lag(broker, client)
	assert.ok(queue.bytes <= 200000 && queue.limit === 200000, JSON.stringify(queue))
	resume()
	await publications(light, 20)
	await broker.publish('live:h', { i: 21 })
	await until('the last', () => data(heavy).some((d) => d.i === 21))
	assert.deepEqual(data(light), numbers(1, 20))
	assert.deepEqual([count(light, 'subscribing'), client.sockets.length], [1, 1])
	assert.equal(accounted(heavy), 21)
	assert.ok(heavy.pubs().length >= 5 && heavy.pubs().length <= 10, `${heavy.pubs().length}`)
})

policyTest('queue_bytes of a namespace bounds the connection while it is subscribed there; one event of any size fits', async (broker) => {
	const client = connect(broker, ANN)
	const limit = async () => (await lag(broker, client)).queue.limit
	await event(client, 'connected')
	assert.equal(await limit(), 1 << 20)
	const sub = await subscribe(client, 'tight:a')
	assert.equal(await limit(), 70000)
	const big = 'y'.repeat(200000)
	await publish(broker, 'tight:a', [big])
	await publications(sub, 1)
	const resume = await stall(broker, client)
	await publish(broker, 'tight:a', numbers(1, 10))
	resume()
	await publish(broker, 'tight:a', ['end'])
	await until('the end', () => data(sub).includes('end'))
	assert.equal(accounted(sub), 12)
	sub.unsubscribe()
	await until('the bound is gone', async () => (await limit()) === 1 << 20)
	assert.equal(client.sockets.length, 1)
})

policyTest('an event larger than queue_bytes that a rate holds back: commands are answered, other events pass', async (broker) => {
	const client = connect(broker, { ...ANN, ...weir({ queue_bytes: 16384 }) })
	const held = await subscribe(client, 'live:h', weir({ rate: 0.01, overflow: 'latest' }))
	const free = await subscribe(client, 'room')
	const big = (i) => ({ i, text: FILLER.slice(0, 30000) })
	for (const i of numbers(1, 4))
		await broker.publish('live:h', big(i))
	await waits(broker, client, 'live:h', 1)
	assert.equal((await free.presenceStats()).numClients, 1)
	await publish(broker, 'room', numbers(1, 5))
	await publications(free, 5)
	assert.deepEqual([data(held).map((d) => d.i), lost(free), client.sockets.length], [[1], Array(5).fill(0), 1])
	held.unsubscribe()
	const again = await subscribe(client, 'room2')
	await again.publish('still there')
	await publications(again, 1)
})

policyTest('a patch is never against what was dropped', async (broker) => {
	const client = connect(broker, ANN)
	const subs = []
	for (const overflow of ['drop_oldest', 'drop_newest', 'latest', 'resync'])
		subs.push(await subscribe(client, 'delta:' + overflow, { delta: 'fossil', ...weir({ overflow, queue: 4 }) }))
	const text = (i) => ({ i, text: 'the same in each of them, so that a patch pays '.repeat(20) })
	for (const round of [0, 1, 2]) {
		const resume = await stall(broker, client)
		for (const i of numbers(20 * round + 1, 20 * round + 15))
			await broker.api('broadcast', { channels: subs.map((s) => s.channel), data: text(i) })
		resume()
		for (const i of numbers(20 * round + 16, 20 * round + 20))
			await broker.api('broadcast', { channels: subs.map((s) => s.channel), data: text(i) })
		for (const sub of subs) {
			await until(`the last of ${sub.channel}`, () => data(sub).some((d) => d.i === 20 * round + 20))
			assert.equal(accounted(sub), 20 * round + 20, sub.channel)
			for (const p of sub.pubs())
				assert.deepEqual(p.data, text(p.offset))
		}
	}
	assert.equal(client.sockets.length, 1)
})

policyTest('the answer: what was granted, and only to those who asked', async (broker) => {
	const wire = await Wire.connect(broker, { ...ANN, ...weir({ queue_bytes: 1e12 }) })
	assert.deepEqual(wire.hello.connect.data, { weir: { queue_bytes: 1 << 20 } })
	const ask = async (channel, options, more = {}) => {
		const { error, subscribe: got } = await wire.ask({ subscribe: { channel, ...more, ...(options === undefined ? {} : { data: options }) } })
		await wire.ask({ unsubscribe: { channel } })
		return error || got.data
	}
	const granted = (got) => ({ weir: got })
	assert.equal(await ask('live:a'), undefined)
	assert.equal(await ask('live:a', { x: 1 }), undefined)
	assert.equal(await ask('live:a', 'weir'), undefined)
	assert.deepEqual(await ask('live:a', { weir: {} }), granted({ overflow: 'disconnect', queue: 128 }))
	assert.deepEqual(await ask('hist:a', { weir: {}, other: [1] }), granted({ overflow: 'resync', queue: 128 }))
	assert.deepEqual(await ask('hist:a', { weir: { rate: 0.2 } }), granted({ overflow: 'latest', rate: 0.2, queue: 128 }))
	assert.deepEqual(await ask('hist:a', { weir: { queue: 1e9 } }), granted({ overflow: 'resync', queue: 4096 }))
	assert.deepEqual(await ask('hist:a', { weir: { queue: 1, overflow: null, key: null, filter: null } }), granted({ overflow: 'resync', queue: 1 }))
	assert.deepEqual(await ask('hist:a', { weir: { overflow: 'latest', key: 'data.sym', rate: 2, queue: 64 } }),
		granted({ overflow: 'latest', key: 'data.sym', rate: 2, queue: 64 }))
	assert.deepEqual(await ask('ticks:a', { weir: {} }), granted({ overflow: 'latest', key: 'data.sym', queue: 16 }))
	assert.deepEqual(await ask('ticks:a', { weir: { overflow: 'drop_oldest' } }), granted({ overflow: 'drop_oldest', queue: 16 }))
	assert.deepEqual(await ask('paced:a', { weir: {} }), granted({ overflow: 'latest', rate: 5, queue: 10 }))
	assert.deepEqual(await ask('paced:a', { weir: { rate: 1e6, queue: 64 } }), granted({ overflow: 'latest', rate: 5, queue: 10 }))
	assert.deepEqual(await ask('paced:a', { weir: { rate: 1, queue: 3 } }), granted({ overflow: 'latest', rate: 1, queue: 3 }))
	assert.deepEqual(await ask('strict:a', { weir: { overflow: 'latest' } }), granted({ overflow: 'latest', queue: 128 }))
})

const BAD = [ // channel, options, code, what the message names
	['live:a', [], 107, 'data.weir'], ['live:a', 'x', 107, 'data.weir'], ['live:a', 1, 107, 'data.weir'], ['live:a', true, 107, 'data.weir'],
	['live:a', { overflw: 'latest' }, 107, 'data.weir.overflw'], ['live:a', { Overflow: 'latest' }, 107, 'data.weir.Overflow'],
	['live:a', { queue_bytes: 20000 }, 107, 'data.weir.queue_bytes'], ['live:a', { '': 1 }, 107, 'data.weir'],
	['live:a', { ['x'.repeat(5000)]: 1 }, 107, 'data.weir.xxx'], ['live:a', { 'a\n\0"': 1 }, 107, 'data.weir'],
	['live:a', { overflow: 'newest' }, 107, 'overflow'], ['live:a', { overflow: '' }, 107, 'overflow'], ['live:a', { overflow: 1 }, 107, 'overflow'],
	['live:a', { overflow: ['latest'] }, 107, 'overflow'], ['live:a', { overflow: 'LATEST' }, 107, 'overflow'],
	['live:a', { overflow: 'resync' }, 107, 'overflow'], ['strict:a', { overflow: 'drop_oldest' }, 103, ''], ['strict:a', { overflow: 'disconnect' }, 103, ''],
	['live:a', { queue: 0 }, 107, 'queue'], ['live:a', { queue: -1 }, 107, 'queue'], ['live:a', { queue: 1.5 }, 107, 'queue'],
	['live:a', { queue: '8' }, 107, 'queue'], ['live:a', { queue: {} }, 107, 'queue'], ['live:a', { queue: false }, 107, 'queue'],
	['live:a', { rate: 0 }, 107, 'rate'], ['live:a', { rate: 0.0009 }, 107, 'rate'], ['live:a', { rate: 1000001 }, 107, 'rate'],
	['live:a', { rate: -1 }, 107, 'rate'], ['live:a', { rate: '2' }, 107, 'rate'], ['live:a', { rate: [] }, 107, 'rate'],
	['live:a', { rate: 2, overflow: 'disconnect' }, 107, 'rate'], ['hist:a', { rate: 2, overflow: 'resync' }, 107, 'rate'],
	['paced:a', { overflow: 'disconnect' }, 107, 'overflow'],
	['live:a', { key: 'sym' }, 107, 'key'], ['live:a', { key: 'sym', overflow: 'drop_oldest' }, 107, 'key'],
	['live:a', { key: 'data.', overflow: 'latest' }, 107, 'key'], ['live:a', { key: 'data[x]', overflow: 'latest' }, 107, 'key'],
	['live:a', { key: 'data.a..b', overflow: 'latest' }, 107, 'key'], ['live:a', { key: 'data[65536]', overflow: 'latest' }, 107, 'key'],
	['live:a', { key: 'data.a.b.c.d.e.f.g.h.i', overflow: 'latest' }, 107, 'key'], ['live:a', { key: 7, overflow: 'latest' }, 107, 'key'],
	['live:a', { key: `data.${'k'.repeat(256)}`, overflow: 'latest' }, 107, 'key'],
	['live:a', { filter: 'data.x = 1' }, 107, 'not allowed for this channel'], ['live:a', { filter: 1 }, 107, 'filter'], ['live:a', { filter: [] }, 107, 'filter'],
	['closed:a', { overflw: 1 }, 103, ''], ['none:a', { overflw: 1 }, 102, ''], ['$live:a', { overflw: 1 }, 103, ''],
]
policyTest('all that is refused, with the option\'s name; nothing is subscribed', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	for (const [channel, options, code, names] of BAD) {
		const what = JSON.stringify(options).slice(0, 80)
		const { error } = await wire.ask({ subscribe: { channel, data: { weir: options } } })
		assert.equal(error && error.code, code, `${what}: ${JSON.stringify(error)}`)
		assert.ok(error.message.includes(names), `${what}: ${error.message}`)
		assert.ok(error.message.length < 200, `${what}: ${error.message}`)
	}
	for (const text of ['{"overflow":"latest","overflow":"latest"}', '{"rate":1e400}', '{"rate":NaN}', '{"queue":1e2,}', '{"queue":8']) {
		const raw = await Wire.connect(broker, ANN)
		raw.send(`{"id":9,"subscribe":{"channel":"live:a","data":{"weir":${text}}}}`)
		const answer = await Promise.race([raw.reply(9), raw.close()]).catch(() => raw.closed)
		assert.ok((answer.error && answer.error.code === 107) || answer.code === 3501, `${text}: ${JSON.stringify(answer)}`)
	}
	assert.deepEqual((await lag(broker, { _client: wire.hello.connect.client })).subscriptions, [])
	for (const bad of [{ queue_bytes: 16383 }, { queue_bytes: '20000' }, { queue_bytes: -1 }, { queue: 5 }, { queue_bytes: 20000.5 }, 1, []]) {
		const hello = await Wire.connect(broker, { ...ANN, data: { weir: bad } }).then((w) => w.hello)
		assert.deepEqual([hello.error.code, hello.error.message.includes('data.weir')], [107, true], JSON.stringify([bad, hello]))
	}
})

policyTest('the order of the checks: name, token, options, filter, expiry', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	const bad = { weir: { overflw: 1 } }
	const code = async (request) => ((await wire.ask({ subscribe: request })).error || { code: 0 }).code
	const tok = (claims) => token({ sub: 'ann', ...claims })
	assert.equal(await code({ channel: 'x'.repeat(256), data: bad }), 107)
	assert.equal(await code({ channel: 'live:a' }), 0)
	assert.equal(await code({ channel: 'live:a', data: bad }), 105)
	assert.equal(await code({ channel: 'closed:a', data: bad, token: 'x.y.z' }), 103)
	assert.equal(await code({ channel: 'closed:a', data: bad, token: tok({ channel: 'closed:a', exp: 1 }) }), 109)
	assert.equal(await code({ channel: 'closed:a', data: bad, token: tok({ channel: 'closed:a', weir: { overflw: 1 } }) }), 103)
	assert.equal(await code({ channel: 'closed:a', data: bad, tf: 1, token: tok({ channel: 'closed:a', expire_at: 1 }) }), 107)
	assert.equal(await code({ channel: 'closed:a', tf: { op: 'x' }, token: tok({ channel: 'closed:a', expire_at: 1 }) }), 107)
	assert.equal(await code({ channel: 'closed:a', data: { weir: { overflow: 'resync' } }, token: tok({ channel: 'closed:a', expire_at: 1 }) }), 107)
	assert.equal(await code({ channel: 'closed:a', token: tok({ channel: 'closed:a', expire_at: 1 }) }), 110)
	assert.equal(await code({ channel: 'closed:a', token: tok({ channel: 'closed:a' }) }), 0)
})

policyTest('a token\'s claim binds, option by option; of rates the smallest holds', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	let n = 0
	const ask = async (ns, claim, options, more = {}) => {
		const channel = `${ns}:t${++n}`
		const { error, subscribe: got } = await wire.ask({ subscribe: {
			channel, token: token({ sub: 'ann', channel, weir: claim, ...more }), ...(options ? { data: { weir: options } } : {}) } })
		return error ? error.code : got.data && got.data.weir ? got.data.weir : got.data
	}
	assert.deepEqual(await ask('closed', { overflow: 'drop_oldest', queue: 9000, rate: 3 }, {}), { overflow: 'drop_oldest', rate: 3, queue: 9000 })
	assert.equal(await ask('closed', { overflow: 'drop_oldest' }), undefined)
	assert.deepEqual(await ask('strict', { overflow: 'drop_newest', queue: 2 }, { overflow: 'latest', queue: 50 }), { overflow: 'drop_newest', queue: 2 })
	assert.equal(await ask('strict', { overflow: 'latest' }, { overflow: 'drop_newest' }), 103)
	assert.deepEqual(await ask('paced', { rate: 20 }, { rate: 30 }), { overflow: 'latest', rate: 5, queue: 10 })
	assert.deepEqual(await ask('live', { rate: 20 }, { rate: 30 }), { overflow: 'latest', rate: 20, queue: 128 })
	assert.deepEqual(await ask('live', { rate: 20 }, { rate: 10 }), { overflow: 'latest', rate: 10, queue: 128 })
	assert.deepEqual(await ask('live', { overflow: 'latest', key: 'a' }, { key: 'b' }), { overflow: 'latest', key: 'a', queue: 128 })
	assert.equal(await ask('live', { queue: 0 }, {}), 103)
	assert.equal(await ask('live', { overflw: 1 }, {}), 103)
	assert.equal(await ask('live', [], {}), 103)
	assert.equal(await ask('live', { key: 'data.' }), 103)
	assert.deepEqual(await ask('live', {}, {}, { data: { mine: 1 } }), { mine: 1 })
})

policyTest('server-side subscriptions take the namespace\'s options', async (broker) => {
	const client = connect(broker, { token: token({ sub: 'ann', channels: ['ticks:a'] }) })
	await event(client, 'subscribed')
	await broker.api('subscribe', { user: 'ann', channel: 'paced:a' })
	await event(client, 'subscribed', 2)
	const resume = await stall(broker, client)
	for (const i of numbers(1, 30)) {
		await broker.publish('ticks:a', { sym: i % 2, i })
		await broker.publish('paced:a', { i })
	}
	resume()
	const of = (channel) => client.seen.filter((e) => e.event === 'publication' && e.channel === channel)
	await until('both', () => of('ticks:a').length === 2 && of('paced:a').some((p) => p.data.i === 30))
	assert.deepEqual(of('ticks:a').map((p) => [p.data.i, p.tags['weir-dropped']]), [[29, '14'], [30, '14']])
	assert.equal(accounted({ pubs: () => of('paced:a') }), 30)
})

policyTest('weir-… is no tag for publishers', async (broker) => {
	for (const name of ['weir-dropped', 'weir-', 'weir-encoding', 'weir-x'])
		assert.equal((await broker.call('publish', { channel: 'live:a', data: 1, tags: { [name]: '1' } })).error.code, 107, name)
	for (const name of ['weir', 'Weir-dropped', 'xweir-'])
		assert.ok((await broker.call('publish', { channel: 'live:a', data: 1, tags: { [name]: '1' } })).result, name)
	assert.equal((await broker.call('broadcast', { channels: ['live:a'], data: 1, tags: { 'weir-dropped': '1' } })).error.code, 107)
})

policyTest('with a subscription token that expires while the client is stalled', async (broker) => {
	const client = connect(broker, ANN)
	let asked = 0
	const fresh = () => token({ sub: 'ann', channel: 'hist:a', exp: expires(1), weir: { overflow: 'drop_oldest', queue: 3 } })
	const sub = await subscribe(client, 'hist:a', { ...SLOW, getToken: async () => (asked++, fresh()) })
	const resume = await stall(broker, client)
	await publish(broker, 'hist:a', numbers(1, 20))
	await until('a second token', () => asked > 1)
	resume()
	await publish(broker, 'hist:a', numbers(21, 22))
	await until('the last', () => data(sub).includes(22))
	assert.equal(accounted(sub), 22)
})

policyTest('SIGTERM with readers that are stalled and held by their rate: the end comes in its time, and what a rate held goes out',
	async (broker) => {
		const stalled = connect(broker, ANN)
		const held = connect(broker, ANN)
		await subscribe(stalled, 'live:a', weir({ overflow: 'drop_oldest' }))
		const sub = await subscribe(held, 'live:a', weir({ overflow: 'latest', key: 'data.sym', rate: 0.01 }))
		await stall(broker, stalled)
		await publish(broker, 'live:a', [{ sym: 'A', n: 1 }, { sym: 'B', n: 1 }, { sym: 'B', n: 2 }, { sym: 'C', n: 1 }])
		await waits(broker, held, 'live:a', 2)
		await waits(broker, stalled, 'live:a', 4)
		broker.signal('SIGTERM')
		assert.equal((await event(held, 'connecting', 2)).code, 3001)
		assert.deepEqual(data(sub), [{ sym: 'A', n: 1 }, { sym: 'B', n: 2 }, { sym: 'C', n: 1 }])
		assert.equal((await broker.ended).code, 0)
	}, { shutdown: { timeout: '1s' } })
