// SPDX-License-Identifier: Apache-2.0
// What many cases begin and end with: two brokers on one Redis, each behind a proxy of its own; and a master with replicas.
'use strict'
const { until } = require('../../e2e/lib/broker')

const RSS_SLACK_KB = 64 * 1024 // publish queue, copies of the log, allocator
const local = (port) => `redis://127.0.0.1:${port}`

/* {redis, proxies, brokers, links: how a proxy's connections are told apart} */
async function two(rig, { redis: redisOptions, engine = {}, broker = {} } = {}) {
	const redis = await rig.redis('redis', redisOptions)
	return { redis, ...await pair(rig, redis.port, { engine, broker }) }
}

async function pair(rig, port, { engine = {}, broker = {} } = {}) {
	const proxies = [await rig.proxy(['127.0.0.1', port]), await rig.proxy(['127.0.0.1', port])]
	const brokers = await Promise.all(['a', 'b'].map((name, i) => rig.broker(name, local(proxies[i].port), { redis: engine, ...broker })))
	return { proxies, brokers }
}

/* A replica that has all of its master's data. Its link goes through the proxy, if there is one. */
async function replica(rig, name, master, options = {}, proxy = null) {
	const one = await rig.redis(name, { ...options, replicaof: `127.0.0.1 ${proxy ? proxy.port : master.port}` })
	await inSync(one)
	return one
}

const inSync = (one) => until(`${one.name} is in sync`, async () => (await one.info('replication').catch(() => ({}))).master_link_status === 'up', 20000)

const tail = (c) => c.said(/XREAD/i)
const commands = (c) => c.said(/EVALSHA/i) && !tail(c)

/* Ends a run: all is quiet, the last events are everywhere, all brokers are ready. */
async function settle(rig, load, { kept = true, limit = 10000 } = {}) {
	await load.quiet()
	for (const broker of load.brokers)
		await rig.within('I9', `${broker.name} is ready`, 10000, async () => await broker.status('/ready') === 200)
	const settled_ms = await load.flush(limit)
	if (kept)
		await load.kept()
	const { why } = load.publishers
	return { settled_ms, why: Object.keys(why).length ? why : undefined }
}

/* Memory and CPU of brokers while something goes on. */
function meter(rig, brokers) {
	const start = brokers.map((b) => b.process.usage())
	const peak = start.map((u) => u.rss_kb)
	const timer = setInterval(() => brokers.forEach((b, i) => {
		if (!b.process.exit)
			peak[i] = Math.max(peak[i], b.process.usage().rss_kb)
	}), 100)
	rig.onEnd(() => clearInterval(timer))
	const began = Date.now()
	return {
		/* Violates I8 where one has grown by more than the slack. */
		stop(slack = RSS_SLACK_KB) {
			clearInterval(timer)
			const factor = process.env.FAULT_RSS_FACTOR ? Number(process.env.FAULT_RSS_FACTOR) : 1 // sanitizers need more
			brokers.forEach((b, i) => rig.bound('I8', `${b.name}: memory grown by, KiB`, peak[i] - start[i].rss_kb, slack * factor))
			const cpu = brokers.map((b, i) => Math.round((b.process.usage().cpu_ms - start[i].cpu_ms) / (Date.now() - began) * 100))
			return { rss_grown_kb: Math.max(...peak.map((p, i) => p - start[i].rss_kb)), cpu_percent: Math.max(...cpu) }
		},
	}
}

module.exports = { two, pair, replica, inSync, tail, commands, settle, meter, local }
