// SPDX-License-Identifier: Apache-2.0
// The examples at /examples/: two people who chat, vans on a map. The policy of their pages lets nothing else run, and a
// broker that is not for development does not have them.
'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { brokerTest, until } = require('./lib/broker')
const { CHROMIUM, inAllLooks } = require('./lib/page')

const DEV = {
	client: { insecure: true, allowed_origins: ['http://localhost:*'] }, dashboard: { enabled: true, insecure: true },
	channel: { namespaces: [{ name: 'chat', presence: true, join_leave: true, history_size: 100, history_ttl: '300s', force_recovery: true }] },
}

test('an example has fewer than a hundred lines', () => {
	const folder = path.join(__dirname, '../../src/web/examples')
	const files = fs.readdirSync(folder)
	assert.ok(files.includes('chat.html') && files.includes('fleet.html'))
	for (const file of files)
		assert.ok(fs.readFileSync(path.join(folder, file), 'utf8').split('\n').length <= 100, file)
})

brokerTest('examples are for development', { dashboard: { enabled: true } }, async (broker) => {
	assert.equal((await fetch(`http://localhost:${broker.port}/examples/chat.html`)).status, 404)
})

if (!CHROMIUM)
	test('the examples in a browser', { skip: 'there is no Chromium' }, () => {})
else {
	brokerTest('the chat', DEV, async (broker) => {
		await inAllLooks(broker, '/examples/chat.html', 'chat', async (page, name, origin) => {
			const context = await page.context().browser().newContext()
			const other = await context.newPage()
			const wrong = []
			other.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(m.text()))
			await other.goto(`${origin}/examples/chat.html`)
			const lines = (who) => who.locator('#lines').innerText()
			for (const who of [page, other])
				await until('connected', async () => (await who.textContent('#state')) === 'connected')
			await until('both are there', async () => (await page.locator('#people li').count()) === 2)
			await page.fill('#name', 'Ann')
			await page.fill('#text', `hello <b>from</b> ${name}`)
			await page.keyboard.press('Enter')
			await until('the other one reads it', async () => (await lines(other)).includes(`hello <b>from</b> ${name}`))
			await other.fill('#name', 'Bob')
			await other.fill('#text', `and back to ${name}`)
			await other.keyboard.press('Enter')
			await until('and answers', async () => (await lines(page)).includes(`and back to ${name}`))
			assert.ok((await lines(page)).includes('Bob'))
			await until('people have names now', async () => /Ann\s+Bob/.test(await page.locator('#people').innerText()))

			const late = await context.newPage()
			await late.goto(`${origin}/examples/chat.html`)
			await until('a newcomer reads what was said', async () => (await lines(late)).includes(`and back to ${name}`))
			await late.close()
			await other.close()
			await until('who leaves is gone', async () => (await page.locator('#people li').count()) === 1)
			assert.deepEqual(wrong, [])
			await context.close()
		})
	}, 120000)

	brokerTest('the fleet', DEV, async (broker) => {
		await inAllLooks(broker, '/examples/fleet.html', 'fleet', async (page) => {
			const number = async (id) => Number((await page.textContent(id)).replace(/\D/g, ''))
			const picture = () => page.evaluate(() => document.querySelector('canvas').toDataURL())
			await until('events are conflated', async () => (await number('#dropped')) > 50 && (await number('#received')) > 5)
			assert.ok((await number('#spared')) > 50)
			const before = await picture()
			await until('it moves', async () => (await picture()) !== before)
			await page.selectOption('#rate', '0')
			await until('everything comes', async () => (await number('#rate-in')) > 25)
			await page.click('#drive')
			await until('it stands', async () => (await number('#rate-in')) === 0)
		})
	}, 120000)
}
