// SPDX-License-Identifier: Apache-2.0
// The master goes and a replica takes over: with writes that it has not seen, with a broker that dies too, with both sides
// alive, and by Sentinel under load.
'use strict'
const { sleep, until } = require('../lib/rig')
const { pair, replica, settle } = require('../lib/setup')

/* Master, replica behind a proxy, two brokers behind theirs; what is published in `ms` reaches the master only. */
async function lostWrites(rig, p, atTheEnd) {
	const master = await rig.redis('master')
	const link = await rig.proxy(['127.0.0.1', master.port])
	const other = await replica(rig, 'replica', master, {}, link)
	const { brokers, proxies } = await pair(rig, master.port)
	const load = await rig.workload({ brokers, rate: p.rate, sdks: 1 }).connect()
	load.publish()
	await sleep(700)
	link.stall()
	const acked = load.counts.ok
	await until('acknowledged events that the replica has not', () => load.counts.ok >= acked + p.lost)
	rig.mark('failover')
	const signs = { ...rig.history.tally }
	await Promise.all([master.kill(), atTheEnd && atTheEnd(brokers)])
	await other.command('REPLICAOF', 'NO', 'ONE')
	for (const proxy of proxies) {
		proxy.swap(['127.0.0.1', other.port])
		proxy.cut()
	}
	return { load, brokers, signs, other }
}

module.exports = [
	{
		name: 'failover-lost',
		title: 'the replica that takes over has not seen the last 500 acknowledged events: nobody is told "recovered"',
		redis: true,
		short: { rate: 800, lost: 300 },
		long: { rate: 2000, lost: 2000 },
		async run(rig, p) {
			const { load, signs } = await lostWrites(rig, p)
			const back_ms = await load.back(5000)
			await until('publishes go on', () => load.counts.ok > 0)
			const settled = await settle(rig, load)
			rig.atleast('I2', 'subscriptions that were told', (rig.history.tally.not_recovered || 0) - (signs.not_recovered || 0), 1)
			return { ...settled, back_ms }
		},
	},
	{
		name: 'failover-broker',
		title: 'the same, and a broker is killed at the same instant: the epoch changes',
		redis: true,
		short: { rate: 800, lost: 300 },
		long: { rate: 2000, lost: 2000 },
		async run(rig, p) {
			const { load, brokers, signs } = await lostWrites(rig, p, (all) => all[1].kill())
			await sleep(1500)
			await brokers[1].start()
			const back_ms = await load.back(5000)
			const settled = await settle(rig, load)
			/* Whoever came to the other broker before that knew may have been recovered there; in the end all are told. */
			const untold = load.subscribers.filter((s) => s.signs && [...s.subs.values()].some((sub) => sub.epoch !== null && !sub.pattern && !sub.told))
			rig.bound('I2', 'clients with a channel that was not told', untold.length, 0)
			rig.atleast('I2', 'subscriptions that were told', (rig.history.tally.not_recovered || 0) - (signs.not_recovered || 0), 1)
			return { ...settled, back_ms }
		},
	},
	{
		name: 'split',
		title: 'a broker and the old master are cut off, both sides publish; then the old master becomes a replica',
		redis: true,
		short: { rate: 400, split_ms: 3500 },
		long: { rate: 1500, split_ms: 15000 },
		async run(rig, p) {
			const old = await rig.redis('old', { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '2', 'repl-ping-replica-period': '1' })
			const link = await rig.proxy(['127.0.0.1', old.port])
			const other = await replica(rig, 'new', old, {}, link)
			const { brokers, proxies } = await pair(rig, old.port, { engine: { publish_deadline: '1s' } })
			const load = await rig.workload({ brokers, rate: p.rate, sdks: 1 }).connect()
			load.publish({ stay: true }) // one publisher has one side
			await sleep(1000)
			rig.mark('split')
			link.stall()
			await other.command('REPLICAOF', 'NO', 'ONE')
			proxies[0].swap(['127.0.0.1', other.port])
			proxies[0].cut()
			await sleep(p.split_ms)
			rig.mark('rejoin')
			await old.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
			await old.command('REPLICAOF', '127.0.0.1', other.port)
			proxies[1].swap(['127.0.0.1', other.port])
			proxies[1].cut()
			const back_ms = await load.back(6000)
			return { ...await settle(rig, load), back_ms }
		},
	},
	{
		name: 'sentinel',
		title: 'Sentinel failovers under load: crash and graceful by turns, now and then with a sentinel that hangs',
		redis: true,
		short: { times: 1, rate: 500 },
		long: { times: 20, rate: 2000, lanes: 32, timeout: 1500 },
		async run(rig, p) {
			const options = { 'min-replicas-to-write': '0', 'repl-diskless-sync-delay': '0', appendonly: 'no' }
			const first = await rig.redis('r0', options)
			const all = [first, await replica(rig, 'r1', first, options), await replica(rig, 'r2', first, options)]
			const sentinels = []
			for (let i = 0; i < 3; i++)
				sentinels.push(await rig.sentinel(`s${i}`, first))
			const address = `redis+sentinel://${sentinels.map((s) => `127.0.0.1:${s.port}`).join(',')}?sentinel_master_name=weir`
			await until('the sentinels know each other and the replicas', async () => {
				for (const s of sentinels) {
					const text = await s.command('SENTINEL', 'MASTER', 'weir')
					const value = (name) => Number(text[text.indexOf(name) + 1])
					if (value('num-other-sentinels') !== 2 || value('num-slaves') !== 2)
						return false
				}
				return true
			}, 30000)
			const brokers = await Promise.all(['a', 'b'].map((name) => rig.broker(name, address)))
			const load = await rig.workload({ brokers, rate: p.rate, lanes: p.lanes || 8, move_ms: 700 }).connect()
			load.publish()
			let master = first.port
			for (let i = 0; i < p.times; i++) {
				await sleep(1500)
				await until('all replicas are there', async () => Number((await byPort(all, master).info('replication')).connected_slaves) === 2, 30000)
				const crash = i % 2 === 0, quiet = i % 5 === 4 ? sentinels[i % 3] : null
				const ask = sentinels.find((s) => s !== quiet)
				rig.mark(crash ? 'crash' : 'graceful')
				if (quiet)
					quiet.process.signal('SIGSTOP')
				const old = byPort(all, master)
				if (crash)
					await old.kill()
				else
					await until('a failover begins', () => ask.command('SENTINEL', 'FAILOVER', 'weir').catch(() => null), 20000)
				const was = master
				await until('another master', async () => { master = await ask.master(); return master !== was }, 30000)
				await rig.within('I9', 'publishes go on', 10000, ackedAfter(load))
				await load.back(10000)
				if (crash)
					await old.start()
				if (quiet)
					quiet.process.signal('SIGCONT')
				await inSyncWith(all, master)
			}
			return { ...await settle(rig, load, { limit: 15000 }), failovers: p.times }
		},
	},
]

const byPort = (all, port) => all.find((r) => r.port === port)

function ackedAfter(load) {
	const before = load.counts.ok
	return () => load.counts.ok > before + 20
}

/* The old master has become a replica: the sentinels have told it so. */
const inSyncWith = (all, master) => until('the others follow the new master', async () => {
	for (const one of all) {
		if (one.port === master)
			continue
		const info = await one.info('replication').catch(() => ({}))
		if (info.role !== 'slave' || Number(info.master_port) !== master || info.master_link_status !== 'up')
			return false
	}
	return true
}, 180000)
