// SPDX-License-Identifier: Apache-2.0
// Two brokers and a Redis that hangs, is away, comes back with all, some or none of its data, or loses keys.
'use strict'
const fs = require('node:fs')
const { sleep } = require('../lib/rig')
const { two, settle, meter } = require('../lib/setup')

const DEADLINE = { publish_deadline: '2s' }
const only = (load, allowed) => Object.keys(load.publishers.why).filter((w) => !allowed.test(w))
const POLITE = /unavailable|unknown|no room|ECONNREFUSED|ECONNRESET|closed/i

/* Redis answers nothing for a while, and then everything. */
async function hang(rig, p) {
	const { brokers, redis } = await two(rig, { engine: DEADLINE })
	const load = await rig.workload({ brokers, rate: p.rate, lanes: 16, batch: p.batch, parallel: true }).connect()
	load.publish()
	await sleep(1000)
	const rss = meter(rig, brokers)
	const probes = brokers.map((b) => rig.probe(b))
	const before = rig.history.tally.disconnected || 0
	rig.mark('SIGSTOP')
	redis.stop()
	await sleep(p.seconds * 1000)
	const lost = (rig.history.tally.disconnected || 0) - before
	rig.bound('I9', 'connections lost while Redis hung', lost, 0)
	const acked = load.counts.ok
	rig.mark('SIGCONT')
	redis.cont()
	const acks_ms = await rig.within('I9', 'publishes are acknowledged again', 2000, () => load.counts.ok > acked + 10)
	const back_ms = await load.back(2000)
	const usage = rss.stop()
	const found = await Promise.all(probes.map((probe) => probe.stop()))
	const health_longest_ms = Math.round(Math.max(...found.map((f) => f.longest)))
	rig.bound('I9', 'the longest answer of /health, ms', health_longest_ms, 500)
	rig.bound('I9', 'other errors than unavailable and unknown', only(load, POLITE).length, 0)
	return { ...usage, acks_ms, back_ms, health_longest_ms, ...await settle(rig, load) }
}

/* Something is done to the keys while events are published and clients move. */
async function keys(rig, p, what, act) {
	const { brokers, redis } = await two(rig)
	const load = await rig.workload({ brokers, rate: p.rate, move_ms: 150 }).connect()
	load.publish()
	await sleep(700)
	let touched = 0
	for (let i = 0; i < p.times; i++) {
		rig.mark(what)
		touched += await act(redis)
		await sleep(p.every_ms)
	}
	rig.atleast('rig', 'keys touched', touched, 1)
	return { ...await settle(rig, load, { kept: false }), touched }
}

async function remove(redis, pattern) {
	const found = await redis.command('KEYS', pattern)
	return found.length ? redis.command('DEL', ...found) : 0
}

const KEYS = [
	['flushall', 'FLUSHALL under load', async (redis) => { const n = await redis.command('DBSIZE'); await redis.command('FLUSHALL'); return n }],
	['del-meta', 'the key with the generation is deleted', (redis) => remove(redis, '*}:m')],
	['del-log', 'the log is deleted', (redis) => remove(redis, '*}:l')],
	['del-counters', 'the counters of all channels are deleted', (redis) => remove(redis, '*}:c:*')],
	['del-history', 'the histories of all channels are deleted', (redis) => remove(redis, '*}:h:*')],
]

