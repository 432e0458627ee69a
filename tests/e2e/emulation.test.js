// SPDX-License-Identifier: Apache-2.0
// Clients without WebSocket: the SDK over http_stream and sse, and raw streams that stop reading, leave, flood. What is
// said in requests to /emulation arrives whichever worker or broker gets it; what a client leaves behind is nothing.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const net = require('node:net')
const { KEY, OPEN, HISTORY, WORKERS, aloneTest, brokerTest, until } = require('./lib/broker')
const { clusterTest } = require('./lib/cluster')
const { Raw, request } = require('./lib/raw')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { EMULATED, GLOBALS, Stream, TRANSPORTS, connectBy, target } = require('./lib/stream')
const { token, expires } = require('./lib/token')
const { Proxy } = require('../fault/lib/proxy')

const INSECURE = { ...EMULATED, client: { insecure: true } }
const ann = (more = {}) => ({ token: token({ sub: 'ann', ...more }) })
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const fds = (broker) => fs.readdirSync(`/proc/${broker.pid}/fd`).length
const present = async (broker, channel) => Object.keys((await broker.api('presence', { channel })).presence)

function cpu(broker) {
	const fields = fs.readFileSync(`/proc/${broker.pid}/stat`, 'latin1').split(') ')[1].split(' ')
	return (Number(fields[11]) + Number(fields[12])) * 10
}

/* While nothing happens the process does nothing: a loop that spins uses all of the time. */
async function idles(broker) {
	const before = cpu(broker)
	await sleep(1000)
	assert.ok(cpu(broker) - before < 400, `${cpu(broker) - before} ms of CPU in a second`)
}

