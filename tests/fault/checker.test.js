// SPDX-License-Identifier: Apache-2.0
// The checker on made-up histories: for each invariant a good one and bad ones.
'use strict'
const assert = require('node:assert/strict')
const { test } = require('node:test')
const { Checker, explain, matcher } = require('./lib/checker')

/* Writes a history with a clock that goes on by itself. */
class Story {
	constructor() {
		this.t = 0
		this.lines = []
	}

	add(line) {
		this.lines.push({ t: ++this.t, ...line })
		return this
	}

	invoke(id, ch = 'a') {
		const [pub, seq] = id.split('-')
		return this.add({ op: 'invoke', pub, seq: Number(seq), ch, key: id, id, hash: 7 })
	}

	ok(id, off, epoch = 'E') {
		return this.add(off === undefined ? { op: 'ok', id } : { op: 'ok', id, epoch, off })
	}

	published(id, off, ch = 'a', epoch = 'E') {
		return this.invoke(id, ch).ok(id, off, epoch)
	}

	sign(sig, more = {}, sub = 'a', client = 'c') {
		return this.add({ client, conn: 1, sub, sig, ...more })
	}

	subscribed(sub = 'a', off = 0, client = 'c', epoch = 'E') {
		return this.sign('subscribed', off === undefined ? {} : { epoch, off }, sub, client)
	}

	got(id, off, { ch = 'a', sub = ch, client = 'c', epoch = 'E', hash = 7 } = {}) {
		return this.add({ client, conn: 1, sub, ch, id, hash, ...(off === undefined ? {} : { epoch, off }) })
	}

	/* Exactly these invariants are violated. */
	breaks(...expected) {
		const checker = new Checker()
		for (const line of this.lines)
			checker.line(JSON.parse(JSON.stringify(line)))
		const result = checker.finish()
		assert.deepEqual(Object.keys(result.violations), expected, explain(result).join('\n'))
		return result
	}
}

const story = () => new Story()

test('all is well', () => {
	const { figures } = story().subscribed().published('p-1', 1).got('p-1', 1).published('p-2', 2).got('p-2', 2).breaks()
	assert.deepEqual([figures.acked, figures.delivered, figures.lost], [2, 2, 0])
})

test('an empty history', () => { story().breaks() })

test('I1: an acknowledged event that never came, at the end', () => {
	const { figures } = story().subscribed().published('p-1', 1).breaks('I1')
	assert.equal(figures.lost, 1)
})

test('I1: on a subscription without positions, seen by what came later', () => {
	story().subscribed('live:a', undefined).published('p-1', undefined, 'live:a').published('p-2', undefined, 'live:a')
		.got('p-2', undefined, { ch: 'live:a' }).breaks('I1')
})

test('I1: on the whole bus and on patterns', () => {
	story().subscribed('>', undefined).published('p-1', undefined, 'm:x.cpu').breaks('I1')
	story().subscribed('m:*.cpu', undefined).published('p-1', undefined, 'm:x.cpu').breaks('I1')
	story().subscribed('m:*.cpu', undefined).published('p-1', undefined, 'm:x.mem').published('q-1', undefined, 'm:cpu').breaks()
})

test('I1: unknown and refused events need not come, what was published before the subscription neither', () => {
	const { figures } = story().published('p-1', 1).subscribed('a', 1).invoke('p-2').add({ op: 'unknown', id: 'p-2' })
		.invoke('p-3').add({ op: 'fail', id: 'p-3' }).breaks()
	assert.deepEqual([figures.acked, figures.unknown, figures.failed], [1, 1, 1])
})

test('I1: unknown may land, once, and may be acknowledged in the end', () => {
	story().subscribed().invoke('p-1').add({ op: 'unknown', id: 'p-1' }).got('p-1', 1).breaks()
	story().subscribed().invoke('p-1').add({ op: 'unknown', id: 'p-1' }).ok('p-1', 1).breaks('I1')
})

