// SPDX-License-Identifier: Apache-2.0
// MessagePack on WebSocket, and channels that are read in both notations.
'use strict'
const assert = require('node:assert/strict')
const { encode } = require('@msgpack/msgpack')
const { brokerTest, until, OPEN } = require('./lib/broker')
const { clusterTest } = require('./lib/cluster')
const { connect, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Packed, hex } = require('./lib/packed')
const { Wire } = require('./lib/wire')

const INSECURE = { client: { insecure: true } }
const ANN = { token: token({ sub: 'ann', info: { name: 'Ann', n: 1.5 } }) }
const base64 = (bytes) => Buffer.from(bytes).toString('base64')

/* A subscriber of each notation. */
async function both(broker, channel, more = {}) {
	const packed = await Packed.connect(broker, ANN)
	const wire = await Wire.connect(broker, ANN)
	for (const client of [packed, wire])
		assert.ok((await client.ask({ subscribe: { channel, ...more } })).subscribe)
	return { packed, wire }
}

brokerTest('the examples, byte by byte', INSECURE, async (broker) => {
	const packed = await Packed.open(broker)
	assert.equal(packed.socket.protocol, 'weir-msgpack')
	packed.send(hex('82 a2 6964 01 a7 636f6e6e656374 80'))
	const hello = await packed.reply(1)
	assert.ok(hello.connect.client)
	packed.send(hex('82 a2 6964 02 a9 737562736372696265 81 a7 6368616e6e656c a4 74657374'))
	await packed.reply(2)
	packed.send(hex('82 a2 6964 03 a7 7075626c697368 82 a7 6368616e6e656c a4 74657374 a4 64617461 81 a1 76 cb 3fe0000000000000'))
	await packed.reply(3)
	const pub = await packed.push('pub')
	assert.deepEqual(pub.data, { v: 0.5 })
	assert.equal(pub.offset, 1)
	// Published without a publisher, by the API, it is the push of the example but for the offset.
	await broker.api('publish', { channel: 'test', b64data: base64(hex('81 a1 76 cb 3fe0000000000000')), format: 'msgpack' })
	await packed.push('pub', 'test', 2)
	const wanted = hex('81 a4 70757368 82 a7 6368616e6e656c a4 74657374 a3 707562 82 a4 64617461 81 a1 76 cb 3fe0000000000000 a6 6f6666736574 02')
	assert.ok(packed.frames.some((f) => f.equals(wanted)), packed.frames.map((f) => f.toString('hex')).join('\n'))
	// Empty results are there.
	assert.ok(packed.frames.some((f) => f.equals(hex('82 a2 6964 03 a7 7075626c697368 80'))))
	assert.equal(packed.texts, 0)
})

brokerTest('an error, byte by byte; ids, batches and order as in JSON', {}, async (broker) => {
	const packed = await Packed.open(broker)
	packed.send(Buffer.concat([encode({ id: 1, connect: ANN }), encode({ id: 2, subscribe: { channel: 'closed:x' } }), encode({ id: 3, rpc: {} }),
		encode({ id: 4, subscribe: { channel: 'nowhere:x' } })]))
	await packed.reply(4)
	assert.deepEqual(packed.messages.map((m) => m.id), [1, 2, 3, 4])
	const denied = hex('82 a2 6964 02 a5 6572726f72 82 a4 636f6465 67 a7 6d657373616765 b1 7065726d697373696f6e2064656e696564')
	assert.ok(packed.frames.some((f) => f.includes(denied)))
	assert.equal((await packed.reply(4)).error.code, 102)
})

brokerTest('ping and pong are one byte', { ...INSECURE, client: { insecure: true, ping_interval: '1s', pong_timeout: '500ms' } }, async (broker) => {
	const packed = await Packed.connect(broker)
	const mute = await Packed.connect(broker, {}, { mute: true })
	await until('two pings', () => packed.pings >= 2)
	assert.ok(packed.frames.some((f) => f.equals(hex('80'))))
	assert.deepEqual(await mute.close(), { code: 3012, reason: 'no pong' })
	assert.equal(packed.closed, undefined)
})

