/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker's files share. Worker's thread. */
#ifndef WEIR_CORE_WORKER_PRIV_H
#define WEIR_CORE_WORKER_PRIV_H

#include "weir/core/worker.h"

void weir__worker_deal_with_fault(struct weir_worker *w, struct weir_client *c);
void weir__worker_reset(struct weir_worker *w, const struct weir_reset *reset);
/*
 * Last of a turn: says what waits here; past the broker's budget sheds, if the largest client is here, or has the
 * worker wake that has it. True: there is more to shed in the next turn.
 */
bool weir__worker_keep_budget(struct weir_worker *w);

#endif
