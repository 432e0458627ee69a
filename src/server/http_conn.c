/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's bytes, states and deadlines. It reads as long as it has room, also while a handler works: that is how
 * a peer that goes away is noticed at once. Requests are taken one after the other; what was sent ahead waits in `in`,
 * which is bounded. Memory goes only when libuv has let go of the handle and no handler owes an answer. Loop's thread
 * only.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_priv.h"

#define CONN_READ_BYTES   2048      /* how the buffer of heads grows */
#define CONN_BODY_READ    (1 << 16) /* of a body, per turn */
#define CONN_KEEP_BYTES   4096      /* an idle connection keeps no larger buffer */
#define CONN_LINGER_BYTES (1 << 20) /* thrown away after the last answer */

#define BIT(state) (1u << WEIR__HTTP_##state)

static const unsigned conn_legal[] = {
	[WEIR__HTTP_HEAD] = BIT(BODY) | BIT(HANDLING) | BIT(WRITING) | BIT(CLOSED),
	[WEIR__HTTP_BODY] = BIT(HANDLING) | BIT(WRITING) | BIT(CLOSED),
	[WEIR__HTTP_HANDLING] = BIT(WRITING) | BIT(CLOSED),
	[WEIR__HTTP_WRITING] = BIT(IDLE) | BIT(LINGER) | BIT(CLOSED),
	[WEIR__HTTP_IDLE] = BIT(HEAD) | BIT(CLOSED),
	[WEIR__HTTP_LINGER] = BIT(CLOSED),
	[WEIR__HTTP_CLOSED] = 0,
};

static void on_conn_io(uv_poll_t *poll, int status, int events);

void weir__http_enter(struct weir_http_conn *c, enum weir__http_state to)
{
	weir_assert(conn_legal[c->state] & (1u << to));
	c->state = to;
	weir_list_remove(&c->link);
	if (to == WEIR__HTTP_IDLE)
		weir_list_append(&c->server->idle, &c->link);
	else if (to != WEIR__HTTP_CLOSED)
		weir_list_append(&c->server->conns, &c->link);
}

static void on_conn_deadline(struct weir_pending *p, int result)
{
	struct weir_http_conn *c = WEIR_CONTAINER_OF(p, struct weir_http_conn, deadline);

	if (result != WEIR_ETIMEOUT)
		return;
	if (c->state == WEIR__HTTP_BODY || (c->state == WEIR__HTTP_HEAD && c->in.len > 0)) {
		weir_stat_add(&c->server->counters, timeouts, 1);
		c->close_after = true;
		weir__http_refuse(c, 408, "request not complete in time", WEIR_STR_NONE);
		weir__http_advance(c);
		return;
	}
	if (c->state == WEIR__HTTP_WRITING)
		weir_stat_add(&c->server->counters, timeouts, 1);
	weir__http_close(c);
}

void weir__http_deadline(struct weir_http_conn *c, uint64_t ms)
{
	if (weir_pending_active(&c->deadline))
		weir_pending_finish(&c->deadline, WEIR_ECANCELLED);
	if (ms > 0)
		weir_pending_start(&c->server->deadlines, &c->deadline, ms, on_conn_deadline);
}

static int conn_wanted(const struct weir_http_conn *c)
{
	switch (c->state) {
	case WEIR__HTTP_HEAD:
	case WEIR__HTTP_BODY:
	case WEIR__HTTP_IDLE:
	case WEIR__HTTP_LINGER:
		return UV_READABLE;
	case WEIR__HTTP_HANDLING:
		if (c->told)
			return 0;
		return c->in.len < c->in.cap ? UV_READABLE : UV_DISCONNECT;
	case WEIR__HTTP_WRITING:
		return UV_WRITABLE;
	case WEIR__HTTP_CLOSED:
		break;
	}
	return 0;
}

static void conn_update_interest(struct weir_http_conn *c)
{
	int wanted = conn_wanted(c), r;

	if (wanted == c->interest || c->state == WEIR__HTTP_CLOSED)
		return;
	r = wanted ? uv_poll_start(&c->poll, wanted, on_conn_io) : uv_poll_stop(&c->poll);
	weir_assert(r == 0);
	c->interest = wanted;
}

