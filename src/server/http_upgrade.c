/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket handshake up to, but without, the 101: version, key, subprotocol, origin and limits are checked here,
 * where a refusal gets a proper status; then the descriptor leaves with the bytes that were read. Loop's thread only.
 */
#include <stdio.h>

#include "http_priv.h"
#include "weir/base/base64.h"

#define UPGRADE_KEY_BYTES 16 /* RFC 6455 §4.1 */

struct upgrade_refusal {
	int status;
	const char *why;
	struct weir_str lines;
};

static const struct upgrade_refusal upgrade_ok = {0, NULL, {NULL, 0}};

static struct upgrade_refusal upgrade_bad(const char *why)
{
	return (struct upgrade_refusal){400, why, WEIR_STR_NONE};
}

static bool upgrade_key_ok(struct weir_str key)
{
	struct weir_buf decoded;
	bool ok;

	weir_buf_init(&decoded, UPGRADE_KEY_BYTES);
	ok = weir_base64_decode(&decoded, key) == 0 && decoded.len == UPGRADE_KEY_BYTES;
	weir_buf_fini(&decoded);
	return ok;
}

static struct upgrade_refusal upgrade_check_handshake(const struct weir_http_conn *c)
{
	const struct weir_head *head = &c->head;
	size_t versions = weir_head_count(head, "Sec-WebSocket-Version");

	if (c->req.method != WEIR_HTTP_GET || head->minor < 1)
		return upgrade_bad("WebSocket needs GET and HTTP/1.1");
	if (weir_head_count(head, "Upgrade") == 0)
		return (struct upgrade_refusal){426, "WebSocket only", WEIR_STR("Upgrade: websocket\r\n")};
	if (weir_head_count(head, "Upgrade") > 1 || !head->upgrade ||
		!weir_str_caseeq(weir_head_get(head, "Upgrade"), WEIR_STR("websocket")))
		return upgrade_bad("malformed upgrade");
	if (head->content_length > 0)
		return upgrade_bad("a handshake has no body");
	if (versions > 1)
		return upgrade_bad("more than one Sec-WebSocket-Version");
	if (versions == 0 || !weir_str_is(weir_head_get(head, "Sec-WebSocket-Version"), "13"))
		return (struct upgrade_refusal){426, "WebSocket version not supported",
			WEIR_STR("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")};
	if (weir_head_count(head, "Sec-WebSocket-Key") != 1 ||
		!upgrade_key_ok(weir_head_get(head, "Sec-WebSocket-Key")))
		return upgrade_bad("malformed Sec-WebSocket-Key");
	return upgrade_ok;
}

static struct upgrade_refusal upgrade_check(
	struct weir_http_conn *c, const struct weir_http_websocket *ws, struct weir_str *subprotocol)
{
	struct upgrade_refusal refusal = upgrade_check_handshake(c);

	if (refusal.status != 0)
		return refusal;
	if (weir_head_count(&c->head, "Sec-WebSocket-Protocol") > 1 ||
		weir__http_choose_subprotocol(
			weir_head_get(&c->head, "Sec-WebSocket-Protocol"), ws->subprotocols, subprotocol) != 0)
		return upgrade_bad("no subprotocol that is served");
	if (!weir_origin_allows_head(ws->origins, &c->head))
		return (struct upgrade_refusal){403, "the origin is not in client.allowed_origins", WEIR_STR_NONE};
	return upgrade_ok;
}

static void upgrade_refuse(struct weir_http_conn *c, int status, const char *why, struct weir_str lines)
{
	weir_stat_add(&c->server->counters, upgrades_refused, 1);
	c->close_after = true;
	weir__http_refuse(c, status, why, lines);
}

/* False: the limits, or the lack of descriptors, said no. */
static bool upgrade_admitted(struct weir_http_conn *c, const struct weir_http_route *route)
{
	char line[64];
	unsigned retry_after_s = 1;
	int status = c->scarce ? 503 : 0, n;

	if (status == 0 && route->websocket->admit)
		status = route->websocket->admit(route->ctx, &c->req, &retry_after_s);
	if (status == 0)
		return true;
	n = snprintf(line, sizeof(line), "Retry-After: %u\r\n", retry_after_s);
	upgrade_refuse(c, status, "too many connections", weir_str_n(line, (size_t)n));
	return false;
}

int weir__http_choose_subprotocol(struct weir_str offered, const char *const *served, struct weir_str *chosen)
{
	bool any = false;

	*chosen = WEIR_STR_NONE;
	while (offered.p) {
		struct weir_str item = weir_str_trim(weir_str_cut(&offered, ','));

		any = any || item.n > 0;
		for (const char *const *s = served; s && *s; s++)
			if (weir_str_is(item, *s)) {
				*chosen = item;
				return 0;
			}
	}
	return any ? WEIR_ENOTFOUND : 0;
}

void weir__http_upgrade(struct weir_http_conn *c, const struct weir_http_route *route)
{
	struct weir_http_upgrade up = {.bytes = weir_buf_view(&c->in), .head = &c->head, .peer = c->peer};
	struct upgrade_refusal refusal = upgrade_check(c, route->websocket, &up.subprotocol);

	if (refusal.status != 0) {
		upgrade_refuse(c, refusal.status, refusal.why, refusal.lines);
		return;
	}
	if (!upgrade_admitted(c, route))
		return;
	weir_stat_add(&c->server->counters, upgrades, 1);
	route->websocket->upgrade(route->ctx, weir__http_give_up_fd(c), &up);
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

int weir_http_detach(struct weir_http_request *req)
{
	struct weir_http_conn *c = weir__http_conn_of(req);
	int fd = -1;

	weir_assert(weir_loop_is_current(c->server->loop));
	weir_assert(c->owed);
	c->owed = false;
	if (c->state == WEIR__HTTP_CLOSED)
		weir__http_free_if_done(c);
	else
		fd = weir__http_give_up_fd(c);
	return fd;
}