brokerTest('3501 for what is no command', INSECURE, async (broker) => {
	const bad = ['', '81', '82 a2 6964 01', '01', '90', 'c0', '81 01 02', '82 a2 6964 01 a2 6964 01', '81 a2 6964 ff', '81 a2 6964 a1 31',
		'81 a2 6964 cb 3ff0000000000000', 'df ffffffff', '81 a7 7075626c697368 81 a4 64617461 dd ffffffff',
		`81 a7 7075626c697368 81 a4 64617461 ${'91'.repeat(31)} 01`, `81 a1 78 dc 1000 ${'01'.repeat(4096)}`, 'c1']
	for (const bytes of bad) {
		const packed = await Packed.connect(broker)
		packed.send(hex(bytes))
		assert.deepEqual(await packed.close(), { code: 3501, reason: 'bad request' }, bytes)
	}
	// What comes before the bad one is done.
	const packed = await Packed.connect(broker)
	packed.send(Buffer.concat([encode({ id: 2, subscribe: { channel: 'room' } }), hex('05')]))
	assert.equal((await packed.close()).code, 3501)
	const text = await Packed.connect(broker)
	text.socket.send('{"id":2,"rpc":{}}')
	assert.deepEqual(await text.close(), { code: 3501, reason: 'bad request' })
	const large = await Packed.connect(broker)
	large.send(encode({ id: 2, publish: { channel: 'room', data: 'x'.repeat(70000) } }))
	assert.equal((await large.close()).code, 1009)
	const deep = await Packed.connect(broker)
	assert.deepEqual((await deep.ask({ publish: { channel: 'room', data: Array.from({ length: 29 }).reduce((inner) => [inner], [1]) } })).publish, {})
})

brokerTest('one channel in both notations', {}, async (broker) => {
	const { packed, wire } = await both(broker, 'room')
	const rows = [ // what each publishes, and what both get
		{ n: 1, f: 1.5, s: 'é"\n', l: [true, null, -129, 65536], m: { '': {} } },
		[1, [2, [3]]], 'text', 7, -1, 4294967296, 0.1, 1e300, 5e-324, 5.960464477539063e-8, false,
	]
	for (const data of rows) {
		assert.deepEqual((await packed.ask({ publish: { channel: 'room', data } })).publish, {})
		assert.deepEqual((await wire.ask({ publish: { channel: 'room', data } })).publish, {})
	}
	for (const client of [packed, wire]) {
		await client.push('pub', 'room', 2 * rows.length)
		const got = client.pushes('pub', 'room')
		assert.deepEqual(got.map((p) => p.data), rows.flatMap((r) => [r, r]))
		assert.deepEqual(got.map((p) => p.offset), rows.flatMap((_, i) => [2 * i + 1, 2 * i + 2]))
		assert.ok(got.every((p) => !p.tags && p.info.user === 'ann'))
		assert.deepEqual(got[0].info.conn_info, { name: 'Ann', n: 1.5 })
	}
	// nil as a whole is no payload.
	assert.equal((await packed.ask({ publish: { channel: 'room', data: null } })).error.code, 107)
	const history = await broker.api('history', { channel: 'room', limit: -1 })
	assert.deepEqual(history.publications.map((p) => p.data), rows.flatMap((r) => [r, r]))
})

brokerTest('a payload comes back with the bytes it was published with', INSECURE, async (broker) => {
	const { packed } = await both(broker, 'room')
	const odd = hex('de 0002 d9 01 61 d3 0000000000000001 a1 61 c4 02 ffd8') // {"a": 1, "a": bin} in long notations
	packed.send(Buffer.concat([hex('82 a2 6964 14 a7 7075626c697368 82 a7 6368616e6e656c a4 726f6f6d a4 64617461'), odd]))
	await packed.reply(20)
	await packed.push('pub')
	assert.ok(packed.frames.some((f) => f.includes(Buffer.concat([hex('a4 64617461'), odd]))))
})