for (const transport of TRANSPORTS) {
	/* ---- the SDK ---- */

	brokerTest(`${transport}: subscribe, publish, history, presence, unsubscribe`, EMULATED, async (broker) => {
		const client = connectBy(broker, transport, ann())
		const sub = await subscribe(client, 'room')
		const other = await subscribe(connect(broker, ann()), 'room')
		const odd = { text: 'line\n\u2028 "quoted" ü', n: 1.50, deep: [[], {}] }
		await sub.publish(odd)
		await broker.publish('room', 2)
		assert.deepEqual((await publications(sub, 2)).map((p) => p.data), [odd, 2])
		assert.deepEqual((await publications(other, 2)).map((p) => p.data), [odd, 2])
		assert.equal((await sub.history({ limit: 10 })).publications.length, 2)
		assert.equal(Object.keys((await sub.presence()).clients).length, 2)
		await assert.rejects(client.rpc('nothing', {}), (err) => err.code === 108)
		sub.unsubscribe()
		await until('one is left', async () => (await present(broker, 'room')).length === 1)
	})

	brokerTest(`${transport}: a stream that is cut recovers what was missed`, EMULATED, async (broker) => {
		const proxy = await Proxy.listen(() => ['127.0.0.1', Number(new URL(broker.http).port)])
		broker.cleanup(() => proxy.close())
		const client = connectBy(broker, transport, ann(), { http: `http://127.0.0.1:${proxy.port}` })
		const sub = await subscribe(client, 'room')
		await broker.publish('room', 1)
		await publications(sub, 1)
		for (const round of [1, 2, 3]) {
			proxy.cut()
			await event(client, 'connecting', round + 1)
			await broker.publish('room', round + 1)
			await publications(sub, round + 1)
		}
		assert.deepEqual(sub.pubs().map((p) => p.data), [1, 2, 3, 4])
		assert.ok(sub.seen.filter((e) => e.event === 'subscribed').slice(1).every((e) => e.wasRecovering && e.recovered))
	})

	brokerTest(`${transport}: pings are answered by requests`, {
		...EMULATED, client: { ping_interval: '1s', pong_timeout: '700ms' },
	}, async (broker) => {
		const client = connectBy(broker, transport, ann())
		await client.ready()
		const silent = await Stream.connected(broker, transport, [], ann())
		assert.equal(silent.result.pong, true)
		assert.deepEqual(await silent.disconnect(), { code: 3012, reason: 'no pong' })
		const said = await Stream.connected(broker, transport, [], ann())
		for (const n of [1, 2, 3]) {
			await until(`ping ${n}`, () => said.messages().filter((m) => !Object.keys(m).length).length >= n)
			assert.equal(await said.say('{}'), 204)
		}
		assert.equal(await said.say('{}'), 204) // a pong that nobody waits for
		assert.deepEqual(await said.disconnect(), { code: 3501, reason: 'bad request' })
		assert.deepEqual(client.seen.map((e) => e.event), ['connecting', 'connected'])
	})

	brokerTest(`${transport}: disconnect codes reach the SDK`, EMULATED, async (broker) => {
		const refused = connectBy(broker, transport, { token: 'no.token.this' })
		assert.equal((await event(refused, 'disconnected')).code, 3500)
		const sent = connectBy(broker, transport, ann())
		await sent.ready()
		await broker.api('disconnect', { user: 'ann' })
		const { code, reason } = await event(sent, 'disconnected')
		assert.deepEqual([code, reason], [3503, 'force disconnect'])
		const again = connectBy(broker, transport, ann())
		await again.ready()
		await broker.api('disconnect', { user: 'ann', disconnect: { code: 4000, reason: 'come again' } })
		assert.equal((await event(again, 'connecting', 2)).code, 4000)
		await event(again, 'connected', 2)
	})

	brokerTest(`${transport}: tokens are refreshed, and run out`, {
		...EMULATED, client: { expired_close_delay: '1s' },
	}, async (broker) => {
		let fetched = 0
		const client = connectBy(broker, transport, {
			getToken: async () => (fetched++, token({ sub: 'ann', exp: expires(2) })),
		})
		await until('three tokens', () => fetched >= 3)
		assert.deepEqual(client.seen.map((e) => e.event), ['connecting', 'connected'])
		const late = await Stream.connected(broker, transport, [], { token: token({ sub: 'bob', exp: expires(1) }) })
		assert.deepEqual(await late.disconnect(), { code: 3005, reason: 'connection expired' })
	})

	brokerTest(`${transport}: subscriptions made by the server, and the session as an address`, EMULATED, async (broker) => {
		const [one, two] = [await Stream.connected(broker, transport, [], ann()), await Stream.connected(broker, transport, [], ann())]
		assert.match(one.result.session, /^[0-9a-f]{43}$/)
		assert.notEqual(one.result.session, two.result.session)
		const { session } = one.result
		await broker.api('subscribe', { user: 'ann', channel: 'by-server', session })
		await one.message((m) => m.push?.subscribe && m.push.channel === 'by-server')
		await broker.publish('by-server', 1)
		await until('the event', () => one.pushes().length === 1)
		await broker.api('refresh', { user: 'ann', session, expire_at: expires(1000) })
		await one.message((m) => m.push?.refresh?.expires)
		await broker.api('unsubscribe', { user: 'ann', channel: 'by-server', session })
		await one.message((m) => m.push?.unsubscribe?.code === 2000)
		await broker.api('disconnect', { user: 'bob', session }) // not his
		await broker.api('disconnect', { user: 'ann', session: `${session.slice(0, -1)}x` })
		await broker.api('disconnect', { user: 'ann', session })
		assert.deepEqual(await one.disconnect(), { code: 3503, reason: 'force disconnect' })
		assert.deepEqual(two.messages(), [two.messages()[0]])
		assert.equal(await two.say({ id: 2, history: { channel: 'by-server' } }), 204)
		await two.message((m) => m.id === 2)
	})

	/* ---- what it says on the wire ---- */

	aloneTest(`${transport}: the head, the framing, the transport's name`, INSECURE, async (broker) => {
		const stream = await Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'live:a' } }])
		await stream.message((m) => m.id === 2)
		await broker.publish('live:a', 'x')
		await until('the event', () => stream.pushes().length)
		const lines = stream.head.split('\r\n')
		assert.deepEqual(lines, ['HTTP/1.1 200 OK', ...transport === 'sse' ? ['Content-Type: text/event-stream; charset=utf-8'] : [],
			'Cache-Control: private, no-cache, no-store, must-revalidate, max-age=0', 'Pragma: no-cache', 'Expire: 0',
			'X-Accel-Buffering: no', 'Connection: keep-alive', 'Transfer-Encoding: chunked'])
		const { text } = stream.body()
		const push = '{"push":{"channel":"live:a","pub":{"data":"x"}}}'
		assert.ok(text.endsWith(transport === 'sse' ? `\n\ndata: ${push}\n\n` : `\n${push}\n`), text)
		assert.ok(text.startsWith(transport === 'sse' ? '\r\ndata: {"id":1,' : '{"id":1,'), text)
		const { connections } = await broker.api('connections')
		assert.deepEqual(connections.map((c) => [c.transport, c.encoding]), [[transport, 'json']])
		assert.match(stream.result.node, /^[0-9a-f-]{36}$/)
		/* The fields are of these transports only. */
		const socket = connect(broker)
		await socket.ready()
		assert.doesNotMatch(socket.frames().join(), /"session"|"node"/)
	})

	brokerTest(`${transport}: HTTP/1.0 gets the same without chunks, until close`, INSECURE, async (broker) => {
		const raw = await Raw.open({ port: Number(new URL(broker.http).port), cleanup: (fn) => broker.cleanup(fn) })
		const connectCommand = '{"id":1,"connect":{}}\n{"id":2,"rpc":{}}'
		raw.write(transport === 'sse' ? request('GET', target(connectCommand), {}, '', 'HTTP/1.0')
			: request('POST', '/connection/http_stream', { 'Content-Length': connectCommand.length }, connectCommand, 'HTTP/1.0'))
		await until('the answers', () => raw.text.includes('"id":2'))
		assert.ok(!raw.text.includes('chunked') && raw.text.includes('Connection: close\r\n'), raw.text)
	})

	brokerTest(`${transport}: what is no command ends the stream with 3501`, INSECURE, async (broker) => {
		for (const commands of [['nonsense'], ['{"id":1,"subscribe":{"channel":"a"}}'], ['{}'], ['[]'], ['{"id":1,"connect":{}}', '', '{}']]) {
			const stream = await Stream.open(broker, transport, commands)
			assert.deepEqual(await stream.disconnect(), { code: 3501, reason: 'bad request' })
			await stream.raw.end()
		}
		const later = await Stream.connected(broker, transport)
		assert.equal(await later.say('nonsense'), 204)
		assert.deepEqual(await later.disconnect(), { code: 3501, reason: 'bad request' })
		assert.equal(await later.say('{}'), 204) // nobody is there any more
	})

	aloneTest(`${transport}: commands in many requests take effect in the order in which they were accepted`, INSECURE, async (broker) => {
		const stream = await Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'room' } }])
		for (const n of numbers(1, 100)) // over connections of their own: with two workers, now here and now there
			assert.equal((await fetch(`${broker.http}/emulation`, {
				method: 'POST', headers: { Connection: 'close' },
				body: JSON.stringify({ ...stream.result, data: JSON.stringify({ id: n + 2, publish: { channel: 'room', data: n } }) }),
			})).status, 204)
		await until('all', () => stream.pushes().length === 100)
		assert.deepEqual(stream.pushes().map((p) => p.data), numbers(1, 100))
	})

	/* ---- who leaves ---- */

	aloneTest(`${transport}: whoever leaves is gone within two seconds, however`, INSECURE, async (broker) => {
		const ways = {
			close: (s) => s.destroy(), 'half close': (s) => s.end(), reset: (s) => s.resetAndDestroy(),
		}
		for (const [way, leave] of Object.entries(ways)) {
			const stream = await Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'room' } }])
			await until('it is there', async () => (await present(broker, 'room')).length === 1)
			const at = Date.now()
			leave(stream.socket)
			await until(`gone by ${way}`, async () => (await present(broker, 'room')).length === 0)
			assert.ok(Date.now() - at < 2000, `${way}: ${Date.now() - at} ms`)
		}
		await idles(broker)
	})

	aloneTest(`${transport}: whoever leaves while output waits is gone too`, {
		...EMULATED, client: { insecure: true, queue_max_size: '16MiB' },
	}, async (broker) => {
		for (const leave of [(s) => s.end(), (s) => s.resetAndDestroy()]) {
			const stream = await Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'room' } }])
			await stream.message((m) => m.id === 2)
			stream.socket.pause()
			await until('output waits', async () => {
				await broker.publish('room', 'x'.repeat(100000))
				return (await broker.api('lag')).queued_bytes > 100000
			})
			await idles(broker)
			leave(stream.socket)
			await until('gone', async () => (await present(broker, 'room')).length === 0)
		}
		await idles(broker)
	})

	aloneTest(`${transport}: 300 streams that vanish at once leave nothing`, INSECURE, async (broker) => {
		const before = fds(broker)
		for (const way of ['resetAndDestroy', 'destroy', 'end']) {
			const streams = await Promise.all(numbers(1, 300).map(() =>
				Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'room' } }])))
			await until('all are there', async () => (await present(broker, 'room')).length === 300)
			assert.ok(fds(broker) >= before + 300)
			const at = Date.now()
			streams.forEach((s) => s.socket[way]())
			await until('all are gone', async () => (await present(broker, 'room')).length === 0)
			assert.ok(Date.now() - at < 2000, `${Date.now() - at} ms`)
			streams.forEach((s) => s.socket.destroy())
		}
		await until('their descriptors too', () => fds(broker) <= before + 4) // what fetch() keeps open
		assert.equal((await broker.api('connections')).connections.length, 0)
		await idles(broker)
	})

	/* ---- who does not read ---- */

	aloneTest(`${transport}: slow readers, by each policy`, {
		...EMULATED, client: { token: undefined, insecure: true },
		channel: { namespaces: [{ name: 'hist', ...OPEN, ...HISTORY }, { name: 'plain', ...OPEN }, { name: 'fat', ...OPEN, overflow: 'drop_newest', queue: 1 }] },
	}, async (broker) => {
		const subscribed = [['hist:a', { overflow: 'resync', queue: 4 }], ['plain:old', { overflow: 'drop_oldest', queue: 4 }],
			['plain:new', { overflow: 'drop_newest', queue: 4 }], ['plain:last', { overflow: 'latest', queue: 4 }], ['fat:x', {}]]
		const stream = await Stream.connected(broker, transport, subscribed.map(([channel, options], i) =>
			({ id: i + 2, subscribe: { channel, data: { weir: options } } })))
		await stream.message((m) => m.id === 6)
		const mine = async () => (await broker.api('connections')).connections.find((c) => c.client === stream.result.client)
		const full = async () => (await mine()).subscriptions.find((s) => s.channel === 'fat:x').waiting === 1
		stream.socket.pause()
		for (let steady = 0; steady < 10; steady = await full() ? steady + 1 : 0)
			await broker.publish('fat:x', 'x'.repeat(60000))
		for (const n of numbers(1, 20))
			for (const [channel] of subscribed.slice(0, 4))
				await broker.publish(channel, n)
		stream.socket.resume()
		const on = (channel) => stream.messages().filter((m) => m.push?.channel === channel && m.push.pub).map((m) => m.push.pub)
		const dropped = (pubs) => pubs.reduce((n, p) => n + Number(p.tags?.['weir-dropped'] || 0), 0)
		for (const [channel] of subscribed.slice(1, 4)) {
			await broker.publish(channel, 21)
			await until(`the last on ${channel}`, () => on(channel).at(-1)?.data === 21)
			assert.equal(on(channel).length + dropped(on(channel)), 21, channel)
			assert.ok(on(channel).length < 21)
		}
		await stream.message((m) => m.push?.channel === 'hist:a' && m.push.unsubscribe?.code === 2500)
		assert.equal((await mine()).transport, transport)

		const gone = await Stream.connected(broker, transport, [
			{ id: 2, subscribe: { channel: 'plain:gone', data: { weir: { overflow: 'disconnect', queue: 2 } } } },
			{ id: 3, subscribe: { channel: 'fat:y' } }])
		await gone.message((m) => m.id === 3)
		gone.socket.pause()
		await until('it is disconnected', async () => {
			await broker.publish('fat:y', 'x'.repeat(60000))
			await broker.publish('plain:gone', 1)
			return !(await broker.api('connections')).connections.some((c) => c.client === gone.result.client)
		})
		gone.socket.resume()
		assert.deepEqual(await gone.disconnect(), { code: 3008, reason: 'slow' })
	})

	aloneTest(`${transport}: the byte budget of the whole broker`, {
		...EMULATED, client: { insecure: true, queue_max_size: '16MiB' }, queue: { total_bytes: '1MiB' },
		channel: { namespaces: [{ name: 'plain', ...OPEN, queue_max: 1000, queue_bytes: '16MiB' }] },
	}, async (broker) => {
		const options = { overflow: 'drop_oldest', queue: 1000 }
		const streams = await Promise.all([1, 2].map(() => Stream.connected(broker, transport, [
			{ id: 2, subscribe: { channel: 'plain:a', data: { weir: options } } }])))
		await Promise.all(streams.map((s) => s.message((m) => m.id === 2)))
		streams.forEach((s) => s.socket.pause())
		let published = 0
		const lost = async () => (await broker.api('lag')).connections.every((c) => c.dropped.events > 0)
		while (!await lost()) {
			await broker.publish('plain:a', 'x'.repeat(60000))
			published++
		}
		await until('it is back in its budget', async () => (await broker.api('lag')).queued_bytes <= 1 << 20)
		streams.forEach((s) => s.socket.resume())
		await broker.publish('plain:a', 'last')
		for (const stream of streams) {
			await until('the last', () => stream.pushes().at(-1)?.data === 'last')
			const pubs = stream.pushes()
			assert.equal(pubs.length + pubs.reduce((n, p) => n + Number(p.tags?.['weir-dropped'] || 0), 0), published + 1)
		}
	})

	aloneTest(`${transport}: a socket that takes nothing for websocket.write_timeout is closed`, {
		...EMULATED, client: { insecure: true, queue_max_size: '16MiB' }, websocket: { write_timeout: '500ms' },
		channel: { without_namespace: { presence: true, overflow: 'drop_newest', queue: 4, history_size: 0, force_recovery: false } },
	}, async (broker) => {
		const stream = await Stream.connected(broker, transport, [{ id: 2, subscribe: { channel: 'room' } }])
		await stream.message((m) => m.id === 2)
		stream.socket.pause()
		await until('it is closed', async () => {
			await broker.publish('room', 'x'.repeat(60000))
			return (await present(broker, 'room')).length === 0
		})
	})

	/* ---- the end of the process ---- */

	aloneTest(`${transport}: shutdown says 3001 and ends the stream`, INSECURE, async (broker) => {
		const streams = await Promise.all(numbers(1, 20).map(() => Stream.connected(broker, transport)))
		broker.signal('SIGTERM')
		for (const stream of streams) {
			assert.deepEqual(await stream.disconnect(), { code: 3001, reason: 'shutdown' })
			await stream.raw.end()
			stream.socket.destroy()
		}
		assert.deepEqual(await broker.ended, { code: 0, signal: null })
	})

	/* ---- several brokers ---- */

	clusterTest(`${transport}: what is said to another broker arrives`, 2, INSECURE, async (cluster) => {
		const [a, b] = cluster.brokers
		const stream = await Stream.connected(a, transport, [{ id: 2, subscribe: { channel: 'room' } }])
		for (const n of numbers(1, 20))
			assert.equal(await stream.say({ id: n + 2, publish: { channel: 'room', data: n } }, b), 204)
		await until('all', () => stream.pushes().length === 20)
		assert.deepEqual(stream.pushes().map((p) => p.data), numbers(1, 20))
		const { session } = stream.result
		await until('nobody is known to be nobody', async () =>
			await Stream.prototype.say.call({ result: { session, node: 'nobody' } }, '{}', b) === 404)
		await b.api('disconnect', { user: '', session })
		assert.equal((await stream.disconnect()).code, 3503)
		/* The SDK, with one half at each. */
		const client = connectBy(b, transport, { emulationEndpoint: `${b.http}/emulation` }, a)
		const sub = await subscribe(client, 'room')
		await sub.publish('over there')
		await until('it came back', () => sub.pubs().some((p) => p.data === 'over there'))
	})
}

