/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about tokens share: the keys, and the step from a verified payload to claims. */
#ifndef WEIR_SESSION_TOKEN_PRIV_H
#define WEIR_SESSION_TOKEN_PRIV_H

#include "weir/session/token.h"

enum weir__token_family {
	WEIR_TOKEN_HS,
	WEIR_TOKEN_RS,
	WEIR_TOKEN_ES,
	WEIR_TOKEN_DASHBOARD, /* HS256, for tokens that name it by their kid */
	WEIR_TOKEN_FAMILIES,
};

struct weir__token_key {
	char *p; /* the secret, or a PEM text; owned; NULL: this family is not accepted */
	size_t n;
};

struct weir_token_keys {
	struct weir__token_key key[WEIR_TOKEN_FAMILIES];
	const char *es_alg; /* the only ES algorithm that fits the curve */
	char *audience, *issuer;
};

/*
 * Reads the claims from a payload whose signature has been verified and which weir_json_check() has accepted as an
 * object; with `own` the broker has signed it itself, for nobody else. Same results as weir_token_verify(), but for a
 * failure *out holds nothing of use and owns nothing.
 */
int weir__claims_read(const struct weir_token_keys *keys, struct weir_json payload, bool own, int64_t now_s,
	struct weir_claims *out, const char **why) WEIR_MUSTCHECK;

/* A token with this header, which says HS256. WEIR_EINVALID, -ENOMEM. */
int weir__token_sign(struct weir_str hmac_secret, struct weir_str header, struct weir_str claims_json,
	struct weir_buf *out) WEIR_MUSTCHECK;

#endif
