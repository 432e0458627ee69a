// SPDX-License-Identifier: Apache-2.0
// The first steps, for a broker with which nobody has done anything yet: lines to paste. They go away with the first event
// or client, and the link at the foot of the page brings them back.
import { $, text } from './dom.js'
import { isTrusted } from './session.js'
import { sum } from './store.js'

let wanted = false

export function beginFirst() {
	const key = isTrusted() ? '' : ' -H "X-API-Key: $KEY"'
	const token = isTrusted() ? '' : ' -H "Authorization: Bearer $TOKEN"'
	const at = location.origin
	text($('first-sub'), `curl -N${token} '${at}/events?channel=hello'`)
	text($('first-publish'), `curl${key} ${at}/api/publish -d '{"channel":"hello","data":{"text":"hi"}}'`)
	text($('first-history'), `curl${key} ${at}/api/history -d '{"channel":"hello","limit":10}'`)
	$('first-key').hidden = isTrusted()
	$('first-again').addEventListener('click', () => {
		wanted = true
		showFirst(null)
		$('first').focus()
		$('first').scrollIntoView({ block: 'nearest' })
	})
	$('first-close').addEventListener('click', () => {
		wanted = false
		$('first').hidden = true
		$('first-again').focus()
	})
}

/* The page itself is a client, with one channel. */
export function showFirst(store) {
	const empty = store?.last && !sum(store.last.values.events_in) && sum(store.last.values.clients) <= 1
	if (wanted)
		$('first').hidden = false
	else if (store)
		$('first').hidden = !empty
	$('first-close').hidden = !wanted
	text($('first-title'), empty ? 'Nothing has happened here yet' : 'First steps')
}
