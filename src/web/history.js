// SPDX-License-Identifier: Apache-2.0
// What a channel remembers, newest first, a page at a time.
import { $, text } from './dom.js'
import { eventRow } from './event.js'
import { plural } from './format.js'
import { api } from './session.js'

const PAGE = 50
const NOT_AVAILABLE = 108

export class History {
	constructor() {
		$('history-more').addEventListener('click', () => this.read(false))
		$('history-again').addEventListener('click', () => this.read(true))
	}

	/* null: of none. */
	open(channel) {
		this.channel = channel
		$('history').replaceChildren()
		$('history-more').hidden = true
		text($('history-said'), channel ? 'Reading …' : '')
		if (channel)
			this.read(true)
	}

	async read(anew) {
		const { channel } = this
		this.asked?.abort()
		const asked = this.asked = new AbortController()
		try {
			const since = anew ? undefined : { offset: this.oldest, epoch: this.epoch }
			const result = await api('history', { channel, limit: PAGE, reverse: true, since }, asked.signal)
			if (channel !== this.channel)
				return
			const items = result.publications.map((p) => eventRow(p))
			anew ? $('history').replaceChildren(...items) : $('history').append(...items)
			this.epoch = result.epoch
			this.oldest = result.publications.at(-1)?.offset
			$('history-more').hidden = result.publications.length < PAGE || this.oldest <= 1
			const n = $('history').children.length
			text($('history-said'), `${n ? `The newest ${plural(n, 'event')}` : 'Nothing is kept now'}; offset ${result.offset}, epoch ${result.epoch}.`)
		} catch (err) {
			if (err.name === 'AbortError' || channel !== this.channel)
				return
			$('history-more').hidden = true
			text($('history-said'), err.code === NOT_AVAILABLE ? 'This channel keeps no history (options history_size and history_ttl of its namespace).' : `The history could not be read: ${err.message}.`)
		}
	}
}