test('I1: a loss that was told is none: not recovered, weir-dropped, subscribed anew', () => {
	const told = story().subscribed().published('p-1', 1).sign('reset', { code: 2500 }).sign('not_recovered', { epoch: 'F', off: 0 })
		.published('p-2', 1, 'a', 'F').got('p-2', 1, { epoch: 'F' }).breaks()
	assert.deepEqual([told.figures.lost, told.figures.lost_told], [0, 1])
	const bus = (sign) => story().subscribed('>', undefined).published('p-1').sign(...sign).published('p-2').got('p-2', undefined, { sub: '>' })
	bus(['gap', { n: '?' }, '>']).breaks()
	bus(['subscribed', {}, '>']).breaks()
	bus(['recovered', {}, '>']).breaks('I1', 'R3')
	bus(['disconnected', {}, '>']).breaks('I1', 'I9')
})

test('I1: of an epoch that was told to be over nothing more is owed', () => {
	story().subscribed().sign('reset', { code: 2500 }).sign('not_recovered', { epoch: 'F', off: 0 }).published('p-1', 5).breaks()
	story().subscribed().sign('reset', { code: 2500 }).sign('not_recovered', { epoch: 'F', off: 0 }).published('p-1', 1, 'a', 'F').breaks('I1')
})

test('I1: told too early or too late is not told', () => {
	story().subscribed('>', undefined).sign('gap', { n: 1 }, '>').published('p-1').published('p-2').got('p-2', undefined, { sub: '>' }).breaks('I1')
	story().subscribed('>', undefined).published('p-1').published('p-2').got('p-2', undefined, { sub: '>' }).sign('gap', { n: 1 }, '>').breaks('I1')
})

test('I1: who has left is owed nothing more', () => {
	story().subscribed().published('p-1', 1).got('p-1', 1).published('p-2', 2).sign('left').breaks()
})

test('I1: who has left was owed what is older than what it got, of whichever publisher', () => {
	const l = 'live:a'
	const both = () => story().subscribed(l, undefined).published('p-1', undefined, l).published('q-1', undefined, l)
	both().got('q-1', undefined, { ch: l }).sign('left', {}, l).breaks('I1')
	both().got('p-1', undefined, { ch: l }).sign('left', {}, l).breaks()
	both().sign('gap', { n: '?' }, l).got('q-1', undefined, { ch: l }).sign('left', {}, l).breaks()
})

test('I2: a hole in the offsets', () => {
	const { figures } = story().subscribed().invoke('p-1').invoke('p-2').add({ op: 'unknown', id: 'p-1' }).ok('p-2', 2).got('p-2', 2).breaks('I2')
	assert.equal(figures.silent_gaps, 1)
})

test('I2: a hole after its sign', () => {
	story().subscribed().published('p-1', 1).published('p-2', 2).sign('gap', { n: 1 }).got('p-2', 2).breaks()
	story().subscribed().published('p-1', 1).published('p-2', 2).sign('gap', { n: '?' }).got('p-2', 2).breaks()
	story().subscribed().published('p-1', 1).published('p-2', 2).published('p-3', 3).sign('gap', { n: 1 }).got('p-3', 3).breaks('I2')
})

test('I2: backwards, another epoch without a sign, before the subscription', () => {
	story().invoke('p-1').subscribed('a', 5).add({ op: 'unknown', id: 'p-1' }).got('p-1', 5).breaks('I2')
	story().invoke('p-1').subscribed('a', 0).add({ op: 'unknown', id: 'p-1' }).got('p-1', 1, { epoch: 'F' }).breaks('I2')
	story().invoke('p-1').add({ op: 'unknown', id: 'p-1' }).got('p-1', 1).sign('left').breaks('I2')
})

test('I2: "recovered" at another place than where it was', () => {
	const at = (epoch, off) => story().subscribed().published('p-1', 1).got('p-1', 1).sign('recovered', { epoch, off })
	at('E', 1).breaks()
	at('F', 1).breaks('I2')
	at('E', 3).breaks('I2')
	at('E', 0).breaks('I2')
})

