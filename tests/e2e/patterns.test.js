// SPDX-License-Identifier: Apache-2.0
// Patterns with the SDK as it is: live, recovered in an ordered namespace, the whole bus, limits, broadcast.
'use strict'
const assert = require('node:assert/strict')
const { BROKERS, OPEN, brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const QUICK = { minReconnectDelay: 300, maxReconnectDelay: 500 }
const WILD = { ...OPEN, allow_wildcards: true }
const OPTIONS = {
	channel: {
		without_namespace: { ...WILD },
		namespaces: [
			{ name: 'metrics', ...WILD, history_size: 10, history_ttl: '60s', force_recovery: true },
			{ name: 'audit', ...WILD, ordered: true, force_recovery: true },
			{ name: 'users', ...WILD, allow_user_limited_channels: true },
			{ name: 'tame', ...OPEN },
		],
	},
}
const patternTest = (name, options, fn) => brokerTest(name, { ...OPTIONS, ...options }, fn)
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const seen = (sub) => sub.pubs().map((p) => [p.tags.channel, p.data])

patternTest('a pattern gets what it matches, live, under its own name', {}, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'metrics:*.cpu')
	const all = await subscribe(client, 'metrics:>')
	const { recoverable, positioned, data } = await event(sub, 'subscribed')
	assert.deepEqual([recoverable, positioned, data], [false, false, { weir: { overflow: 'disconnect', queue: 128 } }])
	await broker.publish('metrics:a.cpu', 1, { tags: { host: 'a', channel: 'mine' } })
	await broker.publish('metrics:a.mem', 2)
	await broker.publish('metrics:a.b.cpu', 3)
	await broker.publish('metrics:cpu', 4)
	await broker.publish('$metrics:a.cpu', 5)
	await broker.publish('a.cpu', 6)
	await client.publish('metrics:new.cpu', 7)
	await publications(all, 5)
	assert.deepEqual(seen(sub), [['metrics:a.cpu', 1], ['metrics:new.cpu', 7]])
	assert.deepEqual(seen(all), [['metrics:a.cpu', 1], ['metrics:a.mem', 2], ['metrics:a.b.cpu', 3], ['metrics:cpu', 4], ['metrics:new.cpu', 7]])
	assert.deepEqual(sub.pubs()[0].tags, { host: 'a', channel: 'metrics:a.cpu' })
	assert.ok(sub.pubs().every((p) => p.offset === undefined))
	assert.equal(sub.pubs()[1].info.user, 'ann')
	const frame = client.frames().find((f) => f.includes('"metrics:*.cpu"') && f.includes('"pub"'))
	assert.match(frame, /"channel":"metrics:\*\.cpu","pub":\{"data":1,"channel":"metrics:a\.cpu"/)
})

patternTest('after a reconnect an ordered pattern recovers, once and in order', {}, async (broker) => {
	const client = connect(broker, { ...ANN, ...QUICK })
	const sub = await subscribe(client, 'audit:*.users')
	assert.equal((await event(sub, 'subscribed')).recoverable, true)
	const publish = async (from, to) => {
		for (const i of numbers(from, to)) {
			await broker.publish(`audit:${i % 3}.users`, i)
			await broker.publish(`audit:${i % 3}.keys`, i)
			await broker.publish('metrics:other', i)
		}
	}
	await publish(1, 5)
	await publications(sub, 5)
	for (const round of [1, 2, 3]) {
		client.cut()
		await event(client, 'connecting', 1 + round)
		await publish(10 * round, 10 * round + 5)
		const again = await event(sub, 'subscribed', 1 + round)
		assert.deepEqual([again.wasRecovering, again.recovered], [true, true])
		await publish(10 * round + 6, 10 * round + 7)
	}
	const expected = [...numbers(1, 5), ...numbers(10, 17), ...numbers(20, 27), ...numbers(30, 37)]
	await publications(sub, expected.length)
	assert.deepEqual(seen(sub), expected.map((i) => [`audit:${i % 3}.users`, i]))
	const offsets = sub.pubs().map((p) => p.offset)
	assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b))
	/* n of the log counts everything. Several brokers have several logs, and say more in them. */
	assert.ok(BROKERS > 1 ? offsets[1] - offsets[0] >= 2 : offsets[1] - offsets[0] === 3)
})

patternTest('too much missed: recovered: false, and live events go on', { client: { recovery_max_publication_limit: 3 } }, async (broker) => {
	const client = connect(broker, { ...ANN, ...QUICK })
	const sub = await subscribe(client, 'audit:>')
	await broker.publish('audit:a', 1)
	await publications(sub, 1)
	client.cut()
	await event(client, 'connecting', 2)
	for (const i of numbers(2, 5))
		await broker.publish('audit:a', i)
	const again = await event(sub, 'subscribed', 2)
	assert.deepEqual([again.wasRecovering, again.recovered], [true, false])
	await broker.publish('audit:a', 6)
	await publications(sub, 2)
	assert.deepEqual(seen(sub), [['audit:a', 1], ['audit:a', 6]])
})

