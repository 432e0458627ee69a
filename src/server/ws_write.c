/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out on a WebSocket connection: the session's queue in gathered raw writes, a watch over a socket that does
 * not take them, and the end. A connection that ends while some of its output waits for the socket is not read any
 * more, yet still polled for reading: it would keep the loop busy for seconds. So what is stuck is looked at every
 * WRITE_CHECK_MS. Worker's thread.
 */
#include "config.h"

#include <poll.h>
#include <sys/ioctl.h>

#include "weir/base/utf8.h"
#include "ws_priv.h"

#define WRITE_CHECK_MS   100
#define CLOSE_ACK_S      5
#define CLOSE_REASON_MAX 123 /* RFC 6455 §5.5.1 */
#define OPCODE_CLOSE     8

void weir__ws_kill(struct ws_conn *c)
{
	c->closing = true;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	lws_cancel_service(c->ws->context);
}

/*
 * The peer closed its side, or libwebsockets has ceased to read: it is closing, and waits for its output to be taken.
 */
static bool conn_is_left(struct ws_conn *c)
{
	struct pollfd peer = {.fd = lws_get_socket_fd(c->wsi), .events = POLLRDHUP};
	int unread = 0;

	if (poll(&peer, 1, 0) != 0 || ioctl(peer.fd, FIONREAD, &unread) < 0)
		return true;
	if (c->unread && unread && !c->paused)
		return true;
	c->unread = unread > 0 && !c->paused;
	return false;
}

void weir__ws_on_write_check(struct weir_deadline *d, uint64_t now_ms)
{
	struct ws_conn *c = WEIR_CONTAINER_OF(d, struct ws_conn, write_check);

	if (now_ms < c->write_until_ms && !conn_is_left(c)) {
		weir_timers_set(&c->ws->o.sessions->worker->timers, d, now_ms + WRITE_CHECK_MS);
		return;
	}
	if (c->session)
		weir_session_disconnect(c->session, WEIR_DISCONNECT_WRITE_ERROR,
			weir_str(weir_disconnect_text(WEIR_DISCONNECT_WRITE_ERROR)));
	weir__ws_kill(c);
}

/*
 * The time runs from the first byte of a write that the socket did not take until it has taken all of it; the next
 * write has a time of its own, so a reader may be as slow as one gathered write in websocket.write_timeout.
 */
static void conn_watch_write(struct ws_conn *c, bool stuck, bool fresh)
{
	struct weir_worker *w = c->ws->o.sessions->worker;
	uint64_t now_ms;

	if (!stuck) {
		weir_timers_cancel(&w->timers, &c->write_check);
		return;
	}
	now_ms = weir_mono_ms(w->o.clock);
	if (fresh)
		c->write_until_ms = now_ms + c->ws->o.write_timeout_ms;
	if (!c->write_check.pos) {
		c->unread = false;
		weir_timers_set(&w->timers, &c->write_check, now_ms + WRITE_CHECK_MS);
	}
}

bool weir__ws_flush(struct ws_conn *c)
{
	struct weir_queue *q = weir_session_queue(c->session);
	struct weir_stats *stats = &c->ws->o.sessions->worker->stats;
	bool wrote = false;

	while (!lws_partial_buffered(c->wsi)) {
		struct weir_str bytes = weir_queue_take(q, c->ws->scratch, sizeof(c->ws->scratch));

		if (!bytes.n)
			break;
		/* Raw writes only read from the buffer. */
		if (lws_write(c->wsi, (unsigned char *)(uintptr_t)bytes.p, bytes.n, LWS_WRITE_RAW) < 0)
			return false;
		weir_stat_add(stats, flushes, 1);
		weir_stat_add(stats, bytes_out, bytes.n);
		wrote = true;
	}
	weir_queue_set_stuck(q, lws_partial_buffered(c->wsi), wrote);
	conn_watch_write(c, lws_partial_buffered(c->wsi), wrote);
	return true;
}

static void transport_flush(struct weir_session *s)
{
	struct ws_conn *c = weir_session_transport(s);

	if (!weir__ws_flush(c))
		weir__ws_kill(c);
}

struct weir_frame *weir__ws_close_frame(unsigned code, struct weir_str reason)
{
	char payload[2 + CLOSE_REASON_MAX];

	reason = weir_utf8_prefix(reason, CLOSE_REASON_MAX);
	payload[0] = (char)(code >> 8);
	payload[1] = (char)code;
	if (reason.n)
		memcpy(payload + 2, reason.p, reason.n);
	return weir_frame_websocket(OPCODE_CLOSE, weir_str_n(payload, 2 + reason.n));
}

static void transport_close(struct weir_session *s, unsigned code, struct weir_str reason, bool silent)
{
	struct ws_conn *c = weir_session_transport(s);
	struct weir_queue *q = weir_session_queue(s);
	struct weir_frame *f;

	if (c->closing)
		return; /* the peer was first: libwebsockets answers its Close */
	f = silent ? NULL : weir__ws_close_frame(code, reason);
	if (!f) {
		weir__ws_kill(c);
		return;
	}
	c->closing = true;
	if (c->paused)
		lws_rx_flow_control(c->wsi, 1); /* or the peer's answer would not be read */
	c->paused = false;
	if (weir_queue_append(q, f) == 0 && weir__ws_flush(c)) {
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_ACK_S);
		lws_cancel_service(c->ws->context);
	} else {
		weir__ws_kill(c);
	}
	weir_frame_unref(&f);
}

static void transport_pause(struct weir_session *s, bool paused)
{
	struct ws_conn *c = weir_session_transport(s);

	c->paused = paused;
	if (!c->closing)
		lws_rx_flow_control(c->wsi, !paused);
}

const struct weir_transport_ops weir__ws_transport = {
	.name = "websocket", .flush = transport_flush, .close = transport_close, .pause = transport_pause};
