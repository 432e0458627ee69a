// SPDX-License-Identifier: Apache-2.0
// Who gets in, and what the first command answers.
'use strict'
const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { brokerTest, SECRET } = require('./lib/broker')
const { connect, event, subscribe } = require('./lib/sdk')
const { expires, now, signed, token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

brokerTest('a token connects, and its user and info are in presence', {}, async (broker) => {
	const client = connect(broker, { token: token({ sub: 'ann', info: { name: 'Ann' }, exp: expires(3600) }) })
	const { client: id } = await event(client, 'connected')
	assert.match(id, UUID)
	const sub = await subscribe(client, 'room')
	const { clients } = await sub.presence()
	assert.deepEqual([clients[id].user, clients[id].connInfo], ['ann', { name: 'Ann' }])
})

for (const alg of ['HS384', 'HS512'])
	brokerTest(`a token signed with ${alg} connects`, {}, async (broker) => {
		const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }, { alg }) })
		assert.match(wire.hello.connect.client, UUID)
	})

/* Their signatures are checked on the blocking pool; what the client sends behind them waits, and keeps its order. */
const RSA = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const EC = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (pair) => pair.publicKey.export({ type: 'spki', format: 'pem' })

for (const [alg, pair, option] of [['RS256', RSA, 'rsa_public_key'], ['ES256', EC, 'ecdsa_public_key']])
	brokerTest(`${alg}: many at once, subscriptions too, and forgeries`, { client: { token: { [option]: pem(pair) } } }, async (broker) => {
		const key = pair.privateKey
		const clients = Array.from({ length: 50 }, (_, i) => connect(broker, { token: signed({ sub: `u${i}` }, alg, key) }))
		const subs = await Promise.all(clients.map((c, i) =>
			subscribe(c, '$secret', { token: signed({ sub: `u${i}`, channel: '$secret' }, alg, key) })))
		assert.equal((await subs[0].presenceStats()).numUsers, 50)
		const other = alg === 'RS256' ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }) : crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
		for (const forged of [signed({ sub: 'eve' }, alg, other.privateKey), token({ sub: 'eve' }, { secret: pem(pair) })]) {
			const eve = connect(broker, { token: forged })
			assert.equal((await event(eve, 'disconnected')).code, 3500)
		}
	})

brokerTest('the connect reply has version, ping and pong, and ttl only for a token that expires', {}, async (broker) => {
	const forever = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	const { client, version, ...rest } = forever.hello.connect
	assert.match(client, UUID)
	assert.match(version, /^weir \d/)
	assert.deepEqual(rest, { ping: 25, pong: true })
	const short = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
	assert.equal(short.hello.connect.expires, true)
	assert.ok(short.hello.connect.ttl >= 55 && short.hello.connect.ttl <= 61, `ttl ${short.hello.connect.ttl}`)
})

brokerTest('an expired token gives 109, and the SDK fetches a new one', {}, async (broker) => {
	const old = token({ sub: 'ann', exp: Math.floor(now()) - 10 })
	const wire = await Wire.connect(broker, { token: old })
	assert.deepEqual(wire.hello.error, { code: 109, message: 'token expired' })
	let asked = 0
	const client = connect(broker, { token: old, getToken: async () => { asked++; return token({ sub: 'ann', exp: expires(60) }) } })
	await event(client, 'connected')
	assert.equal(asked, 1)
})

brokerTest('a token that is not yet valid counts as expired', {}, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann', nbf: expires(60) }) })
	assert.equal(wire.hello.error.code, 109)
})

const BAD = {
	'a wrong signature': token({ sub: 'ann' }, { secret: `${SECRET}!` }),
	'alg none': token({ sub: 'ann' }, { alg: 'none' }),
	'a subscription token': token({ sub: 'ann', channel: 'room' }),
	'no token at all': 'abc',
	'three empty parts': '..',
}
for (const [what, bad] of Object.entries(BAD))
	brokerTest(`3500, terminal: ${what}`, {}, async (broker) => {
		const client = connect(broker, { token: bad })
		const ctx = await event(client, 'disconnected')
		assert.deepEqual([ctx.code, ctx.reason], [3500, 'invalid token'])
		assert.equal(client.sockets.length, 1)
	})

brokerTest('no token: 3501, terminal', {}, async (broker) => {
	const client = connect(broker)
	assert.equal((await event(client, 'disconnected')).code, 3501)
})

