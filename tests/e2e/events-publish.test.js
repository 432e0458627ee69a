// SPDX-License-Identifier: Apache-2.0
// POST /events/<channel>: who may, what the head says about an event, and what is refused.
'use strict'
const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { CloudEvent, HTTP } = require('cloudevents')
const { BROKERS, KEY, OPEN, HISTORY, brokerTest, until } = require('./lib/broker')
const { Raw, request } = require('./lib/raw')
const { signed, token, expires } = require('./lib/token')

const ORIGIN = 'https://app.example.com'
const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA = publicKey.export({ type: 'spki', format: 'pem' })
const OPTIONS = {
	client: { allowed_origins: [ORIGIN], token: { rsa_public_key: RSA } },
	channel: {
		namespaces: [
			{ name: 'open', ...OPEN, ...HISTORY, allow_publish_for_anonymous: true },
			{ name: 'closed', ...HISTORY, allow_publish_for_subscriber: true },
			{ name: 'object', ...OPEN, publication_data_format: 'json_object' },
			{ name: 'json', ...OPEN, publication_data_format: 'json' },
			{ name: 'bytes', ...OPEN, ...HISTORY, publication_data_format: 'binary' },
			{ name: 'plain', ...OPEN },
		],
	},
}
const ANN = { authorization: `Bearer ${token({ sub: 'ann', info: { name: 'Ann' } })}` }
const JSON_TYPE = { 'content-type': 'application/json' }
const CE = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't', ...JSON_TYPE }

async function post(broker, path, body, headers = { 'x-api-key': KEY }, method = 'POST') {
	const response = await fetch(`${broker.http}/events/${path}`, { method, headers: { ...JSON_TYPE, ...headers }, body })
	const text = await response.text()
	let json = null
	try {
		json = JSON.parse(text)
	} catch { /* some answers have no body */ }
	return { status: response.status, json, headers: response.headers }
}

const keyed = (headers) => ({ 'x-api-key': KEY, ...headers })
const newest = async (broker, channel) => (await broker.api('history', { channel, limit: 1, reverse: true })).publications[0]

async function expectError(broker, status, code, ...args) {
	const answer = await post(broker, ...args)
	assert.equal(answer.status, status, JSON.stringify([args, answer.json]))
	assert.equal(answer.json.error.code, code, JSON.stringify([args, answer.json]))
	assert.ok(answer.json.error.message)
	return answer
}

brokerTest('a publish with a key', OPTIONS, async (broker) => {
	const first = await post(broker, 'news', '{ "a": 1.50,\r\n "b": "é" }', keyed({ 'x-weir-tag-region': ' eu ', 'X-Weir-Tag-A.b_c-1': '' }))
	assert.equal(first.status, 200)
	assert.equal(first.json.offset, 1)
	assert.match(first.json.epoch, /^[\w.]+$/)
	assert.deepEqual(await newest(broker, 'news'), { data: { a: 1.5, b: 'é' }, offset: 1, tags: { region: 'eu', 'a.b_c-1': '' } })
	assert.deepEqual((await post(broker, 'plain:x', '1')).json, {})
	assert.deepEqual((await post(broker, 'news?skip_history=true', '1')).json, {})
	assert.equal((await post(broker, `news?api_key=${encodeURIComponent(KEY)}`, '2', {})).json.offset, 2)
	assert.equal((await post(broker, 'news', '3', { authorization: `apikey ${KEY}x` })).status, 401)
	await broker.soon('closed is open to the API', async () => (await post(broker, 'closed:a', '1')).status === 200)
	// The path is a name, percent-decoded once, and nothing else happens to it.
	for (const [path, channel] of [['a%2Fb//c/..%2Fd', 'a/b//c/../d'], ['a%2520b', 'a%20b'], ['a+b', 'a+b'], ['open:%23x', 'open:#x']]) {
		const raw = await Raw.open(broker)
		raw.write(request('POST', `/events/${path}`, { Host: 'x', 'X-API-Key': KEY, 'Content-Length': 4 }, '"ok"'))
		assert.equal((await raw.response()).status, 200, path)
		assert.equal((await newest(broker, channel)).data, 'ok', channel)
	}
})

