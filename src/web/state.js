// SPDX-License-Identifier: Apache-2.0
// What else there is to know of the broker: what was dropped and why, the nodes of the cluster, the engine, the process.
import { $, make, terms, text } from './dom.js'
import { bytes, count, percent, plural, seconds } from './format.js'
import { sum } from './store.js'

const FORGET_MS = 60000 // a node that is no longer told of stays in the list for so long

const REASONS = {
	resync: 'starts anew, recovers from history', disconnect: 'the connection was closed', oldest: 'the oldest gave way', newest: 'the newest was refused',
	conflated: 'replaced by a newer one of its key', filter: 'a filter withheld it', budget: 'over the budget of the broker',
}

function losses(store) {
	const reasons = Object.entries(store.last.values.dropped ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1])
	const most = reasons.length ? reasons[0][1] : 0
	$('losses-none').hidden = reasons.length > 0
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
		const texts = [`${node.name || node.uid}${self ? ' (this one)' : ''}`, away ? `not heard of for ${seconds(Math.round(away / 1000))}` : 'alive', node.version, seconds(node.uptime), count(node.num_clients), count(node.num_channels), count(node.num_subs)]
		texts.forEach((value, c) => text(row.cells[c], value))
		row.cells[1].dataset.level = away ? 'bad' : 'ok'
	})
	text($('nodes-summary'), rows.length === 1 ? 'One broker on its own.' : `${plural(rows.length, 'broker')} share one engine.`)
}

function engine({ engine }) {
	const state = $('engine-state')
	text(state, engine.ok ? 'works' : 'away')
	state.dataset.level = engine.ok ? 'ok' : 'bad'
	text($('engine-type'), engine.type === 'redis' ? 'Redis' : engine.type === 'memory' ? 'this process’s memory' : engine.type)
	const values = Object.entries(engine.values ?? {}).map(([name, v]) => [name.replace(/^(engine|redis)_/, '').replaceAll('_', ' '), typeof v === 'object' ? JSON.stringify(v) : /bytes/.test(name) ? bytes(v) : count(v)])
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
		has('overflows') && ['Full queues', count(sum(v.overflows)), 'How often a queue was full since the start'],
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
