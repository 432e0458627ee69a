/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that may wait for the clients of the whole broker. At the end of a turn each worker says how many wait with
 * it, and how many of them for its largest client (protocol.md §14.4); whoever sees the total past the bound has the
 * worker with the largest client shed (core/overflow.c). A figure may be a turn old: that moves the moment, not the
 * bound for good. Any thread.
 */
#ifndef WEIR_CORE_BUDGET_H
#define WEIR_CORE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct weir_budget_share {
	_Alignas(64) atomic_size_t bytes; /* written by one worker */
	atomic_size_t largest;            /* of one client; 0: there is nothing worth shedding */
};

struct weir_budget {
	size_t max_bytes; /* 0: no bound */
	atomic_bool over; /* it was past the bound, and is not below the mark yet */
	unsigned n;       /* workers */
	struct weir_budget_share *shares;
	/* That worker is to end a turn soon; from any worker's thread, also for one that has ended. */
	void (*wake)(void *ctx, unsigned worker);
	void *ctx;
};

void weir_budget_init(
	struct weir_budget *b, size_t max_bytes, unsigned workers, void (*wake)(void *ctx, unsigned worker), void *ctx);
void weir_budget_fini(struct weir_budget *b);
/* NULL: 0. */
size_t weir_budget_bytes(const struct weir_budget *b);
size_t weir_budget_max(const struct weir_budget *b);
/*
 * How much has to go: 0, until the total is past the bound; then what is above the mark, 15/16 of it, until nothing is.
 */
size_t weir_budget_excess(struct weir_budget *b);
void weir_budget_say(struct weir_budget *b, unsigned worker, size_t bytes, size_t largest);
/* The worker with the largest client; UINT_MAX: none has one. */
unsigned weir_budget_heaviest(const struct weir_budget *b);

#endif
