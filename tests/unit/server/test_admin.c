/* SPDX-License-Identifier: Apache-2.0 */
/* Bearers: which header makes an admin, for how long it is known, and how often an expensive signature is checked. */
#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "test.h"
#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/server/admin.h"

const char weir_test_suite[] = "server/admin";

#define SECRET WEIR_STR("a secret of more than thirty-two bytes")

static uint64_t mono = 1000;
static int64_t wall = 1000000;

static uint64_t clock_mono(void *ctx)
{
	(void)ctx;
	return mono;
}

static int64_t clock_wall(void *ctx)
{
	(void)ctx;
	return wall;
}

static const struct weir_clock test_clock = {clock_mono, clock_wall, NULL};

static struct weir_token_keys *keys_of(struct weir_str rsa_pem)
{
	struct weir_token_options o = {.hmac_secret = SECRET, .rsa_public_key = rsa_pem};
	struct weir_token_keys *keys = NULL;
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	CU_ASSERT_EQUAL_FATAL(weir_token_keys_new(&o, &keys, &why), 0);
	weir_buf_fini(&why);
	return keys;
}

static bool is_admin(struct weir_admin *a, const char *lines)
{
	const struct weir_head_limits limits = {8192, 16384};
	struct weir_head head;
	const char *why;
	char text[8192];
	int n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", lines);

	CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_str_n(text, (size_t)n), &limits, &head, &why), 0);
	return weir_admin_is(a, &head);
}

static bool bears(struct weir_admin *a, const char *scheme, struct weir_str token)
{
	char line[4096];

	snprintf(line, sizeof(line), "Authorization: %s%.*s", scheme, WEIR_STR_FMT(token));
	return is_admin(a, line);
}

static void sign(struct weir_buf *out, const char *claims)
{
	weir_buf_reset(out);
	CU_ASSERT_EQUAL_FATAL(weir_token_sign(SECRET, weir_str(claims), out), 0);
}

static void test_header(void)
{
	struct weir_token_keys *keys = keys_of(WEIR_STR_NONE);
	struct weir_admin a;
	struct weir_buf token;
	char twice[4096];

	weir_admin_init(&a, keys, &test_clock);
	weir_buf_init(&token, 4096);
	sign(&token, "{\"weir\":{\"admin\":true}}");
	CU_ASSERT(bears(&a, "Bearer ", weir_buf_view(&token)));
	CU_ASSERT(bears(&a, "bearer \t ", weir_buf_view(&token)));
	CU_ASSERT_FALSE(bears(&a, "Basic ", weir_buf_view(&token)));
	CU_ASSERT_FALSE(bears(&a, "", weir_buf_view(&token)));
	CU_ASSERT_FALSE(bears(&a, "Bearer x ", weir_buf_view(&token)));
	CU_ASSERT_FALSE(is_admin(&a, "Authorization: Bearer"));
	CU_ASSERT_FALSE(is_admin(&a, "X: y"));
	snprintf(twice, sizeof(twice), "Authorization: Bearer %.*s\r\nAuthorization: Bearer x",
		WEIR_STR_FMT(weir_buf_view(&token)));
	CU_ASSERT_FALSE(is_admin(&a, twice));
	weir_admin_init(&a, NULL, &test_clock);
	CU_ASSERT_FALSE(bears(&a, "Bearer ", weir_buf_view(&token)));
	weir_buf_fini(&token);
	weir_token_keys_free(&keys);
}

static void test_claims(void)
{
	static const char *const others[] = {"{}", "{\"weir\":{\"admin\":false}}",
		"{\"weir\":{\"admin\":true},\"channel\":\"a\"}", "{\"weir\":{\"admin\":true},\"exp\":999}",
		"{\"weir\":{\"admin\":true},\"expire_at\":1000}"};
	struct weir_token_keys *keys = keys_of(WEIR_STR_NONE);
	struct weir_admin a;
	struct weir_buf token;

	weir_admin_init(&a, keys, &test_clock);
	weir_buf_init(&token, 4096);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(others); i++) {
		sign(&token, others[i]);
		CU_ASSERT_FALSE(bears(&a, "Bearer ", weir_buf_view(&token)));
	}
	weir_buf_fini(&token);
	weir_token_keys_free(&keys);
}

