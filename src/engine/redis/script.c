/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of the Lua scripts, embedded when weir is built (scripts.inc: each with its SHA-1), and the beginning of
 * the command that calls one. Any thread.
 */
#include "script_priv.h"

#define TTL_MAX_MS ((uint64_t)1 << 50) /* Redis refuses what its clock cannot hold */

static const struct {
	struct weir_str text;
	const char *sha;
} scripts[WEIR_SCRIPTS] = {
#define SCRIPT(name, sha, text) [WEIR_SCRIPT_##name] = {{text, sizeof(text) - 1}, sha},
#include "src/engine/redis/scripts.inc"
#undef SCRIPT
};

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir_script_text(enum weir_script s)
{
	return scripts[s].text;
}

const char *weir_script_sha(enum weir_script s)
{
	return scripts[s].sha;
}

void weir__script_begin(struct weir_argv *a, enum weir_script s, struct weir_str key)
{
	weir_argv_reset(a);
	weir_argv_cstr(a, "EVALSHA");
	weir_argv_cstr(a, weir_script_sha(s));
	weir_argv_cstr(a, "1");
	weir_argv_join(a, (struct weir_str[]){key, WEIR_STR(":m")}, 2);
}

uint64_t weir__ttl(uint64_t ms)
{
	return ms > 0 && ms < TTL_MAX_MS ? ms : TTL_MAX_MS;
}

uint64_t weir__ttl_with_reserve(uint64_t ms)
{
	ms = weir__ttl(ms);
	return ms + ms / 8;
}
