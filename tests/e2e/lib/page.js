// SPDX-License-Identifier: Apache-2.0
// The pages in headless Chromium: how they look (light, dark, a phone), and what must not happen on any of them: nothing in
// the console, no request to anybody else, no scrolling sideways. Screenshots are left in $E2E_SHOTS, if that is set.
'use strict'
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => fs.existsSync(file))
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync']
const LOOKS = [
	{ name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 860 } },
	{ name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
	{ name: 'phone', colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
]

const OPTIONS = {
	client: { insecure: true, allowed_origins: ['http://localhost:*', 'http://127.0.0.1:*'] }, http_api: { insecure: true }, dashboard: { enabled: true },
	channel: { without_namespace: { allow_tags_filter: true } },
}

/* The lines of a script of scripts/ are published through the API, so that these tests need no command line of weir. */
function feed(broker, script, channel, pause) {
	const feeder = spawn(path.join(__dirname, '../../../scripts', script), [pause], { stdio: ['ignore', 'pipe', 'inherit'] })
	let rest = ''
	feeder.stdout.setEncoding('utf8').on('data', (text) => {
		const lines = (rest + text).split('\n')
		rest = lines.pop()
		for (const line of lines)
			broker.publish(channel, JSON.parse(line)).catch(() => {})
	})
	broker.cleanup(() => feeder.kill())
}

/* A browser, closed with the broker. */
async function browse(broker) {
	const { chromium } = require('playwright-core')
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
	broker.cleanup(() => browser.close())
	return browser
}

/*
 * Opens the page, hands it to check(page, origin), and looks at what must not have happened. `expected`: what the console may
 * say, as where the broker is taken away on purpose.
 */
async function withPage(browser, broker, url, look, check, expected) {
	const { name, ...options } = look
	const origin = `http://localhost:${broker.port}`
	const page = await browser.newPage(options)
	const wrong = []
	const say = (text) => expected?.test(text) || wrong.push(text)
	page.on('console', (m) => ['error', 'warning'].includes(m.type()) && say(m.text()))
	page.on('pageerror', (err) => say(String(err)))
	page.on('requestfailed', (r) => r.failure().errorText === 'net::ERR_ABORTED' || say(`${r.url()}: ${r.failure().errorText}`)) // left for another
	page.on('request', (r) => r.url().startsWith(origin) || wrong.push(`request to ${r.url()}`))
	page.on('websocket', (ws) => ws.url().startsWith(origin.replace('http', 'ws')) || wrong.push(`socket to ${ws.url()}`))
	await page.goto(origin + url)
	await check(page, origin)
	const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
	assert.equal(wide, false, 'it scrolls sideways')
	assert.deepEqual(wrong, [])
	await page.close()
}

async function shot(page, name) {
	if (process.env.E2E_SHOTS)
		await page.screenshot({ path: path.join(process.env.E2E_SHOTS, `${name}.png`), fullPage: true })
}

/* Opens the page in each look and hands it to check(page, name, origin). */
async function inAllLooks(broker, url, shots, check) {
	const browser = await browse(broker)
	for (const look of LOOKS)
		await withPage(browser, broker, url, look, async (page, origin) => {
			await check(page, look.name, origin)
			await shot(page, `${shots}-${look.name}`)
		})
}

/* What axe-core finds serious or critical, a line for each. Its script is handed over by the debugger, so no policy is in its way. */
async function accessibility(page) {
	await page.evaluate(fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'))
	const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
	return violations.filter((v) => ['serious', 'critical'].includes(v.impact))
		.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`)
}

module.exports = { ARGS, CHROMIUM, LOOKS, OPTIONS, accessibility, browse, feed, inAllLooks, shot, withPage }
