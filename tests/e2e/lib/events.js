// SPDX-License-Identifier: Apache-2.0
// A reader of GET /events that keeps what a browser would throw away: ids, comments, retry, how it ended.
'use strict'
const http = require('node:http')
const { until } = require('./broker')

/* `query` is a list of [name, value] or an object of them; a list as value gives the parameter several times. */
function target(query) {
	const pairs = (Array.isArray(query) ? query : Object.entries(query))
		.flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one]))
	return `/events?${new URLSearchParams(pairs)}`
}

class Events {
	static async open(broker, query, headers = {}) {
		const es = new Events()
		Object.assign(es, { messages: [], controls: [], ids: [], comments: 0, text: '', ended: false })
		const path = typeof query === 'string' ? `/events?${query}` : target(query)
		es.request = http.get({ host: '127.0.0.1', port: broker.port, path, headers, agent: false })
		broker.cleanup(() => es.close())
		es.response = await new Promise((resolve, reject) => es.request.on('response', resolve).on('error', reject))
		es.request.on('error', () => { es.ended = true })
		es.response.setEncoding('utf8').on('data', (text) => es.take(text))
		es.response.on('end', () => { es.ended = es.clean = true })
		es.response.on('close', () => { es.ended = true }).on('error', () => { es.ended = true })
		es.status = es.response.statusCode
		if (es.status === 200)
			await until('the first control message', () => es.controls.length)
		else
			await until('the end of the answer', () => es.ended)
		return es
	}

	take(text) {
		this.text += text
		if (this.status !== undefined && this.status !== 200)
			return
		const blocks = this.text.split('\n\n')
		this.text = blocks.pop()
		for (const block of blocks)
			this.block(block)
	}

	block(block) {
		const fields = {}
		for (const line of block.split('\n')) {
			const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)
			if (name === '')
				this.comments++
			else if (name in fields)
				throw new Error(`${name} twice in ${JSON.stringify(block)}`)
			else
				fields[name] = value
		}
		if (fields.retry !== undefined)
			this.retry = Number(fields.retry)
		if (fields.id !== undefined)
			this.ids.push(this.id = fields.id)
		if (fields.data === undefined)
			return
		const data = JSON.parse(fields.data)
		if (fields.event === 'weir')
			this.controls.push(data)
		else
			this.messages.push({ ...data, at: fields.id })
	}

	/* The error of an answer that is no stream. */
	get error() {
		return JSON.parse(this.text).error
	}

	get subs() {
		return this.controls[0].subscribed
	}

	data(channel) {
		return this.messages.filter((m) => !channel || m.channel === channel).map((m) => m.data)
	}

	/* The control messages of this kind. */
	said(kind) {
		return this.controls.filter((c) => c[kind]).map((c) => c[kind])
	}

	got(n, what = `${n} events`) {
		return until(`${what}, got ${this.messages.length}`, () => this.messages.length >= n)
	}

	end() {
		return until('the end of the stream', () => this.ended)
	}

	close() {
		this.request.destroy()
	}
}

/* The status and error of a request that must be refused, as "400 107 message". */
async function refused(broker, query, headers) {
	const es = await Events.open(broker, query, headers)
	if (es.status === 200)
		throw new Error(`not refused: ${JSON.stringify(query)}`)
	const { code, message, channel } = es.error
	return { status: es.status, code, message, channel, headers: es.response.headers }
}

module.exports = { Events, refused, target }
