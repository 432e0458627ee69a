// SPDX-License-Identifier: Apache-2.0
// One channel: its tail, its history, who is present, and a form to publish to it.
import { $, announce, make, text } from './dom.js'
import { plural } from './format.js'
import { History } from './history.js'
import { api } from './session.js'
import { Tail } from './tail.js'

const NOT_AVAILABLE = 108
const PRESENT_SHOWN = 100
const PRESENCE_MS = 5000

export class Channel {
	constructor() {
		this.tail = new Tail()
		this.history = new History()
		this.name = null
		$('publish-form').addEventListener('submit', (event) => {
			event.preventDefault()
			this.publish()
		})
		$('publish-data').addEventListener('keydown', (event) => {
			if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
				event.preventDefault()
				this.publish()
			}
		})
	}

	/* null: none. */
	open(name) {
		if (name === this.name)
			return
		this.name = name
		clearTimeout(this.timer)
		$('channel').hidden = name === null
		$('channel-none').hidden = name !== null
		$('explorer').classList.toggle('open', name !== null)
		text($('channel-name'), name ?? '')
		text($('publish-said'), '')
		$('publish-said').classList.remove('wrong')
		this.history.open(name)
		name === null ? this.tail.close() : this.tail.open(name)
		if (name !== null) {
			this.presence()
			$('channel-name').focus({ preventScroll: true })
		}
	}

	async presence() {
		const { name } = this
		try {
			const { presence } = await api('presence', { channel: name })
			if (name !== this.name)
				return
			const clients = Object.entries(presence)
			const users = new Set(clients.map(([, info]) => info.user))
			text($('presence-said'), clients.length ? `${plural(clients.length, 'client')} of ${plural(users.size, 'user')}${clients.length > PRESENT_SHOWN ? `; the first ${PRESENT_SHOWN}:` : ':'}` : 'Nobody is present.')
			$('presence').replaceChildren(...clients.slice(0, PRESENT_SHOWN).map(([id, info]) => make('li', { title: id }, make('span', { class: 'who' }, info.user || 'anonymous'), make('span', { class: 'id' }, id.slice(0, 8)))))
		} catch (err) {
			if (name !== this.name)
				return
			$('presence').replaceChildren()
			text($('presence-said'), err.code === NOT_AVAILABLE ? 'This channel has no presence (option presence of its namespace).' : `Presence could not be read: ${err.message}.`)
			if (err.code === NOT_AVAILABLE)
				return
		}
		this.timer = setTimeout(() => this.presence(), PRESENCE_MS)
	}

	async publish() {
		const channel = this.name
		const said = (what, wrong) => {
			text($('publish-said'), what)
			$('publish-said').classList.toggle('wrong', wrong)
			wrong ? $('publish-data').setAttribute('aria-invalid', 'true') : $('publish-data').removeAttribute('aria-invalid')
			announce(what)
		}
		let data
		try {
			data = JSON.parse($('publish-data').value)
		} catch (err) {
			said(`Not valid JSON: ${err.message}`, true)
			return
		}
		try {
			const { offset } = await api('publish', { channel, data })
			said(offset ? `Published with offset ${offset}.` : 'Published.', false)
			if (channel === this.name && offset)
				this.history.read(true)
		} catch (err) {
			said(`Not published: ${err.message}.`, true)
		}
	}
}
