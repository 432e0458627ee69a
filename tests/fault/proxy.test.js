// SPDX-License-Identifier: Apache-2.0
// The proxy does what its names say.
'use strict'
const assert = require('node:assert/strict')
const net = require('node:net')
const { test } = require('node:test')
const { Proxy } = require('./lib/proxy')

/* Answers each line with itself, `name` in front; keeps what came. */
function echo(name = '') {
	const server = net.createServer((socket) => {
		socket.on('data', (data) => { server.got += data; socket.write(name + data) })
		socket.on('error', () => {})
	})
	server.got = ''
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function dial(port) {
	const socket = net.connect({ port, host: '127.0.0.1' })
	socket.text = ''
	socket.on('data', (data) => { socket.text += data })
	socket.on('error', (err) => { socket.failed = err.code })
	socket.on('close', () => { socket.over = true })
	return socket
}

async function until(what, condition) {
	for (const end = Date.now() + 5000; !condition();) {
		assert.ok(Date.now() < end, `waited for: ${what}`)
		await new Promise((resolve) => setTimeout(resolve, 2))
	}
}

async function rig(fn) {
	const server = await echo()
	const proxy = await Proxy.listen(['127.0.0.1', server.address().port])
	try {
		await fn(proxy, server)
	} finally {
		await proxy.close()
		server.close()
	}
}

test('passes bytes both ways', () => rig(async (proxy) => {
	const s = dial(proxy.port)
	s.write('hello')
	await until('the echo', () => s.text === 'hello')
	s.destroy()
}))

test('cut: all, or those that said something; with FIN or RST', () => rig(async (proxy) => {
	const a = dial(proxy.port), b = dial(proxy.port)
	a.write('XREAD')
	b.write('EVALSHA')
	await until('both echoes', () => a.text && b.text)
	assert.equal(proxy.cut({ which: (c) => c.said(/XREAD/), how: 'rst' }), 1)
	await until('a is over', () => a.over)
	assert.equal(a.failed, 'ECONNRESET')
	assert.ok(!b.over)
	assert.equal(proxy.cut(), 1)
	await until('b is over', () => b.over)
	assert.equal(b.failed, undefined)
}))

test('stall, one direction: the request arrives, the answer does not; then all of it, in order', () => rig(async (proxy, server) => {
	const s = dial(proxy.port)
	s.write('a')
	await until('a', () => s.text === 'a')
	proxy.stall('down')
	s.write('b')
	await until('b arrived', () => server.got === 'ab')
	s.write('c')
	await until('c arrived', () => server.got === 'abc')
	assert.equal(s.text, 'a')
	proxy.resume('down')
	await until('the rest', () => s.text === 'abc')
	proxy.stall('up')
	s.write('d')
	const late = dial(proxy.port)
	late.write('e')
	await new Promise((resolve) => setTimeout(resolve, 50)) // nothing can be waited for: nothing happens
	assert.equal(server.got, 'abc')
	proxy.resume()
	await until('both go on', () => s.text === 'abcd' && late.text === 'e')
	s.destroy()
	late.destroy()
}))

test('delay', () => rig(async (proxy) => {
	proxy.delay(60, 'down')
	const began = Date.now()
	const s = dial(proxy.port)
	s.write('x')
	await until('the echo', () => s.text === 'x')
	assert.ok(Date.now() - began >= 55)
	s.destroy()
}))

test('truncate at a byte', () => rig(async (proxy) => {
	const s = dial(proxy.port)
	s.write('x')
	await until('the echo', () => s.text === 'x')
	proxy.truncate(3)
	s.write('abcdef')
	await until('the end', () => s.over)
	assert.equal(s.text, 'xabc')
}))

test('refuse, reset, accept again', () => rig(async (proxy) => {
	await proxy.refuse()
	const a = dial(proxy.port)
	await until('a is over', () => a.over)
	assert.equal(a.failed, 'ECONNREFUSED')
	await proxy.accept()
	proxy.reset()
	const b = dial(proxy.port)
	await until('b is over', () => b.over)
	assert.equal(b.failed, 'ECONNRESET')
	proxy.reset(false)
	const c = dial(proxy.port)
	c.write('c')
	await until('c', () => c.text === 'c')
	c.destroy()
}))

test('swap the backend', () => rig(async (proxy) => {
	const other = await echo('other ')
	const a = dial(proxy.port)
	a.write('a')
	await until('a', () => a.text === 'a')
	proxy.swap(['127.0.0.1', other.address().port])
	const b = dial(proxy.port)
	b.write('b')
	await until('b', () => b.text === 'other b')
	a.write('a')
	await until('a stays where it is', () => a.text === 'aa')
	a.destroy()
	b.destroy()
	other.close()
}))

test('cutReplyTo: the backend has it, the client does not know', () => rig(async (proxy, server) => {
	const s = dial(proxy.port)
	const trap = proxy.cutReplyTo(/secret/)
	s.write('plain')
	await until('the echo', () => s.text === 'plain')
	s.write('secret')
	await until('the end', () => s.over)
	assert.deepEqual([server.got, s.text, trap.sprung], ['plainsecret', 'plain', 1])
}))
