// SPDX-License-Identifier: Apache-2.0
// The page /queues.html: three clients of the broker on one fast channel (scripts/feed-prices publishes there), each with
// other options in data.weir. A client has a channel once, hence three connections.
import { Centrifuge } from './lib.js'
import { copyButtons } from './copy.js'
import { endpoint } from './format.js'
import { Strip } from './strip.js'

const CHANNEL = 'prices'
const RATE_MS = 5000    // events per second are a mean over this
const DRAW_MS = 50
const STILL_MS = 1000   // between two drawings for those who want no motion
const SILENCE_MS = 5000 // this long without an event of the first panel: say so
const SLOW = { overflow: 'drop_oldest', rate: 1, queue: 8 }
const LATEST = { overflow: 'latest', key: 'data.sym', rate: 2 }
const EXAMPLES = [`data.sym = 'BTC'`, `data.change > 0.5 OR data.change < -0.5`, `data.price < 10.0 AND data.sym != 'ADA'`]
const MISTAKE = `data.sym IN ('BTC'`

const $ = (id) => document.getElementById(id)
const still = matchMedia('(prefers-reduced-motion: reduce)')

class Panel {
	constructor(id, colour, options) {
		this.element = $(id)
		this.strip = new Strip(this.element.querySelector('canvas'), colour)
		this.rows = new Map()
		this.onRefused = () => {}
		this.client = new Centrifuge(endpoint(), { minReconnectDelay: 200, maxReconnectDelay: 3000 })
		this.client.on('connecting', showState).on('connected', showState).on('disconnected', showState)
		this.subscription = this.client.newSubscription(CHANNEL)
		this.subscription.on('publication', (ctx) => this.got(ctx))
		this.subscription.on('unsubscribed', (ctx) => ctx.code >= 100 && this.onRefused(ctx.reason))
		this.ask(options)
		this.client.connect()
	}

	field(name) {
		return this.element.querySelector(`[data-value="${name}"]`)
	}

	/* Options change only with a new subscribe. */
	ask(options) {
		this.field('asks').textContent = options ? `data: ${JSON.stringify({ weir: options })}` : 'no options'
		this.count = this.dropped = 0
		this.first = this.last = null
		this.strip.clear()
		this.rows.clear()
		this.element.querySelector('.prices').replaceChildren()
		this.subscription.unsubscribe()
		this.subscription.setData(options ? { weir: options } : null)
		this.subscription.subscribe()
	}

	got({ data, offset, tags }) {
		const dropped = Number(tags?.['weir-dropped']) || 0
		this.count++
		this.dropped += dropped
		this.strip.add(Date.now(), dropped)
		if (offset) {
			this.first ??= offset - dropped
			this.last = offset
		}
		if (typeof data?.sym === 'string' && typeof data.price === 'number')
			this.price(data.sym, data.price)
	}

	price(sym, price) {
		let row = this.rows.get(sym)
		if (!row) {
			const item = document.createElement('li')
			const name = document.createElement('b')
			row = document.createElement('span')
			name.textContent = sym
			item.append(name, row)
			this.element.querySelector('.prices').append(item)
			this.rows.set(sym, row)
		}
		row.textContent = price.toLocaleString([], { minimumFractionDigits: 2, maximumFractionDigits: 2 })
	}

	draw(now) {
		const rate = this.strip.rate(now, RATE_MS)
		this.field('rate').textContent = rate.toFixed(rate < 10 ? 1 : 0)
		this.field('got').textContent = this.count.toLocaleString()
		this.field('dropped').textContent = this.dropped.toLocaleString()
		if (this.field('published')) // not where events overtake others: those have no offset
			this.field('published').textContent = this.last === null ? '–' : (this.last - this.first + 1).toLocaleString()
		this.strip.draw(now)
	}
}

/* ---------------------------------------------------------------- the three */

const panels = []
function showState() {
	const states = panels.map((panel) => panel.client.state)
	const state = states.includes('disconnected') ? 'failed' : states.includes('connecting') ? 'connecting' : 'connected'
	$('state').dataset.state = state
	$('state-text').textContent = state === 'failed' ? 'disconnected' : state
}

const note = (text) => {
	if ($('note').textContent !== text)
		$('note').textContent = text
	$('note').hidden = !text
}

const all = new Panel('all', 'cpu', null)
const latest = new Panel('latest', 'mem', LATEST)
const filtered = new Panel('filtered', 'rx', { filter: EXAMPLES[0] })
panels.push(all, latest, filtered)
for (const panel of [all, latest])
	panel.onRefused = (reason) => note(`Not subscribed: ${reason}`)

$('slow').checked = false // a browser may have kept it
$('slow').addEventListener('change', () => all.ask($('slow').checked ? SLOW : null))

$('filter').value = EXAMPLES[0]
function refuse(text) {
	$('filter-wrong').textContent = text
	text ? $('filter').setAttribute('aria-invalid', 'true') : $('filter').removeAttribute('aria-invalid')
}
function apply() {
	const filter = $('filter').value.trim()
	refuse('')
	filtered.ask(filter ? { filter } : null)
}
filtered.onRefused = refuse
$('filter-form').addEventListener('submit', (event) => {
	event.preventDefault()
	apply()
})
for (const example of [...EXAMPLES, MISTAKE]) {
	const button = document.createElement('button')
	button.type = 'button'
	button.textContent = example === MISTAKE ? 'one with a mistake' : example
	button.addEventListener('click', () => {
		$('filter').value = example
		apply()
	})
	$('examples').append(button)
}

const server = location.host === 'localhost:8000' ? '' : ` --server ${location.origin}`
$('sub-latest').textContent = `weir sub ${CHANNEL} --overflow latest --key data.sym --rate 2${server}`
$('sub-filter').textContent = `weir sub ${CHANNEL} --filter "data.sym = 'BTC'"${server}`
$('top').textContent = `weir top${server}`
copyButtons()

/* ---------------------------------------------------------------- drawing */

let drawn = 0
function frame(time) {
	requestAnimationFrame(frame)
	if (time - drawn < (still.matches ? STILL_MS : DRAW_MS))
		return
	drawn = time
	panels.forEach((panel) => panel.draw(Date.now()))
}
requestAnimationFrame(frame)

let lastCount = 0
setInterval(() => {
	if (all.client.state === 'connected' && all.subscription.state === 'subscribed' && all.count === lastCount)
		note(`No events on the channel "${CHANNEL}". Feed it with: scripts/feed-prices | weir pub --lines ${CHANNEL}`)
	else if ($('note').textContent.startsWith('No events'))
		note('')
	lastCount = all.count
}, SILENCE_MS)
