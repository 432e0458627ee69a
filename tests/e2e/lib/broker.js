// SPDX-License-Identifier: Apache-2.0
// A fresh broker for each test: port 0, its own configuration file, ready when its log says so. It is stopped by SIGTERM
// and has to exit with 0; a test that fails prints the broker's log.
'use strict'
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')

const WEIR = process.env.WEIR || 'weir'
const WORKERS = process.env.WEIR_WORKERS || '1'
const BROKERS = Number(process.env.WEIR_BROKERS || 1)
const PATIENCE_MS = Number(process.env.E2E_PATIENCE_MS || 20000) // for conditions that hold at once on an idle machine

const SECRET = 'a secret for the tests, longer than thirty-two bytes'
const KEY = 'a key for the HTTP API'

const HISTORY = { history_size: 1000, history_ttl: '300s', force_recovery: true }
const OPEN = {
	allow_subscribe_for_client: true, allow_publish_for_client: true, allow_history_for_client: true,
	allow_presence_for_client: true,
}

/* What most tests need; a test's own options are laid over it, objects member by member. */
const DEFAULTS = {
	shutdown: { timeout: '2s' },
	client: { token: { hmac_secret_key: SECRET } },
	http_api: { key: KEY },
	channel: {
		without_namespace: { ...OPEN, ...HISTORY, presence: true, join_leave: true },
		namespaces: [
			{ name: 'live', ...OPEN },
			{ name: 'short', ...OPEN, ...HISTORY, history_size: 5 },
			{ name: 'delta', ...OPEN, ...HISTORY, allowed_delta_types: ['fossil'], delta_publish: true },
			{ name: 'tags', ...OPEN, ...HISTORY, allow_tags_filter: true },
			{ name: 'rooms', ...OPEN, presence: true, join_leave: true, force_push_join_leave: true },
			{ name: 'closed' },
		],
	},
}

function overlay(base, over) {
	if (!over || typeof over !== 'object' || Array.isArray(over) || !base || typeof base !== 'object')
		return over === undefined ? base : over
	const out = { ...base }
	for (const [name, value] of Object.entries(over))
		out[name] = overlay(base[name], value)
	return out
}

/* Polls until the condition returns something true; says what it waited for when it never does. */
async function until(what, condition, patience = PATIENCE_MS) {
	const end = Date.now() + patience
	for (;;) {
		const value = await condition()
		if (value)
			return value
		if (Date.now() > end)
			throw new Error(`waited ${patience} ms for: ${what}`)
		await new Promise((resolve) => setTimeout(resolve, 5))
	}
}

class Broker {
	static async start(options = {}, port = 0, wrapper = []) { // the wrapper: a command that runs it
		const broker = new Broker()
		broker.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-e2e-'))
		const file = path.join(broker.dir, 'weir.json')
		fs.writeFileSync(file, JSON.stringify(overlay(DEFAULTS, options)))
		const args = ['serve', '--config', file, '--port', String(port), '--workers', WORKERS]
		broker.log = ''
		broker.cleanups = []
		const [command, ...rest] = [...wrapper, WEIR, ...args]
		broker.child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
		broker.ended = new Promise((resolve) => {
			broker.child.on('error', (err) => { broker.log += `${err}\n`; resolve({ code: -1 }) })
			broker.child.on('close', (code, signal) => resolve({ code, signal }))
		})
		broker.ended.then((how) => { broker.exit = how })
		for (const stream of [broker.child.stdout, broker.child.stderr])
			stream.setEncoding('utf8').on('data', (text) => { broker.log += text })
		try {
			await until('the broker is ready', () => {
				if (broker.exit)
					throw new Error(`the broker ended: ${JSON.stringify(broker.exit)}`)
				const line = / app ready .*\bport=(\d+)|"message":"ready".*"port":(\d+)/.exec(broker.log)
				broker.port = line && Number(line[1] || line[2])
				return broker.port
			})
		} catch (err) {
			broker.child.kill('SIGKILL')
			err.message += `\n${broker.log}`
			throw err
		}
		broker.http = `http://127.0.0.1:${broker.port}`
		broker.ws = `ws://127.0.0.1:${broker.port}/connection/websocket`
		return broker
	}

	get pid() {
		return this.child.pid
	}

	/* Runs when the test is over, before the broker is stopped; last added first. */
	cleanup(fn) {
		this.cleanups.push(fn)
	}

	/* POST /api/METHOD; the whole answer's JSON, {result} or {error}. */
	async call(method, params = {}) {
		const response = await fetch(`${this.http}/api/${method}`, {
			method: 'POST', headers: { 'X-API-Key': KEY }, body: typeof params === 'string' ? params : JSON.stringify(params),
		})
		if (response.status !== 200)
			throw new Error(`${method}: status ${response.status}: ${await response.text()}`)
		return response.json()
	}

	/* The same, where anything but a result is a failure of the test. */
	async api(method, params = {}) {
		const answer = await this.call(method, params)
		if (!answer.result)
			throw new Error(`${method}: ${JSON.stringify(answer)}`)
		return answer.result
	}

	/* What one broker knows at once, several know soon. */
	async soon(what, condition) {
		if (!await condition())
			throw new Error(`not so: ${what}`)
	}

	/* Until all brokers know of each other. */
	async met() {}

	publish(channel, data, more = {}) {
		return this.api('publish', { channel, data, ...more })
	}

	signal(name) {
		this.signalled = true
		this.child.kill(name)
	}

	async stop() {
		for (const fn of this.cleanups.reverse())
			await fn()
		if (!this.signalled)
			this.signal('SIGTERM')
		const late = setTimeout(() => this.child.kill('SIGKILL'), 15000)
		const how = await this.ended
		clearTimeout(late)
		fs.rmSync(this.dir, { recursive: true, force: true })
		if (how.code !== 0 && !this.killed)
			throw new Error(`the broker ended with ${JSON.stringify(how)}`)
	}

	/* The plug is pulled: no goodbye to anybody. */
	async kill() {
		this.killed = true
		this.signal('SIGKILL')
		await this.ended
	}
}

/*
 * Runs fn with what start() makes. One that hangs fails after `limit` ms, and what goes on of it fails with its broker gone:
 * the runner's own timeout would leave both behind.
 */
async function inTime(start, fn, limit) {
	const broker = await start()
	let timer
	const late = new Promise((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`not done after ${limit} ms`)), limit)
	})
	let failure = null
	try {
		await Promise.race([fn(broker), late])
	} catch (err) {
		failure = err
	}
	clearTimeout(timer)
	try {
		await broker.stop()
	} catch (err) {
		failure = failure || err
	}
	if (failure) {
		console.error(`--- log of the broker\n${broker.log}---`)
		throw failure
	}
}

/* A test with its own broker, or with several that look like one (lib/cluster.js). */
function brokerTest(name, options, fn, limit = 60000) {
	if (BROKERS === 1) {
		test(`${name} (workers ${WORKERS})`, () => inTime(() => Broker.start(options), fn, limit))
		return
	}
	const { HAS_REDIS, front } = require('./cluster')
	test(`${name} (workers ${WORKERS}, brokers ${BROKERS})`, { skip: !HAS_REDIS && 'there is no redis-server' },
		() => inTime(() => front(BROKERS, options), fn, limit))
}

/* A test that makes sense with one broker only. */
function aloneTest(...args) {
	if (BROKERS === 1)
		brokerTest(...args)
}

module.exports = { BROKERS, Broker, DEFAULTS, KEY, OPEN, HISTORY, SECRET, WEIR, WORKERS, aloneTest, brokerTest, inTime, overlay, until }
