// SPDX-License-Identifier: Apache-2.0
// GET /events: streams for EventSource and curl. What they say, where they go on, what ends them, and what is refused.
'use strict'
const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const crypto = require('node:crypto')
const { test } = require('node:test')
const { EventSource } = require('eventsource')
const { BROKERS, Broker, HISTORY, KEY, OPEN, WORKERS, aloneTest, brokerTest, inTime, until } = require('./lib/broker')
const { Events, refused, target } = require('./lib/events')
const { CHROMIUM } = require('./lib/page')
const { Raw, request } = require('./lib/raw')
const { signed, token, expires, now } = require('./lib/token')

const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA = publicKey.export({ type: 'spki', format: 'pem' })
const ALL = ['resync', 'disconnect', 'drop_oldest', 'drop_newest', 'latest']
const OPTIONS = {
	client: { allow_anonymous_connect_without_token: true, ping_interval: '1s', pong_timeout: '500ms', allowed_origins: ['http://localhost:*'] },
	channel: {
		without_namespace: { allow_subscribe_for_anonymous: true },
		namespaces: [
			{ name: 'live', ...OPEN, allow_subscribe_for_anonymous: true, allow_wildcards: true, allowed_overflow: ALL },
			{ name: 'hist', ...OPEN, ...HISTORY, allow_subscribe_for_anonymous: true, allowed_overflow: ALL, allow_tags_filter: true },
			{ name: 'short', ...OPEN, ...HISTORY, history_size: 5, allowed_overflow: ['drop_oldest'], allow_subscribe_for_anonymous: true },
			{ name: 'audit', ...OPEN, ordered: true, force_recovery: true, allow_wildcards: true, allow_subscribe_for_anonymous: true },
			{ name: 'rooms', ...OPEN, presence: true, join_leave: true, force_push_join_leave: true, allow_subscribe_for_anonymous: true },
			{ name: 'closed' },
		],
	},
}
const bearer = (claims) => ({ authorization: `Bearer ${token(claims)}` })
const connections = async (broker) => (await broker.api('connections', { limit: 100 })).connections
const alone = (broker, n) => until(`${n} connections`, async () => (await connections(broker)).length === n)

brokerTest('what a stream says', OPTIONS, async (broker) => {
	const es = await Events.open(broker, { channel: ['hist:a', 'live:*.cpu', 'hist:a'], queue: 64 }, bearer({ sub: 'ann', channels: ['hist:not'] }))
	assert.equal(es.status, 200)
	const { headers } = es.response
	assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8')
	assert.match(headers['cache-control'], /no-store/)
	assert.equal(headers['transfer-encoding'], 'chunked')
	assert.ok(es.retry >= 1000 && es.retry <= 3000)
	assert.match(es.controls[0].client, /^[0-9a-f-]{36}$/)
	assert.match(es.controls[0].version, /^weir /)
	const { epoch } = es.subs[0]
	assert.deepEqual(es.subs, [
		{ channel: 'hist:a', recoverable: true, positioned: true, epoch, offset: 0, options: { overflow: 'resync', queue: 64 } },
		{ channel: 'live:*.cpu', options: { overflow: 'disconnect', queue: 64 } },
	])
	assert.deepEqual(es.ids, [`${epoch}:0,-`])
	const before = Date.now()
	const place = await broker.publish('hist:a', { n: 1 }, { tags: { k: 'v' } })
	await broker.publish('live:x.cpu', 'hi')
	await fetch(`${broker.http}/events/hist:a`, { method: 'POST', body: Buffer.from([0, 10, 255]), headers: { 'x-api-key': KEY,
		'content-type': 'image/png', 'ce-specversion': '1.0', 'ce-id': 'e 7', 'ce-source': '/s', 'ce-type': 't' } })
	await fetch(`${broker.http}/events/hist:a`, { method: 'POST', body: '"x"', headers: { ...bearer({ sub: 'bob', info: [1] }), 'content-type': 'application/json' } })
	await es.got(4)
	const [first, second, third, fourth] = [...es.messages].sort((a, b) => (a.offset || 1.5) - (b.offset || 1.5))
	assert.ok(Math.abs(first.time - before) < 60000)
	assert.deepEqual(first, { channel: 'hist:a', data: { n: 1 }, offset: place.offset, tags: { k: 'v' }, time: first.time, at: `${epoch}:1,-` })
	assert.deepEqual(second, { channel: 'live:x.cpu', pattern: 'live:*.cpu', data: 'hi', time: second.time, at: undefined })
	assert.equal(third.data, 'AAr/')
	assert.equal(third.tags['weir-encoding'], 'base64')
	assert.equal(third.id, 'e 7')
	assert.equal(third.at, `${epoch}:2,-`)
	assert.deepEqual(fourth.info, { user: 'bob', client: '', conn_info: [1] })
	await until('a ping', () => es.comments > 1)
	if (BROKERS === 1) {
		const [one] = await connections(broker)
		assert.equal(one.user, 'ann')
		assert.deepEqual(one.subscriptions.map((s) => s.channel).sort(), ['hist:a', 'live:*.cpu']) // not those of the token
	}
	es.close()
	await alone(broker, 0)
})

