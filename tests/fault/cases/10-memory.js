// SPDX-License-Identifier: Apache-2.0
// One broker with the memory engine: what it promises alone, and proof that the harness sees what happens.
'use strict'
const { sleep } = require('../lib/rig')

module.exports = [
	{
		name: 'memory',
		title: 'one broker, memory engine, clients that are cut at random',
		short: { seconds: 3, rate: 800 },
		long: { seconds: 30, rate: 2000 },
		async run(rig, p) {
			const broker = await rig.broker('one', null)
			const load = await rig.workload({ brokers: [broker], engine: 'memory', rate: p.rate, move_ms: 100 }).connect()
			load.publish()
			await sleep(p.seconds * 1000)
			const settled_ms = await load.flush()
			await load.kept()
			return { settled_ms, seconds_published: p.seconds }
		},
	},
	{
		name: 'memory-kill',
		title: 'kill -9 of a broker with the memory engine: all is lost, and everybody is told',
		short: { kills: 3, rate: 500, every_ms: 700 },
		long: { kills: 30, rate: 1500, every_ms: 1000 },
		async run(rig, p) {
			const broker = await rig.broker('one', null)
			const load = await rig.workload({ brokers: [broker], engine: 'memory', rate: p.rate }).connect()
			load.publish()
			const starts = []
			for (let i = 0; i < p.kills; i++) {
				await sleep(p.every_ms / 2 + rig.random(p.every_ms))
				rig.mark('kill -9')
				await broker.kill()
				starts.push(await broker.start())
				await load.back(5000)
			}
			const settled_ms = await load.flush()
			await load.kept()
			return { settled_ms, kills: p.kills, ready_max_ms: Math.max(...starts) }
		},
	},
]
