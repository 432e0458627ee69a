/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop that runs on a thread of its own, for tests that cross threads. Set up and taken down on the test's thread;
 * what happens on the other one is collected there and asserted after the join, since CUnit is not for several threads.
 */
#ifndef WEIR_TEST_LOOP_THREAD_H
#define WEIR_TEST_LOOP_THREAD_H

#include <unistd.h>

#include "test.h"
#include "weir/core/loop.h"

#define HANG_S 120 /* a lost wake-up would hang the test: then the program is killed, which is a failure */

struct loop_thread {
	struct weir_loop loop;
	pthread_t thread;
};

static inline void loop_init(struct weir_loop *loop)
{
	alarm(HANG_S);
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(loop, NULL, NULL), 0);
}

static inline void *loop_thread_main(void *arg)
{
	weir_loop_run(arg);
	return NULL;
}

/* After loop_init(&lt->loop) and whatever is put on it. */
static inline void loop_thread_start(struct loop_thread *lt)
{
	CU_ASSERT_EQUAL_FATAL(pthread_create(&lt->thread, NULL, loop_thread_main, &lt->loop), 0);
}

/* The loop's callbacks call weir_loop_stop(). */
static inline void loop_thread_join(struct loop_thread *lt)
{
	pthread_join(lt->thread, NULL);
}

#endif
