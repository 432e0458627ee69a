// SPDX-License-Identifier: Apache-2.0
// A reader that does not read: its socket is paused and filled up, from then on what comes for it waits in its queue, and
// nothing of what filled it does. `broker` needs the namespace of FAT.
'use strict'
const { OPEN, until } = require('./broker')
const { subscribe } = require('./sdk')

const FAT = { name: 'fat', ...OPEN, overflow: 'drop_newest', queue: 1 }
const FILLER = 'x'.repeat(60000)

/* What /api/lag says of a client: {queue, subscriptions: [{channel, waiting, …}], …}. */
async function lag(broker, client) {
	const { connections } = await broker.api('connections', { limit: 1000 })
	return connections.find((c) => c.client === client._client)
}

const lane = async (broker, client, channel) => (await lag(broker, client)).subscriptions.find((s) => s.channel === channel)

/* `client` is one of lib/sdk.js. It reads on with the function that is returned. */
async function stall(broker, client) {
	const channel = `fat:${client._client}`
	const fat = client.getSubscription(channel) || await subscribe(client, channel)
	const socket = client.sockets.at(-1) // not what is under it: the package would resume that by itself
	await fat.ready()
	socket.pause()
	/* The kernel's buffers grow while they are filled: it is full when ten more change nothing. */
	for (let before, now = {}; !before || now.delivered > before.delivered || now.waiting !== 1;) {
		before = await lane(broker, client, channel)
		for (let i = 0; i < 10; i++)
			await broker.publish(channel, FILLER)
		now = await lane(broker, client, channel)
	}
	return () => socket.resume()
}

/* Until so many events of the channel wait for the client. */
const waits = (broker, client, channel, n) =>
	until(`${n} events of ${channel} that wait`, async () => (await lane(broker, client, channel)).waiting === n)

/* What was received and what is said to be missing: together all that was published up to the last one received. */
const accounted = (sub) => sub.pubs().reduce((n, p) => n + 1 + Number((p.tags || {})['weir-dropped'] || 0), 0)

module.exports = { FAT, FILLER, accounted, lag, lane, stall, waits }
