// SPDX-License-Identifier: Apache-2.0
// Who looks: the admin token, where it comes from, and calls of the HTTP API with it. A token is taken from the address
// (/#token=…), from this tab's storage, or from a broker that trusts this machine (--dev); else somebody has to log in.
const KEY = 'weir-token'

let token = null
let trusting = false // the broker hands out tokens by itself

function remember(value) {
	token = value
	try {
		value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)
	} catch {
		// storage may be forbidden: then a reload asks again
	}
}

function remembered() {
	try {
		return sessionStorage.getItem(KEY)
	} catch {
		return null
	}
}

export class ApiError extends Error {
	constructor(message, code = 0, status = 0) {
		super(message)
		this.code = code
		this.status = status
	}
}

async function json(response) {
	const type = response.headers.get('Content-Type') || ''
	if (!type.startsWith('application/json'))
		throw new ApiError((await response.text()).trim() || `status ${response.status}`, 0, response.status)
	return response.json()
}

/* ------------------------------------------------------------------------------------------------------------------ */

export const getToken = () => token
export const forget = () => remember(null)
export const useToken = (value) => remember(value)
export const isTrusted = () => trusting

/* 'in', 'password' (log in by it) or 'token' (there is no password). Throws when the broker does not answer. */
export async function begin() {
	const given = /^#token=(.+)$/.exec(location.hash)
	if (given) {
		remember(decodeURIComponent(given[1]))
		history.replaceState(null, '', location.pathname) // out of sight, and out of the next copied address
	}
	token ??= remembered()
	const session = await json(await fetch('/dashboard/session', { cache: 'no-store' }))
	trusting = session.open === true
	if (!token && session.open)
		remember(session.token)
	return token ? 'in' : session.login ? 'password' : 'token'
}

/* Throws ApiError: what to tell whoever typed it. */
export async function login(password) {
	const response = await fetch('/dashboard/login', { method: 'POST', body: JSON.stringify({ password }) })
	if (response.status === 401)
		throw new ApiError('That is not the password.', 0, 401)
	if (response.status === 429) {
		const wait = Number(response.headers.get('Retry-After'))
		throw new ApiError(`Too many attempts. Try again in ${wait > 0 ? `${wait} s` : 'a moment'}.`, 0, 429)
	}
	if (!response.ok)
		throw new ApiError(`The broker answered with status ${response.status}.`, 0, response.status)
	remember((await response.json()).token)
}

/* Why somebody is sent to the login. */
export const NO_ADMIN = 'This token is not one of an administrator, or no longer: it needs the claim "weir": {"admin": true}.'

let onRefused = () => {}
export const whenRefused = (fn) => { onRefused = fn }

/* POST /api/METHOD: its result. Throws ApiError, or AbortError by the signal. */
export async function api(method, params = {}, signal) {
	let response
	try {
		response = await fetch(`/api/${method}`, {
			method: 'POST', body: JSON.stringify(params), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, signal,
		})
	} catch (err) {
		if (err.name === 'AbortError')
			throw err
		throw new ApiError('The broker does not answer.')
	}
	if (response.status === 401) {
		onRefused(NO_ADMIN)
		throw new ApiError('Not logged in.', 101, 401)
	}
	const answer = await json(response)
	if (answer.error)
		throw new ApiError(answer.error.message, answer.error.code, response.status)
	return answer.result
}
