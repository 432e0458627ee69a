/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token's way from text to trust. libjwt takes the algorithm from the token's own header and decodes base64
 * leniently, so the form and the header are checked here first, strictly, and libjwt gets only the key of the
 * algorithm's own family. It verifies the signature and nothing else; the claims are read from the payload afterwards
 * (claims.c). Since libjwt parses the payload too, a token with an integer beyond 64 bits or with \u0000 anywhere in
 * its payload is refused. Pure functions, any thread.
 */
#include "weir/session/token.h"

#include <errno.h>
#include <limits.h>

#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "token_priv.h"
#include "weir/base/base64.h"
#include "weir/base/mem.h"

#define TOKEN_MAX_BYTES    8192
#define HEADER_MAX_MEMBERS 32

static const struct {
	const char *name;
	enum weir__token_family family;
} algs[] = {
	{"HS256", WEIR_TOKEN_HS},
	{"HS384", WEIR_TOKEN_HS},
	{"HS512", WEIR_TOKEN_HS},
	{"RS256", WEIR_TOKEN_RS},
	{"RS384", WEIR_TOKEN_RS},
	{"RS512", WEIR_TOKEN_RS},
	{"ES256", WEIR_TOKEN_ES},
	{"ES384", WEIR_TOKEN_ES},
	{"ES512", WEIR_TOKEN_ES},
};

struct token_parts {
	struct weir_str header, payload, signature;
};

struct token_header {
	int alg;  /* index in algs; negative: none that is known */
	bool own; /* the kid of the dashboard's tokens */
};

static bool token_split(struct weir_str token, struct token_parts *out)
{
	struct weir_str rest = token;

	if (token.n > TOKEN_MAX_BYTES)
		return false;
	out->header = weir_str_cut(&rest, '.');
	out->payload = weir_str_cut(&rest, '.');
	out->signature = weir_str_cut(&rest, '.');
	return out->header.n && out->payload.n && out->signature.n && !rest.p;
}

/* Decodes one part into `text` and checks that it is a JSON object. */
static int token_decode_object(struct weir_str part, struct weir_buf *text, struct weir_json *out)
{
	int err = weir_base64url_decode(text, part);

	if (err)
		return err;
	err = weir_json_check(weir_buf_view(text), WEIR_JSON_DEPTH, out, NULL);
	if (err)
		return err;
	return out->type == WEIR_JSON_OBJECT ? 0 : WEIR_EINVALID;
}

/* Does a member that `it` still has to visit bear this name, in whatever spelling? */
static bool header_repeats(struct weir_json_iter it, struct weir_str name)
{
	struct weir_buf decoded;
	struct weir_str other;
	struct weir_json value;
	bool found = false;

	weir_buf_init(&decoded, TOKEN_MAX_BYTES);
	weir_json_string_decode(&decoded, name);
	while (!found && weir_json_next_member(&it, &other, &value))
		found = weir_json_string_is(other, weir_buf_view(&decoded));
	found = found || decoded.failed;
	weir_buf_fini(&decoded);
	return found;
}

/*
 * False, and the reason. jku, x5u, jwk, x5c: nothing in the header leads to a key. Of a kid only one is known: that of
 * the dashboard's tokens, which the broker signs itself.
 */
static bool header_read(struct weir_json header, struct token_header *h, const char **why)
{
	struct weir_json_iter it = weir_json_members(header);
	struct weir_str name;
	struct weir_json value;
	int members = 0;

	*h = (struct token_header){.alg = -1};
	*why = "the header names no known algorithm";
	while (weir_json_next_member(&it, &name, &value)) {
		if (++members > HEADER_MAX_MEMBERS || header_repeats(it, name)) {
			*why = "the header has too many members or one twice";
			return false;
		}
		if (weir_json_string_is(name, WEIR_STR("crit"))) {
			*why = "the header has critical extensions";
			return false;
		}
		if (weir_json_string_is(name, WEIR_STR("typ")) &&
			(value.type != WEIR_JSON_STRING ||
				!weir_str_caseeq(weir_json_string_plain(value.text), WEIR_STR("JWT")))) {
			*why = "the header's typ is not JWT";
			return false;
		}
		if (value.type != WEIR_JSON_STRING)
			continue;
		if (weir_json_string_is(name, WEIR_STR("kid")))
			h->own = weir_json_string_is(value.text, WEIR_STR(WEIR_DASHBOARD_KID));
		if (!weir_json_string_is(name, WEIR_STR("alg")))
			continue;
		for (size_t i = 0; i < WEIR_ARRAY_LEN(algs); i++)
			if (weir_json_string_is(value.text, weir_str(algs[i].name)))
				h->alg = (int)i;
	}
	return h->alg >= 0;
}

/* The header of a token of good form. */
static bool token_header(struct weir_str header, struct token_header *h, const char **why)
{
	struct weir_buf text;
	struct weir_json object;
	bool good;

	weir_buf_init(&text, TOKEN_MAX_BYTES);
	*why = "the header is not a JSON object in base64url";
	good = token_decode_object(header, &text, &object) == 0 && header_read(object, h, why);
	weir_buf_fini(&text);
	return good;
}