/* More than are remembered: all of them hold, and none holds longer than it says. */
static void test_expiry(void)
{
	struct weir_token_keys *keys = keys_of(WEIR_STR_NONE);
	struct weir_buf tokens[WEIR_ADMIN_KNOWN + 4];
	struct weir_admin a;
	char claims[200];

	weir_admin_init(&a, keys, &test_clock);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(tokens); i++) {
		weir_buf_init(&tokens[i], 4096);
		snprintf(claims, sizeof(claims), "{\"weir\":{\"admin\":true},\"sub\":\"%zu\",\"exp\":1001}", i);
		sign(&tokens[i], claims);
	}
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < WEIR_ARRAY_LEN(tokens); i++)
			CU_ASSERT(bears(&a, "Bearer ", weir_buf_view(&tokens[i])));
	CU_ASSERT_EQUAL(a.n_known, WEIR_ADMIN_KNOWN);
	wall += 1000;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(tokens); i++) {
		CU_ASSERT_FALSE(bears(&a, "Bearer ", weir_buf_view(&tokens[i])));
		weir_buf_fini(&tokens[i]);
	}
	wall -= 1000;
	weir_token_keys_free(&keys);
}

static void sign_rsa(EVP_PKEY *key, const char *claims, struct weir_buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[512];
	size_t n = sizeof(signature);

	weir_buf_reset(out);
	weir_base64url_encode(out, WEIR_STR("{\"alg\":\"RS256\"}"));
	weir_buf_char(out, '.');
	weir_base64url_encode(out, weir_str(claims));
	CU_ASSERT_FATAL(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
	CU_ASSERT_FATAL(EVP_DigestSign(ctx, signature, &n, (const unsigned char *)out->p, out->len) == 1);
	weir_buf_char(out, '.');
	weir_base64url_encode(out, weir_str_n((const char *)signature, n));
	EVP_MD_CTX_free(ctx);
}

/* A flood of forged ones costs a few checks a second, and does not keep out an admin who is known. */
static void test_slow(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	struct weir_token_keys *keys;
	struct weir_admin a;
	struct weir_buf good, late, forged;
	char *pem;
	long n;

	CU_ASSERT_FATAL(PEM_write_bio_PUBKEY(bio, key) == 1);
	n = BIO_get_mem_data(bio, &pem);
	keys = keys_of(weir_str_n(pem, (size_t)n));
	weir_admin_init(&a, keys, &test_clock);
	weir_buf_init(&good, 4096);
	weir_buf_init(&late, 4096);
	weir_buf_init(&forged, 4096);
	sign_rsa(key, "{\"weir\":{\"admin\":true}}", &good);
	sign_rsa(key, "{\"weir\":{\"admin\":true},\"sub\":\"b\"}", &late);
	sign_rsa(key, "{\"weir\":{\"admin\":true},\"sub\":\"c\"}", &forged);
	forged.p[forged.len - 8] ^= 1;
	CU_ASSERT(bears(&a, "Bearer ", weir_buf_view(&good)));
	for (int i = 0; i < 100; i++)
		CU_ASSERT_FALSE(bears(&a, "Bearer ", weir_buf_view(&forged)));
	CU_ASSERT(bears(&a, "Bearer ", weir_buf_view(&good)));
	CU_ASSERT_FALSE(bears(&a, "Bearer ", weir_buf_view(&late)));
	mono += 1000;
	CU_ASSERT(bears(&a, "Bearer ", weir_buf_view(&late)));
	weir_buf_fini(&good);
	weir_buf_fini(&late);
	weir_buf_fini(&forged);
	weir_token_keys_free(&keys);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

CU_TestInfo weir_tests[] = {
	{"header", test_header},
	{"claims", test_claims},
	{"expiry", test_expiry},
	{"slow signatures", test_slow},
	CU_TEST_INFO_NULL,
};
