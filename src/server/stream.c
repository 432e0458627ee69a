/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream's life, and what its peer sends: nothing that counts, but the end of it does. Everything that may happen
 * inside a call of the session (its flush, its close, a reply that is shown) only marks; the session is let go of and the
 * memory freed in the handle's close callback, or for a stream that was never started at the end of the turn.
 *
 * An idle stream costs what weir_http_stream has (some 300 bytes) besides its session, and no buffer. Worker's thread.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream_priv.h"

#define DISCARD_MAX (1u << 16) /* bytes that a peer may send on a stream; it has nothing to say there */
#define END_MS      5000       /* for the last words to be taken and the peer to close */

#define BIT(state) (1u << STREAM_##state)

static const unsigned legal[] = {
	[STREAM_WAITING] = BIT(OPEN) | BIT(CLOSED),
	[STREAM_OPEN] = BIT(ENDING) | BIT(CLOSED),
	[STREAM_ENDING] = BIT(LINGER) | BIT(CLOSED),
	[STREAM_LINGER] = BIT(CLOSED),
	[STREAM_CLOSED] = 0,
};

static struct weir_timers *timers_of(const struct weir_http_stream *st)
{
	return &st->all->o.sessions->worker->timers;
}

static uint64_t now_of(const struct weir_http_stream *st)
{
	return weir_mono_ms(st->all->o.sessions->worker->o.clock);
}

/* ---- the last of it ---- */

static void streams_tell_closed(struct weir_http_streams *all)
{
	void (*closed)(void *ctx) = all->closed;

	if (!closed || all->objects)
		return;
	all->closed = NULL;
	weir_loop_remove_hook(all->o.loop, &all->hook);
	closed(all->closed_ctx);
}

static void stream_free(struct weir_http_stream *st)
{
	struct weir_http_streams *all = st->all;

	if (st->session)
		weir_session_release(st->session);
	st->session = NULL;
	if (st->door->ended)
		st->door->ended(st);
	weir_buf_fini(&st->rest);
	free(st);
	all->objects--;
}

static void on_poll_closed(uv_handle_t *h)
{
	struct weir_http_stream *st = h->data;
	struct weir_http_streams *all = st->all;

	stream_free(st);
	all->o.gone(all->o.ctx);
	streams_tell_closed(all);
}

static void on_turn_end(struct weir_turn_hook *hook)
{
	struct weir_http_streams *all = WEIR_CONTAINER_OF(hook, struct weir_http_streams, hook);

	if (weir_list_empty(&all->dropped))
		return;
	while (!weir_list_empty(&all->dropped)) {
		struct weir_http_stream *st = weir_list_entry(all->dropped.next, struct weir_http_stream, link);

		weir_list_remove(&st->link);
		stream_free(st);
	}
	streams_tell_closed(all);
}

/* ---- the peer ---- */

static void stream_gone(struct weir_http_stream *st)
{
	weir_session_disconnect(
		st->session, WEIR_DISCONNECT_CLOSED, weir_str(weir_disconnect_text(WEIR_DISCONNECT_CLOSED)));
	weir__http_stream_close(st);
}

