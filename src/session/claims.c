/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a verified payload. One row per claim that weir reads: a known claim that is there twice, or of another
 * type than its row says, makes the token invalid; null counts as absent; unknown claims are ignored. What the claims
 * keep is copied into one block: strings decoded, raw members byte for byte but for their newlines. Pure functions, any
 * thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "token_priv.h"
#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/event/event.h"

/* Beyond this a time is as good as never, and milliseconds still fit into 64 bits. */
#define TIME_MAX_S 1e15

#define T(type)  (1u << WEIR_JSON_##type)
#define ANY_TYPE (~0u)

/* id, name, allowed types */
#define CLAIMS(X)                                              \
	X(SUB, "sub", T(STRING))                               \
	X(EXP, "exp", T(NUMBER))                               \
	X(NBF, "nbf", T(NUMBER))                               \
	X(IAT, "iat", ANY_TYPE)                                \
	X(JTI, "jti", ANY_TYPE)                                \
	X(AUD, "aud", T(STRING) | T(ARRAY))                    \
	X(ISS, "iss", T(STRING))                               \
	X(CHANNEL, "channel", T(STRING))                       \
	X(CLIENT, "client", T(STRING))                         \
	X(INFO, "info", ANY_TYPE)                              \
	X(B64INFO, "b64info", T(STRING))                       \
	X(DATA, "data", ANY_TYPE)                              \
	X(B64DATA, "b64data", T(STRING))                       \
	X(WEIR, "weir", T(OBJECT))                             \
	X(OVERRIDE, "override", T(OBJECT))                     \
	X(SERVER_TAGS_FILTER, "server_tags_filter", T(OBJECT)) \
	X(CHANNELS, "channels", T(ARRAY))                      \
	X(SUBS, "subs", T(OBJECT))                             \
	X(META, "meta", ANY_TYPE)                              \
	X(EXPIRE_AT, "expire_at", T(NUMBER))

enum claim {
#define X(id, name, types) CLAIM_##id,
	CLAIMS(X)
#undef X
		CLAIM_COUNT
};

static const struct {
	struct weir_str name;
	unsigned types;
} rows[] = {
#define X(id, name, types) {{name, sizeof(name) - 1}, types},
	CLAIMS(X)
#undef X
};

static int claims_collect(struct weir_json payload, struct weir_json claim[CLAIM_COUNT], const char **why)
{
	struct weir_json_iter it = weir_json_members(payload);
	bool seen[CLAIM_COUNT] = {false};
	struct weir_str name;
	struct weir_json value;

	while (weir_json_next_member(&it, &name, &value))
		for (int i = 0; i < CLAIM_COUNT; i++) {
			if (!weir_json_string_is(name, rows[i].name))
				continue;
			*why = "a claim is there twice";
			if (seen[i])
				return WEIR_EINVALID;
			seen[i] = true;
			if (value.type == WEIR_JSON_NULL)
				continue;
			*why = "a claim has the wrong type";
			if (!(rows[i].types & (1u << value.type)))
				return WEIR_EINVALID;
			claim[i] = value;
		}
	return 0;
}

static bool claims_all_strings(struct weir_json array, size_t *count)
{
	struct weir_json_iter it = weir_json_elements(array);
	struct weir_json value;

	for (*count = 0; weir_json_next_element(&it, &value); (*count)++)
		if (value.type != WEIR_JSON_STRING)
			return false;
	return true;
}

static bool claims_audience_fits(struct weir_json aud, const char *wanted)
{
	struct weir_json_iter it;
	struct weir_json value;
	size_t count;

	if (aud.type == WEIR_JSON_ARRAY && !claims_all_strings(aud, &count))
		return false;
	if (!wanted)
		return true;
	if (aud.type == WEIR_JSON_STRING)
		return weir_json_string_is(aud.text, weir_str(wanted));
	if (aud.type != WEIR_JSON_ARRAY)
		return false;
	it = weir_json_elements(aud);
	while (weir_json_next_element(&it, &value))
		if (weir_json_string_is(value.text, weir_str(wanted)))
			return true;
	return false;
}

static bool claims_issuer_fits(struct weir_json iss, const char *wanted)
{
	return !wanted || (iss.type && weir_json_string_is(iss.text, weir_str(wanted)));
}

