// SPDX-License-Identifier: Apache-2.0
// Several brokers over one Redis, which is started for them on a free port and keeps nothing. Two forms: a Cluster for tests
// that are about brokers, and what brokerTest() hands out with WEIR_BROKERS=2 or more: something that looks like one broker,
// whose clients and whose API are at different ones.
'use strict'
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { test } = require('node:test')
const { Broker, WORKERS, inTime, overlay, until } = require('./broker')
const { Redis } = require('../../fault/lib/redis')
const { Proxy } = require('../../fault/lib/proxy')

const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0

const ready = async (broker) => (await fetch(`${broker.http}/ready`)).status === 200

class Cluster {
	static async start(count, options = {}, redis = {}) {
		const cluster = new Cluster()
		cluster.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-e2e-'))
		cluster.cleanups = []
		cluster.brokers = []
		try {
			cluster.redis = await Redis.start({ dir: cluster.dir, onEnd: () => {} }, 'redis', redis)
			cluster.options = overlay({ engine: { type: 'redis', redis: { address: `redis://127.0.0.1:${cluster.redis.port}` } } }, options)
			const started = await Promise.allSettled(Array.from({ length: count }, () => Broker.start(cluster.options)))
			cluster.brokers = started.filter((s) => s.value).map((s) => s.value)
			const failed = started.find((s) => s.reason)
			if (failed)
				throw failed.reason
			for (const broker of cluster.brokers)
				await until('each broker is ready', () => ready(broker))
		} catch (err) {
			await cluster.stop().catch(() => {})
			throw err
		}
		return cluster
	}

	get log() {
		return this.brokers.map((b, i) => `broker ${i}:\n${b.log}`).join('')
	}

	cleanup(fn) {
		this.cleanups.push(fn)
	}

	/* One address for all of them: new connections go to the first that lives, or by turns to those that do. */
	async balance(byTurns = false) {
		let next = 0
		const living = () => this.brokers.filter((b) => !b.exit && !b.signalled)
		const proxy = await Proxy.listen(() => ['127.0.0.1', living()[byTurns ? next++ % living().length : 0]?.port || 9])
		this.cleanup(() => proxy.close())
		return { proxy, ws: `ws://127.0.0.1:${proxy.port}/connection/websocket`, cleanup: (fn) => this.cleanup(fn) }
	}

	/* Another process in its place, on the same port. */
	async restart(i) {
		const old = this.brokers[i]
		await old.ended
		const next = await Broker.start(this.options, old.port)
		await until('it is ready', () => ready(next))
		await old.stop()
		this.brokers[i] = next
		return next
	}

	/* The brokers know of each other. */
	met() {
		return until('all brokers know all', async () => {
			const answers = await Promise.all(this.brokers.map((b) => b.api('info')))
			return answers.every((a) => a.nodes.length === this.brokers.length && !a.missing)
		})
	}

	async stop() {
		for (const fn of this.cleanups.reverse())
			await fn()
		this.redis?.cont()
		for (const broker of this.brokers)
			if (!broker.exit)
				broker.child.kill('SIGCONT')
		const ends = await Promise.allSettled(this.brokers.map((b) => b.stop()))
		await this.redis?.kill()
		fs.rmSync(this.dir, { recursive: true, force: true })
		const failed = ends.find((e) => e.reason)
		if (failed)
			throw failed.reason
	}
}

/* All of a cluster that a test of one broker asks for. The last broker has the API; clients connect by turns to the others. */
async function front(count, options) {
	const cluster = await Cluster.start(count, options)
	const { brokers } = cluster
	let next = 0
	return Object.create(brokers[0], {
		cluster: { value: cluster },
		log: { get: () => cluster.log },
		ws: { get: () => brokers[next++ % (count - 1)].ws },
		http: { value: brokers.at(-1).http },
		stop: { value: () => cluster.stop() },
		soon: { value: until },
		met: { value: () => cluster.met() },
	})
}

/* A test with a cluster of its own. */
function clusterTest(name, count, options, fn, { limit = 60000, redis = {} } = {}) {
	if (!HAS_REDIS)
		return test(name, { skip: 'there is no redis-server' }, () => {})
	return test(`${name} (workers ${WORKERS}, brokers ${count})`, () => inTime(() => Cluster.start(count, options, redis), fn, limit))
}

module.exports = { Cluster, HAS_REDIS, clusterTest, front, ready }
