/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many clients there may be, and how fast new ones may come: client.connection_limit and
 * client.connection_rate_limit, one object for all workers. The rate is a token bucket in one atomic word: the time at
 * which the bucket would be full again. Any thread.
 */
#ifndef WEIR_SERVER_LIMITS_H
#define WEIR_SERVER_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir/base/err.h"

struct weir_limits {
	atomic_ullong max_total, rate, burst; /* 0: no limit; rate in clients per second */
	atomic_ullong total;                  /* admitted and not yet released */
	atomic_ullong full_at_ns;
	atomic_ullong refused_total, refused_rate;
};

void weir_limits_init(struct weir_limits *l, uint64_t max_total, uint64_t rate, uint64_t burst);
void weir_limits_set(struct weir_limits *l, uint64_t max_total, uint64_t rate, uint64_t burst); /* a reload */
/* 0: admitted, release it when it goes. WEIR_ELIMIT: refused; *retry_after_s says when to come again. */
int weir_limits_admit(struct weir_limits *l, uint64_t now_ms, unsigned *retry_after_s) WEIR_MUSTCHECK;
void weir_limits_release(struct weir_limits *l);

#endif
