/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that must be refused and what is read from those that hold. Every token is made here, the hostile ones too:
 * the header, the payload and the way it is signed are columns of one table. The time of every check is NOW.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "test.h"
#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/session/token.h"

#define NOW    1000
#define SECRET WEIR_STR("a secret of more than thirty-two bytes")

const char weir_test_suite[] = "session/token";

static struct fixture {
	EVP_PKEY *rsa, *rsa_other, *ec, *ec_other, *ec384, *ec521;
	struct weir_buf rsa_pem, ec_pem, ec384_pem, ec521_pem;
	struct weir_token_keys *all;
} fixture;

static void pem_of(EVP_PKEY *key, struct weir_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	CU_ASSERT_FATAL(PEM_write_bio_PUBKEY(bio, key) == 1);
	n = BIO_get_mem_data(bio, &text);
	weir_buf_init(out, 65536);
	weir_buf_append(out, text, (size_t)n);
	BIO_free(bio);
}

static struct weir_token_keys *keys_of(struct weir_token_options o)
{
	struct weir_token_keys *keys = NULL;
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	CU_ASSERT_FATAL(weir_token_keys_new(&o, &keys, &why) == 0);
	weir_buf_fini(&why);
	return keys;
}

static void fixture_free(void)
{
	weir_token_keys_free(&fixture.all);
	weir_buf_fini(&fixture.rsa_pem);
	weir_buf_fini(&fixture.ec_pem);
	weir_buf_fini(&fixture.ec384_pem);
	weir_buf_fini(&fixture.ec521_pem);
	EVP_PKEY_free(fixture.rsa);
	EVP_PKEY_free(fixture.rsa_other);
	EVP_PKEY_free(fixture.ec);
	EVP_PKEY_free(fixture.ec_other);
	EVP_PKEY_free(fixture.ec384);
	EVP_PKEY_free(fixture.ec521);
}

static void fixture_new(void)
{
	fixture.rsa = EVP_RSA_gen(2048);
	fixture.rsa_other = EVP_RSA_gen(2048);
	fixture.ec = EVP_EC_gen("P-256");
	fixture.ec_other = EVP_EC_gen("P-256");
	fixture.ec384 = EVP_EC_gen("P-384");
	fixture.ec521 = EVP_EC_gen("P-521");
	pem_of(fixture.rsa, &fixture.rsa_pem);
	pem_of(fixture.ec, &fixture.ec_pem);
	pem_of(fixture.ec384, &fixture.ec384_pem);
	pem_of(fixture.ec521, &fixture.ec521_pem);
	fixture.all = keys_of((struct weir_token_options){
		.hmac_secret = SECRET,
		.rsa_public_key = weir_buf_view(&fixture.rsa_pem),
		.ecdsa_public_key = weir_buf_view(&fixture.ec_pem),
	});
	atexit(fixture_free);
}

/* Made once, when the first test asks: RSA keys take their time. */
static struct fixture *fx(void)
{
	if (!fixture.all)
		fixture_new();
	return &fixture;
}

/* How a token is signed, whatever its header says. */
enum how {
	HS256,
	HS384,
	HS512,
	HS256_OTHER,   /* with another secret */
	HS256_RSA_PEM, /* with the text of the RSA public key as the secret: key confusion */
	HS256_EC_PEM,
	RS256,
	RS512,
	RS256_OTHER,
	ES256,
	ES256_OTHER,
	ES256_DER,  /* right, but not as r || s */
	ES256_ZERO, /* r = s = 0 */
	ES384,
	ES512,
	EMPTY,
};

static void sign_hmac(struct weir_str input, const EVP_MD *md, struct weir_str secret, struct weir_buf *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int n;

	HMAC(md, secret.p, (int)secret.n, (const unsigned char *)input.p, input.n, mac, &n);
	weir_base64url_encode(out, weir_str_n((char *)mac, n));
}

static size_t sign_key(struct weir_str input, const EVP_MD *md, EVP_PKEY *key, unsigned char out[1024])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 1024;

	CU_ASSERT_FATAL(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1);
	CU_ASSERT_FATAL(EVP_DigestSign(ctx, out, &n, (const unsigned char *)input.p, input.n) == 1);
	EVP_MD_CTX_free(ctx);
	return n;
}

static void sign_rsa(struct weir_str input, const EVP_MD *md, EVP_PKEY *key, struct weir_buf *out)
{
	unsigned char sig[1024];
	size_t n = sign_key(input, md, key, sig);

	weir_base64url_encode(out, weir_str_n((char *)sig, n));
}

