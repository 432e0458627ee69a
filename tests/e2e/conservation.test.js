// SPDX-License-Identifier: Apache-2.0
// Nothing is lost, doubled or out of order: publishers over WebSocket and HTTP, subscribers that are cut off at random and
// recover, queues between hub and workers at their smallest. What is acknowledged is in the history once; what a
// subscriber got is the history without a hole, or it was told `recovered: false`. CONSERVATION_SEED repeats the choices
// of a run, CONSERVATION_S is how long it publishes.
'use strict'
const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { brokerTest, until, KEY } = require('./lib/broker')
const { connect, subscribe } = require('./lib/sdk')
const { Wire } = require('./lib/wire')

const SECONDS = Number(process.env.CONSERVATION_S || 15)
const SEED = Number(process.env.CONSERVATION_SEED || crypto.randomInt(2 ** 31))
const CHANNELS = ['one', 'two', 'brief:one'] // the last one's history is too short for a long absence
const OPTIONS = {
	client: { insecure: true, ping_interval: '5s', pong_timeout: '3s' },
	hub: { mailbox_size: 64 }, worker: { inbox_size: 64 },
	channel: {
		without_namespace: { history_size: 1000000, history_ttl: '600s', force_recovery: true },
		namespaces: [{ name: 'brief', history_size: 200, history_ttl: '600s', force_recovery: true }],
	},
}
OPTIONS.client.recovery_max_publication_limit = 100000

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/* mulberry32 */
function random(seed) {
	let a = seed >>> 0
	return (n) => {
		a = (a + 0x6d2b79f5) | 0
		let t = Math.imul(a ^ (a >>> 15), 1 | a)
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
		return ((t ^ (t >>> 14)) >>> 0) % n
	}
}

/* Several commands in a frame, several frames unanswered; its socket is destroyed now and then. */
async function wirePublisher(broker, name, run) {
	let n = 0
	while (!run.over) {
		const wire = await Wire.connect(broker)
		const life = Date.now() + 500 + run.random(3000)
		const open = new Map()
		wire.socket.on('message', (data) => {
			for (const line of data.toString().split('\n').filter((l) => l.includes('"publish"'))) {
				const { id, publish } = JSON.parse(line)
				if (publish)
					run.acked.push(open.get(id))
				open.delete(id)
			}
		})
		while (!run.over && !wire.closed && Date.now() < life) {
			const commands = []
			for (let i = 1 + run.random(30); i; i--) {
				const event = { p: name, n: ++n, channel: CHANNELS[run.random(CHANNELS.length)] }
				open.set(++wire.id, event)
				commands.push(JSON.stringify({ id: wire.id, publish: { channel: event.channel, data: { p: name, n } } }))
			}
			wire.send(commands.join('\n'))
			wire.lines.length = wire.frames.length = 0
			await sleep(run.random(20))
		}
		if (run.over)
			await until('the last publishes are answered', () => !open.size || wire.closed)
		wire.socket.terminate()
	}
}

/* Batches with idempotency keys, repeated until each of their events is acknowledged. */
async function httpPublisher(broker, name, run) {
	let n = 0
	while (!run.over) {
		const events = Array.from({ length: 1 + run.random(200) },
			() => ({ p: name, n: ++n, channel: CHANNELS[run.random(CHANNELS.length)] }))
		const body = JSON.stringify({ parallel: run.random(2) === 1, commands: events.map((e) => ({
			publish: { channel: e.channel, data: { p: name, n: e.n }, idempotency_key: `${name}-${e.n}` } })) })
		for (;;) {
			const response = await fetch(`${broker.http}/api/batch`, { method: 'POST', headers: { 'X-API-Key': KEY }, body })
			const text = await response.text()
			assert.ok([200, 503].includes(response.status), text)
			if (response.status === 200 && JSON.parse(text).replies.every((r) => r.publish))
				break
			run.refused++
			await sleep(5)
		}
		run.acked.push(...events)
		await sleep(run.random(20))
	}
}

/* What one subscriber of one channel is told, as it comes. */
function watch(sub) {
	const seen = { sub, next: 0, epoch: '', got: [], holes: 0, recovered: 0, wrong: [] }
	sub.on('subscribed', (ctx) => {
		const { offset, epoch } = ctx.streamPosition
		if (ctx.wasRecovering && ctx.recovered) {
			seen.recovered++
		} else {
			if (ctx.wasRecovering)
				seen.holes++
			seen.next = offset + 1
		}
		if (seen.epoch && seen.epoch !== epoch)
			seen.wrong.push(`epoch ${seen.epoch}, then ${epoch}`)
		seen.epoch = epoch
	})
	sub.on('publication', ({ offset, data }) => {
		if (offset !== seen.next)
			seen.wrong.push(`${offset} came where ${seen.next} was due`)
		seen.next = offset + 1
		seen.got.push([offset, `${data.p} ${data.n}`])
	})
	return seen
}

async function subscriber(broker, run) {
	const client = connect(broker)
	for (const channel of CHANNELS) {
		const sub = await subscribe(client, channel, {}, false)
		run.watched.push(watch(sub))
		sub.on('publication', () => { sub.seen.length = 0 })
	}
	for (const socket of client.sockets)
		socket.removeAllListeners('message')
	while (!run.over) {
		await sleep(200 + run.random(1500))
		if (run.over)
			break
		const way = run.random(4)
		if (way === 0)
			client.cut()
		else if (way === 1)
			client.disconnect(), await sleep(run.random(300)), client.connect()
		else if (way === 2)
			client.sockets.at(-1)._socket?.pause(), await sleep(run.random(300)), client.cut()
		else
			for (const sub of Object.values(client.subscriptions()))
				sub.unsubscribe(), sub.subscribe()
	}
}

