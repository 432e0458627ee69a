// SPDX-License-Identifier: Apache-2.0
// Runs cases one after the other, each with a timeout, and prints for each a line of figures and its JSON. Options: see ../run.
'use strict'
const { fork, spawnSync } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { cases } = require('./case')
const { explain } = require('./checker')

function options(args) {
	const o = { form: 'short', names: [], json: null, seed: Number(process.env.FAULT_SEED || crypto.randomInt(2 ** 31)), list: false, expect: null }
	for (let i = 0; i < args.length; i++) {
		switch (args[i]) {
		case '--short': o.form = 'short'; break
		case '--long': o.form = 'long'; break
		case '--list': o.list = true; break
		case '--json': o.json = args[++i]; break
		case '--expect': o.expect = args[++i].split(','); break // one of these must be violated
		case '--seed': o.seed = Number(args[++i]); break
		default: o.names.push(args[i])
		}
	}
	return o
}

function choose(all, names) {
	if (!names.length)
		return all
	return names.map((name) => {
		const found = all.find((c) => c.name === name)
		if (!found)
			throw new Error(`there is no case ${name}; there are: ${all.map((c) => c.name).join(' ')}`)
		return found
	})
}

function run(one, form, seed) {
	const limit = (one[form].timeout || (form === 'short' ? 60 : 300)) * 1000
	return new Promise((resolve) => {
		const child = fork(path.join(__dirname, 'case.js'), [one.name, form, String(seed)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
		const late = setTimeout(() => child.kill('SIGKILL'), limit) // what it has started ends with it, see process.js
		let result = null
		child.on('message', (message) => { result = message })
		child.on('exit', (code, signal) => {
			clearTimeout(late)
			resolve(result || { case: one.name, form, seed, ok: false, figures: {}, violations: {}, error: signal === 'SIGKILL' ? `not done after ${limit / 1000} s` : `ended with ${code} ${signal}` })
		})
	})
}

const line = (figures) => Object.entries(figures).filter(([, v]) => v !== null && v !== undefined && v !== 0).map(([k, v]) => `${k}=${typeof v === 'object' ? JSON.stringify(v) : v}`).join(' ')

async function main() {
	const o = options(process.argv.slice(2))
	const all = cases()
	if (o.list) {
		for (const c of all)
			console.log(`${c.name.padEnd(18)} ${c.title}`)
		return 0
	}
	const redis = spawnSync('redis-server', ['--version']).status === 0 &&
		/^ *redis:/m.test(spawnSync(process.env.WEIR, ['config', '--defaults'], { encoding: 'utf8' }).stdout)
	let failed = 0
	for (const one of choose(all, o.names)) {
		if (one.redis && !redis) {
			console.log(`skip ${one.name}: there is no redis-server, or weir has no engine for it`)
			continue
		}
		if (!one[o.form])
			continue // it takes too long to be short
		const result = await run(one, o.form, o.seed)
		const caught = o.expect && o.expect.filter((name) => result.violations[name])
		failed += (caught ? caught.length > 0 : result.ok) ? 0 : 1
		console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${one.name} ${result.seconds || '?'} s seed=${result.seed} ${line(result.figures)}`)
		console.log(JSON.stringify(result))
		for (const text of [...explain(result), ...(result.error ? [result.error] : []), ...(result.directory ? [`logs and history: ${result.directory}`] : [])])
			console.log(`    ${text}`)
		if (o.json)
			fs.appendFileSync(o.json, `${JSON.stringify({ title: one.title, expect: o.expect || undefined, ...result })}\n`)
	}
	return failed ? 1 : 0
}

main().then((code) => process.exit(code), (err) => { console.error(err.message); process.exit(2) })
