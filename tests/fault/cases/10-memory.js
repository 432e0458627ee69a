// SPDX-License-Identifier: Apache-2.0
// One broker with the memory engine: what it promises alone, and proof that the harness sees what happens.
'use strict'
const fs = require('node:fs')
const { sleep } = require('../lib/rig')
const { Checker } = require('../lib/checker')

/* What a lying broker would have made of a true history. Each takes the lines and the index of a delivery. */
const LIES = {
	lost: (lines, i) => { lines.splice(i, 1) },
	twice: (lines, i) => { lines.splice(i + 1, 0, lines[i]) },
	altered: (lines, i) => { lines[i] = { ...lines[i], hash: lines[i].hash ^ 1 } },
	elsewhere: (lines, i) => { lines[i] = { ...lines[i], ch: `${lines[i].ch}x` } },
	misplaced: (lines, i) => { lines[i] = { ...lines[i], off: lines[i].off === undefined ? 1 : lines[i].off + 1, epoch: lines[i].epoch || 'x' } },
	swapped(lines, i) {
		const own = (o) => o.client === lines[i].client && o.sub === lines[i].sub && o.ch === lines[i].ch && o.id.split('-')[0] === lines[i].id.split('-')[0]
		const j = lines.findIndex((o, k) => k > i && !o.op && !o.sig && own(o))
		if (j < 0)
			return false
		;[lines[i], lines[j]] = [{ ...lines[j], t: lines[i].t }, { ...lines[i], t: lines[j].t }]
		return true
	},
}

function judge(lines) {
	const checker = new Checker()
	for (const line of lines)
		checker.line(line)
	return checker.finish().ok
}

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
		name: 'lies',
		title: 'a true history, and lies made of it one at a time: the checker notices each',
		short: { lies: 60 },
		long: { lies: 600 },
		async run(rig, p) {
			const broker = await rig.broker('one', null)
			const load = await rig.workload({ brokers: [broker], engine: 'memory', rate: 500 }).connect()
			load.publish()
			await sleep(1000)
			await load.flush()
			rig.history.flush()
			const truth = fs.readFileSync(rig.history.file, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l))
			if (!judge(truth))
				return {}
			const deliveries = truth.map((o, i) => [o, i]).filter(([o]) => !o.op && !o.sig).map(([, i]) => i)
			const kinds = Object.keys(LIES)
			let told = 0
			for (let n = 0; n < p.lies; n++) {
				const kind = kinds[n % kinds.length], lines = [...truth], at = deliveries[rig.random(deliveries.length)]
				if (LIES[kind](lines, at) === false)
					continue
				told++
				if (judge(lines))
					rig.broken('rig', `not noticed: ${kind} ${JSON.stringify(truth[at])}`)
			}
			rig.atleast('rig', 'lies', told, p.lies / 2)
			return { lies: told }
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
