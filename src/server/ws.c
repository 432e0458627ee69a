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
 * After a timer or a kill from outside its callbacks libwebsockets has to be woken (lws_cancel_service), or the timer
 * never fires.
 *
 * Sizes, fragments, UTF-8 and floods are checked here, because it leaves them to its user. It does not say whether a
 * frame was masked, so unmasked ones are taken.
 *
 * Worker's thread.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/base/utf8.h"
#include "ws_priv.h"

#define RX_BUFFER_BYTES  512 /* per connection; larger messages come in pieces */
#define SERV_BUF_BYTES   20480
#define TX_PACKET_BYTES  (1 << 20) /* or each write would be cut at the receive buffer's size */
#define HEAD_BYTES       16384
#define FRAGMENTS_MAX    1024
#define FRAME_HEAD_BYTES 6         /* at least, from a client */
#define CLOSING_BYTES    (1 << 20) /* that may arrive behind a close before the socket is shut */
#define PONGS_PER_S      100

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
	{.name = "weir-msgpack",
		.callback = on_lws,
		.per_session_data_size = sizeof(struct ws_conn),
		.rx_buffer_size = RX_BUFFER_BYTES,
		.tx_packet_size = TX_PACKET_BYTES},
	{0},
};

const char *const weir_ws_subprotocols[] = {"centrifuge-json", "weir-msgpack", NULL};

/* The one of its subprotocol. */
static const struct weir_codec *conn_codec(struct lws *wsi)
{
	const struct lws_protocols *p = lws_get_protocol(wsi);

	return p && !strcmp(p->name, weir_codec_msgpack.subprotocol) ? &weir_codec_msgpack : &weir_codec_json;
}

/* ---- reading ---- */

/* What is still under way is read and thrown away: a socket that is shut with bytes unread is reset, and the code lost. */
static int conn_refuse(struct ws_conn *c, unsigned code, const char *why)
{
	weir_session_disconnect(c->session, code, weir_str(why));
	return 0;
}

static int conn_deliver(struct ws_conn *c, struct weir_str message)
{
	bool binary = lws_frame_is_binary(c->wsi);

	if (!binary && !weir_utf8_valid(message))
		return conn_refuse(c, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "invalid UTF-8");
	if (!binary && conn_codec(c->wsi)->binary)
		return conn_refuse(c, WEIR_DISCONNECT_BAD_REQUEST, weir_disconnect_text(WEIR_DISCONNECT_BAD_REQUEST));
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
		weir__ws_kill(c);
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
		weir__ws_kill(c);
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
	f = weir__ws_close_frame(LWS_CLOSE_STATUS_INVALID_PAYLOAD, WEIR_STR("invalid UTF-8"));
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
	c->write_check.fire = weir__ws_on_write_check;
	weir_buf_init(&c->message, ws->o.message_max_bytes);
	weir_list_append(&ws->conns, &c->link);
	c->session = weir_session_new(ws->o.sessions, conn_codec(wsi), &weir__ws_transport, c);
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
		if (c->session && !weir__ws_flush(c))
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
