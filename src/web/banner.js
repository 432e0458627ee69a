// SPDX-License-Identifier: Apache-2.0
// The one line above everything: the broker cannot be reached (the numbers are old), or its engine is away. Spoken once.
import { $, text } from './dom.js'
import { clock, seconds } from './format.js'

const SILENT_MS = 3500 // connected, and no numbers for so long

let since = 0 // the engine is away

export function showBanner(link, store) {
	const age = Date.now() - store.receivedAt
	const stale = Boolean(store.last) && (link !== 'connected' || age > SILENT_MS)
	const engine = store.last?.engine
	since = engine && !engine.ok && !stale ? since || Date.now() : stale ? since : 0
	let level = ''
	let title = ''
	let more = ''
	if (stale) {
		level = 'warn'
		title = link === 'connected' ? 'The broker sends no numbers.' : 'The connection to the broker is lost.'
		more = `What you see is ${seconds(Math.max(1, Math.round(age / 1000)))} old.${link === 'connected' ? '' : ' Trying again.'}`
	} else if (since) {
		level = 'bad'
		title = `${engine.type === 'redis' ? 'Redis' : 'The engine'} is away${engine.why ? `: ${engine.why}` : ''}.`
		more = `Publishes are refused for now, clients stay connected. Since ${clock(since)}.`
	}
	$('banner').dataset.level = level
	text($('banner-title'), title)
	text($('banner-more'), more)
	document.body.classList.toggle('stale', stale)
	return stale
}
