// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens as an application's backend makes them, and broken ones.
'use strict'
const crypto = require('node:crypto')
const { SECRET } = require('./broker')

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Date.now() / 1000

function token(claims, { alg = 'HS256', secret = SECRET } = {}) {
	const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
	if (alg === 'none')
		return `${text}.`
	return `${text}.${crypto.createHmac(`sha${alg.slice(2)}`, secret).update(text).digest('base64url')}`
}

/* Signed with a private key: RS256 or ES256. */
function signed(claims, alg, key) {
	const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
	const how = alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : key
	return `${text}.${crypto.sign('sha256', Buffer.from(text), how).toString('base64url')}`
}

/* Valid for `seconds`; Unix time is whole seconds in what backends send, so it is rounded up. */
const expires = (seconds) => Math.ceil(now() + seconds)

module.exports = { token, signed, expires, now }
