// SPDX-License-Identifier: Apache-2.0
// Admins: the login of the dashboard, tokens that say so, what such a session and such a caller may do, and the broker's own
// channel of numbers.
'use strict'
const assert = require('node:assert/strict')
const http = require('node:http')
const { BROKERS, Broker, KEY, aloneTest, brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { expires, token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const STATS = '$weir:stats'
const PASSWORD = 'correct horse battery staple'
const LOGIN = { dashboard: { password: PASSWORD } }
const ADMIN = { sub: 'root', weir: { admin: true } }

/* With headers that fetch() would not send as they are. */
function get(broker, path, headers = {}) {
	return new Promise((resolve, reject) => {
		http.get(`${broker.http}${path}`, { headers: { host: `localhost:${broker.port}`, ...headers } }, (answer) => {
			let text = ''
			answer.setEncoding('utf8').on('data', (more) => { text += more })
			answer.on('end', () => resolve({ status: answer.statusCode, json: text ? JSON.parse(text) : null }))
		}).on('error', reject)
	})
}

async function login(broker, password) {
	const answer = await fetch(`${broker.http}/dashboard/login`, { method: 'POST', body: JSON.stringify({ password }) })
	return { status: answer.status, retry: answer.headers.get('retry-after'), json: await answer.json() }
}

async function call(broker, bearer, method, params = {}) {
	const answer = await fetch(`${broker.http}/api/${method}`, {
		method: 'POST', headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify(params),
	})
	return answer.status === 200 ? answer.json() : answer.status
}

aloneTest('login: the token makes an admin of a session and of a caller; wrong passwords are few', LOGIN, async (broker) => {
	const good = await login(broker, PASSWORD)
	assert.equal(good.status, 200)
	assert.equal(good.json.ttl, 43200)
	assert.ok((await call(broker, good.json.token, 'info')).result.nodes)
	const wire = await Wire.connect(broker, { token: good.json.token })
	assert.ok((await wire.ask({ subscribe: { channel: STATS } })).subscribe)

	for (const body of ['', '{}', '[]', '{"password":1}', '{"password":"a","password":"b"}'])
		assert.equal((await fetch(`${broker.http}/dashboard/login`, { method: 'POST', body })).status, 400)
	for (let i = 0; i < 5; i++)
		assert.equal((await login(broker, `wrong ${i}`)).status, 401)
	const late = await login(broker, PASSWORD)
	assert.equal(late.status, 429)
	assert.ok(Number(late.retry) >= 1)
	assert.ok((await call(broker, good.json.token, 'info')).result.nodes) // who is in stays in
	assert.ok(!broker.log.includes(PASSWORD) && !broker.log.includes(good.json.token))
})

aloneTest('a token of the login holds on another broker with the same password, and on no other', LOGIN, async (broker) => {
	const { json } = await login(broker, PASSWORD)
	for (const [options, answer] of [
		[{ ...LOGIN, client: { token: { hmac_secret_key: 'another secret that is long enough for it', audience: 'x', issuer: 'y' } } }, 'object'],
		[{ dashboard: { password: `${PASSWORD}!` } }, 'number'],
		[{ dashboard: { password: PASSWORD, enabled: false } }, 'number'],
		[{}, 'number'],
	]) {
		const other = await Broker.start(options)
		broker.cleanup(() => other.stop())
		const got = await call(other, json.token, 'info')
		assert.equal(typeof got, answer, JSON.stringify(options))
		if (answer === 'number')
			assert.equal(got, 401)
	}
})

aloneTest('session: open only to a page of this machine, and only if that is configured', { dashboard: { insecure: true } }, async (broker) => {
	const open = await get(broker, '/dashboard/session')
	assert.equal(open.json.open, true)
	assert.ok((await call(broker, open.json.token, 'channels')).result)
	const own = `http://localhost:${broker.port}`
	assert.equal((await get(broker, '/dashboard/session', { origin: own, 'sec-fetch-site': 'same-origin' })).json.open, true)
	for (const headers of [
		{ origin: 'http://evil.example' }, { origin: 'null' }, { origin: `${own}0` }, { host: 'evil.example' }, { host: 'localhost.evil.example' },
		{ host: 'evil.example', origin: 'http://evil.example' }, { 'x-forwarded-for': '192.0.2.1' }, { forwarded: 'for=192.0.2.1' },
		{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' },
	])
		assert.deepEqual((await get(broker, '/dashboard/session', headers)).json, { open: false, login: false }, JSON.stringify(headers))
	assert.equal((await login(broker, '')).status, 401)

	const closed = await Broker.start(LOGIN)
	broker.cleanup(() => closed.stop())
	assert.deepEqual((await get(closed, '/dashboard/session')).json, { open: false, login: true })
	const off = await Broker.start({ dashboard: { enabled: false } })
	broker.cleanup(() => off.stop())
	assert.equal((await fetch(`${off.http}/dashboard/session`)).status, 404)
	assert.equal((await fetch(`${off.http}/dashboard/login`, { method: 'POST', body: '{}' })).status, 404)
})

brokerTest('a token with the claim, signed by the backend: the whole API; others: 401', { dashboard: { enabled: false } }, async (broker) => {
	const root = token({ ...ADMIN, exp: expires(60) })
	for (const [method, params] of [
		['info', {}], ['lag', {}], ['connections', {}], ['channels', {}], ['metrics', {}], ['history', { channel: 'news', limit: 1 }],
		['presence', { channel: 'news' }], ['publish', { channel: 'news', data: 1 }],
	])
		assert.ok((await call(broker, root, method, params)).result, method)
	for (const [what, bad] of [
		['no claim', token({ sub: 'root' })], ['false', token({ sub: 'root', weir: { admin: false } })], ['a string', token({ sub: 'root', weir: { admin: 'true' } })],
		['expired', token({ ...ADMIN, exp: expires(-60) })], ['over', token({ ...ADMIN, expire_at: expires(-60) })],
		['for a subscription', token({ ...ADMIN, channel: 'news' })], ['another secret', token(ADMIN, { secret: 'no secret of this broker at all' })],
		['unsigned', token(ADMIN, { alg: 'none' })], ['nothing', ''], ['not a token', 'x.y.z'],
	])
		assert.equal(await call(broker, bad, 'info'), 401, what)
})

brokerTest('an admin subscribes, publishes and reads anywhere; others do not', {}, async (broker) => {
	const root = await Wire.connect(broker, { token: token({ ...ADMIN, exp: expires(60) }) })
	const ann = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
	assert.equal((await ann.ask({ subscribe: { channel: 'closed:x' } })).error.code, 103)
	for (const channel of ['closed:x', '$secret', 'news#bob', '>', 'closed:*'])
		assert.ok((await root.ask({ subscribe: { channel } })).subscribe, channel)
	assert.ok((await root.ask({ publish: { channel: 'closed:y', data: 1 } })).publish)
	assert.ok((await root.ask({ history: { channel: 'news', limit: 1 } })).history)
	assert.ok((await root.ask({ presence: { channel: 'news' } })).presence)
	// Nobody becomes an admin, or stays one, by a refresh.
	assert.ok((await root.ask({ refresh: { token: token({ ...ADMIN, exp: expires(90) }) } })).refresh)
	ann.send({ id: 99, refresh: { token: token({ sub: 'ann', weir: { admin: true }, exp: expires(60) }) } })
	assert.equal((await ann.close()).code, 3500)
	root.send({ id: 99, refresh: { token: token({ sub: 'root', exp: expires(60) }) } })
	assert.equal((await root.close()).code, 3500)
})

brokerTest('POST /events: an admin publishes anywhere but to the channel of numbers', {}, async (broker) => {
	const post = async (channel, headers) => (await fetch(`${broker.http}/events/${encodeURIComponent(channel)}`, {
		method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}',
	})).status
	const as = (claims) => ({ authorization: `Bearer ${token(claims)}` })
	assert.equal(await post('closed:x', as(ADMIN)), 200)
	assert.equal(await post('closed:x', as({ sub: 'ann' })), 403)
	for (const who of [as(ADMIN), as({ sub: 'ann' }), { 'X-API-Key': KEY }])
		assert.equal(await post(STATS, who), 403)
})

brokerTest('the channel of numbers: for admins only, and nobody publishes there', { client: { insecure: false } }, async (broker) => {
	const root = await Wire.connect(broker, { token: token(ADMIN) })
	const ann = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	assert.equal((await ann.ask({ subscribe: { channel: STATS } })).error.code, 103)
	assert.equal((await ann.ask({ subscribe: { channel: STATS, token: token({ sub: 'ann', channel: STATS }) } })).error.code, 103)
	assert.equal((await ann.ask({ publish: { channel: STATS, data: {} } })).error.code, 103)
	assert.equal((await root.ask({ publish: { channel: STATS, data: {} } })).error.code, 103)
	assert.equal((await ann.ask({ history: { channel: STATS, limit: 1 } })).error.code, 108)
	assert.equal((await broker.call('publish', { channel: STATS, data: {} })).error.code, 103)
	assert.equal((await broker.call('subscribe', { user: 'ann', channel: STATS })).error.code, 103)
	assert.equal((await broker.call('broadcast', { channels: ['news', STATS], data: {} })).result.responses[1].error.code, 103)
	const given = await Wire.open(broker)
	given.send({ id: 1, connect: { token: token({ sub: 'ann', channels: [STATS] }) } })
	assert.equal((await given.close()).code, 3501)
})

brokerTest('numbers come every second while somebody looks, with what the page needs', {}, async (broker) => {
	const client = connect(broker, { token: token(ADMIN) })
	const sub = await subscribe(client, STATS)
	const bus = await subscribe(client, '>')
	const reader = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	await reader.ask({ subscribe: { channel: 'news' } })
	await publications(sub, 1)
	await broker.publish('news', 1)
	await until('the publication is in the numbers', () => sub.pubs().at(-1).data.values.deliveries >= 2)
	await publications(sub, 3)
	const { data } = sub.pubs().at(-1)
	assert.ok(Math.abs(data.time - Date.now()) < 60000)
	assert.deepEqual(Object.keys(data), ['time', 'node', 'values', 'slow', 'engine', 'nodes'])
	for (const name of ['events_in', 'deliveries', 'bytes_out', 'connections_opened', 'connections_closed', 'clients', 'users', 'channels', 'subscriptions',
		'queued_bytes', 'queue_budget_bytes', 'overflows', 'resyncs', 'budget_sheds', 'longest_turn_seconds', 'rss_bytes', 'cpu_seconds', 'open_fds'])
		assert.equal(typeof data.values[name], 'number', name)
	assert.ok(data.values.rss_bytes > 1e6 && data.values.cpu_seconds > 0 && data.values.open_fds > 5)
	assert.deepEqual(Object.keys(data.values.dropped), ['resync', 'oldest', 'newest', 'conflated', 'filter'])
	assert.deepEqual(Object.keys(data.values.delivery_latency_seconds), ['p50', 'p99', 'max'])
	assert.equal(data.engine.ok, true)
	assert.equal(data.nodes[0].self, true)
	assert.equal(data.nodes[0].uid, data.node.uid)
	if (BROKERS === 1) {
		assert.equal(data.values.clients, 2)
		assert.equal(data.slow.length, 2)
		assert.deepEqual(Object.keys(data.slow[0]), Object.keys((await broker.api('lag')).connections[0]))
	}
	// No pattern reaches it.
	assert.deepEqual(bus.pubs().filter((p) => p.channel === STATS), [])
	assert.equal((await broker.api('broadcast', { channels: ['>'], data: 'all' })).responses.some((r) => r.channel === STATS), false)
})

aloneTest('nobody looks: nothing is made', {}, async (broker) => {
	const received = async () => (await broker.api('info')).nodes[0].metrics.items.events_received
	const client = connect(broker, { token: token(ADMIN) })
	const sub = await subscribe(client, STATS)
	await publications(sub, 2)
	sub.unsubscribe()
	await until('nobody is subscribed', async () => !(STATS in (await broker.api('channels')).channels))
	const before = await received()
	const other = connect(broker, { token: token(ADMIN) })
	await event(other, 'connected')
	const again = await subscribe(other, STATS)
	await publications(again, 1)
	assert.equal(await received(), before + 1) // the first comes at once, and none came in between
})

aloneTest('an admin ends one client of what lag shows, an anonymous one too', { client: { allow_anonymous_connect_without_token: true } }, async (broker) => {
	const root = token(ADMIN)
	const wires = [await Wire.connect(broker, {}), await Wire.connect(broker, {}), await Wire.connect(broker, { token: token({ sub: 'ann' }) })]
	const { connections } = (await call(broker, root, 'lag')).result
	assert.equal(connections.length, 3)
	for (const wire of [wires[0], wires[2]]) {
		const row = connections.find((c) => c.client === wire.hello.connect.client)
		assert.deepEqual(await call(broker, root, 'disconnect', { user: row.user, client: row.client }), { result: {} })
		assert.equal((await wire.close()).code, 3503)
	}
	await until('one is left', async () => (await call(broker, root, 'connections')).result.connections.length === 1)
	assert.ok((await wires[1].ask({ presence: { channel: 'news' } })).error)
})
