// SPDX-License-Identifier: Apache-2.0
// Two brokers, one Redis that is well, and links between them that are not.
'use strict'
const { sleep, until } = require('../lib/rig')
const { two, tail, settle, meter } = require('../lib/setup')

/*
 * Publishes with versions to a private channel (no subscriber of the others sees it): each newer one, and after it an
 * older one, which must not be stored. stop() compares with the history.
 */
function versions(rig, brokers) {
	const channel = '$versions', acked = []
	let over = false, next = 0
	const work = (async () => {
		while (!over) {
			const v = ++next
			let answer
			do
				answer = await brokers[v % 2].call('publish', { channel, data: { v }, version: v }).catch(() => ({}))
			while (!answer.result && await sleep(5) === undefined)
			acked.push(v)
			await brokers[(v + 1) % 2].call('publish', { channel, data: { v, old: true }, version: v - 1 || 1 }).catch(() => null)
		}
	})()
	return async () => {
		over = true
		await work
		const { publications } = await brokers[0].api('history', { channel, limit: -1 })
		const kept = publications.map((p) => p.data)
		rig.bound('I4', 'older versions that were stored', kept.filter((d) => d.old).length, 0)
		rig.bound('I4', 'versions stored twice or out of order', kept.filter((d, i) => i && d.v <= kept[i - 1].v).length, 0)
		rig.bound('I1', 'versions that were acknowledged and are not there', acked.filter((v) => !kept.some((d) => d.v === v)).length, 0)
		return acked.length
	}
}

const DEADLINE = { publish_deadline: '2s' }

