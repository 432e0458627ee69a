// SPDX-License-Identifier: Apache-2.0
// The page at / in headless Chromium: charts that move, nothing in the console, no request to anybody else. Screenshots of
// it are left in $E2E_SHOTS, if that is set.
'use strict'
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { brokerTest, until } = require('./lib/broker')

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => fs.existsSync(file))
const FEEDER = path.join(__dirname, '../../scripts/feed-machine')
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync']
const LOOKS = [
	{ name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 860 } },
	{ name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
	{ name: 'phone', colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
]

/* The feeder's lines are published through the API, so that this test needs no command line of weir. */
function feed(broker) {
	const feeder = spawn(FEEDER, ['0.2'], { stdio: ['ignore', 'pipe', 'inherit'] })
	let rest = ''
	feeder.stdout.setEncoding('utf8').on('data', (text) => {
		const lines = (rest + text).split('\n')
		rest = lines.pop()
		for (const line of lines)
			broker.publish('machine', JSON.parse(line)).catch(() => {})
	})
	broker.cleanup(() => feeder.kill())
}

const OPTIONS = {
	client: { insecure: true, allowed_origins: ['http://localhost:*', 'http://127.0.0.1:*'] }, http_api: { insecure: true }, dashboard: { enabled: true },
}

if (!CHROMIUM)
	test('the page', { skip: 'there is no Chromium' }, () => {})
else
	brokerTest('the page', OPTIONS, async (broker) => {
		const { chromium } = require('playwright-core')
		const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
		broker.cleanup(() => browser.close())
		feed(broker)
		await until('some history', async () => (await broker.api('history', { channel: 'machine' })).offset >= 5)
		const origin = `http://localhost:${broker.port}`
		for (const { name, ...look } of LOOKS) {
			const page = await browser.newPage(look)
			const wrong = []
			page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(m.text()))
			page.on('pageerror', (err) => wrong.push(String(err)))
			page.on('requestfailed', (r) => wrong.push(`${r.url()}: ${r.failure().errorText}`))
			page.on('request', (r) => r.url().startsWith(origin) || wrong.push(`request to ${r.url()}`))
			page.on('websocket', (ws) => ws.url().startsWith(origin.replace('http', 'ws')) || wrong.push(`socket to ${ws.url()}`))
			await page.goto(origin)
			const text = (selector) => page.textContent(selector)
			const pixels = () => page.evaluate(() => [...document.querySelectorAll('canvas')].map((c) => c.toDataURL()))
			await until('it is connected', async () => (await text('#state-text')) === 'connected')
			await until('numbers', async () => /^[\d.]+ %$/.test(await text('#cpu .big')) && /[KMG]iB/.test(await text('#mem .big')))
			const before = await pixels()
			assert.equal(before.length, 3)
			const count = Number((await text('#count')).replace(/\D/g, ''))
			await until('more events', async () => Number((await text('#count')).replace(/\D/g, '')) > count + 3)
			const after = await pixels()
			before.forEach((image, i) => assert.notEqual(image, after[i], `chart ${i} stands still`))

			const greeting = `hi from ${name}`
			await broker.publish('hello', { text: greeting })
			await until('the greeting', async () => (await text('#hello')).includes(greeting))
			assert.ok((await text('#curl-publish')).includes(`${origin}/api/publish`))
			const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
			assert.equal(wide, false, 'it scrolls sideways')

			if (name === 'light') {
				await page.keyboard.press('Tab') // the link that skips to the commands
				await page.focus('#unplug')
				await page.keyboard.press('Enter')
				await until('cut off', async () => /cut off/.test(await text('#state-text')))
				await broker.publish('hello', 'while away')
				await until('recovered', async () => /^recovered, \d+ missed/.test(await text('#state-text')))
				await until('what was missed', async () => (await text('#hello')).includes('while away'))
			}
			if (process.env.E2E_SHOTS)
				await page.screenshot({ path: path.join(process.env.E2E_SHOTS, `page-${name}.png`), fullPage: true })
			assert.deepEqual(wrong, [])
			await page.close()
		}
	}, 120000)
