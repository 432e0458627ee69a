// SPDX-License-Identifier: Apache-2.0
// Filters with the SDK as it is: expressions and trees, live, recovered and under patterns; those that a token enforces; what
// is refused, and where it says so.
'use strict'
const assert = require('node:assert/strict')
const { HISTORY, OPEN, brokerTest, until } = require('./lib/broker')
const { connect, event, publications, subscribe } = require('./lib/sdk')
const { FAT, accounted, stall, waits } = require('./lib/stall')
const { token, expires } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ANN = { token: token({ sub: 'ann' }) }
const QUICK = { minReconnectDelay: 300, maxReconnectDelay: 500 }
const FILTERED = { ...OPEN, allow_tags_filter: true, allow_wildcards: true }
const OPTIONS = {
	channel: {
		namespaces: [
			FAT,
			{ name: 'live', ...FILTERED },
			{ name: 'hist', ...FILTERED, ...HISTORY },
			{ name: 'audit', ...FILTERED, ordered: true, force_recovery: true },
			{ name: 'delta', ...FILTERED, ...HISTORY, allowed_delta_types: ['fossil'], delta_publish: true },
			{ name: 'bare', ...OPEN },
			{ name: 'mine', ...HISTORY, allow_history_for_subscriber: true, allow_tags_filter: true, allowed_delta_types: ['fossil'] },
		],
	},
}
const filterTest = (name, fn, more = {}) => brokerTest(name, { ...OPTIONS, ...more }, fn)
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const weir = (options) => ({ data: { weir: options } })
const data = (sub) => sub.pubs().map((p) => p.data)
const SYMS = ['BTC', 'ETH', 'SOL']
const price = (i) => ({ sym: SYMS[i % 3], p: i, deep: { list: [i, String(i)] } })
const tags = (i) => ({ sym: SYMS[i % 3], n: String(i) })

async function publish(broker, channel, from, to) {
	for (const i of numbers(from, to))
		await broker.publish(channel, price(i), { tags: tags(i) })
}

filterTest('expressions and trees: the same live and recovered, offsets with holes', async (broker) => {
	const client = connect(broker, { ...ANN, ...QUICK })
	const wanted = { // filter, and which of the events pass
		"sym = 'BTC'": (i) => i % 3 === 0,
		"data.sym IN ('ETH', 'SOL') AND data.p % 2 = 0": (i) => i % 3 > 0 && i % 2 === 0,
		"NUMBER(n) > 10 AND NUMBER(n) <= 25": (i) => i > 10 && i <= 25,
		"data.deep.list[0] >= 20.5": (i) => i > 20,
		"data.deep.list[1] LIKE '1_'": (i) => i >= 10 && i < 20,
		"event.offset > 15": (i) => i > 15,
		'EXISTS data.nothing': () => false,
	}
	const subs = []
	for (const [i, filter] of Object.keys(wanted).entries())
		subs.push([await subscribe(client, `hist:${i}`, weir({ filter })), wanted[filter]])
	const tree = { op: 'and', nodes: [{ key: 'sym', cmp: 'neq', val: 'BTC' }, { key: 'data.p', cmp: 'lt', val: '20' }] }
	subs.push([await subscribe(client, 'hist:t', { tagsFilter: tree }), (i) => i % 3 > 0 && i < 20])
	subs.push([await subscribe(client, 'hist:o', weir({ filter: tree })), (i) => i % 3 > 0 && i < 20])
	subs.push([await subscribe(client, 'hist:b', { tagsFilter: tree, ...weir({ filter: 'data.p > 10' }) }), (i) => i % 3 > 0 && i < 20 && i > 10])
	const channels = [...subs.map(([s]) => s.channel), 'hist:all']
	const send = async (from, to) => {
		for (const i of numbers(from, to))
			await broker.api('broadcast', { channels, data: price(i), tags: tags(i) })
	}
	const all = await subscribe(client, 'hist:all', weir({ filter: '' }))
	await send(1, 12)
	await publications(all, 12)
	client.cut()
	await event(client, 'connecting', 2)
	await send(13, 24)
	for (const [sub] of subs)
		assert.equal((await event(sub, 'subscribed', 2)).recovered, true)
	await send(25, 30)
	await publications(all, 30)
	for (const [sub, passes] of subs) {
		const expected = numbers(1, 30).filter(passes)
		assert.deepEqual(data(sub).map((d) => d.p), expected, sub.channel)
		assert.deepEqual(sub.pubs().map((p) => p.offset), expected, sub.channel)
		assert.deepEqual(data(sub), expected.map(price))
	}
	assert.ok(subs.every(([sub]) => sub.pubs().every((p) => !p.tags['weir-dropped'])), 'a filter drops nothing')
})

