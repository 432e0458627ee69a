// SPDX-License-Identifier: Apache-2.0
// Clients that flood, that pipeline everything behind the handshake, that leave while output waits for them. The broker
// stays idle afterwards (its CPU time is read from /proc), and another client is served.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { KEY, brokerTest, until } = require('./lib/broker')
const { Raw, UPGRADE, frame, request } = require('./lib/raw')

const INSECURE = { client: { insecure: true } }
const BIG_QUEUE = { client: { insecure: true, queue_max_size: '16MiB' } }
const HEAD = request('GET', '/connection/websocket', UPGRADE)
const CONNECT = '{"id":1,"connect":{}}'
const CLOSE = frame([0x03, 0xe8], { opcode: 8 })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/* The process's CPU time in ms, and its resident memory in KiB. */
function cpu(broker) {
	const fields = fs.readFileSync(`/proc/${broker.pid}/stat`, 'latin1').split(') ')[1].split(' ')
	return (Number(fields[11]) + Number(fields[12])) * 10
}
const rss = (broker) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${broker.pid}/status`, 'latin1'))[1])

async function connected(broker) {
	const raw = await Raw.websocket(broker)
	raw.write(frame(CONNECT))
	assert.match((await raw.frame()).payload.toString(), /^\{"id":1,"connect":\{/)
	return raw
}

async function alive(broker) {
	const raw = await connected(broker)
	raw.write(frame('{"id":2,"publish":{"channel":"alive","data":1}}'))
	assert.equal((await raw.frame()).payload.toString(), '{"id":2,"publish":{}}')
}

const publishes = (count) => Array.from({ length: count }, (_, i) =>
	frame(JSON.stringify({ id: i + 2, publish: { channel: 'room', data: 'x'.repeat(200) } })))

async function answered(raw, count) {
	assert.equal((await raw.response()).status, 101)
	assert.match((await raw.frame()).payload.toString(), /^\{"id":1,"connect":\{/)
	for (let id = 2; id < count + 2; id++)
		assert.equal((await raw.frame()).payload.toString(), `{"id":${id},"publish":{}}`)
}

brokerTest('commands behind the handshake, in one segment and cut anywhere', INSECURE, async (broker) => {
	for (const count of [0, 1, 20, 70, 300]) {
		const raw = await Raw.open(broker)
		raw.write(Buffer.concat([Buffer.from(HEAD), frame(CONNECT), ...publishes(count)]))
		await answered(raw, count)
	}
	const bytes = Buffer.concat([Buffer.from(HEAD), frame(CONNECT), ...publishes(100)])
	for (const cut of [1, HEAD.length - 1, HEAD.length, HEAD.length + 1, HEAD.length + 7, 2048, 4096, 16384]) {
		const raw = await Raw.open(broker)
		raw.socket.setNoDelay(true)
		raw.write(bytes.subarray(0, cut))
		await pause(5)
		raw.write(bytes.subarray(cut))
		await answered(raw, 100)
	}
})

brokerTest('a handshake byte by byte', INSECURE, async (broker) => {
	const raw = await Raw.open(broker)
	raw.socket.setNoDelay(true)
	for (const byte of Buffer.concat([Buffer.from(HEAD), frame(CONNECT)])) {
		raw.write(Buffer.from([byte]))
		await new Promise((resolve) => setImmediate(resolve))
	}
	await answered(raw, 0)
})

for (const [what, code, bytes] of [
	...[1, 2, 3, 4, 5, 6, 7].map((rsv) => [`reserved bits ${rsv}`, 1002, frame('{}', { rsv })]),
	...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, 1002, frame('x', { opcode })]),
	['a ping of 126 bytes', -1, frame('x'.repeat(126), { opcode: 9 })],
	['a fragmented close', 1002, frame('', { opcode: 8, fin: false })],
	['a message inside another', 1002, Buffer.concat([frame('{', { fin: false }), frame('{}')])],
	['a length with its highest bit set', -1, Buffer.from('81ffffffffffffffffff00000000', 'hex')],
	['invalid UTF-8 in a close', 1007, frame([0x03, 0xe8, 0xff], { opcode: 8 })],
	['an empty text', 3501, frame('')],
	['an empty binary message', 3501, frame('', { opcode: 2 })],
	['empty fragments', 1008, Buffer.concat([frame('', { fin: false }), ...Array(1100).fill(frame('', { opcode: 0, fin: false }))])],
])
	brokerTest(`${code}: ${what}`, INSECURE, async (broker) => {
		const raw = await connected(broker)
		raw.write(bytes)
		assert.equal(await raw.closeCode(), code)
		await alive(broker)
	})

brokerTest('1008: more than 100 pongs in a second', INSECURE, async (broker) => {
	const raw = await connected(broker)
	raw.write(Buffer.concat(Array(5000).fill(frame('x', { opcode: 10 }))))
	assert.equal(await raw.closeCode(), 1008)
	await alive(broker)
})

for (const [what, one] of [['empty messages', frame('')], ['pongs that are not commands', frame('{}')], ['pongs', frame('x', { opcode: 10 })]])
	brokerTest(`a flood of ${what} is shut out although it ignores the close`, INSECURE, async (broker) => {
		const raw = await connected(broker)
		const flood = Buffer.concat(Array(10000).fill(one))
		let sent = 0
		while (!raw.ended && !raw.reset) {
			assert.ok(sent++ < 1000, 'still read after 80 MB')
			raw.write(flood)
			await until('the bytes are gone', () => raw.socket.writableLength === 0 || raw.ended || raw.reset)
		}
		await alive(broker)
	})

brokerTest('a flood of pings is bounded in memory, and others are served', INSECURE, async (broker) => {
	const raw = await connected(broker)
	const flood = Buffer.concat(Array(10000).fill(frame('abcd', { opcode: 9 })))
	const before = rss(broker)
	raw.socket.pause()
	for (let i = 0; i < 100 && !raw.ended && !raw.reset; i++) {
		raw.write(flood)
		await alive(broker)
	}
	assert.ok(rss(broker) - before < 4096, `grew by ${rss(broker) - before} KiB`)
})

const COMMANDS = [
	{ id: 1, connect: { token: 't', data: { a: 1 }, name: 'n', version: 'v', headers: { a: 'b' },
		subs: { room: { recover: true, epoch: 'e', offset: 1 } } } },
	{ id: 2, subscribe: { channel: 'room', token: 't', recover: true, epoch: 'e', offset: 1, data: { weir: { queue: 1 } },
		positioned: true, recoverable: true, join_leave: true, delta: 'fossil', tf: { op: 'eq', key: 'a', cmp: 'b' }, flag: 1 } },
	{ id: 2, unsubscribe: { channel: 'room' } },
	{ id: 2, publish: { channel: 'room', data: { a: [1] } } },
	{ id: 2, presence: { channel: 'room' } },
	{ id: 2, presence_stats: { channel: 'room' } },
	{ id: 2, history: { channel: 'room', limit: 1, since: { offset: 1, epoch: 'e' }, reverse: true } },
	{ id: 2, rpc: { method: 'm', data: 1 } },
	{ id: 2, refresh: { token: 't' } },
	{ id: 2, sub_refresh: { channel: 'room', token: 't' } },
	{ send: { data: 1 } },
]
const ODD = ['null', '[]', '{}', '""', '"x"', '-1', '1e400', '0.5', '18446744073709551616', 'true', '[null]', '{"a":null}', 'NaN', '"\\ud800"']

/* The command with each of its nodes, one after the other, in place of another. */
function mutations(node, odd) {
	const out = [odd]
	if (node && typeof node === 'object')
		for (const [name, value] of Object.entries(node))
			for (const text of mutations(value, odd))
				out.push(JSON.stringify({ ...node, [name]: '@' }).replace('"@"', () => text))
	return out
}

brokerTest('null and wrong types at every node of every command: an answer or a close, and nothing else', INSECURE, async (broker) => {
	for (const command of COMMANDS)
		await Promise.all(ODD.map(async (odd) => {
			let raw = null
			for (const text of mutations(command, odd)) {
				if (!raw || raw.ended)
					raw = command.connect ? await Raw.websocket(broker) : await connected(broker)
				raw.write(Buffer.concat([frame(text), command.connect ? frame('') : frame('{"id":77,"presence_stats":{"channel":"room"}}')]))
				for (let end = false; !end;) {
					const { opcode, payload } = await raw.frame()
					const answer = payload.toString()
					end = opcode === -1 || opcode === 8 || answer.includes('"id":77')
					if (opcode === 8)
						assert.ok([3500, 3501, 3505, 3508].includes(payload.readUInt16BE(0)), `${text}: ${payload.readUInt16BE(0)}`)
					else if (opcode === 1)
						answer.split('\n').forEach((line) => JSON.parse(line))
					if (opcode === 8 || opcode === -1) {
						raw.socket.destroy()
						raw = null
					}
				}
			}
			if (raw)
				raw.socket.destroy()
		}))
	await alive(broker)
})

/* Its receive buffer is small and never read, and answers of half a megabyte are under way to it. */
async function stuffed(broker) {
	const raw = await connected(broker)
	raw.socket.pause()
	const history = Array.from({ length: 80 }, (_, i) => `{"id":${i + 2},"history":{"channel":"stuff","limit":20}}`).join('\n')
	raw.write(Buffer.concat([frame(history), frame(history), frame(history)]))
	await pause(100)
	return raw
}

for (const [what, bytes, fin] of [
	['it closes its side', '', true],
	['it closes its side after commands', Buffer.concat(Array(3000).fill(frame('{"id":500,"presence_stats":{"channel":"room"}}'))), true],
	['a close and its side', CLOSE, true],
	['a close and more', Buffer.concat([CLOSE, ...Array(3000).fill(frame('{}'))])],
	['a bad command and its side', frame('nonsense'), true],
	['a bad command and more', Buffer.concat([frame('nonsense'), ...Array(3000).fill(frame('{}'))])],
	['a frame too large', frame('x'.repeat(100000), { size: 2 ** 52 })],
	['invalid UTF-8', Buffer.concat([frame([0x22, 0xff, 0x22]), ...Array(3000).fill(frame('{}'))])],
	['reserved bits', Buffer.concat([frame('{}', { rsv: 4 }), ...Array(3000).fill(frame('{}'))])],
])
	brokerTest(`a client that reads nothing, then ${what}: nothing spins`, BIG_QUEUE, async (broker) => {
		for (let i = 0; i < 20; i++)
			await broker.publish('stuff', 'x'.repeat(2000))
		const stuck = []
		for (let i = 0; i < 5; i++)
			stuck.push(await stuffed(broker))
		for (const raw of stuck) {
			raw.write(bytes)
			if (fin)
				raw.socket.end()
		}
		await pause(500)
		const before = cpu(broker)
		await pause(1500)
		assert.ok(cpu(broker) - before < 400, `${cpu(broker) - before} ms of CPU in 1500 ms`)
		await alive(broker)
	})

brokerTest('subscribe and unsubscribe in a loop without reading, with the largest queues there are: memory is bounded', {
	client: { insecure: true },
	channel: { without_namespace: { queue_max: 1000000, presence: true, join_leave: true, history_size: 20, history_ttl: '60s', allow_recovery: true } },
}, async (broker) => {
	const clients = 20, choices = [{ overflow: 'latest', key: 'data.i' }, { overflow: 'drop_oldest', rate: 0.01 }, { overflow: 'resync' }, { overflow: 'disconnect' }, {}]
	const raws = await Promise.all(Array.from({ length: clients }, () => connected(broker)))
	const before = rss(broker)
	raws.forEach((raw) => raw.socket.pause())
	let id = 1
	for (let round = 0; round < 60; round++) {
		for (const [n, raw] of raws.entries()) {
			const lines = []
			for (let i = 0; i < 8; i++) {
				const channel = `c${(round * 3 + i + n) % 12}`
				const options = { ...choices[(round + i) % choices.length], queue: 1000000 }
				lines.push(JSON.stringify((round + i) % 3 === 0 ? { id: ++id, unsubscribe: { channel } }
					: { id: ++id, subscribe: { channel, recoverable: true, recover: true, epoch: 'x', offset: 1, data: { weir: options } } }))
			}
			raw.write(frame(lines.join('\n')))
		}
		for (let i = 0; i < 4; i++)
			await fetch(`${broker.http}/api/broadcast`, { method: 'POST', headers: { 'X-API-Key': KEY },
				body: JSON.stringify({ channels: Array.from({ length: 12 }, (_, c) => `c${c}`), data: { i: round, filler: 'x'.repeat(3000) } }) })
	}
	/* client.queue_max_size is 1 MiB; a sanitizer keeps what was freed. */
	const grown = rss(broker) - before
	assert.ok(grown < (clients + 20) * 1024 || /asan/.test(process.env.WEIR || ''), `${grown} KiB more`)
	await alive(broker)
	raws.forEach((raw) => raw.socket.destroy())
	await until('they are gone', async () => (await broker.api('info')).nodes[0].num_clients <= 1)
	await until('nothing waits', async () => (await broker.api('lag')).queued_bytes === 0)
})

brokerTest('filters made to be slow, on large payloads: slow in proportion to what they read', {
	client: { insecure: true, pattern_limit: 20 }, channel: { without_namespace: { allow_tags_filter: true, allow_wildcards: true } },
}, async (broker) => {
	const stretch = (text, times) => `data.s LIKE '%${text.repeat(times)}b%'`
	const bombs = [[stretch('a', 220), 4], [stretch('a%', 100), 4], [stretch('a_', 31), 4], ["data.s LIKE '%_a%_a%_a%_a%_b'", 4], ["UPPER(data.s) = LOWER(data.s)", 1]]
	const raw = await connected(broker)
	for (const [i, [text, times]] of bombs.entries()) {
		const filter = Array(times).fill(text).join(' OR ')
		raw.write(frame(JSON.stringify({ id: i + 2, subscribe: { channel: `bomb.${'*.'.repeat(i)}>`, data: { weir: { filter } } } })))
		assert.match((await raw.frame()).payload.toString(), /"subscribe":/, filter)
	}
	const before = cpu(broker), events = 50
	for (let i = 0; i < events; i++)
		await broker.publish('bomb.a.b.c.d.e', { s: 'a'.repeat(60000) })
	const each = (cpu(broker) - before) / events
	assert.ok(each < 100, `${each} ms an event`)
	await alive(broker)
})
