// SPDX-License-Identifier: Apache-2.0
// The question before something that cannot be taken back: a modal <dialog>, so Escape, Tab and where the focus returns to are
// the browser's. Whoever presses Enter at once has cancelled. The odd case: the browser tells of a close later, when the same
// dialog may be open again for another question; only a close that left it closed is an answer.
import { $, text } from './dom.js'

let settle = () => {} // of the question that was asked last

$('confirm').addEventListener('close', () => {
	const dialog = $('confirm')
	if (!dialog.open)
		settle(dialog.returnValue === 'yes' ? { back: $('confirm-back').checked } : null)
})

/* Resolves to null (cancelled) or { back }: may the client come back? */
export function confirmDisconnect(who) {
	const dialog = $('confirm')
	settle(null)
	text($('confirm-who'), who)
	$('confirm-back').checked = false
	dialog.returnValue = ''
	dialog.showModal()
	$('confirm-no').focus()
	return new Promise((resolve) => { settle = resolve })
}
