/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who wait for room in one mailbox. Shared by the mailbox and by each waiter while it waits, so either may go
 * first. Any thread; everything here is under the mutex, which is held for a few instructions and around no callback.
 */
#ifndef WEIR_CORE_MAILBOX_PRIV_H
#define WEIR_CORE_MAILBOX_PRIV_H

#include "weir/core/mailbox.h"

struct weir_mailbox_waiters {
	pthread_mutex_t mutex;
	struct weir_list list; /* weir_mailbox_waiter.link */
	unsigned refs;
};

struct weir_mailbox_waiters *weir__mailbox_waiters_new(void);
void weir__mailbox_waiters_unref(struct weir_mailbox_waiters **ws);
bool weir__mailbox_has_room(const struct weir_mailbox *mb); /* half is free, as it is for good once it has closed */
void weir__mailbox_tell_room(struct weir_mailbox *mb);      /* receiver's thread, after each drain and when closing */

#endif
