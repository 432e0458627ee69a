// SPDX-License-Identifier: Apache-2.0
// Subscriptions that the server makes: from the token, the personal channel, the API.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest } = require('./lib/broker')
const { connect, event } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')
const { until } = require('./lib/broker')

const pubs = (client, channel) => client.seen.filter((e) => e.event === 'publication' && e.channel === channel).map((e) => e.data)

brokerTest('channels of the token: subscribed at once, recovered after a cut', {}, async (broker) => {
	const client = connect(broker, { token: token({ sub: 'ann', channels: ['news', 'live:x'] }), minReconnectDelay: 300, maxReconnectDelay: 500 })
	await event(client, 'subscribed', 2)
	await broker.publish('news', 1)
	await broker.publish('live:x', 'now')
	await until('both', () => pubs(client, 'news').length === 1 && pubs(client, 'live:x').length === 1)
	client.cut()
	await event(client, 'connecting', 2)
	await broker.publish('news', 2)
	await broker.publish('live:x', 'missed')
	await event(client, 'subscribed', 4)
	await broker.publish('news', 3)
	await until('news', () => pubs(client, 'news').length === 3)
	assert.deepEqual(pubs(client, 'news'), [1, 2, 3])
	assert.deepEqual(pubs(client, 'live:x'), ['now'])
	const again = client.seen.filter((e) => e.event === 'subscribed' && e.channel === 'news')[1]
	assert.deepEqual([again.wasRecovering, again.recovered], [true, true])
})

brokerTest('the personal channel', { client: { subscribe_to_user_personal_channel: { enabled: true } } }, async (broker) => {
	const client = connect(broker, { token: token({ sub: '42' }) })
	assert.equal((await event(client, 'subscribed')).channel, '#42')
	await broker.publish('#42', 'for you')
	await until('it', () => pubs(client, '#42').length)
	assert.deepEqual(pubs(client, '#42'), ['for you'])
})

brokerTest('a client cannot subscribe itself to what the server gave it: 105', {}, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann', channels: ['news'] }) })
	assert.deepEqual(Object.keys(wire.hello.connect.subs), ['news'])
	assert.equal((await wire.ask({ subscribe: { channel: 'news' } })).error.code, 105)
})

brokerTest('an unknown namespace in the token: 3501; too many channels: 3505', { client: { channel_limit: 2 } }, async (broker) => {
	for (const [channels, code] of [[['nowhere:x'], 3501], [['a', 'b', 'c'], 3505]]) {
		const wire = await Wire.open(broker)
		wire.send({ id: 1, connect: { token: token({ sub: 'ann', channels }) } })
		assert.equal((await wire.close()).code, code)
	}
})

brokerTest('the API subscribes and unsubscribes a user\'s connections', {}, async (broker) => {
	const ann = connect(broker, { token: token({ sub: 'ann' }) })
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	const bob = await Wire.connect(broker, { token: token({ sub: 'bob' }) })
	await event(ann, 'connected')
	assert.deepEqual(await broker.api('subscribe', { user: 'ann', channel: 'news', data: { hi: 1 } }), {})
	assert.equal((await event(ann, 'subscribed')).channel, 'news')
	const push = await wire.push('subscribe', 'news')
	assert.deepEqual([push.data, push.recoverable, push.positioned, typeof push.epoch], [{ hi: 1 }, true, true, 'string'])
	assert.deepEqual(await broker.api('subscribe', { user: 'ann', channel: 'news' }), {})
	await broker.publish('news', 1)
	await wire.push('pub', 'news')
	assert.deepEqual(await broker.api('unsubscribe', { user: 'ann', channel: 'news' }), {})
	assert.deepEqual(await wire.push('unsubscribe', 'news'), { code: 2000, reason: 'server unsubscribe' })
	await event(ann, 'unsubscribed')
	await broker.publish('news', 2)
	await bob.ask({ presence_stats: { channel: 'news' } })
	assert.deepEqual(bob.pushes('pub'), [])
	assert.equal(wire.pushes('pub').length, 1)
	assert.deepEqual(await broker.api('subscribe', { user: 'nobody', channel: 'news' }), {})
})

brokerTest('the API\'s unsubscribe reaches the client\'s own subscriptions: terminal', {}, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	await wire.ask({ subscribe: { channel: 'room' } })
	await broker.api('unsubscribe', { user: 'ann', channel: 'room' })
	assert.deepEqual(await wire.push('unsubscribe', 'room'), { code: 2000, reason: 'server unsubscribe' })
	assert.ok((await wire.ask({ subscribe: { channel: 'room' } })).subscribe)
})