test('I2 on patterns: n of the log has holes, and never goes back', () => {
	const n = (first, second) => story().subscribed('o:>', 0).published('p-1', undefined, 'o:x').published('p-2', undefined, 'o:y')
		.got('p-1', first, { ch: 'o:x', sub: 'o:>' }).got('p-2', second, { ch: 'o:y', sub: 'o:>' })
	n(3, 9).breaks()
	n(9, 3).breaks('I2')
})

test('I3: one place, two events', () => {
	story().published('p-1', 1).published('p-2', 1).breaks('I3')
	story().subscribed().published('p-1', 1).invoke('p-2').add({ op: 'unknown', id: 'p-2' }).got('p-2', 1).breaks('I1', 'I3')
	story().published('p-1', 1).published('p-2', 1, 'a', 'F').published('q-1', 1, 'b').breaks()
})

test('I4: twice in one connection; again after a sign of loss it is no wonder', () => {
	const live = () => story().subscribed('live:a', undefined).published('p-1', undefined, 'live:a').got('p-1', undefined, { ch: 'live:a' })
	live().got('p-1', undefined, { ch: 'live:a' }).breaks('I4')
	const { figures } = live().sign('subscribed', {}, 'live:a').got('p-1', undefined, { ch: 'live:a' }).breaks()
	assert.equal(figures.redelivered_told, 1)
	const first = () => story().subscribed().published('p-1', 1).got('p-1', 1)
	first().got('p-1', 1).breaks('I4')
	first().got('p-1', 2).breaks('I4')
	first().sign('not_recovered', { epoch: 'F', off: 0 }).got('p-1', 1, { epoch: 'F' }).breaks()
})

test('I4: a key that was acknowledged twice', () => {
	story().published('p-1', 1).ok('p-1', 1).breaks()
	story().published('p-1', 1).ok('p-1', 2).breaks('I4')
})

test('I4: one event, two places, seen by two subscribers', () => {
	const both = (first, second) => story().subscribed('o:>', 0).subscribed('o:>', 0, 'd').published('p-1', undefined, 'o:x')
		.got('p-1', first, { ch: 'o:x', sub: 'o:>' }).got('p-1', second, { ch: 'o:x', sub: 'o:>', client: 'd' })
	both(3, 3).breaks()
	both(3, 4).breaks('I4')
})

test('I5: the order of one publisher', () => {
	const l = 'live:a'
	const both = () => story().subscribed(l, undefined).published('p-1', undefined, l).published('p-2', undefined, l)
	both().got('p-1', undefined, { ch: l }).got('p-2', undefined, { ch: l }).breaks()
	both().got('p-2', undefined, { ch: l }).got('p-1', undefined, { ch: l }).breaks('I5')
})

test('I5: events that were under way together may come in any order, but in one', () => {
	const l = 'live:a'
	const two = (order) => {
		const s = story().subscribed(l, undefined, 'c').subscribed(l, undefined, 'd').invoke('p-1', l).invoke('q-1', l).ok('p-1').ok('q-1')
		for (const [client, ...ids] of order)
			for (const id of ids)
				s.got(id, undefined, { ch: l, client })
		return s
	}
	two([['c', 'p-1', 'q-1'], ['d', 'p-1', 'q-1']]).breaks()
	two([['c', 'q-1', 'p-1'], ['d', 'q-1', 'p-1']]).breaks()
	two([['c', 'q-1', 'p-1'], ['d', 'p-1', 'q-1']]).breaks('I5')
})

test('I6: another content, another channel, out of nothing, refused', () => {
	story().subscribed().published('p-1', 1).got('p-1', 1, { hash: 8 }).breaks('I6')
	story().subscribed('>', undefined).published('p-1').got('p-1', undefined, { ch: 'b', sub: '>' }).breaks('I6')
	story().subscribed().got('p-1', 1).breaks('I6')
	story().subscribed().invoke('p-1').add({ op: 'fail', id: 'p-1' }).got('p-1', 1).breaks('I6')
	story().subscribed().invoke('p-1').add({ op: 'fail', id: 'p-1' }).add({ op: 'unknown', id: 'p-1' }).got('p-1', 1).breaks()
	story().ok('p-9').breaks('I6')
})

