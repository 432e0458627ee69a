// SPDX-License-Identifier: Apache-2.0
// Subscribe, publish, history, presence, join and leave.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const as = (user, info) => ({ token: token({ sub: user, info }) })
const INSECURE = { client: { insecure: true } }

brokerTest('what one publishes all get, with the publisher\'s info and rising offsets', {}, async (broker) => {
	const ann = connect(broker, as('ann', { name: 'Ann' }))
	const bob = connect(broker, as('bob'))
	const [a, b] = await Promise.all([subscribe(ann, 'room'), subscribe(bob, 'room')])
	for (let i = 1; i <= 20; i++)
		await a.publish({ i })
	for (const sub of [a, b]) {
		const got = await publications(sub, 20)
		assert.deepEqual(got.map((p) => p.data.i), [...Array(20).keys()].map((i) => i + 1))
		assert.deepEqual(got.map((p) => p.offset), got.map((p) => p.data.i))
		assert.equal(got[0].info.user, 'ann')
		assert.deepEqual(got[0].info.connInfo, { name: 'Ann' })
	}
})

brokerTest('payload bytes arrive as they were published, raw newlines excepted', INSECURE, async (broker) => {
	const wire = await Wire.connect(broker)
	await wire.ask({ subscribe: { channel: 'room' } })
	const payloads = ['{"b": 1.50,  "a":12345678901234567890123}', '"\\u0061\\/é€😀"', '[1e400,-0,0.10,null]', '{"a":1,"a":2}']
	for (const data of payloads)
		await broker.api('publish', `{"channel":"room","data":${data}}`)
	await broker.api('publish', '{"channel":"room","data":{"x":\n1,\r\n"y":\t2}}')
	await wire.push('pub', 'room', payloads.length + 1)
	const got = wire.lines.filter((line) => line.includes('"pub"'))
	payloads.forEach((data, i) => assert.ok(got[i].includes(`"data":${data}`), `${got[i]} has not ${data}`))
	assert.match(got.at(-1), /"data":\{"x": ?1, {0,2}"y":\t2\}/)
})

