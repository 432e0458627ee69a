// SPDX-License-Identifier: Apache-2.0
// What a case gets: a directory, a seed, a history, and makers of everything else. All of it ends with the case; the directory
// stays when the case fails.
'use strict'
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Broker } = require('./broker')
const { Client } = require('./client')
const { History, now } = require('./history')
const { Http } = require('./http')
const { Proxy } = require('./proxy')
const { Redis, Sentinel } = require('./redis')
const { Workload } = require('./workload')
const { random } = require('./payload')
const { until } = require('../../e2e/lib/broker')

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

class Rig {
	constructor(name, seed) {
		this.name = name
		this.seed = seed
		this.random = random(seed)
		this.dir = fs.mkdtempSync(path.join(process.env.FAULT_TMP || os.tmpdir(), `weir-fault-${name}-`))
		this.history = new History(path.join(this.dir, 'history.jsonl'))
		this.brokers = []
		this.ends = []
		this.clients = []
		this.loads = []
		this.over = false
	}

	/* Runs at the end, last added first. */
	onEnd(fn) {
		this.ends.push(fn)
	}

	async redis(name = 'redis', options = {}, port = 0) {
		return Redis.start(this, name, options, port)
	}

	async sentinel(name, master, ...more) {
		return Sentinel.start(this, name, master, ...more)
	}

	async proxy(backend) {
		const proxy = await Proxy.listen(backend)
		this.onEnd(() => proxy.close())
		return proxy
	}

	/* With the engine that stands at the address; null: memory. */
	async broker(name, address, options = {}) {
		const engine = address ? { type: 'redis', redis: { address, ...(options.redis || {}) } } : {}
		const { redis, started, ...rest } = options
		return Broker.start(this, name, { ...rest, engine: { ...engine, ...rest.engine } }, started)
	}

	client(options) {
		const client = new Client({ history: this.history, random: this.random, home: 0, ...options })
		this.clients.push(client)
		return client.start()
	}

	workload(options) {
		const load = new Workload(this, options)
		this.loads.push(load)
		return load
	}

	mark(what) {
		this.history.write({ op: 'mark', what })
		return now()
	}

	/* value ≤ limit, or the invariant is violated. */
	bound(inv, name, value, limit) {
		this.history.write({ op: 'bound', inv, name, value, limit })
		return value
	}

	atleast(inv, name, value, limit) {
		this.history.write({ op: 'atleast', inv, name, value, limit })
		return value
	}

	broken(inv, text) {
		this.history.write({ op: 'broken', inv, text })
	}

	/* Waits for the condition; that it takes no longer than the limit is the invariant. Returns the ms. */
	async within(inv, name, limit, condition, patience = 3 * limit + 5000) {
		const began = now()
		try {
			await until(name, condition, patience)
		} catch {
			this.broken(inv, `${name}: not within ${patience} ms`)
			return null
		}
		return this.bound(inv, name, Math.round(now() - began), limit)
	}

	/* Asks /health again and again: the longest answer is the longest turn of a loop. stop() returns ms. */
	probe(broker, target = '/health') {
		const http = new Http(broker.port)
		const found = { longest: 0, statuses: {}, over: false }
		const work = (async () => {
			while (!found.over) {
				const began = now()
				const answer = await http.get(target, 10000)
				found.longest = Math.max(found.longest, now() - began)
				found.statuses[answer.status || 'none'] = (found.statuses[answer.status || 'none'] || 0) + 1
				await sleep(10)
			}
			http.close()
		})()
		this.onEnd(() => { found.over = true })
		found.stop = async () => { found.over = true; await work; return found }
		return found
	}

	async end() {
		if (this.over)
			return
		this.over = true
		for (const load of this.loads)
			await load.end()
		for (const client of this.clients)
			client.leave()
		for (const broker of this.brokers)
			await broker.idle()
		for (const broker of this.brokers)
			await broker.end()
		for (const fn of this.ends.reverse())
			await fn()
		this.history.close()
	}

	remove() {
		fs.rmSync(this.dir, { recursive: true, force: true })
	}
}

module.exports = { Rig, sleep, until, now }
