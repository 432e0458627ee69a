/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions over libwebsockets 4.1. What holds here, and why:
 *
 * Frames are written with LWS_WRITE_RAW only: whole ones, from the loop's thread, on an open HTTP/1.1 connection. Raw
 * writes add no header, copy nothing, and keep their order with libwebsockets' own PONG and Close.
 *
 * A close with a code is a raw Close frame behind what is queued, and a timer for the peer's answer: libwebsockets
 * loses a code that is given outside RECEIVE.
 *
 * A connection that ends while some of its output waits for the socket is not read any more, yet still polled for
 * reading: it would keep the loop busy for seconds. So what is stuck is looked at every WRITE_CHECK_MS.
 *
 * After a timer or a kill from outside its callbacks libwebsockets has to be woken (lws_cancel_service), or the timer
 * never fires.
 *
 * Sizes, fragments, UTF-8 and floods are checked here, because it leaves them to its user. It does not say whether a
 * frame was masked, so unmasked ones are taken.
 *
 * Worker's thread.
 */
#include "config.h"

#include "weir/server/ws.h"

#include <errno.h>
#include <libwebsockets.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "weir/base/utf8.h"

#define GATHER_BYTES     16384 /* one TLS record */
#define RX_BUFFER_BYTES  512   /* per connection; larger messages come in pieces */
#define SERV_BUF_BYTES   20480
#define TX_PACKET_BYTES  (1 << 20) /* or each write would be cut at the receive buffer's size */
#define HEAD_BYTES       16384
#define FRAGMENTS_MAX    1024
#define CLOSE_ACK_S      5
#define WRITE_CHECK_MS   100
#define CLOSE_REASON_MAX 123   /* RFC 6455 §5.5.1 */
#define FRAME_HEAD_BYTES 6     /* at least, from a client */
#define CLOSING_BYTES    65536 /* that may arrive behind a close before the socket is shut */
#define PONGS_PER_S      100
#define OPCODE_CLOSE     8

struct ws_conn {
	struct lws *wsi;
	struct weir_ws *ws;
	struct weir_session *session;     /* NULL: over */
	struct weir_list link;            /* weir_ws.conns */
	struct weir_buf message;          /* pieces of an incoming message */
	struct weir_deadline write_check; /* set while the socket does not take what was written */
	uint64_t write_until_ms;
	uint64_t second_ms; /* the one that `pongs` counts in */
	unsigned fragments, pongs;
	size_t closing_bytes;
	bool paused;  /* the session reads no more for now */
	bool unread;  /* something waited to be read at the last look, and still does */
	bool closing; /* our Close is queued, or the peer's has come: nothing that arrives counts */
};

struct weir_ws {
	struct weir_ws_options o;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct weir_list conns; /* ws_conn.link */
	size_t count;
	bool adopted; /* the connection that weir_ws_adopt() works on has been established */
	unsigned char scratch[GATHER_BYTES];
};

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
	/* The first one serves clients that offer no subprotocol; nobody may offer its name. */
	{.name = "weir-default",
		.callback = on_lws,
		.per_session_data_size = sizeof(struct ws_conn),
		.rx_buffer_size = RX_BUFFER_BYTES,
		.tx_packet_size = TX_PACKET_BYTES},
	{.name = "centrifuge-json",
		.callback = on_lws,
		.per_session_data_size = sizeof(struct ws_conn),
		.rx_buffer_size = RX_BUFFER_BYTES,
		.tx_packet_size = TX_PACKET_BYTES},
	{0},
};

const char *const weir_ws_subprotocols[] = {"centrifuge-json", NULL};

/* ---- writing ---- */

static void conn_kill(struct ws_conn *c)
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

