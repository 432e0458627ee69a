// SPDX-License-Identifier: Apache-2.0
// The client protocol in MessagePack (subprotocol weir-msgpack) by hand, with the usual library for the values.
'use strict'
const WebSocket = require('ws')
const { encode, decodeMulti } = require('@msgpack/msgpack')
const { until } = require('./broker')

const hex = (text) => Buffer.from(text.replace(/\s+/g, ''), 'hex')

class Packed {
	static async open(broker, options = {}) {
		const packed = new Packed()
		packed.id = 0
		packed.frames = []   // as received, each a Buffer
		packed.messages = [] // decoded, the pings left out
		packed.pings = 0
		packed.texts = 0
		packed.socket = new WebSocket(options.url || broker.ws, ['weir-msgpack'], options)
		packed.socket.on('message', (data, isBinary) => {
			packed.texts += !isBinary
			packed.frames.push(data)
			for (const message of decodeMulti(data)) {
				if (Object.keys(message).length) {
					packed.messages.push(message)
				} else {
					packed.pings++
					if (!options.mute)
						packed.socket.send(hex('80'))
				}
			}
		})
		packed.socket.on('close', (code, reason) => { packed.closed = { code, reason: reason.toString() } })
		broker.cleanup(() => packed.socket.terminate())
		await new Promise((resolve, reject) => packed.socket.on('open', resolve).on('error', reject))
		packed.socket.on('error', () => {}) // a reset: "close" follows
		return packed
	}

	/* An open connection that has said connect; its reply is packed.hello. */
	static async connect(broker, request = {}, options = {}) {
		const packed = await Packed.open(broker, options)
		packed.hello = await packed.ask({ connect: request })
		return packed
	}

	send(message) {
		this.socket.send(Buffer.isBuffer(message) ? message : encode(message))
	}

	ask(command) {
		const id = ++this.id
		this.send({ id, ...command })
		return this.reply(id)
	}

	reply(id) {
		return until(`a reply to ${id}`, () => {
			if (this.closed)
				throw new Error(`closed with ${JSON.stringify(this.closed)} instead of a reply to ${id}`)
			return this.messages.find((o) => o.id === id)
		})
	}

	pushes(kind, channel) {
		return this.messages.map((m) => m.push).filter((p) => p && p[kind] && (!channel || p.channel === channel)).map((p) => p[kind])
	}

	push(kind, channel, count = 1) {
		return until(`push ${kind} × ${count}`, () => this.pushes(kind, channel)[count - 1])
	}

	close() {
		return until('the connection is closed', () => this.closed)
	}
}

module.exports = { Packed, hex }
