// SPDX-License-Identifier: Apache-2.0
// The process: what its log must not say, file descriptors that run out, clients that vanish all at once.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const net = require('node:net')
const { test } = require('node:test')
const { Broker, brokerTest, until, WORKERS } = require('./lib/broker')
const { Raw, UPGRADE, frame, request } = require('./lib/raw')
const { token } = require('./lib/token')

const SECRETS = { hmac: 'canary-hmac-secret-canary-hmac-secret', api: 'canary-api-key' }
const fds = (broker) => fs.readdirSync(`/proc/${broker.pid}/fd`).length

function cpu(broker) {
	const fields = fs.readFileSync(`/proc/${broker.pid}/stat`, 'latin1').split(') ')[1].split(' ')
	return (Number(fields[11]) + Number(fields[12])) * 10
}

brokerTest('the log: no secret at any level, one event one line, names are no formats', {
	log: { level: 'trace', format: 'json' }, client: { token: { hmac_secret_key: SECRETS.hmac }, allowed_origins: ['*'] },
	http_api: { key: SECRETS.api },
}, async (broker) => {
	const call = (path, headers, body = '{}') => fetch(broker.http + path, { method: 'POST', headers, body }).then((r) => r.text())
	await call('/api/info', { 'X-API-Key': SECRETS.api })
	await call('/api/info', { 'X-API-Key': 'canary-wrong' })
	await call('/api/info', { Authorization: 'apikey canary-wrong', Cookie: 'a=canary-cookie' })
	await call(`/api/info?api_key=${SECRETS.api}`)
	await call(`/nothing?api_key=${SECRETS.api}&token=canary-token`)
	await call('/api/publish', { 'X-API-Key': SECRETS.api }, '{"channel":"room","data":"canary-payload"}')
	await call('/api/publish', { 'X-API-Key': SECRETS.api }, 'canary-bad-json')
	const user = 'a\nb %s%n %x" \u2028 \u001b[31m'
	const good = token({ sub: user }, { secret: SECRETS.hmac })
	for (const text of [
		JSON.stringify({ id: 1, connect: { token: good, name: user, version: user } }),
		JSON.stringify({ id: 1, connect: { token: 'canary.canary.canary' } }),
		JSON.stringify({ id: 1, connect: { token: `${good}canary` } }),
		'canary no json',
	]) {
		const raw = await Raw.open(broker)
		raw.write(request('GET', '/connection/websocket?cf_connect=canary-connect', { ...UPGRADE, Authorization: 'Bearer canary-bearer' }))
		assert.equal((await raw.response()).status, 101)
		raw.write(frame(text))
		raw.write(frame(JSON.stringify({ id: 2, subscribe: { channel: `${user}`, token: 'canary-sub' } })))
		raw.write(frame(JSON.stringify({ id: 3, publish: { channel: '%s%n%x', data: 'canary-data' } })))
		await raw.frame()
		raw.socket.end()
		await raw.end()
	}
	await call('/api/disconnect', { 'X-API-Key': SECRETS.api }, JSON.stringify({ user, disconnect: { code: 3999, reason: 'a\nb' } }))
	await until('the log has it all', () => broker.log.split('client disconnected').length > 3)
	assert.equal(/canary/.exec(broker.log), null)
	const lines = broker.log.trimEnd().split('\n')
	for (const line of lines)
		assert.equal(typeof JSON.parse(line).message, 'string')
	assert.ok(lines.some((line) => JSON.parse(line).user === user), broker.log)
})

test(`a limit of 256 descriptors and 1,000 clients: no spin, and it recovers (workers ${WORKERS})`, async () => {
	const broker = await Broker.start({ client: { insecure: true } }, 0, ['prlimit', '--nofile=256:256'])
	const sockets = []
	try {
		for (let i = 0; i < 1000; i++) {
			const socket = net.connect(broker.port, '127.0.0.1')
			socket.on('error', () => {}).on('connect', () => socket.write(request('GET', '/connection/websocket', UPGRADE)))
			sockets.push(socket)
		}
		await until('descriptors run short', () => broker.log.includes('descriptors run short'))
		await new Promise((resolve) => setTimeout(resolve, 500))
		const before = cpu(broker)
		await new Promise((resolve) => setTimeout(resolve, 2000))
		assert.ok(cpu(broker) - before < 500, `${cpu(broker) - before} ms of CPU in 2000 ms`)
		assert.ok(fds(broker) < 256)
		sockets.forEach((socket) => socket.destroy())
		await until('it accepts again', async () => {
			const raw = await Raw.open(broker)
			raw.write(request('GET', '/connection/websocket', UPGRADE))
			await until('an answer or the end', () => raw.text.includes('\r\n\r\n') || raw.ended)
			return raw.text.includes(' 101 ')
		})
	} finally {
		sockets.forEach((socket) => socket.destroy())
		await broker.stop()
	}
})

brokerTest('300 clients vanish at once, five times: descriptors, clients, channels and presence are as before', {
	client: { insecure: true },
}, async (broker) => {
	const numbers = async () => (({ num_clients, num_users, num_channels, num_subs }) =>
		[num_clients, num_users, num_channels, num_subs])((await broker.api('info')).nodes[0])
	const before = fds(broker)
	for (let round = 0; round < 5; round++) {
		const raws = await Promise.all(Array.from({ length: 300 }, async (_, i) => {
			const raw = await Raw.websocket(broker)
			raw.write(frame(`{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room${i % 20}"}}`))
			return raw
		}))
		await until('all are subscribed', async () => (await numbers())[3] === 300)
		for (const raw of raws)
			raw.socket.resetAndDestroy()
		await until('all are gone', async () => (await numbers()).every((n) => n === 0))
	}
	assert.equal((await broker.api('presence_stats', { channel: 'room1' })).num_clients, 0)
	await until('their descriptors are closed', () => fds(broker) <= before + 4)
})