filterTest('a history asked for with the subscribe is filtered too; the limit of recovery counts before', async (broker) => {
	await publish(broker, 'hist:a', 1, 30)
	const { epoch } = await broker.api('history', { channel: 'hist:a', limit: 0 })
	const since = (offset) => ({ since: { epoch, offset }, ...weir({ filter: "sym = 'BTC'" }) })
	const sub = await subscribe(connect(broker, ANN), 'hist:a', since(20))
	assert.equal(sub.seen.find((e) => e.event === 'subscribed').recovered, true)
	assert.deepEqual(data(await publications(sub, 4) && sub).map((d) => d.p), [21, 24, 27, 30])
	const far = await subscribe(connect(broker, ANN), 'hist:a', since(5))
	assert.equal(far.seen.find((e) => e.event === 'subscribed').recovered, false)
	const wire = await Wire.connect(broker, ANN)
	const refused = await wire.ask({ subscribe: { channel: 'hist:a', recover: true, epoch, offset: 5, flag: 2, tf: { key: 'sym', cmp: 'eq', val: 'BTC' } } })
	assert.equal(refused.error.code, 112)
	const { subscribe: got } = await wire.ask({ subscribe: { channel: 'hist:a', recover: true, epoch, offset: 28, flag: 2, tf: { key: 'sym', cmp: 'eq', val: 'none' } } })
	assert.deepEqual([got.recovered, got.publications, got.offset], [true, undefined, 28])
	await publish(broker, 'hist:a', 31, 33)
	await publications(far, 1)
	assert.deepEqual(data(far).map((d) => d.p), [33])
}, { client: { recovery_max_publication_limit: 20 } })

filterTest('a filter with conflation: what does not pass replaces nothing and is not counted', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'hist:a', weir({ overflow: 'latest', key: 'data.sym', filter: "data.p <= 20 AND sym != 'SOL'" }))
	const resync = await subscribe(client, 'hist:b', weir({ filter: 'data.p % 10 = 0', queue: 5 }))
	const resume = await stall(broker, client)
	await publish(broker, 'hist:a', 1, 40)
	await publish(broker, 'hist:b', 1, 110)
	resume()
	await publications(sub, 2)
	await publications(resync, 11)
	assert.deepEqual(data(sub).map((d) => d.p), [19, 18])
	assert.deepEqual(data(resync).map((d) => d.p), numbers(1, 11).map((i) => 10 * i))
	assert.equal(accounted(sub), 13)
})

filterTest('enforced by a token: live, recovered and in history; the client can narrow it, not widen', async (broker) => {
	const claim = (filter, more) => token({ sub: 'ann', channel: 'mine:a', weir: { filter }, ...more })
	const client = connect(broker, { ...ANN, ...QUICK })
	const sub = await subscribe(client, 'mine:a', { token: claim("sym = 'BTC'"), getToken: async () => claim("sym = 'BTC'"), delta: 'fossil' })
	const narrow = await subscribe(connect(broker, ANN), 'mine:a', { token: claim("sym = 'BTC'"), ...weir({ filter: 'data.p > 5' }) })
	const wide = await subscribe(connect(broker, ANN), 'mine:a', { token: claim("sym = 'BTC'"), ...weir({ filter: "sym = 'ETH' OR TRUE" }) })
	const none = await subscribe(connect(broker, ANN), 'mine:a', { token: claim("sym = 'BTC'"), tagsFilter: { key: 'sym', cmp: 'eq', val: 'ETH' } })
	const tree = await subscribe(connect(broker, ANN), 'mine:a',
		{ token: token({ sub: 'ann', channel: 'mine:a', server_tags_filter: { key: 'sym', cmp: 'eq', val: 'SOL' } }) })
	await publish(broker, 'mine:a', 1, 9)
	await publications(sub, 3)
	client.cut()
	await event(client, 'connecting', 2)
	await publish(broker, 'mine:a', 10, 18)
	await publications(sub, 6)
	assert.deepEqual(data(sub).map((d) => d.p), [3, 6, 9, 12, 15, 18])
	await publications(tree, 6)
	await publications(wide, 6)
	await publications(narrow, 5)
	assert.deepEqual(data(narrow).map((d) => d.p), [6, 9, 12, 15, 18])
	assert.deepEqual(data(tree).map((d) => d.p), [2, 5, 8, 11, 14, 17])
	assert.deepEqual(data(none), [])
	const of = async (s, o) => (await s.history(o)).publications.map((p) => p.data.p)
	assert.deepEqual(await of(sub, { limit: 100 }), [3, 6, 9, 12, 15, 18])
	assert.deepEqual(await of(sub, { limit: 4, reverse: true }), [18, 15])
	assert.deepEqual(await of(narrow, { limit: 100 }), [3, 6, 9, 12, 15, 18], 'its own filter is not for history')
	assert.deepEqual(await of(tree, { limit: 100 }), [2, 5, 8, 11, 14, 17])
	assert.equal((await broker.api('history', { channel: 'mine:a', limit: 100 })).publications.length, 18)
})