static void on_write_check(struct weir_deadline *d, uint64_t now_ms)
{
	struct ws_conn *c = WEIR_CONTAINER_OF(d, struct ws_conn, write_check);

	if (now_ms < c->write_until_ms && !conn_is_left(c)) {
		weir_timers_set(&c->ws->o.sessions->worker->timers, d, now_ms + WRITE_CHECK_MS);
		return;
	}
	if (c->session)
		weir_session_disconnect(c->session, WEIR_DISCONNECT_WRITE_ERROR,
			weir_str(weir_disconnect_text(WEIR_DISCONNECT_WRITE_ERROR)));
	conn_kill(c);
}

/*
 * The time runs from the first byte of a write that the socket did not take until it has taken all of it; the next write
 * has a time of its own, so a reader may be as slow as one gathered write in websocket.write_timeout.
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

/* False: the connection is lost. What libwebsockets holds back it sends before it asks for more. */
static bool conn_flush(struct ws_conn *c)
{
	struct weir_queue *q = weir_session_queue(c->session);
	struct weir_stats *stats = &c->ws->o.sessions->worker->stats;
	bool wrote = false;
	struct weir_str bytes;
	uint32_t n;

	while (q->count && !lws_partial_buffered(c->wsi)) {
		bytes = weir_queue_gather(q, c->ws->scratch, sizeof(c->ws->scratch), &n);
		/* Raw writes only read from the buffer. */
		if (lws_write(c->wsi, (unsigned char *)(uintptr_t)bytes.p, bytes.n, LWS_WRITE_RAW) < 0)
			return false;
		weir_stat_add(stats, flushes, 1);
		weir_stat_add(stats, bytes_out, bytes.n);
		weir_queue_pop(q, n);
		wrote = true;
	}
	conn_watch_write(c, lws_partial_buffered(c->wsi), wrote);
	return true;
}

static void transport_flush(struct weir_session *s)
{
	struct ws_conn *c = weir_session_transport(s);

	if (!conn_flush(c))
		conn_kill(c);
}

static struct weir_frame *close_frame(unsigned code, struct weir_str reason)
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
	f = silent ? NULL : close_frame(code, reason);
	if (!f) {
		conn_kill(c);
		return;
	}
	c->closing = true;
	if (c->paused)
		lws_rx_flow_control(c->wsi, 1); /* or the peer's answer would not be read */
	c->paused = false;
	if (weir_queue_append(q, f) < 0 || !conn_flush(c))
		conn_kill(c);
	weir_frame_unref(&f);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_ACK_S);
	lws_cancel_service(c->ws->context);
}

static void transport_pause(struct weir_session *s, bool paused)
{
	struct ws_conn *c = weir_session_transport(s);

	c->paused = paused;
	if (!c->closing)
		lws_rx_flow_control(c->wsi, !paused);
}

static const struct weir_transport_ops transport_ops = {
	.flush = transport_flush, .close = transport_close, .pause = transport_pause};

/* ---- reading ---- */

/*
 * From RECEIVE only: libwebsockets sends the Close frame, unless other output is stuck. The session sees a peer that
 * went away.
 */
static int conn_refuse(struct ws_conn *c, enum lws_close_status code, const char *why)
{
	if (lws_partial_buffered(c->wsi)) {
		weir_session_disconnect(c->session, WEIR_DISCONNECT_CLOSED, weir_str(why));
		return 0;
	}
	c->closing = true;
	lws_close_reason(c->wsi, code, (unsigned char *)(uintptr_t)why, strlen(why));
	weir_session_disconnect(c->session, WEIR_DISCONNECT_CLOSED, weir_str(why));
	return -1;
}

static int conn_deliver(struct ws_conn *c, struct weir_str message)
{
	if (!lws_frame_is_binary(c->wsi) && !weir_utf8_valid(message))
		return conn_refuse(c, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "invalid UTF-8");
	weir_session_input(c->session, message);
	return 0;
}

