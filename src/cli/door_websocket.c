/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door `websocket`: libwebsockets as a client. What is to be sent is kept behind LWS_PRE bytes, where lws puts the
 * header, and goes out as one message. Signals come through a signalfd that lws polls as a raw file, so nothing happens
 * in a signal handler.
 */
#include "door_ws_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "weir/base/mem.h"
#include "ws_url_priv.h"

#define WS_MESSAGE_MAX_BYTES (64 << 20) /* a reply may carry hundreds of missed events */
#define WS_SEND_MAX_BYTES    (4 << 20)
#define WS_CONNECT_S         10
#define WS_SERVICE_BYTES     65536
#define WS_TIMER_MAX_MS      86400000u

struct weir__ws {
	struct weir__door door;
	const char *subprotocol; /* NULL: none, text frames */
	struct lws_context *cx;
	struct lws_vhost *vhost;
	struct lws *wsi; /* NULL when there is none */
	lws_sorted_usec_list_t timer;
	struct weir__ws_url url;
	bool trying; /* on_close is owed */
	bool open, dropping;
	struct weir_buf in;
	struct weir_buf out; /* LWS_PRE bytes of room first, when not empty */
	int close_code;
	struct weir_buf close_reason;
};

static void ws_ended(struct weir__ws *ws, unsigned http, struct weir_str reason)
{
	struct weir__door_end end = {.code = ws->close_code, .http = http, .reason = reason};

	if (!ws->trying)
		return;
	ws->trying = ws->open = ws->dropping = false;
	ws->wsi = NULL;
	weir_buf_reset(&ws->out);
	weir_buf_reset(&ws->in);
	if (!ws->door.stopped)
		ws->door.h.on_close(ws->door.h.ctx, &end);
}

static int ws_receive(struct weir__ws *ws, struct lws *wsi, const void *in, size_t len)
{
	if (ws->door.stopped || ws->dropping)
		return -1;
	weir_buf_append(&ws->in, in, len);
	if (ws->in.failed) {
		ws->close_code = LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE;
		lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	}
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
		return 0;
	ws->door.h.on_message(ws->door.h.ctx, weir_buf_view(&ws->in));
	weir_buf_reset(&ws->in);
	return ws->door.stopped ? -1 : 0;
}

static int ws_write(struct weir__ws *ws, struct lws *wsi)
{
	size_t n = ws->out.len > LWS_PRE ? ws->out.len - LWS_PRE : 0;

	if (!n)
		return 0;
	if (lws_partial_buffered(wsi)) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	if (ws->out.failed || lws_write(wsi, (unsigned char *)ws->out.p + LWS_PRE, n,
				      ws->subprotocol ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < (int)n)
		return -1;
	weir_buf_reset(&ws->out);
	return 0;
}

/* The payload of a Close: two bytes of code, then text. */
static void ws_peer_close(struct weir__ws *ws, const unsigned char *in, size_t len)
{
	if (len < 2)
		return;
	ws->close_code = in[0] << 8 | in[1];
	weir_buf_append(&ws->close_reason, in + 2, len - 2);
}

static int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct weir__ws *ws = lws_context_user(lws_get_context(wsi));

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		ws->wsi = wsi;
		ws->open = true;
		ws->door.h.on_open(ws->door.h.ctx);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return ws_receive(ws, wsi, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return ws_write(ws, wsi);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		ws_peer_close(ws, in, len);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		ws_ended(ws, lws_http_client_http_response(wsi), weir_str_n(in, in ? len : 0));
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		ws_ended(ws, 0, weir_buf_view(&ws->close_reason));
		return 0;
	default:
		return 0;
	}
}

static int ws_signal_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct weir__ws *ws = lws_context_user(lws_get_context(wsi));
	struct signalfd_siginfo info;

	(void)user, (void)in, (void)len;
	if (reason != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	if (read((int)lws_get_socket_fd(wsi), &info, sizeof(info)) == (ssize_t)sizeof(info))
		ws->door.h.on_signal(ws->door.h.ctx);
	return 0;
}

static const struct lws_protocols ws_protocols[] = {
	{.name = "weir-client", .callback = ws_callback},
	{.name = "weir-signal", .callback = ws_signal_callback},
	{0},
};

static void on_ws_timer(lws_sorted_usec_list_t *sul)
{
	struct weir__ws *ws = WEIR_CONTAINER_OF(sul, struct weir__ws, timer);

	ws->door.h.on_timer(ws->door.h.ctx);
}

static int ws_create_context(struct weir__ws *ws)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = ws_protocols,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | (ws->url.tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
		.user = ws,
		.pt_serv_buf_size = WS_SERVICE_BYTES,
		.timeout_secs = WS_CONNECT_S,
		.connect_timeout_secs = WS_CONNECT_S,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};

	lws_set_log_level(0, NULL);
	ws->cx = lws_create_context(&info);
	ws->vhost = ws->cx ? lws_create_vhost(ws->cx, &info) : NULL;
	return ws->vhost ? 0 : -ENOMEM;
}

