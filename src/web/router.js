// SPDX-License-Identifier: Apache-2.0
// Which view is shown: #/ the overview, #/channels the list, #/channels/NAME one channel. The address is all the state there
// is, so Back, a bookmark and a link do what they should.
import { $ } from './dom.js'

const VIEWS = { overview: 'Overview', channels: 'Channels' }

export const linkTo = (channel) => `#/channels/${encodeURIComponent(channel)}`

function parse() {
	const [, view, name] = /^#\/([a-z]*)(?:\/(.+))?$/.exec(location.hash) ?? []
	if (view !== 'channels')
		return { view: 'overview', channel: null }
	try {
		return { view, channel: name ? decodeURIComponent(name) : null }
	} catch {
		return { view, channel: null } // not an encoding of anything
	}
}

/* onRoute({ view, channel }) at once and after each change. Returns what shows it again, for after a login. */
export function route(onRoute) {
	const go = (event) => {
		const { view, channel } = parse()
		for (const name of Object.keys(VIEWS)) {
			$(`view-${name}`).hidden = name !== view
			const link = $(`to-${name}`)
			name === view ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')
		}
		document.title = `weir · ${channel ?? VIEWS[view].toLowerCase()}`
		onRoute({ view, channel })
		if (event && !channel)
			$(`view-${view}`).focus({ preventScroll: true })
	}
	addEventListener('hashchange', go)
	go()
}
