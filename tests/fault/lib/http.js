// SPDX-License-Identifier: Apache-2.0
// One keep-alive connection to the HTTP API, one request at a time, over a bare socket: thousands of requests a second cost
// little, and whether a request was sent is known when it fails.
'use strict'
const net = require('node:net')
const { KEY } = require('../../e2e/lib/broker')

class Http {
	constructor(port) {
		this.port = port
		this.socket = null
	}

	/* {status, body}, or {error, sent}: sent false means that the server cannot have got it. */
	post(path, body, timeout = 10000) {
		return this.request('POST', path, body, timeout)
	}

	get(path, timeout = 5000) {
		return this.request('GET', path, '', timeout)
	}

	request(method, path, body, timeout) {
		const data = Buffer.from(body)
		const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${KEY}\r\nContent-Length: ${data.length}\r\n\r\n`
		return new Promise((resolve) => {
			this.answer = resolve
			this.sent = false
			this.got = Buffer.alloc(0)
			this.timer = setTimeout(() => this.fail('no answer in time'), timeout)
			const send = () => {
				this.sent = true
				this.socket.write(Buffer.concat([Buffer.from(head), data]))
			}
			if (this.socket)
				return send()
			return this.open(send)
		})
	}

	open(send) {
		const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true })
		this.socket = socket
		socket.on('connect', send)
		socket.on('data', (bytes) => { if (this.socket === socket) this.take(bytes) })
		socket.on('error', (err) => { if (this.socket === socket) this.fail(err.code) })
		socket.on('close', () => { if (this.socket === socket) this.fail('closed') })
	}

	take(bytes) {
		this.got = this.got.length ? Buffer.concat([this.got, bytes]) : bytes
		const end = this.got.indexOf('\r\n\r\n')
		if (end < 0)
			return
		const head = this.got.toString('latin1', 0, end)
		const length = Number((/\r\ncontent-length: *(\d+)/i.exec(head) || [0, 0])[1])
		if (this.got.length < end + 4 + length)
			return
		if (/\r\nconnection: *close/i.test(head))
			this.close()
		this.settle({ status: Number(head.split(' ')[1]), body: this.got.toString('utf8', end + 4, end + 4 + length) })
	}

	fail(error) {
		this.close()
		this.settle({ error, sent: this.sent })
	}

	settle(result) {
		const answer = this.answer
		this.answer = null
		clearTimeout(this.timer)
		if (answer)
			answer(result)
	}

	close() {
		const socket = this.socket
		this.socket = null
		if (socket)
			socket.destroy()
	}
}

module.exports = { Http }
