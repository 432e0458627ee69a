// SPDX-License-Identifier: Apache-2.0
// Close codes, and what the SDK makes of them; how the broker itself ends.
'use strict'
const assert = require('node:assert/strict')
const { Broker, brokerTest, until } = require('./lib/broker')
const { connect, event, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const PINGS = { client: { ping_interval: '3s', pong_timeout: '2500ms' } } // who answers may be held up for a while

for (const signal of ['SIGTERM', 'SIGINT'])
	brokerTest(`${signal}: clients get 3001, the broker exits with 0, and they come back to the next one`, {}, async (broker) => {
		const client = connect(broker, ANN)
		await event(client, 'connected')
		const wires = []
		for (let i = 0; i < 20; i++)
			wires.push(await Wire.connect(broker, ANN))
		broker.signal(signal)
		for (const wire of wires)
			assert.deepEqual(await wire.close(), { code: 3001, reason: 'shutdown' })
		assert.deepEqual([(await event(client, 'connecting', 2)).code, (await broker.ended).code], [3001, 0])
		const next = await Broker.start({}, broker.port)
		broker.cleanup(() => next.stop())
		await event(client, 'connected', 2)
	})

brokerTest('replies to what came before SIGTERM are sent, then the close', {}, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	await wire.ask({ subscribe: { channel: 'room' } })
	await broker.publish('room', 'last words')
	broker.signal('SIGTERM')
	assert.equal((await wire.close()).code, 3001)
	assert.deepEqual(wire.pushes('pub').map((p) => p.data), ['last words'])
})

brokerTest('a second SIGTERM ends at once, whoever holds a connection', { shutdown: { timeout: '60s' } }, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	wire.socket.pause()
	broker.killed = true // its exit code is checked here
	broker.signal('SIGTERM')
	await until('it says that it stops', () => broker.log.includes('app shutting down'))
	broker.signal('SIGTERM')
	const how = await until('the end', () => broker.exit, 5000)
	assert.notEqual(how.signal, 'SIGKILL')
})

brokerTest('3503 by the API is terminal, 3011 is not', {}, async (broker) => {
	const client = connect(broker, ANN)
	await event(client, 'connected')
	await broker.api('disconnect', { user: 'ann', disconnect: { code: 3011, reason: 'force reconnect' } })
	await event(client, 'connected', 2)
	await broker.api('disconnect', { user: 'ann' })
	const { code, reason } = await event(client, 'disconnected')
	assert.deepEqual([code, reason, client.sockets.length], [3503, 'force disconnect', 2])
})

brokerTest('3501 is terminal for the SDK', {}, async (broker) => {
	const client = connect(broker, ANN)
	await event(client, 'connected')
	client.sockets[0].send('no command')
	assert.equal((await event(client, 'disconnected')).code, 3501)
})

brokerTest('3502: no connect in time', { client: { stale_close_delay: '300ms' } }, async (broker) => {
	const wire = await Wire.open(broker)
	assert.deepEqual(await wire.close(), { code: 3502, reason: 'stale' })
})

brokerTest('3012: a ping is not answered; who answers stays', PINGS, async (broker) => {
	const good = connect(broker, ANN)
	await event(good, 'connected')
	const mute = await Wire.connect(broker, ANN, { mute: true })
	assert.deepEqual([mute.hello.connect.ping, mute.hello.connect.pong], [3, true])
	assert.deepEqual(await mute.close(), { code: 3012, reason: 'no pong' })
	assert.equal(good.state, 'connected')
	assert.equal(good.sockets.length, 1)
})

brokerTest('pings keep coming on a busy connection', { client: { ping_interval: '1s', pong_timeout: '0s' } }, async (broker) => {
	const wire = await Wire.connect(broker, ANN, { mute: true })
	await wire.ask({ subscribe: { channel: 'room' } })
	const pings = () => wire.frames.flatMap((f) => f.split('\n')).filter((line) => line === '{}').length
	for (let i = 0; pings() < 3; i++)
		await broker.publish('room', i)
	assert.ok(wire.pushes('pub').length > 10)
})

brokerTest('1009: a message over the limit, terminal for the SDK', { websocket: { message_size_limit: '4KiB' } }, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'room')
	await sub.publish('x'.repeat(3000))
	sub.publish('x'.repeat(5000)).catch(() => {})
	const { reason } = await event(client, 'disconnected')
	assert.match(reason, /size/)
})

brokerTest('a client that goes away is gone from presence at once', {}, async (broker) => {
	const stays = await subscribe(connect(broker, ANN), 'room')
	for (const leave of ['cut', 'disconnect']) {
		const goes = connect(broker, { token: token({ sub: 'bob' }), minReconnectDelay: 60000, maxReconnectDelay: 60000 })
		await subscribe(goes, 'room')
		assert.equal((await stays.presenceStats()).numClients, 2)
		goes[leave]()
		await until('it is gone', async () => (await stays.presenceStats()).numClients === 1)
	}
})

brokerTest('SIGKILL: the SDK comes back to a new broker on the same port', {}, async (broker) => {
	const client = connect(broker, ANN)
	await event(client, 'connected')
	await broker.kill()
	await event(client, 'connecting', 2)
	const next = await Broker.start({}, broker.port)
	broker.cleanup(() => next.stop())
	await event(client, 'connected', 2)
})