brokerTest('where a stream goes on', OPTIONS, async (broker) => {
	const channels = ['hist:b', 'audit:>', 'live:x', 'hist:a']
	const publish = async (from, to) => {
		for (let n = from; n <= to; n++)
			for (const channel of ['hist:a', 'hist:b', 'audit:x', 'audit:y.z', 'live:x'])
				await broker.publish(channel, n)
	}
	let es = await Events.open(broker, { channel: channels })
	await publish(1, 3)
	await es.got(15)
	assert.equal(es.id.split(',').length, 4)
	assert.equal(es.id.split(',')[2], '-')
	es.close()
	await publish(4, 6)
	const missed = ['hist:b 4', 'hist:b 5', 'hist:b 6', 'audit:x 4', 'audit:y.z 4', 'audit:x 5', 'audit:y.z 5', 'audit:x 6', 'audit:y.z 6',
		'hist:a 4', 'hist:a 5', 'hist:a 6']
	for (const [since, headers] of [[[], { 'last-event-id': es.id }], [[es.id], {}], [['all'], { 'last-event-id': es.id }]]) {
		const next = await Events.open(broker, { channel: channels, since }, headers)
		await next.got(missed.length)
		// Channel by channel, in the order of the URL, then what is live, and nothing twice.
		assert.deepEqual(next.messages.map((m) => `${m.channel} ${m.data}`), missed)
		assert.deepEqual(next.subs.map((s) => [!!s.was_recovering, !!s.recovered]), [[true, true], [true, true], [false, false], [true, true]])
		assert.equal(next.ids[0], es.id)
		assert.equal(new Set(next.ids).size, missed.length + 1)
		await broker.publish('hist:a', 'live')
		missed.push('hist:a live')
		await next.got(missed.length)
		assert.deepEqual(next.messages.map((m) => `${m.channel} ${m.data}`), missed)
		next.close()
	}
})

brokerTest('positions that are no good, and since', OPTIONS, async (broker) => {
	for (let n = 1; n <= 8; n++) {
		await broker.publish('short:a', n)
		await broker.publish('hist:a', n)
	}
	const channel = ['short:a', 'hist:a', 'live:a']
	const all = await Events.open(broker, { channel, since: 'all' })
	await all.got(13)
	assert.deepEqual(all.data('short:a'), [4, 5, 6, 7, 8]) // all that history has
	assert.deepEqual(all.data('hist:a'), [1, 2, 3, 4, 5, 6, 7, 8])
	assert.deepEqual(all.subs.map((s) => !!s.recovered), [true, true, false])
	const [short, hist] = all.id.split(',').map((entry) => entry.split(':')[0])
	const trimmed = await Events.open(broker, { channel, since: `${short}:1,${hist}:6,-` })
	await trimmed.got(2)
	assert.deepEqual(trimmed.data(), [7, 8])
	assert.deepEqual(trimmed.subs.map((s) => [!!s.was_recovering, !!s.recovered]), [[true, false], [true, true], [false, false]])
	for (const bad of ['xx', 'a:1', `${hist}:1`, `${hist}:1,${hist}:1,-,-`, `${hist}:-1,-,-`, ',,', ':1,-,-', `${'x'.repeat(40)}:1,-,-`, `${short}:1:2,-,-`]) {
		const es = await Events.open(broker, { channel }, { 'last-event-id': bad })
		assert.deepEqual(es.subs.map((s) => [!!s.was_recovering, !!s.recovered]), [[true, false], [true, false], [false, false]], bad)
		assert.equal(es.id, `${short}:8,${hist}:8,-`)
		es.close()
		const no = await refused(broker, { channel, since: bad })
		assert.deepEqual([no.status, no.code], [400, 107], bad)
	}
	const gone = await Events.open(broker, { channel: 'hist:a', since: 'abcdefgh:3' })
	assert.deepEqual([gone.subs[0].was_recovering, gone.subs[0].recovered, gone.subs[0].offset], [true, undefined, 8])
	assert.equal((await refused(broker, { channel: 'hist:a', since: 'x'.repeat(2049) })).status, 400)
	assert.equal((await refused(broker, { channel: 'hist:a' }, { 'last-event-id': 'x'.repeat(2049) })).status, 400)
	const none = await Events.open(broker, { channel: 'live:a' })
	assert.deepEqual(none.ids, []) // without positions there are no ids
})

