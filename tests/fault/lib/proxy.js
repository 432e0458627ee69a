// SPDX-License-Identifier: Apache-2.0
// A TCP proxy that misbehaves on request: it cuts, stalls, delays, truncates, refuses, resets and changes its backend, for
// all connections or for those that a function picks, in both directions or in one. "up" is from the client to the backend,
// "down" is the other way. What a connection is for can be told by what it said: conn.said(/XREAD/i).
'use strict'
const net = require('node:net')

const HEARD_BYTES = 65536 // of the newest bytes up, for said()

class Connection {
	constructor(proxy, client) {
		this.proxy = proxy
		this.client = client
		this.bytes = { up: 0, down: 0 }
		this.stalled = { up: false, down: false }
		this.waiting = { up: [], down: [] } // for the end of a stall
		this.delayed = { up: [], down: [] }
		this.limit = { up: Infinity, down: Infinity }
		this.delay = { up: proxy.delays.up, down: proxy.delays.down }
		this.heard = ''
		this.swallow = null
		const [host, port] = proxy.target()
		this.backend = net.connect({ host, port, noDelay: true })
		client.setNoDelay(true)
		this.pipe('up', client, this.backend)
		this.pipe('down', this.backend, client)
		for (const socket of [client, this.backend]) {
			socket.on('error', () => {})
			socket.on('close', () => this.cut())
		}
		if (proxy.stalls.up)
			this.stall('up')
		if (proxy.stalls.down)
			this.stall('down')
	}

	pipe(way, from, to) {
		from.on('data', (data) => {
			if (way === 'up')
				this.hear(data)
			else if (this.swallow)
				return this.answered()
			this.bytes[way] += data.length
			const left = this.limit[way] - (this.bytes[way] - data.length)
			if (left < data.length) {
				to.end(data.subarray(0, Math.max(0, left)), () => this.cut(this.cutHow))
				this.limit[way] = -1
				return undefined
			}
			return this.pass(way, to, data, from)
		})
		from.on('end', () => this.later(way, () => { if (!to.destroyed) to.end() }))
	}

	pass(way, to, data, from) {
		this.later(way, () => {
			if (!to.destroyed && !to.write(data)) {
				from.pause()
				to.once('drain', () => { if (!this.stalled[way]) from.resume() })
			}
		})
	}

	/* In order: at once, after the delay, or when the stall is over. */
	later(way, fn) {
		const delayed = this.delayed[way]
		if (this.stalled[way]) {
			this.waiting[way].push(fn)
		} else if (this.delay[way] || delayed.length) {
			delayed.push(fn)
			setTimeout(() => this.stalled[way] ? this.waiting[way].push(delayed.shift()) : delayed.shift()(), this.delay[way])
		} else {
			fn()
		}
	}

	hear(data) {
		this.heard = (this.heard + data.toString('latin1')).slice(-HEARD_BYTES)
		const trap = this.proxy.trap
		if (trap && trap.left > 0 && trap.pattern.test(data.toString('latin1'))) {
			trap.left--
			this.swallow = trap
		}
	}

	/* The backend has answered what the trap was for: nobody will know. */
	answered() {
		this.swallow.sprung++
		this.cut('rst')
	}

	said(pattern) {
		return pattern.test(this.heard)
	}

	stall(way) {
		this.stalled[way] = true
		const from = way === 'up' ? this.client : this.backend
		from.pause()
	}

	resume(way) {
		this.stalled[way] = false
		for (const fn of this.waiting[way].splice(0))
			fn()
		const from = way === 'up' ? this.client : this.backend
		if (!from.destroyed)
			from.resume()
	}

	/* Passes n more bytes and cuts then. */
	truncate(way, n, how = 'fin') {
		this.cutHow = how
		this.limit[way] = this.bytes[way] + n
	}

	cut(how = 'fin') {
		this.proxy.connections.delete(this)
		for (const socket of [this.client, this.backend]) {
			if (socket.destroyed)
				continue
			if (how === 'rst')
				socket.resetAndDestroy()
			else
				socket.destroy()
		}
	}
}

const WAYS = { up: ['up'], down: ['down'], both: ['up', 'down'] }
const any = () => true

class Proxy {
	/* The backend: [host, port], or a function that returns it for each new connection. */
	static async listen(backend, port = 0) {
		const proxy = new Proxy()
		proxy.connections = new Set()
		proxy.backend = backend
		proxy.delays = { up: 0, down: 0 }
		proxy.stalls = { up: false, down: false }
		proxy.accepted = 0
		proxy.dead = null
		proxy.port = port
		await proxy.accept()
		return proxy
	}

	target() {
		return typeof this.backend === 'function' ? this.backend() : this.backend
	}

	accept() {
		this.server = net.createServer({ allowHalfOpen: true }, (socket) => {
			this.accepted++
			if (this.dead === 'rst')
				socket.on('error', () => {}).resetAndDestroy()
			else
				this.connections.add(new Connection(this, socket))
		})
		return new Promise((resolve, reject) => {
			this.server.once('error', reject)
			this.server.listen(this.port, '127.0.0.1', () => { this.port = this.server.address().port; resolve() })
		})
	}

	/* New connections are refused (nobody listens) until accept(). Those that are open stay. */
	refuse() {
		return new Promise((resolve) => { this.server.close(); setImmediate(resolve) })
	}

	/* New connections are accepted and reset at once, until reset(false). */
	reset(on = true) {
		this.dead = on ? 'rst' : null
	}

	swap(backend) {
		this.backend = backend
	}

	pick(which = any) {
		return [...this.connections].filter(which)
	}

	cut({ which, how } = {}) {
		const picked = this.pick(which)
		for (const c of picked)
			c.cut(how)
		return picked.length
	}

	/* Nothing passes, nothing is closed: a cable that is pulled. New connections stall as well. */
	stall(way = 'both', which) {
		for (const w of WAYS[way]) {
			if (!which)
				this.stalls[w] = true
			for (const c of this.pick(which))
				c.stall(w)
		}
	}

	resume(way = 'both') {
		for (const w of WAYS[way]) {
			this.stalls[w] = false
			for (const c of this.connections)
				c.resume(w)
		}
	}

	delay(ms, way = 'both') {
		for (const w of WAYS[way]) {
			this.delays[w] = ms
			for (const c of this.connections)
				c.delay[w] = ms
		}
	}

	truncate(n, { way = 'down', which, how } = {}) {
		const picked = this.pick(which)
		for (const c of picked)
			c.truncate(way, n, how)
		return picked.length
	}

	/* The next `times` requests that match reach the backend, and their answers are swallowed and the connection reset. */
	cutReplyTo(pattern, times = 1) {
		this.trap = { pattern, left: times, sprung: 0 }
		return this.trap
	}

	async close() {
		this.cut()
		await this.refuse()
	}
}

module.exports = { Proxy }