filterTest('a token whose filter is wrong is invalid, and does not say why', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	const good = { key: 'a', cmp: 'eq', val: '1' }
	for (const claims of [{ weir: { filter: 'a =' } }, { weir: { filter: '1' } }, { weir: { filter: 1 } }, { weir: { filter: { op: 'x' } } },
		{ server_tags_filter: { op: 'not' } }, { weir: { filter: 'a = 1' }, server_tags_filter: good }, { weir: 'x' }, { server_tags_filter: 'x' }]) {
		const { error } = await wire.ask({ subscribe: { channel: 'mine:a', token: token({ sub: 'ann', channel: 'mine:a', ...claims }) } })
		assert.deepEqual(error, { code: 103, message: 'permission denied' }, JSON.stringify(claims))
	}
	assert.ok((await wire.ask({ subscribe: { channel: 'bare:a', token: token({ sub: 'ann', channel: 'bare:a', server_tags_filter: good }) } })).subscribe)
})

filterTest('a refreshed token with another filter switches from the next event on', async (broker) => {
	const client = connect(broker, ANN)
	const claim = (filter) => token({ sub: 'ann', channel: 'mine:a', exp: expires(1.5), ...(filter ? { weir: { filter } } : {}) })
	const filters = ["sym = 'BTC'", "sym = 'ETH'", '', "sym = 'SOL'"]
	let asked = 0
	const sub = await subscribe(client, 'mine:a', { getToken: async () => claim(filters[Math.min(asked++, 3)]) })
	const got = (sym) => data(sub).filter((d) => d.sym === sym).length
	let n = 0
	for (let i = 1; i <= 3; i++) {
		assert.equal(got(['ETH', 'SOL', ''][i - 1]), 0)
		await until(`filter ${i}`, async () => {
			await publish(broker, 'mine:a', ++n, n)
			return [got('ETH') > 0, got('SOL') > 0, asked > 3][i - 1]
		})
		if (i === 3)
			break
	}
	await until('the history of the last', async () => {
		const { publications: pubs } = await sub.history({ limit: 1000 })
		return pubs.every((p) => p.data.sym === 'SOL')
	})
	assert.equal(sub.seen.filter((e) => e.event === 'subscribed').length, 1)
})

filterTest('delta: refused with a filter of one\'s own, not granted with an enforced one', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	const ask = (channel, more) => wire.ask({ subscribe: { channel, delta: 'fossil', ...more } })
	for (const more of [{ tf: { key: 'a', cmp: 'ex' } }, weir({ filter: 'TRUE' }), weir({ filter: { key: 'a', cmp: 'ex' } })]) {
		assert.deepEqual((await ask('delta:a', more)).error, { code: 107, message: 'filter: cannot be combined with delta' })
		assert.equal((await ask('hist:a', more)).error.code, 107)
		assert.equal((await ask('hist:*', more)).error.code, 107)
	}
	assert.equal((await ask('delta:a', weir({ filter: '' }))).subscribe.delta, true)
	const { subscribe: got } = await ask('mine:a', { token: token({ sub: 'ann', channel: 'mine:a', weir: { filter: 'TRUE' } }) })
	assert.deepEqual([got.delta, got.recoverable], [undefined, true])
})