static int ws_watch_signals(struct weir__ws *ws)
{
	lws_sock_file_fd_type fd;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd.filefd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd.filefd < 0)
		return -errno;
	if (lws_adopt_descriptor_vhost(ws->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "weir-signal", NULL))
		return 0;
	return -ENOMEM;
}

static struct weir__ws *ws_of(struct weir__door *door)
{
	return WEIR_CONTAINER_OF(door, struct weir__ws, door);
}

static void ws_free(struct weir__door *door)
{
	struct weir__ws *ws = ws_of(door);

	ws->door.stopped = true;
	if (ws->cx) {
		lws_sul_cancel(&ws->timer);
		lws_context_destroy(ws->cx);
	}
	weir_buf_fini(&ws->in);
	weir_buf_fini(&ws->out);
	weir_buf_fini(&ws->close_reason);
	weir__ws_url_fini(&ws->url);
	free(ws);
}

static void ws_connect(struct weir__door *door)
{
	struct weir__ws *ws = ws_of(door);
	static const lws_retry_bo_t no_idle_checks;
	struct lws_client_connect_info info = {
		.context = ws->cx,
		.vhost = ws->vhost,
		.address = ws->url.host,
		.port = ws->url.port,
		.ssl_connection = ws->url.tls ? LCCSCF_USE_SSL : 0,
		.path = ws->url.path,
		.host = ws->url.host_header,
		.alpn = "http/1.1",
		.protocol = ws->subprotocol,
		.ietf_version_or_minus_one = -1,
		.local_protocol_name = "weir-client",
		.retry_and_idle_policy = &no_idle_checks,
	};

	weir_assert(!ws->trying);
	ws->trying = true;
	ws->close_code = 0;
	weir_buf_reset(&ws->close_reason);
	if (!lws_client_connect_via_info(&info))
		ws_ended(ws, 0, WEIR_STR("cannot connect")); /* unless the callback has said so */
}

static void ws_send(struct weir__door *door, struct weir_str text)
{
	struct weir__ws *ws = ws_of(door);

	if (!ws->open || ws->dropping)
		return;
	if (ws->out.len) {
		if (!ws->subprotocol)
			weir_buf_char(&ws->out, '\n');
	} else if (weir_buf_reserve(&ws->out, LWS_PRE)) {
		memset(ws->out.p, 0, LWS_PRE);
		ws->out.len = LWS_PRE;
	}
	weir_buf_str(&ws->out, text);
	lws_callback_on_writable(ws->wsi);
}

static void ws_drop(struct weir__door *door)
{
	struct weir__ws *ws = ws_of(door);

	if (!ws->open || ws->dropping)
		return;
	ws->dropping = true;
	lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void ws_set_timer(struct weir__door *door, uint64_t delay_ms)
{
	struct weir__ws *ws = ws_of(door);

	if (delay_ms == UINT64_MAX) {
		lws_sul_cancel(&ws->timer);
		return;
	}
	if (delay_ms > WS_TIMER_MAX_MS)
		delay_ms = WS_TIMER_MAX_MS;
	/* One microsecond at least: 0 would run inside this call's turn for ever. */
	lws_sul_schedule(ws->cx, 0, &ws->timer, on_ws_timer, (lws_usec_t)delay_ms * 1000 + 1);
}

/* A negative time means no waiting; else lws waits as long as its timers allow. */
static int ws_turn(struct weir__door *door, bool wait)
{
	return lws_service(ws_of(door)->cx, wait ? 0 : -1) < 0 ? -EIO : 0;
}

static int ws_fd(const struct weir__door *door)
{
	const struct weir__ws *ws = WEIR_CONTAINER_OF(door, struct weir__ws, door);

	return ws->wsi ? (int)lws_get_socket_fd(ws->wsi) : -1;
}

static int ws_open(const char *server, const struct weir__door_handlers *h, struct weir__door **out)
{
	return weir__door_ws_open(server, NULL, h, out);
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__door_ops weir__door_websocket = {
	.name = "websocket",
	.what = "a WebSocket",
	.open = ws_open,
	.free = ws_free,
	.connect = ws_connect,
	.send = ws_send,
	.drop = ws_drop,
	.set_timer = ws_set_timer,
	.turn = ws_turn,
	.fd = ws_fd,
};

int weir__door_ws_open(
	const char *server, const char *subprotocol, const struct weir__door_handlers *h, struct weir__door **out)
{
	struct weir__ws *ws = weir_xcalloc(1, sizeof(*ws));
	int err;

	ws->door = (struct weir__door){.ops = &weir__door_websocket, .h = *h};
	ws->subprotocol = subprotocol;
	weir_buf_init(&ws->in, WS_MESSAGE_MAX_BYTES);
	weir_buf_init(&ws->out, WS_SEND_MAX_BYTES);
	weir_buf_init(&ws->close_reason, 256);
	err = weir__ws_url_init(&ws->url, server);
	if (!err)
		err = ws_create_context(ws);
	if (!err && h->on_signal)
		err = ws_watch_signals(ws);
	*out = &ws->door;
	if (err)
		weir__door_free(out);
	return err;
}
