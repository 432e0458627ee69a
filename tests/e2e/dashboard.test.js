// SPDX-License-Identifier: Apache-2.0
// The page at /: what an operator sees while events flow, somebody is slow, nothing has happened yet, the engine is away, the
// broker is gone, ten thousand channels are there, and when nobody is logged in. Accessibility by axe-core.
'use strict'
const assert = require('node:assert/strict')
const { execFileSync, spawn } = require('node:child_process')
const { test } = require('node:test')
const { BROKERS, Broker, DEFAULTS, KEY, SECRET, aloneTest, until } = require('./lib/broker')
const { clusterTest } = require('./lib/cluster')
const { CHROMIUM, LOOKS, accessibility, browse, feed, inAllLooks, shot, withPage } = require('./lib/page')
const { connect, event, subscribe } = require('./lib/sdk')
const { FAT, stall } = require('./lib/stall')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const [LIGHT] = LOOKS
const PASSWORD = 'a password that is long enough'
const ORIGINS = { allowed_origins: ['http://localhost:*', 'http://127.0.0.1:*'] }
const OPEN = { client: ORIGINS, dashboard: { insecure: true }, channel: { without_namespace: { history_size: 300 }, namespaces: [...DEFAULTS.channel.namespaces, FAT] } }
const ADMIN = { sub: 'root', weir: { admin: true } }

const text = (page, selector) => page.textContent(selector)
const number = async (page, selector) => parseFloat((await text(page, selector)).replace(/,/g, ''))
const says = (page, selector, what) => until(`${selector} says ${what}`, async () => what.test(await text(page, selector)))
const visible = (page, selector) => until(`${selector} is visible`, () => page.isVisible(selector))
const hidden = (page, selector) => until(`${selector} is hidden`, () => page.isHidden(selector))
const connected = (page) => says(page, '#state-text', /^connected$/)
const isAccessible = async (page) => assert.deepEqual(await accessibility(page), [])

/* Several brokers at once are a matter of the broker; the page is at one. */
const pageTest = CHROMIUM && BROKERS === 1 ? aloneTest : (name) => test(name, { skip: CHROMIUM ? 'one broker is enough' : 'there is no Chromium' }, () => {})

pageTest('dashboard: numbers move, in every look, and anybody can use it', OPEN, async (broker) => {
	feed(broker, 'feed-prices', 'prices', '0.1')
	const reader = connect(broker, { token: token({ sub: 'reader' }) })
	await subscribe(reader, 'prices')
	await inAllLooks(broker, '/', 'dashboard', async (page) => {
		const pixels = () => page.evaluate(() => [...document.querySelectorAll('#tiles canvas')].map((c) => c.toDataURL()))
		await connected(page)
		await until('events come in', async () => await number(page, '#tile-in .value') > 5)
		await until('events go out', async () => await number(page, '#tile-out .value') > 5)
		await says(page, '#tile-latency .value', /^[\d.]+ (µs|ms|s)$/)
		await says(page, '#tile-clients .value', /^2$/)
		await says(page, '#tile-queued .detail', /of the budget/)
		await says(page, '#nodes', /this one/)
		await says(page, '#engine-state', /^works$/)
		await until('help from the table of metrics', () => page.getAttribute('#tile-in h3', 'title'))
		const before = await pixels()
		assert.equal(before.length, 6)
		await until('charts move', async () => (await pixels()).every((image, i) => image !== before[i]))
		await isAccessible(page)
		await page.click('#to-channels')
		await until('the channel is listed', async () => (await text(page, '#channel-list')).includes('prices'))
		await isAccessible(page)
		await page.click('#channel-list a[href="#/channels/prices"]')
		await until('events in the tail', async () => await page.locator('#tail li').count() > 5)
		await until('history', async () => await page.locator('#history li').count() > 5)
		await isAccessible(page)
		await page.click('#to-overview')
		await visible(page, '#tiles')
	})
}, 120000)

