// SPDX-License-Identifier: Apache-2.0
// The clients that are furthest behind, and the button that ends one. A row keeps its element as long as its client is
// there, and rows do not change places while somebody points at them or has the focus in one: nobody disconnects the wrong client.
import { confirmDisconnect } from './confirm.js'
import { $, announce, make, text } from './dom.js'
import { bytes, count, plural, seconds } from './format.js'
import { api } from './session.js'

const FORCE_DISCONNECT = 3503 // SDKs stay away
const FORCE_RECONNECT = 3011  // SDKs come back
const LATE_MS = 1000          // from here on it is worth a colour
const VERY_LATE_MS = 10000
const SHOWN_MIN = 5           // so many are shown even if they keep up

const short = (id) => id.slice(0, 8)
const cell = (label, ...children) => make('td', { role: 'cell', 'data-label': label }, ...children)

/* The subscription that waits longest, or has lost most. */
const worst = (c) => c.subscriptions.reduce((a, b) =>
	(!a || b.waiting > a.waiting || (b.waiting === a.waiting && b.dropped + b.conflated > a.dropped + a.conflated) ? b : a), null)

const policy = (s) => [s.overflow, s.key && `key ${s.key}`, s.rate && `${s.rate}/s`, `queue ${s.queue}`, s.filtered && 'filter'].filter(Boolean).join(', ')

class Row {
	constructor(client, onDisconnect) {
		this.id = client.client
		this.unfold = make('button', {
			type: 'button', class: 'unfold', 'aria-expanded': 'false', title: client.client, onclick: () => this.toggle(),
		}, make('span', { class: 'who' }), make('span', { class: 'id' }, short(client.client)))
		this.transport = make('span', { class: 'sub' })
		this.lag = make('strong')
		this.stalled = make('span', { class: 'sub' })
		this.waiting = make('strong')
		this.bytes = make('span', { class: 'sub' })
		this.fill = make('div', { class: 'meter', 'aria-hidden': 'true' }, make('i'))
		this.lost = make('strong')
		this.lostBytes = make('span', { class: 'sub' })
		this.policy = make('span', { class: 'policy' })
		this.channel = make('span', { class: 'sub' })
		this.button = make('button', { type: 'button', class: 'danger', onclick: () => onDisconnect(this.client) }, 'Disconnect')
		this.element = make('tr', { role: 'row', 'data-client': client.client },
			cell('Client', this.unfold, this.transport), cell('Behind', this.lag, this.stalled), cell('Waits', this.waiting, this.bytes, this.fill),
			cell('Lost', this.lost, this.lostBytes), cell('Policy', this.policy, this.channel), cell('', this.button))
		this.subs = make('ul', { class: 'subs' })
		this.more = make('tr', { role: 'row', class: 'more', hidden: true }, make('td', { role: 'cell', colspan: 6 }, this.subs))
	}

	toggle() {
		this.more.hidden = !this.more.hidden
		this.unfold.setAttribute('aria-expanded', String(!this.more.hidden))
		this.show(this.client, this.own)
	}

