/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted server on the test's loop. */
#include "rogue.h"

#include <netinet/in.h>
#include <string.h>

#include "test.h"

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct rogue_connection *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->rogue->in, sizeof(c->rogue->in));
}

/* Commands begin with '*', which no test has in its words. */
static void count(struct rogue *r, const char *p, size_t n)
{
	size_t room = sizeof(r->got) - 1 - r->got_n, keep = n < room ? n : room;

	for (size_t i = 0; i < n; i++)
		r->commands += p[i] == '*';
	memcpy(r->got + r->got_n, p, keep);
	r->got_n += keep;
	r->got[r->got_n] = '\0';
	r->got_all += n;
}

static void end(struct rogue_connection *c, bool reset)
{
	if (!c->open)
		return;
	c->open = false;
	if (reset)
		uv_tcp_close_reset(&c->tcp, NULL);
	else
		uv_close((uv_handle_t *)&c->tcp, NULL);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct rogue_connection *c = stream->data;
	struct rogue *r = c->rogue;

	if (n > 0) {
		r->reads++;
		count(r, buf->base, (size_t)n);
		if (r->on_commands)
			r->on_commands(r, (unsigned)(c - r->connections));
	} else if (n < 0) {
		r->ended++;
		end(c, false);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct rogue *r = listener->data;
	struct rogue_connection *c = &r->connections[r->accepted % ROGUE_CONNECTIONS];

	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_FALSE_FATAL(c->open);
	c->rogue = r;
	uv_tcp_init(r->loop, &c->tcp);
	c->tcp.data = c;
	CU_ASSERT_EQUAL_FATAL(uv_accept(listener, (uv_stream_t *)&c->tcp), 0);
	uv_tcp_nodelay(&c->tcp, 1);
	c->open = true;
	if (!r->deaf)
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	r->accepted++;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void rogue_listen(struct rogue *r, uv_loop_t *loop)
{
	struct sockaddr_in a;
	int n = sizeof(a);

	memset(r, 0, sizeof(*r));
	r->loop = loop;
	uv_tcp_init(loop, &r->listener);
	r->listener.data = r;
	uv_ip4_addr("127.0.0.1", 0, &a);
	CU_ASSERT_EQUAL_FATAL(uv_tcp_bind(&r->listener, (struct sockaddr *)&a, 0), 0);
	CU_ASSERT_EQUAL_FATAL(uv_listen((uv_stream_t *)&r->listener, 128, on_connection), 0);
	CU_ASSERT_EQUAL_FATAL(uv_tcp_getsockname(&r->listener, (struct sockaddr *)&a, &n), 0);
	r->port = ntohs(a.sin_port);
}

void rogue_send(struct rogue *r, unsigned connection, const char *p, size_t n)
{
	struct rogue_connection *c = &r->connections[connection % ROGUE_CONNECTIONS];
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);

	CU_ASSERT_TRUE_FATAL(c->open);
	if (n > 0)
		CU_ASSERT_EQUAL(uv_try_write((uv_stream_t *)&c->tcp, &buf, 1), (int)n);
}

void rogue_say(struct rogue *r, unsigned connection, const char *text)
{
	rogue_send(r, connection, text, strlen(text));
}

void rogue_fin(struct rogue *r, unsigned connection)
{
	end(&r->connections[connection % ROGUE_CONNECTIONS], false);
}

void rogue_rst(struct rogue *r, unsigned connection)
{
	end(&r->connections[connection % ROGUE_CONNECTIONS], true);
}

void rogue_close(struct rogue *r)
{
	for (unsigned i = 0; i < ROGUE_CONNECTIONS; i++)
		end(&r->connections[i], false);
	uv_close((uv_handle_t *)&r->listener, NULL);
}
