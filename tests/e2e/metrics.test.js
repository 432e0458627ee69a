// SPDX-License-Identifier: Apache-2.0
// Metrics: what Prometheus reads, by a strict reader, against /api/metrics and what has happened; Redis' own, and its outage.
'use strict'
const assert = require('node:assert/strict')
const { Broker, KEY, aloneTest, until } = require('./lib/broker')
const { clusterTest } = require('./lib/cluster')
const { expositions, value } = require('./lib/expositions')
const { connect, publications, subscribe } = require('./lib/sdk')
const { token } = require('./lib/token')
const { Wire } = require('./lib/wire')

const ON = { prometheus: { enabled: true } }
const ADMIN = { sub: 'root', weir: { admin: true } }
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0,text/plain;q=0.5'

async function scrape(broker, headers = {}) {
	const answer = await fetch(`${broker.http}/metrics`, { headers })
	return { status: answer.status, type: answer.headers.get('content-type'), text: answer.status === 200 ? await answer.text() : '' }
}

const families = async (broker) => expositions((await scrape(broker)).text)

aloneTest('off by default; with require_key for the key or an admin only', {}, async (off) => {
	assert.equal((await scrape(off)).status, 404)
	const broker = await Broker.start({ prometheus: { enabled: true, require_key: true } })
	off.cleanup(() => broker.stop())
	assert.equal((await scrape(broker)).status, 401)
	assert.equal((await scrape(broker, { 'X-API-Key': KEY })).status, 200)
	assert.equal((await scrape(broker, { authorization: `Bearer ${token(ADMIN)}` })).status, 200)
	assert.equal((await scrape(broker, { authorization: `Bearer ${token({ sub: 'root' })}` })).status, 401)
})

