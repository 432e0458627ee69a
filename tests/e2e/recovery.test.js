// SPDX-License-Identifier: Apache-2.0
// Cut off in the middle: what was missed comes, once and in order; or the client is told that it does not.
'use strict'
const assert = require('node:assert/strict')
const { Broker, aloneTest, brokerTest } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const data = (sub) => sub.pubs().map((p) => p.data)

brokerTest('a destroyed socket: exactly the missed events, recovered: true', {}, async (broker) => {
	const client = connect(broker, { ...ANN, minReconnectDelay: 300, maxReconnectDelay: 500 })
	const sub = await subscribe(client, 'room')
	for (const i of numbers(1, 3))
		await broker.publish('room', i)
	await publications(sub, 3)
	client.cut()
	await event(client, 'connecting', 2)
	for (const i of numbers(4, 8))
		await broker.publish('room', i)
	const again = await event(sub, 'subscribed', 2)
	assert.deepEqual([again.wasRecovering, again.recovered], [true, true])
	await broker.publish('room', 9)
	await publications(sub, 9)
	assert.deepEqual(data(sub), numbers(1, 9))
	assert.deepEqual(sub.pubs().map((p) => p.offset), numbers(1, 9))
})

brokerTest('cut off many times while 400 events are published: each once, in order', {}, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'room')
	for (const i of numbers(1, 400)) {
		await broker.publish('room', i)
		if (i % 40 === 0 && client.sockets.at(-1)._socket)
			client.cut()
	}
	await publications(sub, 400)
	assert.deepEqual(data(sub), numbers(1, 400))
	const ends = sub.seen.filter((e) => e.event === 'subscribed')
	assert.ok(ends.length > 1)
	assert.ok(ends.slice(1).every((e) => e.recovered), JSON.stringify(ends))
})

brokerTest('too small a history: recovered: false, and live events go on', {}, async (broker) => {
	const client = connect(broker, { ...ANN, minReconnectDelay: 300, maxReconnectDelay: 500 })
	const sub = await subscribe(client, 'short:room')
	await broker.publish('short:room', 1)
	await publications(sub, 1)
	client.cut()
	await event(client, 'connecting', 2)
	for (const i of numbers(2, 8)) // 7 missed, 5 kept
		await broker.publish('short:room', i)
	const again = await event(sub, 'subscribed', 2)
	assert.deepEqual([again.wasRecovering, again.recovered], [true, false])
	await broker.publish('short:room', 9)
	await publications(sub, 2)
	assert.deepEqual(data(sub), [1, 9])
})

brokerTest('trimmed exactly at the position: still recovered', {}, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	for (const i of numbers(1, 8)) // 4 to 8 are kept
		await broker.publish('short:room', i)
	const { epoch } = (await wire.ask({ history: { channel: 'short:room' } })).history
	const at = async (offset) => {
		const { subscribe: reply } = await wire.ask({ subscribe: { channel: 'short:room', recover: true, epoch, offset } })
		await wire.ask({ unsubscribe: { channel: 'short:room' } })
		return reply
	}
	const edge = await at(3)
	assert.equal(edge.recovered, true)
	assert.deepEqual(edge.publications.map((p) => p.offset), [4, 5, 6, 7, 8])
	assert.equal(edge.offset, 3)
	const over = await at(2)
	assert.deepEqual([over.recovered, over.was_recovering, over.publications, over.offset], [undefined, true, undefined, 8])
	const nothing = await at(8)
	assert.deepEqual([nothing.recovered, nothing.publications, nothing.offset], [true, undefined, 8])
})

brokerTest('more missed than client.recovery_max_publication_limit: not recovered', { client: { recovery_max_publication_limit: 4 } }, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	for (const i of numbers(1, 5))
		await broker.publish('room', i)
	const { epoch } = (await wire.ask({ history: { channel: 'room' } })).history
	const one = await wire.ask({ subscribe: { channel: 'room', recover: true, epoch, offset: 1 } })
	assert.deepEqual(one.subscribe.publications.map((p) => p.offset), [2, 3, 4, 5])
	await wire.ask({ unsubscribe: { channel: 'room' } })
	const zero = await wire.ask({ subscribe: { channel: 'room', recover: true, epoch, offset: 0 } })
	assert.equal(zero.subscribe.recovered, undefined)
})

