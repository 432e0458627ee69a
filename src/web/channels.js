// SPDX-License-Identifier: Apache-2.0
// The list of channels that somebody is subscribed to: searched by the broker, sorted and shown page by page here, so that ten
// thousand are no more work for the browser than fifty. One question at a time; the list comes again by itself while it is seen.
import { $, make, text } from './dom.js'
import { count, plural } from './format.js'
import { linkTo } from './router.js'
import { api } from './session.js'

const PAGE = 50
const TYPING_MS = 200
const AGAIN_MS = 5000
const AGAIN_COST = 20 // rest this many times as long as an answer took
const OWN = '$weir:'  // the broker's own channels

const ORDERS = {
	clients: (a, b) => b.clients - a.clients || (a.name < b.name ? -1 : 1),
	name: (a, b) => (a.name < b.name ? -1 : 1),
}

export class Channels {
	constructor() {
		this.list = []
		this.page = 0
		this.shown = false
		this.open = null
		$('search').addEventListener('input', () => {
			this.page = 0
			this.later(TYPING_MS)
			this.show()
		})
		$('search-form').addEventListener('submit', (event) => {
			event.preventDefault()
			const name = $('search').value.trim()
			const only = this.list.length === 1 ? this.list[0].name : name
			if (only)
				location.hash = linkTo(this.list.some((c) => c.name === name) ? name : only)
		})
		$('sort').addEventListener('change', () => this.sort())
		$('before').addEventListener('click', () => this.turn(-1))
		$('after').addEventListener('click', () => this.turn(1))
		document.addEventListener('visibilitychange', () => this.later(0))
	}

	/* Whether the view is seen, and which channel is open. */
	route(shown, open) {
		this.open = open
		if (shown && !this.shown)
			this.later(0)
		this.shown = shown
		if (shown)
			this.show()
	}

	later(ms) {
		clearTimeout(this.timer)
		this.timer = setTimeout(() => this.ask(), ms)
	}

	async ask() {
		if (!this.shown || document.hidden || document.body.classList.contains('out'))
			return
		this.asked?.abort()
		const asked = this.asked = new AbortController()
		const began = performance.now()
		try {
			const typed = $('search').value.trim()
			const result = await api('channels', typed ? { pattern: /[*?[{]/.test(typed) ? typed : `*${typed}*` } : {}, asked.signal)
			this.list = Object.entries(result.channels).filter(([name]) => !name.startsWith(OWN)).map(([name, c]) => ({ name, clients: c.num_clients }))
			this.missing = result.missing?.length ?? 0
			this.wrong = ''
			this.known = true
			this.sort()
		} catch (err) {
			if (err.name === 'AbortError')
				return
			this.wrong = err.message
			this.show()
		}
		if (asked === this.asked)
			this.later(Math.max(AGAIN_MS, AGAIN_COST * (performance.now() - began)))
	}

	sort() {
		this.list.sort(ORDERS[$('sort').value])
		this.show()
	}

	turn(by) {
		this.page += by
		this.show()
		$('channel-list').scrollTop = 0
	}

	show() {
		const pages = Math.max(1, Math.ceil(this.list.length / PAGE))
		this.page = Math.min(Math.max(0, this.page), pages - 1)
		const from = this.page * PAGE
		const part = this.list.slice(from, from + PAGE)
		const list = $('channel-list')
		while (list.children.length > part.length)
			list.lastChild.remove()
		part.forEach((c, i) => {
			const item = list.children[i] ?? list.appendChild(make('li', {}, make('a', {}, make('span', { class: 'name' }), make('span', { class: 'n' }), make('span', { class: 'sr' }))))
			const link = item.firstChild
			link.href = linkTo(c.name)
			c.name === this.open ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current')
			text(link.children[0], c.name)
			text(link.children[1], count(c.clients))
			text(link.children[2], c.clients === 1 ? ' client' : ' clients')
		})
		$('before').disabled = this.page === 0
		$('after').disabled = this.page >= pages - 1
		$('pager').hidden = pages === 1
		text($('page-of'), `${(from + 1).toLocaleString('en')}–${(from + part.length).toLocaleString('en')} of ${this.list.length.toLocaleString('en')}`)
		const typed = $('search').value.trim()
		text($('channels-said'), this.wrong ? `The list could not be read: ${this.wrong}`
			: !this.known ? 'Reading …'
			: `${this.list.length ? plural(this.list.length, 'channel') : typed ? 'No active channel matches.' : 'No channel has a subscriber now.'}${this.missing ? ` (${plural(this.missing, 'broker')} did not answer)` : ''}`)
		$('channels-said').classList.toggle('wrong', Boolean(this.wrong))
		$('open-typed').hidden = !typed || this.list.some((c) => c.name === typed)
		$('open-typed').href = linkTo(typed)
		text($('open-typed-name'), typed)
	}
}
