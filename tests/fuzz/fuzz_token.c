/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens. The input is taken as a whole token first, then as a payload that is signed here, so that the reading of
 * claims is reached without a forged signature. Claims that hold must be what the header promises: valid, on one line.
 */
#include "fuzz.h"

#include "weir/session/token.h"

#define SECRET WEIR_STR("fuzz")

static void check_raw(struct weir_str raw)
{
	struct weir_json v;

	if (!raw.p)
		return;
	fuzz_require(weir_json_check(raw, WEIR_JSON_DEPTH, &v, NULL) == 0);
	fuzz_require(!memchr(raw.p, '\n', raw.n) && !memchr(raw.p, '\r', raw.n));
}

static void check_claims(const struct weir_claims *c)
{
	fuzz_require(c->sub.p != NULL && c->memory != NULL);
	fuzz_require(c->expire_at_s >= 0);
	check_raw(c->info);
	check_raw(c->data);
	check_raw(c->weir);
	check_raw(c->override);
	check_raw(c->subs);
	for (size_t i = 0; i < c->n_channels; i++)
		fuzz_require(c->channels[i].p != NULL);
}

static void verify(const struct weir_token_keys *keys, struct weir_str token)
{
	struct weir_claims claims;

	(void)weir_token_is_slow(token);
	if (weir_token_verify(keys, token, 1000, &claims, NULL) == 0)
		check_claims(&claims);
	weir_claims_fini(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_token_options o = {.hmac_secret = SECRET};
	struct weir_str input = {(const char *)data, size};
	struct weir_token_keys *keys;
	struct weir_buf text;

	weir_buf_init(&text, 1 << 20);
	if (weir_token_keys_new(&o, &keys, &text))
		return 0;
	verify(keys, input);
	if (weir_token_sign(SECRET, input, &text) == 0)
		verify(keys, weir_buf_view(&text));
	weir_buf_fini(&text);
	weir_token_keys_free(&keys);
	return 0;
}