brokerTest('since {offset: 0, epoch: ""}: the whole stream', {}, async (broker) => {
	for (const i of numbers(1, 5))
		await broker.publish('room', i)
	const sub = await subscribe(connect(broker, ANN), 'room', { since: { offset: 0, epoch: '' } })
	await publications(sub, 5)
	assert.deepEqual(data(sub), numbers(1, 5))
})

brokerTest('the SDK\'s unsubscribe and subscribe, in one frame, with events between: nothing is lost', {}, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'room')
	await broker.publish('room', 1)
	await publications(sub, 1)
	client.startBatching()
	sub.unsubscribe()
	sub.subscribe()
	client.stopBatching()
	await broker.publish('room', 2)
	await event(sub, 'subscribed', 2)
	await publications(sub, 2)
	sub.unsubscribe()
	await broker.publish('room', 3)
	sub.subscribe()
	const third = await event(sub, 'subscribed', 3)
	assert.equal(third.recovered, true)
	await publications(sub, 3)
	assert.deepEqual(data(sub), [1, 2, 3])
})

brokerTest('a position that is gone, with the flag that refuses it: 112, not subscribed', {}, async (broker) => {
	for (const i of numbers(1, 8))
		await broker.publish('short:room', i)
	const wire = await Wire.connect(broker, ANN)
	const reply = await wire.ask({ subscribe: { channel: 'short:room', recover: true, epoch: 'gone', offset: 1, flag: 3 } })
	assert.equal(reply.error.code, 112)
	assert.ok((await wire.ask({ subscribe: { channel: 'short:room' } })).subscribe)
})

brokerTest('getState is asked again when its position cannot be recovered', {}, async (broker) => {
	for (const i of numbers(1, 8))
		await broker.publish('short:room', i)
	const { epoch } = await broker.api('history', { channel: 'short:room' })
	let calls = 0
	const sub = await subscribe(connect(broker, ANN), 'short:room', { getState: async () => ({ epoch, offset: calls++ ? 8 : 1 }) })
	await broker.publish('short:room', 9)
	await publications(sub, 1)
	assert.deepEqual([calls, data(sub)], [2, [9]])
})

aloneTest('a broker that starts anew has a new epoch: recovered: false', {}, async (first) => {
	const client = connect(first, ANN)
	const sub = await subscribe(client, 'room')
	await first.publish('room', 1)
	await publications(sub, 1)
	const { port } = first
	await first.kill()
	const second = await Broker.start({}, port)
	first.cleanup(() => second.stop())
	const again = await event(sub, 'subscribed', 2)
	assert.deepEqual([again.wasRecovering, again.recovered], [true, false])
	await second.publish('room', 'anew')
	await publications(sub, 2)
	assert.deepEqual(data(sub), [1, 'anew'])
})

brokerTest('history_remove keeps epoch and offset: an older position is not recovered, the newest is', {}, async (broker) => {
	for (const i of numbers(1, 4))
		await broker.publish('room', i)
	const wire = await Wire.connect(broker, ANN)
	const { epoch } = (await wire.ask({ history: { channel: 'room' } })).history
	await broker.api('history_remove', { channel: 'room' })
	let old
	await broker.soon('the old position is not recovered', async () => {
		old = (await wire.ask({ subscribe: { channel: 'room', recover: true, epoch, offset: 2 } })).subscribe
		await wire.ask({ unsubscribe: { channel: 'room' } })
		return !old.recovered
	})
	assert.deepEqual([old.offset, old.epoch], [4, epoch])
	const top = await wire.ask({ subscribe: { channel: 'room', recover: true, epoch, offset: 4 } })
	assert.equal(top.subscribe.recovered, true)
})
