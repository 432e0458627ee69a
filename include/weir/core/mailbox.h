/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded mailbox: any thread sends fixed-size messages by value, one loop receives them in order (per sender). Sending
 * never blocks and never allocates; when it is full the sender keeps its message and may ask to be told when there is
 * room again (half of it free). The loop is woken once per empty → non-empty. Draining has a budget per turn, so a
 * flood cannot starve the loop; what is left is drained in the next turn without waiting for I/O.
 */
#ifndef WEIR_CORE_MAILBOX_H
#define WEIR_CORE_MAILBOX_H

#include "weir/base/ring.h"
#include "weir/core/loop.h"

#define WEIR_MAILBOX_MSG_MAX 256 /* bytes of a message; what is larger goes by pointer */

struct weir_mailbox;
struct weir_mailbox_waiters;
/*
 * One message; it may be freed or moved by the callee: `msg` points to a copy on the stack. Return false to stop
 * draining (the message counts as not taken and will be given again after weir_mailbox_resume()). In the final drain of
 * a close the answer is ignored: the message is given once and must be taken.
 */
typedef bool (*weir_mailbox_fn)(struct weir_mailbox *mb, void *msg);

/* A sender that waits for room. Owned by the sender; called once per weir_mailbox_wait(), on its own loop. */
struct weir_mailbox_waiter {
	uv_async_t async;
	struct weir_loop *loop;
	void (*room)(struct weir_mailbox_waiter *w);
	void (*closed)(struct weir_mailbox_waiter *w);
	struct weir_mailbox_waiters *among; /* those it waits among, NULL when it does not wait; of its own thread */
	struct weir_list link;              /* weir_mailbox_waiters.list; under their mutex */
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
	bool paused;
	bool draining; /* fn is on the stack */
	bool has_held; /* a message that fn did not take */
	void *held;    /* elem_size bytes */
	struct weir_mailbox_waiters *waiters;
	unsigned char apart[64]; /* what senders write is not on a cache line with the above */
	atomic_bool closing;
	atomic_bool awake;                    /* a wake-up is under way or draining goes on: senders need not wake */
	atomic_size_t senders;                /* now inside weir_mailbox_send() */
	atomic_ullong sent, refused, wakeups; /* counters, relaxed */
};

/* Receiver's thread. The mailbox is freed by nobody: it is embedded; memory may go after `closed`. */
int weir_mailbox_init(struct weir_mailbox *mb, struct weir_loop *loop, size_t elem_size, size_t capacity, size_t budget,
	weir_mailbox_fn fn, void *ctx) WEIR_MUSTCHECK;
/*
 * Messages still inside are given to fn first, here (a final drain; paused or not), or by the drain that calls this.
 * Later sends answer false, waiters get their call. Senders may race with this, but not use the memory after `closed`
 * (may be NULL).
 */
void weir_mailbox_close(struct weir_mailbox *mb, void (*closed)(struct weir_mailbox *mb));
void weir_mailbox_pause(struct weir_mailbox *mb);  /* receiver's thread: deliver nothing until resumed */
void weir_mailbox_resume(struct weir_mailbox *mb); /* receiver's thread; delivers from the loop, not inside */

/* Any thread. False: full (or closed), nothing happened. */
bool weir_mailbox_send(struct weir_mailbox *mb, const void *msg) WEIR_MUSTCHECK;
/* Receiver's thread: nothing is inside, unless somebody is just sending. */
bool weir_mailbox_is_empty(const struct weir_mailbox *mb);
bool weir_mailbox_is_closing(const struct weir_mailbox *mb); /* any thread: a refused message need not wait for room */

/*
 * Waiter: init, wait and close on the sender's loop. `room` is called even if room appeared before wait() returned, and
 * when the mailbox closes; from the loop, never inside wait(). To wait again before `room` came is the same wait.
 * Closing a waiter that still waits is fine, and so is a mailbox that closes, or is gone, meanwhile.
 */
int weir_mailbox_waiter_init(struct weir_mailbox_waiter *w, struct weir_loop *loop,
	void (*room)(struct weir_mailbox_waiter *w)) WEIR_MUSTCHECK;
void weir_mailbox_wait(struct weir_mailbox *mb, struct weir_mailbox_waiter *w);
bool weir_mailbox_waiter_waits(const struct weir_mailbox_waiter *w); /* `room` is still to come */
void weir_mailbox_waiter_close(struct weir_mailbox_waiter *w, void (*closed)(struct weir_mailbox_waiter *w));

#endif