static void sign_ec(struct weir_str input, const EVP_MD *md, EVP_PKEY *key, int half, struct weir_buf *out)
{
	unsigned char der[1024], raw[256];
	const unsigned char *p = der;
	size_t n = sign_key(input, md, key, der);
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);

	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half);
	ECDSA_SIG_free(sig);
	weir_base64url_encode(out, weir_str_n((char *)raw, 2 * (size_t)half));
}

static void sign_ec_der(struct weir_str input, EVP_PKEY *key, struct weir_buf *out)
{
	unsigned char der[1024];
	size_t n = sign_key(input, EVP_sha256(), key, der);

	weir_base64url_encode(out, weir_str_n((char *)der, n));
}

static void sign_how(struct weir_str input, enum how how, struct weir_buf *out)
{
	static const char zero[64];

	switch (how) {
	case HS256:
		return sign_hmac(input, EVP_sha256(), SECRET, out);
	case HS384:
		return sign_hmac(input, EVP_sha384(), SECRET, out);
	case HS512:
		return sign_hmac(input, EVP_sha512(), SECRET, out);
	case HS256_OTHER:
		return sign_hmac(input, EVP_sha256(), WEIR_STR("another"), out);
	case HS256_RSA_PEM:
		return sign_hmac(input, EVP_sha256(), weir_buf_view(&fx()->rsa_pem), out);
	case HS256_EC_PEM:
		return sign_hmac(input, EVP_sha256(), weir_buf_view(&fx()->ec_pem), out);
	case RS256:
		return sign_rsa(input, EVP_sha256(), fx()->rsa, out);
	case RS512:
		return sign_rsa(input, EVP_sha512(), fx()->rsa, out);
	case RS256_OTHER:
		return sign_rsa(input, EVP_sha256(), fx()->rsa_other, out);
	case ES256:
		return sign_ec(input, EVP_sha256(), fx()->ec, 32, out);
	case ES256_OTHER:
		return sign_ec(input, EVP_sha256(), fx()->ec_other, 32, out);
	case ES256_DER:
		return sign_ec_der(input, fx()->ec, out);
	case ES256_ZERO:
		return weir_base64url_encode(out, weir_str_n(zero, sizeof(zero)));
	case ES384:
		return sign_ec(input, EVP_sha384(), fx()->ec384, 48, out);
	case ES512:
		return sign_ec(input, EVP_sha512(), fx()->ec521, 66, out);
	case EMPTY:
		return;
	}
}

static void token_make(struct weir_buf *out, struct weir_str header, struct weir_str payload, enum how how)
{
	struct weir_buf input;

	weir_buf_init(out, 1 << 20);
	weir_base64url_encode(out, header);
	weir_buf_char(out, '.');
	weir_base64url_encode(out, payload);
	weir_buf_init(&input, 1 << 20);
	weir_buf_str(&input, weir_buf_view(out));
	weir_buf_char(out, '.');
	sign_how(weir_buf_view(&input), how, out);
	weir_buf_fini(&input);
	CU_ASSERT_FATAL(!out->failed);
}

static int verify_text(const struct weir_token_keys *keys, struct weir_str token)
{
	struct weir_claims claims;
	int err = weir_token_verify(keys, token, NOW, &claims, NULL);

	weir_claims_fini(&claims);
	return err;
}

struct row {
	const char *header, *payload;
	enum how how;
	int expect;
};

#define H(alg)  "{\"alg\":\"" alg "\",\"typ\":\"JWT\"}"
#define HH      H("HS256")
#define PAYLOAD "{\"sub\":\"42\"}"
#define BAD     WEIR_EINVALID

static void check_rows(const struct weir_token_keys *keys, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct weir_buf token;
		int err;

		token_make(&token, weir_str(rows[i].header), weir_str(rows[i].payload), rows[i].how);
		err = verify_text(keys, weir_buf_view(&token));
		if (err != rows[i].expect)
			printf("\n  row %zu: %s %s: %d", i, rows[i].header, rows[i].payload, err);
		CU_ASSERT_EQUAL(err, rows[i].expect);
		weir_buf_fini(&token);
	}
}