brokerTest('what has no form is wrapped, and a tag says so', {}, async (broker) => {
	const { packed, wire } = await both(broker, 'room')
	const image = hex('81 a3 696d67 c4 02 ffd8')
	await packed.ask({ publish: { channel: 'room', data: { img: hex('ffd8') } } })
	await packed.ask({ publish: { channel: 'room', data: hex('ffd8ffe0') } })
	wire.send(`{"id":50,"publish":{"channel":"room","data":"\\ud800"}}\n{"id":51,"publish":{"channel":"room","data":1.00000000000000000001}}`)
	await wire.reply(51)
	await broker.api('publish', { channel: 'room', b64data: base64(hex('d6 ff 00000000')), format: 'msgpack', tags: { k: 'v' } })
	await broker.api('publish', { channel: 'room', b64data: base64(hex('ff00')), format: 'binary' })
	await broker.api('publish', { channel: 'room', b64data: base64(hex('ff')) })
	const json = [[base64(image), 'msgpack+base64'], ['/9j/4A==', 'base64'], ['\ud800', undefined], [1, undefined], ['1v8AAAAA', 'msgpack+base64'],
		['/wA=', 'base64'], ['/w==', 'base64']]
	const bytes = [[{ img: hex('ffd8') }, undefined], [hex('ffd8ffe0'), 'binary'], [Buffer.from('"\\ud800"'), 'json'],
		[Buffer.from('1.00000000000000000001'), 'json'], [new Date(0), undefined], [hex('ff00'), 'binary'], [hex('ff'), 'binary']]
	await packed.push('pub', 'room', 7)
	await wire.push('pub', 'room', 7)
	const plain = (v) => (v instanceof Uint8Array ? Buffer.from(v) : v && v.img ? { img: Buffer.from(v.img) } : v)
	assert.deepEqual(wire.pushes('pub').map((p) => [p.data, p.tags && p.tags['weir-encoding']]), json)
	assert.deepEqual(packed.pushes('pub').map((p) => [plain(p.data), p.tags && p.tags['weir-encoding']]), bytes)
	assert.equal(wire.pushes('pub')[4].tags.k, 'v')
	assert.equal(packed.pushes('pub')[4].tags.k, 'v')
	// The same in history, of clients and of the API, and when recovered.
	const history = (await broker.api('history', { channel: 'room', limit: -1 })).publications
	assert.deepEqual(history.map((p) => [p.data, p.tags && p.tags['weir-encoding']]), json)
	const own = (await packed.ask({ history: { channel: 'room', limit: -1 } })).history
	assert.deepEqual(own.publications.map((p) => [plain(p.data), p.tags && p.tags['weir-encoding']]), bytes)
	const late = await Packed.connect(broker, ANN)
	const got = (await late.ask({ subscribe: { channel: 'room', recover: true, offset: 0, epoch: own.epoch } })).subscribe
	assert.equal(got.recovered, true)
	assert.deepEqual(got.publications.map((p) => [plain(p.data), p.tags && p.tags['weir-encoding']]), bytes)
	const lateJson = await Wire.connect(broker, ANN)
	const gotJson = (await lateJson.ask({ subscribe: { channel: 'room', recover: true, offset: 0, epoch: own.epoch } })).subscribe
	assert.deepEqual(gotJson.publications.map((p) => [p.data, p.tags && p.tags['weir-encoding']]), json)
})

brokerTest('b64data that is not what format says', {}, async (broker) => {
	for (const params of [{ b64data: 'gaFh', format: 'msgpack' }, { b64data: 'AQE=', format: 'msgpack' }, { b64data: '/w==', format: 'json' },
		{ data: 1, format: 'msgpack' }, { data: 1, format: 'no' }, { data: 1, tags: { 'weir-encoding': 'json' } }, { b64data: 'wA==', format: 'msgpack' }])
		assert.equal((await broker.call('publish', { channel: 'room', ...params })).error.code, 107, JSON.stringify(params))
})

