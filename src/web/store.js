// SPDX-License-Identifier: Apache-2.0
// The numbers of the last quarter of an hour: one column for each that is drawn. Counters become rates here; where a
// second or more is missing there is a hole, and a broker that has restarted begins with one.
const KEEP_S = 15 * 60
const HOLE_S = 3.5 // no line across more than this

/* Events kept back by a filter were not asked for: that is no loss. */
const FILTER = 'filter'

export const sum = (values) => (typeof values === 'object' && values ? Object.values(values).reduce((a, b) => a + b, 0) : values ?? 0)

/* What queues lost, of the metric `dropped`. */
export const lost = (values) => sum(values?.dropped) - (values?.dropped?.[FILTER] ?? 0)
export const withheld = (values) => values?.dropped?.[FILTER] ?? 0

const RATES = ['events_in', 'deliveries', 'bytes_out', 'dropped', 'cpu_seconds', 'connections_opened', 'connections_closed']
const GAUGES = ['clients', 'queued_bytes', 'rss_bytes']
const latency = (v, which) => {
	const value = v.delivery_latency_seconds?.[which]
	return value > 0 ? value : null // 0: nothing was delivered
}

export class Store {
	constructor() {
		this.clear()
	}

	clear() {
		this.columns = { time: [], p50: [], p99: [] }
		for (const name of [...RATES, ...GAUGES])
			this.columns[name] = []
		this.last = null
		this.receivedAt = 0 // by the browser's clock
		this.skew = 0       // the browser's clock minus the broker's, in ms
		this.rates = {}     // in `reasons`: of `dropped`, by reason
	}

	/* One message of $weir:stats. */
	add(stats) {
		const now = Date.now()
		const before = this.last
		const time = stats.time / 1000
		const dt = before && before.node.uid === stats.node.uid ? time - before.time / 1000 : 0
		if (before && time <= before.time / 1000)
			return // one that came twice
		const rate = (name) => {
			const of = (values) => (name === 'dropped' ? lost(values) : sum(values?.[name]))
			const d = of(stats.values) - of(before?.values)
			return dt > 0 && d >= 0 ? d / dt : null
		}
		this.skew = now - stats.time
		this.receivedAt = now
		if (before && (dt <= 0 || dt > HOLE_S))
			this.push(before.time / 1000 + 0.001, () => null)
		for (const name of RATES)
			this.rates[name] = rate(name)
		this.rates.reasons = Object.fromEntries(Object.entries(stats.values.dropped ?? {}).map(([reason, n]) => {
			const d = n - (before?.values.dropped?.[reason] ?? 0)
			return [reason, dt > 0 && d >= 0 ? d / dt : 0]
		}))
		this.last = stats
		if (!before)
			this.rates = { reasons: this.rates.reasons }
		this.push(time, (name) => {
			if (name === 'p50' || name === 'p99')
				return latency(stats.values, name)
			return RATES.includes(name) ? this.rates[name] ?? null : sum(stats.values[name])
		})
	}

	push(time, value) {
		for (const [name, column] of Object.entries(this.columns))
			column.push(name === 'time' ? time : value(name))
		const times = this.columns.time
		let old = 0
		while (times[old] < time - KEEP_S)
			old++
		if (old)
			Object.values(this.columns).forEach((column) => column.splice(0, old))
	}

	/* The broker's clock, in seconds: the charts go on with it also when nothing comes. */
	now() {
		return (Date.now() - this.skew) / 1000
	}
}
