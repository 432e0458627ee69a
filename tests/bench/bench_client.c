/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket subscriber with the least that the protocol asks for: one upgrade, connect and subscribe in one frame,
 * then frames are counted by their lines. Its masks are zero, which is valid and spares the work.
 */
#include "config.h"

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char upgrade[] = "GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
			      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

static void client_fill(struct bench_client *c)
{
	ssize_t n = read(c->fd, c->buffer + c->used, BENCH_BUFFER - c->used);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 && c->may_end) {
		c->ended = true;
		return;
	}
	if (n <= 0)
		bench_die("the broker closed a connection: %s", n ? strerror(errno) : "end of file");
	c->used += (size_t)n;
}

/*
 * The size of the frame at the front of the buffer, 0 if it is not there as a whole; *at is where its payload begins.
 */
static size_t client_frame(const struct bench_client *c, size_t *at)
{
	const unsigned char *b = c->buffer;
	size_t n;

	if (c->used < 2)
		return 0;
	n = b[1] & 127;
	*at = 2;
	if (n == 126 && c->used >= 4) {
		n = (size_t)b[2] << 8 | b[3];
		*at = 4;
	} else if (n >= 126) {
		if (n == 127)
			bench_die("a frame of more than 64 KiB");
		return 0;
	}
	return c->used >= *at + n ? *at + n : 0;
}

static void client_line(struct bench_client *c, const char *line, size_t n)
{
	if (memmem(line, n, "\"pub\":", 6)) {
		c->events++;
		if (c->on_publication)
			c->on_publication(c, line, n);
	} else if (memmem(line, n, "\"unsubscribe\":{\"code\"", 21)) {
		c->unsubscribed = (unsigned)bench_number(line, n, "\"code\":");
	}
}

static void client_lines(struct bench_client *c, const char *text, size_t n)
{
	const char *end = text + n;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop ? stop : end;
		client_line(c, text, (size_t)(stop - text));
		text = stop + 1;
	}
}

static void client_message(struct bench_client *c, const unsigned char *p, size_t n, unsigned kind)
{
	if (kind == 8 && c->may_end) {
		c->ended = true;
		c->close_code = n >= 2 ? (unsigned)p[0] << 8 | p[1] : 1005;
	} else if (kind != 1) {
		bench_die("the broker sent a frame of kind %u", kind);
	} else {
		client_lines(c, (const char *)p, n);
	}
}

static void client_count(struct bench_client *c)
{
	size_t done = 0, size, at;
	struct bench_client rest = *c;

	while ((size = client_frame(&rest, &at)) != 0) {
		client_message(c, rest.buffer + at, size - at, rest.buffer[0] & 15);
		c->bytes += size;
		rest.buffer += size;
		rest.used -= size;
		done += size;
	}
	memmove(c->buffer, c->buffer + done, c->used - done);
	c->used -= done;
}

static void client_await(struct bench_client *c, const char *what)
{
	const unsigned char *found;

	while (!(found = memmem(c->buffer, c->used, what, strlen(what)))) {
		if (memmem(c->buffer, c->used, "\"error\":", 8) || c->used == BENCH_BUFFER)
			bench_die("no %s in: %.*s", what, (int)c->used, c->buffer);
		client_fill(c);
	}
}

static void client_dial(struct bench_client *c, int port, int rcvbuf)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (rcvbuf)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)); /* before the window is offered */
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		bench_die("connect to port %d: %s", port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void bench_client_open_with(struct bench_client *c, int port, const char *channel, const char *members, int rcvbuf)
{
	char text[512];
	int n;

	*c = (struct bench_client){.buffer = malloc(BENCH_BUFFER)};
	if (!c->buffer)
		bench_die("no memory");
	client_dial(c, port, rcvbuf);
	if (write(c->fd, upgrade, sizeof(upgrade) - 1) != (ssize_t)sizeof(upgrade) - 1)
		bench_die("upgrade: %s", strerror(errno));
	client_await(c, "\r\n\r\n");
	if (memcmp(c->buffer, "HTTP/1.1 101", 12))
		bench_die("not upgraded: %.*s", (int)c->used, c->buffer);
	c->used = 0;
	if (channel)
		n = snprintf(text, sizeof(text),
			"{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"%s\"%s}}", channel, members);
	else
		n = snprintf(text, sizeof(text), "{\"id\":1,\"connect\":{}}");
	bench_client_send(c, text, (size_t)n);
	client_await(c, channel ? "{\"id\":2," : "{\"id\":1,");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	bench_client_read(c);
	c->events = c->bytes = 0;
}

void bench_client_open(struct bench_client *c, int port, const char *channel)
{
	bench_client_open_with(c, port, channel, "", 0);
}

void bench_client_close(struct bench_client *c)
{
	close(c->fd);
	free(c->buffer);
}

void bench_client_send(struct bench_client *c, const char *text, size_t n)
{
	unsigned char frame[BENCH_BUFFER], *p = frame;

	if (n > sizeof(frame) - 8)
		bench_die("a message of %zu bytes", n);
	*p++ = 0x81;
	if (n < 126) {
		*p++ = (unsigned char)(0x80 | n);
	} else {
		*p++ = 0x80 | 126;
		*p++ = (unsigned char)(n >> 8);
		*p++ = (unsigned char)n;
	}
	memset(p, 0, 4);
	p += 4;
	memcpy(p, text, n);
	p += n;
	if (write(c->fd, frame, (size_t)(p - frame)) != p - frame)
		bench_die("send: %s", strerror(errno));
}

void bench_client_read(struct bench_client *c)
{
	if (c->ended)
		return;
	client_fill(c);
	client_count(c);
}