static bool conn_step(struct weir_http_conn *c)
{
	switch (c->state) {
	case WEIR__HTTP_IDLE:
		if (c->in.len == 0) {
			if (c->eof)
				weir__http_close(c);
			return false;
		}
		weir__http_enter(c, WEIR__HTTP_HEAD);
		weir__http_deadline(c, c->server->options.head_ms);
		return true;
	case WEIR__HTTP_HEAD:
		return weir__http_take_head(c);
	case WEIR__HTTP_BODY:
		return weir__http_take_body(c);
	default:
		return false;
	}
}

void weir__http_advance(struct weir_http_conn *c)
{
	if (c->advancing)
		return;
	c->advancing = true;
	while (conn_step(c)) {}
	c->advancing = false;
	conn_update_interest(c);
}

/* recv() into a buffer's free part, of which there must be some. Bytes, 0 at the end, -errno. */
static ssize_t conn_recv(struct weir_http_conn *c, void *to, size_t room)
{
	ssize_t n;

	do {
		n = recv(c->fd, to, room, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t conn_recv_head(struct weir_http_conn *c)
{
	size_t room = c->in.cap - c->in.len;
	ssize_t n;

	if (room == 0) {
		size_t more = c->in.max - c->in.len < CONN_READ_BYTES ? c->in.max - c->in.len : CONN_READ_BYTES;

		/* A full buffer of head_bytes is a complete head or an error, so there is always more to have here. */
		if (!weir_buf_reserve(&c->in, more))
			return -ENOMEM;
		room = c->in.cap - c->in.len;
	}
	n = conn_recv(c, c->in.p + c->in.len, room);
	if (n > 0)
		c->in.len += (size_t)n;
	return n;
}

static ssize_t conn_recv_body(struct weir_http_conn *c)
{
	size_t left = (size_t)c->head.content_length - c->body.len;
	size_t room = left < CONN_BODY_READ ? left : CONN_BODY_READ;
	char *to = weir_buf_reserve(&c->body, room);
	ssize_t n = to ? conn_recv(c, to, room) : -ENOMEM;

	if (n > 0)
		c->body.len += (size_t)n;
	return n;
}

static ssize_t conn_recv_ahead(struct weir_http_conn *c)
{
	ssize_t n = conn_recv(c, c->in.p + c->in.len, c->in.cap - c->in.len);

	if (n > 0)
		c->in.len += (size_t)n;
	return n;
}

static ssize_t conn_discard(struct weir_http_conn *c)
{
	char scratch[4096];
	ssize_t n = conn_recv(c, scratch, sizeof(scratch));

	if (n > 0)
		c->lingered += (size_t)n;
	return c->lingered > CONN_LINGER_BYTES ? 0 : n;
}

static ssize_t conn_read_by_state(struct weir_http_conn *c)
{
	switch (c->state) {
	case WEIR__HTTP_BODY:
		return conn_recv_body(c);
	case WEIR__HTTP_HANDLING:
		return conn_recv_ahead(c);
	case WEIR__HTTP_LINGER:
		return conn_discard(c);
	default:
		return conn_recv_head(c);
	}
}

static void conn_tell_gone(struct weir_http_conn *c)
{
	if (c->told)
		return;
	c->told = true;
	weir_stat_add(&c->server->counters, gone, 1);
	if (c->req.on_gone)
		c->req.on_gone(&c->req);
}

/* The peer sends no more. A handler's answer may still reach it, if it closed only its half. */
static void conn_at_eof(struct weir_http_conn *c)
{
	c->eof = true;
	if (c->state == WEIR__HTTP_HANDLING) {
		conn_tell_gone(c);
		conn_update_interest(c);
	} else {
		weir__http_close(c);
	}
}

static void conn_read(struct weir_http_conn *c)
{
	ssize_t n = conn_read_by_state(c);

	if (n == -EAGAIN)
		return;
	if (n < 0)
		weir__http_close(c);
	else if (n == 0)
		conn_at_eof(c);
	else
		weir__http_advance(c);
}

static void on_conn_io(uv_poll_t *poll, int status, int events)
{
	struct weir_http_conn *c = poll->data;

	weir_assert(c->magic == WEIR__HTTP_CONN_MAGIC);
	if (status < 0)
		weir__http_close(c);
	else if ((events & UV_WRITABLE) && c->state == WEIR__HTTP_WRITING) {
		if (weir__http_flush(c))
			weir__http_answered(c);
	} else if (events & UV_READABLE)
		conn_read(c);
	else if ((events & UV_DISCONNECT) && c->state == WEIR__HTTP_HANDLING) {
		/* `in` is full: there may be more to read before the end, so this is not yet it. */
		conn_tell_gone(c);
		conn_update_interest(c);
	}
}

void weir__http_answered(struct weir_http_conn *c)
{
	weir_buf_reset(&c->out);
	if (c->out.cap > CONN_KEEP_BYTES)
		weir_buf_fini(&c->out);
	weir_buf_fini(&c->body);
	if (c->close_after) {
		if (c->eof || shutdown(c->fd, SHUT_WR) != 0) {
			weir__http_close(c);
			return;
		}
		weir__http_enter(c, WEIR__HTTP_LINGER);
		weir__http_deadline(c, c->server->options.linger_ms);
	} else {
		weir_buf_consume(&c->in, c->used);
		if (c->in.len == 0 && c->in.cap > CONN_KEEP_BYTES)
			weir_buf_fini(&c->in);
		c->used = c->parsed = 0;
		weir__http_enter(c, WEIR__HTTP_IDLE);
		weir__http_deadline(c, c->server->options.idle_ms);
	}
	weir__http_advance(c);
}

void weir__http_free_if_done(struct weir_http_conn *c)
{
	struct weir_http_server *s = c->server;

	if (!c->handle_closed || c->owed)
		return;
	weir_list_remove(&c->link);
	weir_buf_fini(&c->in);
	weir_buf_fini(&c->body);
	weir_buf_fini(&c->out);
	c->magic = 0;
	free(c);
	s->n_objects--;
	weir__http_server_object_gone(s);
}

static void on_conn_poll_closed(uv_handle_t *h)
{
	struct weir_http_conn *c = h->data;

	c->handle_closed = true;
	weir__http_free_if_done(c);
}

int weir__http_give_up_fd(struct weir_http_conn *c)
{
	int fd = c->fd;

	weir__http_deadline(c, 0);
	weir__http_enter(c, WEIR__HTTP_CLOSED);
	uv_close((uv_handle_t *)&c->poll, on_conn_poll_closed);
	c->fd = -1;
	c->server->n_conns--;
	return fd;
}

void weir__http_close(struct weir_http_conn *c)
{
	int fd;

	if (c->state == WEIR__HTTP_CLOSED)
		return;
	fd = weir__http_give_up_fd(c);
	close(fd);
	if (c->owed)
		conn_tell_gone(c);
}

struct weir_http_conn *weir__http_conn_new(struct weir_http_server *s, int fd, const char *peer, bool scarce)
{
	struct weir_http_conn *c = weir_xcalloc(1, sizeof(*c));

	c->magic = WEIR__HTTP_CONN_MAGIC;
	c->server = s;
	c->fd = fd;
	c->scarce = scarce;
	weir_list_init(&c->link);
	weir_buf_init(&c->in, s->options.limits.head_bytes);
	weir_buf_init(&c->out, SIZE_MAX);
	memcpy(c->peer, peer, strnlen(peer, sizeof(c->peer) - 1));
	if (uv_poll_init(&s->loop->uv, &c->poll, fd) != 0) {
		free(c);
		return NULL;
	}
	c->poll.data = c;
	c->state = WEIR__HTTP_HEAD;
	weir_list_append(&s->conns, &c->link);
	s->n_conns++;
	s->n_objects++;
	weir__http_deadline(c, s->options.head_ms);
	conn_update_interest(c);
	return c;
}