aloneTest('both formats are sound, and say what /api/metrics says', ON, async (broker) => {
	const plain = await scrape(broker), open = await scrape(broker, { accept: OPENMETRICS })
	assert.equal(plain.type, 'text/plain; version=0.0.4; charset=utf-8')
	assert.equal(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8')
	const a = expositions(plain.text), b = expositions(open.text, true)
	assert.deepEqual([...a.keys()], [...b.keys()])
	const { metrics } = await broker.api('metrics')
	assert.deepEqual(metrics.map((m) => `weir_${m.name}`), [...a.keys()])
	for (const metric of metrics) {
		const family = a.get(`weir_${metric.name}`)
		assert.equal(family.type, metric.type)
		assert.equal(family.help, metric.help)
		assert.ok(metric.help.length > 0 && ['', 'bytes', 'seconds'].includes(metric.unit), metric.name)
		assert.equal(metric.unit === 'seconds', metric.name.endsWith('_seconds'), metric.name)
		if (metric.type === 'histogram') {
			assert.deepEqual(Object.keys(metric.values), ['buckets', 'count', 'sum'])
			assert.equal(Object.keys(metric.values.buckets).length, family.samples.length - 2)
		} else if (metric.label) {
			assert.deepEqual(family.samples.map((s) => s.labels[metric.label]).sort(), Object.keys(metric.values).sort())
		} else {
			assert.equal(typeof metric.values, 'number')
		}
	}
	assert.ok(![...a.keys()].some((name) => name.startsWith('weir_redis_'))) // the memory engine has none of these
})

aloneTest('what has happened is counted', ON, async (broker) => {
	const readers = [await Wire.connect(broker, { token: token({ sub: 'ann' }) }), await Wire.connect(broker, { token: token({ sub: 'bob' }) })]
	for (const reader of readers)
		await reader.ask({ subscribe: { channel: 'live:x' } })
	await readers[0].ask({ publish: { channel: 'live:x', data: 1 } })
	for (let i = 0; i < 3; i++)
		await broker.publish('live:x', i)
	await broker.call('publish', { channel: 'nowhere:x', data: 1 })
	await fetch(`${broker.http}/events/live:y`, { method: 'POST', headers: { 'X-API-Key': KEY, 'content-type': 'application/json' }, body: '{}' })
	await readers[1].ask({ subscribe: { channel: 'closed:x' } })
	const bad = await Wire.open(broker)
	bad.send({ id: 1, connect: { token: 'nonsense' } })
	assert.equal((await bad.close()).code, 3500)
	let now
	await until('four events are written', async () => {
		now = await families(broker)
		return now.get('weir_delivery_latency_seconds').samples.at(-1).value >= 4
	})
	const workers = value(now, 'weir_workers')
	for (const [expected, ...which] of [
		[2, 'weir_clients'], [2, 'weir_users'], [1, 'weir_channels'], [2, 'weir_subscriptions'], [5, 'weir_events_in'], [1, 'weir_api_calls', 'events'], [8, 'weir_deliveries'],
		[3, 'weir_connections_opened'], [1, 'weir_connections_closed'], [1, 'weir_disconnects', '3500'], [0, 'weir_disconnects', 'other'],
		[1, 'weir_command_errors'], [4, 'weir_api_calls', 'publish'], [1, 'weir_api_errors', '102'], [3, 'weir_websocket_upgrades', 'accepted'],
		[0, 'weir_dropped', 'resync'], [1, 'weir_engine_up'], [0, 'weir_queued_bytes'],
	])
		assert.equal(value(now, ...which), expected, which.join(' '))
	assert.ok(value(now, 'weir_events_received') >= 4 && value(now, 'weir_events_received') <= 4 * workers)
	assert.ok(value(now, 'weir_bytes_out') > 100 && value(now, 'weir_rss_bytes') > 1e6 && value(now, 'weir_open_fds') >= 6)
	assert.ok(value(now, 'weir_cpu_seconds') > 0 && value(now, 'weir_longest_turn_seconds') > 0 && value(now, 'weir_http_requests') > 5)
	const latency = now.get('weir_delivery_latency_seconds').samples
	assert.ok(latency.at(-2).value / latency.at(-1).value < 10) // seconds, not milliseconds
})

aloneTest('drops, by reason', ON, async (broker) => {
	const wire = await Wire.connect(broker, { token: token({ sub: 'ann' }) })
	await wire.ask({ subscribe: { channel: 'tags:x', data: { weir: { filter: 'n = 1' } } } })
	for (let i = 0; i < 3; i++)
		await broker.publish('tags:x', i, { tags: { n: String(i) } })
	await until('two are filtered out', async () => value(await families(broker), 'weir_dropped', 'filter') >= 2)
	const now = await families(broker)
	assert.ok(value(now, 'weir_filter_evaluations', 'drop') + value(now, 'weir_filter_evaluations', 'cast') +
		value(now, 'weir_filter_evaluations', 'missing_attribute') >= 2)
})

clusterTest('Redis: its metrics, its outage, and numbers that go on all the while', 2, ON, async (cluster) => {
	const [broker] = cluster.brokers
	await cluster.met()
	const sub = await subscribe(connect({ ws: broker.ws, cleanup: (fn) => cluster.cleanup(fn) }, { token: token(ADMIN) }), '$weir:stats')
	await broker.publish('news', 1)
	await until('both brokers are shown', () => sub.pubs().at(-1)?.data.nodes.length === 2)
	const before = sub.pubs().at(-1).data
	assert.deepEqual([before.engine.type, before.engine.ok, before.engine.why], ['redis', true, ''])
	assert.ok(before.engine.values.redis_commands > 0)
	assert.deepEqual(before.engine.values.redis_shard_up, { 0: 1 })
	assert.equal(value(await families(broker), 'weir_redis_shards_up'), 1)

	cluster.redis.stop()
	await until('the outage is shown', () => !sub.pubs().at(-1).data.engine.ok)
	const seen = sub.pubs().length
	await publications(sub, seen + 5) // past an answer of the other broker that does not come
	const during = sub.pubs().at(-1).data
	assert.match(during.engine.why, /redis shard 0/)
	assert.equal(during.values.engine_up, 0)
	assert.deepEqual(during.nodes.map((n) => n.uid), before.nodes.map((n) => n.uid))
	assert.equal(value(await families(broker), 'weir_engine_up'), 0)
	assert.equal(value(await families(broker), 'weir_redis_shard_up', '0'), 0)

	cluster.redis.cont()
	await until('it is over', () => sub.pubs().at(-1).data.engine.ok && sub.pubs().at(-1).data.nodes.every((n) => !n.missing))
})
