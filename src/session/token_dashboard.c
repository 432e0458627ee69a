/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens that the dashboard's login gives: signed by a key made from the password, so that every broker with that
 * password takes them, before and after a restart. Whoever has one can try passwords on it at home; that is why the key
 * is slow to make. Pure functions, any thread.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "token_priv.h"

#define KEY_SALT       "weir dashboard token"
#define KEY_ITERATIONS 100000

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_dashboard_key(struct weir_str password, unsigned char key[WEIR_DASHBOARD_KEY])
{
	int n = password.n < INT_MAX ? (int)password.n : INT_MAX;
	int good = PKCS5_PBKDF2_HMAC(password.p, n, (const unsigned char *)KEY_SALT, sizeof(KEY_SALT) - 1,
		KEY_ITERATIONS, EVP_sha256(), WEIR_DASHBOARD_KEY, key);

	weir_assert(good == 1);
}

int weir_dashboard_token(
	const unsigned char key[WEIR_DASHBOARD_KEY], int64_t now_s, int64_t ttl_s, struct weir_buf *out)
{
	char claims[160];
	int n = snprintf(claims, sizeof(claims),
		"{\"sub\":\"" WEIR_DASHBOARD_USER "\",\"iat\":%lld,\"exp\":%lld,\"weir\":{\"admin\":true}}",
		(long long)now_s, (long long)(now_s + ttl_s));

	weir_assert(n > 0 && (size_t)n < sizeof(claims));
	return weir__token_sign(weir_str_n((const char *)key, WEIR_DASHBOARD_KEY),
		WEIR_STR("{\"alg\":\"HS256\",\"kid\":\"" WEIR_DASHBOARD_KID "\",\"typ\":\"JWT\"}"),
		weir_str_n(claims, (size_t)n), out);
}
