// SPDX-License-Identifier: Apache-2.0
// A lean subscriber: the JSON protocol over `ws`, with recovery, as the SDKs do it and with little to pay, so that thousands
// fit into one process. All that it sees goes to the history. It goes to another broker when its own is away, or when told.
'use strict'
const WebSocket = require('ws')
const { hashOf } = require('./payload')
const { now } = require('./history')

const MIN_DELAY_MS = 20, MAX_DELAY_MS = 300
const SLACK_MS = 3000 // after the ping that did not come

class Subscription {
	constructor(client, channel, data) {
		this.client = client
		this.channel = channel
		this.data = data
		this.pattern = /[*>]/.test(channel)
		this.epoch = null // a position, once it has one
		this.offset = null
		this.live = false
		this.flushed = new Map() // channel -> the last round of the flush that came, see workload.js
	}

	request() {
		const request = { channel: this.channel }
		if (this.epoch !== null)
			Object.assign(request, { recover: true, epoch: this.epoch, offset: this.offset })
		if (this.data)
			request.data = this.data
		return request
	}
}

class Client {
	/* {name, history, random, urls(): [ws url], home (index), channels: [name or {channel, data}], token, uuid} */
	constructor(options) {
		Object.assign(this, options)
		this.subs = new Map()
		for (const c of options.channels) {
			const sub = typeof c === 'string' ? new Subscription(this, c) : new Subscription(this, c.channel, c.data)
			this.subs.set(sub.channel, sub)
		}
		this.at = options.home || 0
		this.conn = 0
		this.delay = 0
		this.id = 0
		this.over = false
		this.got = 0
		this.signs = {} // how often
	}

	start() {
		this.open()
		return this
	}

	open() {
		const urls = this.urls()
		const socket = new WebSocket(urls[this.at % urls.length], { perMessageDeflate: false, skipUTF8Validation: true })
		this.socket = socket
		this.conn++
		this.pending = new Map()
		this.heard = now()
		this.ping = 25000
		socket.on('open', () => this.ask({ connect: this.token ? { token: this.token } : {} }, (r) => this.connected(r)))
		socket.on('message', (data) => { if (this.socket === socket) this.frame(data.toString()) })
		socket.on('error', () => {})
		socket.on('close', (code, reason) => { if (this.socket === socket) this.closed(code, reason.toString()) })
	}

	ask(command, answer) {
		this.pending.set(++this.id, answer)
		this.send(JSON.stringify({ id: this.id, ...command }))
	}

	send(text) {
		if (this.socket && this.socket.readyState === WebSocket.OPEN)
			this.socket.send(text)
	}

	frame(text) {
		this.heard = now()
		for (const line of text.split('\n')) {
			if (!line)
				continue
			if (line === '{}') {
				this.send('{}')
				continue
			}
			const o = JSON.parse(line)
			if (o.push)
				this.push(o.push)
			else if (o.id !== undefined)
				this.reply(o)
		}
	}

	reply(o) {
		const answer = this.pending.get(o.id)
		this.pending.delete(o.id)
		if (answer)
			answer(o)
	}

	connected(r) {
		if (r.error)
			return this.cut()
		this.delay = 0
		this.uuid = r.connect.client
		this.ping = (r.connect.ping || 25) * 1000
		this.history.sign(this.name, this.conn, undefined, 'connected', { broker: this.at })
		const lines = [...this.subs.values()].map((sub) => this.command(sub))
		return this.send(lines.join('\n'))
	}

	command(sub) {
		this.pending.set(++this.id, (r) => this.subscribed(sub, r))
		return JSON.stringify({ id: this.id, subscribe: sub.request() })
	}

	subscribe(sub) {
		this.send(this.command(sub))
	}

	subscribed(sub, { subscribe: r, error }) {
		const conn = this.conn
		if (error) {
			this.history.sign(this.name, conn, sub.channel, 'refused', { code: error.code })
			this.refused = error
			setTimeout(() => { if (this.conn === conn && !this.over) this.subscribe(sub) }, 50 + this.random(100)).unref()
			return
		}
		const positioned = r.positioned || r.recoverable
		const sig = sub.epoch === null ? 'subscribed' : r.recovered ? 'recovered' : 'not_recovered'
		const epoch = positioned ? r.epoch : null, offset = positioned ? r.offset || 0 : null
		this.signs[sig] = (this.signs[sig] || 0) + 1
		this.history.sign(this.name, conn, sub.channel, sig, positioned ? { epoch, off: offset } : {})
		Object.assign(sub, { epoch, offset, live: true, told: sub.told || sig === 'not_recovered' })
		for (const p of r.publications || [])
			this.publication(sub, p)
	}

	push(push) {
		const sub = this.subs.get(push.channel)
		if (push.pub && sub)
			this.publication(sub, push.pub)
		else if (push.unsubscribe && sub)
			this.unsubscribed(sub, push.unsubscribe)
		else if (push.disconnect)
			this.farewell = push.disconnect
		else if (this.others && (push.join || push.leave))
			this.others(push)
	}

	unsubscribed(sub, { code }) {
		sub.live = false
		this.history.sign(this.name, this.conn, sub.channel, code === 2500 ? 'reset' : 'unsubscribed', { code })
		if (code >= 2500)
			this.subscribe(sub)
	}

	publication(sub, p) {
		const ch = p.channel || sub.channel
		const dropped = p.tags && p.tags['weir-dropped']
		if (dropped)
			this.history.sign(this.name, this.conn, sub.channel, 'gap', { n: dropped === '?' ? '?' : Number(dropped) })
		if (p.offset !== undefined && sub.epoch !== null)
			sub.offset = p.offset
		this.got++
		this.lastEvent = now()
		this.history.deliver(this.name, this.conn, sub.channel, ch, sub.epoch, sub.epoch === null ? undefined : p.offset, p.data.id, hashOf(ch, p.data))
		if (p.data.id.startsWith('flush'))
			sub.flushed.set(ch, p.data.id)
	}

	closed(code, reason) {
		this.socket = null
		for (const sub of this.subs.values())
			sub.live = false
		this.history.sign(this.name, this.conn, undefined, 'disconnected', { code, reason })
		if (this.over || this.paused)
			return
		this.at++
		this.again()
	}

	/* The first try at once, then later and later. */
	again() {
		const wait = this.delay && this.delay / 2 + this.random(this.delay)
		this.delay = Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, this.delay * 2))
		this.timer = setTimeout(() => { if (!this.over) this.open() }, wait)
	}

	/* The plug is pulled. */
	cut() {
		const socket = this.socket
		if (!socket)
			return
		socket.terminate()
	}

	/* Offline, until unpause(). */
	pause() {
		this.paused = true
		clearTimeout(this.timer)
		this.cut()
	}

	unpause() {
		this.paused = false
		this.delay = 0
		this.again()
	}

	/* To be called now and then: a server that says nothing any more is left. */
	watch() {
		if (this.socket && now() - this.heard > this.ping + SLACK_MS)
			this.cut()
	}

	/* Leaves its broker for another (the next, or this one). */
	move(to) {
		if (to !== undefined)
			this.at = to - 1
		this.cut()
	}

	get live() {
		return [...this.subs.values()].every((sub) => sub.live)
	}

	leave() {
		this.over = true
		clearTimeout(this.timer)
		for (const sub of this.subs.values())
			this.history.sign(this.name, this.conn, sub.channel, 'left')
		this.cut()
	}
}

module.exports = { Client }
