/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about a client's queue share. */
#ifndef WEIR_BUS_QUEUE_PRIV_H
#define WEIR_BUS_QUEUE_PRIV_H

#include "weir/bus/queue.h"

void weir__queue_account(struct weir_queue *q, size_t came, size_t went); /* bytes */
void weir__queue_ready(struct weir_queue *q, struct weir_lane *l);        /* links a lane that is in no list */
void weir__queue_after_pop(struct weir_queue *q, struct weir_lane *l);    /* an entry has left it */
void weir__queue_hold(struct weir_queue *q, struct weir_lane *l, uint64_t now_ms);
void weir__queue_release(struct weir_queue *q, struct weir_lane *l); /* it was held */
void weir__queue_settle(struct weir_queue *q, struct weir_lane *l);  /* if it conflates */

#endif