pageTest('dashboard: the switch of colours, tabbing through, no motion for who wants none', OPEN, async (broker) => {
	feed(broker, 'feed-prices', 'prices', '0.1')
	const browser = await browse(broker)
	await withPage(browser, broker, '/', { ...LIGHT, reducedMotion: 'reduce' }, async (page) => {
		const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
		await connected(page)
		await visible(page, '#tiles')
		const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim())
		await page.keyboard.press('Tab')
		assert.equal(await focused(), 'Skip to the content')
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
		assert.notEqual(outline, 'none')
		const seen = []
		for (let i = 0; i < 200 && seen.at(-1) !== 'Licences'; i++) {
			await page.keyboard.press('Tab')
			seen.push(await focused())
		}
		for (const one of ['to-channels', 'theme', 'first-again', 'Licences'])
			assert.ok(seen.includes(one), `${one} in ${seen}`)

		const light = await background()
		await page.focus('#theme')
		await page.keyboard.press('Enter') // light
		assert.equal(await background(), light)
		await page.keyboard.press('Enter') // dark
		const dark = await background()
		assert.notEqual(dark, light)
		await page.reload()
		assert.equal(await background(), dark)
		assert.equal(await page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length), 0)
	})
})

pageTest('dashboard: a slow client is seen with its lag, and is disconnected by keyboard', OPEN, async (broker) => {
	const slow = connect(broker, { token: token({ sub: 'snail' }) })
	await subscribe(slow, 'live:news', { data: { weir: { overflow: 'drop_oldest', queue: 20 } } })
	const goOn = await stall(broker, slow)
	for (let i = 0; i < 30; i++)
		await broker.publish('live:news', { i })
	const browser = await browse(broker)
	await withPage(browser, broker, '/', LIGHT, async (page) => {
		const row = `#slow tr[data-client="${slow._client}"]`
		await visible(page, row)
		await until('its lag', async () => await page.evaluate((row) => /^(\d.*(ms|s)|keeps up)$/.test(document.querySelector(`${row} td:nth-child(2) strong`).textContent), row))
		await until('it is behind', async () => /(ms|s|min)$/.test(await text(page, `${row} td:nth-child(2) strong`)))
		await says(page, `${row} td:nth-child(3) strong`, /^21$/) // the filler, too
		await says(page, `${row} td:nth-child(4) strong`, /^\d+$/)
		await says(page, `${row} td:nth-child(5)`, /drop_oldest, queue 20.*live:news and 1 more/)
		await says(page, '#losses', /oldest/)
		await page.click(`${row} .unfold`)
		await says(page, `${row} + .more`, /live:news/)
		await shot(page, 'dashboard-slow')

		const button = `${row} .danger`
		await page.focus(button)
		await page.keyboard.press('Enter')
		await visible(page, '#confirm')
		assert.ok((await text(page, '#confirm-who')).includes(slow._client))
		assert.equal(await page.evaluate(() => document.activeElement.id), 'confirm-no')
		await isAccessible(page)
		await page.keyboard.press('Escape')
		await hidden(page, '#confirm')
		assert.equal(slow.state, 'connected')

		await page.keyboard.press('Enter') // the focus is back on the button
		await visible(page, '#confirm')
		await page.evaluate((button) => { // asked again before the page has heard that it was cancelled
			document.querySelector('#confirm').close()
			document.querySelector(button).click()
		}, button)
		await page.keyboard.press('Tab')
		await page.keyboard.press('Enter')
		await says(page, '#slow-said', /^snail .* is disconnected\.$/)
		goOn()
		assert.equal((await event(slow, 'disconnected')).code, 3503)
		await page.evaluate(() => document.activeElement.blur())
		await until('its row is gone', async () => await page.locator(row).count() === 0)
	})
})

