/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of Redis this is: a master, of a version and mode that will do, in which life (run id and replication id:
 * both change with a restart and with a promotion). The scripts are loaded on the way. What may lose the log is warned
 * about once. The odd case: a user without the right to a command gets the command named, not just "NOPERM". Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_MIN 7

#define NEEDED                                                                                                        \
	"the user needs +role +info +script|load +evalsha +xread +xadd +xrevrange +hmget +hget +hset +hdel +hgetall " \
	"+hincrby +rpush +ltrim +llen +lrange +get +set +del +pexpire +sadd +srem +spop +smembers +scard +time"

/* ---- INFO ---- */

/* The value of "name:…" in INFO's text; absent: no such line. */
static struct weir_str info_value(struct weir_str text, const char *name)
{
	size_t n = strlen(name);

	while (text.n) {
		struct weir_str line = weir_str_trim(weir_str_cut(&text, '\n'));

		if (line.n > n && !memcmp(line.p, name, n) && line.p[n] == ':')
			return weir_str_n(line.p + n + 1, line.n - n - 1);
	}
	return WEIR_STR_NONE;
}

static void info_life(struct weir_str text, char *out, size_t size)
{
	struct weir_str run = info_value(text, "run_id"), repl = info_value(text, "master_replid");

	snprintf(out, size, "%.*s.%.*s", WEIR_STR_FMT(run), WEIR_STR_FMT(repl));
}

static bool info_is(struct weir_str text, const char *name, const char *value)
{
	return weir_str_is(info_value(text, name), value);
}

