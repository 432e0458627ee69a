/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the Redis engine, looked at before there is one. Pure but for memory, any thread. */
#include "address.h"
#include "weir/engine/redis.h"

_Static_assert(WEIR_ENGINE_REDIS_SENTINELS_MAX == WEIR_REDIS_SENTINELS_MAX, "the bound is said in both headers");

int weir_engine_redis_check_address(struct weir_str address, bool sentinel, struct weir_buf *why)
{
	struct weir_redis_address a;
	int err = weir_redis_address_parse(address, &a, why);

	if (!err && sentinel && (a.n_sentinels || !a.endpoint.host))
		err = WEIR_EINVALID;
	if (err == WEIR_EINVALID && sentinel) {
		weir_buf_reset(why);
		weir_buf_lit(why, "expected host:port");
	}
	weir_redis_address_fini(&a);
	return err;
}
