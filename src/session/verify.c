/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of a session's commands: HMAC ones are verified at once, RSA and EC ones on the blocking pool. Then the
 * command waits in the backlog, and finds the result when it is run again. Worker's thread, but for run().
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/session/caller.h"

struct weir_verification {
	struct weir_session *session; /* NULL: nobody waits for it any more */
	struct weir_session *held;    /* the reference that keeps the worker's structures valid until done() */
	weir_caller_fn fn;            /* of a caller, who has no session */
	void *ctx;
	const struct weir_token_keys *keys;
	int64_t now_s;
	bool ready;
	int result;
	struct weir_claims claims;
	struct weir_str token;
	char storage[];
};

static int64_t now_s(const struct weir_sessions *all)
{
	return weir_wall_ms(all->worker->o.clock) / 1000;
}

static void verification_free(struct weir_verification *v)
{
	weir_claims_fini(&v->claims);
	free(v);
}

static int verify_here(struct weir_session *s, struct weir_str token, struct weir_claims *out)
{
	const char *why = NULL;
	int err = weir_token_verify(s->all->config->keys, token, now_s(s->all), out, &why);

	if (err)
		weir_slog(s->all->log, SESSION, INFO, "token refused", WEIR_F_CSTR("client", s->id), WEIR_F_ERR(err),
			WEIR_F_CSTR("why", why ? why : ""));
	return err;
}

static struct weir_verification *verification_new(const struct weir_sessions *all, struct weir_str token)
{
	struct weir_verification *v = calloc(1, sizeof(*v) + token.n);

	if (!v)
		return NULL;
	v->keys = all->config->keys;
	v->now_s = now_s(all);
	v->token = weir_str_n(v->storage, token.n);
	memcpy(v->storage, token.p, token.n);
	return v;
}

static int verify_elsewhere(struct weir_session *s, struct weir_str token)
{
	struct weir_verification *v = verification_new(s->all, token);
	int err;

	if (!v)
		return -ENOMEM;
	v->session = v->held = s;
	err = s->all->verify(s->all->verify_ctx, v);
	if (err) {
		free(v);
		return err;
	}
	weir__session_ref(s);
	s->verification = v;
	return -EAGAIN;
}

/* A subscription token does not say who a client is. */
static int caller_result(int result, const struct weir_claims *claims)
{
	return !result && claims->channel.p ? WEIR_EINVALID : result;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_caller_verify(
	struct weir_sessions *all, struct weir_str token, struct weir_claims *out, weir_caller_fn fn, void *ctx)
{
	struct weir_verification *v;
	int err;

	if (!all->verify || !weir_token_is_slow(token)) {
		*out = (struct weir_claims){0};
		err = caller_result(weir_token_verify(all->config->keys, token, now_s(all), out, NULL), out);
		if (err)
			weir_claims_fini(out);
		return err;
	}
	v = verification_new(all, token);
	if (!v)
		return -ENOMEM;
	v->fn = fn;
	v->ctx = ctx;
	err = all->verify(all->verify_ctx, v);
	if (err)
		free(v);
	return err ? err : -EAGAIN;
}

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
	if (v->fn) {
		v->fn(v->ctx, caller_result(v->result, &v->claims), &v->claims);
		verification_free(v);
		return;
	}
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
