// SPDX-License-Identifier: Apache-2.0
// 1,000 clients that come and go, fifty at a time: each connects, subscribes, publishes, reads, and leaves politely, by a
// destroyed socket, or without having said anything. Port and number are arguments.
'use strict'
const { Centrifuge } = require('centrifuge')
const WebSocket = require('ws')

const [port, total] = process.argv.slice(2).map(Number)
const AT_ONCE = 50
const url = `ws://127.0.0.1:${port}/connection/websocket`

async function silent() {
	const socket = new WebSocket(url)
	await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
	socket.terminate()
}

async function client(n) {
	let socket
	class Socket extends WebSocket {
		constructor(...args) {
			super(...args)
			socket = this
		}
	}
	const c = new Centrifuge(url, { websocket: Socket })
	const sub = c.newSubscription(`room${n % 7}`)
	c.connect()
	sub.subscribe()
	await sub.ready(60000)
	await sub.publish({ n, filler: 'x'.repeat(n % 2000) })
	await sub.history({ limit: 5, reverse: true })
	await sub.presenceStats()
	if (n % 3 === 0)
		socket.terminate()
	if (n % 3 === 1)
		sub.unsubscribe()
	c.disconnect()
}

async function main() {
	for (let n = 0; n < total; n += AT_ONCE)
		await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => ((n + i) % 10 === 9 ? silent() : client(n + i))))
	console.log(`${total} clients came and went`)
}

main().then(() => process.exit(0), (err) => { console.error(err); process.exit(1) })
