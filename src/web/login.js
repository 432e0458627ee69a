// SPDX-License-Identifier: Apache-2.0
// Who may see the dashboard: a password if one is set, else how to set one, and a token that can be pasted in either case.
import { $, text } from './dom.js'
import { login, useToken } from './session.js'

export class Login {
	constructor(onIn) {
		this.onIn = onIn
		const form = $('login-password')
		form.addEventListener('submit', (event) => {
			event.preventDefault()
			this.try(form, () => login($('password').value))
		})
		$('login-token').addEventListener('submit', (event) => {
			event.preventDefault()
			const token = $('token').value.trim()
			if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))
				return this.wrong('token', 'That is no token: it has three parts with dots between them.')
			useToken(token)
			$('token').value = ''
			this.done()
		})
	}

	async try(form, attempt) {
		const button = form.querySelector('button')
		button.disabled = true
		this.wrong('password', '')
		try {
			await attempt()
			$('password').value = ''
			this.done()
		} catch (err) {
			this.wrong('password', err.status ? err.message : 'The broker does not answer.')
			$('password').select()
		}
		button.disabled = false
	}

	wrong(field, why) {
		text($(`${field}-wrong`), why)
		why ? $(field).setAttribute('aria-invalid', 'true') : $(field).removeAttribute('aria-invalid')
		if (why)
			$(field).focus()
	}

	done() {
		this.wrong('password', '')
		this.wrong('token', '')
		$('login').hidden = true
		document.body.classList.remove('out')
		this.onIn()
	}

	/* by: 'password' or 'token'; why: what is wrong with the token that was used. */
	ask(by, why = '') {
		document.body.classList.add('out')
		$('login').hidden = false
		$('login-password').hidden = by !== 'password'
		$('login-unset').hidden = by === 'password'
		text($('login-why'), why)
		$('login-why').hidden = !why
		$('login-more').open = by !== 'password'
		$(by).focus()
	}
}