brokerTest('what is refused', { ...OPTIONS, client: { ...OPTIONS.client, allow_anonymous_connect_without_token: false } }, async (broker) => {
	const ann = bearer({ sub: 'ann' })
	const sub = (claims) => token({ sub: 'ann', ...claims })
	const many = Array.from({ length: 33 }, (_, i) => `hist:${i}`)
	for (const [query, status, code, message, channel] of [
		['', 400, 107, /channel/], ['channel=', 400, 107, /channel/], ['channel=%zz', 400, 107, /channel/], ['channel=%ff', 400, 107, /UTF-8/],
		['channel=a%00b', 400, 107, /channel/], [{ channel: many }, 400, 106, /channels/],
		['channel=a&queue=0', 400, 107, /^queue: /], ['channel=a&queue=x', 400, 107, /^queue: /], ['channel=a&queue=1&queue=2', 400, 107, /^queue: /],
		['channel=a&overflow=never', 400, 107, /^overflow: /], ['channel=a&overflow=', 400, 107, /^overflow: /], ['channel=a&rate=-1', 400, 107, /^rate: /],
		['channel=a&key=data.%5B', 400, 107, /^key: /], ['channel=a&queue_bytes=1', 400, 107, /^queue_bytes: /],
		['channel=a&filter=%28', 400, 107, /^filter: /], ['channel=a&filter=%7B', 400, 107, /^filter: /],
		['channel=a&filter=%7B%22op%22%3A%22x%22%7D', 400, 107, /^filter: /], ['channel=a&filter=' + '{"op":"not","nodes":['.repeat(30), 400, 107, /^filter: /],
		['channel=a&sub_token=abc', 400, 107, /sub_token/], [{ channel: 'a', sub_token: sub({ channel: 'b' }) }, 400, 107, /sub_token/],
		[{ channel: 'a', sub_token: [sub({ channel: 'a' }), sub({ channel: 'a' })] }, 400, 107, /sub_token/],
		['channel=no:a', 404, 102, /./, 'no:a'], ['channel=closed:a', 403, 103, /./, 'closed:a'], ['channel=hist:a&channel=closed:a', 403, 103, /./, 'closed:a'],
		['channel=closed:a&channel=no:a', 403, 103, /./, 'closed:a'], ['channel=%24secret', 403, 103, /./, '$secret'],
		[`channel=${'x'.repeat(256)}`, 400, 107, /./, 'x'.repeat(256)], ['channel=%C3%A9', 400, 107, /./, 'é'], ['channel=live:a.%3E.b', 400, 107, /./, 'live:a.>.b'],
		['channel=hist:*', 403, 103, /./, 'hist:*'], ['channel=%3E', 403, 103, /./, '>'],
		['channel=live:a&overflow=resync', 400, 107, /^overflow: /, 'live:a'], ['channel=short:a&overflow=latest', 403, 103, /./, 'short:a'],
		['channel=live:a&rate=2&overflow=disconnect', 400, 107, /^rate: /, 'live:a'], ['channel=live:a&filter=a%3D1', 400, 107, /^filter: /, 'live:a'],
		[{ channel: 'closed:a', sub_token: sub({ channel: 'closed:a', exp: 1 }) }, 401, 109, /./, 'closed:a'],
		[{ channel: 'closed:a', sub_token: sub({ channel: 'closed:a', exp: expires(60), expire_at: 1 }) }, 401, 110, /./, 'closed:a'],
		[{ channel: 'closed:a', sub_token: `${sub({ channel: 'closed:a' })}x` }, 403, 103, /./, 'closed:a'],
		[{ channel: 'closed:a', sub_token: token({ sub: 'bob', channel: 'closed:a' }) }, 401, 101, /./, 'closed:a'],
	]) {
		const no = await refused(broker, query, ann)
		assert.deepEqual([no.status, no.code, no.channel], [status, code, channel], `${JSON.stringify(query)}: ${JSON.stringify(no)}`)
		assert.match(no.message, message, JSON.stringify(query))
	}
	for (const [headers, code] of [[{}, 101], [{ authorization: 'Bearer x' }, 101], [{ authorization: 'Bearer' }, 101], [bearer({ exp: 1 }), 109],
		[bearer({ channel: 'a' }), 101], [bearer({ exp: expires(60), expire_at: 1 }), 110]]) {
		const no = await refused(broker, 'channel=hist:a', headers)
		assert.deepEqual([no.status, no.code], [401, code], JSON.stringify(headers))
		assert.match(no.headers['www-authenticate'], /^Bearer/)
	}
	// Checks in their order: options before tokens, tokens before channels.
	assert.equal((await refused(broker, 'channel=closed:a&queue=0', {})).status, 400)
	assert.equal((await refused(broker, 'channel=closed:a', {})).status, 401)
	assert.equal((await refused(broker, 'queue=0', { origin: 'https://evil.example.com' })).status, 403)
	assert.equal((await refused(broker, `channel=${'x'.repeat(9000)}`, ann)).status, 414)
	assert.equal((await refused(broker, 'channel=a', { x: 'x'.repeat(17000) })).status, 431)
	for (const method of ['POST', 'HEAD', 'PUT', 'DELETE']) {
		const no = await fetch(`${broker.http}/events?channel=a`, { method, body: method === 'HEAD' ? undefined : '' })
		assert.deepEqual([no.status, no.headers.get('allow')], [405, 'GET, OPTIONS'], method)
	}
	// All or none: nobody is left subscribed, and nobody was let in.
	await alone(broker, 0)
	assert.deepEqual((await broker.api('channels')).channels, {})
	// A token in the URL works, and does not get into the log.
	const good = await Events.open(broker, { channel: 'closed:a', token: token({ sub: 'ann' }), sub_token: sub({ channel: 'closed:a' }), x: 'ignored' })
	assert.equal(good.status, 200)
	const slow = await Events.open(broker, { channel: 'hist:a' },
		{ authorization: `Bearer ${signed({ sub: 'rsa' }, 'RS256', privateKey.export({ type: 'pkcs8', format: 'pem' }))}` })
	assert.equal(slow.status, 401) // no RSA key is configured here
	assert.ok(!broker.log.includes('eyJ'))
})

