// SPDX-License-Identifier: Apache-2.0
// What publishers did, what subscribers saw and what was done to them, one JSON object a line, for lib/checker.js. One
// process writes a history, so that a line stands after those that it depends on. README.md has the lines.
'use strict'
const fs = require('node:fs')

const FLUSH_BYTES = 1 << 18

/* ms, the same clock in all processes of the machine, and never set */
const now = () => Math.round(Number(process.hrtime.bigint()) / 1e4) / 100

class History {
	constructor(file) {
		this.file = file
		this.fd = fs.openSync(file, 'w')
		this.text = ''
		this.lines = 0
		this.tally = {} // of signs
	}

	put(text) {
		this.text += text
		this.lines++
		if (this.text.length > FLUSH_BYTES)
			this.flush()
	}

	/* Anything; those that come often have functions of their own, which spare JSON.stringify. */
	write(line) {
		this.put(`${JSON.stringify({ t: now(), ...line })}\n`)
	}

	invoke(e) {
		this.put(`{"t":${now()},"op":"invoke","pub":"${e.pub}","seq":${e.seq},"ch":"${e.ch}","key":"${e.id}","id":"${e.id}","hash":${e.hash}}\n`)
	}

	answer(op, e, more) {
		this.put(`{"t":${now()},"op":"${op}","id":"${e.id}"${more}}\n`)
	}

	deliver(client, conn, sub, ch, epoch, off, id, hash) {
		this.put(`{"t":${now()},"client":"${client}","conn":${conn},"sub":"${sub}","ch":"${ch}"` +
			`${off === undefined ? '' : `,"epoch":"${epoch}","off":${off}`},"id":"${id}","hash":${hash}}\n`)
	}

	sign(client, conn, sub, sig, more = {}) {
		this.tally[sig] = (this.tally[sig] || 0) + 1
		this.write({ client, conn, sub, sig, ...more })
	}

	flush() {
		if (this.text)
			fs.writeSync(this.fd, this.text)
		this.text = ''
	}

	close() {
		this.flush()
		fs.closeSync(this.fd)
	}
}

module.exports = { History, now }
