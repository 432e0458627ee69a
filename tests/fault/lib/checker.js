// SPDX-License-Identifier: Apache-2.0
// Judges a history (README.md has its lines and the invariants): one pass into maps, then each subscription is walked in
// its order. An acknowledged event is due to every subscription that stood when it was published. Where it did not come,
// the subscription must have been told: by a sign of loss that came after the event was published, and before anything
// newer of the same publisher and channel.
'use strict'

const LOSS = new Set(['subscribed', 'not_recovered', 'gap']) // from here on nothing older is owed
const LIVE = new Set(['subscribed', 'recovered', 'not_recovered'])
const DOWN = new Set(['disconnected', 'unsubscribed', 'reset'])
const WITNESSES = 3

/* As the broker matches: `*` one token, `>` the rest; `>` alone is everything. */
function matcher(pattern) {
	if (pattern === '>')
		return () => true
	if (!/[*>]/.test(pattern))
		return (ch) => ch === pattern
	const body = pattern.replace(/[\\^$+?()[\]{}|]/g, '\\$&').replace(/\./g, '\\.').replace(/\*/g, '[^.]+').replace(/>/g, '.+')
	const expression = new RegExp(`^${body}$`)
	return (ch) => expression.test(ch)
}

const rounded = (ms) => (ms === null ? null : Math.round(ms))
const isPattern = (sub) => /[*>]/.test(sub)
const namespaceOf = (ch) => (ch.includes(':') ? ch.slice(0, ch.indexOf(':')) : '')

class Checker {
	constructor() {
		this.events = new Map()  // id -> event
		this.slots = new Map()   // "channel epoch offset" -> id
		this.places = new Map()  // "channel epoch id" -> offset
		this.subs = new Map()    // "client sub" -> subscription
		this.broken = new Map()  // invariant -> {count, witnesses}
		this.forbidden = []
		this.marks = []
		this.kept = null
		this.n = {
			invoked: 0, acked: 0, failed: 0, unknown: 0, attempts_failed: 0, attempts_unknown: 0, delivered: 0,
			lost: 0, lost_told: 0, lost_in_store: null, duplicated: 0, redelivered_told: 0, silent_gaps: 0,
			recovered: 0, not_recovered: 0, resets: 0, gap_signs: 0, disconnects: 0,
		}
		this.lastOk = 0
		this.away = [] // ms from the end of a subscription to its next beginning
	}

	violate(invariant, text, at) {
		const entry = this.broken.get(invariant) || { count: 0, witnesses: [] }
		entry.count++
		if (entry.witnesses.length < WITNESSES)
			entry.witnesses.push(at === undefined ? text : `${text} (t ${at})`)
		this.broken.set(invariant, entry)
	}

	line(o) {
		if (o.op)
			this.operation(o)
		else if (o.sig)
			this.sign(o)
		else
			this.delivery(o)
	}

	operation(o) {
		switch (o.op) {
		case 'invoke':
			this.n.invoked++
			this.events.set(o.id, { id: o.id, ch: o.ch, pub: o.pub, seq: o.seq, hash: o.hash, invoked: o.t, ok: 0, unknown: false, failed: false, got: 0 })
			break
		case 'ok': this.ok(o); break
		case 'fail': this.n.attempts_failed++; this.known(o, (e) => { e.failed = true }); break
		case 'unknown': this.n.attempts_unknown++; this.known(o, (e) => { e.unknown = true }); break
		case 'forbid': this.forbidden.push({ match: matcher(o.ch), but: new Set(o.but || []) }); break
		case 'mark': this.marks.push({ what: o.what, t: o.t, ok: null, delivered: null, outage: 0 }); break
		case 'bound':
			if (typeof o.value !== 'number' || !(o.value <= o.limit)) // not measured is over, too
				this.violate(o.inv, `${o.name}: ${o.value} is over ${o.limit}`, o.t)
			break
		case 'atleast':
			if (typeof o.value !== 'number' || !(o.value >= o.limit))
				this.violate(o.inv, `${o.name}: ${o.value} is below ${o.limit}`, o.t)
			break
		case 'broken': this.violate(o.inv, o.text, o.t); break
		case 'kept': (this.kept = this.kept || new Map()).set(o.ch, new Set(o.ids)); break
		default: throw new Error(`an unknown line: ${JSON.stringify(o)}`)
		}
	}