brokerTest('a namespace for JSON takes MessagePack that JSON can say', {
	channel: { namespaces: [{ name: 'json', ...OPEN, publication_data_format: 'json' }, { name: 'object', ...OPEN, publication_data_format: 'json_object' },
		{ name: 'bytes', ...OPEN, publication_data_format: 'binary' }] },
}, async (broker) => {
	const packed = await Packed.connect(broker, ANN)
	const code = async (channel, data) => (await packed.ask({ publish: { channel, data } })).error?.code
	assert.deepEqual([await code('json:x', [1]), await code('json:x', { b: hex('00') }), await code('json:x', hex('00'))], [undefined, 107, 107])
	assert.deepEqual([await code('object:x', { a: 1 }), await code('object:x', [1])], [undefined, 107])
	assert.deepEqual([await code('bytes:x', hex('')), await code('bytes:x', { b: hex('00') })], [undefined, undefined])
})

brokerTest('the SDK with delta gets what is published in MessagePack, as JSON', {}, async (broker) => {
	const packed = await Packed.connect(broker, ANN)
	const sub = await subscribe(connect(broker, ANN), 'delta:x', { delta: 'fossil' })
	const long = 'something that stays the same for quite a while '.repeat(5)
	for (let n = 1; n <= 5; n++)
		await packed.ask({ publish: { channel: 'delta:x', data: { n, long } } })
	await packed.ask({ publish: { channel: 'delta:x', data: hex('ffd8ffe0') } })
	await packed.ask({ publish: { channel: 'delta:x', data: { n: 7, long } } })
	await publications(sub, 7)
	assert.deepEqual(sub.pubs().map((p) => p.data), [...[1, 2, 3, 4, 5].map((n) => ({ n, long })), '/9j/4A==', { n: 7, long }])
	// In MessagePack there are no patches, and asking is not refused.
	assert.equal((await packed.ask({ subscribe: { channel: 'delta:x', delta: 'fossil' } })).subscribe.delta, undefined)
})

brokerTest('recovery after a reconnect', {}, async (broker) => {
	const first = await Packed.connect(broker, ANN)
	const { epoch } = (await first.ask({ subscribe: { channel: 'room' } })).subscribe
	await broker.publish('room', { n: 1 })
	const { offset } = await first.push('pub')
	first.socket.terminate()
	await broker.publish('room', { n: 2 })
	await broker.publish('room', { n: 3 }, { tags: { k: 'v' } })
	const second = await Packed.connect(broker, ANN)
	const got = (await second.ask({ subscribe: { channel: 'room', recover: true, epoch, offset } })).subscribe
	assert.deepEqual([got.recovered, got.was_recovering], [true, true])
	assert.deepEqual(got.publications, [{ data: { n: 2 }, offset: 2 }, { data: { n: 3 }, offset: 3, tags: { k: 'v' } }])
	assert.equal((await second.ask({ subscribe: { channel: 'other', recover: true, epoch: 'x', offset: 9, flag: 2 } })).error?.code, 112)
})

