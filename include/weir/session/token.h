/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection and subscription tokens: compact JWS (RFC 7515, 7519; RFC 8725 for the precautions). The algorithm is
 * bound to the configured key, never chosen by the token's header. libjwt checks the signature; the claims are then
 * read by weir's own scanner, because `info` and `data` must travel byte for byte. Nothing in a token is used before
 * its signature holds. Verification is a pure function of token, keys and time: any thread, and for RS and ES keys a
 * thread of the blocking pool.
 */
#ifndef WEIR_SESSION_TOKEN_H
#define WEIR_SESSION_TOKEN_H

#include "weir/event/json.h"

struct weir_token_keys;

struct weir_token_options {
	struct weir_str hmac_secret;      /* absent or empty: HS256/384/512 are not accepted */
	struct weir_str rsa_public_key;   /* PEM: RS256/384/512; < 2048 bits is refused */
	struct weir_str ecdsa_public_key; /* PEM: ES256/384/512, by the key's curve */
	struct weir_str audience, issuer; /* absent: not checked */
	struct weir_str dashboard_key;    /* of WEIR_DASHBOARD_KEY bytes; absent: no tokens of the dashboard's login */
};

/*
 * 0, or WEIR_EINVALID and a text for people in `why` (unreadable PEM, key too short). Immutable afterwards, any
 * thread.
 */
int weir_token_keys_new(
	const struct weir_token_options *o, struct weir_token_keys **out, struct weir_buf *why) WEIR_MUSTCHECK;
void weir_token_keys_free(struct weir_token_keys **keys);
/* Is checking this token's signature expensive (RS, ES by its header), so that it belongs on the blocking pool? */
bool weir_token_is_slow(struct weir_str token);

/*
 * Verified claims. Strings are decoded, raw members are JSON without raw newlines; all memory belongs to the claims.
 * Absent members are WEIR_STR_NONE.
 */
struct weir_claims {
	struct weir_str sub;     /* "" when absent: the anonymous user */
	struct weir_str channel; /* present: a subscription token */
	struct weir_str client;
	struct weir_str info; /* raw JSON; from b64info (a JSON value inside, else the base64 as a JSON string) if that
				 is given */
	struct weir_str data; /* raw JSON; b64data likewise */
	struct weir_str weir; /* raw JSON object of weir's own options */
	bool admin;           /* of these: may do everything, the HTTP API included */
	struct weir_str server_tags_filter; /* raw JSON object: a filter's tree */
	struct weir_str override;           /* raw JSON object */
	struct weir_str *channels;          /* names of server-side subscriptions, from `channels` */
	size_t n_channels;
	struct weir_str subs; /* raw JSON object: channel → options */
	int64_t expire_at_s;  /* `expire_at`, else `exp`; 0: never. Unix seconds */
	char *memory;         /* owns what the members point to */
};

/*
 * 0; WEIR_EEXPIRED (exp in the past or now, or nbf in the future); WEIR_EINVALID for anything else that is wrong
 * (format, header, algorithm, signature, ill-typed claim, audience, issuer); -ENOMEM. `why` (may be NULL) gets a reason
 * for the log, never for the peer. exp ≤ now is expired; no leeway.
 */
int weir_token_verify(const struct weir_token_keys *keys, struct weir_str token, int64_t now_s, struct weir_claims *out,
	const char **why) WEIR_MUSTCHECK;
void weir_claims_fini(struct weir_claims *c);

/*
 * Tokens of the dashboard's login. Their header names a key of its own by `kid`, made from the password, so that they
 * hold on every broker with that password and after a restart; aud and iss are not looked at. The derivation costs some
 * tens of milliseconds, for whoever has such a token and guesses as well as for the start. Any thread.
 */
#define WEIR_DASHBOARD_KEY  32
#define WEIR_DASHBOARD_KID  "weir-dashboard"
#define WEIR_DASHBOARD_USER "weir-dashboard"
void weir_dashboard_key(struct weir_str password, unsigned char key[WEIR_DASHBOARD_KEY]);
/* A token of an admin; appends to out. 0 or -ENOMEM. */
int weir_dashboard_token(
	const unsigned char key[WEIR_DASHBOARD_KEY], int64_t now_s, int64_t ttl_s, struct weir_buf *out) WEIR_MUSTCHECK;

/* For `weir token`: a signed HS256 token. `claims_json` is a JSON object. Appends to out. WEIR_EINVALID, -ENOMEM. */
int weir_token_sign(struct weir_str hmac_secret, struct weir_str claims_json, struct weir_buf *out) WEIR_MUSTCHECK;

#endif