/* Half of a connection is not enough: whoever has closed its sending side is gone. */
static void stream_read(struct weir_http_stream *st)
{
	char discard[4096];
	ssize_t n;

	do {
		n = recv(st->fd, discard, sizeof(discard), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		st->discarded += (uint32_t)n;
	if (n <= 0 || st->discarded > DISCARD_MAX)
		stream_gone(st);
}

static void on_io(uv_poll_t *poll, int status, int events)
{
	struct weir_http_stream *st = poll->data;

	if (status < 0) {
		stream_gone(st);
		return;
	}
	if (events & UV_READABLE)
		stream_read(st);
	if (!(events & UV_WRITABLE) || (st->state != STREAM_OPEN && st->state != STREAM_ENDING))
		return;
	weir__http_stream_flush(st, true);
	if (st->state == STREAM_OPEN)
		weir_session_flushed(st->session);
}

/* ---- what the session asks for ---- */

static void transport_flush(struct weir_session *s)
{
	weir__http_stream_flush(weir_session_transport(s), false);
}

static bool stream_say_why(struct weir_http_stream *st, unsigned code, struct weir_str reason)
{
	const struct weir_codec *codec = st->door->codec;
	struct weir_buf text;
	struct weir_frame *f = NULL;
	bool queued;

	weir_buf_init(&text, SIZE_MAX);
	codec->disconnect(&text, code, reason);
	if (!text.failed)
		f = codec->frame(weir_buf_view(&text));
	weir_buf_fini(&text);
	queued = f && weir_queue_append(weir_session_queue(st->session), f) == 0;
	weir_frame_unref(&f);
	return queued;
}

static void transport_close(struct weir_session *s, unsigned code, struct weir_str reason, bool silent)
{
	struct weir_http_stream *st = weir_session_transport(s);

	if (st->state == STREAM_WAITING) {
		st->refused = true;
		if (st->door->refused)
			st->door->refused(st, code, reason);
		return;
	}
	if (st->state != STREAM_OPEN)
		return;
	if (silent || !stream_say_why(st, code, reason)) {
		weir__http_stream_close(st);
		return;
	}
	weir__http_stream_enter(st, STREAM_ENDING);
	weir_timers_set(timers_of(st), &st->deadline, now_of(st) + END_MS);
	weir__http_stream_flush(st, false);
}

/* What it sends comes in requests of its own, whose door asks the session for room. */
static void transport_pause(struct weir_session *s, bool paused)
{
	(void)s;
	(void)paused;
}

static bool transport_reply(struct weir_session *s, const struct weir_reply *r)
{
	struct weir_http_stream *st = weir_session_transport(s);

	return st->door->reply(st, r);
}

static const struct weir_transport_ops *ops_of(struct weir_http_streams *all, const struct weir_http_stream_door *door)
{
	unsigned i;

	for (i = 0; i < all->n_doors; i++)
		if (all->doors[i].door == door)
			return &all->doors[i].ops;
	weir_assert(i < STREAM_DOORS_MAX);
	all->n_doors++;
	all->doors[i].door = door;
	all->doors[i].ops = (struct weir_transport_ops){.name = door->name,
		.flush = transport_flush,
		.close = transport_close,
		.pause = transport_pause,
		.reply = door->reply ? transport_reply : NULL};
	return &all->doors[i].ops;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__http_stream_enter(struct weir_http_stream *st, enum stream_state to)
{
	weir_assert(legal[st->state] & (1u << to));
	st->state = to;
}

void weir__http_stream_close(struct weir_http_stream *st)
{
	if (st->state == STREAM_CLOSED)
		return;
	weir__http_stream_enter(st, STREAM_CLOSED);
	weir_timers_cancel(timers_of(st), &st->deadline);
	weir_list_remove(&st->link);
	st->all->count--;
	uv_close((uv_handle_t *)&st->poll, on_poll_closed);
	close(st->fd);
	st->fd = -1;
}

void weir__http_stream_want(struct weir_http_stream *st, bool writable)
{
	int wanted = UV_READABLE | (writable ? UV_WRITABLE : 0), r;

	if (wanted == st->interest)
		return;
	r = uv_poll_start(&st->poll, wanted, on_io);
	weir_assert(r == 0);
	st->interest = wanted;
}

/* A socket that is closed with bytes unread is reset, and the last words may be lost. */
void weir__http_stream_ended(struct weir_http_stream *st)
{
	if (shutdown(st->fd, SHUT_WR) != 0) {
		weir__http_stream_close(st);
		return;
	}
	weir__http_stream_enter(st, STREAM_LINGER);
	weir__http_stream_want(st, false);
}

int weir_http_streams_new(struct weir_http_streams **out, const struct weir_http_streams_options *o)
{
	struct weir_http_streams *all = weir_xcalloc(1, sizeof(*all));

	all->o = *o;
	all->hook.fn = on_turn_end;
	weir_list_init(&all->started);
	weir_list_init(&all->dropped);
	weir_loop_add_hook(o->loop, &all->hook);
	*out = all;
	return 0;
}

size_t weir_http_streams_count(const struct weir_http_streams *all)
{
	return all->count;
}

void weir_http_streams_kill(struct weir_http_streams *all)
{
	struct weir_list *node, *next;

	weir_list_foreach_safe (node, next, &all->started)
		weir__http_stream_close(weir_list_entry(node, struct weir_http_stream, link));
}

void weir_http_streams_close(struct weir_http_streams *all, void (*closed)(void *ctx), void *ctx)
{
	all->closed = closed;
	all->closed_ctx = ctx;
	streams_tell_closed(all);
}

void weir_http_streams_free(struct weir_http_streams **all)
{
	if (!*all)
		return;
	weir_assert(!(*all)->objects);
	free(*all);
	*all = NULL;
}

struct weir_http_stream *weir_http_stream_new(
	struct weir_http_streams *all, const struct weir_http_stream_door *door, void *ctx)
{
	struct weir_http_stream *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->all = all;
	st->door = door;
	st->ctx = ctx;
	st->fd = -1;
	st->deadline.fire = weir__http_stream_on_deadline;
	weir_list_init(&st->link);
	weir_buf_init(&st->rest, SIZE_MAX);
	st->session = weir_session_new(all->o.sessions, door->codec, ops_of(all, door), st);
	if (!st->session) {
		free(st);
		return NULL;
	}
	all->objects++;
	return st;
}

struct weir_session *weir_http_stream_session(const struct weir_http_stream *st)
{
	return st->session;
}

void *weir_http_stream_ctx(const struct weir_http_stream *st)
{
	return st->ctx;
}

void weir_http_stream_head_lines(struct weir_buf *lines, const struct weir_head *head, const char *content_type)
{
	if (content_type)
		weir_buf_printf(lines, "Content-Type: %s\r\n", content_type);
	weir_buf_lit(lines, "Cache-Control: private, no-cache, no-store, must-revalidate, max-age=0\r\n"
			    "Pragma: no-cache\r\n"
			    "Expire: 0\r\n"
			    "X-Accel-Buffering: no\r\n");
	weir_buf_str(lines, head->minor ? WEIR_STR("Connection: keep-alive\r\n") : WEIR_STR("Connection: close\r\n"));
}

int weir_http_stream_start(
	struct weir_http_stream *st, struct weir_http_request *req, struct weir_str lines, struct weir_str first)
{
	struct weir_http_streams *all = st->all;

	weir_assert(st->state == STREAM_WAITING && !st->refused);
	st->chunked = req->head->minor > 0;
	weir_buf_lit(&st->rest, "HTTP/1.1 200 OK\r\n");
	weir_buf_str(&st->rest, lines);
	weir_buf_str(&st->rest, st->chunked ? WEIR_STR("Transfer-Encoding: chunked\r\n\r\n") : WEIR_STR("\r\n"));
	if (st->chunked && first.n)
		weir_buf_printf(&st->rest, "%zx\r\n", first.n);
	weir_buf_str(&st->rest, first);
	if (st->chunked && first.n)
		weir_buf_lit(&st->rest, "\r\n");
	weir_slog(all->o.loop->log, HTTP, DEBUG, "stream", WEIR_F_CSTR("transport", st->door->name),
		WEIR_F_CSTR("peer", req->peer));
	st->fd = weir_http_detach(req);
	if (st->fd < 0)
		goto lost;
	if (st->rest.failed || uv_poll_init(&all->o.loop->uv, &st->poll, st->fd) != 0) {
		close(st->fd);
		goto lost;
	}
	weir__http_stream_enter(st, STREAM_OPEN);
	if (st->door->codec->silent)
		weir_session_started(st->session);
	st->poll.data = st;
	weir_list_append(&all->started, &st->link);
	all->count++;
	weir__http_stream_want(st, false);
	weir__http_stream_flush(st, true);
	return 0;
lost:
	weir_http_stream_drop(st);
	return -1;
}

void weir_http_stream_drop(struct weir_http_stream *st)
{
	weir__http_stream_enter(st, STREAM_CLOSED);
	weir_list_append(&st->all->dropped, &st->link);
}