	known(o, fn) {
		const e = this.events.get(o.id)
		if (e)
			fn(e)
		else
			this.violate('I6', `an answer to ${o.id}, which nobody published`, o.t)
	}

	ok(o) {
		const e = this.events.get(o.id)
		for (let i = this.marks.length - 1; i >= 0; i--) { // the newest that was there at the last one, and those since
			const mark = this.marks[i]
			const until = mark.t > this.lastOk || i + 1 === this.marks.length ? o.t : this.marks[i + 1].t
			mark.outage = Math.max(mark.outage, until - Math.max(mark.t, this.lastOk))
			if (mark.ok === null && e && e.invoked >= mark.t)
				mark.ok = o.t - mark.t
			if (mark.t <= this.lastOk)
				break
		}
		this.lastOk = o.t
		this.known(o, (e) => {
			if (e.ok && (e.epoch !== o.epoch || e.off !== o.off))
				this.violate('I4', `${e.id} was acknowledged at ${e.epoch}/${e.off} and at ${o.epoch}/${o.off}`, o.t)
			if (!e.ok)
				Object.assign(e, { ok: o.t, epoch: o.epoch, off: o.off })
			this.claim(e.ch, o.epoch, o.off, e.id, o.t)
		})
	}

	/* I3: a place names one event for ever. I4: and within an epoch an event has one place. */
	claim(where, epoch, off, id, t) {
		if (off === undefined || off === null)
			return
		const place = `${where} ${epoch} ${off}`
		const other = this.slots.get(place)
		if (other === undefined)
			this.slots.set(place, id)
		else if (other !== id)
			this.violate('I3', `${where} epoch ${epoch} offset ${off} is ${other} and ${id}`, t)
		const event = `${where} ${epoch} ${id}`
		const first = this.places.get(event)
		if (first === undefined)
			this.places.set(event, off)
		else if (first !== off)
			this.violate('I4', `${id} of ${where} epoch ${epoch} is at offset ${first} and at ${off}`, t)
	}

	sub(o) {
		const name = `${o.client} ${o.sub || o.ch}`
		let sub = this.subs.get(name)
		if (!sub) {
			const channel = o.sub || o.ch
			sub = { name, client: o.client, channel, pattern: isPattern(channel), items: [], live: false, left: 0, newest: new Map() } // newest: of a channel, when what came was published
			this.subs.set(name, sub)
		}
		return sub
	}

	sign(o) {
		const count = { recovered: 'recovered', not_recovered: 'not_recovered', reset: 'resets', gap: 'gap_signs' }[o.sig]
		if (count)
			this.n[count]++
		if (!o.sub) { // of the whole connection
			if (o.sig === 'disconnected')
				this.n.disconnects++
			for (const sub of this.subs.values())
				if (sub.client === o.client)
					this.stand(sub, o)
			return
		}
		const sub = this.sub(o)
		this.stand(sub, o)
		sub.items.push({ sig: o.sig, t: o.t, epoch: o.epoch, off: o.off, lost: o.n, positioned: o.positioned })
	}

	stand(sub, o) {
		if (LIVE.has(o.sig)) {
			if (sub.down)
				this.away.push(o.t - sub.down)
			sub.live = true
			sub.down = 0
		} else if (DOWN.has(o.sig)) {
			sub.live = false
			sub.down = sub.down || o.t
		}
		if (o.sig === 'left')
			sub.left = o.t
	}

