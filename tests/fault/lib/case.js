// SPDX-License-Identifier: Apache-2.0
// One case in a process of its own, so that what hangs can be ended with all that it has started: node lib/case.js NAME FORM SEED.
// The result goes to the parent as a message.
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { Rig } = require('./rig')
const { checkFile } = require('./checker')

const FOLDER = path.join(__dirname, '..', 'cases')

/* Every case, in the order of the files: {name, title, short, long, timeout, run(rig, parameters)}. */
function cases() {
	return fs.readdirSync(FOLDER).filter((f) => f.endsWith('.js')).sort().flatMap((f) => require(path.join(FOLDER, f)))
}

async function runCase(one, form, seed) {
	const began = Date.now()
	const rig = new Rig(one.name, seed)
	let extra = {}, error = null
	try {
		const before = process.cpuUsage()
		extra = await one.run(rig, one[form])
		const used = process.cpuUsage(before)
		extra = { ...extra, harness_cpu_percent: Math.round((used.user + used.system) / 10 / (Date.now() - began)) }
	} catch (err) {
		error = err.stack
	}
	try {
		await rig.end()
	} catch (err) {
		error = error || err.stack
	}
	const result = await checkFile(rig.history.file)
	const ok = result.ok && !error
	if (ok && !process.env.FAULT_KEEP)
		rig.remove()
	return {
		case: one.name, form, seed, ok, seconds: Math.round((Date.now() - began) / 100) / 10, error, violations: result.violations,
		figures: { ...result.figures, ...extra }, marks: result.marks, directory: ok ? undefined : rig.dir,
	}
}

if (require.main === module) {
	const [name, form, seed] = process.argv.slice(2)
	const one = cases().find((c) => c.name === name)
	process.on('SIGTERM', () => process.exit(143))
	process.on('SIGINT', () => process.exit(130))
	runCase(one, form, Number(seed)).then((result) => {
		process.send(result, () => process.exit(0))
	})
}

module.exports = { cases }