pageTest('dashboard: one channel: tail, filter, options, history, presence, a test event', OPEN, async (broker) => {
	const reader = connect(broker, { token: token({ sub: 'reader' }) })
	await subscribe(reader, 'tags:room')
	await broker.publish('tags:room', { n: 1 }, { tags: { kind: 'old' } })
	const browser = await browse(broker)
	await withPage(browser, broker, '/#/channels/tags%3Aroom', LIGHT, async (page) => {
		await says(page, '#tail-said', /^Subscribed/)
		await says(page, '#history', /#1.*"n":1.*kind: old/)
		await says(page, '#presence-said', /no presence/)
		assert.equal(await page.title(), 'weir · tags:room')

		const published = await fetch(`${broker.http}/api/publish`, { // what curl would send
			method: 'POST', headers: { 'X-API-Key': KEY }, body: JSON.stringify({ channel: 'tags:room', data: { text: 'by curl', level: 7 }, tags: { kind: 'new' } }),
		})
		assert.equal(published.status, 200)
		await says(page, '#tail', /#2.*by curl.*kind: new/)

		await page.fill('#tail-filter', "data.level IN (7, 8")
		await page.press('#tail-filter', 'Enter')
		await says(page, '#tail-wrong', /^filter: .*column \d+/)
		const column = Number(/column (\d+)/.exec(await text(page, '#tail-wrong'))[1])
		assert.equal((await text(page, '#tail-place')).split('\n')[1].indexOf('↑'), column - 1)
		assert.equal(await page.getAttribute('#tail-filter', 'aria-invalid'), 'true')
		await isAccessible(page)
		await shot(page, 'dashboard-filter')

		await page.fill('#tail-filter', 'data.level > 5')
		await page.selectOption('#tail-overflow', 'latest')
		await page.fill('#tail-key', 'data.sym')
		await page.fill('#tail-rate', '50')
		await page.click('#tail-form button')
		await says(page, '#tail-said', /^Subscribed with .*"overflow":"latest".*"rate":50/)
		assert.equal(await text(page, '#tail-wrong'), '')
		await page.click('#tail-clear')
		await broker.publish('tags:room', { level: 1 })
		await broker.publish('tags:room', { level: 9 })
		await says(page, '#tail', /"level":9/)
		assert.doesNotMatch(await text(page, '#tail'), /"level":1/)

		await page.click('#tail-pause')
		await page.fill('#publish-data', '{"level": 10,')
		await page.press('#publish-data', 'Control+Enter')
		await says(page, '#publish-said', /^Not valid JSON/)
		await page.fill('#publish-data', '{"level": 10, "text": "<b>from the page</b>"}')
		await page.press('#publish-data', 'Control+Enter')
		await says(page, '#publish-said', /^Published with offset 5\.$/)
		await says(page, '#history', /<b>from the page<\/b>/)
		await says(page, '#tail-count', /^2 events.*paused$/)
		assert.doesNotMatch(await text(page, '#tail'), /from the page/)
		await page.click('#tail-pause')
		await says(page, '#tail', /from the page/)

		await page.goto(`http://localhost:${broker.port}/#/channels/rooms%3Aa`)
		await says(page, '#channel-name', /^rooms:a$/)
		const guest = connect(broker, { token: token({ sub: 'guest' }) })
		await subscribe(guest, 'rooms:a')
		await says(page, '#presence', /guest/)
		await says(page, '#history-said', /no history/)
		await page.goto(`http://localhost:${broker.port}/#/channels/nowhere%3Aa`)
		await says(page, '#tail-wrong', /unknown channel/)
		await says(page, '#history-said', /unknown channel/)
	})
})

pageTest('dashboard: ten thousand channels', { ...OPEN, client: { ...ORIGINS, channel_limit: 20000 }, websocket: { message_size_limit: 1 << 20 } }, async (broker) => {
	const TOTAL = 10000
	const wire = await Wire.connect(broker, { token: token({ sub: 'crowd' }) })
	for (let n = 0; n < TOTAL; n += 500) {
		wire.send(Array.from({ length: 500 }, (_, i) => JSON.stringify({ id: 100000 + n + i, subscribe: { channel: `live:room-${String(n + i).padStart(5, '0')}` } })).join('\n'))
		await until('the replies', () => wire.lines.length > n + 500)
	}
	const browser = await browse(broker)
	await withPage(browser, broker, '/#/channels', LIGHT, async (page) => {
		await says(page, '#channels-said', /^10,000 channels$/)
		await page.selectOption('#sort', 'name')
		assert.equal(await page.locator('#channel-list li').count(), 50)
		await says(page, '#page-of', /^1–50 of 10,000$/)
		await page.click('#after')
		await says(page, '#page-of', /^51–100 of 10,000$/)
		await says(page, '#channel-list', /room-00050/)
		await page.fill('#search', 'room-0777')
		await says(page, '#channels-said', /^10 channels$/)
		await says(page, '#channel-list', /room-07770/)
		await page.fill('#search', 'room-07777')
		await says(page, '#channels-said', /^1 channel$/)
		await page.press('#search', 'Enter')
		await says(page, '#channel-name', /^live:room-07777$/)
		await page.fill('#search', 'live:not-yet')
		await visible(page, '#open-typed')
		await page.click('#open-typed')
		await says(page, '#channel-name', /^live:not-yet$/)
		await page.fill('#search', '')
		await says(page, '#channels-said', /^10,00\d channels$/)
		await isAccessible(page)
		await page.click('#to-overview')
		await says(page, '#tile-clients .detail', /^10,00\d channels/)
	})
}, 120000)

pageTest('dashboard: a broker with which nothing has happened', { ...OPEN, client: { ...ORIGINS, insecure: true }, http_api: { insecure: true } }, async (broker) => {
	const browser = await browse(broker)
	await withPage(browser, broker, '/', LOOKS[2], async (page, origin) => {
		await visible(page, '#first')
		await says(page, '#first-title', /^Nothing has happened here yet$/)
		await says(page, '#first-publish', new RegExp(`^curl ${origin}/api/publish -d`))
		await says(page, '#losses-none', /Nothing was dropped/)
		await shot(page, 'dashboard-empty')
		await isAccessible(page)
		/* The lines work as they are. */
		const listener = spawn('sh', ['-c', `exec ${await text(page, '#first-sub')}`], { stdio: ['ignore', 'pipe', 'ignore'] })
		broker.cleanup(() => listener.kill())
		let heard = ''
		listener.stdout.setEncoding('utf8').on('data', (more) => { heard += more })
		await until('it listens', () => heard.includes('subscribed'))
		execFileSync('sh', ['-c', await text(page, '#first-publish')], { stdio: 'pipe' })
		await until('it is heard', () => /"text":"hi"/.test(heard))
		assert.match(execFileSync('sh', ['-c', await text(page, '#first-history')], { stdio: 'pipe' }).toString(), /"text":"hi"/)
		await hidden(page, '#first')
		await page.click('#first-again')
		await visible(page, '#first')
		await page.click('#first-close')
		await hidden(page, '#first')
	})
})

pageTest('dashboard: the broker is gone, and comes back', OPEN, async (broker) => {
	const browser = await browse(broker)
	await withPage(browser, broker, '/', LIGHT, async (page) => {
		await connected(page)
		await visible(page, '#tiles')
		await page.goto(`http://localhost:${broker.port}/#/channels/hello`)
		await says(page, '#tail-said', /^Subscribed/)
		await broker.kill()
		await says(page, '#banner', /connection to the broker is lost.*What you see is \d+ s old/)
		assert.ok(await page.evaluate(() => document.body.classList.contains('stale')))
		await isAccessible(page)
		await shot(page, 'dashboard-lost')
		const next = await Broker.start(OPEN, broker.port)
		broker.cleanup(() => next.stop())
		await connected(page) // its token was of the broker that is gone
		await says(page, '#banner', /^$/)
		await says(page, '#tail-said', /^Subscribed/)
		await next.publish('hello', 'there again')
		await says(page, '#tail', /there again/)
		await page.click('#to-overview')
		await says(page, '#process', /Up for\d+ s/)
	}, /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|Failed to load resource|WebSocket/)
})

pageTest('dashboard: login by password, and what happens without', { client: ORIGINS, dashboard: { password: PASSWORD } }, async (broker) => {
	const browser = await browse(broker)
	await withPage(browser, broker, '/', LOOKS[2], async (page, origin) => {
		await visible(page, '#password')
		assert.ok(await page.isHidden('#tiles'))
		await isAccessible(page)
		await shot(page, 'dashboard-login')
		await page.fill('#password', 'not this one')
		await page.keyboard.press('Enter')
		await says(page, '#password-wrong', /not the password/)
		assert.equal(await page.getAttribute('#password', 'aria-invalid'), 'true')
		await page.fill('#password', PASSWORD)
		await page.keyboard.press('Enter')
		await visible(page, '#tiles')
		await connected(page)
		await page.reload() // the tab remembers
		await visible(page, '#tiles')
		await page.click('#logout')
		await visible(page, '#password')
		await page.reload()
		await visible(page, '#password')

		await page.evaluate(async () => {
			for (let status; status !== 429;)
				({ status } = await fetch('/dashboard/login', { method: 'POST', body: '{"password":"a guess"}' }))
		})
		await page.fill('#password', PASSWORD)
		await page.keyboard.press('Enter')
		await says(page, '#password-wrong', /^Too many attempts\. Try again in \d+ s\.$/)

		await page.goto('about:blank')
		await page.goto(`${origin}/#token=${token(ADMIN, { secret: SECRET })}`)
		await visible(page, '#tiles')
		assert.doesNotMatch(page.url(), /token/)
	}, /status of 4(01|29)|Failed to load resource/)
})

pageTest('dashboard: no password is set; tokens that are none, or nobody’s', { client: ORIGINS }, async (broker) => {
	const browser = await browse(broker)
	await withPage(browser, broker, '/', LIGHT, async (page) => {
		await says(page, '#login-unset', /password:/)
		assert.ok(await page.isHidden('#password'))
		await isAccessible(page)
		const use = async (value) => {
			await page.fill('#token', value)
			await page.press('#token', 'Enter')
		}
		await use('nonsense')
		await says(page, '#token-wrong', /no token/)
		await use(token({ sub: 'ann' }))
		await says(page, '#login-why', /not one of an administrator/)
		await use(token(ADMIN, { secret: 'some other key that nobody has configured here' }))
		await says(page, '#login-why', /does not take this token|invalid token/)
		await use(token(ADMIN))
		await visible(page, '#tiles')
	}, /Failed to load resource/)
})

if (CHROMIUM && BROKERS === 1)
	clusterTest('dashboard: behind a balancer each request is at another broker', 2, { ...OPEN, dashboard: { insecure: true, password: PASSWORD } }, async (cluster) => {
		await cluster.met()
		const { proxy } = await cluster.balance(true)
		const at = { port: proxy.port, cleanup: (fn) => cluster.cleanup(fn) }
		await withPage(await browse(at), at, '/#/channels/hello', LIGHT, async (page) => {
			await says(page, '#tail-said', /^Subscribed/)
			await page.fill('#publish-data', '"round and round"')
			await page.press('#publish-data', 'Control+Enter')
			await says(page, '#tail', /round and round/)
			await page.click('#to-overview')
			await until('both nodes', async () => await page.locator('#nodes tbody tr').count() === 2)
		})
	})

if (CHROMIUM && BROKERS === 1)
	clusterTest('dashboard: Redis hangs, and goes on', 2, OPEN, async (cluster) => {
		await cluster.met()
		const [broker] = cluster.brokers
		broker.cleanup(() => cluster.redis.cont())
		const browser = await browse(broker)
		await withPage(browser, broker, '/', LIGHT, async (page) => {
			await until('both nodes', async () => await page.locator('#nodes tbody tr').count() === 2)
			await says(page, '#engine-type', /^Redis$/)
			await says(page, '#engine-values', /shards up/)
			cluster.redis.stop()
			await says(page, '#banner', /^Redis is away: .+\. ?Publishes are refused/)
			await says(page, '#engine-state', /^away$/)
			await isAccessible(page)
			await shot(page, 'dashboard-redis')
			const { receivedAt } = await page.evaluate(() => ({ receivedAt: document.querySelector('#process').textContent }))
			await until('the numbers go on', async () => await text(page, '#process') !== receivedAt)
			await page.reload() // who comes now sees it, too
			await says(page, '#banner', /^Redis is away/)
			await page.click('#to-channels')
			await says(page, '#channels-said', /could not be read: unavailable|1 channel|No channel/)
			await page.click('#to-overview')
			cluster.redis.cont()
			await says(page, '#banner', /^$/)
			await says(page, '#engine-state', /^works$/)
			await cluster.brokers[1].kill()
			await says(page, '#nodes', /gone for|does not answer/)
		}, /Failed to load resource/)
	})