static void check_fail(struct redis_shard *s, enum redis_reason reason, const char *fmt, ...) WEIR_PRINTF(3, 4);
static void check_fail(struct redis_shard *s, enum redis_reason reason, const char *fmt, ...)
{
	char why[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	redis__check_done(s, reason, why);
}

static void warn(struct redis_shard *s, const char *what, const char *do_this)
{
	weir_slog(s->engine->o.log, ENGINE, WARN, what, WEIR_F_UINT("shard", s->index), WEIR_F_CSTR("do", do_this));
}

static void warn_of(struct redis_shard *s, struct weir_str info)
{
	struct weir_str replicas = info_value(info, "connected_slaves");

	if (s->warned)
		return;
	s->warned = true;
	if (info_value(info, "maxmemory_policy").n && !info_is(info, "maxmemory_policy", "noeviction"))
		warn(s, "redis may evict the log: maxmemory-policy is not noeviction",
			"CONFIG SET maxmemory-policy noeviction");
	if (replicas.n && !weir_str_is(replicas, "0") && !info_value(info, "min_slaves_good_slaves").n)
		warn(s, "redis acknowledges what no replica has: min-replicas-to-write is 0",
			"CONFIG SET min-replicas-to-write 1, and min-replicas-max-lag 2");
}

/* What speaks against this Redis; false: it has been told. */
static bool check_info(struct redis_shard *s, struct weir_str info)
{
	struct weir_str version = info_value(info, "redis_version"), rest = version;
	uint64_t major = 0;

	if (info_is(info, "loading", "1")) {
		check_fail(s, REDIS_UNREACHABLE, "it is loading its data");
		return false;
	}
	if (weir_str_u64(weir_str_cut(&rest, '.'), &major) < 0 || major < VERSION_MIN) {
		check_fail(s, REDIS_UNFIT, "version %.*s: 7.0 or newer is needed", WEIR_STR_FMT(version));
		return false;
	}
	if (info_is(info, "redis_mode", "cluster") || info_is(info, "cluster_enabled", "1")) {
		check_fail(s, REDIS_UNFIT,
			"it runs as Redis Cluster, which is not supported: list single servers or sentinels in "
			"engine.redis.address");
		return false;
	}
	if (info_is(info, "redis_mode", "sentinel")) {
		check_fail(s, REDIS_UNFIT,
			"this is a sentinel: use redis+sentinel://…?sentinel_master_name=…, or "
			"engine.redis.sentinel_address");
		return false;
	}
	if (!info_is(info, "role", "master")) {
		check_fail(s, REDIS_STALE, "it is a replica");
		return false;
	}
	info_life(info, s->life, sizeof(s->life));
	warn_of(s, info);
	return true;
}

/* ---- the answers ---- */

static bool is_current(const struct redis_shard *s)
{
	return s->state == REDIS_SHARD_CHECKING;
}

static bool answer_is_fine(struct redis_shard *s, const char *command, const struct weir_reply *r)
{
	if (!is_current(s) || !r)
		return false;
	if (r->type != WEIR_REPLY_ERROR)
		return true;
	if (weir_reply_is_error(r, "NOPERM"))
		check_fail(s, REDIS_UNFIT, "%s: %.*s; " NEEDED, command, WEIR_STR_FMT(r->str));
	else if (weir_reply_is_error(r, "NOAUTH"))
		check_fail(s, REDIS_LOGIN, "%s: %.*s: set the password in engine.redis", command, WEIR_STR_FMT(r->str));
	else
		check_fail(s, REDIS_UNREACHABLE, "%s: %.*s", command, WEIR_STR_FMT(r->str));
	return false;
}

static void check_one_done(struct redis_shard *s)
{
	if (--s->loading == 0)
		redis__check_done(s, REDIS_OK, NULL);
}

static void on_role(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;

	if (!answer_is_fine(s, "ROLE", r))
		return;
	if (r->type != WEIR_REPLY_ARRAY || !r->count || !weir_str_is(weir_reply_first(r)->str, "master"))
		check_fail(s, REDIS_STALE, "ROLE does not say master");
	else
		check_one_done(s);
}

static void on_info(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;

	if (!answer_is_fine(s, "INFO", r))
		return;
	if (r->type != WEIR_REPLY_STRING)
		check_fail(s, REDIS_UNREACHABLE, "INFO is answered by something else: is this Redis?");
	else if (check_info(s, r->str))
		check_one_done(s);
}

static void on_loaded(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;

	if (answer_is_fine(s, "SCRIPT LOAD", r))
		check_one_done(s);
}

/* Only for a warning: a user may lack the right to ask. */
static void on_save(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;
	struct weir_str values[2] = {WEIR_STR("?"), WEIR_STR("?")};
	const struct weir_reply *at;

	if (!r || r->type != WEIR_REPLY_ARRAY || s->warned_save)
		return;
	at = weir_reply_first(r);
	for (uint32_t i = 0; i + 1 < r->count; i += 2) {
		const struct weir_reply *value = weir_reply_next(at);

		if (weir_str_is(at->str, "save"))
			values[0] = value->str;
		if (weir_str_is(at->str, "appendonly"))
			values[1] = value->str;
		at = weir_reply_next(value);
	}
	s->warned_save = true;
	if (!values[0].n && weir_str_is(values[1], "no"))
		warn(s, "redis keeps nothing over a restart: appendonly and save are both off",
			"CONFIG SET appendonly yes");
}

static int check_ask(struct redis_shard *s, const char *const *words, size_t n, weir_redis_reply_fn fn)
{
	weir_argv_reset(&s->argv);
	for (size_t i = 0; i < n; i++)
		weir_argv_cstr(&s->argv, words[i]);
	return redis__shard_send(s, s->cmd, &s->argv, fn, s);
}

static void on_life(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;
	char life[sizeof(s->life)];

	if (!r || s->state != REDIS_SHARD_READY || r->type != WEIR_REPLY_STRING)
		return;
	info_life(r->str, life, sizeof(life));
	if (!info_is(r->str, "role", "master"))
		redis__shard_down(s, REDIS_STALE, "it has become a replica");
	else if (strcmp(life, s->life))
		redis__shard_down(s, REDIS_STALE, "its life is another one: restarted or promoted");
}

/* ------------------------------------------------------------------------------------------------------------------ */

/* Of a command, or of one inside a script (7.0 says it in words only). */
bool redis__is_permission(struct weir_str error)
{
	return weir_str_contains(error, WEIR_STR("NOPERM")) ||
	       weir_str_contains(error, WEIR_STR("user executing the script"));
}

int redis__check_start(struct redis_shard *s)
{
	int err;

	s->loading = 2 + WEIR_SCRIPTS;
	err = check_ask(s, (const char *const[]){"ROLE"}, 1, on_role);
	if (!err)
		err = check_ask(s, (const char *const[]){"INFO"}, 1, on_info);
	if (!err && !s->warned_save)
		err = check_ask(s, (const char *const[]){"CONFIG", "GET", "save", "appendonly"}, 4, on_save);
	for (unsigned i = 0; i < WEIR_SCRIPTS && !err; i++) {
		weir_argv_reset(&s->argv);
		weir_argv_cstr(&s->argv, "SCRIPT");
		weir_argv_cstr(&s->argv, "LOAD");
		weir_argv_str(&s->argv, weir_script_text((enum weir_script)i));
		err = redis__shard_send(s, s->cmd, &s->argv, on_loaded, s);
	}
	return err;
}

void redis__check_life(struct redis_shard *s)
{
	if (check_ask(s, (const char *const[]){"INFO", "server", "replication"}, 3, on_life) < 0)
		redis__shard_down(s, REDIS_UNREACHABLE, "more commands wait than may");
}
