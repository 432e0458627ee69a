// SPDX-License-Identifier: Apache-2.0
// The dashboard's pictures: a broker with made-up traffic, readers of all kinds, two that have stopped, and a minute of
// patience until the charts are full. See scripts/screenshots. Arguments: the folder.
'use strict'
const path = require('node:path')
const { Broker, DEFAULTS, overlay, until } = require('./lib/broker')
const { LOOKS, browse, feed } = require('./lib/page')
const { connect, subscribe } = require('./lib/sdk')
const { FAT, stall } = require('./lib/stall')
const { token } = require('./lib/token')

const OPTIONS = {
	node: { name: 'weir-1' },
	client: { allowed_origins: ['http://localhost:*'], ping_interval: '300s' },
	websocket: { write_timeout: '300s' }, // who has stopped neither answers pings nor takes anything
	dashboard: { insecure: true },
	channel: { namespaces: [...DEFAULTS.channel.namespaces, FAT, { ...DEFAULTS.channel.without_namespace, name: 'prices', history_size: 300, allow_tags_filter: true }] },
}
const SIZES = { light: { width: 1200, height: 900 }, dark: { width: 1200, height: 900 }, phone: { width: 360, height: 780 } }
const FULL_MS = 62000 // what the charts show, and a bit
const TICK_MS = 100
const ROOMS = 12

const reader = (broker, sub) => connect(broker, { token: token({ sub }) })

/* Rooms in which more and less is said, so that there is something to see. */
function chatter(broker) {
	let n = 0
	const timer = setInterval(() => {
		const t = Date.now() / 1000
		const events = Math.round(4 + 3 * Math.sin(t / 6) + 2 * Math.sin(t / 1.7) + 2 * Math.random())
		for (let i = 0; i < events; i++)
			broker.publish(`tags:room-${(n * 7) % ROOMS}`, { from: ['ann', 'ben', 'eve'][n % 3], n: n++ }).catch(() => {})
	}, TICK_MS)
	broker.cleanup(() => clearInterval(timer))
}

async function readers(broker) {
	for (let i = 0; i < 60; i++)
		await subscribe(reader(broker, `user-${i}`), `tags:room-${i % ROOMS}`)
	const plans = [['kiosk', { overflow: 'latest', key: 'data.sym', rate: 2 }], ['phone', { overflow: 'latest', key: 'data.sym', rate: 5 }], ['desk', { filter: 'data.change > 0.0' }], ['archive', { overflow: 'resync', queue: 200 }]]
	for (const [sub, weir] of plans)
		await subscribe(reader(broker, sub), 'prices:all', { data: { weir } })
	for (const [sub, overflow, queue] of [['tablet', 'drop_oldest', 64], ['legacy', 'drop_newest', 400]]) {
		const client = reader(broker, sub)
		await subscribe(client, 'prices:all', { data: { weir: { overflow, queue } } })
		await stall(broker, client)
	}
}

async function main(folder) {
	const broker = await Broker.start(overlay({ client: {} }, OPTIONS))
	try {
		feed(broker, 'feed-prices', 'prices:all', '0.1')
		chatter(broker)
		await readers(broker)
		const browser = await browse(broker)
		const pages = []
		for (const { name, ...look } of LOOKS) {
			const page = await browser.newPage({ ...look, viewport: SIZES[name] })
			await page.goto(`http://localhost:${broker.port}/`)
			pages.push([name, page])
		}
		const began = Date.now()
		await until('the charts are full', () => Date.now() - began > FULL_MS, 2 * FULL_MS)
		for (const [name, page] of pages)
			await page.screenshot({ path: path.join(folder, `dashboard-${name}.png`) })
	} finally {
		await broker.stop()
	}
}

main(process.argv[2]).catch((err) => {
	console.error(err)
	process.exit(1)
})
