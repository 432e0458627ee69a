// SPDX-License-Identifier: Apache-2.0
// Frames that no client library sends.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest, until } = require('./lib/broker')
const { Raw, frame } = require('./lib/raw')

const INSECURE = { client: { insecure: true } }
const CONNECT = '{"id":1,"connect":{}}'

async function connected(broker) {
	const raw = await Raw.websocket(broker)
	raw.write(frame(CONNECT))
	const { opcode, payload } = await raw.frame()
	assert.equal(opcode, 1)
	assert.match(payload.toString(), /^\{"id":1,"connect":\{/)
	return raw
}

brokerTest('a command in many small fragments, with a ping between them', INSECURE, async (broker) => {
	const raw = await Raw.websocket(broker)
	const bytes = Buffer.from(CONNECT)
	bytes.forEach((byte, i) => {
		raw.write(frame([byte], { opcode: i ? 0 : 1, fin: i === bytes.length - 1 }))
		if (i === 5)
			raw.write(frame('hello', { opcode: 9 }))
	})
	const answers = [await raw.frame(), await raw.frame()].sort((a, b) => a.opcode - b.opcode) // in either order
	assert.deepEqual(answers.map((f) => f.opcode), [1, 10])
	assert.match(answers[0].payload.toString(), /"connect"/)
	assert.equal(answers[1].payload.toString(), 'hello')
})

brokerTest('commands in binary frames are taken too, and answered in text', INSECURE, async (broker) => {
	const raw = await Raw.websocket(broker)
	raw.write(frame(CONNECT, { opcode: 2 }))
	assert.equal((await raw.frame()).opcode, 1)
})

brokerTest('1008: more than 1024 fragments', INSECURE, async (broker) => {
	const raw = await connected(broker)
	raw.write(frame('{', { fin: false }))
	for (let i = 0; i < 1100; i++)
		raw.write(frame(' ', { opcode: 0, fin: false }))
	assert.equal(await raw.closeCode(), 1008)
})

for (const [what, ...frames] of [
	['a byte that never is', frame([0x7b, 0xff, 0x7d])],
	['cut off at the end of the message', frame([0x22, 0xe2, 0x82])],
	['cut off across fragments', frame([0x22, 0xe2], { fin: false }), frame([0x28, 0xa1], { opcode: 0 })],
	['a surrogate', frame([0x22, 0xed, 0xa0, 0x80, 0x22])],
])
	brokerTest(`1007: invalid UTF-8, ${what}`, INSECURE, async (broker) => {
		const raw = await connected(broker)
		frames.forEach((f) => raw.write(f))
		assert.equal(await raw.closeCode(), 1007)
	})

brokerTest('1009: by the size that is announced, and by the sum of fragments', INSECURE, async (broker) => {
	const huge = await connected(broker)
	huge.write(frame('x', { size: 2 ** 52 }))
	assert.equal(await huge.closeCode(), 1009)
	const sum = await connected(broker)
	sum.write(frame('x'.repeat(40000), { fin: false }))
	sum.write(frame('x'.repeat(40000), { opcode: 0 }))
	assert.equal(await sum.closeCode(), 1009)
})

brokerTest('who is refused while it goes on sending gets the code', INSECURE, async (broker) => {
	for (const [bytes, code] of [[frame([0x22, 0xff, 0x22]), 1007], [frame('x'.repeat(70000)), 1009], [frame('x'.repeat(1000), { size: 2 ** 52 }), 1009]]) {
		const raw = await connected(broker)
		raw.socket.setNoDelay(true)
		raw.write(bytes)
		for (let i = 0; i < 300; i++) {
			raw.write(frame('{}'))
			await new Promise((resolve) => setImmediate(resolve))
		}
		assert.equal(await raw.closeCode(), code)
		assert.equal(raw.reset, undefined)
	}
})

for (const [what, bytes] of [
	['a reserved opcode', frame('x', { opcode: 3 })],
	['a reserved bit', frame('{}', { rsv: 4 })],
	['a continuation of nothing', frame('x', { opcode: 0 })],
	['a fragmented ping', frame('x', { opcode: 9, fin: false })],
])
	brokerTest(`1002: ${what}`, INSECURE, async (broker) => {
		const raw = await connected(broker)
		raw.write(bytes)
		const code = await raw.closeCode()
		assert.ok(code === 1002 || code === -1, `close code ${code}`)
	})

brokerTest('a close is answered with a close and the end, and the client is gone', INSECURE, async (broker) => {
	const raw = await connected(broker)
	raw.write(frame([0x03, 0xe8, ...Buffer.from('bye')], { opcode: 8 }))
	assert.equal(await raw.closeCode(), 1000)
	raw.socket.end()
	await raw.end()
	await until('no client', async () => (await broker.api('info')).nodes[0].num_clients === 0)
})

brokerTest('text after the close is not looked at', INSECURE, async (broker) => {
	const raw = await connected(broker)
	raw.write(Buffer.concat([frame([0x03, 0xe8], { opcode: 8 }), frame('{"id":2,"publish":{"channel":"room","data":1}}')]))
	assert.notEqual(await raw.closeCode(), 3501)
	assert.equal((await broker.api('history', { channel: 'room' })).offset, 0)
})

brokerTest('odd close codes and a close of one byte do no harm', INSECURE, async (broker) => {
	for (const payload of [[0x13, 0x88], [0xff, 0xff], [0x03], [0x03, 0xee], []]) {
		const raw = await connected(broker)
		raw.write(frame(payload, { opcode: 8 }))
		await raw.closeCode()
		raw.socket.end()
		await raw.end()
	}
	await connected(broker)
})

brokerTest('many connections reset in the middle of a frame', INSECURE, async (broker) => {
	for (let i = 0; i < 100; i++) {
		const raw = await Raw.websocket(broker)
		raw.write(frame(CONNECT).subarray(0, 2 + (i % 20)))
		raw.socket.resetAndDestroy ? raw.socket.resetAndDestroy() : raw.socket.destroy()
	}
	await connected(broker)
	await until('one client', async () => (await broker.api('info')).nodes[0].num_clients === 1)
})
