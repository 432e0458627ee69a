// SPDX-License-Identifier: Apache-2.0
// Publishers and subscribers of a case: channels with and without history, an ordered namespace, patterns, the whole bus, a
// channel that nobody may read. Lean clients that go from broker to broker, and the centrifuge package behind a proxy.
'use strict'
const { Publishers, Lane, sleep } = require('./publishers')
const { Sdk } = require('./sdk')
const { make } = require('./payload')
const { matcher } = require('./checker')
const { now } = require('./history')
const { until } = require('../../e2e/lib/broker')

const SECRET = '$live:one' // private: it is not on a client's bus
const BUS = { weir: { queue: 100000 } }

class Workload {
	/*
	 * {brokers, engine}, and as wanted: plain, live, ordered, wild, brief (numbers of channels), exact, patterns, bus, sdks
	 * (numbers of clients), each (channels of an exact client), rate, lanes, batch, size, move_ms (a random client moves
	 * that often), and what Publishers take.
	 */
	constructor(rig, options) {
		this.rig = rig
		this.options = { plain: 8, live: 3, ordered: 4, wild: 3, brief: 0, exact: 8, patterns: 2, bus: 1, sdks: 2, each: 5, rate: 500, lanes: 8, size: 200, ...options }
		this.brokers = options.brokers
		const names = (n, prefix) => Array.from({ length: n }, (_, i) => `${prefix}${i}`)
		const o = this.options
		this.plain = [...names(o.plain, 'c'), ...names(o.brief, 'brief:b'), ...names(o.live, 'live:l')]
		this.more = [...names(o.ordered, 'ordered:x.o'), ...names(o.wild, 'wild:w.w')]
		this.channels = o.channels || [...this.plain, ...this.more]
		this.subscribers = []
		this.round = 0
		this.flusher = 0
	}

	/* Connects everybody, and waits until all are subscribed. */
	async connect() {
		const { rig, options: o } = this
		rig.history.write({ op: 'forbid', ch: SECRET })
		const urls = () => this.brokers.map((b) => b.ws)
		const pick = (list, n) => list.length <= n ? [...list] : Array.from({ length: n }, (_, i) => list[(this.subscribers.length * 3 + i) % list.length])
		for (let i = 0; i < o.exact; i++)
			this.add(rig.client({ name: `exact${i}`, urls, home: i, channels: pick(this.plain, o.each) }))
		for (let i = 0; i < o.patterns; i++)
			this.add(rig.client({ name: `pattern${i}`, urls, home: i, channels: [
				{ channel: 'ordered:>', data: BUS }, { channel: 'ordered:*.o1', data: BUS }, { channel: 'wild:w.*', data: BUS }] }))
		for (let i = 0; i < o.bus; i++)
			this.add(rig.client({ name: `bus${i}`, urls, home: i + 1, channels: [{ channel: '>', data: BUS }] }))
		for (let i = 0; i < o.sdks; i++)
			this.add(await this.sdk(i, pick))
		await until('everybody is subscribed', () => this.subscribers.every((s) => s.live), 30000)
		this.watcher = setInterval(() => { for (const s of this.subscribers) s.watch() }, 500)
		if (o.move_ms)
			this.mover = setInterval(() => this.subscribers[rig.random(this.subscribers.length)].move(), o.move_ms)
		return this
	}

	async sdk(i, pick) {
		let at = i
		const proxy = await this.rig.proxy(() => ['127.0.0.1', this.brokers[at++ % this.brokers.length].port])
		const channels = [...pick(this.plain, 3), { channel: 'ordered:>', data: BUS }, { channel: 'wild:w.*', data: BUS }]
		const sdk = new Sdk({ name: `sdk${i}`, history: this.rig.history, url: `ws://127.0.0.1:${proxy.port}/connection/websocket`, channels })
		sdk.proxy = proxy
		this.rig.clients.push(sdk)
		return sdk.start()
	}

	add(subscriber) {
		this.subscribers.push(subscriber)
		return subscriber
	}

	publish(more = {}) {
		const { rig, options: o } = this
		this.publishers = new Publishers({ history: rig.history, engine: o.engine, channels: [...this.channels, SECRET], random: rig.random, brokers: this.brokers, ...o, ...more }).start()
		return this
	}

	/* No more events from now on. */
	async quiet(abandon) {
		clearInterval(this.mover)
		if (this.publishers)
			await this.publishers.stop(abandon)
	}

	owes(subscriber, ids) {
		for (const sub of subscriber.subs.values()) {
			const match = matcher(sub.channel)
			for (const [ch, id] of ids)
				if (match(ch) && sub.flushed.get(ch) !== id)
					return true
		}
		return false
	}

	/*
	 * The end of a run: one more event in each channel, until everybody who has something to do with it has it. Rounds
	 * that a new epoch swallows are repeated. That it takes longer than `limit` violates I9.
	 */
	async flush(limit = 10000) {
		const began = now()
		await this.quiet()
		const { rig } = this
		const lanes = new Publishers({ history: rig.history, engine: this.options.engine, brokers: this.brokers, name: 'flush', lanes: 1, channels: [], random: rig.random })
		lanes.lanes[0].name = 'flush'
		lanes.lanes[0].seq = this.flusher
		let done = false
		for (let round = 1; round <= 3 && !done; round++) {
			const events = this.channels.map((ch) => make('flush', ++lanes.lanes[0].seq, ch, 16))
			for (const e of events)
				await lanes.lanes[0].publish([e])
			const ids = events.map((e) => [e.ch, e.id])
			done = await until('the last events', () => this.subscribers.every((s) => s.live && !this.owes(s, ids)), limit).catch(() => false)
		}
		this.flusher = lanes.lanes[0].seq
		lanes.lanes[0].close()
		if (!done)
			rig.broken('I9', `not everybody had the last events after ${limit} ms, three times: ${this.subscribers.filter((s) => !s.live).map((s) => s.name)} not subscribed`)
		return Math.round(now() - began)
	}

	/* What the store has in the end, for channels whose history holds all. */
	async kept(broker = this.brokers[0]) {
		for (const ch of this.channels.filter((c) => /^(c|wild:|ordered:)/.test(c))) {
			const ids = []
			for (let since; ;) {
				const page = await broker.api('history', { channel: ch, limit: 5000, since })
				ids.push(...page.publications.map((p) => p.data.id))
				if (page.publications.length < 5000)
					break
				since = { epoch: page.epoch, offset: page.publications.at(-1).offset }
			}
			this.rig.history.write({ op: 'kept', ch, ids })
		}
	}

	/* ms until all are subscribed, from now on. */
	async back(limit, inv = 'I9') {
		await sleep(50) // until who lost its connection knows
		return this.rig.within(inv, 'everybody is subscribed again', limit, () => this.subscribers.every((s) => s.live))
	}

	get counts() {
		return this.publishers.counts
	}

	async end() {
		clearInterval(this.watcher)
		clearInterval(this.mover)
		if (this.publishers)
			await this.publishers.stop(true)
	}
}

module.exports = { Workload, Lane, SECRET, sleep }
