/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Room again": senders that were refused wait here for the receiver to drain. No notice is lost: a waiter registers
 * and looks for room within one critical section, the receiver looks for waiters in another after each drain. Whichever
 * comes second sees what the first did: the waiter sees the room that was made, or the receiver sees the waiter. If the
 * waiter sees no room, more than half of the messages are still inside, so a drain is still to come. A waiter's async
 * is sent to only within the critical section: who has passed it may close.
 */
#include "mailbox_priv.h"

#include <stdlib.h>

#include "weir/base/err.h"
#include "weir/base/mem.h"

/* Leaves the waiters, whether it was told or not; afterwards nobody else touches w. */
static void waiter_leave(struct weir_mailbox_waiter *w)
{
	pthread_mutex_lock(&w->among->mutex);
	weir_list_remove(&w->link);
	pthread_mutex_unlock(&w->among->mutex);
	weir__mailbox_waiters_unref(&w->among);
}

static void waiter_on_async(uv_async_t *async)
{
	struct weir_mailbox_waiter *w = WEIR_CONTAINER_OF(async, struct weir_mailbox_waiter, async);

	if (!w->among)
		return;
	waiter_leave(w);
	w->room(w);
}

static void waiter_on_closed(uv_handle_t *handle)
{
	struct weir_mailbox_waiter *w = WEIR_CONTAINER_OF((uv_async_t *)handle, struct weir_mailbox_waiter, async);

	if (w->closed)
		w->closed(w);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_mailbox_waiters *weir__mailbox_waiters_new(void)
{
	struct weir_mailbox_waiters *ws = weir_xmalloc(sizeof(*ws));

	weir_assert(pthread_mutex_init(&ws->mutex, NULL) == 0);
	weir_list_init(&ws->list);
	ws->refs = 1;
	return ws;
}

void weir__mailbox_waiters_unref(struct weir_mailbox_waiters **pws)
{
	struct weir_mailbox_waiters *ws = *pws;
	bool last;

	*pws = NULL;
	pthread_mutex_lock(&ws->mutex);
	last = --ws->refs == 0;
	pthread_mutex_unlock(&ws->mutex);
	if (!last)
		return;
	pthread_mutex_destroy(&ws->mutex);
	free(ws);
}

void weir__mailbox_tell_room(struct weir_mailbox *mb)
{
	struct weir_mailbox_waiters *ws = mb->waiters;

	pthread_mutex_lock(&ws->mutex);
	if (weir__mailbox_has_room(mb))
		while (!weir_list_empty(&ws->list)) {
			struct weir_mailbox_waiter *w =
				weir_list_entry(ws->list.next, struct weir_mailbox_waiter, link);

			weir_list_remove(&w->link);
			uv_async_send(&w->async);
		}
	pthread_mutex_unlock(&ws->mutex);
}

int weir_mailbox_waiter_init(
	struct weir_mailbox_waiter *w, struct weir_loop *loop, void (*room)(struct weir_mailbox_waiter *w))
{
	weir_assert(weir_loop_is_current(loop));
	w->loop = loop;
	w->room = room;
	w->closed = NULL;
	w->among = NULL;
	weir_list_init(&w->link);
	return uv_async_init(&loop->uv, &w->async, waiter_on_async);
}

void weir_mailbox_wait(struct weir_mailbox *mb, struct weir_mailbox_waiter *w)
{
	struct weir_mailbox_waiters *ws = mb->waiters;

	weir_assert(weir_loop_is_current(w->loop));
	weir_assert(!w->among || w->among == ws);
	if (w->among)
		return;
	w->among = ws;
	pthread_mutex_lock(&ws->mutex);
	ws->refs++;
	if (weir__mailbox_has_room(mb))
		uv_async_send(&w->async);
	else
		weir_list_append(&ws->list, &w->link);
	pthread_mutex_unlock(&ws->mutex);
}

bool weir_mailbox_waiter_waits(const struct weir_mailbox_waiter *w)
{
	return w->among != NULL;
}

void weir_mailbox_waiter_close(struct weir_mailbox_waiter *w, void (*closed)(struct weir_mailbox_waiter *w))
{
	weir_assert(weir_loop_is_current(w->loop));
	w->closed = closed;
	if (w->among)
		waiter_leave(w);
	uv_close((uv_handle_t *)&w->async, waiter_on_closed);
}