static void test_header(void)
{
	static const struct row rows[] = {
		{HH, PAYLOAD, HS256, 0},
		{H("HS384"), PAYLOAD, HS384, 0},
		{H("HS512"), PAYLOAD, HS512, 0},
		{"{\"alg\":\"HS256\"}", PAYLOAD, HS256, 0},
		{"{\"alg\":\"HS256\",\"typ\":\"jwt\"}", PAYLOAD, HS256, 0},
		{" {\"typ\" : \"JWT\", \"alg\" : \"HS256\"} ", PAYLOAD, HS256, 0},
		{"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", PAYLOAD, HS256, 0},
		{"{\"alg\":\"HS256\",\"kid\":\"' OR 1=1 --\",\"jku\":\"http://127.0.0.1:1/\"}", PAYLOAD, HS256, 0},
		{"{\"alg\":\"HS256\",\"x5u\":\"http://127.0.0.1:1/\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}", PAYLOAD,
			HS256, 0},
		{H("none"), PAYLOAD, EMPTY, BAD},
		{H("None"), PAYLOAD, EMPTY, BAD},
		{H("NONE"), PAYLOAD, EMPTY, BAD},
		{H("nOnE"), PAYLOAD, EMPTY, BAD},
		{H("none"), PAYLOAD, HS256, BAD},
		{H("nOnE"), PAYLOAD, HS256, BAD},
		{HH, PAYLOAD, EMPTY, BAD},
		{H("hs256"), PAYLOAD, HS256, BAD},
		{H("HS256 "), PAYLOAD, HS256, BAD},
		{H("PS256"), PAYLOAD, RS256, BAD},
		{H("ES256K"), PAYLOAD, ES256, BAD},
		{H("EdDSA"), PAYLOAD, ES256, BAD},
		{"{\"typ\":\"JWT\"}", PAYLOAD, HS256, BAD},
		{"{}", PAYLOAD, HS256, BAD},
		{"{\"alg\":null}", PAYLOAD, HS256, BAD},
		{"{\"alg\":256}", PAYLOAD, HS256, BAD},
		{"{\"alg\":[\"HS256\"]}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"none\",\"alg\":\"HS256\"}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"b\"}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"crit\":null}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"typ\":\"JWE\"}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"typ\":1}", PAYLOAD, HS256, BAD},
		{"[\"alg\",\"HS256\"]", PAYLOAD, HS256, BAD},
		{"\"HS256\"", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\"}x", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",}", PAYLOAD, HS256, BAD},
		{"{\"alg\":\"HS256\",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,"
		 "\"k\":1,"
		 "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"r\":1,\"s\":1,\"t\":1,\"u\":1,\"v\":1,\"w\":1,"
		 "\"x\":1,"
		 "\"y\":1,\"z\":1,\"A\":1,\"B\":1,\"C\":1,\"D\":1,\"E\":1,\"F\":1}",
			PAYLOAD, HS256, BAD},
	};

	check_rows(fx()->all, rows, WEIR_ARRAY_LEN(rows));
}

static void test_signature(void)
{
	static const struct row rows[] = {
		{H("RS256"), PAYLOAD, RS256, 0},
		{H("RS512"), PAYLOAD, RS512, 0},
		{H("ES256"), PAYLOAD, ES256, 0},
		{HH, PAYLOAD, HS256_OTHER, BAD},
		{HH, PAYLOAD, HS512, BAD},
		{HH, PAYLOAD, HS256_RSA_PEM, BAD},
		{HH, PAYLOAD, HS256_EC_PEM, BAD},
		{H("RS256"), PAYLOAD, HS256_RSA_PEM, BAD},
		{H("RS256"), PAYLOAD, HS256, BAD},
		{H("RS256"), PAYLOAD, RS256_OTHER, BAD},
		{H("RS256"), PAYLOAD, RS512, BAD},
		{H("RS256"), PAYLOAD, ES256, BAD},
		{H("RS256"), PAYLOAD, EMPTY, BAD},
		{H("ES256"), PAYLOAD, ES256_OTHER, BAD},
		{H("ES256"), PAYLOAD, ES256_DER, BAD},
		{H("ES256"), PAYLOAD, ES256_ZERO, BAD},
		{H("ES256"), PAYLOAD, ES384, BAD},
		{H("ES256"), PAYLOAD, RS256, BAD},
		{H("ES384"), PAYLOAD, ES384, BAD}, /* not the curve of the key */
		{H("ES512"), PAYLOAD, ES256, BAD},
		{H("HS256"), PAYLOAD, RS256, BAD},
	};

	check_rows(fx()->all, rows, WEIR_ARRAY_LEN(rows));
}

