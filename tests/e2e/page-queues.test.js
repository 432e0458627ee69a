// SPDX-License-Identifier: Apache-2.0
// The page at /queues.html: three subscribers of one fast channel, of which each gets what it asked for, and what is dropped
// is counted: with what was got it makes what was published.
'use strict'
const assert = require('node:assert/strict')
const { test } = require('node:test')
const { brokerTest, until } = require('./lib/broker')
const { CHROMIUM, OPTIONS, accessibility, feed, inAllLooks } = require('./lib/page')

if (!CHROMIUM)
	test('the page of full queues', { skip: 'there is no Chromium' }, () => {})
else
	brokerTest('the page of full queues', OPTIONS, async (broker) => {
		feed(broker, 'feed-prices', 'prices', '0.1')
		await inAllLooks(broker, '/queues.html', 'queues', async (page, name) => {
			/* All numbers of a panel at one moment. */
			const panel = (id) => page.evaluate((id) => Object.fromEntries([...document.querySelectorAll(`#${id} [data-value]`)].map((e) =>
				[e.dataset.value, e.dataset.value === 'asks' ? e.textContent : Number(e.textContent.replace(/[^\d.]/g, ''))])), id)
			const symbols = (id) => page.evaluate((id) => [...document.querySelectorAll(`#${id} .prices b`)].map((e) => e.textContent).sort().join(' '), id)
			await until('it is connected', async () => (await page.textContent('#state-text')) === 'connected')
			assert.deepEqual(await accessibility(page), [])
			await until('the first gets all', async () => (await panel('all')).got > 60)
			const all = await panel('all')
			assert.equal(all.dropped, 0)
			assert.equal(all.got, all.published)
			assert.equal(await symbols('all'), 'ADA BTC DOT ETH SOL')

			await until('the second has lost some', async () => (await panel('latest')).dropped > 20)
			const latest = await panel('latest') // before the first is counted again
			const { got } = await panel('all')
			assert.ok(latest.got * 5 < got, `${latest.got} events got, of the first ${got}`)
			await until('the second has all symbols', async () => (await symbols('latest')) === 'ADA BTC DOT ETH SOL')

			await until('the third gets something', async () => (await panel('filtered')).got > 3)
			assert.equal(await symbols('filtered'), 'BTC')
			assert.equal((await panel('filtered')).dropped, 0)

			await page.fill('#filter', "data.sym IN ('ETH'")
			await page.press('#filter', 'Enter')
			await until('what is wrong', async () => /^filter: .* column \d+/.test(await page.textContent('#filter-wrong')))
			assert.equal(await page.getAttribute('#filter', 'aria-invalid'), 'true')
			await page.fill('#filter', "data.sym = 'ETH'")
			await page.press('#filter', 'Enter')
			await until('the other symbol', async () => (await symbols('filtered')) === 'ETH')
			assert.equal(await page.textContent('#filter-wrong'), '')
			assert.match((await panel('filtered')).asks, /"filter":"data.sym = 'ETH'"/)

			if (name !== 'phone') {
				await page.check('#slow')
				await until('the first loses some', async () => (await panel('all')).dropped > 20)
				const slow = await panel('all')
				assert.match(slow.asks, /"overflow":"drop_oldest"/)
				assert.equal(slow.got + slow.dropped, slow.published)
			}
		})
	}, 120000)
