// SPDX-License-Identifier: Apache-2.0
// One event as an item of a list: when, its offset, its tags, its payload; above it what was dropped before it.
import { make } from './dom.js'
import { clock } from './format.js'

const DATA_MAX = 4000 // characters shown

function payload(data) {
	const json = typeof data === 'string' ? JSON.stringify(data) : JSON.stringify(data) ?? ''
	return json.length > DATA_MAX ? `${json.slice(0, DATA_MAX)}… (${json.length.toLocaleString('en')} characters)` : json
}

/* at: when it came, ms; absent for one from history. */
export function eventRow({ data, offset, tags, channel, info }, at) {
	const { 'weir-dropped': dropped, 'weir-encoding': encoding, ...others } = tags ?? {}
	const meta = make('span', { class: 'meta' }, at && make('time', {}, clock(at)), offset && make('span', { class: 'offset' }, `#${offset}`))
	const notes = [
		channel && make('span', { class: 'tag' }, channel),
		encoding && make('span', { class: 'tag' }, encoding),
		info?.user && make('span', { class: 'tag' }, `by ${info.user}`),
		...Object.entries(others).filter(([name, value]) => name !== 'channel' || value !== channel).map(([name, value]) => make('span', { class: 'tag' }, `${name}: ${value}`)),
	].filter(Boolean)
	return make('li', {},
		dropped && make('span', { class: 'gap' }, dropped === '?' ? 'some may be missing here' : `${dropped} dropped here`),
		(at || offset) && meta, make('code', {}, payload(data)), notes.length > 0 && make('span', { class: 'tags' }, ...notes))
}
