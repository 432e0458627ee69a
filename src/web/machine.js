// SPDX-License-Identifier: Apache-2.0
// The page /machine.html: an ordinary client of the broker. It draws the channel "machine" (scripts/feed-machine publishes there) and
// lists the channel "hello". A first subscription is seeded from history; after that the SDK recovers what was missed.
import { Centrifuge } from './lib.js'
import { Chart } from './charts.js'
import { copyButtons } from './copy.js'
import { bytes, clock, endpoint, percent, rate } from './format.js'

const SEED_EVENTS = 150   // a minute and a bit at two events a second
const HELLO_SHOWN = 20
const FRAME_MS = 50       // between two drawings of the moving charts
const CUT_MS = 5000
const SILENCE_MS = 5000   // this long without an event of "machine": say so

const $ = (id) => document.getElementById(id)
const field = (card, name) => $(card).querySelector(`[data-value="${name}"]`)
const still = matchMedia('(prefers-reduced-motion: reduce)')

const plot = (card) => $(card).querySelector('.plot')
/* The top of a scale: a power of two or one and a half of it, so that its quarters read well in binary units. */
const topBytes = (hi) => {
	const power = 2 ** Math.max(10, Math.ceil(Math.log2((hi || 1) * 1.15)))
	return power * 0.75 >= hi * 1.15 ? power * 0.75 : power
}
const charts = {
	cpu: new Chart(plot('cpu'), [{ colour: 'cpu', fill: true }], { max: () => 100, label: (v) => `${v} %` }),
	mem: new Chart(plot('mem'), [{ colour: 'mem', fill: true }], { max: topBytes, label: bytes }),
	net: new Chart(plot('net'), [{ colour: 'rx', fill: true }, { colour: 'tx', dash: [6, 4] }], { max: topBytes, label: rate }),
}

/* ---------------------------------------------------------------- what arrives */

let count = 0
let lastEvent = 0 // when the newest sample came, by the browser's clock
let newest = 0    // its own time
let skew = null   // browser's clock minus the machine's, as small as it was ever seen

function counted() {
	$('count').textContent = (++count).toLocaleString()
}

const number = (v) => typeof v === 'number' && isFinite(v)

function onMachine({ data }) {
	counted()
	if (!data || ![data.t, data.cpu, data.mem?.used, data.mem?.total, data.net?.rx, data.net?.tx].every(number))
		return
	const t = data.t / 1000
	charts.cpu.add(t, [data.cpu])
	charts.mem.add(t, [data.mem.used])
	charts.net.add(t, [data.net.rx, data.net.tx])
	if (t < newest)
		return
	newest = t
	lastEvent = Date.now()
	const delay = lastEvent - data.t
	skew = skew === null || delay < skew ? delay : skew
	field('cpu', 'busy').textContent = percent(data.cpu)
	field('mem', 'used').textContent = bytes(data.mem.used)
	field('mem', 'detail').textContent = `of ${bytes(data.mem.total)}, ${percent((100 * data.mem.used) / data.mem.total)}`
	field('net', 'rx').textContent = rate(data.net.rx)
	field('net', 'tx').textContent = rate(data.net.tx)
	summary()
}

function summary() {
	const samples = charts.cpu.data[1]
	const mean = samples.reduce((sum, v) => sum + v, 0) / samples.length
	field('cpu', 'detail').textContent = `of all cores; last minute ${percent(mean)}, peak ${percent(Math.max(...samples))}`
}

function onHello({ data, offset }, seeded) {
	counted()
	const item = document.createElement('li')
	const when = document.createElement('time')
	const text = document.createElement('code')
	when.textContent = seeded ? 'earlier' : clock(Date.now())
	if (offset)
		when.title = `offset ${offset}`
	text.textContent = JSON.stringify(data)
	item.append(when, text)
	$('hello').prepend(item)
	$('hello-empty').hidden = true
	while ($('hello').children.length > HELLO_SHOWN)
		$('hello').lastChild.remove()
}

/* ---------------------------------------------------------------- the connection */

const client = new Centrifuge(endpoint(), { minReconnectDelay: 200, maxReconnectDelay: 3000 })
let recovered = 0