patternTest('cut off many times while 300 events are published: each once, in order', {}, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'audit:>')
	for (const i of numbers(1, 300)) {
		await broker.publish(`audit:c${i % 7}`, i)
		if (i % 30 === 0 && client.sockets.at(-1)._socket)
			client.cut()
	}
	await publications(sub, 300)
	assert.deepEqual(seen(sub), numbers(1, 300).map((i) => [`audit:c${i % 7}`, i]))
})

patternTest('the whole bus needs a permission of its own', {}, async (broker) => {
	const refused = await subscribe(connect(broker, ANN), '>', {}, false)
	assert.equal((await event(refused, 'unsubscribed')).code, 103)
	const bus = await subscribe(connect(broker, ANN), '>', { token: token({ sub: 'ann', channel: '>' }) })
	for (const [i, channel] of ['x', 'metrics:a', '$metrics:b', 'users:c#bob', 'audit:d'].entries())
		await broker.publish(channel, i)
	await publications(bus, 5)
	assert.deepEqual(seen(bus).map(([channel]) => channel), ['x', 'metrics:a', '$metrics:b', 'users:c#bob', 'audit:d'])
})

patternTest('channel.allow_bus_for_client: without what is private or another user\'s',
	{ channel: { ...OPTIONS.channel, allow_bus_for_client: true } }, async (broker) => {
		const bus = await subscribe(connect(broker, ANN), '>')
		const users = await subscribe(connect(broker, ANN), 'users:*')
		for (const [i, channel] of ['$metrics:b', 'users:c#bob', 'users:d', 'x'].entries())
			await broker.publish(channel, i)
		await publications(bus, 2)
		await publications(users, 1)
		assert.deepEqual(seen(bus), [['users:d', 2], ['x', 3]])
		assert.deepEqual(seen(users), [['users:d', 2]])
	})

patternTest('limits and forms', { client: { pattern_limit: 2 } }, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	const code = async (channel) => {
		const { error } = await wire.ask({ subscribe: { channel } })
		return error ? error.code : 0
	}
	assert.equal(await code('metrics:*'), 0)
	assert.equal(await code('tame:*'), 103)
	assert.equal(await code('none:*'), 102)
	assert.equal(await code('metrics:>.a'), 107)
	assert.equal(await code('metrics:*.#ann'), 107)
	assert.equal(await code('metrics:>'), 0)
	assert.equal(await code('audit:>'), 106)
	assert.equal(await code('metrics:a'), 0)
	for (const method of ['publish', 'presence', 'presence_stats', 'history'])
		assert.equal((await broker.call(method, { channel: 'metrics:*', data: 1 })).error.code, 107)
})

patternTest('the server subscribes and unsubscribes; a broadcast to a pattern reaches channels with subscribers', {}, async (broker) => {
	await broker.met()
	const client = connect(broker, { token: token({ sub: 'ann', channels: ['audit:>'] }) })
	await event(client, 'subscribed')
	await broker.api('subscribe', { user: 'ann', channel: 'metrics:*.cpu' })
	await event(client, 'subscribed', 2)
	for (const channel of ['metrics:b.cpu', 'metrics:a.cpu', 'metrics:a.mem'])
		await subscribe(client, channel)
	await until('the channels are known', async () => Object.keys((await broker.api('channels')).channels).length === 3)
	const page = await broker.api('broadcast', { channels: ['metrics:*.cpu'], data: 1, limit: 1 })
	assert.deepEqual([page.responses.map((r) => [r.channel, r.result.offset]), page.cursor], [[['metrics:a.cpu', 1]], 'metrics:a.cpu'])
	const rest = await broker.api('broadcast', { channels: ['metrics:*.cpu'], data: 2, cursor: page.cursor })
	assert.deepEqual([rest.responses.map((r) => r.channel), rest.cursor], [['metrics:b.cpu'], undefined])
	await broker.publish('audit:x', 3)
	await event(client, 'publication', 3)
	assert.deepEqual(client.seen.filter((e) => e.event === 'publication').map((p) => [p.channel, p.tags.channel, p.data]),
		[['metrics:*.cpu', 'metrics:a.cpu', 1], ['metrics:*.cpu', 'metrics:b.cpu', 2], ['audit:>', 'audit:x', 3]])
	await broker.api('unsubscribe', { user: 'ann', channel: 'metrics:*.cpu' })
	await event(client, 'unsubscribed')
	await broker.soon('it has four subscriptions', async () => (await broker.api('info')).nodes.reduce((sum, node) => sum + node.num_subs, 0) === 4)
})
