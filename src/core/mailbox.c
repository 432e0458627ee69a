/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mailbox: a ring, an async handle that wakes the receiver, an idle handle that goes on draining.
 *
 * No wake-up is lost. `awake` says that the receiver will look into the ring without being told. A sender fills its
 * place, then swaps `awake` to true, and wakes if it was false. The receiver, when it finds nothing, swaps `awake` to
 * false, then looks once more. Both are read-modify-writes with acquire and release on one variable, so they have one
 * order, and the later one sees all that came before the earlier one: either the sender's comes first and the second
 * look finds the message, or the receiver's comes first and the sender finds false and wakes. Every change of `awake`
 * is such a swap; a plain store in between would cut the chain. (The ring looks empty while its next place is claimed
 * but not filled. Whoever fills it swaps afterwards, so this holds for it too.)
 *
 * A sender still uses the mailbox when its message has been received already, so a close waits for `senders` to leave.
 */
#include "weir/core/mailbox.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "mailbox_priv.h"
#include "weir/base/err.h"
#include "weir/base/mem.h"

/* False: there is none, and the next sender will wake us. */
static bool mailbox_next(struct weir_mailbox *mb, void *msg)
{
	if (mb->has_held) {
		mb->has_held = false;
		memcpy(msg, mb->held, mb->ring.elem_size);
		return true;
	}
	if (weir_ring_pop(&mb->ring, msg))
		return true;
	atomic_exchange(&mb->awake, false);
	if (!weir_ring_pop(&mb->ring, msg))
		return false;
	atomic_exchange(&mb->awake, true);
	return true;
}

static void mailbox_hold(struct weir_mailbox *mb, const void *msg)
{
	memcpy(mb->held, msg, mb->ring.elem_size);
	mb->has_held = true;
	mb->paused = true;
}

static void mailbox_on_idle_closed(uv_handle_t *handle)
{
	struct weir_mailbox *mb = WEIR_CONTAINER_OF((uv_idle_t *)handle, struct weir_mailbox, again);

	weir__mailbox_waiters_unref(&mb->waiters);
	weir_ring_fini(&mb->ring);
	free(mb->held);
	mb->held = NULL;
	if (mb->closed)
		mb->closed(mb);
}

static void mailbox_on_async_closed(uv_handle_t *handle)
{
	struct weir_mailbox *mb = WEIR_CONTAINER_OF((uv_async_t *)handle, struct weir_mailbox, async);

	uv_close((uv_handle_t *)&mb->again, mailbox_on_idle_closed);
}

/* `closing` is set before `senders` is read here, and a sender counts itself before it reads `closing`. */
static void mailbox_finish(struct weir_mailbox *mb)
{
	_Alignas(max_align_t) unsigned char msg[WEIR_MAILBOX_MSG_MAX];

	uv_idle_stop(&mb->again);
	while (atomic_load(&mb->senders) > 0)
		sched_yield();
	mb->draining = true;
	while (mailbox_next(mb, msg))
		mb->fn(mb, msg);
	mb->draining = false;
	weir__mailbox_tell_room(mb);
	uv_close((uv_handle_t *)&mb->async, mailbox_on_async_closed);
}

static void mailbox_on_again(uv_idle_t *idle);

/* Paused: takes nothing, and `awake` stays true; resuming drains. */
static void mailbox_drain(struct weir_mailbox *mb)
{
	_Alignas(max_align_t) unsigned char msg[WEIR_MAILBOX_MSG_MAX];
	size_t left = mb->budget;
	bool more = true;

	mb->draining = true;
	while (!mb->paused && !atomic_load(&mb->closing) && left > 0 && (more = mailbox_next(mb, msg))) {
		left--;
		if (!mb->fn(mb, msg))
			mailbox_hold(mb, msg);
	}
	mb->draining = false;
	if (atomic_load(&mb->closing)) {
		mailbox_finish(mb);
		return;
	}
	if (more && !mb->paused)
		uv_idle_start(&mb->again, mailbox_on_again);
	else
		uv_idle_stop(&mb->again);
	weir__mailbox_tell_room(mb);
}

