// SPDX-License-Identifier: Apache-2.0
// Bytes over TCP: requests and frames that no client library would send.
'use strict'
const crypto = require('node:crypto')
const net = require('node:net')
const { until } = require('./broker')

class Raw {
	static async open(broker, options = {}) {
		const raw = new Raw()
		raw.bytes = Buffer.alloc(0)
		raw.socket = net.connect({ port: broker.port, host: '127.0.0.1', allowHalfOpen: true, ...options })
		raw.socket.on('data', (data) => { raw.bytes = Buffer.concat([raw.bytes, data]) })
		raw.socket.on('end', () => { raw.ended = true })
		raw.socket.on('close', () => { raw.ended = true })
		raw.socket.on('error', () => { raw.reset = true })
		broker.cleanup(() => raw.socket.destroy())
		await new Promise((resolve, reject) => raw.socket.once('connect', resolve).once('error', reject))
		return raw
	}

	/* A WebSocket, upgraded by hand; what follows the head stays in `bytes`. */
	static async websocket(broker, head = {}) {
		const raw = await Raw.open(broker)
		raw.write(request('GET', '/connection/websocket', { ...UPGRADE, ...head }))
		const answer = await raw.response()
		if (answer.status !== 101)
			throw new Error(`not upgraded: ${answer.text}`)
		return raw
	}

	write(data) {
		if (!this.socket.destroyed)
			this.socket.write(data)
	}

	get text() {
		return this.bytes.toString('latin1')
	}

	/* The next response: its head and, by Content-Length, its body are taken from `bytes`. */
	async response(patience) {
		await until(`a response, got ${JSON.stringify(this.text)}`, () => {
			const end = this.text.indexOf('\r\n\r\n')
			return end >= 0 && this.bytes.length >= end + 4 + contentLength(this.text.slice(0, end))
		}, patience)
		const end = this.text.indexOf('\r\n\r\n')
		const head = this.text.slice(0, end)
		const size = end + 4 + contentLength(head)
		const body = this.text.slice(end + 4, size)
		const text = this.text.slice(0, size)
		this.bytes = this.bytes.subarray(size)
		return { status: Number(head.split(' ')[1]), head, body, text }
	}

	end(patience) {
		return until('the end of the connection', () => this.ended, patience)
	}

	/* The next frame of the server. */
	async frame(patience) {
		return until('a frame', () => {
			const b = this.bytes
			if (b.length < 2)
				return this.ended && { opcode: -1, payload: Buffer.alloc(0) }
			let size = b[1] & 127, at = 2
			if (size === 126 && b.length >= 4)
				[size, at] = [b.readUInt16BE(2), 4]
			else if (size === 127 && b.length >= 10)
				[size, at] = [Number(b.readBigUInt64BE(2)), 10]
			else if (size >= 126)
				return null
			if (b.length < at + size)
				return null
			this.bytes = b.subarray(at + size)
			return { opcode: b[0] & 15, fin: b[0] >> 7, payload: b.subarray(at, at + size) }
		}, patience)
	}

	/* The code of the close frame that must come; text before it is passed over. -1: the connection just ended. */
	async closeCode(patience) {
		for (;;) {
			const { opcode, payload } = await this.frame(patience)
			if (opcode === -1)
				return -1
			if (opcode === 8)
				return payload.length >= 2 ? payload.readUInt16BE(0) : 1005
		}
	}
}

const UPGRADE = {
	Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
	'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'),
}

const contentLength = (head) => Number((/\r\ncontent-length: *(\d+)/i.exec(head) || [0, 0])[1])

/* A header whose value is undefined is left out; a list gives it several times. */
function request(method, target, headers, body = '', version = 'HTTP/1.1') {
	const lines = Object.entries(headers).filter(([, v]) => v !== undefined)
		.flatMap(([name, v]) => (Array.isArray(v) ? v : [v]).map((one) => `${name}: ${one}\r\n`))
	return `${method} ${target} ${version}\r\n${lines.join('')}\r\n${body}`
}

/* A masked frame, as clients have to send them. */
function frame(payload, { opcode = 1, fin = true, rsv = 0, size } = {}) {
	const data = Buffer.from(payload)
	const length = size === undefined ? data.length : size
	let head
	if (length < 126) {
		head = Buffer.from([0, 0x80 | length])
	} else if (length < 65536) {
		head = Buffer.from([0, 0x80 | 126, 0, 0])
		head.writeUInt16BE(length, 2)
	} else {
		head = Buffer.from([0, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0])
		head.writeBigUInt64BE(BigInt(length), 2)
	}
	head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
	const mask = crypto.randomBytes(4)
	return Buffer.concat([head, mask, data.map((byte, i) => byte ^ mask[i & 3])])
}

module.exports = { Raw, UPGRADE, request, frame }
