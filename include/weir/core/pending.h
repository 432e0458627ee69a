/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deadline on a pending operation: whoever comes first, the result or the deadline, finishes it; the other is
 * ignored. Many operations share one timer. Loop's thread only.
 */
#ifndef WEIR_CORE_PENDING_H
#define WEIR_CORE_PENDING_H

#include "weir/base/timers.h"
#include "weir/core/timer.h"

struct weir_pending;
typedef void (*weir_pending_fn)(struct weir_pending *p, int result); /* WEIR_ETIMEOUT at the deadline; called once */

/* Zeroed before it is first used; may be started again once finished, also from inside fn. */
struct weir_pending {
	struct weir_deadline deadline;
	struct weir_pendings *set;
	weir_pending_fn fn;
	bool active;
};

/* All operations with a deadline of one loop. */
struct weir_pendings {
	struct weir_timer timer;
	struct weir_timers timers;
	uint64_t armed_ms; /* what the timer is set to, UINT64_MAX: it is not */
	bool closing;
	void (*closed)(struct weir_pendings *set);
};

int weir_pendings_init(struct weir_pendings *set, struct weir_loop *loop) WEIR_MUSTCHECK;
/* Operations still pending are finished with WEIR_ECANCELLED first, inside; none may be started from then on. */
void weir_pendings_close(struct weir_pendings *set, void (*closed)(struct weir_pendings *set));
/* The time counts from the beginning of the loop's turn; UINT64_MAX: no deadline. fn is never called inside. */
void weir_pending_start(struct weir_pendings *set, struct weir_pending *p, uint64_t timeout_ms, weir_pending_fn fn);
/* Finishes with this result; false if it is finished already (too late: drop the result). fn runs inside. */
bool weir_pending_finish(struct weir_pending *p, int result);
bool weir_pending_active(const struct weir_pending *p);

#endif
