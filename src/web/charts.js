// SPDX-License-Identifier: Apache-2.0
// A window of the last minute, drawn by uPlot. Samples may come late and in bunches (after a lost connection): they are
// put in order by their time. The window follows the clock of the machine that sends, not the browser's.
import { colour } from './colours.js'
import { uPlot } from './lib.js'

const WINDOW_S = 60
const KEEP_S = WINDOW_S + 5
const GAP_S = 3 // no line across a hole longer than this

const fade = (name) => (u) => {
	const { top, height } = u.bbox
	const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
	gradient.addColorStop(0, colour(name, 0.33))
	gradient.addColorStop(1, colour(name, 0))
	return gradient
}

const ago = (u, ticks) => ticks.map((t) => {
	const s = Math.round(u.data.now - t)
	return s <= 1 ? 'now' : `${s} s`
})

/* Ticks at fixed distances from "now", so that the labels stand still while the lines move. */
const splits = (u) => [60, 45, 30, 15, 0].map((s) => u.data.now - s)

export class Chart {
	constructor(element, lines, { max, label }) {
		this.data = Object.assign([[], ...lines.map(() => [])], { now: Date.now() / 1000 })
		const axis = { stroke: () => colour('soft'), font: '12px system-ui, sans-serif', ticks: { show: false } }
		const grid = { stroke: () => colour('grid'), width: 1 }
		this.plot = new uPlot({
			width: Math.max(element.clientWidth, 100),
			height: element.clientHeight,
			legend: { show: false },
			cursor: { show: false },
			padding: [12, 14, 0, 0],
			scales: { x: { time: false }, y: { range: (_u, _lo, hi) => [0, max(hi || 0)] } },
			axes: [
				{ ...axis, grid: { show: false }, splits, values: ago, size: 28, gap: 8 },
				{ ...axis, grid, splits: (_u, _axis, _lo, hi) => [0, hi / 4, hi / 2, (3 * hi) / 4, hi], values: (_u, ticks) => ticks.map(label), size: 66, gap: 6 },
			],
			series: [{}, ...lines.map((line) => ({
				stroke: () => colour(line.colour),
				fill: line.fill ? fade(line.colour) : undefined,
				dash: line.dash,
				width: 2,
				points: { show: false },
			}))],
		}, this.data, element)
		new ResizeObserver(() => this.plot.setSize({ width: element.clientWidth, height: element.clientHeight })).observe(element)
	}

	add(t, values) {
		const times = this.data[0]
		let at = times.length
		while (at > 0 && times[at - 1] > t)
			at--
		if (at > 0 && times[at - 1] === t)
			return
		this.data[0].splice(at, 0, t)
		values.forEach((v, i) => this.data[i + 1].splice(at, 0, v))
	}

	/* Also forgets what has left the window. */
	draw(now) {
		const times = this.data[0]
		let old = 0
		while (old < times.length && times[old] < now - KEEP_S)
			old++
		if (old)
			this.data.forEach((column) => column.splice(0, old))
		const shown = withHoles(this.data)
		shown.now = now
		this.plot.batch(() => {
			this.plot.setData(shown, false)
			this.plot.setScale('x', { min: now - WINDOW_S, max: now })
		})
	}

	redraw() {
		this.plot.redraw(false)
	}
}

function withHoles(data) {
	const times = data[0]
	if (!times.some((t, i) => i && t - times[i - 1] > GAP_S))
		return data.map((column) => column)
	const shown = data.map(() => [])
	times.forEach((t, i) => {
		if (i && t - times[i - 1] > GAP_S)
			shown.forEach((column, c) => column.push(c ? null : times[i - 1] + GAP_S / 2))
		shown.forEach((column, c) => column.push(data[c][i]))
	})
	return shown
}