const nest = (n, open, close) => open.repeat(n) + 'TRUE' + close.repeat(n)
const leaf = { key: 'a', cmp: 'eq', val: 'b' }
const deep = (n) => (n > 1 ? { op: 'and', nodes: [deep(n - 1)] } : leaf)
const REFUSED = [
	['(sym = 1', "filter: expected ')' at column 9"],
	["LOWER(symbol) LIKE symbol", 'filter: LIKE needs a string literal at column 20'],
	['UPPER(symbol', "filter: expected ')' at column 13"],
	["a = 'x", 'filter: unterminated string at column 5'], ['data.a..b = 1', 'filter: bad path at column 7'],
	['a IN ()', 'filter: empty set at column'], ['FIRST(a)', 'filter: unknown function FIRST/1 at column 1'], ['1 + 1', 'filter: result is not a Boolean'],
	["'x'", 'filter: result is not a Boolean'], ['EXISTS (a)', 'filter: EXISTS needs a name at column'], ['   ', 'filter: '], ['a =', 'filter: expected an operand at column 4'],
	['a = 1 ;', "filter: unexpected ';' at column 7"], ['\0', 'filter: unexpected'], ['a\ud800', 'filter: '],
	[`a = '${'x'.repeat(1020)}'`, 'filter: longer than 1024 bytes'],
	[nest(17, '(', ')'), 'filter: deeper than 16 levels'], [nest(17, 'NOT ', ''), 'filter: deeper than 16 levels'],
	[nest(200, '(', ')'), 'filter: deeper than 16 levels'], [`${'-'.repeat(900)}1 = 1`, 'filter: deeper than 16 levels'],
	[numbers(1, 33).map((i) => `a${i}`).join(' OR '), 'filter: more than 64 nodes'],
	[numbers(1, 17).map((i) => `EXISTS data.p${i}`).join(' OR '), 'filter: more than 16 paths'],
	[`a LIKE '${'a*'.repeat(129)}'`, 'filter: LIKE pattern too long'], [`a LIKE '${'_'.repeat(65)}'`, 'filter: LIKE pattern too long'],
	[`data${'.a'.repeat(9)} = 1`, 'filter: bad path'], [`data.${'a'.repeat(256)} = 1`, 'filter: bad path'], ['data[65536] = 1', 'filter: bad path'],
	[{ op: 'or', nodes: [{ key: 'symbol', cmp: 'in' }] }, 'filter: tf.nodes[0]: in needs vals'],
	[{ op: 'and', nodes: [leaf, { key: 'a', cmp: 'eq' }] }, 'filter: tf.nodes[1]: eq needs val'],
	[{ op: 'and', nodes: Array(64).fill(leaf) }, 'filter: '],
	[{ key: 'a', cmp: 'in', vals: numbers(1, 257).map(String) }, 'filter: '], [{ key: 'a', cmp: 'eq', val: 'v'.repeat(4097) }, 'filter: '],
	[{ op: 'xor', nodes: [leaf] }, "filter: tf: unknown op 'xor'"], [{ op: 7 }, 'filter: tf: wrong type of op'], [{}, 'filter: tf: cmp missing'],
]
filterTest('what is refused: 107, and where and why', async (broker) => {
	const wire = await Wire.connect(broker, ANN)
	for (const [filter, message] of REFUSED) {
		const what = JSON.stringify(filter).slice(0, 100)
		for (const channel of ['live:a', 'hist:*']) {
			const { error } = await wire.ask({ subscribe: { channel, data: { weir: { filter } } } })
			assert.ok(error && error.code === 107 && error.message.startsWith(message), `${what}: ${JSON.stringify(error)}`)
			assert.ok(error.message.length < 200, `${what}: ${error.message}`)
		}
	}
	assert.deepEqual((await wire.ask({ subscribe: { channel: 'bare:a', ...weir({ filter: 'a =' }) } })).error,
		{ code: 107, message: 'filter: not allowed for this channel' })
	for (const good of [nest(16, '(', ')'), nest(16, 'NOT ', ''), `a LIKE '${'_'.repeat(64)}'`, deep(14), { op: 'and', nodes: Array(63).fill(leaf) },
		numbers(1, 32).map((i) => `a${i}`).join(' OR '), { key: 'a', cmp: 'in', vals: numbers(1, 256).map(String) }]) {
		const { error } = await wire.ask({ subscribe: { channel: 'live:a', ...weir({ filter: good }) } })
		assert.equal(error, undefined, `${JSON.stringify(good).slice(0, 80)} ${JSON.stringify(error)}`)
		await wire.ask({ unsubscribe: { channel: 'live:a' } })
	}
})