	delivery(o) {
		this.n.delivered++
		const mark = this.marks.at(-1)
		const e = this.events.get(o.id)
		if (mark && mark.delivered === null && e && e.invoked >= mark.t)
			mark.delivered = o.t - mark.t
		const sub = this.sub(o)
		sub.items.push({ e, id: o.id, t: o.t, ch: o.ch, epoch: o.epoch, off: o.off, conn: o.conn, hash: o.hash })
		for (const f of this.forbidden)
			if (f.match(o.ch) && !f.but.has(o.client))
				this.violate('I7', `${o.client} got ${o.id} of ${o.ch} on ${sub.channel}`, o.t)
		if (!e)
			this.violate('I6', `${sub.name} got ${o.id}, which nobody published`, o.t)
		else if (e.hash !== o.hash || e.ch !== o.ch)
			this.violate('I6', `${sub.name} got ${o.id} of ${o.ch} with hash ${o.hash}, published in ${e.ch} with ${e.hash}`, o.t)
		else
			e.got++
		this.claim(sub.pattern ? `log of ${namespaceOf(sub.channel)}` : o.ch, o.epoch, o.off, o.id, o.t)
	}

	/* I2 of one subscription, by its positions. */
	positions(sub) {
		let epoch = null, next = null, blind = false
		for (const item of sub.items) {
			if (item.sig) {
				[epoch, next, blind] = this.signPosition(sub, item, epoch, next, blind)
				continue
			}
			if (item.off === undefined)
				continue
			if (epoch === null)
				this.violate('I2', `${sub.name} got ${item.id} before it was subscribed`, item.t)
			else if (item.epoch !== epoch)
				this.violate('I2', `${sub.name} got ${item.id} of epoch ${item.epoch} in epoch ${epoch}`, item.t)
			else if (item.off < next)
				this.backwards(sub, item, next)
			else if (item.off > next && !sub.pattern && !blind)
				this.gap(sub, item, next)
			blind = false
			next = item.off + 1
			epoch = item.epoch
		}
	}

	signPosition(sub, item, epoch, next, blind) {
		const positioned = item.off !== undefined
		switch (item.sig) {
		case 'subscribed':
		case 'not_recovered':
			return positioned ? [item.epoch, item.off + 1, false] : [null, null, false]
		case 'recovered':
			if (!sub.pattern && epoch !== null && (item.epoch !== epoch || item.off + 1 !== next)) {
				this.n.silent_gaps++
				this.violate('I2', `${sub.name} was at ${epoch}/${next - 1} and is "recovered" at ${item.epoch}/${item.off}`, item.t)
			}
			return [item.epoch, item.off + 1, blind]
		case 'gap':
			return typeof item.lost === 'number' && next !== null ? [epoch, next + item.lost, sub.pattern] : [epoch, next, true]
		default:
			return [epoch, next, blind]
		}
	}

	backwards(sub, item, next) {
		const before = sub.items.some((o) => o !== item && o.t <= item.t && o.id === item.id && o.epoch === item.epoch)
		if (!before) // else walk() says so
			this.violate('I2', `${sub.name} got ${item.id} at ${item.epoch}/${item.off} where ${next} was due`, item.t)
	}

	gap(sub, item, next) {
		this.n.silent_gaps++
		this.violate('I2', `${sub.name} got ${item.epoch}/${item.off} (${item.id}) where ${next} was due, and no sign`, item.t)
	}

	/* I4 and I5 of one subscription; returns what it got: id -> index into its items. */
	walk(sub) {
		const seen = new Map(), lanes = new Map()
		let segment = 0
		sub.items.forEach((item, index) => {
			if (item.sig) {
				segment += LOSS.has(item.sig) ? 1 : 0
				return
			}
			if (!item.e)
				return
			const before = seen.get(item.id)
			if (before !== undefined) {
				const other = sub.items[before]
				if (other.segment === segment || (item.off !== undefined && other.epoch === item.epoch)) {
					this.n.duplicated++
					this.violate('I4', `${sub.name} got ${item.id} twice (offsets ${other.epoch}/${other.off} and ${item.epoch}/${item.off})`, item.t)
				} else {
					this.n.redelivered_told++
				}
				return
			}
			item.segment = segment
			seen.set(item.id, index)
			sub.newest.set(item.ch, Math.max(sub.newest.get(item.ch) || 0, item.e.invoked))
			this.laneOrder(sub, item, lanes)
		})
		return seen
	}

