// SPDX-License-Identifier: Apache-2.0
// The six numbers an operator looks at first, each with its chart. A row of TILES is all there is to one.
import { make, text } from './dom.js'
import { bytes, count, percent, plural, rate, seconds } from './format.js'
import { lost, sum } from './store.js'
import { Trend, binary } from './trend.js'

const number = (v, format) => (Number.isFinite(v) ? format(v) : '–')
const used = (part) => (part > 0 && part < 0.001 ? 'under 0.1 %' : percent(100 * part))
const each = (v) => number(v, count)

const TILES = [
	{
		id: 'in', title: 'Events in', unit: '/s', metric: 'events_in', lines: [{ column: 'events_in', colour: 'cpu' }], format: count,
		value: (s) => each(s.rates.events_in), detail: (s) => `${count(sum(s.last.values.events_in))} since the start`,
	},
	{
		id: 'out', title: 'Delivered', unit: '/s', metric: 'deliveries', lines: [{ column: 'deliveries', colour: 'rx' }], format: count,
		value: (s) => each(s.rates.deliveries), detail: (s) => `${number(s.rates.bytes_out, rate)} to all clients`,
	},
	{
		id: 'latency', title: 'Latency, p99', metric: 'delivery_latency_seconds', format: seconds, least: 0.0001,
		lines: [{ column: 'p99', colour: 'mem', name: 'p99' }, { column: 'p50', colour: 'mem', name: 'p50', dash: [4, 3] }],
		value: (s) => number(s.columns.p99.at(-1), seconds),
		detail: (s) => {
			const { p50, max } = s.last.values.delivery_latency_seconds ?? {}
			return p50 > 0 ? `p50 ${seconds(p50)}, longest ${number(max, seconds)}` : 'nothing was delivered this second'
		},
	},
	{
		id: 'clients', title: 'Clients', metric: 'clients', lines: [{ column: 'clients', colour: 'ok' }], format: count,
		value: (s) => each(sum(s.last.values.clients)),
		detail: (s) => `${plural(sum(s.last.values.channels), 'channel')}, ${plural(sum(s.last.values.subscriptions), 'subscription')}`,
	},
	{
		id: 'queued', title: 'Waiting in queues', metric: 'queued_bytes', lines: [{ column: 'queued_bytes', colour: 'tx' }], format: bytes, least: 1024, round: binary,
		value: (s) => number(sum(s.last.values.queued_bytes), bytes),
		detail: (s) => {
			const budget = sum(s.last.values.queue_budget_bytes)
			return budget ? `${used(sum(s.last.values.queued_bytes) / budget)} of the budget of ${bytes(budget)}` : 'no budget is set'
		},
		part: (s) => sum(s.last.values.queued_bytes) / (sum(s.last.values.queue_budget_bytes) || Infinity),
	},
	{
		id: 'dropped', title: 'Dropped', unit: '/s', metric: 'dropped', lines: [{ column: 'dropped', colour: 'bad' }], format: count,
		value: (s) => each(s.rates.dropped), detail: (s) => `${plural(lost(s.last.values), 'event')} since the start`,
	},
]

class Tile {
	constructor(tile, parent) {
		this.tile = tile
		this.value = make('span', { class: 'value' }, '–')
		this.detail = make('p', { class: 'detail' }, '\u00a0')
		this.plot = make('div', { class: 'trend', 'aria-hidden': 'true' })
		this.meter = tile.part && make('div', { class: 'meter', 'aria-hidden': 'true' }, make('i'))
		this.title = make('h3', {}, tile.title)
		parent.append(make('article', { class: 'tile', id: `tile-${tile.id}` }, this.title,
			make('p', { class: 'figure' }, this.value, tile.unit && make('span', { class: 'unit' }, tile.unit)), this.detail, this.meter, this.plot))
		this.trend = new Trend(this.plot, tile.lines, {
			format: tile.format, least: tile.least, round: tile.round, onPoint: (point) => {
				this.point = point
				this.store && this.show(this.store)
			},
		})
	}

	/* The values of the moment pointed at, or of now. */
	show(store) {
		this.store = store
		const { tile, point } = this
		text(this.value, tile.value(store))
		this.detail.classList.toggle('pointed', Boolean(point))
		if (point) {
			const values = point.values.map(([name, v]) => `${name ? `${name} ` : ''}${number(v, tile.format)}${tile.unit ?? ''}`).join(', ')
			text(this.detail, `${point.ago ? `${seconds(point.ago)} ago` : 'now'}: ${values}`)
		} else {
			text(this.detail, tile.detail(store))
		}
		if (this.meter) {
			const part = Math.min(1, tile.part(store))
			this.meter.firstChild.style.width = `${part * 100}%`
			this.meter.dataset.level = part > 0.9 ? 'bad' : part > 0.6 ? 'warn' : 'ok'
		}
	}
}

export class Tiles {
	constructor(parent) {
		this.tiles = TILES.map((tile) => new Tile(tile, parent))
	}

	/* What each number means, from the broker's own table of metrics. */
	help(metrics) {
		const texts = Object.fromEntries(metrics.map((m) => [m.name, m.help]))
		for (const { title, tile } of this.tiles)
			if (texts[tile.metric])
				title.title = texts[tile.metric]
	}

	show(store) {
		this.tiles.forEach((tile) => tile.show(store))
	}

	draw(store, now, window_s) {
		this.tiles.forEach((tile) => tile.trend.draw(store.columns, now, window_s))
	}
}