brokerTest('presence, join and leave; connect.subs; patterns', {
	channel: { namespaces: [{ name: 'wild', ...OPEN, allow_wildcards: true }, { name: 'rooms', ...OPEN, presence: true, join_leave: true, force_push_join_leave: true }] },
}, async (broker) => {
	const packed = await Packed.connect(broker, ANN)
	await packed.ask({ subscribe: { channel: 'rooms:x' } })
	const wire = await Wire.connect(broker, { token: token({ sub: 'bob' }) })
	await wire.ask({ subscribe: { channel: 'rooms:x' } })
	await until('bob has joined', () => packed.pushes('join').some((j) => j.info.user === 'bob'))
	const presence = (await packed.ask({ presence: { channel: 'rooms:x' } })).presence.presence
	assert.deepEqual(Object.values(presence).map((i) => i.user).sort(), ['ann', 'bob'])
	assert.deepEqual(Object.values(presence).find((i) => i.user === 'ann').conn_info, { name: 'Ann', n: 1.5 })
	assert.deepEqual((await packed.ask({ presence_stats: { channel: 'rooms:x' } })).presence_stats, { num_clients: 2, num_users: 2 })
	const granted = (await packed.ask({ subscribe: { channel: 'wild:*' } })).subscribe
	assert.ok(granted.data.weir.queue)
	await broker.publish('wild:a', 1)
	const pub = await packed.push('pub', 'wild:*')
	assert.deepEqual([pub.channel, pub.tags], ['wild:a', { channel: 'wild:a' }])
	const subs = { token: token({ sub: 'ann', channels: ['room'] }), subs: { room: { recover: true, offset: 0, epoch: '' } } }
	const server = await Packed.connect(broker, subs)
	assert.ok(server.hello.connect.subs.room)
})

brokerTest('bytes in tokens: base64 in JSON, bin in MessagePack', {}, async (broker) => {
	const request = { token: token({ sub: 'ann', b64info: base64(hex('ff00')) }) }
	const channel = 'closed:x'
	const sub = { channel, token: token({ sub: 'ann', channel, b64info: base64('[1]'), b64data: base64(hex('fe')) }) }
	const packed = await Packed.connect(broker, request)
	const wire = await Wire.connect(broker, request)
	assert.deepEqual(Buffer.from((await packed.ask({ subscribe: sub })).subscribe.data), hex('fe'))
	assert.equal((await wire.ask({ subscribe: sub })).subscribe.data, '/g==')
	for (const client of [packed, wire])
		await client.ask({ subscribe: { channel: 'room' } })
	await wire.ask({ publish: { channel: 'room', data: 1 } })
	assert.deepEqual(Buffer.from((await packed.push('pub', 'room')).info.conn_info), hex('ff00'))
	assert.equal((await wire.push('pub', 'room')).info.conn_info, '/wA=')
	assert.ok(wire.frames.some((f) => f.includes('"conn_info":"/wA="')))
	assert.equal(Object.values((await broker.api('presence', { channel: 'room' })).presence)[0].conn_info, '/wA=')
})

brokerTest('filters and options', {}, async (broker) => {
	const packed = await Packed.connect(broker, ANN)
	const wire = await Wire.connect(broker, ANN)
	const filter = "data.n > 1 AND data.s = 'é'"
	for (const client of [packed, wire])
		assert.ok((await client.ask({ subscribe: { channel: 'tags:x', data: { weir: { filter } } } })).subscribe)
	for (const publisher of [packed, wire])
		for (let n = 0; n < 4; n++)
			await publisher.ask({ publish: { channel: 'tags:x', data: { n, s: 'é' } } })
	await packed.ask({ publish: { channel: 'tags:x', data: { n: 9, s: 'é', raw: hex('00') } } })
	for (const client of [packed, wire]) {
		await client.push('pub', 'tags:x', 5)
		assert.equal(client.pushes('pub').length, 5)
	}
	assert.deepEqual(packed.pushes('pub').map((p) => p.data.n), [2, 3, 2, 3, 9])
	// The rest of `data` is the application's; a wrong option is not, and a tree is one too.
	const other = await Packed.connect(broker, ANN)
	other.send(Buffer.concat([hex('82 a2 6964 0a a9 737562736372696265 82 a7 6368616e6e656c a6 6c6976653a78 a4 64617461'),
		hex('82 01 c4 01 ff a4 77656972 '), encode({ overflow: 'latest', key: 'data.n', rate: 0.5 })]))
	const granted = (await other.reply(10)).subscribe
	assert.deepEqual([granted.data.weir.overflow, granted.data.weir.key, granted.data.weir.rate], ['latest', 'data.n', 0.5])
	const refused = await other.ask({ subscribe: { channel: 'live:y', data: { weir: { overflw: 'latest' } } } })
	assert.deepEqual([refused.error?.code, refused.error?.message.includes('overflw')], [107, true])
	assert.equal((await other.ask({ subscribe: { channel: 'live:y', data: { weir: { key: hex('00') } } } })).error.code, 107)
	assert.ok((await other.ask({ subscribe: { channel: 'tags:y', tf: { key: 'k', cmp: 'eq', val: 'v' } } })).subscribe)
	await broker.publish('tags:y', 1)
	await broker.publish('tags:y', 2, { tags: { k: 'v' } })
	assert.deepEqual(await other.push('pub', 'tags:y'), { data: 2, offset: 2, tags: { k: 'v' } })
})