	/* A publisher that waits for each result before it publishes on keeps its order, in each channel. */
	laneOrder(sub, item, lanes) {
		const lane = `${item.e.pub} ${item.e.ch}`
		const last = lanes.get(lane)
		if (last && item.e.seq < last.e.seq) {
			if (item.e.ok && item.e.ok < last.e.invoked && item.segment === last.segment)
				this.violate('I5', `${sub.name} got ${item.id} after ${last.e.id}, which was published later`, item.t)
		} else {
			lanes.set(lane, item)
		}
	}

	/* I1: what was due and did not come. */
	complete(sub, seen, byChannel) {
		const start = sub.items.find((item) => LIVE.has(item.sig))
		if (!start)
			return
		const match = matcher(sub.channel)
		const losses = []
		const recoveries = []
		sub.items.forEach((item, index) => {
			if (LOSS.has(item.sig))
				losses.push({ index, t: item.t })
			if (item.sig === 'recovered')
				recoveries.push({ index, t: item.t })
		})
		for (const [ch, lanes] of byChannel) {
			if (!match(ch) || this.isForbidden(ch, sub.client))
				continue
			for (const lane of lanes.values())
				this.completeLane(sub, seen, lane, start.t, losses, recoveries)
		}
	}

	isForbidden(ch, client) {
		return this.forbidden.some((f) => f.match(ch) && !f.but.has(client))
	}

	/* Of one publisher and channel. Newer: published after this one was acknowledged; older: the other way round. */
	completeLane(sub, seen, lane, start, losses, recoveries) {
		const from = new Array(lane.length + 1).fill(Infinity) // the first index at which lane[i] or a later one came
		for (let i = lane.length - 1; i >= 0; i--)
			from[i] = Math.min(from[i + 1], seen.get(lane[i].id) ?? Infinity)
		const upTo = [] // the last index at which lane[i] or an earlier one came
		lane.forEach((e, i) => {
			upTo.push(Math.max(i ? upTo[i - 1] : -1, seen.get(e.id) ?? -1))
			if (seen.has(e.id) || !e.ok || e.invoked <= start)
				return
			let newer = i + 1, older = i - 1
			while (newer < lane.length && lane[newer].invoked < e.ok)
				newer++
			while (older >= 0 && !(lane[older].ok && lane[older].ok <= e.invoked))
				older--
			this.missing(sub, e, older < 0 ? -1 : upTo[older], from[newer], losses, recoveries)
		})
	}

	missing(sub, e, older, newer, losses, recoveries) {
		if (losses.some((s) => s.index > older && s.index < newer && s.t >= e.invoked) || this.isOfAnotherEpoch(sub, e)) {
			e.told = true
			return
		}
		/* It may have left before, or I9 tells that it did not come back; unless it got something that is surely newer. */
		if (newer === Infinity && (sub.left || !sub.live) && !(sub.newest.get(e.ch) >= e.ok))
			return
		e.lost = true
		const wrong = recoveries.some((s) => s.index > older && s.index < newer && s.t >= e.ok)
		const text = `${sub.name} never got ${e.id} of ${e.ch} (${e.epoch}/${e.off}), published at ${e.invoked}, acknowledged at ${e.ok}`
		this.violate('I1', text)
		if (wrong)
			this.violate('R3', `${text}, and was told "recovered"`)
	}

	/* It had been told that it is in another epoch by then: of the old one nothing more will come (a split's other side). */
	isOfAnotherEpoch(sub, e) {
		if (!e.epoch || sub.pattern)
			return false
		const last = sub.items.findLast((item) => item.sig && item.epoch && item.t <= e.invoked)
		return last?.sig === 'not_recovered' && last.epoch !== e.epoch
	}

