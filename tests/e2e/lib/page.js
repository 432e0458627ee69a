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

/* Opens the page in each look and hands it to check(page, name). */
async function inAllLooks(broker, url, shots, check) {
	const { chromium } = require('playwright-core')
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
	broker.cleanup(() => browser.close())
	const origin = `http://localhost:${broker.port}`
	for (const { name, ...look } of LOOKS) {
		const page = await browser.newPage(look)
		const wrong = []
		page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(m.text()))
		page.on('pageerror', (err) => wrong.push(String(err)))
		page.on('requestfailed', (r) => wrong.push(`${r.url()}: ${r.failure().errorText}`))
		page.on('request', (r) => r.url().startsWith(origin) || wrong.push(`request to ${r.url()}`))
		page.on('websocket', (ws) => ws.url().startsWith(origin.replace('http', 'ws')) || wrong.push(`socket to ${ws.url()}`))
		await page.goto(origin + url)
		await check(page, name, origin)
		const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
		assert.equal(wide, false, 'it scrolls sideways')
		if (process.env.E2E_SHOTS)
			await page.screenshot({ path: path.join(process.env.E2E_SHOTS, `${shots}-${name}.png`), fullPage: true })
		assert.deepEqual(wrong, [])
		await page.close()
	}
}

module.exports = { CHROMIUM, OPTIONS, feed, inAllLooks }