/* Absent leaves *out as it is. */
static int claims_time(struct weir_json v, double *out)
{
	if (v.type == WEIR_JSON_NONE)
		return 0;
	if (weir_json_double(v, out) || *out < 0)
		return WEIR_EINVALID;
	return 0;
}

static int64_t claims_seconds(double t)
{
	return t > TIME_MAX_S ? (int64_t)TIME_MAX_S : (int64_t)t;
}

/* A fraction above 0 is long past, not "never". */
static int64_t claims_seconds_up(double t)
{
	int64_t s = claims_seconds(t);

	return t > (double)s && t < TIME_MAX_S ? s + 1 : s;
}

static int claims_read_times(
	const struct weir_json claim[CLAIM_COUNT], int64_t now_s, int64_t *expire_at_s, const char **why)
{
	double exp = 0, nbf = 0, expire_at = 0;

	*why = "a time is negative or not finite";
	if (claims_time(claim[CLAIM_EXP], &exp) || claims_time(claim[CLAIM_NBF], &nbf) ||
		claims_time(claim[CLAIM_EXPIRE_AT], &expire_at))
		return WEIR_EINVALID;
	*why = "expired";
	if (claim[CLAIM_EXP].type && claims_seconds(exp) <= now_s)
		return WEIR_EEXPIRED;
	*why = "not valid yet";
	if (nbf > (double)now_s)
		return WEIR_EEXPIRED;
	if (!claim[CLAIM_EXPIRE_AT].type)
		*expire_at_s = claims_seconds(exp);
	else
		*expire_at_s = claims_seconds_up(expire_at);
	return 0;
}

/* What was appended to `mem` since `start`. */
static struct weir_str mem_since(const struct weir_buf *mem, size_t start)
{
	return weir_str_n(mem->p + start, mem->len - start);
}

static struct weir_str mem_string(struct weir_buf *mem, struct weir_json v)
{
	size_t start = mem->len;

	if (!v.type)
		return WEIR_STR_NONE;
	weir_json_string_decode(mem, v.text);
	return mem_since(mem, start);
}

/* An empty string in a member that names something means the same as none: some libraries write every member. */
static struct weir_str mem_name(struct weir_buf *mem, struct weir_json v)
{
	struct weir_str s = mem_string(mem, v);

	return s.n ? s : WEIR_STR_NONE;
}

static struct weir_str mem_raw(struct weir_buf *mem, struct weir_json v)
{
	size_t start = mem->len;

	if (!v.type)
		return WEIR_STR_NONE;
	weir_json_append_one_line(mem, v.text);
	return mem_since(mem, start);
}

static void put_wrapped(struct weir_buf *mem, struct weir_str base64)
{
	weir_buf_char(mem, WEIR_JSON_WRAPS);
	weir_json_append_string(mem, base64);
}

/* The JSON value inside the base64, or the base64 text as a JSON string that says so. WEIR_EINVALID if it is not base64. */
static int mem_base64(struct weir_buf *mem, struct weir_json v, struct weir_str *out)
{
	struct weir_buf text, bytes;
	struct weir_json inner;
	size_t start = mem->len;
	int err;

	weir_buf_init(&text, v.text.n);
	weir_buf_init(&bytes, v.text.n);
	weir_json_string_decode(&text, v.text);
	err = text.failed ? -ENOMEM : weir_base64_decode(&bytes, weir_buf_view(&text));
	if (!err) {
		if (weir_json_check(weir_buf_view(&bytes), WEIR_JSON_DEPTH, &inner, NULL) == 0)
			weir_json_append_one_line(mem, inner.text);
		else
			put_wrapped(mem, weir_buf_view(&text));
		*out = mem_since(mem, start);
	}
	weir_buf_fini(&text);
	weir_buf_fini(&bytes);
	return err && err != -ENOMEM ? WEIR_EINVALID : err;
}

static int mem_raw_or_base64(
	struct weir_buf *mem, struct weir_json raw, struct weir_json base64, struct weir_str *out, const char **why)
{
	*why = "bad base64 in a claim";
	if (base64.type)
		return mem_base64(mem, base64, out);
	*out = mem_raw(mem, raw);
	return 0;
}

static void claims_copy_channels(struct weir_json array, struct weir_buf *mem, struct weir_claims *out)
{
	struct weir_json_iter it = weir_json_elements(array);
	struct weir_json value;

	for (size_t i = 0; weir_json_next_element(&it, &value); i++)
		out->channels[i] = mem_string(mem, value);
}