brokerTest('a publish as a client', OPTIONS, async (broker) => {
	assert.equal((await post(broker, 'open:a', '1', ANN)).json.offset, 1)
	assert.deepEqual((await newest(broker, 'open:a')).info, { user: 'ann', client: '', conn_info: { name: 'Ann' } })
	assert.equal((await post(broker, `open:a?token=${token({ sub: 'bob' })}`, '1', {})).status, 200)
	assert.equal((await newest(broker, 'open:a')).info.user, 'bob')
	assert.equal((await post(broker, `open:a?token=${token({ sub: 'bob' })}`, '1', ANN)).status, 200)
	assert.equal((await newest(broker, 'open:a')).info.user, 'ann') // the header wins
	const rsa = signed({ sub: 'rsa' }, 'RS256', privateKey.export({ type: 'pkcs8', format: 'pem' }))
	assert.equal((await post(broker, 'open:a', '1', { authorization: `bearer ${rsa}` })).status, 200)
	assert.equal((await newest(broker, 'open:a')).info.user, 'rsa')
	await expectError(broker, 401, 101, 'open:a', '1', { authorization: `Bearer ${rsa}x` })
	await expectError(broker, 401, 101, 'open:a', '1', {})
	await expectError(broker, 401, 101, 'open:a', '1', { authorization: 'Bearer ' })
	await expectError(broker, 401, 101, 'open:a', '1', { authorization: 'Bearer abc' })
	await expectError(broker, 401, 101, 'open:a', '1', { authorization: `Bearer ${token({ sub: 'ann', channel: 'open:a' })}` })
	const expired = await expectError(broker, 401, 109, 'open:a', '1', { authorization: `Bearer ${token({ sub: 'ann', exp: 1 })}` })
	assert.match(expired.headers.get('www-authenticate'), /^Bearer/)
	await expectError(broker, 401, 110, 'open:a', '1',
		{ authorization: `Bearer ${token({ sub: 'ann', exp: expires(60), expire_at: 1 })}` })
	await expectError(broker, 401, 101, 'open:a', '1', { ...ANN, 'x-api-key': 'wrong' }) // a wrong key, token or not
	const denied = await expectError(broker, 403, 103, 'closed:a', '1', ANN)
	assert.equal(denied.json.error.channel, 'closed:a')
	assert.equal((await post(broker, 'open:a', 'x'.repeat(70000), { ...ANN, 'content-type': 'text/plain' })).status, 413)
	assert.equal((await post(broker, 'open:a', 'x'.repeat(70000), keyed({ 'content-type': 'text/plain' }))).status, BROKERS > 1 ? 413 : 200)
})

brokerTest('an anonymous publish', { ...OPTIONS, client: { allow_anonymous_connect_without_token: true } }, async (broker) => {
	assert.equal((await post(broker, 'open:a', '1', {})).status, 200)
	assert.deepEqual((await newest(broker, 'open:a')).info, { user: '', client: '' })
	await expectError(broker, 403, 103, 'plain:a', '1', {})
})

brokerTest('payloads by their Content-Type', OPTIONS, async (broker) => {
	const type = (t) => keyed({ 'content-type': t })
	const packed = Buffer.from('81a16103', 'hex') // {"a":3}
	for (const [t, body, data, encoding] of [
		['application/json; charset=utf-8', '[1]', [1]], ['Application/Problem+JSON', '{}', {}],
		['application/cloudevents+json', '{"specversion":"1.0"}', { specversion: '1.0' }],
		['application/msgpack', packed, { a: 3 }], ['application/x-msgpack', packed, { a: 3 }],
		['application/vnd.msgpack', packed, { a: 3 }], ['application/x+msgpack', Buffer.from('c401ff', 'hex'), 'xAH/', 'msgpack+base64'],
		['text/plain', 'hi', 'aGk=', 'base64'], ['image/png', Buffer.from([0, 10, 13, 255]), 'AAoN/w==', 'base64'],
		['application/x-www-form-urlencoded', '{"curl":1}', { curl: 1 }],
	]) {
		const answer = await post(broker, 'types', body, type(t))
		assert.equal(answer.status, 200, `${t}: ${JSON.stringify(answer.json)}`)
		const got = await newest(broker, 'types')
		assert.deepEqual(got.data, data, t)
		assert.equal((got.tags || {})['weir-encoding'], encoding, t)
	}
	await expectError(broker, 400, 107, 'types', '{', type('application/json'))
	await expectError(broker, 400, 107, 'types', 'null', type('application/json'))
	await expectError(broker, 400, 107, 'types', Buffer.from('8181', 'hex'), type('application/msgpack'))
	await expectError(broker, 400, 107, 'types', Buffer.from('0101', 'hex'), type('application/msgpack'))
	await expectError(broker, 400, 107, 'types', Buffer.from('ddffffffff', 'hex'), type('application/msgpack'))
	await expectError(broker, 400, 107, 'types', Buffer.from('c0', 'hex'), type('application/msgpack'))
	await expectError(broker, 415, 107, 'types', 'a=b', type('application/x-www-form-urlencoded'))
	await expectError(broker, 415, 107, 'types', '[]', type('application/cloudevents-batch+json'))
	await expectError(broker, 415, 107, 'types', '1', keyed({ ...JSON_TYPE, 'content-encoding': 'gzip' }))
	await expectError(broker, 400, 107, 'types', '', keyed(JSON_TYPE))
	await expectError(broker, 400, 107, 'object:a', '[1]', keyed(JSON_TYPE))
	assert.equal((await post(broker, 'object:a', '{}', keyed(JSON_TYPE))).status, 200)
	assert.equal((await post(broker, 'object:a', packed, type('application/msgpack'))).status, 200)
	assert.equal((await post(broker, 'json:a', Buffer.from('9301c0c3', 'hex'), type('application/msgpack'))).status, 200)
	await expectError(broker, 400, 107, 'json:a', Buffer.from('c401ff', 'hex'), type('application/msgpack'))
	await expectError(broker, 400, 107, 'json:a', 'x', type('text/plain'))
	assert.equal((await post(broker, 'bytes:a', '', type('text/plain'))).status, 200)
	assert.equal((await newest(broker, 'bytes:a')).data, '')
	assert.equal((await post(broker, 'types', Buffer.from('d6ff5f5e1000', 'hex'), type('application/msgpack'))).status, 200) // a timestamp
})

