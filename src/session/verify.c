/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of a session's commands: HMAC ones are verified at once, RSA and EC ones on the blocking pool. Then the
 * command waits in the backlog, and finds the result when it is run again. Worker's thread, but for run().
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

struct weir_verification {
	struct weir_session *session; /* NULL: nobody waits for it any more */
	struct weir_session *held;    /* the reference that keeps the worker's structures valid until done() */
	const struct weir_token_keys *keys;
	int64_t now_s;
	bool ready;
	int result;
	struct weir_claims claims;
	struct weir_str token;
	char storage[];
};

static int64_t now_s(const struct weir_session *s)
{
	return weir_wall_ms(s->all->worker->o.clock) / 1000;
}

static void verification_free(struct weir_verification *v)
{
	weir_claims_fini(&v->claims);
	free(v);
}

static int verify_here(struct weir_session *s, struct weir_str token, struct weir_claims *out)
{
	const char *why = NULL;
	int err = weir_token_verify(s->all->config->keys, token, now_s(s), out, &why);

	if (err)
		weir_slog(s->all->log, SESSION, INFO, "token refused", WEIR_F_CSTR("client", s->id), WEIR_F_ERR(err),
			WEIR_F_CSTR("why", why ? why : ""));
	return err;
}

static int verify_elsewhere(struct weir_session *s, struct weir_str token)
{
	struct weir_verification *v = calloc(1, sizeof(*v) + token.n);
	int err;

	if (!v)
		return -ENOMEM;
	*v = (struct weir_verification){.session = s,
		.held = s,
		.keys = s->all->config->keys,
		.now_s = now_s(s),
		.token = {v->storage, token.n}};
	memcpy(v->storage, token.p, token.n);
	err = s->all->verify(s->all->verify_ctx, v);
	if (err) {
		free(v);
		return err;
	}
	weir__session_ref(s);
	s->verification = v;
	return -EAGAIN;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__session_claims(struct weir_session *s, struct weir_str token, struct weir_claims *out)
{
	struct weir_verification *v = s->verification;
	int result;

	/* Of a command that was answered without it in the end: not this one's. */
	if (v && v->ready && !weir_str_eq(v->token, token)) {
		weir__verification_drop(s);
		v = NULL;
	}
	if (!v) {
		if (!s->all->verify || !weir_token_is_slow(token))
			return verify_here(s, token, out);
		return verify_elsewhere(s, token);
	}
	if (!v->ready)
		return -EAGAIN;
	s->verification = NULL;
	result = v->result;
	*out = v->claims;
	v->claims = (struct weir_claims){0};
	verification_free(v);
	return result;
}

void weir_verification_run(struct weir_verification *v)
{
	v->result = weir_token_verify(v->keys, v->token, v->now_s, &v->claims, NULL);
}

void weir_verification_done(struct weir_verification *v, int error)
{
	struct weir_session *held = v->held;

	if (error)
		v->result = error;
	v->ready = true;
	if (!v->session)
		verification_free(v);
	weir__session_settle(held);
}

void weir__verification_drop(struct weir_session *s)
{
	struct weir_verification *v = s->verification;

	s->verification = NULL;
	if (!v)
		return;
	if (v->ready)
		verification_free(v);
	else
		v->session = NULL;
}