/* All of it fits into what was reserved, so that nothing moves while the claims point there. */
static int claims_copy(
	const struct weir_json claim[CLAIM_COUNT], struct weir_buf *mem, struct weir_claims *out, const char **why)
{
	int err;

	if (out->n_channels)
		claims_copy_channels(claim[CLAIM_CHANNELS], mem, out);
	out->sub = claim[CLAIM_SUB].type ? mem_string(mem, claim[CLAIM_SUB]) : WEIR_STR("");
	out->channel = mem_name(mem, claim[CLAIM_CHANNEL]);
	out->client = mem_name(mem, claim[CLAIM_CLIENT]);
	out->weir = mem_raw(mem, claim[CLAIM_WEIR]);
	out->server_tags_filter = mem_raw(mem, claim[CLAIM_SERVER_TAGS_FILTER]);
	out->override = mem_raw(mem, claim[CLAIM_OVERRIDE]);
	out->subs = mem_raw(mem, claim[CLAIM_SUBS]);
	err = mem_raw_or_base64(mem, claim[CLAIM_INFO], claim[CLAIM_B64INFO], &out->info, why);
	if (!err)
		err = mem_raw_or_base64(mem, claim[CLAIM_DATA], claim[CLAIM_B64DATA], &out->data, why);
	return err ? err : mem->failed ? -ENOMEM : 0;
}

/* The one member of the object that this layer understands; the others are those of whoever uses the token. */
static int claims_admin(struct weir_json options, bool *admin, const char **why)
{
	struct weir_json_iter it;
	struct weir_json value;
	struct weir_str name;
	bool seen = false;

	if (!options.type)
		return 0;
	it = weir_json_members(options);
	*why = "weir.admin is there twice or neither true nor false";
	while (weir_json_next_member(&it, &name, &value)) {
		if (!weir_json_string_is(name, WEIR_STR("admin")))
			continue;
		if (seen || (value.type != WEIR_JSON_TRUE && value.type != WEIR_JSON_FALSE))
			return WEIR_EINVALID;
		seen = true;
		*admin = value.type == WEIR_JSON_TRUE;
	}
	return 0;
}

static int claims_allocate(struct weir_json payload, struct weir_json channels, struct weir_buf *mem,
	struct weir_claims *out, const char **why)
{
	size_t array_bytes;

	*why = "a name in channels is not a string";
	if (channels.type && !claims_all_strings(channels, &out->n_channels))
		return WEIR_EINVALID;
	array_bytes = out->n_channels * sizeof(*out->channels);
	weir_buf_init(mem, array_bytes + payload.text.n + 1);
	if (!weir_buf_reserve(mem, array_bytes + payload.text.n + 1))
		return -ENOMEM;
	if (out->n_channels)
		out->channels = (struct weir_str *)(void *)mem->p;
	mem->len = array_bytes;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__claims_read(const struct weir_token_keys *keys, struct weir_json payload, bool own, int64_t now_s,
	struct weir_claims *out, const char **why)
{
	struct weir_json claim[CLAIM_COUNT] = {0};
	struct weir_buf mem;
	char *block;
	int err;

	err = claims_collect(payload, claim, why);
	if (err)
		return err;
	*why = "another audience or issuer";
	if (!own && (!claims_audience_fits(claim[CLAIM_AUD], keys->audience) ||
			    !claims_issuer_fits(claim[CLAIM_ISS], keys->issuer)))
		return WEIR_EINVALID;
	err = claims_read_times(claim, now_s, &out->expire_at_s, why);
	if (err)
		return err;
	err = claims_admin(claim[CLAIM_WEIR], &out->admin, why);
	if (!err && own && (!out->admin || claim[CLAIM_CHANNEL].type)) {
		*why = "the dashboard's key signs nothing but admins";
		err = WEIR_EINVALID;
	}
	if (!err)
		err = claims_allocate(payload, claim[CLAIM_CHANNELS], &mem, out, why);
	if (err)
		return err;
	block = mem.p;
	err = claims_copy(claim, &mem, out, why);
	weir_assert(mem.p == block);
	if (err) {
		weir_buf_fini(&mem);
		return err;
	}
	out->memory = mem.p;
	return 0;
}

void weir_claims_fini(struct weir_claims *c)
{
	free(c->memory);
	*c = (struct weir_claims){0};
}
