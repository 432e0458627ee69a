/* SPDX-License-Identifier: Apache-2.0 */
/* The claim that makes an admin, and the tokens of the dashboard's login: which key takes which of them. */
#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/session/token.h"

#define NOW    1000
#define SECRET WEIR_STR("a secret of more than thirty-two bytes")

const char weir_test_suite[] = "session/token_dashboard";

static struct weir_token_keys *keys_of(struct weir_str secret, const unsigned char *dashboard)
{
	struct weir_token_options o = {
		.hmac_secret = secret, .audience = WEIR_STR("weir"), .issuer = WEIR_STR("backend")};
	struct weir_token_keys *keys = NULL;
	struct weir_buf why;

	if (dashboard)
		o.dashboard_key = weir_str_n((const char *)dashboard, WEIR_DASHBOARD_KEY);
	weir_buf_init(&why, 1024);
	CU_ASSERT_EQUAL_FATAL(weir_token_keys_new(&o, &keys, &why), 0);
	weir_buf_fini(&why);
	return keys;
}

/* What becomes of a token: 0 an ordinary one, 1 an admin's, negative refused. */
static int outcome(const struct weir_token_keys *keys, struct weir_str token, int64_t now_s)
{
	struct weir_claims claims;
	int err = weir_token_verify(keys, token, now_s, &claims, NULL);
	bool admin = claims.admin;

	weir_claims_fini(&claims);
	return err ? err : admin;
}

static int outcome_of_claim(const char *claim)
{
	struct weir_token_keys *keys = keys_of(SECRET, NULL);
	struct weir_buf token;
	char claims[300];
	int got;

	snprintf(claims, sizeof(claims), "{\"sub\":\"a\",\"aud\":\"weir\",\"iss\":\"backend\"%s}", claim);
	weir_buf_init(&token, 4096);
	CU_ASSERT_EQUAL_FATAL(weir_token_sign(SECRET, weir_str(claims), &token), 0);
	got = outcome(keys, weir_buf_view(&token), NOW);
	weir_buf_fini(&token);
	weir_token_keys_free(&keys);
	return got;
}

static void test_claim(void)
{
	CU_ASSERT_EQUAL(outcome_of_claim(""), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{}"), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":null"), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":true}"), 1);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"queue_bytes\":20000,\"\\u0061dmin\":true}"), 1);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":false}"), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"x\":{\"admin\":true}}"), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"admin\":true"), 0);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":1}"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":\"true\"}"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":null}"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":{\"admin\":false,\"admin\":true}"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(outcome_of_claim(",\"weir\":true"), WEIR_EINVALID);
}

static void test_key(void)
{
	unsigned char a[WEIR_DASHBOARD_KEY], again[WEIR_DASHBOARD_KEY], b[WEIR_DASHBOARD_KEY];

	weir_dashboard_key(WEIR_STR("password"), a);
	weir_dashboard_key(WEIR_STR("password"), again);
	weir_dashboard_key(WEIR_STR("passwore"), b);
	CU_ASSERT_EQUAL(memcmp(a, again, sizeof(a)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_PTR_NULL(memchr(a, 0, 4)); /* of this password: it is filled in */
}

/* With the audience and issuer of ordinary tokens configured, which these do not have. */
static void test_login(void)
{
	unsigned char key[WEIR_DASHBOARD_KEY], other[WEIR_DASHBOARD_KEY];
	struct weir_token_keys *same, *wrong, *none;
	struct weir_buf token;
	struct weir_claims claims;

	memset(key, 7, sizeof(key));
	memset(other, 8, sizeof(other));
	same = keys_of(WEIR_STR_NONE, key);
	wrong = keys_of(SECRET, other);
	none = keys_of(weir_str_n((const char *)key, sizeof(key)), NULL);
	weir_buf_init(&token, 4096);
	CU_ASSERT_EQUAL_FATAL(weir_dashboard_token(key, NOW, 60, &token), 0);
	CU_ASSERT_EQUAL(outcome(same, weir_buf_view(&token), NOW), 1);
	CU_ASSERT_EQUAL(outcome(same, weir_buf_view(&token), NOW + 59), 1);
	CU_ASSERT_EQUAL(outcome(same, weir_buf_view(&token), NOW + 60), WEIR_EEXPIRED);
	CU_ASSERT_EQUAL(outcome(wrong, weir_buf_view(&token), NOW), WEIR_EINVALID);
	/* Without a dashboard it is an ordinary token, here even with the right signature: it has another audience. */
	CU_ASSERT_EQUAL(outcome(none, weir_buf_view(&token), NOW), WEIR_EINVALID);
	CU_ASSERT_EQUAL_FATAL(weir_token_verify(same, weir_buf_view(&token), NOW, &claims, NULL), 0);
	CU_ASSERT(weir_str_is(claims.sub, WEIR_DASHBOARD_USER));
	CU_ASSERT_FALSE(weir_token_is_slow(weir_buf_view(&token)));
	weir_claims_fini(&claims);
	weir_buf_fini(&token);
	weir_token_keys_free(&same);
	weir_token_keys_free(&wrong);
	weir_token_keys_free(&none);
}

/* The client key signs nothing that counts as the dashboard's, and the other way round. */
static void test_keys_apart(void)
{
	unsigned char key[WEIR_DASHBOARD_KEY];
	struct weir_token_keys *keys;
	struct weir_buf token;

	memset(key, 7, sizeof(key));
	keys = keys_of(SECRET, key);
	weir_buf_init(&token, 4096);
	CU_ASSERT_EQUAL_FATAL(
		weir_token_sign(weir_str_n((const char *)key, sizeof(key)),
			WEIR_STR("{\"aud\":\"weir\",\"iss\":\"backend\",\"weir\":{\"admin\":true}}"), &token),
		0);
	CU_ASSERT_EQUAL(outcome(keys, weir_buf_view(&token), NOW), WEIR_EINVALID);
	weir_buf_reset(&token);
	CU_ASSERT_EQUAL_FATAL(weir_dashboard_token((const unsigned char *)SECRET.p, NOW, 60, &token), 0);
	CU_ASSERT_EQUAL(outcome(keys, weir_buf_view(&token), NOW), WEIR_EINVALID);
	weir_buf_fini(&token);
	weir_token_keys_free(&keys);
}

CU_TestInfo weir_tests[] = {
	{"the claim", test_claim},
	{"the key", test_key},
	{"the login's tokens", test_login},
	{"keys apart", test_keys_apart},
	CU_TEST_INFO_NULL,
};
