// SPDX-License-Identifier: Apache-2.0
// The style sheet's colours for those who draw on a canvas: light-dark() has to be resolved first, which only an element can do.
let known = {}

document.addEventListener('weir-theme', () => { known = {} })

function resolve(name) {
	const probe = document.createElement('i')
	probe.hidden = true
	probe.style.color = `var(--${name})`
	document.body.append(probe)
	const parts = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3)
	probe.remove()
	return parts.join(' ')
}

/* As the canvas takes it; `alpha` from 0 to 1. */
export function colour(name, alpha = 1) {
	known[name] ??= resolve(name)
	return `rgb(${known[name]} / ${alpha})`
}