brokerTest('history: forward, backward, since, position only', {}, async (broker) => {
	const client = connect(broker, as('ann'))
	const sub = await subscribe(client, 'room')
	for (let i = 1; i <= 10; i++)
		await broker.publish('room', i)
	const offsets = async (options) => (await sub.history(options)).publications.map((p) => p.offset)
	assert.deepEqual(await offsets({ limit: 3 }), [1, 2, 3])
	assert.deepEqual(await offsets({ limit: 3, reverse: true }), [10, 9, 8])
	assert.deepEqual(await offsets({ limit: -1 }), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
	const { epoch, offset, publications: none } = await sub.history({ limit: 0 })
	assert.deepEqual([offset, none], [10, []])
	assert.deepEqual(await offsets({ limit: 10, since: { offset: 7, epoch } }), [8, 9, 10])
	assert.deepEqual(await offsets({ limit: 2, reverse: true, since: { offset: 7, epoch } }), [6, 5])
	await assert.rejects(sub.history({ limit: 1, since: { offset: 7, epoch: 'other' } }), { code: 112 })
	await assert.rejects(sub.history({ limit: 1, reverse: true, since: { offset: 0, epoch } }), { code: 107 })
})

brokerTest('history of a channel that was never used has a position, and keeps it', {}, async (broker) => {
	const wire = await Wire.connect(broker, as('ann'))
	const first = (await wire.ask({ history: { channel: 'unused' } })).history
	assert.deepEqual(first.publications, [])
	assert.equal(first.offset, 0)
	assert.ok(first.epoch)
	assert.equal((await wire.ask({ history: { channel: 'unused' } })).history.epoch, first.epoch)
})

brokerTest('presence and its numbers follow clients that come and go', {}, async (broker) => {
	const clients = ['ann', 'ann', 'bob'].map((user) => connect(broker, as(user)))
	const subs = await Promise.all(clients.map((c) => subscribe(c, 'room')))
	await broker.soon('all are there', async () => (await subs[0].presenceStats()).numClients === 3)
	assert.deepEqual(await subs[0].presenceStats(), { numClients: 3, numUsers: 2 })
	assert.equal(Object.keys((await subs[0].presence()).clients).length, 3)
	subs[1].unsubscribe()
	clients[2].sockets[0]._socket.destroy()
	clients[2].disconnect()
	await until('only one is there', async () => (await subs[0].presenceStats()).numClients === 1)
	assert.deepEqual(Object.values((await subs[0].presence()).clients).map((c) => c.user), ['ann'])
})

brokerTest('join and leave: the joiner sees its own join, not its own leave', {}, async (broker) => {
	const ann = connect(broker, as('ann'))
	const a = await subscribe(ann, 'rooms:x')
	assert.equal((await event(a, 'join')).info.user, 'ann')
	const bob = connect(broker, as('bob'))
	const b = await subscribe(bob, 'rooms:x')
	assert.equal((await event(b, 'join')).info.user, 'bob')
	assert.equal((await event(a, 'join', 2)).info.user, 'bob')
	b.unsubscribe()
	assert.equal((await event(a, 'leave')).info.user, 'bob')
	b.subscribe()
	await event(a, 'join', 3)
	bob.cut()
	assert.equal((await event(a, 'leave', 2)).info.user, 'bob')
	assert.equal(b.seen.filter((e) => e.event === 'leave').length, 0)
})

brokerTest('joinLeave is given to those who ask', {}, async (broker) => {
	const asks = await subscribe(connect(broker, as('ann')), 'room', { joinLeave: true })
	const quiet = await subscribe(connect(broker, as('bob')), 'room')
	assert.equal((await event(asks, 'join', 2)).info.user, 'bob')
	await broker.publish('room', 'after the joins')
	await publications(quiet, 1)
	assert.equal(quiet.seen.filter((e) => e.event === 'join').length, 0)
})

brokerTest('several commands in one frame are answered in order', INSECURE, async (broker) => {
	const wire = await Wire.open(broker)
	wire.send([
		{ id: 1, connect: {} }, { id: 2, subscribe: { channel: 'a' } }, { id: 3, subscribe: { channel: 'b' } },
		{ id: 4, publish: { channel: 'a', data: 1 } }, { id: 5, unsubscribe: { channel: 'b' } }, { id: 6, presence_stats: { channel: 'a' } },
	].map((c) => JSON.stringify(c)).join('\n') + '\n')
	assert.deepEqual((await wire.reply(6)).presence_stats, { num_clients: 1, num_users: 1 })
	for (let id = 1; id <= 5; id++)
		assert.equal((await wire.reply(id)).error, undefined)
	assert.equal(JSON.parse(wire.lines[0]).id, 1)
	assert.equal((await wire.push('pub', 'a')).data, 1)
})

brokerTest('subscribe and publish in one frame: the reply comes before the event', INSECURE, async (broker) => {
	const wire = await Wire.connect(broker)
	for (let i = 0; i < 50; i++) {
		const channel = `c${i}`
		wire.send(`{"id":${100 + 2 * i},"subscribe":{"channel":"${channel}"}}\n{"id":${101 + 2 * i},"publish":{"channel":"${channel}","data":${i}}}`)
		await wire.push('pub', channel)
		const at = (text) => wire.lines.findIndex((line) => line.includes(text))
		assert.ok(at(`"id":${100 + 2 * i}`) < at(`"push":{"channel":"${channel}"`))
	}
})

brokerTest('error codes of commands', {}, async (broker) => {
	const wire = await Wire.connect(broker, as('ann'))
	const code = async (command) => (await wire.ask(command)).error?.code
	assert.equal(await code({ subscribe: { channel: 'nowhere:x' } }), 102)
	assert.equal(await code({ subscribe: { channel: 'closed:x' } }), 103)
	assert.equal(await code({ subscribe: { channel: '$room' } }), 103)
	assert.equal(await code({ subscribe: { channel: 'x'.repeat(256) } }), 107)
	assert.equal(await code({ subscribe: { channel: 'grün' } }), 107)
	assert.equal(await code({ subscribe: { channel: 'room' } }), undefined)
	assert.equal(await code({ subscribe: { channel: 'room' } }), 105)
	assert.equal(await code({ publish: { channel: 'room' } }), 107)
	assert.equal(await code({ publish: { channel: 'room', data: null } }), 107)
	assert.equal(await code({ publish: { channel: 'closed:x', data: 1 } }), 103)
	assert.equal(await code({ presence: { channel: 'live:x' } }), 108)
	assert.equal(await code({ history: { channel: 'live:x' } }), 108)
	assert.equal(await code({ rpc: { method: 'x', data: {} } }), 108)
	const known = await wire.ask({ unsubscribe: { channel: 'never' } })
	assert.deepEqual(known.unsubscribe, {})
	const error = (await wire.ask({ subscribe: { channel: 'closed:y' } })).error
	assert.deepEqual(error, { code: 103, message: 'permission denied' })
})

brokerTest('too many subscriptions: 106', { client: { insecure: true, channel_limit: 3 } }, async (broker) => {
	const wire = await Wire.connect(broker)
	for (let i = 0; i < 3; i++)
		assert.ok((await wire.ask({ subscribe: { channel: `c${i}` } })).subscribe)
	assert.equal((await wire.ask({ subscribe: { channel: 'c3' } })).error.code, 106)
	await wire.ask({ unsubscribe: { channel: 'c0' } })
	assert.ok((await wire.ask({ subscribe: { channel: 'c3' } })).subscribe)
})

for (const [what, text, code] of [
	['an empty channel', '{"id":9,"subscribe":{"channel":""}}', 3501],
	['no known method', '{"id":9,"dance":{}}', 3501],
	['the ping command', '{"id":9,"ping":{}}', 3501],
	['a pong that nobody asked for', '{}', 3501],
	['nested too deeply', `{"id":9,"publish":{"channel":"room","data":${'['.repeat(40)}${']'.repeat(40)}}}`, 3501],
	['a member twice', '{"id":9,"publish":{"channel":"room","channel":"other","data":1}}', 3501],
	['NaN', '{"id":9,"publish":{"channel":"room","data":NaN}}', 3501],
	['a comma too many', '{"id":9,"publish":{"channel":"room","data":[1,]}}', 3501],
	['a control character in a string', '{"id":9,"publish":{"channel":"room","data":"\u0001"}}', 3501],
	['send', '{"send":{"data":1}}', 3508],
	['an unknown delta', '{"id":9,"subscribe":{"channel":"room","delta":"xdelta"}}', 3501],
])
	brokerTest(`${code}: ${what}; nothing was forwarded`, INSECURE, async (broker) => {
		const witness = await Wire.connect(broker)
		await witness.ask({ subscribe: { channel: 'room' } })
		const wire = await Wire.connect(broker)
		wire.send(text)
		assert.equal((await wire.close()).code, code)
		await broker.publish('room', 'last')
		assert.equal((await witness.push('pub', 'room')).data, 'last')
	})

brokerTest('user-limited and private channels', {
	channel: { namespaces: [{ name: 'dialog', allow_user_limited_channels: true }] },
}, async (broker) => {
	const wire = await Wire.connect(broker, as('42'))
	assert.ok((await wire.ask({ subscribe: { channel: 'dialog:x#41,42' } })).subscribe)
	assert.equal((await wire.ask({ subscribe: { channel: 'dialog:x#41' } })).error.code, 103)
	const sub = (claims) => ({ subscribe: { channel: '$room', token: token({ sub: '42', ...claims }) } })
	assert.equal((await wire.ask(sub({ channel: '$room', exp: 1000000000 }))).error.code, 109)
	assert.ok((await wire.ask(sub({ channel: '$room' }))).subscribe)
	const wrong = await Wire.connect(broker, as('42'))
	wrong.send({ id: 9, ...sub({ channel: '$other' }) })
	assert.equal((await wrong.close()).code, 3500)
})