static void test_key_families(void)
{
	static const struct row only_rsa[] = {
		{H("RS256"), PAYLOAD, RS256, 0},
		{HH, PAYLOAD, HS256, BAD},
		{HH, PAYLOAD, HS256_RSA_PEM, BAD},
		{H("ES256"), PAYLOAD, ES256, BAD},
		{H("none"), PAYLOAD, EMPTY, BAD},
	};
	static const struct row only_384[] = {{H("ES384"), PAYLOAD, ES384, 0}, {H("ES256"), PAYLOAD, ES256, BAD}};
	static const struct row only_521[] = {{H("ES512"), PAYLOAD, ES512, 0}, {H("ES384"), PAYLOAD, ES384, BAD}};
	static const struct row none[] = {{HH, PAYLOAD, HS256, BAD}, {H("none"), PAYLOAD, EMPTY, BAD}};
	struct weir_token_keys *keys;

	keys = keys_of((struct weir_token_options){.rsa_public_key = weir_buf_view(&fx()->rsa_pem)});
	check_rows(keys, only_rsa, WEIR_ARRAY_LEN(only_rsa));
	weir_token_keys_free(&keys);
	keys = keys_of((struct weir_token_options){.ecdsa_public_key = weir_buf_view(&fx()->ec384_pem)});
	check_rows(keys, only_384, WEIR_ARRAY_LEN(only_384));
	weir_token_keys_free(&keys);
	keys = keys_of((struct weir_token_options){.ecdsa_public_key = weir_buf_view(&fx()->ec521_pem)});
	check_rows(keys, only_521, WEIR_ARRAY_LEN(only_521));
	weir_token_keys_free(&keys);
	keys = keys_of((struct weir_token_options){.hmac_secret = WEIR_STR("")});
	check_rows(keys, none, WEIR_ARRAY_LEN(none));
	weir_token_keys_free(&keys);
	CU_ASSERT_PTR_NULL(keys);
	weir_token_keys_free(&keys);
}

static void refuse_keys(struct weir_token_options o)
{
	struct weir_token_keys *keys = (struct weir_token_keys *)&keys;
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	CU_ASSERT_EQUAL(weir_token_keys_new(&o, &keys, &why), WEIR_EINVALID);
	CU_ASSERT_PTR_NULL(keys);
	CU_ASSERT(why.len > 0);
	weir_buf_fini(&why);
}

static void test_bad_keys(void)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024), *odd = EVP_EC_gen("secp256k1");
	struct weir_buf weak_pem, odd_pem;

	pem_of(weak, &weak_pem);
	pem_of(odd, &odd_pem);
	refuse_keys((struct weir_token_options){.rsa_public_key = weir_buf_view(&weak_pem)});
	refuse_keys((struct weir_token_options){.rsa_public_key = WEIR_STR("-----BEGIN PUBLIC KEY-----\nAAAA\n")});
	refuse_keys((struct weir_token_options){.rsa_public_key = weir_buf_view(&fx()->ec_pem)});
	refuse_keys((struct weir_token_options){.ecdsa_public_key = weir_buf_view(&fx()->rsa_pem)});
	refuse_keys((struct weir_token_options){.ecdsa_public_key = weir_buf_view(&odd_pem)});
	refuse_keys((struct weir_token_options){.hmac_secret = SECRET, .ecdsa_public_key = WEIR_STR("secret")});
	weir_buf_fini(&weak_pem);
	weir_buf_fini(&odd_pem);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(odd);
}

