/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the process. Signals arrive on the main loop: the first SIGTERM or SIGINT lets clients go, which each
 * front does on its worker; what is left after shutdown.timeout is closed; a second signal ends the process at once.
 * Main thread.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app_priv.h"

static int run_drain(struct weir_task *t)
{
	weir__front_drain(WEIR_CONTAINER_OF(t, struct weir_front, task));
	return 0;
}

static int run_hurry(struct weir_task *t)
{
	weir__front_hurry(WEIR_CONTAINER_OF(t, struct weir_front, task));
	return 0;
}

static void on_task_done(struct weir_task *t, int result)
{
	(void)t;
	(void)result;
}

static void on_each_front(struct app *a, int (*run)(struct weir_task *t))
{
	for (unsigned i = 0; i < a->workers; i++) {
		struct weir_front *f = &a->fronts[i];

		f->task = (struct weir_task){.run = run, .done = on_task_done};
		/* One that has ended already refuses, and has nothing to be told. */
		if (weir_spawn(&a->broker.spawner, &f->worker->spawner, &f->task) < 0)
			continue;
	}
}

static void on_deadline(struct weir_timer *t, uint64_t ticks)
{
	struct app *a = WEIR_CONTAINER_OF(t, struct app, deadline);

	(void)ticks;
	weir_slog(&a->log, APP, WARN, "drain took too long, closing what is left");
	on_each_front(a, run_hurry);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct app *a = handle->data;

	if (atomic_exchange(&a->draining, true)) {
		weir_slog(
			&a->log, APP, WARN, "second signal, leaving at once", WEIR_F_CSTR("signal", strsignal(signum)));
		_exit(1);
	}
	weir_slog(&a->log, APP, INFO, "shutting down", WEIR_F_CSTR("signal", strsignal(signum)),
		WEIR_F_INT("timeout_ms", a->conf->shutdown.timeout_ms));
	weir_timer_once(&a->deadline, (uint64_t)a->conf->shutdown.timeout_ms);
	on_each_front(a, run_drain);
}

static int start_signal(struct app *a, uv_signal_t *handle, int signum)
{
	int err = uv_signal_init(&a->broker.main.uv, handle);

	handle->data = a;
	return err ? err : uv_signal_start(handle, on_signal, signum);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__shutdown_init(struct app *a)
{
	int err = start_signal(a, &a->sigterm, SIGTERM);

	if (!err)
		err = start_signal(a, &a->sigint, SIGINT);
	return err ? err : weir_timer_init(&a->deadline, &a->broker.main, on_deadline);
}

void weir__shutdown_close(struct app *a)
{
	weir_timer_close(&a->deadline, NULL);
	uv_close((uv_handle_t *)&a->sigint, NULL);
	uv_close((uv_handle_t *)&a->sigterm, NULL);
}

bool weir__shutdown_not_ready(void *app, struct weir_buf *why)
{
	struct app *a = app;

	if (atomic_load(&a->draining)) {
		weir_buf_lit(why, "shutting down");
		return true;
	}
	if (!a->engine->ops->state(a->engine, why))
		return false;
	if (!why->len)
		weir_buf_lit(why, "the engine is not there");
	return true;
}