brokerTest('tokens on the blocking pool, and what tokens decide', { ...OPTIONS, client: { ...OPTIONS.client, token: { rsa_public_key: RSA } } }, async (broker) => {
	const rsa = (claims) => signed(claims, 'RS256', privateKey.export({ type: 'pkcs8', format: 'pem' }))
	const es = await Events.open(broker, { channel: ['closed:a', 'hist:a', '$p'],
		sub_token: [rsa({ sub: 'u', channel: '$p', weir: { queue: 7 } }), rsa({ sub: 'u', channel: 'closed:a', data: { mine: 1 } })] },
	{ authorization: `Bearer ${rsa({ sub: 'u' })}` })
	assert.equal(es.status, 200, es.text)
	assert.deepEqual(es.subs[0], { channel: 'closed:a', data: { mine: 1 } })
	assert.equal(es.subs[2].options.queue, 7)
	await broker.publish('$p', 1)
	await broker.publish('closed:a', 2)
	await es.got(2)
	const half = rsa({ sub: 'u', channel: 'closed:a' }).replace(/.{8}$/, 'AAAAAAAA')
	assert.equal((await refused(broker, { channel: ['hist:a', 'closed:a'], sub_token: half }, { authorization: `Bearer ${rsa({ sub: 'u' })}` })).status, 403)
	assert.equal((await refused(broker, { channel: 'hist:a' }, { authorization: `Bearer ${rsa({ sub: 'u' })}AA` })).status, 401)
})