static void test_claim_types(void)
{
	static const struct row rows[] = {
		{HH, "{}", HS256, 0},
		{HH, "{\"exp\":1001}", HS256, 0},
		{HH, "{\"exp\":1001.0}", HS256, 0},
		{HH, "{\"exp\":1.001e3}", HS256, 0},
		{HH, "{\"exp\":1000}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":999}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":1000.5}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":0}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":0.5}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":999,\"expire_at\":5000}", HS256, WEIR_EEXPIRED},
		{HH, "{\"exp\":null}", HS256, 0},
		{HH, "{\"exp\":1e300}", HS256, 0},
		{HH, "{\"exp\":1e400}", HS256, BAD},
		{HH, "{\"exp\":\"1001\"}", HS256, BAD},
		{HH, "{\"exp\":-1}", HS256, BAD},
		{HH, "{\"exp\":true}", HS256, BAD},
		{HH, "{\"exp\":[2000]}", HS256, BAD},
		{HH, "{\"exp\":NaN}", HS256, BAD},
		{HH, "{\"exp\":2000,\"exp\":3000}", HS256, BAD},
		{HH, "{\"exp\":2000,\"\\u0065xp\":3000}", HS256, BAD},
		{HH, "{\"exp\":null,\"exp\":3000}", HS256, BAD},
		{HH, "{\"nbf\":1000}", HS256, 0},
		{HH, "{\"nbf\":1001}", HS256, WEIR_EEXPIRED},
		{HH, "{\"nbf\":1000.5}", HS256, WEIR_EEXPIRED},
		{HH, "{\"nbf\":\"900\"}", HS256, BAD},
		{HH, "{\"nbf\":-900}", HS256, BAD},
		{HH, "{\"iat\":\"soon\",\"jti\":7,\"unknown\":{\"a\":[1]}}", HS256, 0},
		{HH, "{\"x\":1,\"x\":2}", HS256, 0},
		{HH, "{\"expire_at\":-5}", HS256, BAD},
		{HH, "{\"expire_at\":\"5\"}", HS256, BAD},
		{HH, "{\"sub\":42}", HS256, BAD},
		{HH, "{\"sub\":\"a\",\"sub\":\"b\"}", HS256, BAD},
		{HH, "{\"sub\":\"\xff\"}", HS256, BAD},
		{HH, "{\"aud\":7}", HS256, BAD},
		{HH, "{\"aud\":[\"a\",7]}", HS256, BAD},
		{HH, "{\"iss\":[\"a\"]}", HS256, BAD},
		{HH, "{\"channel\":[\"a\"]}", HS256, BAD},
		{HH, "{\"client\":1}", HS256, BAD},
		{HH, "{\"b64info\":{}}", HS256, BAD},
		{HH, "{\"b64info\":\"e30\"}", HS256, BAD},
		{HH, "{\"b64data\":\"e3=0\"}", HS256, BAD},
		{HH, "{\"weir\":[]}", HS256, BAD},
		{HH, "{\"override\":\"x\"}", HS256, BAD},
		{HH, "{\"subs\":[\"a\"]}", HS256, BAD},
		{HH, "{\"channels\":{\"a\":1}}", HS256, BAD},
		{HH, "{\"channels\":[\"a\",null]}", HS256, BAD},
		{HH, "[]", HS256, BAD},
		{HH, "{\"sub\":\"a\"", HS256, BAD},
		{HH, "{\"sub\":\"a\"}{}", HS256, BAD},
		{HH, "", HS256, BAD},
		{HH, "{\"info\":9223372036854775807}", HS256, 0},
		{HH, "{\"info\":9223372036854775808}", HS256, BAD}, /* a limit of libjwt's parser */
		{HH, "{\"info\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", HS256, BAD},
	};

	check_rows(fx()->all, rows, WEIR_ARRAY_LEN(rows));
}

static void test_audience(void)
{
	static const struct row rows[] = {
		{HH, "{\"aud\":\"app\",\"iss\":\"me\"}", HS256, 0},
		{HH, "{\"aud\":[\"x\",\"app\"],\"iss\":\"me\"}", HS256, 0},
		{HH, "{\"aud\":\"\\u0061pp\",\"iss\":\"me\"}", HS256, 0},
		{HH, "{\"aud\":[\"x\",\"application\"],\"iss\":\"me\"}", HS256, BAD},
		{HH, "{\"aud\":[],\"iss\":\"me\"}", HS256, BAD},
		{HH, "{\"aud\":\"other\",\"iss\":\"me\"}", HS256, BAD},
		{HH, "{\"iss\":\"me\"}", HS256, BAD},
		{HH, "{\"aud\":null,\"iss\":\"me\"}", HS256, BAD},
		{HH, "{\"aud\":\"app\"}", HS256, BAD},
		{HH, "{\"aud\":\"app\",\"iss\":\"you\"}", HS256, BAD},
		{HH, "{\"aud\":\"app\",\"iss\":\"me\",\"exp\":1}", HS256, WEIR_EEXPIRED},
	};
	struct weir_token_keys *keys = keys_of((struct weir_token_options){
		.hmac_secret = SECRET,
		.audience = WEIR_STR("app"),
		.issuer = WEIR_STR("me"),
	});

	check_rows(keys, rows, WEIR_ARRAY_LEN(rows));
	weir_token_keys_free(&keys);
}

