// SPDX-License-Identifier: Apache-2.0
// The client protocol by hand, to see what the SDK hides: exact bytes, error codes, ids, close codes.
'use strict'
const WebSocket = require('ws')
const { until } = require('./broker')

class Wire {
	static async open(broker, options = {}) {
		const wire = new Wire()
		wire.id = 0
		wire.lines = []  // as received, the pings left out
		wire.frames = []
		wire.socket = new WebSocket(options.url || broker.ws, options.protocols || [], options)
		wire.socket.on('message', (data) => {
			wire.frames.push(data.toString())
			for (const line of data.toString().split('\n').filter(Boolean))
				if (line !== '{}')
					wire.lines.push(line)
				else if (!options.mute)
					wire.socket.send('{}')
		})
		wire.socket.on('close', (code, reason) => { wire.closed = { code, reason: reason.toString() } })
		broker.cleanup(() => wire.socket.terminate())
		await new Promise((resolve, reject) => {
			wire.socket.on('open', resolve)
			wire.socket.on('unexpected-response', (_request, response) => reject(Object.assign(new Error('refused'), { status: response.statusCode })))
			wire.socket.on('error', reject)
		})
		wire.socket.on('error', () => {}) // a reset: "close" follows
		return wire
	}

	/* An open connection that has said connect; its reply is wire.client. */
	static async connect(broker, request = {}, options = {}) {
		const wire = await Wire.open(broker, options)
		wire.hello = await wire.ask({ connect: request })
		return wire
	}

	send(text) {
		this.socket.send(typeof text === 'string' ? text : JSON.stringify(text))
	}

	/* Sends a command and waits for the reply with its id: {connect: …}, or {error: …}. */
	ask(command) {
		const id = ++this.id
		this.send({ id, ...command })
		return this.reply(id)
	}

	reply(id) {
		return until(`a reply to ${id}, got ${this.lines}`, () => {
			if (this.closed)
				throw new Error(`closed with ${JSON.stringify(this.closed)} instead of a reply to ${id}`)
			return this.lines.map((line) => JSON.parse(line)).find((o) => o.id === id)
		})
	}

	pushes(kind, channel) {
		return this.lines.map((line) => JSON.parse(line).push)
			.filter((p) => p && p[kind] && (!channel || p.channel === channel)).map((p) => p[kind])
	}

	push(kind, channel, count = 1) {
		return until(`push ${kind} × ${count}`, () => this.pushes(kind, channel)[count - 1])
	}

	close() {
		return until('the connection is closed', () => this.closed)
	}
}

module.exports = { Wire }
