// SPDX-License-Identifier: Apache-2.0
// Brokers that are killed, stopped or restarted, while Redis is well.
'use strict'
const { sleep, until } = require('../lib/rig')
const { two, settle } = require('../lib/setup')

module.exports = [
	{
		name: 'kill-broker',
		title: 'kill -9 of a broker during acknowledged publishes; subscribers and publishers go to the other one, with their keys',
		redis: true,
		short: { kills: 4, rate: 600 },
		long: { kills: 50, rate: 2000, lanes: 16 },
		async run(rig, p) {
			const { brokers } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate, lanes: p.lanes || 8 }).connect()
			load.publish()
			const starts = []
			for (let i = 0; i < p.kills; i++) {
				await sleep(50 + rig.random(450))
				const broker = brokers[rig.random(2)]
				rig.mark('kill -9')
				await broker.kill()
				await load.back(3000)
				starts.push(await broker.start())
			}
			const settled = await settle(rig, load)
			const sorted = starts.sort((x, y) => x - y)
			return { ...settled, kills: p.kills, ready_p50_ms: sorted[Math.floor(sorted.length / 2)], ready_max_ms: sorted.at(-1) }
		},
	},
	{
		name: 'stop-broker',
		title: 'SIGSTOP of a broker for some seconds, then SIGCONT: what it missed comes, in order',
		redis: true,
		short: { times: 1, stop_ms: 2000, rate: 500 },
		long: { times: 10, stop_ms: 5000, rate: 2000 },
		async run(rig, p) {
			const { brokers } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			for (let i = 0; i < p.times; i++) {
				await sleep(700)
				rig.mark('SIGSTOP')
				brokers[1].stop()
				await sleep(p.stop_ms)
				brokers[1].cont()
				await load.back(5000)
			}
			return settle(rig, load)
		},
	},
	{
		name: 'rolling',
		title: 'brokers are restarted by SIGTERM one after the other',
		redis: true,
		short: { rounds: 1, rate: 500 },
		long: { rounds: 10, rate: 2000 },
		async run(rig, p) {
			const { brokers } = await two(rig)
			const load = await rig.workload({ brokers, rate: p.rate }).connect()
			load.publish()
			for (let i = 0; i < p.rounds; i++) {
				for (const broker of brokers) {
					await sleep(400)
					rig.mark('SIGTERM')
					await broker.end()
					await broker.start()
					await load.back(4000)
				}
			}
			return settle(rig, load)
		},
	},
	{
		name: 'presence',
		title: 'kill -9 of a broker: its clients are gone from reads within 15 s, each leave comes once; then of both together',
		redis: true,
		long: { clients: 40, timeout: 240 },
		async run(rig, p) {
			const { brokers } = await two(rig)
			const leaves = new Map(), room = 'rooms:one'
			const watcher = rig.client({ name: 'watcher', urls: () => [brokers[0].ws], channels: [room],
				others: ({ leave }) => { if (leave) leaves.set(leave.info.client, (leaves.get(leave.info.client) || 0) + 1) } })
			const clients = Array.from({ length: p.clients }, (_, i) => rig.client({ name: `guest${i}`, urls: () => [brokers[1].ws], channels: [room] }))
			await until('all are there', () => watcher.live && clients.every((c) => c.live))
			const count = async (b) => (await b.api('presence_stats', { channel: room })).num_clients
			await until('all are seen', async () => await count(brokers[0]) === p.clients + 1)
			const ids = clients.map((c) => c.uuid)
			rig.mark('kill -9')
			for (const c of clients)
				c.leave()
			await brokers[1].kill()
			const gone_ms = await rig.within('I9', 'gone from reads', 16500, async () => await count(brokers[0]) === 1, 30000)
			const leaves_ms = await rig.within('I9', 'their leaves', 35000, () => leaves.size === p.clients, 60000)
			await sleep(4000)
			rig.bound('I4', 'the most leaves of one client', Math.max(0, ...leaves.values()), 1)
			rig.bound('I6', 'leaves of others', [...leaves.keys()].filter((id) => !ids.includes(id)).length, 0)
			rig.mark('both')
			watcher.leave()
			await Promise.all([brokers[0].kill(), brokers[1].process.ended])
			await brokers[0].start()
			const again_ms = await rig.within('I9', 'gone from reads after both', 16500, async () => await count(brokers[0]) === 0, 30000)
			return { gone_ms, leaves_ms: leaves_ms && leaves_ms + gone_ms, again_ms, leaves: leaves.size }
		},
	},
]