brokerTest('a slow reader is told what it lost', { channel: { namespaces: [{ name: 'fast', ...OPEN }] } }, async (broker) => {
	const packed = await Packed.connect(broker, ANN)
	assert.ok((await packed.ask({ subscribe: { channel: 'fast:x', data: { weir: { overflow: 'drop_oldest', queue: 4 } } } })).subscribe)
	packed.socket._socket.pause()
	const filler = 'x'.repeat(30000)
	let sent = 0
	const dropped = async () => (await broker.api('lag', {})).connections.some((c) => JSON.stringify(c).includes('"dropped":'))
	do {
		for (let i = 0; i < 50; i++)
			await broker.publish('fast:x', { n: ++sent, filler }, { tags: sent % 2 ? { k: 'v' } : {} })
		assert.ok(sent < 3000, 'nothing was dropped in 90 MB')
	} while (!await dropped())
	packed.socket._socket.resume()
	await until('the last event', () => packed.pushes('pub').at(-1)?.data.n === sent)
	const got = packed.pushes('pub')
	let last = 0
	for (const pub of got) {
		assert.equal(Number(pub.tags?.['weir-dropped'] || 0), pub.data.n - last - 1)
		assert.equal(pub.tags?.k, pub.data.n % 2 ? 'v' : undefined)
		last = pub.data.n
	}
	assert.ok(got.length < sent)
})

clusterTest('two brokers: formats travel through Redis', 2, {}, async (cluster) => {
	const [a, b] = cluster.brokers
	const packed = await Packed.connect(a, ANN)
	const wire = await Wire.connect(b, ANN)
	for (const client of [packed, wire])
		await client.ask({ subscribe: { channel: 'room' } })
	const far = await Packed.connect(b, ANN)
	await far.ask({ publish: { channel: 'room', data: { n: 1 } } })
	await far.ask({ publish: { channel: 'room', data: { img: hex('ffd8') } } })
	await far.ask({ publish: { channel: 'room', data: hex('ffd8ffe0') } })
	await a.publish('room', { n: 4.5 })
	await packed.push('pub', 'room', 4)
	await wire.push('pub', 'room', 4)
	assert.deepEqual(wire.pushes('pub').map((p) => [p.data, p.tags?.['weir-encoding']]),
		[[{ n: 1 }, undefined], ['gaNpbWfEAv/Y', 'msgpack+base64'], ['/9j/4A==', 'base64'], [{ n: 4.5 }, undefined]])
	const own = packed.pushes('pub')
	assert.deepEqual([own[0].data, Buffer.from(own[1].data.img), Buffer.from(own[2].data), own[2].tags, own[3].data],
		[{ n: 1 }, hex('ffd8'), hex('ffd8ffe0'), { 'weir-encoding': 'binary' }, { n: 4.5 }])
	for (const broker of cluster.brokers) {
		const history = (await broker.api('history', { channel: 'room', limit: -1 })).publications
		assert.deepEqual(history.map((p) => p.data), [{ n: 1 }, 'gaNpbWfEAv/Y', '/9j/4A==', { n: 4.5 }])
	}
})
