/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded mailbox: any thread sends fixed-size messages by value, one loop receives them in order (per sender). Sending
 * never blocks and never allocates; when it is full the sender keeps its message and may ask to be told when there is room
 * again (half of it free). The loop is woken once per empty → non-empty. Draining has a budget per turn, so a flood cannot
 * starve the loop; what is left is drained in the next turn without waiting for I/O.
 */
#ifndef WEIR_CORE_MAILBOX_H
#define WEIR_CORE_MAILBOX_H

#include "weir/base/ring.h"
#include "weir/core/loop.h"

struct weir_mailbox;
/*
 * One message; it may be freed or moved by the callee: `msg` points to a copy on the stack. Return false to stop draining
 * (the message counts as not taken and will be given again after weir_mailbox_resume()).
 */
typedef bool (*weir_mailbox_fn)(struct weir_mailbox *mb, void *msg);

/* A sender that waits for room. Owned by the sender; called once per weir_mailbox_wait(), on its own loop. */
struct weir_mailbox_waiter {
	uv_async_t async;
	struct weir_loop *loop;
	void (*room)(struct weir_mailbox_waiter *w);
	void (*closed)(struct weir_mailbox_waiter *w);
	struct weir_mailbox *mailbox; /* the one it waits for, NULL when it does not wait; under the mailbox's mutex */
	struct weir_list link;        /* weir_mailbox.waiters; under the mailbox's mutex */
};

struct weir_mailbox {
	struct weir_ring ring;
	struct weir_loop *loop; /* the receiver's */
	uv_async_t async;
	uv_idle_t again; /* more to drain, or resumed */
	weir_mailbox_fn fn;
	void (*closed)(struct weir_mailbox *mb);
	void *ctx;
	size_t budget;
	bool paused, closing;
	bool has_held;    /* a message that fn did not take */
	void *held;       /* elem_size bytes */
	atomic_bool awake; /* a wake-up is under way or draining goes on: senders need not wake */
	atomic_bool has_waiters;
	pthread_mutex_t mutex;    /* of the waiters only */
	struct weir_list waiters; /* weir_mailbox_waiter.link */
	atomic_ullong sent, refused, wakeups; /* counters, relaxed */
};

/* Receiver's thread. The mailbox is freed by nobody: it is embedded; memory may go after `closed`. */
int weir_mailbox_init(struct weir_mailbox *mb, struct weir_loop *loop, size_t elem_size, size_t capacity, size_t budget,
	weir_mailbox_fn fn, void *ctx) WEIR_MUSTCHECK;
/* Messages still inside are given to fn first (a final drain); later sends answer false. No sender may race with this. */
void weir_mailbox_close(struct weir_mailbox *mb, void (*closed)(struct weir_mailbox *mb));
void weir_mailbox_pause(struct weir_mailbox *mb);  /* receiver's thread: deliver nothing until resumed */
void weir_mailbox_resume(struct weir_mailbox *mb); /* receiver's thread */

/* Any thread. False: full (or closed), nothing happened. */
bool weir_mailbox_send(struct weir_mailbox *mb, const void *msg) WEIR_MUSTCHECK;

/* Waiter: init, wait and close on the sender's loop. `room` is called even if room appeared before wait() returned. */
int weir_mailbox_waiter_init(struct weir_mailbox_waiter *w, struct weir_loop *loop, void (*room)(struct weir_mailbox_waiter *w)) WEIR_MUSTCHECK;
void weir_mailbox_wait(struct weir_mailbox *mb, struct weir_mailbox_waiter *w);
void weir_mailbox_waiter_close(struct weir_mailbox_waiter *w, void (*closed)(struct weir_mailbox_waiter *w));

#endif
