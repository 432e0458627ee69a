// SPDX-License-Identifier: Apache-2.0
// Publishers: lanes that each publish one request after the other over HTTP, at a rate, and log what becomes of each event.
// What is refused, unanswered or unknown is sent again with the same idempotency key, to the next broker.
'use strict'
const { Http } = require('./http')
const { make } = require('./payload')

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const LEVEL = { memory: 'broker', redis: 'master' }

/* ok, fail (surely not stored) or unknown, of one answer of the API. */
function judge(reply) {
	if (reply.result)
		return { op: 'ok', ...reply.result }
	const error = reply.error || {}
	return { op: error.code === 100 && /unknown/.test(error.message) ? 'unknown' : 'fail', why: `${error.code} ${error.message}` }
}

class Lane {
	constructor(publishers, number) {
		this.all = publishers
		this.name = `${publishers.options.name || 'p'}${number}`
		this.seq = 0
		this.at = publishers.options.home ?? number
		this.connections = new Map() // port -> Http
	}

	http() {
		const brokers = this.all.options.brokers
		const port = brokers[this.at % brokers.length].port
		if (!this.connections.has(port))
			this.connections.set(port, new Http(port))
		return this.connections.get(port)
	}

	/* Publishes n events in one request (sequential batch), and repeats what is not acknowledged. Returns those that are. */
	async publish(events) {
		const { history, retry_ms: retry = 30000, more = {} } = this.all.options
		for (const e of events)
			history.invoke(e)
		const end = Date.now() + retry
		let left = events, wait = 10
		for (;;) {
			left = await this.attempt(left, more)
			if (!left.length || Date.now() > end || this.all.abandoned)
				return events.length - left.length
			if (!this.all.options.stay)
				this.at++
			await sleep(wait)
			wait = Math.min(wait * 2, 200)
		}
	}

	async attempt(events, more) {
		const { history, answer_ms: answer = 6000, keys = true, parallel = false } = this.all.options
		const commands = events.map((e) => ({ channel: e.ch, data: e.data, ...(keys ? { idempotency_key: e.id } : {}), ...more, ...e.more }))
		const http = this.http()
		const reply = commands.length === 1 ? await http.post('/api/publish', JSON.stringify(commands[0]), answer)
			: await http.post('/api/batch', JSON.stringify({ parallel, commands: commands.map((publish) => ({ publish })) }), answer)
		const verdicts = this.verdicts(reply, events.length)
		return events.filter((e, i) => {
			const v = verdicts[i]
			this.all.count(v, http.port)
			if (v.op === 'ok')
				history.answer('ok', e, `,"level":"${this.all.options.level}"${v.offset === undefined ? '' : `,"epoch":"${v.epoch}","off":${v.offset}`}`)
			else
				history.answer(v.op, e, `,"why":${JSON.stringify(v.why)}`)
			return v.op !== 'ok'
		})
	}

	verdicts(reply, n) {
		if (reply.error)
			return new Array(n).fill({ op: reply.sent ? 'unknown' : 'fail', why: reply.error })
		if (reply.status !== 200 && reply.status !== 503)
			return new Array(n).fill({ op: 'fail', why: `status ${reply.status}` })
		let answer
		try {
			answer = JSON.parse(reply.body)
		} catch {
			return new Array(n).fill({ op: 'fail', why: `status ${reply.status} ${reply.body.slice(0, 60)}` })
		}
		if (answer.replies)
			return answer.replies.map((r) => judge(r.publish ? { result: r.publish } : r))
		return new Array(n).fill(judge(answer.code ? { error: answer } : answer))
	}

	async run() {
		const { rate, lanes, batch = 1, channels, size = 200, random } = this.all.options
		const gap = 1000 * lanes * batch / rate
		let due = Date.now() + random(Math.max(1, Math.floor(gap)))
		while (!this.all.over) {
			const wait = due - Date.now()
			if (wait > 0)
				await sleep(wait)
			due = Math.max(due + gap, Date.now() - 1000) // late by more than a second: that is not made up for
			if (this.all.over)
				break
			await this.publish(Array.from({ length: batch }, () => make(this.name, ++this.seq, channels[random(channels.length)], 16 + random(size))))
		}
	}

	close() {
		for (const http of this.connections.values())
			http.close()
	}
}

class Publishers {
	/*
	 * {history, brokers: [{port}], channels, lanes, rate, random}, and as wanted: size (bytes at most), batch (events a
	 * request), parallel (they do not wait for each other), home (the first broker, else by turns), stay (never goes to another), keys (idempotency keys, true),
	 * retry_ms, answer_ms, name (of the lanes, before their number), more (members of each request), level.
	 */
	constructor(options) {
		this.options = { level: LEVEL[options.engine || 'redis'], ...options }
		this.lanes = Array.from({ length: options.lanes }, (_, i) => new Lane(this, i))
		this.over = false
		this.counts = { ok: 0, fail: 0, unknown: 0 }
		this.why = {}
	}

	count(verdict) {
		this.counts[verdict.op]++
		if (verdict.why)
			this.why[verdict.why] = (this.why[verdict.why] || 0) + 1
	}

	start() {
		this.work = Promise.all(this.lanes.map((lane) => lane.run()))
		return this
	}

	/* No new events; those under way are repeated until they are acknowledged or too old. `abandon`: not even that. */
	async stop(abandon = false) {
		this.over = true
		this.abandoned = abandon
		await this.work
		for (const lane of this.lanes)
			lane.close()
	}
}

module.exports = { Publishers, Lane, sleep }