brokerTest('CloudEvents of the npm package', OPTIONS, async (broker) => {
	const event = new CloudEvent({ id: 'a 1', source: '/sensors/7', type: 'com.example.temp', datacontenttype: 'application/json',
		subject: 'room "7"', region: 'eu', data: { t: 21.5 } })
	const binary = HTTP.binary(event)
	const sent = await post(broker, 'ce', binary.body, keyed(binary.headers))
	assert.equal(sent.status, 200, JSON.stringify(sent.json))
	const got = await newest(broker, 'ce')
	assert.deepEqual(got.data, { t: 21.5 })
	assert.equal(got.tags['ce-id'], 'a 1')
	assert.equal(got.tags['ce-type'], 'com.example.temp')
	assert.equal(got.tags['ce-region'], 'eu')
	assert.match(got.tags['ce-datacontenttype'], /^application\/json/)
	assert.equal(got.tags['ce-time'], event.time)
	// The same event once more is a duplicate, on this channel.
	assert.deepEqual((await post(broker, 'ce', binary.body, keyed(binary.headers))).json, sent.json)
	assert.equal((await broker.api('history', { channel: 'ce' })).offset, 1)
	assert.equal((await post(broker, 'ce2', binary.body, keyed(binary.headers))).json.offset, 1)
	assert.equal((await post(broker, 'ce', binary.body, keyed({ ...binary.headers, 'idempotency-key': 'other' }))).json.offset, 2)
	const structured = HTTP.structured(event)
	assert.equal((await post(broker, 'ce', structured.body, keyed(structured.headers))).status, 200)
	assert.deepEqual((await newest(broker, 'ce')).data, JSON.parse(structured.body))
	// Decoding by the HTTP binding, and what is none.
	await post(broker, 'ce', '1', keyed({ ...CE, 'ce-id': '2', 'ce-subject': '%22Euro%20%E2%82%AC%22', 'ce-x': '"a \\"b"' }))
	const { tags } = await newest(broker, 'ce')
	assert.equal(tags['ce-subject'], '"Euro €"')
	assert.equal(tags['ce-x'], 'a "b')
	for (const bad of [{ 'ce-specversion': '0.3' }, { 'ce-id': '' }, { 'ce-source': '' }, { 'ce-type': '' }, { 'ce-x': '%zz' }, { 'ce-x': '%ff' },
		{ 'ce-x': '%0a' }, { 'ce-a_b': 'x' }, { 'ce-abcdefghijklmnopqrstu': 'x' }, { 'ce-datacontenttype': 'text/plain' },
		{ 'x-weir-tag-ce-id': 'x' }])
		await expectError(broker, 400, 107, 'ce', '1', keyed({ ...CE, ...bad }))
	await expectError(broker, 400, 107, 'ce', '1', keyed({ ...JSON_TYPE, 'ce-id': '1' }))
})

