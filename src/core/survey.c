/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a survey's slots, and who is the last to finish. Any thread; see survey.h. */
#include "weir/core/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/base/mem.h"

static struct weir_str copy(char **at, struct weir_str s)
{
	struct weir_str to = {s.p ? *at : NULL, s.n};

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return to;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_survey_request *weir_survey_request_new(const struct weir_survey_question *q)
{
	struct weir_survey_request *r = calloc(1, sizeof(*r) + q->user.n + q->channel.n + q->after_client.n);
	char *at;

	weir_assert(q->limit > 0);
	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_SURVEY;
	r->q = *q;
	at = r->storage;
	r->q.user = copy(&at, q->user);
	r->q.channel = copy(&at, q->channel);
	r->q.after_client = copy(&at, q->after_client);
	return r;
}

void weir_survey_fini(struct weir_survey_request *r)
{
	for (unsigned i = 0; i < r->n_slots; i++) {
		for (size_t k = 0; k < r->slots[i].count; k++)
			free(r->slots[i].clients[k]);
		free(r->slots[i].clients);
	}
	free(r->slots);
	r->slots = NULL;
	r->n_slots = 0;
}

int weir_survey_begin(struct weir_survey_request *r, unsigned workers)
{
	r->slots = calloc(workers, sizeof(*r->slots));
	if (!r->slots)
		return -ENOMEM;
	r->n_slots = workers;
	r->shown = true;
	atomic_store_explicit(&r->left, workers + 1, memory_order_relaxed);
	return 0;
}

bool weir_survey_finish_one(struct weir_survey_request *r)
{
	return atomic_fetch_sub_explicit(&r->left, 1, memory_order_acq_rel) == 1;
}
