// SPDX-License-Identifier: Apache-2.0
// A broker under test. It keeps its port over restarts, may be killed, stopped and continued, and says what it takes.
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { Process, freePort } = require('./process')
const { Http } = require('./http')
const { DEFAULTS, KEY, WEIR, overlay, until } = require('../../e2e/lib/broker')

const FDS_SLACK = 8 // links that are being replaced
const REPORT = /ERROR: (Address|Leak|Thread|Memory)Sanitizer|WARNING: ThreadSanitizer|runtime error:|assert(ion)? .*failed|weir_assert/i
const KEEP = { history_size: 100000, history_ttl: '600s', force_recovery: true }
const READ = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true, queue: 4096, queue_max: 1000000 }

/* Exact channels with and without history, an ordered namespace, patterns without positions, and one that nobody may read. */
const OPTIONS = {
	client: {
		insecure: false, allow_anonymous_connect_without_token: true, ping_interval: '5s', pong_timeout: '3s', queue_max_size: '16MiB',
		recovery_max_publication_limit: 100000, channel_limit: 1000, connection_rate_limit: 0,
	},
	shutdown: { timeout: '1s' },
	channel: {
		allow_bus_for_client: true,
		without_namespace: { ...READ, ...KEEP },
		namespaces: [
			{ name: 'live', ...READ },
			{ name: 'wild', ...READ, allow_wildcards: true, ...KEEP },
			{ name: 'ordered', ...READ, allow_wildcards: true, ordered: true, ...KEEP },
			{ name: 'brief', ...READ, ...KEEP, history_size: 20 },
			{ name: 'rooms', ...READ, presence: true, join_leave: true, force_push_join_leave: true, allow_presence_for_client: true, allow_presence_for_anonymous: true },
			{ name: 'closed' },
		],
	},
	engine: { log_entries: 262144, log_bytes: '64MiB' },
}

class Broker {
	/* `started` false: it need not get ready, it may end. */
	static async start(rig, name, options = {}, started = true) {
		const broker = new Broker()
		broker.rig = rig
		broker.name = name
		broker.port = await freePort()
		broker.file = path.join(rig.dir, `${name}.json`)
		broker.log = path.join(rig.dir, `${name}.log`)
		broker.options = overlay(overlay({ ...DEFAULTS, channel: {} }, OPTIONS), options)
		fs.writeFileSync(broker.file, JSON.stringify(broker.options))
		rig.brokers.push(broker)
		if (started)
			await broker.start()
		else
			broker.launch(true)
		return broker
	}

	get ws() {
		return `ws://127.0.0.1:${this.port}/connection/websocket`
	}

	get http() {
		return `http://127.0.0.1:${this.port}`
	}

	launch(expected = false) {
		this.expected = expected
		const own = this.process = new Process(WEIR, ['serve', '--config', this.file, '--port', String(this.port),
			'--workers', process.env.WEIR_WORKERS || '1'], { log: this.log })
		own.ended.then((how) => {
			if (!this.expected)
				this.rig.history.write({ op: 'broken', inv: 'I10', text: `${this.name} ended by itself: ${JSON.stringify(how)}` })
		})
	}

	/* Until it serves; `ready` also until it has its engine. Returns the ms that took. */
	async start(ready = true) {
		const began = Date.now()
		this.launch()
		await until(`${this.name} ${ready ? 'is ready' : 'serves'}`, async () => {
			if (this.process.exit)
				throw new Error(`${this.name} ended: ${JSON.stringify(this.process.exit)}\n${fs.readFileSync(this.log, 'utf8').slice(-4000)}`)
			return await this.status(ready ? '/ready' : '/health') === 200
		})
		this.fds = this.process.usage().fds
		return Date.now() - began
	}

	/* The status of a GET; 0 when there is no answer. */
	async status(target, timeout = 1000) {
		const http = new Http(this.port)
		const answer = await http.get(target, timeout)
		http.close()
		return answer.status || 0
	}

	async call(method, params = {}) {
		const response = await fetch(`${this.http}/api/${method}`, {
			method: 'POST', headers: { 'X-API-Key': KEY }, body: JSON.stringify(params), signal: AbortSignal.timeout(15000) })
		return JSON.parse(await response.text())
	}

	async api(method, params) {
		const answer = await this.call(method, params)
		if (!answer.result)
			throw new Error(`${this.name} ${method}: ${JSON.stringify(answer)}`)
		return answer.result
	}

	/* Its counters: those of GET /metrics by name and labels, and those of /api/info. */
	async metrics() {
		const text = await (await fetch(`${this.http}/metrics`)).text().catch(() => '')
		return Object.fromEntries(text.split('\n').filter((l) => l && l[0] !== '#').map((l) => [l.slice(0, l.lastIndexOf(' ')), Number(l.slice(l.lastIndexOf(' ') + 1))]))
	}

	async kill() {
		this.expected = true
		await this.process.end('SIGKILL')
	}

	stop() {
		this.process.signal('SIGSTOP')
	}

	cont() {
		this.process.signal('SIGCONT')
	}

	/* Everybody has left: its descriptors are those that it had when it was ready. */
	async idle() {
		if (this.process.exit || this.expected || !this.fds)
			return
		await this.rig.within('I8', `${this.name} has its ${this.fds} descriptors (and ${FDS_SLACK}) again`, 3000,
			() => this.process.usage().fds <= this.fds + FDS_SLACK)
	}

	/* At the end of a case: SIGTERM, and what its log holds against it. */
	async end(failing = false) {
		if (!this.process.exit) {
			this.expected = true
			const how = await this.process.end('SIGTERM', 20000)
			if (how.code !== 0 && !failing)
				this.rig.history.write({ op: 'broken', inv: 'I10', text: `${this.name} answered SIGTERM with ${JSON.stringify(how)}` })
		}
		const line = fs.readFileSync(this.log, 'utf8').split('\n').find((l) => REPORT.test(l))
		if (line)
			this.rig.history.write({ op: 'broken', inv: 'I10', text: `${this.name}: ${line}` })
	}
}

module.exports = { Broker, OPTIONS }
