// SPDX-License-Identifier: Apache-2.0
// A subscriber with the centrifuge package as it is; it logs the same lines as lib/client.js. It knows one URL only, so it
// comes through a proxy whose backend is a broker that lives.
'use strict'
const { Centrifuge } = require('centrifuge')
const WebSocket = require('ws')
const { hashOf } = require('./payload')
const { now } = require('./history')

class Sdk {
	/* {name, history, url, channels: [name or {channel, data}]} */
	constructor(options) {
		Object.assign(this, options)
		this.conn = 0
		this.got = 0
		this.subs = new Map()
		const sockets = this.sockets = []
		class Socket extends WebSocket {
			constructor(url, protocols) {
				super(url, protocols, { perMessageDeflate: false })
				sockets.push(this)
			}
		}
		this.client = new Centrifuge(options.url, { websocket: Socket, minReconnectDelay: 20, maxReconnectDelay: 300, timeout: 3000 })
		this.client.on('error', () => {})
		this.client.on('connected', (ctx) => {
			this.conn++
			this.uuid = ctx.client
			this.history.sign(this.name, this.conn, undefined, 'connected')
		})
		this.client.on('connecting', ({ code, reason }) => { if (this.conn) this.history.sign(this.name, this.conn, undefined, 'disconnected', { code, reason }) })
		for (const c of options.channels)
			this.add(typeof c === 'string' ? { channel: c } : c)
	}

	add({ channel, data }) {
		const sub = this.client.newSubscription(channel, { minResubscribeDelay: 20, maxResubscribeDelay: 300, ...(data ? { data } : {}) })
		const state = { channel, pattern: /[*>]/.test(channel), epoch: null, offset: null, live: false, flushed: new Map() }
		this.subs.set(channel, state)
		sub.on('subscribed', (ctx) => {
			const { offset, epoch } = ctx.streamPosition || {}
			const sig = !ctx.wasRecovering ? 'subscribed' : ctx.recovered ? 'recovered' : 'not_recovered'
			state.epoch = ctx.positioned || ctx.recoverable ? epoch : null
			state.offset = offset
			state.live = true
			this.history.sign(this.name, this.conn, channel, sig, state.epoch === null ? {} : { epoch, off: offset })
		})
		sub.on('subscribing', ({ code }) => {
			state.live = false
			if (code === 2500)
				this.history.sign(this.name, this.conn, channel, 'reset', { code })
		})
		sub.on('unsubscribed', ({ code }) => {
			state.live = false
			this.history.sign(this.name, this.conn, channel, 'unsubscribed', { code })
		})
		sub.on('error', () => {})
		sub.on('publication', (p) => this.publication(state, p))
		sub.subscribe()
	}

	publication(state, p) {
		const ch = state.pattern ? p.tags.channel : p.channel
		const dropped = p.tags && p.tags['weir-dropped']
		if (dropped)
			this.history.sign(this.name, this.conn, state.channel, 'gap', { n: dropped === '?' ? '?' : Number(dropped) })
		if (state.epoch !== null && p.offset !== undefined)
			state.offset = p.offset
		this.got++
		this.lastEvent = now()
		this.history.deliver(this.name, this.conn, state.channel, ch, state.epoch, state.epoch === null ? undefined : p.offset, p.data.id, hashOf(ch, p.data))
		if (p.data.id.startsWith('flush'))
			state.flushed.set(ch, p.data.id)
	}

	start() {
		this.client.connect()
		return this
	}

	cut() {
		this.sockets.at(-1)?._socket?.destroy()
	}

	move() {
		this.cut()
	}

	watch() {}

	get live() {
		return [...this.subs.values()].every((sub) => sub.live)
	}

	leave() {
		for (const sub of this.subs.values())
			this.history.sign(this.name, this.conn, sub.channel, 'left')
		this.client.disconnect()
	}
}

module.exports = { Sdk }
