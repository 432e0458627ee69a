// SPDX-License-Identifier: Apache-2.0
// The connection to the broker and its live numbers, the channel $weir:stats: an ordinary client with an admin token. Says
// what became of it: 'connecting', 'connected', 'refused' (log in again).
import { Centrifuge, UnauthorizedError } from './lib.js'
import { endpoint } from './format.js'
import { NO_ADMIN, begin, forget, getToken } from './session.js'

const STATS = '$weir:stats'
const PERMISSION_DENIED = 103
const UNAUTHORIZED = 1 // of the SDK: the token function says that nobody is let in
const RETRY_MS = 1000

/* Another token, when one has run out: a broker that trusts this machine gives it without being asked for a password. */
async function renew() {
	forget()
	if (await begin() !== 'in')
		throw new UnauthorizedError('log in again')
	return getToken()
}

export const newClient = () => new Centrifuge(endpoint(), {
	token: getToken(), getToken: renew, name: 'dashboard', timeout: 8000, minReconnectDelay: 200, maxReconnectDelay: 3000,
})

export class Live {
	constructor({ onState, onStats }) {
		this.onState = onState
		this.onStats = onStats
		this.id = null // as the broker calls this client
	}

	start() {
		this.stop()
		const client = this.client = newClient()
		let renewed = false
		client.on('connecting', () => this.onState('connecting'))
		client.on('connected', (ctx) => {
			this.id = ctx.client
			renewed = false
			this.onState('connected')
		})
		client.on('disconnected', (ctx) => {
			if (client !== this.client)
				return
			if (ctx.code === UNAUTHORIZED)
				this.onState('refused', 'The login has run out.')
			else if (renewed)
				this.onState('refused', 'The broker does not take this token.')
			else
				this.retry(client, ctx.reason)
			renewed = true
		})
		const stats = client.newSubscription(STATS)
		stats.on('publication', ({ data }) => this.onStats(data))
		stats.on('unsubscribed', (ctx) => {
			if (client === this.client && ctx.code === PERMISSION_DENIED)
				this.onState('refused', NO_ADMIN)
		})
		stats.subscribe()
		client.connect()
	}

	/* Once more with another token: this one may be of before the broker's restart. */
	async retry(client, why) {
		try {
			client.setToken(await renew())
			client.connect()
		} catch (err) {
			if (client !== this.client)
				return
			if (err instanceof UnauthorizedError)
				this.onState('refused', why)
			else
				setTimeout(() => client === this.client && this.retry(client, why), RETRY_MS)
		}
	}

	stop() {
		const client = this.client
		this.client = null
		client?.disconnect()
	}
}