/* Texts that never were a token, or whose base64 is not quite right. `%s` stands for a good token. */
static void test_form(void)
{
	static const char *const texts[] = {"", ".", "..", "...", "a.b.c", "a.b", "%s.", ".%s", "%s.AA.AA",
		"%s=", "%s==", " %s", "%s ", "%s\n", "%s%s", "%s+", "=%s", "e30.e30.", "e30..e30"};
	struct weir_buf token, text;

	token_make(&token, WEIR_STR(HH), WEIR_STR(PAYLOAD), HS256);
	CU_ASSERT_EQUAL(verify_text(fx()->all, weir_buf_view(&token)), 0);
	weir_buf_init(&text, 65536);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++) {
		weir_buf_reset(&text);
		for (const char *p = texts[i]; *p; p++)
			if (p[0] == '%' && p[1] == 's')
				weir_buf_str(&text, weir_buf_view(&token)), p++;
			else
				weir_buf_char(&text, *p);
		CU_ASSERT_EQUAL(verify_text(fx()->all, weir_buf_view(&text)), WEIR_EINVALID);
	}
	CU_ASSERT_EQUAL(verify_text(fx()->all, WEIR_STR_NONE), WEIR_EINVALID);
	weir_buf_fini(&text);
	weir_buf_fini(&token);
}

/* No prefix of a token, and no token with one character replaced, is taken: the last one could have stray bits. */
static void test_every_character_counts(void)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
	struct weir_buf token;
	size_t taken = 0;

	token_make(&token, WEIR_STR(HH), WEIR_STR(PAYLOAD), HS256);
	for (size_t i = 0; i < token.len; i++)
		taken += verify_text(fx()->all, weir_str_n(token.p, i)) == 0;
	for (size_t i = 0; i < token.len; i++) {
		char right = token.p[i];

		for (const char *c = alphabet; *c; c++) {
			token.p[i] = *c;
			taken += *c != right && verify_text(fx()->all, weir_buf_view(&token)) == 0;
		}
		token.p[i] = right;
	}
	CU_ASSERT_EQUAL(taken, 0);
	CU_ASSERT_EQUAL(verify_text(fx()->all, weir_buf_view(&token)), 0);
	weir_buf_fini(&token);
}

static int verify_long(size_t info_bytes, size_t *token_bytes)
{
	struct weir_buf payload, token;
	int err;

	weir_buf_init(&payload, 1 << 20);
	weir_buf_lit(&payload, "{\"info\":\"");
	for (size_t i = 0; i < info_bytes; i++)
		weir_buf_char(&payload, 'x');
	weir_buf_lit(&payload, "\"}");
	token_make(&token, WEIR_STR(HH), weir_buf_view(&payload), HS256);
	err = verify_text(fx()->all, weir_buf_view(&token));
	*token_bytes = token.len;
	weir_buf_fini(&payload);
	weir_buf_fini(&token);
	return err;
}

static void test_length(void)
{
	size_t n = 6000, bytes = 0;

	while (verify_long(n, &bytes) == 0 && bytes <= 8192)
		n++;
	CU_ASSERT(bytes > 8192);
	CU_ASSERT(bytes <= 8194); /* the first that is refused is the first that is too long */
	CU_ASSERT_EQUAL(verify_long(n - 1, &bytes), 0);
	CU_ASSERT(bytes <= 8192);
	CU_ASSERT_EQUAL(verify_long(100000, &bytes), WEIR_EINVALID);
}

static void read_claims(const char *payload, struct weir_claims *claims)
{
	struct weir_buf token;
	const char *why = "";

	token_make(&token, WEIR_STR(HH), weir_str(payload), HS256);
	CU_ASSERT_EQUAL_FATAL(weir_token_verify(fx()->all, weir_buf_view(&token), NOW, claims, &why), 0);
	CU_ASSERT_PTR_NULL(why);
	weir_buf_fini(&token); /* the claims do not point into the token */
}