async function history(broker, channel) {
	const events = new Map()
	for (let since; ;) {
		const page = await broker.api('history', { channel, limit: 5000, since })
		for (const { offset, data } of page.publications)
			events.set(offset, `${data.p} ${data.n}`)
		if (!page.publications.length)
			return { events, top: page.offset }
		since = { epoch: page.epoch, offset: page.publications.at(-1).offset }
	}
}

brokerTest(`seed ${SEED}: what is acknowledged reaches every subscriber once, in order`, OPTIONS, async (broker) => {
	const run = { random: random(SEED), acked: [], watched: [], refused: 0, over: false }
	const work = []
	for (let i = 0; i < 6; i++)
		work.push(subscriber(broker, run))
	await until('all subscribed', () => run.watched.length === 18 && run.watched.every((w) => w.epoch))
	for (let i = 0; i < 3; i++)
		work.push(wirePublisher(broker, `ws${i}`, run), httpPublisher(broker, `http${i}`, run))
	try {
		await Promise.race([sleep(SECONDS * 1000), Promise.all(work)])
	} finally {
		run.over = true
	}
	await Promise.all(work)

	const logs = new Map()
	for (const channel of CHANNELS)
		logs.set(channel, await history(broker, channel))
	for (const w of run.watched)
		await until(`${w.sub.channel} up to ${logs.get(w.sub.channel).top}, at ${w.next - 1}`,
			() => w.next - 1 === logs.get(w.sub.channel).top)
	const holes = run.watched.reduce((sum, w) => sum + w.holes, 0)
	const recovered = run.watched.reduce((sum, w) => sum + w.recovered, 0)
	console.log(`# ${run.acked.length} acknowledged, ${run.watched.reduce((sum, w) => sum + w.got.length, 0)} delivered, ` +
		`${recovered} recoveries, ${holes} told that they were not, ${run.refused} batches refused`)
	for (const w of run.watched) {
		assert.deepEqual(w.wrong, [], w.sub.channel)
		if (!w.sub.channel.startsWith('brief'))
			assert.equal(w.holes, 0)
		const { events } = logs.get(w.sub.channel)
		for (const [offset, text] of w.got)
			if (events.has(offset)) // a brief history has not all
				assert.equal(text, events.get(offset), `${w.sub.channel} ${offset}`)
	}
	for (const channel of CHANNELS.slice(0, 2)) {
		const { events, top } = logs.get(channel)
		assert.equal(events.size, top)
		const at = new Map([...events].map(([offset, text]) => [text, offset]))
		assert.equal(at.size, top, 'an event is there twice')
		const last = new Map() // of each publisher: its events are in its order
		for (const e of run.acked.filter((a) => a.channel === channel)) {
			const offset = at.get(`${e.p} ${e.n}`)
			assert.ok(offset, `${e.p} ${e.n} was acknowledged and is not there`)
			if (e.p.startsWith('ws'))
				assert.ok(offset > (last.get(e.p) || 0), `${e.p} ${e.n} is out of order`)
			last.set(e.p, offset)
		}
	}
	assert.ok(run.acked.length > 100 && recovered > 10, 'too little happened')
}, 120000)

brokerTest('publishers that are faster than the hub are held back and refused, and what is acknowledged is there once', OPTIONS, async (broker) => {
	const EACH = 4000, answered = { 200: 0, 503: 0 }, wires = []
	for (let i = 0; i < 4; i++)
		wires.push(await Wire.connect(broker))
	const burst = (w) => Array.from({ length: EACH }, (_, n) => JSON.stringify({ id: 10 + n, publish: { channel: 'one', data: `${w} ${n}` } }))
	wires.forEach((wire, w) => {
		const commands = burst(w)
		while (commands.length)
			wire.send(commands.splice(0, 500).join('\n'))
	})
	const post = async (n) => {
		const response = await fetch(`${broker.http}/api/publish`, { method: 'POST', headers: { 'X-API-Key': KEY }, body: JSON.stringify({ channel: 'one', data: `api ${n}` }) })
		const text = await response.text()
		assert.ok(response.status in answered, text)
		answered[response.status]++
		assert.equal(response.headers.get('retry-after'), response.status === 503 ? '1' : null)
	}
	const acks = (wire) => wire.lines.filter((line) => line.endsWith('"publish":{}}')).length
	for (let n = 0; !wires.every((wire) => acks(wire) === EACH); n += 20) {
		assert.ok(wires.every((wire) => !wire.closed))
		await Promise.all(Array.from({ length: 20 }, (_, i) => post(n + i)))
	}
	const { publications } = await broker.api('history', { channel: 'one', limit: -1 })
	assert.equal(publications.length, wires.length * EACH + answered[200])
	assert.equal(new Set(publications.map((p) => p.data)).size, publications.length)
	wires.forEach((_, w) => assert.deepEqual(publications.map((p) => p.data.split(' ')).filter(([name]) => name === String(w)).map(([, n]) => Number(n)), [...Array(EACH).keys()]))
	const { items } = (await broker.api('info')).nodes[0].metrics
	assert.ok(items.no_room > 0 && items.held_back > 0 && items.paused >= items.held_back, JSON.stringify(items))
	assert.equal(items.api_unavailable, answered[503])
})
