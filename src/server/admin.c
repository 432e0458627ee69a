/* SPDX-License-Identifier: Apache-2.0 */
/* Bearers of an admin's token. See admin.h. Worker's thread. */
#include "weir/server/admin.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#define SLOW_RATE  10 /* expensive signatures a second, after as many at once: a few milliseconds of the loop */
#define SLOW_BURST 10

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* `Bearer TOKEN`: exactly two words. Absent otherwise. */
static struct weir_str bearer_of(struct weir_str value)
{
	struct weir_str token;
	size_t n = 0;

	while (n < value.n && !is_blank(value.p[n]))
		n++;
	if (!weir_str_caseeq(weir_str_n(value.p, n), WEIR_STR("bearer")))
		return WEIR_STR_NONE;
	token = weir_str_trim(weir_str_n(value.p + n, value.n - n));
	for (size_t i = 0; i < token.n; i++)
		if (is_blank(token.p[i]))
			return WEIR_STR_NONE;
	return token;
}

static bool is_over(int64_t expire_at_s, int64_t now_s)
{
	return expire_at_s && expire_at_s <= now_s;
}

static bool is_known(const struct weir_admin *a, const unsigned char hash[SHA256_DIGEST_LENGTH], int64_t now_s)
{
	for (size_t i = 0; i < a->n_known; i++)
		if (CRYPTO_memcmp(a->known[i].hash, hash, SHA256_DIGEST_LENGTH) == 0)
			return !is_over(a->known[i].expire_at_s, now_s);
	return false;
}

static void keep(struct weir_admin *a, const unsigned char hash[SHA256_DIGEST_LENGTH], int64_t expire_at_s)
{
	size_t i = a->n_known < WEIR_ADMIN_KNOWN ? a->n_known++ : a->oldest++ % WEIR_ADMIN_KNOWN;

	memcpy(a->known[i].hash, hash, SHA256_DIGEST_LENGTH);
	a->known[i].expire_at_s = expire_at_s;
}

static bool may_check(struct weir_admin *a, struct weir_str token)
{
	unsigned retry_after_s;

	if (!weir_token_is_slow(token))
		return true;
	if (weir_limits_admit(&a->slow, weir_mono_ms(a->clock), &retry_after_s) < 0)
		return false;
	weir_limits_release(&a->slow);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_admin_init(struct weir_admin *a, const struct weir_token_keys *keys, const struct weir_clock *clock)
{
	*a = (struct weir_admin){.keys = keys, .clock = clock};
	weir_limits_init(&a->slow, 0, SLOW_RATE, SLOW_BURST);
}

bool weir_admin_is(struct weir_admin *a, const struct weir_head *head)
{
	struct weir_str token = bearer_of(weir_head_get(head, "Authorization"));
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct weir_claims claims;
	int64_t now_s;
	bool good;

	if (!a->keys || !token.n || weir_head_count(head, "Authorization") != 1)
		return false;
	now_s = weir_wall_ms(a->clock) / 1000;
	SHA256((const unsigned char *)token.p, token.n, hash);
	if (is_known(a, hash, now_s))
		return true;
	if (!may_check(a, token) || weir_token_verify(a->keys, token, now_s, &claims, NULL) < 0)
		return false;
	good = claims.admin && !claims.channel.p && !is_over(claims.expire_at_s, now_s);
	if (good)
		keep(a, hash, claims.expire_at_s);
	weir_claims_fini(&claims);
	return good;
}