brokerTest('options, filters, policies', OPTIONS, async (broker) => {
	const es = await Events.open(broker, { channel: ['hist:a', 'hist:b'], overflow: 'latest', key: 'data.k', rate: 1000, queue: 5, queue_bytes: 20000, filter: 'data.n > 1 AND kind = \'x\'' })
	assert.deepEqual(es.subs[0].options, { overflow: 'latest', key: 'data.k', rate: 1000, queue: 5 })
	await broker.publish('hist:a', { n: 1 }, { tags: { kind: 'x' } })
	await broker.publish('hist:a', { n: 2 }, { tags: { kind: 'x' } })
	await broker.publish('hist:a', { n: 3 }, { tags: { kind: 'y' } })
	await broker.publish('hist:b', { n: 4 }, { tags: { kind: 'x' } })
	await es.got(2)
	assert.deepEqual(es.data().map((d) => d.n), [2, 4])
	const tree = await Events.open(broker, { channel: 'hist:a', since: 'all', filter: '{"key":"kind","cmp":"eq","val":"y"}' })
	await tree.got(1)
	assert.deepEqual(tree.data(), [{ n: 3 }])
	await broker.publish('hist:a', { n: 5 }, { tags: { kind: 'y' } })
	await tree.got(2)
})

brokerTest('what ends a stream, and what is told', OPTIONS, async (broker) => {
	const open = (user, channel, more) => Events.open(broker, { channel }, bearer({ sub: user, ...more }))
	const [one, two, room] = await Promise.all([open('one', ['hist:a', 'hist:b']), open('two', ['hist:a']), open('room', ['rooms:x'])])
	await until('the own join', () => room.said('join').length === 1)
	assert.equal(room.said('join')[0].info.user, 'room')
	const guest = await open('guest', ['rooms:x'])
	await until('a join', () => room.said('join').length === 2)
	guest.close()
	await until('a leave', () => room.said('leave').length === 1)
	assert.deepEqual([room.said('leave')[0].channel, room.said('leave')[0].info.user], ['rooms:x', 'guest'])

	await broker.api('subscribe', { user: 'one', channel: 'hist:c' }) // what it wants is in the URL
	await broker.api('unsubscribe', { user: 'one', channel: 'hist:a' })
	await until('unsubscribed', () => one.said('unsubscribed').length === 1)
	assert.deepEqual(one.said('unsubscribed')[0], { channel: 'hist:a', code: 2000, reason: 'server unsubscribe' })
	await broker.publish('hist:a', 'not for one')
	await broker.publish('hist:c', 'not for one')
	await broker.publish('hist:b', 'for one')
	await one.got(1)
	assert.deepEqual(one.data(), ['for one'])
	await broker.api('unsubscribe', { user: 'one', channel: 'hist:b' })
	await one.end()
	assert.ok(one.clean)
	assert.equal(one.controls.at(-1).disconnect.code, 3503) // nothing is left to listen to

	await broker.api('disconnect', { user: 'two', disconnect: { code: 4000, reason: 'go' } })
	await two.end()
	assert.deepEqual(two.controls.at(-1), { disconnect: { code: 4000, reason: 'go' } })
	await broker.api('refresh', { user: 'room', expire_at: expires(600) })
	await broker.api('refresh', { user: 'room', expired: true })
	await room.end()
	assert.deepEqual(room.controls.at(-1), { disconnect: { code: 3005, reason: 'connection expired' } })
	await alone(broker, 0)

})

aloneTest('a broker that stops', OPTIONS, async (broker) => {
	const last = await Events.open(broker, { channel: 'hist:a' })
	broker.signal('SIGTERM')
	await last.end()
	assert.ok(last.clean)
	assert.equal(last.controls.at(-1).disconnect.code, 3001)
})

brokerTest('tokens that run out', { ...OPTIONS, client: { ...OPTIONS.client, expired_close_delay: '0s', expired_sub_close_delay: '0s' } }, async (broker) => {
	const es = await Events.open(broker, { channel: 'hist:a' }, bearer({ sub: 'a', exp: expires(1) }))
	const sub = await Events.open(broker, { channel: ['closed:a', 'hist:a'], sub_token: token({ sub: 'b', channel: 'closed:a', exp: expires(1) }) }, bearer({ sub: 'b' }))
	const only = await Events.open(broker, { channel: ['closed:a'], sub_token: token({ sub: 'c', channel: 'closed:a', exp: expires(1) }) }, bearer({ sub: 'c' }))
	await es.end()
	assert.deepEqual(es.controls.at(-1), { disconnect: { code: 3005, reason: 'connection expired' } })
	await until('the subscription has expired', () => sub.said('unsubscribed').length)
	assert.deepEqual(sub.said('unsubscribed')[0], { channel: 'closed:a', code: 2501, reason: 'subscription expired' })
	await broker.publish('hist:a', 1)
	await sub.got(1)
	await only.end()
	assert.equal(only.controls.at(-1).disconnect.code, 3006)
	assert.ok(now())
})

