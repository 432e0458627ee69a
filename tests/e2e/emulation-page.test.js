// SPDX-License-Identifier: Apache-2.0
// Emulated transports in headless Chromium, on a page of another origin: with the SDK's bundle as it is, with preflights
// and credentials as browsers have them, and with a WebSocket that does not get through.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { test } = require('node:test')
const { brokerTest, until } = require('./lib/broker')
const { CHROMIUM } = require('./lib/page')
const { EMULATED, TRANSPORTS } = require('./lib/stream')
const { token } = require('./lib/token')

const BUNDLE = path.join(process.env.NODE_PATH, 'centrifuge/dist/centrifuge.js')
const PAGE = '<!doctype html><title>elsewhere</title><link rel="icon" href="data:,"><script src="/centrifuge.js"></script>'

/* A page of another origin: another port is one. */
async function elsewhere(broker) {
	const server = http.createServer((req, res) => {
		res.setHeader('Content-Type', req.url === '/' ? 'text/html' : 'text/javascript')
		res.end(req.url === '/' ? PAGE : fs.readFileSync(BUNDLE))
	})
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
	broker.cleanup(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve) }))
	return `http://127.0.0.1:${server.address().port}`
}

async function browse(broker, url) {
	const { chromium } = require('playwright-core')
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'] })
	broker.cleanup(() => browser.close())
	const page = await browser.newPage()
	page.wrong = []
	page.on('pageerror', (err) => page.wrong.push(String(err)))
	page.on('console', (m) => m.type() === 'error' && page.wrong.push(m.text()))
	await page.goto(url)
	return page
}

/* Runs in the page: a client over these transports, and what it sees. */
function open({ transports, emulationEndpoint, token }) {
	const client = new window.Centrifuge(transports, { emulationEndpoint, token, minReconnectDelay: 20, maxReconnectDelay: 100 })
	const sub = client.newSubscription('room')
	const seen = window.seen = { events: [], connected: 0, recovered: 0 }
	client.on('connected', (ctx) => { seen.connected++; seen.transport = ctx.transport })
	client.on('disconnected', (ctx) => { seen.code = ctx.code })
	sub.on('publication', (ctx) => seen.events.push(ctx.data))
	sub.on('subscribed', (ctx) => { seen.recovered += ctx.recovered })
	sub.subscribe()
	client.connect()
	window.client = client
	window.sub = sub
}

const ANN = token({ sub: 'ann' })
const OPTIONS = { ...EMULATED, client: { allowed_origins: ['http://127.0.0.1:*'] } }

if (!CHROMIUM) {
	test('emulation in a browser', { skip: 'there is no Chromium' }, () => {})
} else {
	for (const transport of TRANSPORTS)
		brokerTest(`${transport} from another origin`, OPTIONS, async (broker) => {
			const page = await browse(broker, await elsewhere(broker))
			const base = broker.http.replace('127.0.0.1', 'localhost')
			await page.evaluate(open, { transports: [{ transport, endpoint: `${base}/connection/${transport}` }], emulationEndpoint: `${base}/emulation`, token: ANN })
			const seen = () => page.evaluate(() => window.seen)
			await until('connected', async () => (await seen()).connected === 1)
			assert.equal((await seen()).transport, transport)
			await page.evaluate(() => window.sub.publish('from the page'))
			await broker.publish('room', 'from a service')
			await until('both', async () => (await seen()).events.length === 2)
			await broker.api('disconnect', { user: 'ann', disconnect: { code: 3011, reason: 'force reconnect' } })
			await broker.publish('room', 'meanwhile')
			await until('back', async () => (await seen()).connected === 2)
			await until('what was missed', async () => (await seen()).events.length === 3)
			assert.deepEqual(await seen(), { ...await seen(), events: ['from the page', 'from a service', 'meanwhile'], recovered: 1 })
			assert.deepEqual(page.wrong, [])
			/* The page goes, and so does the client. */
			await page.close()
			await until('gone', async () => (await broker.api('presence_stats', { channel: 'room' })).num_clients === 0)
		}, 120000)

	brokerTest('a page whose WebSocket does not get through falls back', OPTIONS, async (broker) => {
		const page = await browse(broker, await elsewhere(broker))
		await page.evaluate(open, {
			transports: [{ transport: 'websocket', endpoint: `${broker.http.replace('http', 'ws')}/blocked` },
				{ transport: 'http_stream', endpoint: `${broker.http}/connection/http_stream` }],
			emulationEndpoint: `${broker.http}/emulation`, token: ANN,
		})
		await until('connected', () => page.evaluate(() => window.seen.transport === 'http_stream'))
		await page.evaluate(() => window.sub.publish(1))
		await until('an event', () => page.evaluate(() => window.seen.events.length === 1))
	}, 120000)

	brokerTest('a page of an origin that is not allowed gets nothing', { ...OPTIONS, client: { allowed_origins: ['https://*.example'] } }, async (broker) => {
		const page = await browse(broker, await elsewhere(broker))
		for (const target of ['/connection/http_stream', '/emulation'])
			assert.equal(await page.evaluate((url) => fetch(url, { method: 'POST', body: '{"id":1,"connect":{}}' }).then(() => 'answered', () => 'refused'),
				broker.http + target), 'refused')
	}, 120000)
}
