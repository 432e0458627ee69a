// SPDX-License-Identifier: Apache-2.0
// The page /machine.html: charts that move, an event that is published arrives, a cut connection recovers.
'use strict'
const assert = require('node:assert/strict')
const { test } = require('node:test')
const { brokerTest, until } = require('./lib/broker')
const { CHROMIUM, OPTIONS, accessibility, feed, inAllLooks } = require('./lib/page')

if (!CHROMIUM)
	test('the page of this machine', { skip: 'there is no Chromium' }, () => {})
else
	brokerTest('the page of this machine', OPTIONS, async (broker) => {
		feed(broker, 'feed-machine', 'machine', '0.2')
		await until('some history', async () => (await broker.api('history', { channel: 'machine' })).offset >= 5)
		await inAllLooks(broker, '/machine.html', 'page', async (page, name, origin) => {
			const text = (selector) => page.textContent(selector)
			const pixels = () => page.evaluate(() => [...document.querySelectorAll('canvas')].map((c) => c.toDataURL()))
			await until('it is connected', async () => (await text('#state-text')) === 'connected')
			assert.deepEqual(await accessibility(page), [])
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

			if (name === 'light') {
				await page.keyboard.press('Tab') // the link that skips to the commands
				await page.focus('#unplug')
				await page.keyboard.press('Enter')
				await until('cut off', async () => /cut off/.test(await text('#state-text')))
				await broker.publish('hello', 'while away')
				await until('recovered', async () => /^recovered, \d+ missed/.test(await text('#state-text')))
				await until('what was missed', async () => (await text('#hello')).includes('while away'))
			}
		})
	}, 120000)
