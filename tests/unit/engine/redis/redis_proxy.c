/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and replies are told apart by their size alone; a reply belongs to the oldest command without one. */
#include "redis_proxy.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "weir/base/mem.h"

struct proxy_write {
	uv_write_t req;
	char bytes[];
};

/* Bytes of the value at p, or 0: there is more to come. */
static size_t value_bytes(const char *p, size_t n)
{
	const char *line = n ? memchr(p, '\n', n) : NULL;
	size_t at = line ? (size_t)(line - p) + 1 : 0;
	long long count = line ? strtoll(p + 1, NULL, 10) : 0;

	if (!line || (*p != '$' && *p != '*') || count < 0)
		return at;
	if (*p == '$')
		return n >= at + (size_t)count + 2 ? at + (size_t)count + 2 : 0;
	for (long long i = 0; i < count; i++) {
		size_t one = value_bytes(p + at, n - at);

		if (!one)
			return 0;
		at += one;
	}
	return at;
}

static void on_written(uv_write_t *req, int status)
{
	(void)status;
	free(WEIR_CONTAINER_OF(req, struct proxy_write, req));
}

static void pass(struct proxy_connection *c, int to, const char *p, size_t n)
{
	struct proxy_write *w = malloc(sizeof(*w) + n);
	uv_buf_t buf;

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	memcpy(w->bytes, p, n);
	buf = uv_buf_init(w->bytes, (unsigned)n);
	if (uv_write(&w->req, (uv_stream_t *)&c->side[to], &buf, 1, on_written) < 0)
		free(w);
}

static void on_side_closed(uv_handle_t *handle)
{
	struct proxy_connection *c = handle->data;

	c->proxy->open--;
}

static void end(struct proxy_connection *c, bool reset)
{
	if (!c->open)
		return;
	c->open = false;
	if (reset)
		uv_tcp_close_reset(&c->side[0], on_side_closed);
	else
		uv_close((uv_handle_t *)&c->side[0], on_side_closed);
	uv_close((uv_handle_t *)&c->side[1], on_side_closed);
	weir_buf_fini(&c->got[0]);
	weir_buf_fini(&c->got[1]);
}

static void command(struct proxy_connection *c, const char *p, size_t n)
{
	const char *word = c->proxy->rule.word;

	CU_ASSERT_TRUE_FATAL(c->count < PROXY_PENDING);
	c->hit[(c->first + c->count++) % PROXY_PENDING] =
		word && weir_str_contains(weir_str_n(p, n < 160 ? n : 160), weir_str(word));
	pass(c, 1, p, n);
}

static void reply(struct proxy_connection *c, const char *p, size_t n)
{
	struct redis_proxy *x = c->proxy;
	bool hit = c->count && c->hit[c->first];

	if (c->count) {
		c->first = (c->first + 1) % PROXY_PENDING;
		c->count--;
	}
	x->hits += hit;
	if (c->silent)
		return;
	if (!hit)
		pass(c, 0, p, n);
	else if (x->rule.action == PROXY_REPLACE)
		pass(c, 0, x->rule.bytes, x->rule.n);
	else if (x->rule.action == PROXY_SILENCE)
		c->silent = true;
	else
		end(c, true);
}

static void take(struct proxy_connection *c, int from)
{
	size_t at = 0, n;

	while (c->open && (n = value_bytes(c->got[from].p + at, c->got[from].len - at)) > 0) {
		(from ? reply : command)(c, c->got[from].p + at, n);
		at += n;
	}
	if (!c->open)
		return;
	memmove(c->got[from].p, c->got[from].p + at, c->got[from].len - at);
	c->got[from].len -= at;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct proxy_connection *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->proxy->in, sizeof(c->proxy->in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct proxy_connection *c = stream->data;
	int from = stream == (uv_stream_t *)&c->side[1];

	if (n < 0) {
		end(c, false);
	} else if (n > 0) {
		weir_buf_str(&c->got[from], weir_str_n(buf->base, (size_t)n));
		take(c, from);
	}
}

static void on_connected(uv_connect_t *req, int status)
{
	struct proxy_connection *c = req->data;

	free(req);
	if (status < 0 || !c->open)
		return;
	for (int i = 0; i < 2; i++)
		uv_read_start((uv_stream_t *)&c->side[i], on_alloc, on_read);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct redis_proxy *p = listener->data;
	struct proxy_connection *c = &p->connections[p->accepted++ % PROXY_CONNECTIONS];
	uv_connect_t *req = malloc(sizeof(*req));
	struct sockaddr_in a;

	CU_ASSERT_TRUE_FATAL(status == 0 && req && !c->open);
	memset(c, 0, sizeof(*c));
	c->proxy = p;
	c->open = true;
	p->open += 2;
	for (int i = 0; i < 2; i++) {
		uv_tcp_init(p->loop, &c->side[i]);
		c->side[i].data = c;
		weir_buf_init(&c->got[i], 1 << 24);
	}
	CU_ASSERT_EQUAL_FATAL(uv_accept(listener, (uv_stream_t *)&c->side[0]), 0);
	uv_ip4_addr("127.0.0.1", p->to, &a);
	req->data = c;
	CU_ASSERT_EQUAL_FATAL(uv_tcp_connect(req, &c->side[1], (struct sockaddr *)&a, on_connected), 0);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void redis_proxy_start(struct redis_proxy *p, uv_loop_t *loop, uint16_t to)
{
	struct sockaddr_in a;
	int n = sizeof(a);

	memset(p, 0, sizeof(*p));
	p->loop = loop;
	p->to = to;
	uv_tcp_init(loop, &p->listener);
	p->listener.data = p;
	uv_ip4_addr("127.0.0.1", 0, &a);
	CU_ASSERT_EQUAL_FATAL(uv_tcp_bind(&p->listener, (struct sockaddr *)&a, 0), 0);
	CU_ASSERT_EQUAL_FATAL(uv_listen((uv_stream_t *)&p->listener, 128, on_connection), 0);
	CU_ASSERT_EQUAL_FATAL(uv_tcp_getsockname(&p->listener, (struct sockaddr *)&a, &n), 0);
	p->port = ntohs(a.sin_port);
}

void redis_proxy_stop(struct redis_proxy *p)
{
	for (unsigned i = 0; i < PROXY_CONNECTIONS; i++)
		end(&p->connections[i], false);
	uv_close((uv_handle_t *)&p->listener, NULL);
	while (p->open)
		uv_run(p->loop, UV_RUN_ONCE);
}
