/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of Redis this is: a master, of a version and mode that will do, in which life (run id and replication id:
 * both change with a restart and with a promotion). The scripts are loaded on the way; the last one asked is check.lua:
 * whether the user may do all that the others do, and whether the brokers there have the same partitions. What may lose
 * the log is warned about once. The odd case: nothing is written before all else is known to be fine. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_MIN    7
#define ERROR_TEXT_MAX 200
#define SHA_DIGITS     40

/* What is called from outside of scripts; what they call is listed in check.lua. */
#define NEEDED "the user needs +info +role +script|load +evalsha +xread"

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

	snprintf(out, size, "%.*s.%.*s", run.n < 45 ? (int)run.n : 45, run.p ? run.p : "",
		repl.n < 45 ? (int)repl.n : 45, repl.p ? repl.p : "");
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

static const char *master_of(struct weir_str info, char *out, size_t n)
{
	struct weir_str host = info_value(info, "master_host"), port = info_value(info, "master_port");

	snprintf(out, n, "%.*s:%.*s", host.n < 90 ? (int)host.n : 90, host.p ? host.p : "?",
		port.n < 10 ? (int)port.n : 10, port.p ? port.p : "?");
	return out;
}

/* What speaks against this Redis; false: it has been told. */
static bool check_info(struct redis_shard *s, struct weir_str info)
{
	struct weir_str version = info_value(info, "redis_version"), rest = version;
	uint64_t major = 0;
	char of[128];

	if (info_is(info, "loading", "1")) {
		check_fail(s, REDIS_UNREACHABLE, "it is loading its data");
		return false;
	}
	if (!version.n) {
		check_fail(s, REDIS_UNFIT, "INFO names no redis_version: is this Redis?");
		return false;
	}
	if (weir_str_u64(weir_str_cut(&rest, '.'), &major) < 0 || major < VERSION_MIN) {
		check_fail(s, REDIS_UNFIT, "version %.*s: Redis 7.0 or newer is needed",
			version.n < 40 ? (int)version.n : 40, version.p);
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
		check_fail(s, REDIS_STALE,
			"it is a replica of %s: set engine.redis.address to the master, or ask sentinels",
			master_of(info, of, sizeof(of)));
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
	int n;

	if (!is_current(s) || !r)
		return false;
	if (r->type != WEIR_REPLY_ERROR)
		return true;
	n = r->str.n < ERROR_TEXT_MAX ? (int)r->str.n : ERROR_TEXT_MAX;
	if (weir_reply_is_error(r, "NOPERM") && weir_str_contains(r->str, WEIR_STR(" keys ")))
		check_fail(s, REDIS_UNFIT, "%s: %.*s: the user needs the keys ~%.150s*", command, n, r->str.p,
			s->engine->o.prefix);
	else if (redis__is_permission(r->str))
		check_fail(s, REDIS_UNFIT, "%s: %.*s: " NEEDED, command, n, r->str.p);
	else if (weir_reply_is_error(r, "NOAUTH"))
		check_fail(s, REDIS_LOGIN, "%s: %.*s: set engine.redis.password", command, n, r->str.p);
	else if (weir_reply_is_error(r, "LOADING"))
		check_fail(s, REDIS_UNREACHABLE, "it is loading its data");
	else if (weir_reply_is_error(r, "OOM") || weir_reply_is_error(r, "NOREPLICAS") ||
		 weir_reply_is_error(r, "MISCONF"))
		check_fail(s, REDIS_REFUSING, "%s: %.*s", command, n, r->str.p);
	else
		check_fail(s, REDIS_UNREACHABLE, "%s: %.*s", command, n, r->str.p);
	return false;
}

/* ---- rights and shape ---- */

static void shape_of(const struct redis_shard *s, char *out, size_t n)
{
	snprintf(out, n, "partitions=%u shards=%u shard=%u", s->engine->n_partitions, s->engine->n_shards, s->index);
}

/* Some partition of this shard, for its keys. */
static struct weir_str some_key(const struct redis_shard *s)
{
	const struct redis_engine *e = s->engine;

	for (unsigned i = 0; i < e->n_partitions; i++)
		if (e->partitions[i].shard == s)
			return e->partitions[i].key;
	return e->partitions[0].key;
}

static void on_checked(void *ctx, const struct weir_reply *r)
{
	struct redis_shard *s = ctx;
	struct weir_check_reply c;
	char shape[80];

	if (!answer_is_fine(s, "EVALSHA", r))
		return;
	shape_of(s, shape, sizeof(shape));
	if (weir_script_check_reply(r, &c) < 0)
		check_fail(s, REDIS_UNREACHABLE, "EVALSHA is answered by something else: is this Redis?");
	else if (c.missing[0])
		check_fail(s, REDIS_UNFIT, "the user may not do all that is needed with keys %.150s*: it lacks %s",
			s->engine->o.prefix, c.missing);
	else if (!weir_str_is(c.shape, shape))
		check_fail(s, REDIS_UNFIT,
			"other brokers there have %.*s, this one has %s: make engine.redis.partitions and address the "
			"same, or take another prefix; to change it for all: stop them and delete the key "
			"%.150s:shape",
			c.shape.n < 80 ? (int)c.shape.n : 80, c.shape.p, shape, s->engine->o.prefix);
	else
		redis__check_done(s, REDIS_OK, NULL);
}

static void check_one_done(struct redis_shard *s)
{
	char shape[80], key[200];

	if (--s->loading > 0)
		return;
	shape_of(s, shape, sizeof(shape));
	snprintf(key, sizeof(key), "%.150s:shape", s->engine->o.prefix);
	weir_script_check(&s->argv, weir_str(key), some_key(s), weir_str(shape));
	if (redis__shard_send(s, s->cmd, &s->argv, on_checked, s) < 0)
		redis__shard_down(s, REDIS_UNREACHABLE, "no memory");
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

	if (!answer_is_fine(s, "SCRIPT LOAD", r))
		return;
	if (r->type != WEIR_REPLY_STRING || r->str.n != SHA_DIGITS)
		check_fail(s, REDIS_UNREACHABLE, "SCRIPT LOAD is answered by something else: is this Redis?");
	else
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
	err = check_ask(s, (const char *const[]){"INFO"}, 1, on_info); /* first: it tells best what this is */
	if (!err)
		err = check_ask(s, (const char *const[]){"ROLE"}, 1, on_role);
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