/* A piece of a message: a frame, or a part of one. */
static int conn_receive(struct ws_conn *c, struct weir_str piece)
{
	size_t left = lws_remaining_packet_payload(c->wsi);
	bool whole_frame = left == 0;
	int result;

	if (lws_is_first_fragment(c->wsi)) {
		weir_buf_reset(&c->message);
		c->fragments = 0;
	}
	if (c->message.len + piece.n + left > c->ws->o.message_max_bytes)
		return conn_refuse(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
	if (whole_frame && ++c->fragments > FRAGMENTS_MAX)
		return conn_refuse(c, LWS_CLOSE_STATUS_POLICY_VIOLATION, "too many fragments");
	if (!c->message.len && whole_frame && lws_is_final_fragment(c->wsi))
		return conn_deliver(c, piece);
	weir_buf_append(&c->message, piece.p, piece.n);
	if (c->message.failed)
		return conn_refuse(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
	if (!whole_frame || !lws_is_final_fragment(c->wsi))
		return 0;
	result = conn_deliver(c, weir_buf_view(&c->message));
	weir_buf_fini(&c->message);
	return result;
}

/* What comes behind a close is thrown away; whoever goes on and on is shut out. */
static int conn_drain(struct ws_conn *c, size_t n)
{
	c->closing_bytes += FRAME_HEAD_BYTES + n;
	if (c->closing_bytes > CLOSING_BYTES)
		conn_kill(c);
	return 0;
}

/* Pongs; pings are answered by libwebsockets, one of several that come at once, without being shown. */
static int conn_pong(struct ws_conn *c)
{
	uint64_t now = weir_mono_ms(c->ws->o.sessions->worker->o.clock);

	if (now - c->second_ms >= 1000) {
		c->second_ms = now;
		c->pongs = 0;
	}
	if (++c->pongs <= PONGS_PER_S)
		return 0;
	c->pongs = 0;
	if (c->closing)
		conn_kill(c);
	else
		weir_session_disconnect(c->session, LWS_CLOSE_STATUS_POLICY_VIOLATION, WEIR_STR("too many pongs"));
	return 0;
}

static int conn_peer_close(struct ws_conn *c, struct weir_str payload)
{
	struct weir_frame *f = NULL;

	if (c->closing)
		return -1; /* the answer to ours */
	c->closing = true;
	weir_session_disconnect(c->session, WEIR_DISCONNECT_CLOSED, WEIR_STR("connection closed by the peer"));
	if (payload.n <= 2 || weir_utf8_valid(weir_str_n(payload.p + 2, payload.n - 2)))
		return 0; /* libwebsockets answers with the same */
	f = close_frame(LWS_CLOSE_STATUS_INVALID_PAYLOAD, WEIR_STR("invalid UTF-8"));
	if (f && !lws_partial_buffered(c->wsi))
		lws_write(c->wsi, (unsigned char *)(uintptr_t)f->data, f->len, LWS_WRITE_RAW);
	weir_frame_unref(&f);
	return -1;
}

/* ---- life ---- */

static int conn_open(struct weir_ws *ws, struct lws *wsi, struct ws_conn *c)
{
	ws->adopted = true;
	*c = (struct ws_conn){.wsi = wsi, .ws = ws};
	c->write_check.fire = on_write_check;
	weir_buf_init(&c->message, ws->o.message_max_bytes);
	weir_list_append(&ws->conns, &c->link);
	c->session = weir_session_new(ws->o.sessions, &weir_codec_json, &transport_ops, c);
	return c->session ? 0 : -1;
}

static void conn_closed(struct ws_conn *c)
{
	struct weir_ws *ws = c->ws;

	c->closing = true;
	weir_timers_cancel(&ws->o.sessions->worker->timers, &c->write_check);
	if (c->session)
		weir_session_release(c->session);
	c->session = NULL;
	weir_buf_fini(&c->message);
	weir_list_remove(&c->link);
	ws->count--;
	ws->o.gone(ws->o.ctx);
}

/* A zero is "go on"; -1 closes. */
static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct ws_conn *c = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		/* `in` may dangle here (CVE-2025-11677), and only WebSocket comes this far. */
		return lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) ? 0 : -1;
	case LWS_CALLBACK_HTTP:
		return -1; /* plain requests never reach libwebsockets */
	case LWS_CALLBACK_ESTABLISHED:
		return conn_open(lws_context_user(lws_get_context(wsi)), wsi, c);
	case LWS_CALLBACK_RECEIVE:
		c->unread = false;
		if (c->closing)
			return conn_drain(c, len);
		return conn_receive(c, weir_str_n(in, len));
	case LWS_CALLBACK_RECEIVE_PONG:
		return c->session ? conn_pong(c) : 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		if (c->session && !conn_flush(c))
			return -1;
		if (c->session)
			weir_session_flushed(c->session);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return c->session ? conn_peer_close(c, weir_str_n(in, len)) : -1;
	case LWS_CALLBACK_CLOSED:
		if (c && c->ws)
			conn_closed(c);
		return 0;
	default:
		return 0;
	}
}

