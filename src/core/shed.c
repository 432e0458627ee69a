/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's part in keeping the budget of the whole broker (core/budget.h): the largest client first, by its own
 * policies, a quarter of it at a time, until the total is below the mark. It is done behind the turn's flush, so what
 * still waits is what sockets do not take. The odd case: a client that is closing has no policy any more, and what
 * waits for it is dropped. Worker's thread.
 */
#include <limits.h>

#include "worker_priv.h"

#define STEPS_MAX 4096 /* frames dropped in one turn */

static size_t shed_share(const struct weir_queue *q, size_t excess)
{
	size_t quarter = q->bytes / 4 + 1;

	return quarter < excess ? quarter : excess;
}

/* False: it had nothing to give. */
static bool shed_one(struct weir_worker *w, struct weir_queue *q, size_t excess, unsigned *steps)
{
	struct weir_client *c = WEIR_CONTAINER_OF(q, struct weir_client, queue);
	size_t before = w->queues.bytes;

	weir_stat_add(&w->stats, budget_sheds, 1);
	if (c->open)
		weir_worker_shed(w, c, shed_share(q, excess), steps);
	else
		weir_queue_clear(q);
	if (!weir_list_empty(&c->fault))
		weir__worker_deal_with_fault(w, c);
	return w->queues.bytes < before;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__worker_keep_budget(struct weir_worker *w)
{
	struct weir_budget *b = w->o.budget;
	unsigned steps = STEPS_MAX, heaviest;
	struct weir_queue *q;
	size_t excess;

	do {
		q = weir_queues_largest(&w->queues);
		weir_budget_say(b, w->o.id, w->queues.bytes, q ? q->bytes : 0);
		excess = weir_budget_excess(b);
		if (!excess)
			return false;
		heaviest = weir_budget_heaviest(b);
		if (heaviest == UINT_MAX)
			return false;
		if (heaviest != w->o.id) {
			b->wake(b->ctx, heaviest);
			return false;
		}
		if (!steps)
			return true;
	} while (shed_one(w, q, excess, &steps));
	return false;
}
