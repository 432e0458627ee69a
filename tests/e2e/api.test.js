// SPDX-License-Identifier: Apache-2.0
// The HTTP API as backends call it, one method a path and the older stream of commands.
'use strict'
const assert = require('node:assert/strict')
const { BROKERS, aloneTest, brokerTest, until, KEY, OPEN, HISTORY } = require('./lib/broker')
const { connect, event, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const post = (broker, path, body, headers = { 'X-API-Key': KEY }) =>
	fetch(broker.http + path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
const error = async (broker, method, params) => (await broker.call(method, params)).error

brokerTest('publish and history', {}, async (broker) => {
	const first = await broker.publish('room', { a: 1 })
	assert.equal(first.offset, 1)
	assert.match(first.epoch, /^[A-Za-z0-9.]+$/)
	assert.deepEqual(await broker.publish('room', 2, { tags: { x: 'y' } }), { offset: 2, epoch: first.epoch })
	assert.deepEqual(await broker.publish('room', 3, { skip_history: true }), {})
	assert.deepEqual(await broker.publish('live:x', 1), {})
	assert.deepEqual(await broker.api('publish', { channel: 'room', b64data: Buffer.from('{"b":64}').toString('base64') }), { offset: 3, epoch: first.epoch })
	const history = await broker.api('history', { channel: 'room', limit: 10 })
	assert.deepEqual(history, {
		publications: [{ data: { a: 1 }, offset: 1 }, { data: 2, offset: 2, tags: { x: 'y' } }, { data: { b: 64 }, offset: 3 }],
		epoch: first.epoch, offset: 3,
	})
	assert.deepEqual(await broker.api('history', { channel: 'room' }), { publications: [], epoch: first.epoch, offset: 3 })
	const back = await broker.api('history', { channel: 'room', limit: 1, reverse: true, since: { offset: 3, epoch: first.epoch } })
	assert.deepEqual(back.publications.map((p) => p.offset), [2])
	assert.deepEqual(await broker.api('history_remove', { channel: 'room' }), {})
	assert.deepEqual(await broker.api('history', { channel: 'room', limit: 10 }), { publications: [], epoch: first.epoch, offset: 3 })
	assert.equal((await broker.publish('room', 4)).offset, 4)
})

brokerTest('history with limit -1 has no cap', {}, async (broker) => {
	const commands = Array.from({ length: 400 }, (_, i) => ({ publish: { channel: 'room', data: i } }))
	await post(broker, '/api/batch', { commands })
	assert.equal((await broker.api('history', { channel: 'room', limit: -1 })).publications.length, 400)
})

brokerTest('broadcast answers channel by channel', {}, async (broker) => {
	const { responses } = await broker.api('broadcast', { channels: ['a', 'nowhere:x', 'live:b'], data: 1 })
	assert.equal(responses.length, 3)
	assert.equal(responses[0].result.offset, 1)
	assert.equal(responses[1].error.code, 102)
	assert.deepEqual(responses[2], { result: {} })
})

brokerTest('presence, presence_stats, channels, info', {}, async (broker) => {
	await broker.met()
	assert.deepEqual(await broker.api('presence', { channel: 'room' }), { presence: {} })
	const ann = connect(broker, { token: token({ sub: 'ann', info: { a: 1 } }) })
	const { client } = await event(ann, 'connected')
	await subscribe(ann, 'room')
	await subscribe(connect(broker, { token: token({ sub: 'bob' }) }), 'live:x')
	await broker.soon('it is present', async () => (await broker.api('presence_stats', { channel: 'room' })).num_clients === 1)
	assert.deepEqual(await broker.api('presence', { channel: 'room' }), { presence: { [client]: { user: 'ann', client, conn_info: { a: 1 } } } })
	assert.deepEqual(await broker.api('presence_stats', { channel: 'room' }), { num_clients: 1, num_users: 1 })
	assert.deepEqual(await broker.api('channels'), { channels: { room: { num_clients: 1 }, 'live:x': { num_clients: 1 } } })
	assert.deepEqual(await broker.api('channels', { pattern: 'l*:?' }), { channels: { 'live:x': { num_clients: 1 } } })
	const { nodes } = await broker.api('info')
	assert.equal(nodes.length, BROKERS)
	for (const { uid, name, version, uptime } of nodes)
		assert.ok([uid, name, version].every((s) => typeof s === 'string') && typeof uptime === 'number')
	for (const [key, value] of Object.entries({ num_clients: 2, num_users: 2, num_channels: 2, num_subs: 2 }))
		assert.equal(nodes.reduce((sum, node) => sum + node[key], 0), value, key)
})

aloneTest('connections and lag: who is there, page by page, and who does not read', { client: { queue_max_size: '8MiB' } }, async (broker) => {
	const slow = await Wire.connect(broker, { token: token({ sub: 'slow' }) })
	await slow.ask({ subscribe: { channel: 'live:x' } })
	const ids = [slow.hello.connect.client]
	for (let i = 0; i < 4; i++) {
		const wire = await Wire.connect(broker, { token: token({ sub: `u${i % 2}` }) })
		await wire.ask({ subscribe: { channel: i ? 'room' : 'live:x' } })
		ids.push(wire.hello.connect.client)
	}
	const seen = []
	for (let cursor; ;) {
		const page = await broker.api('connections', { limit: 2, cursor })
		assert.ok(page.connections.length <= 2)
		seen.push(...page.connections.map((c) => c.client))
		cursor = page.cursor
		if (!cursor)
			break
	}
	assert.deepEqual(seen, [...ids].sort())
	assert.equal((await broker.api('connections', { user: 'u1' })).connections.length, 2)
	assert.deepEqual((await broker.api('connections', { channel: 'live:x', user: 'u0' })).connections.map((c) => c.client), [ids[1]])
	assert.equal((await error(broker, 'connections', { sort: 'age' })).code, 107)
	assert.equal((await error(broker, 'lag', { limit: 1001 })).code, 107)
	assert.equal((await post(broker, '/api/lag', { limit: 'x' })).status, 400)

	slow.socket._socket.pause()
	const filler = 'x'.repeat(60000)
	const first = await until('a client that is behind', async () => {
		await broker.publish('live:x', { filler })
		const { connections, queued_bytes, queued_budget } = await broker.api('lag', { limit: 1 })
		assert.equal(connections.length, 1)
		assert.equal(queued_budget, 1 << 30)
		return connections[0].lag_ms > 0 && queued_bytes > 0 && connections[0]
	})
	assert.equal(first.client, ids[0])
	assert.equal(first.user, 'slow')
	assert.ok(first.queue.events > 0 && first.queue.bytes > 60000 && first.queue.limit === 8 << 20)
	assert.equal(first.subscriptions[0].channel, 'live:x')
	assert.equal(first.subscriptions[0].waiting, first.queue.events)
	const { metrics } = (await broker.api('info')).nodes[0]
	assert.ok(metrics.items.events_in > 0 && metrics.items.deliveries > 0)
	assert.ok(metrics.items.queued_bytes > 60000)
	slow.socket._socket.resume()
	await until('nobody is behind', async () => (await broker.api('lag')).connections.every((c) => c.lag_ms === 0))
})

brokerTest('disconnect: all of a user, one client, all but a whitelist; code and reason as given', {}, async (broker) => {
	const wires = []
	for (let i = 0; i < 4; i++)
		wires.push(await Wire.connect(broker, { token: token({ sub: 'ann' }) }))
	const id = (i) => wires[i].hello.connect.client
	assert.deepEqual(await broker.api('disconnect', { user: 'ann', client: id(0) }), {})
	assert.deepEqual(await wires[0].close(), { code: 3503, reason: 'force disconnect' })
	await broker.api('disconnect', { user: 'ann', whitelist: [id(1), id(2)], disconnect: { code: 4321, reason: 'go away' } })
	assert.deepEqual(await wires[3].close(), { code: 4321, reason: 'go away' })
	await broker.api('disconnect', { user: 'ann', client: id(1), disconnect: { code: 4500 } })
	const { code, reason } = await wires[1].close()
	assert.equal(code, 4500)
	assert.ok(reason.length > 0)
	assert.ok((await wires[2].ask({ subscribe: { channel: 'room' } })).subscribe)
	assert.deepEqual(await broker.api('disconnect', { user: 'nobody' }), {})
})

brokerTest('rpc: 104; unknown method: 404', {}, async (broker) => {
	assert.equal((await error(broker, 'rpc', { method: 'x' })).code, 104)
	for (const path of ['/api/dance', '/api/map_publish', '/api/publish/x'])
		assert.equal((await post(broker, path, {})).status, 404, path)
})

brokerTest('batch: replies in order at the top level', {}, async (broker) => {
	const body = { commands: [
		{ publish: { channel: 'room', data: 1 } }, { publish: { channel: 'nowhere:x', data: 1 } }, { presence_stats: { channel: 'room' } },
		{ dance: {} }, null, { channels: {} },
	] }
	for (const parallel of [false, true]) {
		const response = await post(broker, '/api/batch', { ...body, parallel })
		assert.equal(response.status, 200)
		const { replies, result } = await response.json()
		assert.equal(result, undefined)
		assert.ok(replies[0].publish.offset > 0)
		assert.deepEqual(replies.slice(1).map((r) => r.error?.code), [102, undefined, 104, 107, undefined])
		assert.deepEqual(replies[2].presence_stats, { num_clients: 0, num_users: 0 })
		assert.deepEqual(replies[5].channels, { channels: {} })
	}
})

brokerTest('an idempotency key publishes once for each channel', {}, async (broker) => {
	const first = await broker.publish('room', 1, { idempotency_key: 'k' })
	assert.deepEqual(await broker.publish('room', 2, { idempotency_key: 'k' }), first)
	assert.equal((await broker.publish('other', 3, { idempotency_key: 'k' })).offset, 1)
	assert.equal((await broker.publish('room', 4, { idempotency_key: 'l' })).offset, 2)
	assert.deepEqual((await broker.api('history', { channel: 'room', limit: 9 })).publications.map((p) => p.data), [1, 4])
})

brokerTest('error codes', { channel: { namespaces: [{ name: 'live', ...OPEN }, { name: 'json', ...HISTORY, publication_data_format: 'json_object' }] } }, async (broker) => {
	for (const [method, params, code] of [
		['publish', { data: 1 }, 107], ['publish', { channel: 'room' }, 107], ['publish', { channel: 'nowhere:x', data: 1 }, 102],
		['publish', { channel: 'room', b64data: '***' }, 107], ['publish', { channel: 'json:x', data: [1] }, 107],
		['history', {}, 107], ['history', { channel: 'live:x' }, 108], ['history', { channel: 'nowhere:x' }, 102],
		['history', { channel: 'room', limit: 1, since: { offset: 1, epoch: 'other' } }, 112],
		['presence', { channel: 'live:x' }, 108], ['presence_stats', { channel: 'live:x' }, 108], ['presence', {}, 107],
		['subscribe', { user: 'ann' }, 107], ['subscribe', { user: 'ann', channel: 'nowhere:x' }, 102], ['broadcast', { data: 1 }, 107],
	])
		assert.equal((await error(broker, method, params))?.code, code, `${method} ${JSON.stringify(params)}`)
	assert.deepEqual(await error(broker, 'publish', { channel: 'nowhere:x', data: 1 }), { code: 102, message: 'unknown channel' })
})

brokerTest('the body is checked: 400 for what is not JSON', {}, async (broker) => {
	for (const body of ['{', '{"channel":"room","data":NaN}', '[]', '{"channel":"room","data":1}x', '{"channel":1,"data":1}'])
		assert.equal((await post(broker, '/api/publish', body)).status, 400, body)
	assert.equal((await broker.api('history', { channel: 'room', limit: 1 })).offset, 0)
})

brokerTest('ways to show the key, and 401 with an empty body', {}, async (broker) => {
	const status = async (headers, path = '/api/info') => (await post(broker, path, {}, headers)).status
	assert.equal(await status({ 'X-API-Key': KEY }), 200)
	assert.equal(await status({ Authorization: `apikey ${KEY.replace(/ /g, '_')}` }), 401)
	assert.equal(await status({}, `/api/info?api_key=${encodeURIComponent(KEY)}`), 200)
	assert.equal(await status({ 'X-API-Key': 'wrong' }), 401)
	assert.equal(await status({ 'X-API-Key': `${KEY}x` }), 401)
	const response = await post(broker, '/api/publish', { channel: 'room', data: 1 }, {})
	assert.deepEqual([response.status, await response.text()], [401, ''])
})

brokerTest('Authorization: apikey, in any case', { http_api: { key: 'one-word' } }, async (broker) => {
	const status = async (headers) => (await post(broker, '/api/info', {}, headers)).status
	assert.equal(await status({ Authorization: 'apikey one-word' }), 200)
	assert.equal(await status({ Authorization: 'APIKey one-word' }), 200)
	assert.equal(await status({ Authorization: 'apikey one-word more' }), 401)
	assert.equal(await status({ Authorization: 'Bearer one-word' }), 401)
	assert.equal(await status({ 'X-API-Key': 'wrong', Authorization: 'apikey one-word' }), 401)
})

brokerTest('without a configured key nobody is let in; insecure lets all in', { http_api: { key: '' } }, async (broker) => {
	for (const headers of [{}, { 'X-API-Key': '' }, { Authorization: 'apikey ' }])
		assert.equal((await post(broker, '/api/info', {}, headers)).status, 401)
})
brokerTest('http_api.insecure', { http_api: { key: '', insecure: true } }, async (broker) => {
	assert.equal((await post(broker, '/api/info', {}, {})).status, 200)
})

brokerTest('other methods: 405', {}, async (broker) => {
	for (const method of ['GET', 'PUT', 'DELETE'])
		assert.equal((await fetch(`${broker.http}/api/info`, { method, headers: { 'X-API-Key': KEY } })).status, 405, method)
})

brokerTest('a body over the limit: 413', { http_api: { body_limit: '64KiB' } }, async (broker) => {
	assert.equal((await post(broker, '/api/publish', { channel: 'room', data: 'x'.repeat(60000) })).status, 200)
	const refused = await post(broker, '/api/publish', { channel: 'room', data: 'x'.repeat(70000) }).catch((err) => err)
	assert.ok(refused.status === 413 || refused instanceof TypeError, String(refused.status)) // closed while it was being sent
	assert.equal((await broker.api('history', { channel: 'room', limit: 9 })).publications.length, 1)
})

brokerTest('the older endpoint: several commands, replies by line', {}, async (broker) => {
	await broker.met()
	const commands = [
		{ id: 7, method: 'publish', params: { channel: 'room', data: { a: 1 } } }, { method: 'HISTORY', params: { channel: 'room', limit: 5 } },
		{ method: 4, params: { channel: 'room' } }, { id: 9, method: 'publish', params: { channel: 'nowhere:x', data: 1 } },
		{ method: 77, params: {} }, { method: 'info', params: {} },
	]
	for (const between of ['\n', '']) {
		const response = await post(broker, '/api', commands.map((c) => JSON.stringify(c)).join(between), { Authorization: `apikey x`, 'X-API-Key': KEY })
		assert.equal(response.status, 200)
		const replies = (await response.text()).trim().split('\n').map((line) => JSON.parse(line))
		assert.equal(replies.length, commands.length)
		assert.equal(replies[0].id, 7)
		assert.ok(replies[0].result.offset >= 1)
		assert.deepEqual(replies[1].result.publications[0].data, { a: 1 })
		assert.deepEqual(replies[2].result, { presence: {} })
		assert.deepEqual([replies[3].id, replies[3].error.code], [9, 102])
		assert.equal(replies[4].error.code, 104)
		assert.equal(replies[5].result.nodes.length, BROKERS)
	}
	for (const bad of ['', '{', '{"method":"dance","params":{}}'])
		assert.equal((await post(broker, '/api', bad)).status, 400, bad)
	assert.equal((await post(broker, '/api', '{"method":"info"}', {})).status, 401)
})

brokerTest('health and ready need no key', {}, async (broker) => {
	for (const path of ['/health', '/ready']) {
		const response = await fetch(broker.http + path)
		assert.deepEqual([response.status, (await response.text()).trim()], [200, '{}'])
	}
	assert.equal((await fetch(`${broker.http}/nothing`)).status, 404)
})