function show(state, text) {
	$('state').dataset.state = state
	$('state-text').textContent = text
}

function note(text) {
	if ($('note').textContent !== text)
		$('note').textContent = text
	$('note').hidden = !text
}

function subscribe(channel, onPublication, seed) {
	const subscription = client.newSubscription(channel)
	let seeded = false
	let held = null // live events while history is read
	subscription.on('publication', (ctx) => {
		if (subscription.replaying)
			recovered++
		held ? held.push(ctx) : onPublication(ctx, false)
	})
	subscription.on('subscribed', async (ctx) => {
		if (ctx.wasRecovering) {
			onRecovery(ctx, subscription)
			return
		}
		if (seeded)
			return
		seeded = true
		held = []
		const past = await subscription.history({ limit: seed, reverse: true }).then((r) => r.publications, () => [])
		const seen = past.length ? past[0].offset : 0
		past.reverse().forEach((ctx) => onPublication(ctx, true))
		const live = held
		held = null
		live.filter((p) => !p.offset || p.offset > seen).forEach((ctx) => onPublication(ctx, false))
	})
	subscription.on('error', (ctx) => note(`Subscription to ${channel}: ${ctx.error.message}`))
	subscription.on('unsubscribed', (ctx) => note(`Not subscribed to ${channel}: ${ctx.reason} (${ctx.code})`))
	subscription.subscribe()
}

/* The missed events are delivered in the same turn, right after "subscribed". */
function onRecovery(ctx, subscription) {
	if (!ctx.recovered) {
		show('failed', 'connected, some events are lost')
		return
	}
	subscription.replaying = true
	queueMicrotask(() => {
		subscription.replaying = false
		show('recovered', `recovered, ${recovered} missed event${recovered === 1 ? '' : 's'} replayed`)
	})
}

client.on('connecting', () => show('connecting', 'connecting'))
client.on('connected', () => {
	recovered = 0
	show('connected', 'connected')
	$('unplug').disabled = false
})
client.on('disconnected', (ctx) => {
	if (!cut) {
		show('failed', `disconnected: ${ctx.reason} (${ctx.code})`)
		$('unplug').disabled = true
	}
})

/* ---------------------------------------------------------------- controls */

let cut = false
$('unplug').addEventListener('click', () => {
	if (cut)
		return
	cut = true
	$('unplug').setAttribute('aria-disabled', 'true')
	client.disconnect()
	let left = CUT_MS / 1000
	const tick = () => {
		if (left > 0) {
			show('connecting', `cut off, back in ${left--} s`)
			setTimeout(tick, 1000)
			return
		}
		cut = false
		$('unplug').removeAttribute('aria-disabled')
		client.connect()
	}
	tick()
})

$('curl-publish').textContent = `curl ${location.origin}/api/publish -d '{"channel":"hello","data":{"text":"hi"}}'`
$('curl-history').textContent = `curl ${location.origin}/api/history -d '{"channel":"hello","limit":10}'`
copyButtons()

/* ---------------------------------------------------------------- drawing */

const machineNow = () => (still.matches || skew === null ? newest || Date.now() / 1000 : (Date.now() - skew) / 1000)

let drawn = 0
let drawnNewest = 0
function frame(time) {
	requestAnimationFrame(frame)
	if (time - drawn < FRAME_MS || (still.matches && drawnNewest === newest && drawn))
		return
	drawn = time
	drawnNewest = newest
	const now = machineNow()
	Object.values(charts).forEach((chart) => chart.draw(now))
}
requestAnimationFrame(frame)

setInterval(() => {
	if (client.state === 'connected' && Date.now() - lastEvent > SILENCE_MS)
		note('No events on the channel "machine". Feed it with: scripts/feed-machine | weir pub --lines machine')
	else if (lastEvent && Date.now() - lastEvent < SILENCE_MS)
		note('')
}, 1000)

document.addEventListener('weir-theme', () => {
	Object.values(charts).forEach((chart) => chart.redraw())
})

subscribe('machine', onMachine, SEED_EVENTS)
subscribe('hello', onHello, HELLO_SHOWN)
client.connect()