test('I7: what nobody may read', () => {
	const s = () => story().add({ op: 'forbid', ch: '$s:>', but: ['boss'] }).subscribed('>', undefined).subscribed('>', undefined, 'boss')
		.published('p-1', undefined, '$s:x').got('p-1', undefined, { ch: '$s:x', sub: '>', client: 'boss' })
	s().breaks()
	s().got('p-1', undefined, { ch: '$s:x', sub: '>' }).breaks('I7')
})

test('I8, I10, R5: what the rig has measured', () => {
	story().add({ op: 'bound', inv: 'I8', name: 'rss', value: 9, limit: 10 }).breaks()
	story().add({ op: 'bound', inv: 'I8', name: 'rss', value: 11, limit: 10 }).breaks('I8')
	story().add({ op: 'bound', inv: 'R5', name: 'rss', value: null, limit: 10 }).add({ op: 'bound', inv: 'I8', name: 'x', limit: 10 }).breaks('I8', 'R5')
	story().add({ op: 'atleast', inv: 'I9', name: 'share', value: 94, limit: 95 }).breaks('I9')
	story().add({ op: 'broken', inv: 'I10', text: 'it ended with 134' }).breaks('I10')
})

test('I9: not subscribed at the end', () => {
	story().subscribed().add({ client: 'c', conn: 1, sig: 'disconnected' }).breaks('I9')
	story().subscribed().add({ client: 'c', conn: 1, sig: 'disconnected' }).sign('recovered', { epoch: 'E', off: 0 }).breaks()
	story().subscribed().sign('left').add({ client: 'c', conn: 1, sig: 'disconnected' }).breaks()
})

test('what the store has lost of what was acknowledged', () => {
	const { figures } = story().published('p-1', 1).published('p-2', 2).add({ op: 'kept', ch: 'a', ids: ['p-2'] }).breaks()
	assert.equal(figures.lost_in_store, 1)
})

test('how long a fault lasted', () => {
	const s = story().published('p-1', 1).subscribed('a', 1).add({ op: 'mark', what: 'kill' })
	s.t = 100
	const { marks } = s.published('p-2', 2).got('p-2', 2).breaks()
	assert.deepEqual(marks, [{ what: 'kill', t: 4, ok: 98, delivered: 99, outage: 98 }])
	const two = story().add({ op: 'mark', what: 'stop' }).published('p-1', 1)
	two.t = 100
	two.add({ op: 'mark', what: 'cont' })
	two.t = 110
	assert.deepEqual(two.published('p-2', 2).breaks().marks.map((m) => m.outage), [98, 11])
	const hung = story().published('p-1', 1).add({ op: 'mark', what: 'stop' })
	hung.t = 100
	hung.add({ op: 'mark', what: 'cont' })
	hung.t = 110
	assert.deepEqual(hung.published('p-2', 2).breaks().marks.map((m) => m.outage), [109, 11])
})

test('three witnesses of each, and how many there were', () => {
	const s = story().subscribed()
	for (let i = 1; i <= 5; i++)
		s.published(`p-${i}`, i)
	const { violations } = s.breaks('I1')
	assert.deepEqual([violations.I1.count, violations.I1.witnesses.length], [5, 3])
})

test('patterns match as the broker does', () => {
	const table = [
		['m:*.cpu', 'm:a.cpu', true], ['m:*.cpu', 'm:a.b.cpu', false], ['m:*.cpu', 'm:cpu', false], ['m:>', 'm:a.b', true],
		['m:a.>', 'm:a', false], ['m:>', 'n:a', false], ['>', 'n:a', true], ['m:+', 'm:+', true], ['m:+', 'm:m', false],
	]
	for (const [pattern, ch, expected] of table)
		assert.equal(matcher(pattern)(ch), expected, `${pattern} ${ch}`)
})