clusterTest('while Redis is away clients are heard by their own broker, and others say so', 2, {
	...INSECURE, engine: { redis: { publish_deadline: '500ms' } },
}, async (cluster) => {
	const [a, b] = cluster.brokers
	await cluster.met()
	const stream = await Stream.connected(a, 'sse')
	cluster.redis.stop()
	assert.equal(await stream.say({ id: 2, rpc: {} }), 204)
	await stream.message((m) => m.id === 2)
	await until('refused', async () => await stream.say({ id: 3, rpc: {} }, b) === 503)
	cluster.redis.cont()
	await until('taken again', async () => await stream.say({ id: 4, rpc: {} }, b) === 204)
	await stream.message((m) => m.id === 4)
})

/* ---- doors ---- */

brokerTest('a client whose WebSocket is blocked falls back', EMULATED, async (broker) => {
	for (const transport of TRANSPORTS) {
		const client = connect(broker, {
			url: [{ transport: 'websocket', endpoint: `${broker.http.replace('http', 'ws')}/no/websocket/here` },
				{ transport, endpoint: `${broker.http}/connection/${transport}` }],
			emulationEndpoint: `${broker.http}/emulation`, ...GLOBALS, ...ann(),
		})
		const sub = await subscribe(client, 'room')
		await sub.publish(transport)
		await publications(sub, 1)
		assert.equal((await event(client, 'connected')).transport, transport)
		client.disconnect()
	}
})