	show(c, own) {
		this.client = c
		this.own = own
		const s = worst(c)
		text(this.unfold.firstChild, c.user || 'anonymous')
		text(this.transport, `${c.transport}${c.encoding === 'json' ? '' : `, ${c.encoding}`}${own ? ', this page' : ''}, for ${seconds(Math.round(c.connected_ms / 1000))}`)
		text(this.lag, c.lag_ms ? seconds(c.lag_ms / 1000) : 'keeps up')
		this.lag.dataset.level = c.lag_ms >= VERY_LATE_MS ? 'bad' : c.lag_ms >= LATE_MS ? 'warn' : c.lag_ms ? '' : 'none'
		text(this.stalled, c.stalled_ms ? `takes nothing for ${seconds(c.stalled_ms / 1000)}` : '')
		text(this.waiting, c.queue.events ? c.queue.events.toLocaleString('en') : 'nothing')
		this.waiting.dataset.level = c.queue.events ? '' : 'none'
		text(this.bytes, c.queue.bytes ? `${bytes(c.queue.bytes)} of ${bytes(c.queue.limit)}` : '')
		this.fill.hidden = !c.queue.bytes
		this.element.cells[2].classList.toggle('empty', !c.queue.events)
		this.fill.firstChild.style.width = `${Math.min(100, (100 * c.queue.bytes) / (c.queue.limit || 1))}%`
		text(this.lost, c.dropped.events ? c.dropped.events.toLocaleString('en') : 'nothing')
		this.lost.dataset.level = c.dropped.events ? '' : 'none'
		this.element.cells[3].classList.toggle('empty', !c.dropped.events)
		text(this.lostBytes, c.dropped.bytes ? bytes(c.dropped.bytes) : '')
		text(this.policy, s ? policy(s) : 'no subscription')
		text(this.channel, s ? `${s.channel}${c.subscriptions.length > 1 ? ` and ${c.subscriptions.length - 1} more` : ''}` : '')
		this.button.setAttribute('aria-label', `Disconnect ${c.user || 'anonymous'} ${short(c.client)}`)
		if (!this.more.hidden)
			this.subs.replaceChildren(...c.subscriptions.map((s) => make('li', {},
				make('a', { href: `#/channels/${encodeURIComponent(s.channel)}` }, s.channel),
				make('span', {}, policy(s)),
				make('span', {}, [`${s.waiting} wait`, `${count(s.delivered)} delivered`, s.dropped && `${count(s.dropped)} dropped`, s.conflated && `${count(s.conflated)} replaced`,
					s.withheld && `${count(s.withheld)} withheld by the filter`, s.top !== undefined && `offset ${s.offset ?? 0} of ${s.top}`].filter(Boolean).join(', ')))))
	}

	gone() {
		this.element.classList.add('gone')
		this.button.disabled = true
		text(this.lag, 'gone')
	}
}

export class Slow {
	constructor() {
		this.table = $('slow')
		this.body = this.table.tBodies[0]
		this.rows = new Map()
	}

	/* Somebody is about to press something here. */
	held() {
		return this.body.matches(':hover') || this.body.contains(document.activeElement)
	}

	async disconnect(c) {
		const who = `${c.user || 'anonymous'} (${c.client})`
		const answer = await confirmDisconnect(who)
		if (!answer)
			return
		const how = answer.back ? { code: FORCE_RECONNECT, reason: 'disconnected by an operator' } : { code: FORCE_DISCONNECT, reason: 'disconnected by an operator' }
		try {
			await api('disconnect', { user: c.user, client: c.client, disconnect: how })
			this.say(`${who} is disconnected.`)
			this.rows.get(c.client)?.gone()
		} catch (err) {
			this.say(`${who} could not be disconnected: ${err.message}`, true)
		}
	}

	say(what, wrong = false) {
		text($('slow-said'), what)
		$('slow-said').classList.toggle('wrong', wrong)
		$('slow-said').hidden = false
		clearTimeout(this.timer)
		this.timer = setTimeout(() => { $('slow-said').hidden = true }, 8000)
		announce(what)
	}

	show(all, own) {
		const clients = all.filter((c, i) => i < SHOWN_MIN || c.lag_ms || c.queue.events || c.dropped.events)
		const there = new Set(clients.map((c) => c.client))
		const held = this.held()
		for (const [id, row] of this.rows) {
			if (there.has(id))
				continue
			if (held) {
				row.gone()
				continue
			}
			row.element.remove()
			row.more.remove()
			this.rows.delete(id)
		}
		clients.forEach((c) => {
			let row = this.rows.get(c.client)
			if (!row) {
				row = new Row(c, (client) => this.disconnect(client))
				this.rows.set(c.client, row)
				this.body.append(row.element, row.more)
			}
			row.show(c, c.client === own)
		})
		if (!held)
			this.order(clients)
		const behind = clients.filter((c) => c.lag_ms > 0).length
		text($('slow-summary'), !clients.length ? 'Nobody is connected.' : !behind ? 'Everybody keeps up.' : `${plural(behind, 'client')} behind${behind === clients.length && behind >= 10 ? ' or more' : ''}.`)
		this.table.hidden = !this.rows.size
	}

	order(clients) {
		let at = this.body.firstChild
		for (const c of clients) {
			const row = this.rows.get(c.client)
			if (at === row.element) {
				at = row.more.nextSibling
			} else {
				this.body.insertBefore(row.element, at)
				this.body.insertBefore(row.more, at)
			}
		}
	}
}