/* One write to an unbuffered stream, which must not block. */
static void log_emit(int level, const char *line)
{
	struct pollfd sink = {.fd = STDERR_FILENO, .events = POLLOUT};

	(void)level;
	if (poll(&sink, 1, 0) == 1 && sink.revents == POLLOUT)
		fputs(line, stderr);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_ws_log_setup(bool errors)
{
	lws_set_log_level(errors ? LLL_ERR : 0, log_emit);
}

int weir_ws_new(struct weir_ws **out, const struct weir_ws_options *o)
{
	static const lws_retry_bo_t no_validity_timers;
	void *loops[1] = {&o->loop->uv};
	struct weir_ws *ws = weir_xcalloc(1, sizeof(*ws));
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.foreign_loops = loops,
		.pt_serv_buf_size = SERV_BUF_BYTES,
		.max_http_header_data2 = HEAD_BYTES,
		.retry_and_idle_policy = &no_validity_timers,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.user = ws,
		.pcontext = &ws->context, /* set to NULL when the context has been freed */
	};

	ws->o = *o;
	weir_list_init(&ws->conns);
	ws->context = lws_create_context(&info);
	if (!ws->context) {
		free(ws);
		return WEIR_EUNAVAILABLE;
	}
	*out = ws;
	return 0;
}

int weir_ws_open(struct weir_ws *ws)
{
	static const lws_retry_bo_t no_validity_timers;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.alpn = "http/1.1",
		.vhost_name = "weir",
		.retry_and_idle_policy = &no_validity_timers,
	};

	ws->vhost = lws_create_vhost(ws->context, &info);
	return ws->vhost ? 0 : WEIR_EUNAVAILABLE;
}

void weir_ws_adopt(struct weir_ws *ws, int fd, struct weir_str bytes)
{
	struct lws *wsi;

	ws->adopted = false;
	ws->count++;
	wsi = lws_adopt_socket_vhost_readbuf(ws->vhost, fd, bytes.p, bytes.n);
	if (ws->adopted)
		return; /* perhaps closed again already: that was counted */
	/* The head was checked, so this is want of memory. */
	if (wsi) {
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
		lws_cancel_service(ws->context);
	}
	ws->count--;
	ws->o.gone(ws->o.ctx);
}

size_t weir_ws_count(const struct weir_ws *ws)
{
	return ws->count;
}

void weir_ws_kill(struct weir_ws *ws)
{
	struct weir_list *node;

	weir_list_foreach (node, &ws->conns)
		lws_set_timeout(weir_list_entry(node, struct ws_conn, link)->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
			LWS_TO_KILL_ASYNC);
	lws_cancel_service(ws->context);
}

void weir_ws_stop(struct weir_ws *ws)
{
	lws_context_destroy(ws->context);
}

void weir_ws_free(struct weir_ws **ws)
{
	/* The last step is left to us when it was reached from inside its own service call. */
	if ((*ws)->context)
		lws_context_destroy((*ws)->context);
	free(*ws);
	*ws = NULL;
}