brokerTest('off by default, each by itself', {}, async (broker) => {
	for (const path of ['/connection/http_stream', '/connection/sse', '/emulation'])
		assert.equal((await fetch(broker.http + path, { method: 'POST', body: '{}' })).status, 404, path)
})

aloneTest('what is wrong with a request is said in one line of JSON', {
	...INSECURE, client: { insecure: true, allowed_origins: ['https://ok.example'] }, sse: { enabled: true, max_request_body_size: 1000 },
}, async (broker) => {
	const json = { 'Content-Type': 'application/json' }
	const good = { session: 'a', node: 'b', data: '{}' }
	const emulate = (body, headers = json) => ['POST', '/emulation', headers, typeof body === 'string' ? body : JSON.stringify(body)]
	const cases = [
		[405, 'POST, OPTIONS', 'GET', '/connection/http_stream'],
		[405, 'POST, OPTIONS', 'PUT', '/connection/http_stream', json, '{}'],
		[405, 'POST, OPTIONS', 'GET', '/emulation'],
		[405, null, 'DELETE', '/connection/sse'],
		[405, 'GET, POST, OPTIONS', 'HEAD', target('{"id":1,"connect":{}}')],
		[400, null, 'GET', '/connection/sse'],
		[400, null, 'GET', '/connection/sse?cf_connect='],
		[400, null, 'GET', '/connection/sse?cf_connect=%zz'],
		[400, null, 'POST', '/connection/sse', json, ''],
		[413, null, 'POST', '/connection/sse', json, 'x'.repeat(1001)],
		[413, null, 'POST', '/connection/http_stream', json, 'x'.repeat(65537)],
		[415, null, 'POST', '/connection/http_stream', { 'Content-Type': 'application/octet-stream' }, 'x'],
		[415, null, 'POST', '/connection/sse', { 'Content-Encoding': 'gzip' }, 'x'],
		[403, null, 'POST', '/connection/http_stream', { Origin: 'https://bad.example' }, '{"id":1,"connect":{}}'],
		[403, null, 'GET', target('{"id":1,"connect":{}}'), { Origin: 'https://bad.example' }],
		[403, null, ...emulate(good, { Origin: 'https://bad.example' })],
		[404, null, ...emulate(good)],
		[404, null, ...emulate(good, {})],
		[415, null, ...emulate(good, { 'Content-Type': 'application/octet-stream' })],
		[413, null, ...emulate({ ...good, data: 'x'.repeat(65536) })],
		...['', 'x', '[]', '"a"', '{', '{"session":1,"node":"b","data":"{}"}', '{"session":"a","session":"a","node":"b","data":""}',
			'{"session":"a","node":"b"}', '{"node":"b","data":""}', '{"session":"a","data":""}', '{"session":null,"node":"b","data":""}',
			`${'['.repeat(40)}${']'.repeat(40)}`, '{"session":"\xff","node":"b","data":""}{}'].map((body) => [400, null, ...emulate(body)]),
	]
	for (const [status, allow, method, path, headers = {}, body] of cases) {
		const what = `${method} ${path} ${body}`.slice(0, 150)
		const raw = await Raw.open(broker)
		raw.write(request(method, path, { Host: 'a', ...headers, 'Content-Length': body === undefined ? undefined : Buffer.byteLength(body) }, body))
		if (method === 'HEAD') {
			await until('a head', () => raw.text.endsWith('\r\n\r\n'))
			assert.match(raw.text, / 405 [^]*Allow: GET, POST, OPTIONS/)
			continue
		}
		const answer = await raw.response()
		assert.equal(answer.status, status, what)
		assert.match(answer.body, /^[^\n]+\n$/, what)
		const { error } = JSON.parse(answer.body)
		assert.ok(Number.isInteger(error.code) && error.message.length > 5, what)
		if (allow)
			assert.ok(answer.head.includes(`\r\nAllow: ${allow}`), answer.head)
	}
	/* Preflight, and errors that the page may read. */
	for (const path of ['/connection/http_stream', '/connection/sse', '/emulation']) {
		const asked = await fetch(broker.http + path, { method: 'OPTIONS', headers: {
			Origin: 'https://ok.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } })
		assert.equal(asked.status, 204)
		assert.equal(asked.headers.get('access-control-allow-origin'), 'https://ok.example')
		assert.equal(asked.headers.get('access-control-allow-credentials'), 'true')
		assert.equal(asked.headers.get('access-control-allow-headers'), 'content-type')
		assert.equal(asked.headers.get('access-control-max-age'), '300')
		assert.match(asked.headers.get('access-control-allow-methods'), /POST, OPTIONS$/)
	}
	const seen = await fetch(`${broker.http}/emulation`, { method: 'POST', body: 'x', headers: { Origin: 'https://ok.example' } })
	assert.deepEqual([seen.status, seen.headers.get('access-control-allow-origin')], [400, 'https://ok.example'])
})

aloneTest('connection limits: 503 and when to come again, and what leaves makes room', {
	...EMULATED, client: { insecure: true, connection_limit: 3 },
}, async (broker) => {
	const streams = [await Stream.connected(broker, 'sse'), await Stream.connected(broker, 'http_stream'), await Stream.connected(broker, 'sse')]
	for (const transport of TRANSPORTS) {
		const refused = await Stream.open(broker, transport)
		const answer = await refused.raw.response()
		assert.equal(answer.status, 503)
		assert.match(answer.head, /\r\nRetry-After: \d+/)
		assert.equal(JSON.parse(answer.body).error.code, 100)
	}
	streams[0].socket.destroy()
	await until('room', async () => {
		const stream = await Stream.open(broker, 'sse')
		await until('an answer', () => stream.raw.text.includes('\r\n\r\n'))
		return stream.head.includes(' 200 ')
	})
})

/* ---- strangers and floods ---- */

aloneTest('a session cannot be guessed, a wrong one gets nothing, and the log says none', { ...INSECURE, log: { level: 'trace' } }, async (broker) => {
	const stream = await Stream.connected(broker, 'sse')
	const { session, node } = stream.result
	for (const wrong of ['x', '', session.slice(1), `${session}0`, session.toUpperCase().replace(/^000/, 'FFF'), `fff${session.slice(3)}`, '0'.repeat(43)]) {
		const { status } = await fetch(`${broker.http}/emulation`, { method: 'POST', body: JSON.stringify({ session: wrong, node, data: 'nonsense' }) })
		assert.equal(status, wrong ? 204 : 400)
	}
	assert.equal(await stream.say({ id: 2, history: { channel: 'room' } }), 204)
	await stream.message((m) => m.id === 2)
	assert.ok(broker.log.includes('transport=sse'))
	assert.ok(!broker.log.includes(session.slice(3)), 'the log has the secret')
})

aloneTest('a flood of commands: refused or taken, answered always, and others are served', INSECURE, async (broker) => {
	const stream = await Stream.connected(broker, 'http_stream', [{ id: 2, subscribe: { channel: 'room' } }])
	let id = 2
	const burst = () => Array.from({ length: 200 }, () => ({ id: ++id, publish: { channel: 'live:flood', data: 'x'.repeat(100) } }))
	const statuses = await Promise.all(numbers(1, 100).map(() => stream.say(burst())))
	assert.ok(statuses.every((s) => s === 204 || s === 503), String([...new Set(statuses)]))
	assert.ok(statuses.includes(204))
	const other = await Stream.connected(broker, 'sse')
	assert.equal(await other.say({ id: 2, history: { channel: 'room' } }), 204)
	await other.message((m) => m.id === 2)
	await idles(broker)
})

aloneTest('a peer that talks on its stream is put up with for a while, then closed', INSECURE, async (broker) => {
	for (const transport of TRANSPORTS) {
		const stream = await Stream.connected(broker, transport)
		stream.raw.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
		await broker.publish('room', 1)
		assert.equal(stream.raw.ended, undefined)
		stream.raw.write(Buffer.alloc(200000))
		await stream.raw.end()
	}
	assert.equal((await broker.api('connections')).connections.length, 0)
})

aloneTest('streams in the middle of nothing: heads without bodies, bodies without ends', {
	...INSECURE, http: { body_timeout: '300ms' },
}, async (broker) => {
	const raw = await Raw.open(broker)
	raw.write(request('POST', '/connection/http_stream', { Host: 'a', 'Content-Length': 100 }, '{"id":1,'))
	assert.equal((await raw.response()).status, 408)
	const chunked = await Raw.open(broker)
	chunked.write(request('POST', '/connection/http_stream', { Host: 'a', 'Transfer-Encoding': 'chunked' }, '5\r\nhello\r\n'))
	assert.equal((await chunked.response()).status, 411)
	const gone = net.connect(broker.port, '127.0.0.1')
	gone.write(request('POST', '/connection/http_stream', { Host: 'a', 'Content-Length': 21 }, '{"id":1,"connect":{}}'))
	gone.on('connect', () => gone.resetAndDestroy()).on('error', () => {})
	await idles(broker)
	assert.equal((await broker.api('connections')).connections.length, 0)
})
