/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that tokens are verified with. A public key is read once, checked for its kind and strength, and kept as the
 * PEM that OpenSSL writes for it: what libjwt reads later is exactly what was checked here. Made and freed by the owner
 * of the configuration, read by any thread in between.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "token_priv.h"
#include "weir/base/mem.h"

#define RSA_MIN_BITS 2048

/* RFC 7518 §3.4 */
static const struct {
	const char *curve, *alg;
} curves[] = {
	{"prime256v1", "ES256"},
	{"secp384r1", "ES384"},
	{"secp521r1", "ES512"},
};

/* Never asks for a passphrase: a public key has none. */
static int keys_no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf, (void)size, (void)rwflag, (void)ctx;
	return -1;
}

static EVP_PKEY *keys_read_pem(struct weir_str pem)
{
	BIO *bio;
	EVP_PKEY *key;

	if (pem.n > INT_MAX)
		return NULL;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		return NULL;
	key = PEM_read_bio_PUBKEY(bio, NULL, keys_no_passphrase, NULL);
	BIO_free(bio);
	return key;
}

static void keys_write_pem(struct weir__token_key *out, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (bio && PEM_write_bio_PUBKEY(bio, key) == 1 && (n = BIO_get_mem_data(bio, &text)) > 0) {
		out->p = weir_xstrndup(text, (size_t)n);
		out->n = (size_t)n;
	}
	BIO_free(bio);
}

static int keys_set_rsa(struct weir_token_keys *k, struct weir_str pem, struct weir_buf *why)
{
	EVP_PKEY *key = keys_read_pem(pem);
	int err = WEIR_EINVALID;

	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		weir_buf_lit(why, "the RSA public key is not the PEM text of an RSA public key");
	} else if (EVP_PKEY_get_bits(key) < RSA_MIN_BITS) {
		weir_buf_printf(
			why, "the RSA public key has %d bits, less than %d", EVP_PKEY_get_bits(key), RSA_MIN_BITS);
	} else {
		keys_write_pem(&k->key[WEIR_TOKEN_RS], key);
		err = k->key[WEIR_TOKEN_RS].p ? 0 : -ENOMEM;
	}
	EVP_PKEY_free(key);
	return err;
}

static const char *keys_es_alg(EVP_PKEY *key)
{
	char curve[64];
	size_t n;

	if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &n) != 1)
		return NULL;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(curves); i++)
		if (strcmp(curve, curves[i].curve) == 0)
			return curves[i].alg;
	return NULL;
}

static int keys_set_ecdsa(struct weir_token_keys *k, struct weir_str pem, struct weir_buf *why)
{
	EVP_PKEY *key = keys_read_pem(pem);
	int err = WEIR_EINVALID;

	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
		weir_buf_lit(why, "the ECDSA public key is not the PEM text of an EC public key");
	} else if (!(k->es_alg = keys_es_alg(key))) {
		weir_buf_lit(why, "the curve of the ECDSA public key is none of P-256, P-384, P-521");
	} else {
		keys_write_pem(&k->key[WEIR_TOKEN_ES], key);
		err = k->key[WEIR_TOKEN_ES].p ? 0 : -ENOMEM;
	}
	EVP_PKEY_free(key);
	return err;
}

static int keys_set_hmac(struct weir__token_key *key, struct weir_str secret, struct weir_buf *why)
{
	if (secret.n > INT_MAX) {
		weir_buf_lit(why, "the HMAC secret is too long");
		return WEIR_EINVALID;
	}
	key->p = weir_xstrndup(secret.p, secret.n);
	key->n = secret.n;
	return 0;
}

static char *keys_text(struct weir_str s)
{
	return s.p ? weir_xstrndup(s.p, s.n) : NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_token_keys_new(const struct weir_token_options *o, struct weir_token_keys **out, struct weir_buf *why)
{
	struct weir_token_keys *k = weir_xcalloc(1, sizeof(*k));
	int err = 0;

	*out = NULL;
	k->audience = keys_text(o->audience);
	k->issuer = keys_text(o->issuer);
	if (o->hmac_secret.n)
		err = keys_set_hmac(&k->key[WEIR_TOKEN_HS], o->hmac_secret, why);
	if (!err && o->dashboard_key.n)
		err = keys_set_hmac(&k->key[WEIR_TOKEN_DASHBOARD], o->dashboard_key, why);
	if (!err && o->rsa_public_key.n)
		err = keys_set_rsa(k, o->rsa_public_key, why);
	if (!err && o->ecdsa_public_key.n)
		err = keys_set_ecdsa(k, o->ecdsa_public_key, why);
	if (err) {
		weir_token_keys_free(&k);
		return err;
	}
	*out = k;
	return 0;
}

void weir_token_keys_free(struct weir_token_keys **keys)
{
	struct weir_token_keys *k = *keys;

	*keys = NULL;
	if (!k)
		return;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(k->key); i++) {
		OPENSSL_cleanse(k->key[i].p, k->key[i].n);
		free(k->key[i].p);
	}
	free(k->audience);
	free(k->issuer);
	free(k);
}
