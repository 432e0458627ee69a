// SPDX-License-Identifier: Apache-2.0
// The first steps, for a broker with which nobody has done anything yet: lines to paste. They go away with the first event
// or client, and the link at the foot of the page brings them back.
import { $, text } from './dom.js'
import { isTrusted } from './session.js'
import { sum } from './store.js'

let wanted = false

export function beginFirst() {
	const key = isTrusted() ? '' : ` -H "X-API-Key: $KEY"`
	const at = location.origin
	text($('first-publish'), `curl ${at}/api/publish${key} -d '{"channel":"hello","data":{"text":"hi"}}'`)
	text($('first-history'), `curl ${at}/api/history${key} -d '{"channel":"hello","limit":10}'`)
	text($('first-sub'), `weir sub hello${at === 'http://localhost:8000' ? '' : ` --server ${at}`}${isTrusted() ? '' : ' --token "$TOKEN"'}`)
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