filterTest('more distinct filters than a channel may have: 106, and it serves the others', async (broker) => {
	const wires = await Promise.all(numbers(1, 12).map(() => Wire.connect(broker, ANN)))
	const codes = await Promise.all(wires.map(async (wire, i) =>
		(await wire.ask({ subscribe: { channel: 'few:a', ...weir({ filter: `x = ${i}` }) } })).error?.code))
	assert.deepEqual([codes.filter((c) => c === undefined).length, codes.filter((c) => c === 106).length].map((n) => n > 0), [true, true])
	const late = await Wire.connect(broker, ANN)
	const taken = codes.indexOf(undefined)
	if (process.env.WEIR_WORKERS !== '2')
		assert.ok((await late.ask({ subscribe: { channel: 'few:a', ...weir({ filter: `x = ${taken}` }) } })).subscribe)
	await broker.publish('few:a', 'for all', { tags: { x: String(taken) } })
	await wires[taken].push('pub', 'few:a')
	for (const [i, wire] of wires.entries())
		if (codes[i] === undefined)
			await wire.ask({ unsubscribe: { channel: 'few:a' } })
	assert.ok((await wires[codes.indexOf(106)].ask({ subscribe: { channel: 'few:a', ...weir({ filter: 'x = 77' }) } })).subscribe)
}, { channel: { namespaces: [...OPTIONS.channel.namespaces, { name: 'few', ...FILTERED, filter_max_distinct: 4 }] } })

filterTest('patterns: filters by channel, tag and payload; latest keeps one per channel', async (broker) => {
	const client = connect(broker, { ...ANN, ...QUICK })
	const btc = await subscribe(client, 'audit:*.eu', weir({ filter: "data.sym = 'BTC' AND channel LIKE 'audit:a%'" }))
	const latest = await subscribe(client, 'live:>', weir({ overflow: 'latest' }))
	const keyed = await subscribe(client, 'live:*', weir({ overflow: 'latest', key: 'sym' }))
	assert.deepEqual(latest.seen.find((e) => e.event === 'subscribed').data, { weir: { overflow: 'latest', queue: 128 } })
	const refused = await subscribe(client, 'live:*.x', weir({ overflow: 'resync' }), false)
	assert.equal((await event(refused, 'unsubscribed')).code, 107)
	const resume = await stall(broker, client)
	for (const i of numbers(1, 30)) {
		await broker.publish(`audit:${i % 2 ? 'a' : 'b'}.eu`, price(i), { tags: { ...tags(i), channel: 'audit:a.eu' } })
		await broker.publish(`live:${i % 4}`, price(i), { tags: tags(i) })
	}
	await waits(broker, client, 'live:>', 4)
	resume()
	await publications(latest, 4)
	await publications(keyed, 3)
	await publications(btc, 5)
	assert.deepEqual(data(btc).map((d) => d.p), [3, 9, 15, 21, 27])
	assert.deepEqual(data(latest).map((d) => d.p).sort(), [27, 28, 29, 30])
	assert.deepEqual(data(keyed).map((d) => d.p).sort(), [28, 29, 30])
	assert.deepEqual(latest.pubs().map((p) => [p.channel, p.tags.channel]), data(latest).map((d) => ['live:>', `live:${d.p % 4}`]))
	const wire = client.frames().find((f) => f.includes('"pub"') && f.includes('"live:>"'))
	assert.match(wire, /"channel":"live:>","pub":\{"data":\{[^}]*"deep":\{[^}]*\}\},"channel":"live:\d"/)
	assert.deepEqual([accounted(latest), accounted(keyed)], [30, 30])
	client.cut()
	await event(client, 'connecting', 2)
	for (const i of numbers(31, 60))
		await broker.publish(`audit:${i % 2 ? 'a' : 'b'}.eu`, price(i), { tags: tags(i) })
	assert.equal((await event(btc, 'subscribed', 2)).recovered, true)
	assert.deepEqual(data(btc).map((d) => d.p), [3, 9, 15, 21, 27, 33, 39, 45, 51, 57])
})

filterTest('an ordered pattern is resynced like a channel', async (broker) => {
	const client = connect(broker, ANN)
	const sub = await subscribe(client, 'audit:>', weir({ queue: 10 }))
	const odd = await subscribe(client, 'audit:*', weir({ queue: 10, filter: 'data.p % 2 = 1' }))
	for (const round of [0, 1, 2]) {
		const resume = await stall(broker, client)
		for (const i of numbers(60 * round + 1, 60 * round + 50))
			await broker.publish(`audit:${i % 5}`, price(i))
		resume()
		for (const i of numbers(60 * round + 51, 60 * round + 60))
			await broker.publish(`audit:${i % 5}`, price(i))
		await publications(sub, 60 * (round + 1))
		await publications(odd, 30 * (round + 1))
	}
	assert.deepEqual(data(sub).map((d) => d.p), numbers(1, 180))
	assert.deepEqual(data(odd).map((d) => d.p), numbers(1, 180).filter((i) => i % 2))
	const [first, ...again] = sub.seen.filter((e) => e.event === 'subscribing').map((e) => e.code)
	assert.ok(first === 0 && again.length >= 1 && again.length <= 3 && again.every((code) => code === 2500), `${again}`)
	assert.equal(client.sockets.length, 1)
})