brokerTest('tags and keys that are refused', OPTIONS, async (broker) => {
	const tags = (n, size) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-weir-tag-t${i}`, 'v'.repeat(size)]))
	assert.equal((await post(broker, 'tags', '1', keyed(tags(32, 10)))).status, 200)
	assert.equal(Object.keys((await newest(broker, 'tags')).tags).length, 32)
	await expectError(broker, 431, 107, 'tags', '1', keyed(tags(33, 1)))
	await expectError(broker, 431, 107, 'tags', '1', keyed(tags(1, 1025)))
	await expectError(broker, 431, 107, 'tags', '1', keyed(tags(5, 1000)))
	await expectError(broker, 400, 107, 'tags', '1', keyed({ 'x-weir-tag-weir-x': '1' }))
	await expectError(broker, 400, 107, 'tags', '1', keyed({ 'x-weir-tag-': '1' }))
	await expectError(broker, 400, 107, 'tags', '1', keyed({ [`x-weir-tag-${'a'.repeat(65)}`]: '1' }))
	await expectError(broker, 400, 107, 'tags', '1', keyed({ 'x-weir-tag-a': '\xff' }))
	await expectError(broker, 400, 107, 'tags', '1', keyed({ 'x-weir-tag-a!b': '1' }))

	const again = keyed({ 'idempotency-key': 'k 1' })
	const first = await post(broker, 'idem', '1', again)
	assert.deepEqual((await post(broker, 'idem', '2', again)).json, first.json)
	assert.deepEqual((await post(broker, 'idem?idempotency_key=k+1', '2')).json, first.json)
	assert.equal((await post(broker, 'idem', '2', keyed({ 'idempotency-key': 'x'.repeat(256) }))).json.offset, 2)
	for (const key of ['', 'x'.repeat(257), 'é'])
		await expectError(broker, 400, 107, `idem?idempotency_key=${encodeURIComponent(key)}`, '1')
	await expectError(broker, 400, 107, 'idem?skip_history=yes', '1')

	for (const path of ['', 'a%', 'a%zz', '%00', 'a%0Ab', '%C3%A9', `${'x'.repeat(256)}`, 'plain:a.*', '%3E'])
		await expectError(broker, 400, 107, path, '1')
	await expectError(broker, 404, 102, 'nothing:a', '1')
})

brokerTest('publishing from pages, and how requests may be cut', OPTIONS, async (broker) => {
	const page = { origin: ORIGIN }
	const preflight = await fetch(`${broker.http}/events/open:a`, { method: 'OPTIONS',
		headers: { ...page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-weir-tag-a' } })
	assert.equal(preflight.status, 204)
	assert.equal(preflight.headers.get('access-control-allow-origin'), ORIGIN)
	assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS')
	assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,x-weir-tag-a')
	const good = await post(broker, 'open:a', '1', { ...ANN, ...page })
	assert.equal(good.headers.get('access-control-allow-origin'), ORIGIN)
	const bad = await expectError(broker, 401, 101, 'open:a', '1', page)
	assert.equal(bad.headers.get('access-control-allow-origin'), ORIGIN)
	const foreign = await expectError(broker, 403, 103, 'open:a', '1', { ...ANN, origin: 'https://evil.example.com' })
	assert.equal(foreign.headers.get('access-control-allow-origin'), null)
	assert.equal((await post(broker, 'open:a', undefined, ANN, 'PUT')).status, 405)
	assert.equal((await post(broker, 'open:a', undefined, ANN, 'GET')).headers.get('allow'), 'POST, OPTIONS')

	const raw = await Raw.open(broker)
	const head = { Host: 'x', 'X-API-Key': KEY, 'Content-Length': 3 }
	raw.write(request('POST', '/events/raw', head, '"1"') + request('POST', '/events/raw', head, '"2"'))
	assert.equal(JSON.parse((await raw.response()).body).offset, 1)
	assert.equal(JSON.parse((await raw.response()).body).offset, 2) // the connection is kept
	raw.write(request('POST', '/events/raw', { ...head, Expect: '100-continue' }))
	assert.equal((await raw.response()).status, 100)
	raw.write('"3"')
	assert.equal(JSON.parse((await raw.response()).body).offset, 3)
	const unread = await Raw.open(broker)
	unread.write(request('POST', '/events/raw', { ...head, 'Content-Length': 100 << 20, Expect: '100-continue' }))
	assert.equal((await unread.response()).status, 413)
	await unread.end()
	// Without a type it is JSON, or nobody knows what.
	const untyped = await Raw.open(broker)
	untyped.write(request('POST', '/events/raw', head, '"4"') + request('POST', '/events/raw', head, 'abc'))
	assert.equal((await untyped.response()).status, 200)
	const unknown = await untyped.response()
	assert.equal(unknown.status, 415)
	assert.match(unknown.body, /Content-Type/)
	const chunked = await Raw.open(broker)
	chunked.write(request('POST', '/events/raw', { Host: 'x', 'X-API-Key': KEY, 'Transfer-Encoding': 'chunked' }))
	assert.equal((await chunked.response()).status, 411)
	await until('nothing of a key in the log', () => !broker.log.includes(KEY))
})
