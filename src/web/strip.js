// SPDX-License-Identifier: Apache-2.0
// The events of the last seconds as a strip: a line for each, and a mark above it where others were dropped before it.
import { colour } from './colours.js'

const WINDOW_MS = 15000
const GAP_PART = 0.28 // of the height, for the marks

export class Strip {
	constructor(canvas, colour) {
		this.canvas = canvas
		this.colour = colour
		this.events = [] // [time, dropped before it]
		new ResizeObserver(() => this.fit()).observe(canvas)
		this.fit()
	}

	fit() {
		const scale = devicePixelRatio || 1
		this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * scale))
		this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * scale))
	}

	add(now, dropped) {
		this.events.push([now, dropped])
	}

	clear() {
		this.events = []
	}

	/* Events per second over the last `ms`. */
	rate(now, ms) {
		let n = 0
		for (let i = this.events.length - 1; i >= 0 && this.events[i][0] > now - ms; i--)
			n++
		return (n * 1000) / ms
	}

	draw(now) {
		const old = this.events.findIndex(([t]) => t > now - WINDOW_MS)
		this.events.splice(0, old < 0 ? this.events.length : old)
		const { width, height } = this.canvas
		const g = this.canvas.getContext('2d')
		const line = Math.max(1, Math.round(width / 400))
		g.clearRect(0, 0, width, height)
		for (const [t, dropped] of this.events) {
			const x = Math.round(width * (1 - (now - t) / WINDOW_MS)) - line
			g.fillStyle = colour(this.colour)
			g.fillRect(x, height * (GAP_PART + 0.08), line, height)
			if (dropped) {
				g.fillStyle = colour('warn')
				g.fillRect(x, 0, line, height * GAP_PART)
			}
		}
	}
}