/* The reader stands still until the broker's socket takes no more, and events of its subscription wait. */
async function stalled(broker, query) {
	const es = await Events.open(broker, query)
	const filler = 'x'.repeat(60000)
	es.response.pause()
	for (let idle = 0, before = -1; idle < 3;) {
		for (let i = 0; i < 5; i++)
			await broker.publish('live:fat', filler)
		const [c] = await connections(broker)
		const sub = c && c.subscriptions.find((s) => s.channel === 'live:fat')
		if (!sub)
			break
		idle = sub.delivered === before && sub.waiting ? idle + 1 : 0
		before = sub.delivered
	}
	return es
}

aloneTest('a reader that stalls: events are dropped and it is told', OPTIONS, async (broker) => {
	for (const overflow of ['drop_oldest', 'drop_newest', 'latest']) {
		const es = await stalled(broker, { channel: ['live:fat', 'hist:a'], overflow, queue: 2 })
		for (let n = 1; n <= 20; n++)
			await broker.publish('hist:a', n)
		es.response.resume()
		const newest = { drop_oldest: [19, 20], drop_newest: [1, 2], latest: [20] }[overflow]
		await until('what was kept', () => es.data('hist:a').length >= newest.length)
		assert.deepEqual(es.data('hist:a'), newest, overflow)
		const kept = es.messages.filter((m) => m.channel === 'hist:a')
		if (overflow !== 'drop_newest')
			assert.equal(kept[0].tags['weir-dropped'], overflow === 'latest' ? '19' : '18')
		const offset = (es.ids.at(-1).split(':').at(-1))
		assert.equal(Number(offset), kept.at(-1).offset)
		es.close()
		await alone(broker, 0)
		await broker.api('history_remove', { channel: 'hist:a' })
	}
})

aloneTest('a reader that stalls: overtaking events do not move the position', OPTIONS, async (broker) => {
	const es = await stalled(broker, { channel: ['live:fat', 'hist:a'], overflow: 'latest', key: 'data.k', queue: 5 })
	for (const [k, n] of [['a', 1], ['b', 2], ['c', 3], ['a', 4], ['b', 5]])
		await broker.publish('hist:a', { k, n })
	es.response.resume()
	await until('one event of each key', () => es.data('hist:a').length === 3)
	const kept = es.messages.filter((m) => m.channel === 'hist:a')
	assert.deepEqual(kept.map((m) => m.data.n), [4, 5, 3])
	assert.deepEqual(kept.map((m) => m.offset), [undefined, undefined, 3])
	assert.deepEqual(kept.map((m) => m.at === undefined), [true, true, false])
	const again = await Events.open(broker, { channel: ['live:fat', 'hist:a'], overflow: 'latest', key: 'data.k' }, { 'last-event-id': es.id })
	await again.got(2)
	assert.deepEqual(again.data().map((d) => d.n), [4, 5]) // once more, rather than never
})

aloneTest('a reader that stalls: resync and disconnect end the stream', OPTIONS, async (broker) => {
	const es = await stalled(broker, { channel: ['hist:fat', 'live:fat'].slice(1), overflow: 'disconnect', queue: 2 })
	es.response.resume()
	await es.end()
	assert.deepEqual(es.controls.at(-1).disconnect || { code: 3008, reason: 'slow' }, { code: 3008, reason: 'slow' })
	await alone(broker, 0)

	const two = await Events.open(broker, { channel: 'hist:f', overflow: 'resync', queue: 2 })
	two.response.pause()
	let sent = 0
	await until('it is behind', async () => {
		for (let i = 0; i < 10; i++)
			await broker.publish('hist:f', { n: ++sent, x: 'x'.repeat(60000) })
		return !(await connections(broker)).length
	}, 60000)
	two.response.resume()
	await two.end()
	assert.deepEqual(two.controls.at(-1), { disconnect: { code: 3010, reason: 'queue full' } })
	const next = await Events.open(broker, { channel: 'hist:f' }, { 'last-event-id': two.id })
	assert.ok(next.subs[0].recovered)
	await until('nothing is missing', () => two.messages.length + next.messages.length === sent)
	assert.deepEqual([...two.data(), ...next.data()].map((d) => d.n), Array.from({ length: sent }, (_, i) => i + 1))
}, 120000)

