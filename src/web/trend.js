// SPDX-License-Identifier: Apache-2.0
// A small chart of the store's columns, drawn by uPlot: it moves, and whoever points at it (or at any other) reads the values
// of that moment. One scale from zero; the top moves only when it has to.
import { colour } from './colours.js'
import { uPlot } from './lib.js'

const sync = uPlot.sync('weir')
const AXIS_PX = 52

const fade = (name) => (u) => {
	const { top, height } = u.bbox
	const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
	gradient.addColorStop(0, colour(name, 0.22))
	gradient.addColorStop(1, colour(name, 0))
	return gradient
}

/* A round number, at least `least`. */
function roundUp(value, least) {
	const v = Math.max(value, least)
	const power = 10 ** Math.floor(Math.log10(v))
	return [1, 2, 3, 4, 6, 8, 10].find((m) => m * power >= v * 0.999) * power
}

/* For bytes: a power of two. */
export const binary = (value, least) => 2 ** Math.ceil(Math.log2(Math.max(value, least)))

const ago = (s) => (s <= 0 ? 'now' : s % 60 ? `${s} s` : `${s / 60} min`)

export class Trend {
	/* lines: [{ column, colour, name?, dash? }]; format: value to text; least: the smallest top of the scale. */
	constructor(element, lines, { format, least = 1, round = roundUp, onPoint }) {
		this.lines = lines
		const columns = [[], ...lines.map(() => [])]
		const splits = (u) => [u.scales.x.min, (u.scales.x.min + u.scales.x.max) / 2, u.scales.x.max]
		this.plot = new uPlot({
			width: Math.max(element.clientWidth, 80),
			height: Math.max(element.clientHeight, 40),
			legend: { show: false },
			padding: [6, 14, 0, 0],
			cursor: {
				sync: { key: sync.key, scales: ['x', null] }, y: false, drag: { x: false, y: false },
				points: { size: 7, width: 0, fill: (u, i) => colour(lines[i - 1].colour) },
			},
			scales: { x: { time: false }, y: { range: (_u, _lo, hi) => [0, round((hi || 0) * 1.08, least)] } },
			axes: [
				{
					stroke: () => colour('soft'), font: '11px system-ui, sans-serif', ticks: { show: false }, grid: { show: false }, size: 20, gap: 4,
					splits, values: (u, at) => at.map((t) => ago(Math.round(u.scales.x.max - t))),
				},
				{
					stroke: () => colour('soft'), font: '11px system-ui, sans-serif', ticks: { show: false }, grid: { stroke: () => colour('grid'), width: 1 },
					size: AXIS_PX, gap: 6, splits: (_u, _axis, _lo, hi) => [0, hi / 2, hi], values: (_u, at) => at.map((v) => (v ? format(v) : '')),
				},
			],
			series: [{}, ...lines.map((line) => ({
				stroke: () => colour(line.colour), fill: line.dash ? undefined : fade(line.colour), dash: line.dash, width: 1.75, points: { show: false },
			}))],
			hooks: {
				setCursor: [(u) => {
					const at = u.cursor.idx
					onPoint(at === null || at === undefined || u.cursor.left < 0 ? null : {
						ago: Math.max(0, Math.round(u.scales.x.max - u.data[0][at])),
						values: lines.map((line, i) => [line.name, u.data[i + 1][at]]),
					})
				}],
			},
		}, columns, element)
		sync.sub(this.plot)
		new ResizeObserver(() => {
			if (element.clientWidth)
				this.plot.setSize({ width: element.clientWidth, height: element.clientHeight })
		}).observe(element)
	}

	draw(columns, now, window_s) {
		this.plot.batch(() => {
			this.plot.setData([columns.time, ...this.lines.map((line) => columns[line.column])], false)
			this.plot.setScale('x', { min: now - window_s, max: now })
		})
	}
}
