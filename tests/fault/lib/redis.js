// SPDX-License-Identifier: Apache-2.0
// Redis servers and sentinels on free ports of 127.0.0.1, each in a directory of its own, and a client that is enough for a test.
'use strict'
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { Process, freePort } = require('./process')
const { until } = require('../../e2e/lib/broker')

/* One reply from `text` at `at`: [value, next], or null while it is not whole. Errors are values. */
function parse(text, at) {
	const end = text.indexOf('\r\n', at)
	if (end < 0)
		return null
	const head = text.slice(at + 1, end), next = end + 2
	switch (text[at]) {
	case '+': return [head, next]
	case '-': return [new Error(head), next]
	case ':': return [Number(head), next]
	case '$': {
		const n = Number(head)
		if (n < 0)
			return [null, next]
		return text.length < next + n + 2 ? null : [text.slice(next, next + n), next + n + 2]
	}
	default: {
		const list = []
		let pos = next
		for (let i = 0; i < Number(head); i++) {
			const one = parse(text, pos)
			if (!one)
				return null
			list.push(one[0])
			pos = one[1]
		}
		return [Number(head) < 0 ? null : list, pos]
	}
	}
}

/* One command over a connection of its own. An error reply throws. */
function command(port, args, timeout = 5000) {
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port, host: '127.0.0.1' })
		let text = ''
		const timer = setTimeout(() => done(new Error(`${args[0]}: no answer`)), timeout)
		const done = (err, value) => {
			clearTimeout(timer)
			socket.destroy()
			if (err)
				reject(err)
			else
				resolve(value)
		}
		socket.on('error', done)
		socket.on('close', () => done(new Error(`${args[0]}: closed`)))
		socket.on('data', (data) => {
			text += data.toString('latin1')
			const reply = parse(text, 0)
			if (reply)
				done(reply[0] instanceof Error ? reply[0] : null, reply[0])
		})
		socket.write(`*${args.length}\r\n${args.map((a) => `$${Buffer.byteLength(String(a))}\r\n${a}\r\n`).join('')}`)
	})
}

const fields = (text) => Object.fromEntries(text.split('\r\n').filter((l) => l.includes(':')).map((l) => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1)]))

class Redis {
	/* options: lines of redis.conf, {appendonly: 'yes', …} */
	static async start(rig, name, options = {}, port = 0) {
		const redis = new Redis()
		redis.name = name
		redis.port = port || await freePort()
		redis.dir = path.join(rig.dir, name)
		fs.mkdirSync(redis.dir, { recursive: true })
		redis.options = { save: '""', appendonly: 'no', 'enable-debug-command': 'local', ...options }
		redis.log = path.join(rig.dir, `${name}.log`)
		rig.onEnd(() => redis.kill())
		await redis.start()
		return redis
	}

	async start() {
		const conf = path.join(this.dir, 'redis.conf')
		const lines = Object.entries({ port: this.port, bind: '127.0.0.1', dir: this.dir, daemonize: 'no', ...this.options })
		fs.writeFileSync(conf, lines.map(([name, value]) => `${name} ${value}\n`).join(''))
		this.process = new Process('redis-server', [conf], { log: this.log })
		await until(`${this.name} is ready`, async () => {
			if (this.process.exit)
				throw new Error(`${this.name} ended: ${JSON.stringify(this.process.exit)}\n${fs.readFileSync(this.log, 'utf8')}`)
			return /PONG|NOAUTH|LOADING|NOPERM/.test(await this.command('PING').catch((err) => String(err)))
		})
	}

	command(...args) {
		return command(this.port, args)
	}

	async info(section) {
		return fields(await this.command('INFO', section))
	}

	/* How often each command has been called: {xread: n, …} */
	async calls() {
		const stats = await this.info('commandstats')
		return Object.fromEntries(Object.entries(stats).map(([name, text]) => [name.replace('cmdstat_', ''), Number(/calls=(\d+)/.exec(text)[1])]))
	}

	stop() {
		this.process.signal('SIGSTOP')
	}

	cont() {
		this.process.signal('SIGCONT')
	}

	/* kill -9, waited for */
	kill() {
		return this.process.end('SIGKILL')
	}

	/* Politely: it saves what it is configured to save. */
	quit() {
		return this.process.end('SIGTERM')
	}

	wipe() {
		for (const file of fs.readdirSync(this.dir))
			if (file !== 'redis.conf')
				fs.rmSync(path.join(this.dir, file), { recursive: true })
	}
}

class Sentinel {
	static async start(rig, name, master, masterName = 'weir', more = {}) {
		const sentinel = new Sentinel()
		sentinel.name = name
		sentinel.port = await freePort()
		sentinel.dir = path.join(rig.dir, name)
		sentinel.log = path.join(rig.dir, `${name}.log`)
		fs.mkdirSync(sentinel.dir, { recursive: true })
		const conf = path.join(sentinel.dir, 'sentinel.conf')
		const quorum = more.quorum || 2
		fs.writeFileSync(conf, [`port ${sentinel.port}`, 'bind 127.0.0.1', `dir ${sentinel.dir}`, 'daemonize no',
			`sentinel monitor ${masterName} 127.0.0.1 ${master.port} ${quorum}`,
			`sentinel down-after-milliseconds ${masterName} ${more.down || 1000}`,
			`sentinel failover-timeout ${masterName} ${more.failover || 3000}`, `sentinel parallel-syncs ${masterName} 1`, ''].join('\n'))
		sentinel.masterName = masterName
		sentinel.conf = conf
		rig.onEnd(() => sentinel.process.end('SIGKILL'))
		await sentinel.start()
		return sentinel
	}

	async start() {
		this.process = new Process('redis-server', [this.conf, '--sentinel'], { log: this.log })
		await until(`${this.name} is ready`, () => this.command('PING').catch(() => null))
	}

	command(...args) {
		return command(this.port, args)
	}

	/* The port of the master that it names. */
	async master() {
		return Number((await this.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.masterName))[1])
	}
}

module.exports = { Redis, Sentinel, command }