module.exports = [
	{
		name: 'stop',
		title: 'SIGSTOP of Redis for some seconds: deadlines, bounded queues; SIGCONT: nothing twice',
		redis: true,
		short: { seconds: 4, rate: 500, batch: 16 },
		long: { seconds: 8, rate: 2000, batch: 64 },
		run: hang,
	},
	{
		name: 'hang',
		title: 'SIGSTOP of Redis for 30 s at 2,000 events a second: longest loop turn, memory, everybody back within 2 s',
		redis: true,
		long: { seconds: 30, rate: 2000, batch: 64 },
		run: hang,
	},
	{
		name: 'down',
		title: 'Redis is down at full publish rate, and comes back with its data',
		redis: true,
		short: { seconds: 3, rate: 500, batch: 16 },
		long: { seconds: 60, rate: 2000, batch: 64 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig, { engine: DEADLINE, redis: { appendonly: 'yes', appendfsync: 'always' } })
			const load = await rig.workload({ brokers, rate: p.rate, lanes: 16, batch: p.batch, parallel: true }).connect()
			load.publish()
			await sleep(1000)
			const rss = meter(rig, brokers)
			rig.mark('down')
			await redis.quit()
			await sleep(p.seconds * 1000)
			const usage = rss.stop()
			rig.bound('I9', 'other errors than unavailable and unknown', only(load, POLITE).length, 0)
			rig.bound('I9', 'connections lost while Redis was away', rig.history.tally.disconnected || 0, 0)
			rig.mark('up')
			await redis.start()
			const back_ms = await load.back(4000)
			return { ...usage, back_ms, ...await settle(rig, load) }
		},
	},
	{
		name: 'restart-aof',
		title: 'kill -9 of Redis and restart with its append-only file, synced every second',
		redis: true,
		short: { times: 2, rate: 800 },
		long: { times: 20, rate: 2000 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig, { redis: { appendonly: 'yes', appendfsync: 'everysec' } })
			const load = await rig.workload({ brokers, rate: p.rate, move_ms: 400 }).connect()
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(500 + rig.random(1000))
				rig.mark('kill -9')
				await redis.kill()
				await redis.start()
				await load.back(5000)
			}
			return { ...await settle(rig, load), kills: p.times }
		},
	},
	{
		name: 'restart-empty',
		title: 'Redis comes back empty: new epochs, whoever was offline is not recovered, live ones go on',
		redis: true,
		short: { times: 2, rate: 500 },
		long: { times: 20, rate: 2000 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate, move_ms: 300 }).connect()
			const offline = rig.client({ name: 'offline', urls: () => brokers.map((b) => b.ws), channels: load.channels.filter((c) => /^c/.test(c)) })
			await rig.within('I9', 'the offline client is there', 3000, () => offline.live)
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(700 + rig.random(500))
				offline.pause()
				rig.mark('empty')
				await redis.kill()
				redis.wipe()
				await redis.start()
				await load.back(5000)
				await sleep(300)
				offline.unpause()
			}
			await rig.within('I9', 'the offline client is back', 3000, () => offline.live)
			const settled = await settle(rig, load)
			/* It may come back before the loss is known, and be recovered from a broker's copy; each time it is told in the end. */
			rig.atleast('I2', 'subscriptions of the offline client that were told', offline.signs.not_recovered || 0, p.times * offline.subs.size)
			return { ...settled, restarts: p.times }
		},
	},
	{
		name: 'clock-behind',
		title: 'Redis comes back empty, and its clock is an hour behind the generation that the brokers know',
		redis: true,
		short: { rate: 400 },
		long: { rate: 2000 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			await sleep(500)
			rig.mark('a generation of the future')
			for (const key of await redis.command('KEYS', '*}:m'))
				await redis.command('HSET', key, 'g', String(Date.now() + 3600000))
			await sleep(1000)
			rig.mark('empty')
			await redis.kill()
			redis.wipe()
			await redis.start()
			await load.back(5000)
			await sleep(500)
			return settle(rig, load)
		},
	},
	{
		name: 'rollback',
		title: 'Redis restarts from an older snapshot',
		redis: true,
		short: { times: 2, rate: 500 },
		long: { times: 20, rate: 2000 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate, move_ms: 300 }).connect()
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(300 + rig.random(300))
				await redis.command('SAVE')
				await sleep(300 + rig.random(600)) // what is published now will be gone
				rig.mark('rollback')
				await redis.kill()
				await redis.start()
				await load.back(5000)
			}
			return { ...await settle(rig, load), rollbacks: p.times }
		},
	},
	...KEYS.map(([name, title, act]) => ({
		name, title, redis: true,
		short: { times: 1, every_ms: 1500, rate: 400 },
		long: { times: 20, every_ms: 3000, rate: 2000 },
		run: (rig, p) => keys(rig, p, name, act),
	})),
	{
		name: 'wrong-node',
		title: 'the tail reaches an unrelated Redis, which hears nothing: its own tick is missing, it is resolved again',
		redis: true,
		short: { times: 1, rate: 300 },
		long: { times: 10, rate: 2000 },
		async run(rig, p) {
			const { brokers, proxies, redis } = await two(rig)
			const other = await rig.redis('other')
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(700)
				/* Everything of this broker moves to the other one, which is left after 3 s. */
				rig.mark('other')
				proxies[0].swap(['127.0.0.1', other.port])
				proxies[0].cut()
				await sleep(3000)
				rig.mark('back')
				proxies[0].swap(['127.0.0.1', redis.port])
				proxies[0].cut()
				await load.back(6000)
			}
			return settle(rig, load)
		},
	},
	{
		name: 'trimmed',
		title: 'a broker is stopped while the log is trimmed past it: filled from history, or weir-dropped, never silence',
		redis: true,
		short: { stop_ms: 2000, rate: 1000, size: 8000 },
		long: { stop_ms: 4000, times: 10, rate: 1500, size: 8000, timeout: 400 },
		async run(rig, p) {
			const { brokers } = await two(rig, { engine: { log_bytes: '1MiB', partitions: 1 } })
			const load = await rig.workload({ brokers, rate: p.rate, size: p.size, home: 0, stay: true, sdks: 0, brief: 3 }).connect()
			load.publish()
			for (let i = 0; i < (p.times || 1); i++) {
				await sleep(700)
				rig.mark('stopped')
				brokers[1].stop()
				await sleep(p.stop_ms)
				rig.mark('continued')
				brokers[1].cont()
				await load.back(5000)
			}
			rig.atleast('rig', 'signs of a trimmed log', (rig.history.tally.gap || 0) + (rig.history.tally.reset || 0), 1)
			return settle(rig, load)
		},
	},
	{
		name: 'refusals',
		title: 'maxmemory, min-replicas, SCRIPT FLUSH under load; logins and rights that do not do',
		redis: true,
		short: { ms: 800, rate: 400 },
		long: { ms: 5000, rate: 2000 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig, { engine: DEADLINE })
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			const steps = [['maxmemory', '1', '0'], ['min-replicas-to-write', '1', '0']]
			for (const [name, on, off] of steps) {
				await sleep(400)
				rig.mark(name)
				await redis.command('CONFIG', 'SET', name, on)
				await sleep(p.ms)
				const refused = load.counts.fail
				await redis.command('CONFIG', 'SET', name, off)
				rig.atleast('I9', `publishes refused by ${name}`, refused, 1)
				const acked = load.counts.ok
				await rig.within('I9', `publishes go on after ${name}`, 3000, () => load.counts.ok > acked + 10)
			}
			rig.bound('I9', 'other errors than unavailable and unknown', only(load, POLITE).length, 0)
			for (let i = 0; i < 10; i++) {
				rig.mark('SCRIPT FLUSH')
				await redis.command('SCRIPT', 'FLUSH')
				await sleep(p.ms / 8)
			}
			const settled = await settle(rig, load)
			return { ...settled, ...await logins(rig, redis) }
		},
	},
]

