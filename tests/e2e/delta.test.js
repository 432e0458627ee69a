// SPDX-License-Identifier: Apache-2.0
// Fossil deltas: one whole event, then patches; what the application sees is the same.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const COUNT = 30
const payload = (i) => ({ i, name: 'sensor', unit: '°C', filler: 'abcdefghij0123456789'.repeat(22), last: i * 7 })

brokerTest(`of ${COUNT} events alike, 1 travels whole and ${COUNT - 1} as patches`, {}, async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'delta:x', { delta: 'fossil' })
	const plain = await subscribe(connect(broker, ANN), 'delta:x')
	for (let i = 0; i < COUNT; i++)
		await broker.publish('delta:x', payload(i))
	const got = await publications(sub, COUNT)
	assert.deepEqual(got.map((p) => p.data), [...Array(COUNT).keys()].map(payload))
	const pushes = client.frames().flatMap((f) => f.split('\n')).filter((line) => line.includes('"pub"')).map((line) => JSON.parse(line).push.pub)
	assert.deepEqual(pushes.map((p) => Boolean(p.delta)), [false, ...Array(COUNT - 1).fill(true)])
	assert.ok(pushes.every((p) => typeof p.data === 'string'))
	assert.ok(pushes[5].data.length < 100, `a patch of ${pushes[5].data.length} characters`)
	assert.deepEqual((await publications(plain, COUNT)).map((p) => p.data), got.map((p) => p.data))
})

brokerTest('recovered events: the first whole, the next as patches, and live ones go on from there', {}, async (broker) => {
	const client = connect(broker, { ...ANN, minReconnectDelay: 300, maxReconnectDelay: 500 })
	const sub = await subscribe(client, 'delta:x', { delta: 'fossil' })
	await broker.publish('delta:x', payload(0))
	await publications(sub, 1)
	client.cut()
	await event(client, 'connecting', 2)
	for (let i = 1; i < 5; i++)
		await broker.publish('delta:x', payload(i))
	assert.equal((await event(sub, 'subscribed', 2)).recovered, true)
	await publications(sub, 5)
	await broker.publish('delta:x', payload(5))
	const got = await publications(sub, 6)
	assert.deepEqual(got.map((p) => p.data), [0, 1, 2, 3, 4, 5].map(payload))
	const reply = client.frames().flatMap((f) => f.split('\n')).map((line) => JSON.parse(line)).filter((o) => o.subscribe?.publications).at(-1)
	assert.deepEqual(reply.subscribe.publications.map((p) => Boolean(p.delta)), [false, true, true, true])
})

brokerTest('payloads that have nothing in common travel whole, Unicode survives cuts', {}, async (broker) => {
	const sub = await subscribe(connect(broker, ANN), 'delta:x', { delta: 'fossil' })
	const texts = ['日本語のテキスト'.repeat(30), '日本語のテキスト'.repeat(29) + 'ABC日本', 'x'.repeat(300), 'é'.repeat(200), 'è'.repeat(200), '']
	for (const text of texts)
		await broker.publish('delta:x', text)
	assert.deepEqual((await publications(sub, texts.length)).map((p) => p.data), texts)
})

brokerTest('delta is granted only where it is allowed', {}, async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	assert.equal((await wire.ask({ subscribe: { channel: 'delta:x', delta: 'fossil' } })).subscribe.delta, true)
	assert.equal((await wire.ask({ subscribe: { channel: 'room', delta: 'fossil' } })).subscribe.delta, undefined)
})
