// SPDX-License-Identifier: Apache-2.0
// Request heads and bodies as attackers and broken clients send them. Each gets an answer, and exactly one.
'use strict'
const assert = require('node:assert/strict')
const { brokerTest, KEY } = require('./lib/broker')
const { Raw, UPGRADE, request } = require('./lib/raw')

const INSECURE = { client: { insecure: true } }
const WS = '/connection/websocket'
const BODY = '{"channel":"room","data":1}'
const post = (headers, body = BODY) => request('POST', '/api/publish', { Host: 'x', 'X-API-Key': KEY, ...headers }, body)

/* One request, one answer with that status, then the end of the connection; nothing of the rest is taken for a request. */
async function refused(broker, bytes, status, patience) {
	const raw = await Raw.open(broker)
	raw.write(bytes)
	const answer = await raw.response(patience)
	assert.ok([status].flat().includes(answer.status), `${JSON.stringify(bytes.slice(0, 200))}: ${answer.text}`)
	await raw.end()
	assert.equal(raw.text, '')
	return answer
}

brokerTest('upgrades that are refused, with the reason in the status', INSECURE, async (broker) => {
	const upgrade = (headers) => request('GET', WS, { ...UPGRADE, ...headers })
	const old = await refused(broker, upgrade({ 'Sec-WebSocket-Version': '8' }), 426)
	assert.match(old.head, /\r\nsec-websocket-version: 13/i)
	await refused(broker, upgrade({ 'Sec-WebSocket-Version': undefined }), [400, 426])
	await refused(broker, upgrade({ 'Sec-WebSocket-Key': 'x' }), 400)
	await refused(broker, upgrade({ 'Sec-WebSocket-Key': undefined }), 400)
	await refused(broker, upgrade({ Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' }), 400)
	await refused(broker, upgrade({ Upgrade: 'foo' }), 400)
	await refused(broker, request('POST', WS, { ...UPGRADE, 'Content-Length': '0' }), [400, 405])
	await refused(broker, request('GET', WS, UPGRADE, '', 'HTTP/1.0'), 400)
	await refused(broker, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505])
	await Raw.websocket(broker)
})

brokerTest('an odd upgrade as the second request of a connection', INSECURE, async (broker) => {
	const raw = await Raw.open(broker)
	raw.write(request('GET', '/health', { Host: 'x' }))
	assert.equal((await raw.response()).status, 200)
	raw.write(request('GET', WS, { ...UPGRADE, Upgrade: 'foo' }))
	assert.equal((await raw.response()).status, 400)
	await raw.end()
	await Raw.websocket(broker)
})

brokerTest('keep-alive: many requests on one connection, pipelined ones too', {}, async (broker) => {
	const raw = await Raw.open(broker)
	const one = post({ 'Content-Length': BODY.length })
	for (let i = 1; i <= 5; i++) {
		raw.write(one)
		assert.equal(JSON.parse((await raw.response()).body).result.offset, i)
	}
	raw.write(one + one + one)
	for (let i = 6; i <= 8; i++)
		assert.equal(JSON.parse((await raw.response()).body).result.offset, i)
})

brokerTest('how long the body is must be clear', {}, async (broker) => {
	const hidden = `GET /health HTTP/1.1\r\nHost: x\r\n\r\n`
	const chunked = `0\r\n\r\n${hidden}`
	await refused(broker, post({}), 411)
	await refused(broker, post({ 'Transfer-Encoding': 'chunked' }, chunked), 411)
	await refused(broker, post({ 'Transfer-Encoding': 'chunked', 'Content-Length': chunked.length }, chunked), 400)
	await refused(broker, post({ 'Transfer-Encoding': 'gzip, chunked' }, chunked), 400)
	await refused(broker, post({ 'Content-Length': [String(BODY.length), String(BODY.length + 1)] }), 400)
	await refused(broker, post({ 'Content-Length': [String(BODY.length), String(BODY.length)] }), 400)
	for (const length of ['-1', '+5', '5, 5', '0x10', '1e1', '', '99999999999999999999'])
		await refused(broker, post({ 'Content-Length': length }), [400, 413])
	await refused(broker, post({ 'Content-Length': String(2 ** 40) }), 413)
	assert.equal((await broker.api('history', { channel: 'room' })).offset, 0)
})

brokerTest('heads that are not HTTP/1.1', {}, async (broker) => {
	const get = (head) => `GET /health HTTP/1.1\r\nHost: x\r\n${head}\r\n`
	await refused(broker, 'GET /health HTTP/1.1\r\n\r\n', 400)
	await refused(broker, 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n', [400, 505])
	await refused(broker, 'GET /health HTTP/1.1\nHost: x\n\n', 400)
	await refused(broker, get('A: b\0c\r\n'), 400)
	await refused(broker, get('A : b\r\n'), 400)
	await refused(broker, get(' folded\r\n'), 400)
	await refused(broker, get('Host: y\r\n'), 400)
	await refused(broker, 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', [400, 405, 501])
	await refused(broker, 'hello\r\n\r\n', 400)
	await refused(broker, '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n', 400)
})

brokerTest('limits of the head', {}, async (broker) => {
	await refused(broker, request('GET', `/${'x'.repeat(9000)}`, { Host: 'x' }), 414)
	await refused(broker, request('GET', '/health', { Host: 'x', A: 'x'.repeat(20000) }), 431)
	await refused(broker, request('GET', '/health', { Host: 'x', A: Array(100).fill('b') }), 431)
})

brokerTest('a head that comes slowly is given up', { http: { head_timeout: '500ms' } }, async (broker) => {
	const raw = await Raw.open(broker)
	const head = request('GET', '/health', { Host: 'x', A: 'x'.repeat(5000) })
	let at = 0
	const drip = setInterval(() => raw.write(head[at++]), 20)
	broker.cleanup(() => clearInterval(drip))
	await raw.end()
	assert.ok(raw.text === '' || / 408 /.test(raw.text), raw.text)
	assert.ok(at < head.length)
})

brokerTest('a body that comes slowly: 408, however steadily', { http: { body_timeout: '500ms' } }, async (broker) => {
	const raw = await Raw.open(broker)
	const body = JSON.stringify({ channel: 'room', data: 'x'.repeat(5000) })
	raw.write(post({ 'Content-Length': body.length }, ''))
	let at = 0
	const drip = setInterval(() => raw.write(body[at++]), 20)
	broker.cleanup(() => clearInterval(drip))
	assert.equal((await raw.response()).status, 408)
	await raw.end()
	assert.ok(at < body.length)
})

brokerTest('Expect: 100-continue is answered before the body', {}, async (broker) => {
	const raw = await Raw.open(broker)
	raw.write(post({ 'Content-Length': BODY.length, Expect: '100-continue' }, ''))
	assert.equal((await raw.response()).status, 100)
	raw.write(BODY)
	assert.equal(JSON.parse((await raw.response()).body).result.offset, 1)
})

brokerTest('a peer that closes its side while it waits gets its answer, and nothing spins', {}, async (broker) => {
	const raw = await Raw.open(broker)
	raw.write(post({ 'Content-Length': BODY.length }))
	raw.socket.end()
	assert.equal((await raw.response()).status, 200)
	await raw.end()
})

brokerTest('bodies of all sizes arrive whole', {}, async (broker) => {
	for (const size of [1, 4000, 16000, 60000, 300000]) {
		const data = 'é'.repeat(size / 2 | 0)
		await broker.publish('room', data)
		const { publications } = await broker.api('history', { channel: 'room', limit: 1, reverse: true })
		assert.equal(publications[0].data, data)
	}
})