static void test_claims(void)
{
	struct weir_claims c;

	read_claims("{\"sub\":\"a\\u00e9\\n\\\"\",\"channel\":\"news:1\",\"client\":\"6f\",\"info\":{\"b\":1.0,\"a\" : "
		    "1,\n "
		    "\"c\":\"\\u0041\",\r\n\"a\":12345678901234567},\"data\":[1, 2],\"weir\":{\"rate\":2},"
		    "\"override\":{\"presence\":{\"value\":true}},\"channels\":[\"x\",\"y\\u0020z\",\"\"],"
		    "\"subs\":{\"s\":{\"info\":null}},\"meta\":{\"m\":1}}",
		&c);
	CU_ASSERT(weir_str_is(c.sub, "a\xc3\xa9\n\""));
	CU_ASSERT(weir_str_is(c.channel, "news:1"));
	CU_ASSERT(weir_str_is(c.client, "6f"));
	CU_ASSERT(weir_str_is(c.info, "{\"b\":1.0,\"a\" : 1, \"c\":\"\\u0041\",\"a\":12345678901234567}"));
	CU_ASSERT(weir_str_is(c.data, "[1, 2]"));
	CU_ASSERT(weir_str_is(c.weir, "{\"rate\":2}"));
	CU_ASSERT(weir_str_is(c.override, "{\"presence\":{\"value\":true}}"));
	CU_ASSERT(weir_str_is(c.subs, "{\"s\":{\"info\":null}}"));
	CU_ASSERT_EQUAL_FATAL(c.n_channels, 3);
	CU_ASSERT(weir_str_is(c.channels[0], "x"));
	CU_ASSERT(weir_str_is(c.channels[1], "y z"));
	CU_ASSERT(weir_str_is(c.channels[2], ""));
	CU_ASSERT_EQUAL(c.expire_at_s, 0);
	weir_claims_fini(&c);
	CU_ASSERT_PTR_NULL(c.memory);
	CU_ASSERT_PTR_NULL(c.sub.p);
}

static void test_absent_claims(void)
{
	struct weir_claims c;

	read_claims("{\"info\":null,\"channel\":\"\",\"client\":\"\",\"subs\":null,\"channels\":[]}", &c);
	CU_ASSERT(c.sub.p != NULL && c.sub.n == 0);
	CU_ASSERT_PTR_NULL(c.channel.p);
	CU_ASSERT_PTR_NULL(c.client.p);
	CU_ASSERT_PTR_NULL(c.info.p);
	CU_ASSERT_PTR_NULL(c.data.p);
	CU_ASSERT_PTR_NULL(c.weir.p);
	CU_ASSERT_PTR_NULL(c.override.p);
	CU_ASSERT_PTR_NULL(c.subs.p);
	CU_ASSERT_EQUAL(c.n_channels, 0);
	CU_ASSERT_EQUAL(c.expire_at_s, 0);
	weir_claims_fini(&c);
}

static void test_base64_claims(void)
{
	struct weir_claims c;

	/* {"a": 1.0} with a newline inside; then two bytes that are no JSON */
	read_claims("{\"info\":1,\"b64info\":\"eyJhIjoKMS4wfQ==\",\"data\":2,\"b64data\":\"\\u002fw8=\"}", &c);
	CU_ASSERT(weir_str_is(c.info, "{\"a\":1.0}"));
	CU_ASSERT(weir_str_is(c.data, " \"/w8=\""));
	weir_claims_fini(&c);
	read_claims("{\"b64info\":\"\"}", &c);
	CU_ASSERT(weir_str_is(c.info, " \"\""));
	weir_claims_fini(&c);
}

static void test_expire_at(void)
{
	static const struct {
		const char *payload;
		int64_t expect;
	} rows[] = {
		{"{}", 0},
		{"{\"exp\":2000}", 2000},
		{"{\"exp\":2000.9}", 2000},
		{"{\"exp\":2000,\"expire_at\":5000}", 5000},
		{"{\"exp\":2000,\"expire_at\":1500.0}", 1500},
		{"{\"exp\":2000,\"expire_at\":0}", 0},
		{"{\"exp\":2000,\"expire_at\":null}", 2000},
		{"{\"expire_at\":900}", 900},
		{"{\"expire_at\":0.25}", 1},
		{"{\"exp\":1e300}", 1000000000000000},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_claims c;

		read_claims(rows[i].payload, &c);
		CU_ASSERT_EQUAL(c.expire_at_s, rows[i].expect);
		weir_claims_fini(&c);
	}
}

static void test_why(void)
{
	static const struct row rows[] = {
		{H("none"), "{}", EMPTY, 0},
		{H("none"), "{}", HS256, 0},
		{HH, "{}", HS256_OTHER, 0},
		{HH, "{\"exp\":1}", HS256, 0},
		{HH, "{\"exp\":\"1\"}", HS256, 0},
		{HH, "[]", HS256, 0},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_claims c;
		struct weir_buf token;
		const char *why = NULL;

		token_make(&token, weir_str(rows[i].header), weir_str(rows[i].payload), rows[i].how);
		CU_ASSERT(weir_token_verify(fx()->all, weir_buf_view(&token), NOW, &c, &why) < 0);
		CU_ASSERT(why && strlen(why) > 0);
		CU_ASSERT_PTR_NULL(c.memory);
		weir_buf_fini(&token);
	}
}