module.exports = [
	{
		name: 'baseline',
		title: 'two brokers, exact, pattern and whole-bus subscribers that move between them',
		redis: true,
		short: { seconds: 3, events: 2500, rate: 1000, plain: 8 },
		long: { seconds: 30, rate: 20000, plain: 50, lanes: 32, batch: 10, exact: 12, each: 4, timeout: 240 },
		async run(rig, p) {
			const { brokers, redis } = await two(rig)
			const load = await rig.workload({ brokers, move_ms: 300, ...p }).connect()
			const before = (await redis.info('cpu')).used_cpu_user
			const began = Date.now()
			load.publish()
			await sleep(p.seconds * 1000)
			await until('enough events, on a busy machine', () => load.counts.ok >= (p.events || 0), 30000)
			await load.quiet()
			const seconds = (Date.now() - began) / 1000
			const redis_cpu_percent = Math.round(((await redis.info('cpu')).used_cpu_user - before) / seconds * 100)
			const acked_per_s = Math.round(load.counts.ok / seconds)
			return { ...await settle(rig, load), acked_per_s, redis_cpu_percent }
		},
	},
	{
		name: 'cut-tail',
		title: 'the tail is cut at random, also in the middle of a reply',
		redis: true,
		short: { cuts: 20, rate: 800 },
		long: { cuts: 100, rate: 2000 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			let cut = 0
			for (let i = 0; i < p.cuts; i++) {
				await sleep(30 + rig.random(150))
				const proxy = proxies[rig.random(2)]
				rig.mark('cut')
				if (rig.random(2))
					cut += proxy.cut({ which: tail, how: ['fin', 'rst'][rig.random(2)] })
				else
					cut += proxy.truncate(rig.random(3000), { which: tail })
			}
			rig.atleast('rig', 'tails that were cut', cut, p.cuts)
			return { ...await settle(rig, load), cut }
		},
	},
	{
		name: 'cut-reply',
		title: 'the link is reset after a publish has reached Redis and before its reply: sent again, one copy',
		redis: true,
		short: { cuts: 10, rate: 400 },
		long: { cuts: 100, rate: 1500 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			/* These have no keys: only the number of the batch tells that it was there before. */
			const plain = rig.workload({ brokers, rate: 100, exact: 0, patterns: 0, bus: 0, sdks: 0, lanes: 2, channels: load.channels })
			await plain.connect()
			plain.publish({ name: 'nokey', keys: false, retry_ms: 0 })
			const stopVersions = versions(rig, brokers)
			let sprung = 0
			for (let i = 0; i < p.cuts; i++) {
				await sleep(50 + rig.random(100))
				rig.mark('cut')
				const trap = proxies[rig.random(2)].cutReplyTo([/"id":"(p|nokey)\d/, /"v":/][i % 3 ? 0 : 1])
				for (const end = Date.now() + 3000; !trap.sprung && Date.now() < end;)
					await sleep(5)
				sprung += trap.sprung
			}
			rig.atleast('rig', 'replies that were cut off', sprung, p.cuts)
			await plain.quiet()
			const versioned = await stopVersions()
			return { ...await settle(rig, load), sprung, versioned, unanswered: plain.counts.unknown }
		},
	},
	{
		name: 'refused',
		title: 'Redis refuses connections, then resets them; /ready follows, /health does not',
		redis: true,
		short: { refuse_ms: 1500, reset_ms: 1500, rate: 300 },
		long: { refuse_ms: 10000, reset_ms: 10000, rate: 1000 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig, { engine: DEADLINE })
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			await sleep(500)
			const health = rig.probe(brokers[0])
			rig.mark('refused')
			await proxies[0].refuse()
			proxies[0].cut()
			const red_ms = await rig.within('I9', '/ready is red', 3000, async () => await brokers[0].status('/ready') === 503)
			await sleep(p.refuse_ms)
			await proxies[0].accept()
			proxies[0].reset()
			const accepted = proxies[0].accepted
			await sleep(p.reset_ms)
			const attempts_per_s = (proxies[0].accepted - accepted) / (p.reset_ms / 1000)
			rig.mark('accepted')
			proxies[0].reset(false)
			const green_ms = await rig.within('I9', '/ready is green', 4000, async () => await brokers[0].status('/ready') === 200)
			const found = await health.stop()
			rig.bound('I9', 'answers of /health that are not 200', Object.keys(found.statuses).filter((s) => s !== '200').length, 0)
			return { ...await settle(rig, load), red_ms, green_ms, attempts_per_s: Math.round(attempts_per_s), health_longest_ms: Math.round(found.longest) }
		},
	},
	{
		name: 'unknown',
		title: 'what a broker has sent never reaches Redis, publishers are told "unknown", and the broker is killed',
		redis: true,
		short: { times: 1, rate: 400 },
		long: { times: 10, rate: 1500, lanes: 16 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig, { engine: { publish_deadline: '1s' } })
			const load = await rig.workload({ brokers, rate: p.rate, lanes: p.lanes || 8 }).connect()
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(600)
				const at = i % 2 // publishers have gone to the other one by then
				const unknown = load.counts.unknown
				rig.mark('stalled')
				proxies[at].stall('up')
				await sleep(1600)
				rig.atleast('I9', 'publishes that were told "unknown"', load.counts.unknown - unknown, 1)
				await brokers[at].kill()
				proxies[at].cut()
				proxies[at].resume('up')
				await brokers[at].start()
				await load.back(4000)
			}
			return settle(rig, load)
		},
	},
	{
		name: 'one-way',
		title: 'a link passes bytes in one direction only, first up, then down; the connections stay',
		redis: true,
		short: { stall_ms: 3000, rate: 300 },
		long: { stall_ms: 15000, rate: 1000 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig, { engine: DEADLINE })
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			const rss = meter(rig, brokers)
			for (const way of ['up', 'down']) {
				await sleep(300)
				rig.mark(`only ${way} is stalled`)
				proxies[0].stall(way)
				await sleep(p.stall_ms)
				proxies[0].resume(way)
				await rig.within('I9', `ready after ${way}`, 5000, async () => await brokers[0].status('/ready') === 200)
			}
			return { ...rss.stop(), ...await settle(rig, load) }
		},
	},
	{
		name: 'slow-link',
		title: 'a link of one broker with delay and jitter',
		redis: true,
		short: { seconds: 2, rate: 300 },
		long: { seconds: 30, rate: 2000 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate, move_ms: 500 }).connect()
			load.publish()
			for (const end = Date.now() + p.seconds * 1000; Date.now() < end;) {
				proxies[0].delay(rig.random(200))
				await sleep(100)
			}
			proxies[0].delay(0)
			return settle(rig, load)
		},
	},
	{
		name: 'control',
		title: 'disconnect of a user and a survey while a broker is cut off: executed once; partial at its deadline',
		redis: true,
		short: { cut_ms: 3000 },
		long: { cut_ms: 10000 },
		async run(rig, p) {
			const { brokers, proxies } = await two(rig)
			const { token } = require('../../e2e/lib/token')
			const load = await rig.workload({ brokers, rate: 100, sdks: 0 }).connect()
			load.publish()
			const victim = rig.client({ name: 'victim', urls: () => [brokers[1].ws], token: token({ sub: 'victim' }), channels: ['c0'] })
			await rig.within('I9', 'the victim is subscribed', 3000, () => victim.live)
			const first = victim.conn
			rig.mark('cut off')
			proxies[1].stall()
			const disconnected = brokers[0].api('disconnect', { user: 'victim' })
			const began = Date.now()
			const { nodes } = await brokers[0].api('info')
			const survey_ms = Date.now() - began
			rig.bound('I9', 'the survey takes, ms', survey_ms, 5500) // its deadline is 5 s
			await sleep(Math.max(0, p.cut_ms - (Date.now() - began)))
			rig.bound('I9', 'connections of the victim while the command cannot come', victim.conn, first)
			proxies[1].resume()
			await disconnected
			const executed_ms = await rig.within('I9', 'the command is executed', 5000, () => victim.conn > first && victim.live)
			await sleep(1000) // a second time would be about now
			rig.bound('I4', 'times it was executed', victim.conn - first, 1)
			const after = (await brokers[0].api('info')).nodes.length
			rig.atleast('I9', 'nodes in a survey after', after, 2)
			return { ...await settle(rig, load), survey_ms, nodes_in_survey: nodes.length, executed_ms }
		},
	},
]
