// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them, and where the broker is. Bytes are binary (1 KiB = 1024), three significant digits at most.
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

export function bytes(n) {
	let unit = 0
	while (n >= 1024 && unit < UNITS.length - 1) {
		n /= 1024
		unit++
	}
	return `${n.toFixed(unit && n < 10 ? 1 : 0)} ${UNITS[unit]}`
}

export const rate = (n) => `${bytes(n)}/s`
export const percent = (n) => `${n.toFixed(n < 10 ? 1 : 0)} %`
export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false })
export const endpoint = () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/connection/websocket`
