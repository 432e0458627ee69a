// SPDX-License-Identifier: Apache-2.0
// Emulated transports: the SDK over them in Node, and a raw stream whose socket can be paused, reset or half closed.
'use strict'
const { EventSource } = require('eventsource')
const { until } = require('./broker')
const { Raw, request } = require('./raw')
const { connect } = require('./sdk')

const EMULATED = { http_stream: { enabled: true }, sse: { enabled: true } }
const TRANSPORTS = ['http_stream', 'sse']

/* What the SDK needs of a browser for these transports. */
const GLOBALS = { eventsource: EventSource, fetch, readableStream: ReadableStream }

/* `at` is where both halves go: {http}. */
const connectBy = (broker, transport, options = {}, at = broker) => connect(broker, {
	url: [{ transport, endpoint: `${at.http}/connection/${transport}` }],
	emulationEndpoint: `${broker.http}/emulation`, ...GLOBALS, ...options,
})

const target = (commands) => `/connection/sse?cf_connect=${encodeURIComponent(commands)}`

class Stream {
	/* Begins with these commands, which are objects or texts. */
	static async open(broker, transport, commands = [{ id: 1, connect: {} }], headers = {}) {
		const stream = new Stream()
		const text = commands.map((c) => typeof c === 'string' ? c : JSON.stringify(c)).join('\n')
		stream.broker = broker
		stream.transport = transport
		stream.raw = await Raw.open(broker)
		stream.socket = stream.raw.socket
		if (transport === 'sse')
			stream.raw.write(request('GET', target(text), { Host: 'localhost', ...headers }))
		else
			stream.raw.write(request('POST', '/connection/http_stream', { Host: 'localhost', 'Content-Length': Buffer.byteLength(text), ...headers }, text))
		return stream
	}

	/* The same, connected: `result` is that of connect, which is taken from the messages. */
	static async connected(broker, transport, more = [], connectCommand = {}) {
		const stream = await Stream.open(broker, transport, [{ id: 1, connect: connectCommand }, ...more])
		stream.result = (await stream.message((m) => m.connect)).connect
		return stream
	}

	get head() {
		return this.raw.text.split('\r\n\r\n')[0]
	}

	/* The chunks so far: their bytes, and whether the last one was there. */
	body() {
		const bytes = this.raw.bytes
		let at = bytes.indexOf('\r\n\r\n') + 4
		const parts = []
		if (at < 4)
			return { text: '', ended: false }
		for (;;) {
			const line = bytes.indexOf('\r\n', at)
			const size = line < 0 ? NaN : parseInt(bytes.subarray(at, line).toString(), 16)
			if (Number.isNaN(size) || bytes.length < line + 4 + size)
				return { text: Buffer.concat(parts).toString(), ended: false }
			if (size === 0)
				return { text: Buffer.concat(parts).toString(), ended: true }
			parts.push(bytes.subarray(line + 2, line + 2 + size))
			at = line + 4 + size
		}
	}

	/* All complete messages so far. */
	messages() {
		const { text } = this.body()
		if (this.transport === 'http_stream')
			return text.split('\n').slice(0, -1).map((line) => JSON.parse(line))
		return text.replace(/^\r\n/, '').split('\n\n').slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')))
	}

	pushes(kind = 'pub') {
		return this.messages().flatMap((m) => m.push && m.push[kind] ? [m.push[kind]] : [])
	}

	message(fits) {
		return until(`a message that fits ${fits}`, () => this.messages().find(fits))
	}

	/* What the stream ended with. */
	async disconnect() {
		await until('the last chunk', () => this.body().ended)
		return this.pushes('disconnect')[0]
	}

	/* Commands by POST /emulation to `at`; the status. */
	async say(commands, at = this.broker) {
		const data = [].concat(commands).map((c) => typeof c === 'string' ? c : JSON.stringify(c)).join('\n')
		const { session, node } = this.result
		return (await fetch(`${at.http}/emulation`, { method: 'POST', body: JSON.stringify({ session, node, data }) })).status
	}
}

module.exports = { EMULATED, GLOBALS, Stream, TRANSPORTS, connectBy, target }