	/* I5: where no offsets tell, two subscriptions agree on the order of what both got. */
	oneOrder() {
		const reference = new Map() // channel -> {sub, at: id -> index}
		const each = (fn) => {
			for (const sub of this.subs.values()) {
				const by = new Map()
				for (const item of sub.items)
					if (item.e && item.segment !== undefined)
						(by.get(item.ch) || by.set(item.ch, []).get(item.ch)).push(item)
				for (const [ch, items] of by)
					fn(sub, ch, items)
			}
		}
		each((sub, ch, items) => {
			if (!reference.has(ch) || reference.get(ch).items.length < items.length)
				reference.set(ch, { sub, items })
		})
		for (const r of reference.values())
			r.at = new Map(r.items.map((item, i) => [item.id, [i, item.segment]]))
		each((sub, ch, items) => {
			const r = reference.get(ch)
			if (r.sub !== sub)
				this.sameOrder(sub, ch, items, r)
		})
	}

	sameOrder(sub, ch, items, r) {
		let last = null
		for (const item of items) {
			const at = r.at.get(item.id)
			if (!at)
				continue
			const broken = last && last.at[0] > at[0] && last.at[1] === at[1] && last.item.segment === item.segment
			if (broken)
				this.violate('I5', `${ch}: ${sub.name} got ${last.item.id} before ${item.id}, ${r.sub.name} the other way round`, item.t)
			last = { item, at }
		}
	}

	ends() {
		for (const sub of this.subs.values())
			if (!sub.live && !sub.left)
				this.violate('I9', `${sub.name} was not subscribed at the end`)
		for (const e of this.events.values()) {
			if (e.ok)
				this.n.acked++
			else if (e.unknown)
				this.n.unknown++
			else if (e.failed)
				this.n.failed++
			if (e.got && !e.ok && !e.unknown && e.failed)
				this.violate('I6', `${e.id} was refused and arrived`)
			this.n.lost += e.lost ? 1 : 0
			this.n.lost_told += e.told && !e.lost ? 1 : 0
		}
		if (!this.kept)
			return
		this.n.lost_in_store = 0
		for (const e of this.events.values())
			if (e.ok && this.kept.has(e.ch) && !this.kept.get(e.ch).has(e.id))
				this.n.lost_in_store++
	}

	finish() {
		const byChannel = new Map() // channel -> publisher -> its events, in its order
		for (const e of this.events.values()) {
			const lanes = byChannel.get(e.ch) || byChannel.set(e.ch, new Map()).get(e.ch)
			const lane = lanes.get(e.pub) || lanes.set(e.pub, []).get(e.pub)
			lane.push(e)
		}
		for (const sub of this.subs.values()) {
			this.positions(sub)
			this.complete(sub, this.walk(sub), byChannel)
		}
		this.oneOrder()
		this.ends()
		const violations = Object.fromEntries([...this.broken].sort())
		return { ok: this.broken.size === 0, violations, figures: { ...this.n, ...this.times() }, marks: this.marks.map((m) => ({ ...m, ok: rounded(m.ok), delivered: rounded(m.delivered), outage: rounded(m.outage) })) }
	}

	/* Over all marks: the longest time without an acknowledgement, and until something new was acknowledged and arrived; and how long subscriptions were away. */
	times() {
		const list = (name) => (name === 'away' ? this.away : this.marks.map((m) => m[name]).filter((v) => v !== null)).sort((a, b) => a - b)
		const at = (values, q) => (values.length ? Math.round(values[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]) : null)
		const out = {}
		for (const name of ['outage', 'ok', 'delivered', 'away'])
			Object.assign(out, { [`${name}_p50_ms`]: at(list(name), 0.5), [`${name}_p99_ms`]: at(list(name), 0.99) })
		return out
	}
}

/* The violations as lines for people. */
function explain(result) {
	return Object.entries(result.violations).flatMap(([name, { count, witnesses }]) =>
		[`${name} is violated ${count} times:`, ...witnesses.map((text) => `    ${text}`)])
}

async function checkFile(file) {
	const lines = require('node:readline').createInterface({ input: require('node:fs').createReadStream(file), crlfDelay: Infinity })
	const checker = new Checker()
	for await (const line of lines)
		if (line)
			checker.line(JSON.parse(line))
	return checker.finish()
}

module.exports = { Checker, checkFile, explain, matcher }
