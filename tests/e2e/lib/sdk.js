// SPDX-License-Identifier: Apache-2.0
// The centrifuge package over `ws`, with what tests need around it: its socket can be destroyed, its events awaited.
'use strict'
const { Centrifuge } = require('centrifuge')
const WebSocket = require('ws')
const { until } = require('./broker')

/* A client of the broker, closed with it. `client.cut()` destroys the socket as a pulled plug would, without a close frame. */
function connect(broker, options = {}) {
	const sockets = []
	class Socket extends WebSocket {
		constructor(...args) {
			super(...args)
			sockets.push(this)
			this.frames = []
			this.on('message', (data) => this.frames.push(data.toString()))
		}
	}
	const client = new Centrifuge(options.url || broker.ws, {
		websocket: Socket, minReconnectDelay: 20, maxReconnectDelay: 200, ...options,
	})
	client.sockets = sockets
	client.frames = () => sockets.flatMap((s) => s.frames)
	client.cut = () => sockets.at(-1)._socket?.destroy() // one that is not open yet is left alone
	client.seen = record(client, ['connecting', 'connected', 'disconnected', 'subscribed', 'unsubscribed', 'publication', 'error', 'join', 'leave'])
	client.connect()
	broker.cleanup(() => client.disconnect())
	return client
}

/* Everything an emitter says, in order: [{event, ...context}]. */
function record(emitter, events) {
	const seen = []
	for (const event of events)
		emitter.on(event, (ctx) => seen.push({ event, ...ctx }))
	return seen
}

/* A subscription that records; `wait` false does not wait until it is subscribed. */
async function subscribe(client, channel, options = {}, wait = true) {
	const sub = client.newSubscription(channel, { minResubscribeDelay: 20, maxResubscribeDelay: 200, ...options })
	sub.seen = record(sub, ['subscribing', 'subscribed', 'unsubscribed', 'publication', 'join', 'leave', 'error'])
	sub.pubs = () => sub.seen.filter((e) => e.event === 'publication')
	sub.subscribe()
	if (wait)
		await sub.ready()
	return sub
}

const event = (emitter, name, count = 1) =>
	until(`${name} × ${count}; seen ${emitter.seen.map((e) => e.event)}`, () => emitter.seen.filter((e) => e.event === name)[count - 1])

const publications = (sub, count) =>
	until(`${count} publications on ${sub.channel}`, () => sub.pubs().length >= count && sub.pubs())

module.exports = { connect, subscribe, event, publications, record }
