/* SPDX-License-Identifier: Apache-2.0 */
/* What has to hold for the engine's options. Nothing here looks whether Redis is there, or shows a password. */
#include "conf_priv.h"
#include "weir/engine/redis.h"

#define PREFIX_BYTES 128

static const struct conf_place nowhere;

static void check_addresses(
	struct conf_loader *l, const struct weir_conf_strings *list, bool sentinel, const char *option)
{
	for (size_t i = 0; i < list->n; i++) {
		struct weir_buf why;

		weir_buf_init(&why, 1024);
		if (weir_engine_redis_check_address(weir_str(list->v[i]), sentinel, &why))
			weir__conf_error(
				l, nowhere, "%s: number %zu: %.*s", option, i + 1, WEIR_STR_FMT(weir_buf_view(&why)));
		weir_buf_fini(&why);
	}
}

/* Keys are K{tag}…, and a brace in front would be the tag of all of them. */
static bool prefix_is_fine(struct weir_str prefix)
{
	for (size_t i = 0; i < prefix.n; i++)
		if (prefix.p[i] == '{' || prefix.p[i] == '}')
			return false;
	return prefix.n > 0 && prefix.n <= PREFIX_BYTES;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__conf_check_engine(struct conf_loader *l)
{
	const struct weir_conf *c = l->conf;
	bool sentinels = c->engine.redis.sentinel_address.n > 0;

	check_addresses(l, &c->engine.redis.address, false, "engine.redis.address");
	check_addresses(l, &c->engine.redis.sentinel_address, true, "engine.redis.sentinel_address");
	if (!c->engine.redis.address.n)
		weir__conf_error(l, nowhere, "engine.redis.address: expected an address");
	if (c->engine.redis.sentinel_address.n > WEIR_ENGINE_REDIS_SENTINELS_MAX)
		weir__conf_error(l, nowhere, "engine.redis.sentinel_address: expected at most %d",
			WEIR_ENGINE_REDIS_SENTINELS_MAX);
	if (!prefix_is_fine(weir_str(c->engine.redis.prefix)))
		weir__conf_error(
			l, nowhere, "engine.redis.prefix: expected 1 to %d bytes without { and }", PREFIX_BYTES);
	if (sentinels && !*c->engine.redis.sentinel_master_name)
		weir__conf_error(l, nowhere, "engine.redis.sentinel_address: needs sentinel_master_name");
	if (sentinels && c->engine.redis.address.n > 1)
		weir__conf_error(l, nowhere,
			"engine.redis.sentinel_address: is for one Redis; for shards give each a redis+sentinel:// "
			"address");
	if (!sentinels && *c->engine.redis.sentinel_master_name)
		weir__conf_error(l, nowhere, "engine.redis.sentinel_master_name: needs sentinel_address");
	if ((int64_t)c->engine.redis.address.n > c->engine.redis.partitions)
		weir__conf_error(l, nowhere, "engine.redis.partitions: is less than the number of shards");
	if (c->engine.type == WEIR_ENGINE_REDIS &&
		c->engine.redis.publish_queue_bytes < c->engine.redis.inline_max_bytes)
		weir__conf_error(l, nowhere, "engine.redis.publish_queue_bytes: is less than inline_max");
}