static bool token_signature_is_base64url(struct weir_str signature)
{
	struct weir_buf bytes;
	bool ok;

	weir_buf_init(&bytes, TOKEN_MAX_BYTES);
	ok = weir_base64url_decode(&bytes, signature) == 0;
	weir_buf_fini(&bytes);
	return ok;
}

static int token_check_signature(const struct weir__token_key *key, struct weir_str token)
{
	char text[TOKEN_MAX_BYTES + 1];
	jwt_t *jwt = NULL;
	int err;

	memcpy(text, token.p, token.n);
	text[token.n] = '\0';
	err = jwt_decode(&jwt, text, (const unsigned char *)key->p, (int)key->n);
	if (err == 0 && jwt_get_alg(jwt) == JWT_ALG_NONE)
		err = EINVAL;
	jwt_free(jwt);
	if (err == ENOMEM)
		return -ENOMEM;
	return err ? WEIR_EINVALID : 0;
}

/* Without a key of its own the kid of a dashboard's token means nothing. */
static bool token_is_own(const struct weir_token_keys *keys, const struct token_header *h)
{
	return h->own && keys->key[WEIR_TOKEN_DASHBOARD].p;
}

static const struct weir__token_key *token_key(const struct weir_token_keys *keys, const struct token_header *h)
{
	const struct weir__token_key *key = &keys->key[algs[h->alg].family];

	if (token_is_own(keys, h))
		return strcmp(algs[h->alg].name, "HS256") == 0 ? &keys->key[WEIR_TOKEN_DASHBOARD] : NULL;
	if (!key->p || (algs[h->alg].family == WEIR_TOKEN_ES && strcmp(algs[h->alg].name, keys->es_alg) != 0))
		return NULL;
	return key;
}

/* Form, header and signature, in this order; the decoded payload goes to `text`. */
static int token_trust(const struct weir_token_keys *keys, struct weir_str token, struct weir_buf *text,
	struct weir_json *payload, bool *own, const char **why)
{
	const struct weir__token_key *key;
	struct token_parts part;
	struct token_header h;
	int err;

	*why = "not three non-empty parts, or too long";
	if (!token_split(token, &part))
		return WEIR_EINVALID;
	if (!token_header(part.header, &h, why))
		return WEIR_EINVALID;
	*why = "no key for the header's algorithm";
	key = token_key(keys, &h);
	if (!key)
		return WEIR_EINVALID;
	*own = token_is_own(keys, &h);
	*why = "the payload is not a JSON object in base64url";
	err = token_decode_object(part.payload, text, payload);
	if (err)
		return err == -ENOMEM ? err : WEIR_EINVALID;
	*why = "wrong signature";
	if (!token_signature_is_base64url(part.signature))
		return WEIR_EINVALID;
	return token_check_signature(key, token);
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_token_is_slow(struct weir_str token)
{
	struct token_parts part;
	struct token_header h;
	const char *why;

	return token_split(token, &part) && token_header(part.header, &h, &why) && algs[h.alg].family != WEIR_TOKEN_HS;
}

int weir_token_verify(const struct weir_token_keys *keys, struct weir_str token, int64_t now_s, struct weir_claims *out,
	const char **why)
{
	struct weir_json payload;
	const char *ignored;
	struct weir_buf text;
	bool own;
	int err;

	if (!why)
		why = &ignored;
	*out = (struct weir_claims){0};
	weir_buf_init(&text, TOKEN_MAX_BYTES);
	err = token_trust(keys, token, &text, &payload, &own, why);
	if (!err)
		err = weir__claims_read(keys, payload, own, now_s, out, why);
	weir_buf_fini(&text);
	if (err)
		*out = (struct weir_claims){0};
	else
		*why = NULL;
	return err;
}

int weir_token_sign(struct weir_str hmac_secret, struct weir_str claims_json, struct weir_buf *out)
{
	return weir__token_sign(hmac_secret, WEIR_STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), claims_json, out);
}

int weir__token_sign(
	struct weir_str hmac_secret, struct weir_str header, struct weir_str claims_json, struct weir_buf *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_n;
	struct weir_json claims;
	size_t start = out->len;

	if (!hmac_secret.n || hmac_secret.n > INT_MAX)
		return WEIR_EINVALID;
	if (weir_json_check(claims_json, WEIR_JSON_DEPTH, &claims, NULL) || claims.type != WEIR_JSON_OBJECT)
		return WEIR_EINVALID;
	weir_base64url_encode(out, header);
	weir_buf_char(out, '.');
	weir_base64url_encode(out, claims.text);
	if (out->failed)
		return -ENOMEM;
	if (!HMAC(EVP_sha256(), hmac_secret.p, (int)hmac_secret.n, (const unsigned char *)out->p + start,
		    out->len - start, mac, &mac_n))
		return -ENOMEM;
	weir_buf_char(out, '.');
	weir_base64url_encode(out, weir_str_n((const char *)mac, mac_n));
	return out->failed ? -ENOMEM : 0;
}
