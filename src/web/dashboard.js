// SPDX-License-Identifier: Apache-2.0
// The page at /, for whoever runs the broker. This file only ties the parts together: who looks (session.js, login.js), the
// live numbers (live.js, store.js), the overview drawn from them, and the channels. Without a login nothing is asked for.
import { Channel } from './channel.js'
import { Channels } from './channels.js'
import { copyButtons } from './copy.js'
import { $, text } from './dom.js'
import { showBanner } from './banner.js'
import { beginFirst, showFirst } from './first.js'
import { Live } from './live.js'
import { Login } from './login.js'
import { route } from './router.js'
import { api, begin, forget, getToken, isTrusted, whenRefused } from './session.js'
import { Slow } from './slow.js'
import { showState } from './state.js'
import { Store } from './store.js'
import { Tiles } from './tiles.js'

const DRAW_MS = 50
const STILL_MS = 1000 // between two drawings for those who want no motion
const RETRY_MS = 1000

const still = matchMedia('(prefers-reduced-motion: reduce)')
const store = new Store()
const tiles = new Tiles($('tiles'))
const slow = new Slow()
const channels = new Channels()
const channel = new Channel()
let link = 'connecting'
let view = 'overview'
let window_s = 60

/* ---------------------------------------------------------------- the connection */

const live = new Live({
	onState(state, why) {
		link = state
		$('state').dataset.state = state === 'refused' ? 'failed' : state
		text($('state-text'), state === 'refused' ? 'not logged in' : state)
		if (state === 'refused')
			leave(why)
		if (state === 'connected')
			arrived()
		tick()
	},
	onStats(stats) {
		store.add(stats)
		if (view === 'overview')
			show()
		tick()
	},
})

/* In again: what the broker can tell only when asked. */
async function arrived() {
	channel.tail.revive()
	try {
		tiles.help((await api('metrics')).metrics)
	} catch {
		// only the texts of tooltips are missing
	}
	channels.later(0)
}

function show() {
	tiles.show(store)
	slow.show(store.last.slow ?? [], live.id)
	showState(store)
	showFirst(store)
}

function tick() {
	showBanner(link, store)
	$('waiting').hidden = Boolean(store.last) || document.body.classList.contains('out')
	$('numbers').hidden = !store.last
}

const login = new Login(() => enter())

/* Not let in: nothing of what was seen stays. */
async function leave(why) {
	live.stop()
	channel.open(null)
	forget()
	store.clear()
	tick()
	let by = 'token'
	try {
		by = await begin()
	} catch {
		// the broker is away; ask again when somebody tries
	}
	forget()
	$('logout').hidden = true
	login.ask(by === 'in' ? 'token' : by, why)
}
whenRefused(leave)

let routed = false
function enter() {
	$('logout').hidden = isTrusted()
	beginFirst()
	live.start()
	if (routed)
		dispatchEvent(new HashChangeEvent('hashchange'))
	else
		route((to) => {
			view = to.view
			const inside = getToken() !== null
			channel.open(inside && to.view === 'channels' ? to.channel : null)
			channels.route(to.view === 'channels', to.channel)
			if (store.last)
				show()
		})
	routed = true
}

async function start() {
	try {
		const by = await begin()
		by === 'in' ? enter() : login.ask(by)
	} catch (err) {
		text($('waiting-why'), err.status === 404 ? 'This broker has its dashboard switched off (dashboard.enabled).' : 'The broker does not answer. Trying again.')
		if (err.status !== 404)
			setTimeout(start, RETRY_MS)
	}
}

/* ---------------------------------------------------------------- controls and drawing */

$('logout').addEventListener('click', () => leave(''))
for (const radio of document.querySelectorAll('input[name="window"]')) {
	radio.checked = Number(radio.value) === window_s // a browser may have kept another
	radio.addEventListener('change', () => { window_s = Number(radio.value) })
}
$('confirm-no').addEventListener('click', () => $('confirm').close('no'))
copyButtons()
setInterval(tick, 1000)

let drawn = 0
function frame(time) {
	requestAnimationFrame(frame)
	const pause = still.matches ? STILL_MS : Math.max(DRAW_MS, window_s * 2) // about half a pixel
	if (time - drawn < pause || !store.last || view !== 'overview')
		return
	drawn = time
	tiles.draw(store, still.matches ? store.columns.time.at(-1) : store.now(), window_s)
}
requestAnimationFrame(frame)
start()
