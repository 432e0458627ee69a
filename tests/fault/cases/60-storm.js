// SPDX-License-Identifier: Apache-2.0
// All clients of a broker come to another one at once, and recover there.
'use strict'
const { until, now } = require('../lib/rig')
const { two } = require('../lib/setup')
const { Publishers } = require('../lib/publishers')
const { make } = require('../lib/payload')

const FRESH = { true: 'a fresh broker', false: 'a broker that was there' }

async function storm(rig, p, fresh) {
	const { brokers, redis } = await two(rig)
	const channels = Array.from({ length: p.channels }, (_, i) => `c${i}`)
	const clients = []
	for (let i = 0; i < p.clients; i++) {
		clients.push(rig.client({ name: `n${i}`, urls: () => brokers.map((b) => b.ws), home: 0, channels: [channels[i % p.channels]] }))
		if (i % 200 === 199)
			await until('they are subscribed', () => clients.every((c) => c.live), 30000)
	}
	await until('all are subscribed', () => clients.every((c) => c.live), 60000)
	const lanes = new Publishers({ history: rig.history, brokers, home: 1, stay: true, lanes: 1, channels, random: rig.random })
	const publish = async (rounds) => {
		for (let r = 0; r < rounds; r++)
			for (const ch of channels)
				await lanes.lanes[0].publish([make('p0', ++lanes.lanes[0].seq, ch, 100)])
	}
	await publish(2)
	if (fresh)
		await brokers[1].end(), await brokers[1].start()
	await until('all have them', () => clients.every((c) => c.got >= 2), 30000)
	const before = await redis.calls()
	const tally = { ...rig.history.tally }
	rig.mark('storm')
	const began = now()
	await brokers[0].kill()
	await publish(1)
	const half = Math.floor(clients.length * 0.5)
	let half_ms = null
	await until('everybody is back', () => {
		const live = clients.filter((c) => c.live).length
		if (half_ms === null && live >= half)
			half_ms = Math.round(now() - began)
		return live === clients.length
	}, 60000)
	const last_ms = rig.bound('I9', 'until the last one is back, ms', Math.round(now() - began), p.limit_ms)
	await until('and has what it missed', () => clients.every((c) => c.got >= 3), 30000)
	const after = await redis.calls()
	const used = Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - (before[name] || 0)]).filter(([, n]) => n > 0))
	const reads = (used.lrange || 0)
	const recovered = (rig.history.tally.recovered || 0) - (tally.recovered || 0)
	rig.atleast('I9', 'recovered, of 100', recovered * 100 / clients.length, 100)
	rig.bound('I9', 'reads of history in Redis, of 100 reconnects', reads * 100 / clients.length, 5)
	lanes.lanes[0].close()
	return { clients: clients.length, half_ms, last_ms, recovered, redis_commands: used }
}

module.exports = [false, true].map((fresh) => ({
	name: fresh ? 'storm-fresh' : 'storm',
	title: `all clients reconnect at once to ${FRESH[fresh]}: Redis commands, time to the last`,
	redis: true,
	short: { clients: 400, channels: 20, limit_ms: 5000 },
	long: { clients: 10000, channels: 200, limit_ms: 30000, timeout: 300 },
	run: (rig, p) => storm(rig, p, fresh),
}))
