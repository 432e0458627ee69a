// SPDX-License-Identifier: Apache-2.0
// What else there is to know of the broker: what was dropped and why, the nodes of the cluster, the engine, the process.
import { $, make, terms, text } from './dom.js'
import { bytes, count, percent, plural, seconds } from './format.js'
import { sum, withheld } from './store.js'

const FORGET_MS = 60000 // a node that is no longer told of stays in the list for so long

const REASONS = {
	resync: 'the subscription started anew, and recovers from history', oldest: 'the queue was full: the oldest gave way',
	newest: 'the queue was full: the newest was refused', conflated: 'a newer one with the same key took its place',
}

function losses(store) {
	const reasons = Object.entries(store.last.values.dropped ?? {}).filter(([reason, n]) => n > 0 && reason !== 'filter').sort((a, b) => b[1] - a[1])
	const most = reasons.length ? reasons[0][1] : 0
	const kept = withheld(store.last.values)
	$('losses-none').hidden = reasons.length > 0
	$('losses-filter').hidden = !kept
	text($('losses-filter'), `${plural(kept, 'event')} more did not pass a subscriber’s filter, which is no loss.`)
	const list = $('losses')
	while (list.children.length > reasons.length)
		list.lastChild.remove()
	reasons.forEach(([reason, n], i) => {
		const item = list.children[i] ?? list.appendChild(make('li', {}, make('span', { class: 'reason' }), make('span', { class: 'n' }), make('span', { class: 'sub' }), make('div', { class: 'meter', 'aria-hidden': 'true' }, make('i'))))
		const now = store.rates.reasons[reason] ?? 0
		text(item.children[0], reason)
		text(item.children[1], `${count(n)}${now >= 0.05 ? `, ${count(now)}/s` : ''}`)
		text(item.children[2], REASONS[reason] ?? '')
		item.lastChild.firstChild.style.width = `${(100 * n) / most}%`
	})
}

const seen = new Map() // uid: { node, at }

function nodes(store) {
	const now = Date.now()
	for (const node of store.last.nodes ?? [])
		seen.set(node.uid, { node, at: now })
	for (const [uid, { at }] of seen)
		if (now - at > FORGET_MS)
			seen.delete(uid)
	const rows = [...seen.values()].sort((a, b) => (b.node.uid === store.last.node.uid) - (a.node.uid === store.last.node.uid) || a.node.name.localeCompare(b.node.name) || a.node.uid.localeCompare(b.node.uid))
	const body = $('nodes').tBodies[0]
	while (body.rows.length > rows.length)
		body.lastChild.remove()
	const labels = ['Node', 'State', 'Version', 'Up for', 'Clients', 'Channels', 'Subscriptions']
	rows.forEach(({ node, at }, i) => {
		const row = body.rows[i] ?? body.appendChild(make('tr', { role: 'row' }, ...labels.map((label) => make('td', { role: 'cell', 'data-label': label }))))
		const away = now - at
		const self = node.self || node.uid === store.last.node.uid
		row.classList.toggle('gone', away > 0)
		row.title = node.uid
		const texts = [`${node.name || node.uid}${self ? ' (this one)' : ''}`, away ? `gone for ${seconds(Math.round(away / 1000))}` : node.missing ? 'does not answer' : 'alive', node.version, seconds(node.uptime), count(node.num_clients), count(node.num_channels), count(node.num_subs)]
		texts.forEach((value, c) => text(row.cells[c], value))
		row.cells[1].dataset.level = away ? 'bad' : node.missing ? 'warn' : 'ok'
	})
	text($('nodes-summary'), rows.length === 1 ? 'One broker on its own.' : `${plural(rows.length, 'broker')} share one engine.`)
}

function engine({ engine }) {
	const state = $('engine-state')
	text(state, engine.ok ? 'works' : 'away')
	state.dataset.level = engine.ok ? 'ok' : 'bad'
	text($('engine-type'), engine.type === 'redis' ? 'Redis' : engine.type === 'memory' ? 'this process’s memory' : engine.type)
	/* What counts from 0 and is there still is summed up; states and queues are told even so. */
	const all = Object.entries(engine.values ?? {}).flatMap(([name, v]) => {
		const words = name.replace(/^(engine|redis)_/, '').replaceAll('_', ' ')
		return typeof v === 'object' ? Object.entries(v).map(([label, n]) => [name, `${words} ${label}`, n]) : [[name, words, v]]
	})
	const told = all.filter(([name, , n]) => n || /_up$|queued$/.test(name))
	const values = told.map(([name, words, n]) => [words, /_shard_up$/.test(name) ? (n ? 'works' : 'away') : /bytes/.test(name) ? bytes(n) : count(n)])
	const rest = all.length - told.length
	text($('engine-rest'), rest ? `${plural(rest, 'more counter is', 'more counters are')} 0.` : '')
	terms($('engine-values'), values)
}

function process(store) {
	const v = store.last.values
	const { node } = store.last
	const has = (name) => v[name] !== undefined
	text($('node-name'), node.name)
	terms($('process'), [
		['Version', node.version],
		['Up for', seconds(node.uptime_s)],
		has('cpu_seconds') && ['CPU', Number.isFinite(store.rates.cpu_seconds) ? percent(100 * store.rates.cpu_seconds) : '–'],
		has('rss_bytes') && ['Memory', bytes(sum(v.rss_bytes))],
		has('open_fds') && ['Open descriptors', count(sum(v.open_fds))],
		has('longest_turn_seconds') && ['Longest turn', seconds(sum(v.longest_turn_seconds)), 'The longest that a loop was busy in one go'],
		has('users') && ['Users', count(sum(v.users))],
		['Connections', `${Number.isFinite(store.rates.connections_opened) ? count(store.rates.connections_opened) : '–'} opened/s, ${Number.isFinite(store.rates.connections_closed) ? count(store.rates.connections_closed) : '–'} closed/s`],
		has('overflows') && ['Closed as too slow', count(sum(v.overflows)), 'Connections closed because their queue was full, since the start'],
		has('resyncs') && ['Resyncs', count(sum(v.resyncs)), 'Subscriptions that had to start anew'],
		has('budget_sheds') && ['Budget sheds', count(sum(v.budget_sheds)), 'How often the budget of all queues made one smaller'],
	].filter(Boolean))
}

export function showState(store) {
	losses(store)
	nodes(store)
	engine(store.last)
	process(store)
}
