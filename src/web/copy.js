// SPDX-License-Identifier: Apache-2.0
// Buttons that copy the text of the element their data-copy names.
export function copyButtons() {
	for (const button of document.querySelectorAll('[data-copy]')) {
		button.addEventListener('click', async () => {
			const code = document.getElementById(button.dataset.copy)
			try {
				await navigator.clipboard.writeText(code.textContent)
				button.textContent = 'Copied'
				setTimeout(() => { button.textContent = 'Copy' }, 1500)
			} catch {
				getSelection().selectAllChildren(code) // no clipboard without https: select it, for Ctrl-C
			}
		})
	}
}
