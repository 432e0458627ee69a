/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One turn of a loop for tests that wait for a condition. Not UV_RUN_ONCE: that runs the timers that are due, and then
 * waits for something else to happen, for ever if one of these was what the test waits for.
 */
#ifndef TURN_H
#define TURN_H

#include <poll.h>
#include <uv.h>

#define TURN_MS 10 /* handles that the loop has not polled yet are not seen by the wait */

static inline void turn_of(uv_loop_t *loop)
{
	struct pollfd p = {.fd = uv_backend_fd(loop), .events = POLLIN};
	int timeout;

	uv_update_time(loop);
	timeout = uv_backend_timeout(loop);
	poll(&p, 1, timeout < 0 || timeout > TURN_MS ? TURN_MS : timeout);
	uv_run(loop, UV_RUN_NOWAIT);
}

#endif