brokerTest('insecure: no token needed, a given one still counts', { client: { insecure: true } }, async (broker) => {
	const client = connect(broker)
	const { client: id } = await event(client, 'connected')
	const sub = await subscribe(client, 'closed:x')
	assert.equal((await client.publish('closed:x', 1)) && sub.state, 'subscribed')
	const named = await Wire.connect(broker, { token: token({ sub: 'ann', exp: expires(60) }) })
	assert.equal(named.hello.connect.expires, undefined)
	const bad = await Wire.open(broker)
	bad.send({ id: 1, connect: { token: 'abc' } })
	assert.equal((await bad.close()).code, 3500)
	assert.match(id, UUID)
})

brokerTest('anonymous: connects as user "", and needs the anonymous options', {
	client: { allow_anonymous_connect_without_token: true },
	channel: { namespaces: [{ name: 'all', allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true, presence: true, allow_presence_for_client: true, allow_presence_for_anonymous: true }, { name: 'users', allow_subscribe_for_client: true }] },
}, async (broker) => {
	const wire = await Wire.connect(broker)
	assert.ok((await wire.ask({ subscribe: { channel: 'all:x' } })).subscribe)
	assert.equal((await wire.ask({ subscribe: { channel: 'users:x' } })).error.code, 103)
	const { client } = wire.hello.connect
	assert.deepEqual((await wire.ask({ presence: { channel: 'all:x' } })).presence, { presence: { [client]: { user: '', client } } })
})

for (const [what, text] of Object.entries({
	'a command before connect': '{"id":1,"subscribe":{"channel":"x"}}',
	'a pong before connect': '{}',
	'null as the body of connect': '{"id":1,"connect":null}',
	'no id': '{"connect":{}}',
	'not JSON': '{"id":1,"connect":{}',
	'two values in a line': '{"id":1,"connect":{}} {}',
	'an array': '[]',
	'an empty frame': '',
}))
	brokerTest(`3501: ${what}`, { client: { insecure: true } }, async (broker) => {
		const wire = await Wire.open(broker)
		wire.send(text)
		assert.deepEqual(await wire.close(), { code: 3501, reason: 'bad request' })
	})

brokerTest('3501: a second connect', { client: { insecure: true } }, async (broker) => {
	const wire = await Wire.connect(broker)
	wire.send({ id: 2, connect: {} })
	assert.equal((await wire.close()).code, 3501)
})

brokerTest('subprotocols: centrifuge-json is echoed, an empty header is none, unknown ones are refused', { client: { insecure: true } }, async (broker) => {
	const json = await Wire.connect(broker, {}, { protocols: ['centrifuge-json'] })
	assert.equal(json.socket.protocol, 'centrifuge-json')
	const empty = await Wire.connect(broker, {}, { headers: { 'Sec-WebSocket-Protocol': '' } })
	assert.match(empty.hello.connect.client, UUID)
	for (const offer of [['centrifuge-protobuf'], ['chat', 'superchat']])
		await assert.rejects(Wire.open(broker, { protocols: offer }), { status: 400 })
})

brokerTest('origins: none listed, so only requests without', { client: { insecure: true } }, async (broker) => {
	await Wire.connect(broker)
	await assert.rejects(Wire.open(broker, { headers: { Origin: 'https://example.com' } }), { status: 403 })
})

brokerTest('origins: patterns', { client: { insecure: true, allowed_origins: ['https://*.example.com'] } }, async (broker) => {
	await Wire.connect(broker, {}, { headers: { Origin: 'https://app.example.com' } })
	for (const Origin of ['https://example.org', 'http://app.example.com', 'https://app.example.com.evil.org'])
		await assert.rejects(Wire.open(broker, { headers: { Origin } }), { status: 403 })
})

brokerTest('connection limit: 503 before the upgrade', { client: { insecure: true, connection_limit: 2 } }, async (broker) => {
	const first = await Wire.connect(broker)
	await Wire.connect(broker)
	await assert.rejects(Wire.open(broker), { status: 503 })
	first.socket.terminate()
	await first.close()
	for (let tries = 0; ; tries++) {
		try {
			await Wire.connect(broker)
			break
		} catch (err) {
			assert.ok(err.status === 503 && tries < 500, String(err))
		}
	}
})
