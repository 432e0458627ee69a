// SPDX-License-Identifier: Apache-2.0
// A client that does not read, where the policy is to disconnect: its queue is bounded, it is cut off with 3008, the others
// notice nothing. The other policies are in policies.test.js.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest, until, OPEN } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Raw, frame } = require('./lib/raw')

const ANN = { token: token({ sub: 'ann' }) }
const CUT_OFF = { client: { queue_max_size: '64KiB' }, channel: { without_namespace: { overflow: 'disconnect' } } }

brokerTest('3008: slow', CUT_OFF, async (broker) => {
	const fast = connect(broker, ANN)
	const sub = await subscribe(fast, 'room')
	const slow = await Raw.websocket(broker)
	slow.write(frame(`${JSON.stringify({ id: 1, connect: ANN })}\n${JSON.stringify({ id: 2, subscribe: { channel: 'room' } })}`))
	await until('two subscribers', async () => (await sub.presenceStats()).numClients === 2)
	slow.socket.pause()
	const filler = 'x'.repeat(8000)
	let sent = 0
	for (let slowIsThere = true; slowIsThere; slowIsThere = (await sub.presenceStats()).numClients === 2) {
		assert.ok(sent < 5000, 'still connected after 40 MB')
		for (let i = 0; i < 20; i++)
			await broker.publish('room', { i: ++sent, filler })
	}
	const got = await publications(sub, sent)
	assert.deepEqual(got.map((p) => p.data.i), Array.from({ length: sent }, (_, i) => i + 1))
	assert.equal(fast.sockets.length, 1)
	slow.socket.resume()
	const code = await slow.closeCode()
	assert.ok(code === 3008 || code === -1, `close code ${code}`) // -1: what the kernel held could not be finished
})

brokerTest('the SDK reconnects after 3008 and recovers what it missed', CUT_OFF, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'room')
	const other = await subscribe(connect(broker, ANN), 'room')
	client.sockets[0]._socket.pause()
	const filler = 'x'.repeat(60000)
	let sent = 0
	while ((await other.presenceStats()).numClients === 2) {
		assert.ok(sent < 900, 'still connected after 50 MB')
		await broker.publish('room', { i: ++sent, filler })
	}
	client.sockets[0]._socket.resume()
	await publications(sub, sent)
	assert.deepEqual(sub.pubs().map((p) => p.data.i), Array.from({ length: sent }, (_, i) => i + 1))
	const again = sub.seen.filter((e) => e.event === 'subscribed')[1]
	assert.equal(again.recovered, true)
})

brokerTest('a reader that was away gets more than its queue holds, on several channels at once', { client: { queue_max_size: '64KiB' } }, async (broker) => {
	const client = connect(broker, { ...ANN, minReconnectDelay: 300, maxReconnectDelay: 500 })
	const subs = await Promise.all(['a', 'b', 'c'].map((channel) => subscribe(client, channel)))
	client.cut()
	await event(client, 'connecting', 2)
	const filler = 'x'.repeat(60000)
	for (let i = 1; i <= 3; i++)
		for (const { channel } of subs)
			await broker.publish(channel, { i, filler })
	for (const sub of subs)
		assert.deepEqual((await publications(sub, 3)).map((p) => p.data.i), [1, 2, 3])
	assert.equal(client.sockets.length, 2)
})

brokerTest('websocket.write_timeout: who reads slowly stays, who reads no more is gone',
	{ client: { queue_max_size: '64MiB' }, websocket: { write_timeout: '1500ms' }, channel: { without_namespace: { queue: 4096 } } }, async (broker) => {
		const sub = await subscribe(connect(broker, ANN), 'room')
		const readers = []
		for (let i = 0; i < 2; i++) {
			readers.push(await Raw.websocket(broker))
			readers[i].write(frame(`${JSON.stringify({ id: 1, connect: ANN })}\n${JSON.stringify({ id: 2, subscribe: { channel: 'room' } })}`))
		}
		const [slow, stopped] = readers
		const clients = async () => (await sub.presenceStats()).numClients
		await until('three subscribers', async () => (await clients()) === 3)
		readers.forEach((r) => r.socket.pause())
		const trickle = setInterval(() => {
			slow.socket.resume()
			slow.socket.once('data', () => slow.socket.pause())
		}, 10)
		broker.cleanup(() => clearInterval(trickle))
		const filler = 'x'.repeat(60000), count = 200
		for (let i = 1; i <= count; i++)
			await broker.publish('room', { i, filler })
		await until('two subscribers', async () => (await clients()) === 2)
		await until('all of it at the slow reader', () => slow.bytes.length > count * filler.length, 30000)
		assert.ok(slow.text.includes(`{"i":${count},`))
		assert.equal(await clients(), 2)
		stopped.socket.resume()
		await until('the end of the one that stopped', () => stopped.ended)
	})

brokerTest('queue.total_bytes: the largest queue pays, the others notice nothing',
	{ client: { queue_max_size: '64MiB' }, queue: { total_bytes: '1MiB' },
		channel: { namespaces: [{ name: 'live', ...OPEN, overflow: 'drop_oldest', queue: 4096 }] } }, async (broker) => {
		const fast = connect(broker, ANN)
		const sub = await subscribe(fast, 'live:x')
		const slow = []
		for (let i = 0; i < 3; i++) {
			slow.push(await Raw.websocket(broker))
			slow[i].write(frame(`${JSON.stringify({ id: 1, connect: ANN })}\n${JSON.stringify({ id: 2, subscribe: { channel: 'live:x' } })}`))
		}
		await until('four subscribers', async () => (await broker.api('channels')).channels['live:x'].num_clients === 4)
		slow.forEach((r) => r.socket.pause())
		const items = async () => (await broker.api('info')).nodes[0].metrics.items
		const filler = 'x'.repeat(30000)
		let sent = 0
		await until('queues that were cut', async () => {
			assert.ok(sent < 5000, 'nothing was cut after 150 MB')
			for (let i = 0; i < 20; i++)
				await broker.publish('live:x', { i: ++sent, filler })
			return (await items()).budget_sheds > 3
		}, 50000)
		await until('less than the budget', async () => (await items()).queued_bytes <= 1 << 20)
		assert.equal((await items()).queued_budget, 1 << 20)
		assert.deepEqual((await publications(sub, sent)).map((p) => p.data.i), Array.from({ length: sent }, (_, i) => i + 1))
		assert.equal(fast.sockets.length, 1)
		const { connections } = await broker.api('lag', { sort: 'dropped', limit: 4 })
		assert.equal(connections.length, 4)
		assert.ok(connections[0].dropped.events > 0 && connections[0].dropped.bytes > 30000)
		assert.equal(connections[3].dropped.events, 0) // the fast one
		slow.forEach((r) => r.socket.resume())
		await until('the newest at all of them', () => slow.every((r) => r.text.includes(`{"i":${sent},`)), 30000)
	})
