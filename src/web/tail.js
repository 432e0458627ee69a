// SPDX-License-Identifier: Apache-2.0
// The live tail of one channel, or of a pattern: a client of its own, so that a fast channel cannot slow down the numbers,
// with the options a subscriber has. What comes faster than the screen shows is counted and shown in bunches; all of it is bounded.
import { $, text } from './dom.js'
import { eventRow } from './event.js'
import { count, plural } from './format.js'
import { newClient } from './live.js'
import { getToken } from './session.js'

const SHOWN = 200
const RATE_MS = 3000
const FLASH_MAX = 5 // events a second: what comes faster does not light up

function options() {
	const overflow = $('tail-overflow').value
	const filter = $('tail-filter').value.trim()
	const key = $('tail-key').value.trim()
	const rate = Number($('tail-rate').value)
	const queue = Number($('tail-queue').value)
	const asked = {
		...(filter && { filter }), ...(overflow && { overflow }), ...(key && overflow === 'latest' && { key }), ...(rate > 0 && { rate }), ...(queue > 0 && { queue }),
	}
	return Object.keys(asked).length ? { weir: asked } : null
}

export class Tail {
	constructor() {
		$('tail-form').addEventListener('submit', (event) => {
			event.preventDefault()
			this.subscribe()
		})
		$('tail-overflow').addEventListener('change', () => this.keyed())
		$('tail-pause').addEventListener('click', () => this.pause(!this.paused))
		$('tail-clear').addEventListener('click', () => this.clear())
		this.keyed()
	}

	/* A key is an option of "latest" only. */
	keyed() {
		$('tail-keyed').hidden = $('tail-overflow').value !== 'latest'
	}

	pause(paused) {
		this.paused = paused
		$('tail-pause').setAttribute('aria-pressed', String(paused))
		text($('tail-pause'), paused ? 'Go on' : 'Pause')
		if (!paused)
			this.flush()
	}

	clear() {
		this.pending = []
		this.times = []
		this.got = this.dropped = 0
		$('tail').replaceChildren()
		$('tail-none').hidden = false
		this.count()
	}

	open(channel) {
		this.close()
		this.channel = channel
		this.clear()
		this.pause(false)
		this.wrong('')
		this.subscribe()
		this.timer = setInterval(() => this.count(), 500)
	}

	close() {
		clearInterval(this.timer)
		this.channel = null
		this.subscription = null
		this.client?.disconnect()
		this.client = null
	}

	/* The broker is there again, and knows another token. */
	revive() {
		if (this.client?.state !== 'disconnected')
			return
		this.client.setToken(getToken())
		this.client.connect()
	}

	/* Options change only with a new subscribe. */
	subscribe() {
		const { channel } = this
		this.wrong('')
		text($('tail-said'), 'Subscribing …')
		if (!this.client) {
			const client = this.client = newClient()
			client.on('connecting', () => this.client === client && text($('tail-said'), 'Connecting …'))
			client.on('disconnected', (ctx) => this.client === client && text($('tail-said'), `Disconnected: ${ctx.reason}.`))
			client.connect()
		}
		if (!this.subscription) {
			const subscription = this.subscription = this.client.newSubscription(channel)
			const mine = (fn) => (ctx) => this.subscription === subscription && fn(ctx)
			subscription.on('publication', mine((ctx) => this.add(ctx)))
			subscription.on('subscribed', mine((ctx) => this.subscribed(ctx)))
			subscription.on('error', mine((ctx) => text($('tail-said'), `Not subscribed: ${ctx.error.message}. Trying again.`)))
			subscription.on('unsubscribed', mine((ctx) => ctx.code >= 100 && this.refused(ctx.reason)))
		}
		this.subscription.unsubscribe()
		this.subscription.setData(options())
		this.subscription.subscribe()
	}

	subscribed({ data, wasRecovering, recovered }) {
		const granted = data?.weir ? ` with ${JSON.stringify(data.weir)}` : ''
		const lost = wasRecovering && !recovered ? ' Some events between were lost.' : ''
		text($('tail-said'), `Subscribed${granted}.${lost}`)
	}

	refused(reason) {
		text($('tail-said'), 'Not subscribed.')
		this.wrong(reason)
	}

	/* What the broker says of the filter, and an arrow under the place it names. */
	wrong(reason) {
		const filter = $('tail-filter').value
		const place = /^filter: .*?column (\d+)/.exec(reason)
		text($('tail-wrong'), reason)
		$('tail-place').hidden = !place
		text($('tail-place'), place ? `${filter.trim()}\n${' '.repeat(place[1] - 1)}↑` : '')
		reason.startsWith('filter') ? $('tail-filter').setAttribute('aria-invalid', 'true') : $('tail-filter').removeAttribute('aria-invalid')
	}

	add({ data, offset, tags, info, channel }) {
		const now = Date.now()
		this.got++
		this.dropped += Number(tags?.['weir-dropped']) || 0
		this.times.push(now)
		const real = tags?.channel && tags.channel !== this.channel ? tags.channel : channel !== this.channel ? channel : undefined
		this.pending.push([{ data, offset, tags, info, channel: real }, now])
		if (this.pending.length > SHOWN)
			this.pending.shift()
		if (!this.paused && !this.frame)
			this.frame = requestAnimationFrame(() => this.flush())
	}

	flush() {
		cancelAnimationFrame(this.frame)
		this.frame = 0
		const list = $('tail')
		const rows = this.pending.reverse().map(([event, at]) => eventRow(event, at))
		this.pending = []
		list.prepend(...rows)
		while (list.children.length > SHOWN)
			list.lastChild.remove()
		$('tail-none').hidden = list.children.length > 0
	}

	count() {
		const now = Date.now()
		const old = this.times.findIndex((t) => t > now - RATE_MS)
		this.times.splice(0, old < 0 ? this.times.length : old)
		const rate = (this.times.length * 1000) / RATE_MS
		$('tail').classList.toggle('fast', rate > FLASH_MAX)
		text($('tail-count'), `${plural(this.got, 'event')}, ${count(rate)}/s${this.dropped ? `, ${count(this.dropped)} dropped` : ''}${this.paused ? ', paused' : ''}`)
	}
}
