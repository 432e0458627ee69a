// SPDX-License-Identifier: Apache-2.0
// The results of the long forms as a page: node lib/report.js RESULTS.jsonl SABOTAGE.txt, to standard output.
'use strict'
const fs = require('node:fs')
const os = require('node:os')
const { spawnSync } = require('node:child_process')

const COMMON = new Set(['invoked', 'acked', 'delivered', 'unknown', 'failed', 'lost', 'lost_told', 'lost_in_store', 'duplicated', 'silent_gaps', 'not_recovered',
	'recovered', 'outage_p50_ms', 'outage_p99_ms', 'attempts_failed', 'attempts_unknown', 'ok_p50_ms', 'ok_p99_ms', 'delivered_p50_ms', 'delivered_p99_ms',
	'away_p50_ms', 'disconnects', 'why', 'resets', 'gap_signs', 'redelivered_told'])
const number = (n) => (n === null || n === undefined ? '' : typeof n === 'number' ? n.toLocaleString('en-US') : String(n))
const escape = (text) => String(text).replace(/\|/g, '\\|')

const results = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l))
const sabotage = fs.existsSync(process.argv[3]) ? fs.readFileSync(process.argv[3], 'utf8').split('\n').filter((l) => l.startsWith('sabotage ')) : []
const version = spawnSync(process.env.WEIR || 'weir', ['--version'], { encoding: 'utf8' }).stdout
const redis = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout
const cpus = os.cpus()

const out = []
const say = (text = '') => out.push(text)
say('# Faults: results')
say()
say(`${results.filter((r) => r.ok).length} of ${results.length} cases held what README.md lists. Written by scripts/fault-report; each case can be repeated with its seed.`)
say()
say(`* ${(version || '').trim().split('\n')[0]}, ${(/v=(\S+)/.exec(redis || '') || [])[1] ? `Redis ${/v=(\S+)/.exec(redis)[1]}` : 'no Redis'}, Node ${process.version}`)
say(`* ${cpus.length} × ${cpus[0].model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}; brokers, Redis, publishers and subscribers share it`)
say()
say('| case | held | seed | s | acked | delivered | unknown | lost, silent | lost, told | lost in the store | twice | silent gaps | not recovered | outage p50/p99, ms | more |')
say('|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|')
for (const r of results) {
	const f = r.figures
	const more = Object.entries(f).filter(([k, v]) => !COMMON.has(k) && v !== null && v !== undefined).map(([k, v]) => `${k} ${typeof v === 'object' ? JSON.stringify(v) : v}`).join(', ')
	const outage = f.outage_p50_ms === null || f.outage_p50_ms === undefined ? '' : `${number(f.outage_p50_ms)} / ${number(f.outage_p99_ms)}`
	const cells = [r.case, r.ok ? 'yes' : '**no**', r.seed, number(r.seconds), number(f.acked), number(f.delivered), number(f.unknown), number(f.lost), number(f.lost_told),
		number(f.lost_in_store), number(f.duplicated), number(f.silent_gaps), number(f.not_recovered), outage, more]
	say(`| ${cells.map(escape).join(' | ')} |`)
}
say()
for (const r of results)
	say(`* \`${r.case}\`: ${r.title}`)
const missed = results.filter((r) => !r.ok)
if (missed.length) {
	say()
	say('## Misses')
	for (const r of missed) {
		say()
		say(`**${r.case}**${r.error ? `: ${escape(r.error.split('\n')[0])}` : ''}`)
		for (const [name, { count, witnesses }] of Object.entries(r.violations))
			say(`* ${name}, ${count} times, such as: ${escape(witnesses[0])}`)
	}
}
say()
say('## Sabotage')
say()
say('Builds that lie; what is not caught in every round counts against this harness.')
say()
for (const line of sabotage)
	say(`* ${line}`)
if (!sabotage.length)
	say('Not run.')
process.stdout.write(`${out.join('\n')}\n`)
