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

/* 3, 3.2, 1,234, 12.3k, 4.5M */
export function count(n) {
	if (n < 10 && n % 1)
		return n.toFixed(1)
	if (n < 10000)
		return Math.round(n).toLocaleString('en')
	for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
		if (n >= size)
			return `${(n / size).toFixed(n < 100 * size ? 1 : 0)}${unit}`
}

/* Seconds: 0 s, 340 µs, 1.2 ms, 3.4 s, 2 min 5 s, 3 h 12 min, 4 d 2 h */
export function seconds(s) {
	if (s > 0 && s < 0.001)
		return `${Math.round(s * 1e6)} µs`
	if (s > 0 && s < 1)
		return `${(s * 1000).toFixed(s < 0.01 ? 1 : 0)} ms`
	if (s < 60)
		return `${s.toFixed(s < 10 && s % 1 ? 1 : 0)} s`
	const [whole, part, big, small] = s < 3600 ? [60, 1, 'min', 's'] : s < 86400 ? [3600, 60, 'h', 'min'] : [86400, 3600, 'd', 'h']
	const rest = Math.floor((s % whole) / part)
	return `${Math.floor(s / whole)} ${big}${rest ? ` ${rest} ${small}` : ''}`
}

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`