static void test_is_slow(void)
{
	static const struct {
		const char *header;
		bool slow;
	} rows[] = {{HH, false}, {H("RS256"), true}, {H("ES384"), true}, {H("none"), false}, {"{}", false}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf token;

		token_make(&token, weir_str(rows[i].header), WEIR_STR("{}"), HS256);
		CU_ASSERT_EQUAL(weir_token_is_slow(weir_buf_view(&token)), rows[i].slow);
		weir_buf_fini(&token);
	}
	CU_ASSERT_FALSE(weir_token_is_slow(WEIR_STR("RS256")));
	CU_ASSERT_FALSE(weir_token_is_slow(WEIR_STR_NONE));
}

static void test_sign(void)
{
	struct weir_claims c;
	struct weir_buf token;

	weir_buf_init(&token, 4096);
	weir_buf_lit(&token, "token: ");
	CU_ASSERT_EQUAL_FATAL(weir_token_sign(SECRET, WEIR_STR(" {\"sub\":\"7\",\"info\":{\"n\": 1.0}}\n"), &token), 0);
	CU_ASSERT(weir_str_starts(weir_buf_view(&token), WEIR_STR("token: ey")));
	weir_buf_consume(&token, 7);
	CU_ASSERT_EQUAL_FATAL(weir_token_verify(fx()->all, weir_buf_view(&token), NOW, &c, NULL), 0);
	CU_ASSERT(weir_str_is(c.sub, "7"));
	CU_ASSERT(weir_str_is(c.info, "{\"n\": 1.0}"));
	weir_claims_fini(&c);
	weir_buf_reset(&token);
	CU_ASSERT_EQUAL(weir_token_sign(WEIR_STR(""), WEIR_STR("{}"), &token), WEIR_EINVALID);
	CU_ASSERT_EQUAL(weir_token_sign(SECRET, WEIR_STR("[]"), &token), WEIR_EINVALID);
	CU_ASSERT_EQUAL(weir_token_sign(SECRET, WEIR_STR("{\"sub\":}"), &token), WEIR_EINVALID);
	weir_buf_fini(&token);
	weir_buf_init(&token, 60);
	CU_ASSERT_EQUAL(weir_token_sign(SECRET, WEIR_STR("{\"sub\":\"7\"}"), &token), -ENOMEM);
	weir_buf_fini(&token);
}

/* RFC 7515, appendix A.1: a token that somebody else has signed; its exp is 1300819380. */
static void test_rfc7515_example(void)
{
	static const char key[] =
		"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
	static const char token[] =
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	struct weir_token_keys *keys;
	struct weir_claims c;
	struct weir_buf secret;

	weir_buf_init(&secret, 256);
	CU_ASSERT_EQUAL_FATAL(weir_base64url_decode(&secret, WEIR_STR(key)), 0);
	keys = keys_of((struct weir_token_options){.hmac_secret = weir_buf_view(&secret), .issuer = WEIR_STR("joe")});
	CU_ASSERT_EQUAL(weir_token_verify(keys, WEIR_STR(token), 1300819379, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.expire_at_s, 1300819380);
	weir_claims_fini(&c);
	CU_ASSERT_EQUAL(weir_token_verify(keys, WEIR_STR(token), 1300819380, &c, NULL), WEIR_EEXPIRED);
	weir_token_keys_free(&keys);
	weir_buf_fini(&secret);
}

CU_TestInfo weir_tests[] = {
	{"header", test_header},
	{"signature", test_signature},
	{"key families", test_key_families},
	{"bad keys", test_bad_keys},
	{"claim types", test_claim_types},
	{"audience", test_audience},
	{"form", test_form},
	{"every character counts", test_every_character_counts},
	{"length", test_length},
	{"claims", test_claims},
	{"absent claims", test_absent_claims},
	{"base64 claims", test_base64_claims},
	{"expire at", test_expire_at},
	{"why", test_why},
	{"is slow", test_is_slow},
	{"sign", test_sign},
	{"rfc7515 example", test_rfc7515_example},
	CU_TEST_INFO_NULL,
};
