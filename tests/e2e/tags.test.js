// SPDX-License-Identifier: Apache-2.0
// Tags travel with events, and a subscriber may filter by them.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }

brokerTest('tags reach subscribers and history', {}, async (broker) => {
	const sub = await subscribe(connect(broker, ANN), 'room')
	await broker.publish('room', 1, { tags: { region: 'eu', 'odd "name"': 'ü' } })
	const tags = { region: 'eu', 'odd "name"': 'ü' }
	assert.deepEqual((await publications(sub, 1))[0].tags, tags)
	assert.deepEqual((await sub.history({ limit: 1 })).publications[0].tags, tags)
	assert.deepEqual((await broker.api('history', { channel: 'room', limit: 1 })).publications[0].tags, tags)
})

brokerTest('a filter passes what matches, live and recovered, and the position goes on', {}, async (broker) => {
	const client = connect(broker, { ...ANN, minReconnectDelay: 300, maxReconnectDelay: 500 })
	const tagsFilter = { op: 'and', nodes: [{ key: 'region', cmp: 'eq', val: 'eu' }, { key: 'level', cmp: 'gte', val: '3' }] }
	const sub = await subscribe(client, 'tags:x', { tagsFilter })
	const events = [['eu', 3], ['us', 9], ['eu', 2], ['eu', 10], ['us', 1]]
	const publish = async () => {
		for (const [region, level] of events)
			await broker.publish('tags:x', `${region} ${level}`, { tags: { region, level: String(level) } })
	}
	await publish()
	await publications(sub, 2)
	client.cut()
	await event(client, 'connecting', 2)
	await publish()
	assert.equal((await event(sub, 'subscribed', 2)).recovered, true)
	await broker.publish('tags:x', 'eu 5', { tags: { region: 'eu', level: '5' } })
	await publications(sub, 5)
	assert.deepEqual(sub.pubs().map((p) => p.data), ['eu 3', 'eu 10', 'eu 3', 'eu 10', 'eu 5'])
	assert.deepEqual(sub.pubs().map((p) => p.offset), [1, 4, 6, 9, 11])
})

brokerTest('filters that are not allowed or not well formed: 107', {}, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	const code = async (channel, tf, more) => (await wire.ask({ subscribe: { channel, tf, ...more } })).error?.code
	const good = { key: 'a', cmp: 'eq', val: 'b' }
	assert.equal(await code('room', good), 107)
	for (const bad of [{}, { key: 'a', cmp: 'like', val: 'b' }, { cmp: 'eq', val: 'b' }, { op: 'not', nodes: [good, good] }, { op: 'and', nodes: [] }, { key: 'a', cmp: 'in', val: 'b' }])
		assert.equal(await code('tags:x', bad), 107, JSON.stringify(bad))
	assert.equal(await code('tags:x', good), undefined)
})

brokerTest('tags that begin with weir- are refused', {}, async (broker) => {
	const answer = await broker.call('publish', { channel: 'room', data: 1, tags: { 'weir-dropped': '1' } })
	assert.equal(answer.error?.code, 107)
})
