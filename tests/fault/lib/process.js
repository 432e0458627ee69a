// SPDX-License-Identifier: Apache-2.0
// Processes of the rig: each has a log file, and none outlives the harness, however that ends (util-linux' setpriv asks the
// kernel to see to it). They are signalled by pid only.
'use strict'
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')

const all = new Set()
const GUARD = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []

function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer()
		server.on('error', reject)
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address()
			server.close(() => resolve(port))
		})
	})
}

class Process {
	constructor(command, args, { log }) {
		this.log = log
		const fd = fs.openSync(log, 'a')
		const [file, ...rest] = [...GUARD, command, ...args]
		this.child = spawn(file, rest, { stdio: ['ignore', fd, fd] })
		fs.closeSync(fd)
		this.exit = null
		this.ended = new Promise((resolve) => {
			this.child.on('error', (err) => resolve({ code: -1, error: String(err) }))
			this.child.on('exit', (code, signal) => resolve({ code, signal }))
		}).then((how) => {
			this.exit = how
			all.delete(this)
			return how
		})
		all.add(this)
	}

	get pid() {
		return this.child.pid
	}

	signal(name) {
		if (!this.exit)
			this.child.kill(name)
	}

	/* By the signal; by SIGKILL when it takes too long. */
	async end(name = 'SIGTERM', patience = 10000) {
		this.signal('SIGCONT')
		this.signal(name)
		const late = setTimeout(() => this.signal('SIGKILL'), patience)
		const how = await this.ended
		clearTimeout(late)
		return how
	}

	/* {rss_kb, fds, cpu_ms} */
	usage() {
		const status = fs.readFileSync(`/proc/${this.pid}/status`, 'utf8')
		const stat = fs.readFileSync(`/proc/${this.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
		return {
			rss_kb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]), fds: fs.readdirSync(`/proc/${this.pid}/fd`).length,
			cpu_ms: (Number(stat[11]) + Number(stat[12])) * 10, // in ticks of 1/100 s
		}
	}
}

process.on('exit', () => {
	for (const p of all)
		p.child.kill('SIGKILL')
})

module.exports = { Process, freePort }