aloneTest('a fast channel and short queues: the stream begins all the same', OPTIONS, async (broker) => {
	let going = true, published = 0
	const publishers = Array.from({ length: 20 }, async () => {
		while (going)
			await broker.publish('hist:0', published++)
	})
	const channel = Array.from({ length: 32 }, (_, i) => `hist:${i}`)
	let last
	for (let i = 0; i < 20; i++) {
		const es = await Events.open(broker, { channel, queue: 1 }, last ? { 'last-event-id': last } : {})
		assert.equal(es.status, 200)
		assert.ok(es.controls[0].subscribed, JSON.stringify(es.controls[0])) // what comes while it subscribes is not its fault
		last = es.id || last
		es.close()
	}
	going = false
	await Promise.all(publishers)
	await alone(broker, 0)
})

brokerTest('an admin', OPTIONS, async (broker) => {
	const admin = { sub: 'root', weir: { admin: true } }
	const es = await Events.open(broker, { channel: ['closed:a', '$weir:stats'] }, bearer(admin))
	assert.equal(es.status, 200, es.text)
	const posted = await fetch(`${broker.http}/events/closed:a`, { method: 'POST', body: '1', headers: { ...bearer(admin), 'content-type': 'application/json' } })
	assert.equal(posted.status, 200)
	await until('numbers, and the event', () => es.data('$weir:stats').length > 1 && es.data('closed:a').length === 1)
	assert.ok(es.data('$weir:stats')[0].values.clients >= 0)
	assert.equal((await refused(broker, { channel: '$weir:stats' }, bearer({ sub: 'ann' }))).status, 403)
})

