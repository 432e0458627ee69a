// SPDX-License-Identifier: Apache-2.0
// Reads Prometheus' text format 0.0.4, or OpenMetrics 1.0, more strictly than Prometheus does: one HELP and one TYPE before the samples
// of a family, which stand together; no sample twice; counters end in _total; histograms are whole, and their buckets add up.
'use strict'
const assert = require('node:assert/strict')

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)|NaN|\+Inf)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

/* What samples of a family may be called. */
function belongs(family, name, openmetrics) {
	const rest = name.startsWith(family.name) ? name.slice(family.name.length) : null
	if (family.type === 'histogram')
		return ['_bucket', '_sum', '_count'].includes(rest)
	return rest === (family.type === 'counter' && openmetrics ? '_total' : '')
}

function checkHistogram(family) {
	const buckets = family.samples.filter((s) => s.name.endsWith('_bucket'))
	const bounds = buckets.map((s) => (s.labels.le === '+Inf' ? Infinity : Number(s.labels.le)))
	const counts = buckets.map((s) => s.value)
	assert.ok(buckets.length > 1 && bounds.at(-1) === Infinity, `${family.name}: the last bucket is +Inf`)
	for (let i = 1; i < buckets.length; i++)
		assert.ok(bounds[i] > bounds[i - 1] && counts[i] >= counts[i - 1], `${family.name}: buckets grow`)
	const one = (end) => family.samples.filter((s) => s.name === family.name + end)
	assert.equal(one('_count').length, 1)
	assert.equal(one('_sum').length, 1)
	assert.equal(one('_count')[0].value, counts.at(-1))
}

/* A map of families: name (without _total) → {name, type, help, samples: [{name, labels, value}]}. */
function expositions(text, openmetrics = false) {
	const families = new Map(), seen = new Set()
	let current = null
	assert.ok(text.endsWith('\n'), 'ends with a newline')
	const lines = text.slice(0, -1).split('\n')
	if (openmetrics)
		assert.equal(lines.pop(), '# EOF')
	for (const line of lines) {
		const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
		if (comment) {
			const [, what, name, value] = comment
			assert.match(name, NAME)
			if (what === 'HELP') {
				assert.ok(!families.has(name), `${name} is there once`)
				assert.ok(!current || current.samples.length, `${current?.name} has samples`)
				current = { name, help: value, type: null, samples: [] }
				families.set(name, current)
			} else {
				assert.equal(name, current.name, 'TYPE follows HELP')
				assert.ok(current.type === null && ['counter', 'gauge', 'histogram'].includes(value), line)
				current.type = value
			}
			continue
		}
		const sample = SAMPLE.exec(line)
		assert.ok(sample, `a sample: ${line}`)
		const [, name, labelText = '', value] = sample
		const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map((m) => [m[1], m[2]]))
		assert.ok(current && current.type && belongs(current, name, openmetrics), `${name} belongs to ${current?.name}`)
		assert.ok(!seen.has(`${name}{${labelText}}`), `${line} is there once`)
		seen.add(`${name}{${labelText}}`)
		if (current.type !== 'gauge')
			assert.ok(Number(value) >= 0, line)
		if (current.type === 'counter')
			assert.ok(name.endsWith('_total'), name)
		current.samples.push({ name, labels, value: Number(value) })
	}
	for (const family of families.values())
		if (family.type === 'histogram')
			checkHistogram(family)
	return new Map([...families].map(([name, family]) => [name.replace(/_total$/, ''), family]))
}

/* The one value of a family, or that of a label's value. */
function value(families, name, label) {
	const samples = families.get(name)?.samples.filter((s) => label === undefined || Object.values(s.labels)[0] === label)
	assert.equal(samples?.length, 1, `${name} ${label || ''} is there once`)
	return samples[0].value
}

module.exports = { expositions, value }
