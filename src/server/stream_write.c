/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out on a stream: what its session's queue has, gathered, as one chunk with one sendmsg(); only what the
 * socket does not take is copied. A write that is stuck has a deadline, counted from its oldest byte; the next one has
 * its own, so a reader may be as slow as one gathered write in websocket.write_timeout. Worker's thread.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include <sys/uio.h>

#include "stream_priv.h"

#define CHUNK_HEAD_MAX 24
#define CHUNK_END      "\r\n"
#define LAST_CHUNK     "0\r\n\r\n"

static struct weir_worker *worker_of(const struct weir_http_stream *st)
{
	return st->all->o.sessions->worker;
}

/* Bytes sent, 0 when it takes nothing now, -errno. */
static ssize_t stream_sendmsg(struct weir_http_stream *st, struct iovec *iov, size_t n_iov)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = n_iov};
	ssize_t n;

	do {
		n = sendmsg(st->fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN ? 0 : -errno;
}

/* The unsent end of a write goes to `rest`. */
static bool stream_keep(struct weir_http_stream *st, const struct iovec *iov, size_t n_iov, size_t sent)
{
	for (size_t i = 0; i < n_iov; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;

		weir_buf_append(&st->rest, (const char *)iov[i].iov_base + skip, iov[i].iov_len - skip);
		sent -= skip;
	}
	return !st->rest.failed;
}

/* What an earlier write left. False: the stream is lost. */
static bool stream_send_rest(struct weir_http_stream *st)
{
	struct iovec iov = {st->rest.p, st->rest.len};
	ssize_t n = stream_sendmsg(st, &iov, 1);

	if (n < 0)
		return false;
	weir_stat_add(&worker_of(st)->stats, bytes_out, (uint64_t)n);
	weir_buf_consume(&st->rest, (size_t)n);
	if (!st->rest.len)
		weir_buf_fini(&st->rest);
	return true;
}

static void iov_add(struct iovec *iov, size_t *n, const void *p, size_t len)
{
	if (len)
		iov[(*n)++] = (struct iovec){(void *)(uintptr_t)p, len};
}

/* One chunk, and with `last` the one that ends the body. False: the stream is lost. */
static bool stream_send_chunk(struct weir_http_stream *st, struct weir_str bytes, bool last)
{
	struct weir_stats *stats = &worker_of(st)->stats;
	char head[CHUNK_HEAD_MAX];
	struct iovec iov[4];
	size_t n_iov = 0, size = 0;
	ssize_t sent;
	int n = snprintf(head, sizeof(head), "%zx\r\n", bytes.n);

	weir_assert(n > 0 && (size_t)n < sizeof(head));
	iov_add(iov, &n_iov, head, bytes.n && st->chunked ? (size_t)n : 0);
	iov_add(iov, &n_iov, bytes.p, bytes.n);
	iov_add(iov, &n_iov, CHUNK_END, bytes.n && st->chunked ? strlen(CHUNK_END) : 0);
	iov_add(iov, &n_iov, LAST_CHUNK, last && st->chunked ? strlen(LAST_CHUNK) : 0);
	for (size_t i = 0; i < n_iov; i++)
		size += iov[i].iov_len;
	if (!size)
		return true;
	sent = stream_sendmsg(st, iov, n_iov);
	if (sent < 0)
		return false;
	weir_stat_add(stats, flushes, 1);
	weir_stat_add(stats, bytes_out, (uint64_t)sent);
	return (size_t)sent == size || stream_keep(st, iov, n_iov, (size_t)sent);
}

/* Takes from the queue until the socket takes no more. False: the stream is lost. */
static bool stream_send_queue(struct weir_http_stream *st, struct weir_queue *q, bool *wrote)
{
	while (!st->rest.len && !st->told_last) {
		struct weir_str bytes = WEIR_STR_NONE;

		if (weir_session_may_write(st->session))
			bytes = weir_queue_take(q, st->all->scratch, sizeof(st->all->scratch));
		if (st->state == STREAM_ENDING && !weir_queue_is_ready(q))
			st->told_last = true;
		else if (!bytes.n)
			break;
		if (!stream_send_chunk(st, bytes, st->told_last))
			return false;
		*wrote = true;
	}
	return true;
}

/* ENDING has one deadline for all of it. */
static void stream_watch_write(struct weir_http_stream *st, bool stuck, bool fresh)
{
	struct weir_worker *w = worker_of(st);

	if (st->state != STREAM_OPEN)
		return;
	if (!stuck) {
		weir_timers_cancel(&w->timers, &st->deadline);
		return;
	}
	if (fresh || !st->deadline.pos)
		weir_timers_set(&w->timers, &st->deadline, weir_mono_ms(w->o.clock) + st->all->o.write_timeout_ms);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__http_stream_on_deadline(struct weir_deadline *d, uint64_t now_ms)
{
	struct weir_http_stream *st = WEIR_CONTAINER_OF(d, struct weir_http_stream, deadline);

	(void)now_ms;
	if (st->state == STREAM_OPEN)
		weir_session_disconnect(st->session, WEIR_DISCONNECT_WRITE_ERROR,
			weir_str(weir_disconnect_text(WEIR_DISCONNECT_WRITE_ERROR)));
	weir__http_stream_close(st);
}

void weir__http_stream_flush(struct weir_http_stream *st, bool writable)
{
	struct weir_queue *q = weir_session_queue(st->session);
	bool wrote = false, stuck;

	if (st->state != STREAM_OPEN && st->state != STREAM_ENDING)
		return;
	if ((st->rest.len && writable && !stream_send_rest(st)) || !stream_send_queue(st, q, &wrote)) {
		weir__http_stream_close(st);
		return;
	}
	stuck = st->rest.len > 0;
	weir_queue_set_stuck(q, stuck, wrote);
	stream_watch_write(st, stuck, wrote);
	if (st->told_last && !stuck)
		weir__http_stream_ended(st);
	else
		weir__http_stream_want(st, stuck);
}
