/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a shard's Redis is, as configured: redis://[user:password@]host[:port][/db], unix://[user:password@]/path[?db=n],
 * redis+sentinel://[user:password@]host[:port][,host[:port]…][/db]?sentinel_master_name=NAME[&sentinel_user=…&sentinel_password=…].
 * rediss:// and redis+cluster:// are recognised and refused with a text that says so. Percent-encoding in user and password. Also
 * "host:port" alone, as Centrifugo takes it. Any thread.
 */
#ifndef WEIR_REDIS_ADDRESS_H
#define WEIR_REDIS_ADDRESS_H

#include "link.h"
#include "weir/base/buf.h"

#define WEIR_REDIS_SENTINELS_MAX 16

struct weir_redis_address {
	char *user, *password; /* "" : none */
	unsigned db;
	struct weir_redis_endpoint endpoint; /* of Redis, where there are no sentinels */
	char *master_name;                   /* "": no sentinels */
	char *sentinel_user, *sentinel_password;
	struct weir_redis_endpoint sentinels[WEIR_REDIS_SENTINELS_MAX];
	size_t n_sentinels;
};

/* WEIR_EINVALID: why says what was expected, never the password. */
int weir_redis_address_parse(struct weir_str text, struct weir_redis_address *a, struct weir_buf *why) WEIR_MUSTCHECK;
void weir_redis_address_fini(struct weir_redis_address *a);
/* For log lines: without user and password. */
void weir_redis_address_show(const struct weir_redis_address *a, struct weir_buf *b);

#endif
