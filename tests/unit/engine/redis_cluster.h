/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several brokers' engines as one, for the conformance suite: what is asked goes to one broker until all is quiet, then
 * to the next, so that what one has done is checked at another; and all have to see one log. A test's thread.
 */
#ifndef WEIR_TEST_REDIS_CLUSTER_H
#define WEIR_TEST_REDIS_CLUSTER_H

#include "redis_world.h"

struct weir_engine *cluster_make(unsigned brokers);
void cluster_free(struct weir_engine *e);
void cluster_pump(struct weir_engine *e);
void cluster_advance(struct weir_engine *e, uint64_t ms);

#endif
