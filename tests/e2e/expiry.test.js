// SPDX-License-Identifier: Apache-2.0
// Tokens run out: the SDK refreshes them in time, who does not is closed.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { expires, now, token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const SHORT = { client: { expired_close_delay: '1s', expired_sub_close_delay: '1s' } }
/* A ttl is whole seconds, so the SDK refreshes up to a second behind the end of its token: more delay than that. */
const DELAY_S = 3
const REFRESHED = { client: { expired_close_delay: `${DELAY_S}s`, expired_sub_close_delay: `${DELAY_S}s` } }
const gone = (exp) => until('without a refresh it would be closed', () => now() > exp + DELAY_S + 0.5)

brokerTest('the SDK refreshes the connection and is not disturbed', REFRESHED, async (broker) => {
	const given = []
	const client = connect(broker, { getToken: async () => { given.push(expires(1)); return token({ sub: 'ann', exp: given.at(-1) }) } })
	const sub = await subscribe(client, 'room')
	await until('three tokens', () => given.length >= 3)
	await gone(given[0])
	await broker.publish('room', 'still here')
	await publications(sub, 1)
	assert.equal(client.sockets.length, 1)
})

brokerTest('nobody refreshes: 3005, after the delay', SHORT, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(1) }) })
	assert.deepEqual(await wire.close(), { code: 3005, reason: 'connection expired' })
})

brokerTest('refresh: a new ttl, none for a token without exp, 3500 for another user\'s', SHORT, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
	const { refresh } = await wire.ask({ refresh: { token: token({ sub: 'ann', exp: expires(120) }) } })
	assert.ok(refresh.ttl > 100 && refresh.ttl <= 121 && refresh.expires, JSON.stringify(refresh))
	const forever = await wire.ask({ refresh: { token: token({ sub: 'ann' }) } })
	assert.deepEqual([forever.refresh.expires, forever.refresh.ttl], [undefined, undefined])
	for (const [bad, code] of [[token({ sub: 'bob' }), 3500], ['abc', 3500], ['', 3501], [token({ sub: 'ann', exp: 1000000000 }), 3005]]) {
		const other = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
		other.send({ id: 2, refresh: { token: bad } })
		assert.equal((await other.close()).code, code)
	}
})

brokerTest('the SDK refreshes a subscription', REFRESHED, async (broker) => {
	const given = []
	const client = connect(broker, { token: token({ sub: 'ann' }) })
	const sub = await subscribe(client, '$room', {
		getToken: async () => { given.push(expires(1)); return token({ sub: 'ann', channel: '$room', exp: given.at(-1) }) },
	})
	await until('three tokens', () => given.length >= 3)
	await gone(given[0])
	await broker.publish('$room', 'still here')
	await publications(sub, 1)
	assert.equal(sub.seen.filter((e) => e.event === 'subscribed').length, 1)
})

brokerTest('a subscription that nobody refreshes: unsubscribed with 2501', SHORT, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	const { subscribe: reply } = await wire.ask({ subscribe: { channel: '$room', token: token({ sub: 'ann', channel: '$room', exp: expires(1) }) } })
	assert.equal(reply.expires, true)
	assert.deepEqual(await wire.push('unsubscribe', '$room'), { code: 2501, reason: 'subscription expired' })
})

brokerTest('sub_refresh: ttl, 109 for an expired token, 103 where not subscribed', SHORT, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	const sub = (exp) => token({ sub: 'ann', channel: '$room', exp })
	assert.equal((await wire.ask({ sub_refresh: { channel: '$room', token: sub(expires(60)) } })).error.code, 103)
	await wire.ask({ subscribe: { channel: '$room', token: sub(expires(60)) } })
	const { sub_refresh: reply } = await wire.ask({ sub_refresh: { channel: '$room', token: sub(expires(120)) } })
	assert.ok(reply.expires && reply.ttl > 100, JSON.stringify(reply))
	assert.equal((await wire.ask({ sub_refresh: { channel: '$room', token: sub(1000000000) } })).error.code, 109)
	assert.equal((await wire.ask({ sub_refresh: { channel: '$room', token: '' } })).error.code, 107)
})

brokerTest('API refresh: expired closes with 3005, a new time is pushed', SHORT, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
	await broker.api('refresh', { user: 'ann', expire_at: expires(120) })
	const push = await until('a refresh push', () => wire.lines.map((l) => JSON.parse(l)).find((o) => o.push?.refresh)?.push.refresh)
	assert.ok(push.expires && push.ttl > 100, JSON.stringify(push))
	await broker.api('refresh', { user: 'ann', expired: true })
	assert.equal((await wire.close()).code, 3005)
})

brokerTest('an expired connection reconnects by itself with a new token', SHORT, async (broker) => {
	const client = connect(broker, { getToken: async () => token({ sub: 'ann', exp: expires(60) }) })
	await event(client, 'connected')
	await broker.api('refresh', { user: 'ann', expired: true })
	assert.equal((await event(client, 'connecting', 2)).code, 3005)
	await event(client, 'connected', 2)
})
