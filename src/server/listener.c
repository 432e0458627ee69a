/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting. Descriptors are handed out lowest first, so one at max_fd - reserve says that the reserve has begun: from
 * there on one connection is taken per pause, marked as scarce, which keeps /health answering while the rest of the
 * broker lives on. Without any descriptor the spare one is given up to accept and close, so that clients are refused at
 * once rather than left waiting. Belongs to its loop's thread.
 */
#include "config.h"

#include "weir/server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LISTENER_LOG_MS 1000 /* at most one line in this time */

static void on_listener_readable(uv_poll_t *poll, int status, int events);

static int listener_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listener_complain(struct weir_listener *l, int err)
{
	uint64_t now = weir_mono_ms(l->loop->clock);

	if (l->logged_ms != 0 && now - l->logged_ms < LISTENER_LOG_MS)
		return;
	l->logged_ms = now ? now : 1;
	weir_slog(l->loop->log, HTTP, WARN, "accepting paused: file descriptors run short", WEIR_F_ERR(err),
		WEIR_F_UINT("port", l->set.port), WEIR_F_UINT("pauses", l->pauses), WEIR_F_UINT("refused", l->refused));
}

static void listener_poll(struct weir_listener *l)
{
	for (size_t i = 0; i < l->set.count; i++) {
		int r = uv_poll_start(&l->polls[i], UV_READABLE, on_listener_readable);

		weir_assert(r == 0);
	}
}

static void listener_pause(struct weir_listener *l, int err)
{
	l->pauses++;
	listener_complain(l, err);
	for (size_t i = 0; i < l->set.count; i++)
		uv_poll_stop(&l->polls[i]);
	l->paused = true;
	weir_timer_once(&l->timer, l->options.pause_ms);
}

static void on_listener_timer(struct weir_timer *t, uint64_t ticks)
{
	struct weir_listener *l = WEIR_CONTAINER_OF(t, struct weir_listener, timer);

	(void)ticks;
	l->paused = false;
	if (l->spare_fd < 0)
		l->spare_fd = listener_spare();
	listener_poll(l);
}

/* Out of descriptors: the spare one makes room for one accept, whose peer is turned away. */
static void listener_turn_away(struct weir_listener *l, int listen_fd)
{
	for (unsigned i = 0; i < l->options.batch && l->spare_fd >= 0; i++) {
		int fd;

		close(l->spare_fd);
		fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			l->refused++;
		}
		l->spare_fd = listener_spare();
		if (fd < 0)
			break;
	}
}

/* False: nothing more to accept now. */
static bool listener_accept_failed(struct weir_listener *l, int listen_fd, int err)
{
	switch (err) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM: /* a firewall rule */
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP: /* errors of the new connection, not of the socket */
		return true;
	case EMFILE:
	case ENFILE:
		listener_turn_away(l, listen_fd);
		break;
	default:
		break;
	}
	listener_pause(l, -err);
	return false;
}

/* False: paused or nothing there. */
static bool listener_accept_one(struct weir_listener *l, int listen_fd)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = sizeof(peer);
	int fd = accept4(listen_fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	bool scarce;

	if (fd < 0)
		return listener_accept_failed(l, listen_fd, errno);
	if (fd >= l->options.max_fd) {
		close(fd);
		l->refused++;
		listener_pause(l, -EMFILE);
		return false;
	}
	scarce = fd >= l->options.max_fd - l->options.reserve_fds;
	if (scarce)
		listener_pause(l, -EMFILE);
	l->accepted++;
	l->on_accept(l, fd, &peer, scarce);
	return !l->paused && !l->stopped;
}

static void on_listener_readable(uv_poll_t *poll, int status, int events)
{
	struct weir_listener *l = poll->data;
	size_t i = (size_t)(poll - l->polls);

	(void)events;
	if (status < 0) {
		listener_pause(l, status);
		return;
	}
	for (unsigned n = 0; n < l->options.batch; n++)
		if (!listener_accept_one(l, l->set.fds[i]))
			break;
}

static void listener_handle_closed(struct weir_listener *l)
{
	if (--l->open_handles == 0 && l->closed)
		l->closed(l);
}

static void on_listener_poll_closed(uv_handle_t *h)
{
	listener_handle_closed(h->data);
}

static void on_listener_timer_closed(struct weir_timer *t)
{
	listener_handle_closed(WEIR_CONTAINER_OF(t, struct weir_listener, timer));
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

int weir_listener_init(struct weir_listener *l, struct weir_loop *loop, struct weir_listen_set *set,
	const struct weir_listener_options *options, weir_accept_fn on_accept, void *ctx)
{
	int r;

	weir_assert(weir_loop_is_current(loop));
	*l = (struct weir_listener){.loop = loop, .options = *options, .on_accept = on_accept, .ctx = ctx};
	weir_assert(options->batch > 0 && options->pause_ms > 0);
	l->spare_fd = listener_spare();
	if (l->spare_fd < 0)
		return -errno;
	r = weir_timer_init(&l->timer, loop, on_listener_timer);
	if (r != 0)
		goto fail_spare;
	for (size_t i = 0; i < set->count; i++) {
		r = uv_poll_init(&loop->uv, &l->polls[i], set->fds[i]);
		/* A socket of our own that is polled nowhere else: only memory can be missing. */
		weir_assert(r == 0);
		l->polls[i].data = l;
	}
	l->open_handles = (unsigned)set->count + 1;
	l->set = *set;
	set->count = 0;
	listener_poll(l);
	return 0;

fail_spare:
	close(l->spare_fd);
	return r;
}

void weir_listener_stop(struct weir_listener *l)
{
	if (l->stopped)
		return;
	l->stopped = true;
	weir_timer_stop(&l->timer);
	for (size_t i = 0; i < l->set.count; i++)
		uv_close((uv_handle_t *)&l->polls[i], on_listener_poll_closed);
	weir_listen_close(&l->set);
	if (l->spare_fd >= 0)
		close(l->spare_fd);
	l->spare_fd = -1;
}

void weir_listener_close(struct weir_listener *l, void (*closed)(struct weir_listener *l))
{
	weir_assert(!l->closing);
	l->closing = true;
	l->closed = closed;
	weir_listener_stop(l);
	weir_timer_close(&l->timer, on_listener_timer_closed);
}
