// SPDX-License-Identifier: Apache-2.0
// The question before something that cannot be taken back: a modal <dialog>, so Escape, Tab and where the focus returns to are
// the browser's. Whoever presses Enter at once has cancelled.
import { $, text } from './dom.js'

/* Resolves to null (cancelled) or { back }: may the client come back? */
export function confirmDisconnect(who) {
	const dialog = $('confirm')
	text($('confirm-who'), who)
	$('confirm-back').checked = false
	dialog.returnValue = ''
	dialog.showModal()
	$('confirm-no').focus()
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? { back: $('confirm-back').checked } : null), { once: true })
	})
}
