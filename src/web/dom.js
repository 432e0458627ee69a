// SPDX-License-Identifier: Apache-2.0
// Elements from code. Whatever comes from the broker gets into the page as text, never as markup.
export const $ = (id) => document.getElementById(id)

/* make('li', { class: 'x', 'data-n': 3, onclick: fn }, 'text', element, …); null and false are left out. */
export function make(tag, attributes = {}, ...children) {
	const element = document.createElement(tag)
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value)
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? '' : value)
	}
	element.append(...children.filter((c) => c !== null && c !== undefined && c !== false))
	return element
}

/* Touches the page only when the text is another one: live regions speak, and selections stay. */
export function text(element, value) {
	if (element.textContent !== value)
		element.textContent = value
}

/* A <dl> of [name, value, title?]. */
export function terms(list, rows) {
	const names = rows.map((row) => row[0]).join('\n')
	if (list.dataset.names !== names) {
		list.dataset.names = names
		list.replaceChildren(...rows.map(([name, , title]) => make('div', { title }, make('dt', {}, name), make('dd'))))
	}
	rows.forEach((row, i) => text(list.children[i].lastChild, row[1]))
}

/* Says something to those who do not see the page change. */
export function announce(what) {
	$('announce').textContent = ''
	requestAnimationFrame(() => { $('announce').textContent = what })
}
