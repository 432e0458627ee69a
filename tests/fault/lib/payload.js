// SPDX-License-Identifier: Apache-2.0
// What an event carries: its id, and filler that the id decides, so that a receiver can tell whether it is whole.
'use strict'

const BANK = 'abcdefghijklmnopqrstuvwxyz0123456789-'.repeat(256)

/* FNV-1a */
function hash(text) {
	let h = 0x811c9dc5
	for (let i = 0; i < text.length; i++)
		h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
	return h >>> 0
}

const hashOf = (ch, data) => hash(`${ch}|${data.id}|${data.pad}`)

/* {id, ch, pub, seq, data, hash}; its size is that of the filler. */
function make(pub, seq, ch, size) {
	const id = `${pub}-${seq}`
	const data = { id, pad: BANK.slice(seq % 37, seq % 37 + size) }
	return { id, ch, pub, seq, data, hash: hashOf(ch, data) }
}

/* mulberry32: a function of n that returns 0 … n-1 */
function random(seed) {
	let a = seed >>> 0
	return (n) => {
		a = (a + 0x6d2b79f5) | 0
		let t = Math.imul(a ^ (a >>> 15), 1 | a)
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
		return ((t ^ (t >>> 14)) >>> 0) % n
	}
}

module.exports = { hash, hashOf, make, random }
