// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it. Loaded in the head, before anything is painted, so that a choice does not flash;
// the switch is wired when the page is there. Whoever draws on a canvas listens for "weir-theme" and reads its colours again.
const KEY = 'weir-theme'
const CHOICES = ['system', 'light', 'dark']
const NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' }
const root = document.documentElement
const changed = () => document.dispatchEvent(new Event('weir-theme'))

function stored() {
	try {
		const choice = localStorage.getItem(KEY)
		return CHOICES.includes(choice) ? choice : 'system'
	} catch {
		return 'system' // storage may be forbidden
	}
}

function apply(choice) {
	if (choice === 'system')
		delete root.dataset.theme
	else
		root.dataset.theme = choice
}

let choice = stored()
apply(choice)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)

document.addEventListener('DOMContentLoaded', () => {
	const button = document.getElementById('theme')
	const show = () => {
		button.querySelector('span').textContent = NAMES[choice]
		button.title = `Colours: ${choice === 'system' ? 'as the system has them' : choice}`
	}
	button.addEventListener('click', () => {
		choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]
		try {
			localStorage.setItem(KEY, choice)
		} catch {
			// then it holds for this page only
		}
		apply(choice)
		show()
		changed()
	})
	show()
})