/* A broker that may not do what it needs says so, and is not ready. */
async function logins(rig, redis) {
	await redis.command('ACL', 'SETUSER', 'poor', 'on', '>secret', '~*', '&*', '+@all', '-evalsha', '-eval')
	await redis.command('ACL', 'SETUSER', 'rich', 'on', '>secret', '~*', '&*', '+@all')
	const tries = [
		['wrong', `redis://rich:wrong@127.0.0.1:${redis.port}`, /WRONGPASS|password/i],
		['poor', `redis://poor:secret@127.0.0.1:${redis.port}`, /NOPERM|permission/i],
	]
	for (const [name, address, expected] of tries) {
		const broker = await rig.broker(name, address, { started: false })
		const said = () => expected.test(fs.readFileSync(broker.log, 'utf8'))
		await rig.within('I9', `${name}: its log says why`, 3000, () => said())
		rig.bound('I9', `${name}: ready`, await broker.status('/ready') === 200 ? 1 : 0, 0)
		rig.bound('I7', `${name}: the password in its log`, /wrong@|:secret|secret@/.test(fs.readFileSync(broker.log, 'utf8')) ? 1 : 0, 0)
		await broker.end(true)
	}
	const rich = await rig.broker('rich', `redis://rich:secret@127.0.0.1:${redis.port}`)
	await rich.end()
	return {}
}