brokerTest('HTTP/1.0, curl, cut requests, limits', { ...OPTIONS, client: { ...OPTIONS.client, connection_limit: 2 } }, async (broker) => {
	const old = await Raw.open(broker)
	old.write(request('GET', '/events?channel=hist:a', { Host: 'x' }, '', 'HTTP/1.0'))
	await until('the first message', () => old.text.includes('"subscribed"'))
	assert.ok(!/transfer-encoding/i.test(old.text))
	assert.match(old.text, /\r\n\r\nretry: \d+\n\nevent: weir\nid: /)
	await broker.publish('hist:a', 'for the old one')
	await until('the event', () => old.text.includes('for the old one'))
	const curl = await new Promise((resolve) => {
		execFile('curl', ['-sN', '-m', '5', '-H', `Authorization: Bearer ${token({ sub: 'curl' })}`, `${broker.http}/events?channel=hist:a&channel=live:%3E&since=all`],
			(err, stdout) => resolve(stdout)).stdout.once('data', () => broker.api('disconnect', { user: 'curl' }))
	})
	assert.match(curl, /data: {"channel":"hist:a","data":"for the old one","offset":1/)
	assert.match(curl, /data: {"disconnect":{"code":3503,"reason":"force disconnect"}}\n\n$/)
	const second = await Events.open(broker, { channel: 'hist:a' })
	const third = await refused(broker, { channel: 'hist:a' })
	assert.equal(third.status, 503)
	assert.ok(Number(third.headers['retry-after']) >= 1)
	assert.equal((await refused(broker, { channel: 'closed:a' })).status, 503) // limits before channels
	second.close()
	await until('room', async () => {
		const es = await Events.open(broker, { channel: 'hist:a' })
		es.close()
		return es.status === 200
	})
	old.socket.destroy()
	await alone(broker, 0)
	// Whoever goes before there is an answer leaves nothing behind; nor does a refused request hold a place.
	for (let i = 0; i < 20; i++) {
		const raw = await Raw.open(broker)
		raw.write(request('GET', '/events?channel=hist:a&channel=hist:b', { Host: 'x' }))
		raw.socket.destroy()
		await refused(broker, { channel: ['hist:a', 'closed:a'] }).catch(() => {})
	}
	await alone(broker, 0)
	await until('two places', async () => {
		const two = await Promise.all([1, 2].map(() => Events.open(broker, { channel: 'hist:a' })))
		const good = two.every((es) => es.status === 200)
		two.forEach((es) => es.close())
		return good
	})
})

aloneTest('the eventsource package through a restart', OPTIONS, async (broker) => {
	const es = new EventSource(`${broker.http}${target({ channel: ['hist:a', 'audit:>'] })}`)
	broker.cleanup(() => es.close())
	const got = [], controls = []
	es.onmessage = (m) => got.push(JSON.parse(m.data).data)
	es.addEventListener('weir', (m) => controls.push(JSON.parse(m.data)))
	await until('subscribed', () => controls.length === 1)
	await broker.publish('hist:a', 1)
	await broker.publish('audit:x', 2)
	await until('two', () => got.length === 2)
	const { client } = controls[0]
	await broker.api('disconnect', { user: '', client, disconnect: { code: 3000, reason: 'try again' } })
	await broker.publish('hist:a', 3)
	await broker.publish('audit:y', 4)
	await until('recovered by itself', () => got.length === 4, 30000)
	assert.deepEqual(got, [1, 2, 3, 4])
	assert.deepEqual(controls.filter((c) => c.subscribed).at(-1).subscribed.map((s) => s.recovered), [true, true])
	// A new broker at the same port: the epoch is another one, and that is said.
	const { port } = broker
	broker.signal('SIGTERM')
	await broker.ended
	const next = await Broker.start(OPTIONS, port)
	try {
		await until('back', () => controls.filter((c) => c.subscribed).length === 3, 30000)
		assert.deepEqual(controls.at(-1).subscribed.map((s) => [s.was_recovering, s.recovered]), [[true, undefined], [true, undefined]])
		await next.publish('hist:a', 5)
		await until('live again', () => got.length === 5)
	} finally {
		es.close()
		await next.stop()
	}
}, 120000)

if (!CHROMIUM || BROKERS > 1)
	test('EventSource in Chromium', { skip: 'there is no Chromium' }, () => {})
else
	test(`EventSource in Chromium (workers ${WORKERS})`, () => inTime(() => Broker.start(OPTIONS), async (broker) => {
		const { chromium } = require('playwright-core')
		const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
		broker.cleanup(() => browser.close())
		// A page of another origin: the same machine by another port.
		const site = require('node:http').createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html>'))
		await new Promise((resolve) => site.listen(0, 'localhost', resolve))
		broker.cleanup(() => site.close())
		const page = await browser.newPage()
		await page.goto(`http://localhost:${site.address().port}/`)
		const url = `http://localhost:${broker.port}`
		await page.evaluate((to) => {
			window.got = []
			window.controls = []
			const es = window.es = new EventSource(to, { withCredentials: true })
			es.onmessage = (m) => window.got.push(JSON.parse(m.data).data)
			es.addEventListener('weir', (m) => window.controls.push(JSON.parse(m.data)))
		}, `${url}${target({ channel: ['hist:a', 'hist:b'], token: token({ sub: 'page' }) })}`)
		const seen = (what) => page.evaluate((name) => window[name], what)
		await until('subscribed', async () => (await seen('controls')).length === 1)
		await broker.publish('hist:a', 'live')
		await until('an event', async () => (await seen('got')).length === 1)
		await broker.api('disconnect', { user: 'page', disconnect: { code: 3000, reason: 'again' } })
		await broker.publish('hist:b', 'missed')
		await until('recovered', async () => (await seen('got')).length === 2, 30000)
		assert.deepEqual(await seen('got'), ['live', 'missed'])
		assert.deepEqual((await seen('controls')).filter((c) => c.subscribed).at(-1).subscribed.map((s) => s.recovered), [true, true])
		// The page publishes, with headers that need a preflight; and one whose origin is not allowed gets nothing.
		const status = await page.evaluate(async ([to, bearerToken]) => (await fetch(`${to}/events/hist:a`, { method: 'POST', body: '"from the page"',
			headers: { authorization: bearerToken, 'content-type': 'application/json', 'x-weir-tag-page': 'yes', 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/p', 'ce-type': 't' } })).status,
		[url, bearer({ sub: 'page' }).authorization])
		assert.equal(status, 200)
		await until('its own event', async () => (await seen('got')).includes('from the page'))
		await page.goto(`http://127.0.0.1:${site.address().port}/`).catch(() => {})
		await page.close()
	}, 90000))