static void mailbox_on_again(uv_idle_t *idle)
{
	mailbox_drain(WEIR_CONTAINER_OF(idle, struct weir_mailbox, again));
}

static void mailbox_on_async(uv_async_t *async)
{
	struct weir_mailbox *mb = WEIR_CONTAINER_OF(async, struct weir_mailbox, async);

	if (!uv_is_active((uv_handle_t *)&mb->again)) /* else one budget a turn is enough */
		mailbox_drain(mb);
}

/* The sender has counted itself. */
static bool mailbox_push(struct weir_mailbox *mb, const void *msg)
{
	if (atomic_load(&mb->closing) || !weir_ring_push(&mb->ring, msg)) {
		atomic_fetch_add_explicit(&mb->refused, 1, memory_order_relaxed);
		return false;
	}
	atomic_fetch_add_explicit(&mb->sent, 1, memory_order_relaxed);
	if (!atomic_exchange(&mb->awake, true)) {
		atomic_fetch_add_explicit(&mb->wakeups, 1, memory_order_relaxed);
		uv_async_send(&mb->async);
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__mailbox_has_room(const struct weir_mailbox *mb)
{
	return weir_ring_count(&mb->ring) <= weir_ring_capacity(&mb->ring) / 2;
}

int weir_mailbox_init(struct weir_mailbox *mb, struct weir_loop *loop, size_t elem_size, size_t capacity, size_t budget,
	weir_mailbox_fn fn, void *ctx)
{
	int err;

	weir_assert(weir_loop_is_current(loop));
	weir_assert(elem_size <= WEIR_MAILBOX_MSG_MAX && budget > 0);
	err = uv_async_init(&loop->uv, &mb->async, mailbox_on_async);
	if (err)
		return err;
	uv_idle_init(&loop->uv, &mb->again);
	weir_ring_init(&mb->ring, elem_size, capacity);
	mb->loop = loop;
	mb->fn = fn;
	mb->closed = NULL;
	mb->ctx = ctx;
	mb->budget = budget;
	mb->paused = mb->draining = mb->has_held = false;
	mb->held = weir_xmalloc(elem_size);
	mb->waiters = weir__mailbox_waiters_new();
	atomic_init(&mb->closing, false);
	atomic_init(&mb->awake, false);
	atomic_init(&mb->senders, 0);
	atomic_init(&mb->sent, 0);
	atomic_init(&mb->refused, 0);
	atomic_init(&mb->wakeups, 0);
	return 0;
}

void weir_mailbox_close(struct weir_mailbox *mb, void (*closed)(struct weir_mailbox *mb))
{
	weir_assert(weir_loop_is_current(mb->loop) && !atomic_load(&mb->closing));
	mb->closed = closed;
	atomic_store(&mb->closing, true);
	if (!mb->draining)
		mailbox_finish(mb);
}

void weir_mailbox_pause(struct weir_mailbox *mb)
{
	weir_assert(weir_loop_is_current(mb->loop));
	mb->paused = true;
	if (!atomic_load(&mb->closing))
		uv_idle_stop(&mb->again);
}

void weir_mailbox_resume(struct weir_mailbox *mb)
{
	weir_assert(weir_loop_is_current(mb->loop));
	if (!mb->paused || atomic_load(&mb->closing))
		return;
	mb->paused = false;
	uv_idle_start(&mb->again, mailbox_on_again);
}

bool weir_mailbox_send(struct weir_mailbox *mb, const void *msg)
{
	bool taken;

	atomic_fetch_add(&mb->senders, 1);
	taken = mailbox_push(mb, msg);
	atomic_fetch_sub(&mb->senders, 1);
	return taken;
}

bool weir_mailbox_is_empty(const struct weir_mailbox *mb)
{
	weir_assert(weir_loop_is_current(mb->loop));
	return !mb->has_held && weir_ring_count(&mb->ring) == 0;
}

bool weir_mailbox_is_closing(const struct weir_mailbox *mb)
{
	return atomic_load(&mb->closing);
}
