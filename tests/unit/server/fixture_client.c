/* SPDX-License-Identifier: Apache-2.0 */
/* The raw client of the tests. See fixture.h. */
#include "config.h"

#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

void client_open(struct fixture *f, struct client *c)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(f->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};

	*c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	CU_ASSERT_EQUAL_FATAL(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	*c = (struct client){.fd = -1};
}

void client_send(struct fixture *f, struct client *c, const char *bytes, size_t n)
{
	uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS;

	while (n > 0 && weir_mono_ms(&weir_clock_real) < until) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return; /* the server has closed; what it said can still be read */
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else {
			fixture_turn(f, -1, 1);
		}
	}
	CU_ASSERT_EQUAL(n, 0);
}

void client_say(struct fixture *f, struct client *c, const char *text)
{
	client_send(f, c, text, strlen(text));
}

bool client_poll(struct client *c)
{
	ssize_t n;

	if (c->cap - c->len < 65536) {
		c->cap = c->cap * 2 + 131072;
		c->in = realloc(c->in, c->cap);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c->in);
	}
	n = recv(c->fd, c->in + c->len, c->cap - c->len, MSG_DONTWAIT);
	if (n > 0)
		c->len += (size_t)n;
	else if (n == 0)
		c->closed = true;
	else if (errno != EAGAIN)
		c->closed = c->reset = true;
	return n >= 0 || errno != EAGAIN;
}

/* The response that begins at `at`; head_end is where its body begins. False: not complete. */
static bool client_scan(const struct client *c, size_t at, size_t *head_end, size_t *end)
{
	const char *stop = c->len > at ? memmem(c->in + at, c->len - at, "\r\n\r\n", 4) : NULL, *field;

	if (!stop)
		return false;
	*head_end = (size_t)(stop - c->in) + 4;
	field = memmem(c->in + at, *head_end - at, "\r\nContent-Length: ", 18);
	*end = *head_end + (field ? strtoul(field + 18, NULL, 10) : 0);
	return *end <= c->len;
}

static bool client_find(const struct client *c, size_t n, size_t *begin, size_t *head_end, size_t *end)
{
	*end = 0;
	for (size_t i = 0; i <= n; i++) {
		*begin = *end;
		if (!client_scan(c, *begin, head_end, end))
			return false;
	}
	return true;
}

size_t client_responses(const struct client *c)
{
	size_t n = 0, at = 0, head_end, end;

	while (client_scan(c, at, &head_end, &end)) {
		at = end;
		n++;
	}
	return n;
}

static uint64_t client_await_until(struct fixture *f, struct client *c, size_t responses)
{
	uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS;

	while (!c->closed && client_responses(c) < responses && weir_mono_ms(&weir_clock_real) < until)
		if (!client_poll(c))
			fixture_turn(f, c->fd, 100);
	return until;
}

bool client_await(struct fixture *f, struct client *c, size_t responses)
{
	uint64_t until = client_await_until(f, c, responses);

	CU_ASSERT(weir_mono_ms(&weir_clock_real) < until);
	return client_responses(c) >= responses;
}

void client_await_end(struct fixture *f, struct client *c)
{
	uint64_t until = client_await_until(f, c, SIZE_MAX);

	CU_ASSERT(weir_mono_ms(&weir_clock_real) < until);
	CU_ASSERT(c->closed);
}

int client_status(const struct client *c, size_t n)
{
	size_t begin, head_end, end;

	if (!client_find(c, n, &begin, &head_end, &end) || head_end - begin < 13)
		return -1;
	return memcmp(c->in + begin, "HTTP/1.1 ", 9) == 0 ? atoi(c->in + begin + 9) : -1;
}

struct weir_str client_body(const struct client *c, size_t n)
{
	size_t begin, head_end, end;

	if (!client_find(c, n, &begin, &head_end, &end))
		return WEIR_STR_NONE;
	return weir_str_n(c->in + head_end, end - head_end);
}

static bool client_head_contains(const struct client *c, size_t n, const char *text)
{
	size_t begin, head_end, end;

	return client_find(c, n, &begin, &head_end, &end) &&
	       memmem(c->in + begin, head_end - begin, text, strlen(text)) != NULL;
}

bool client_has_line(const struct client *c, size_t n, const char *line)
{
	char text[512];

	snprintf(text, sizeof(text), "\r\n%s\r\n", line);
	return client_head_contains(c, n, text);
}

bool client_has_field(const struct client *c, size_t n, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "\r\n%s: ", name);
	return client_head_contains(c, n, text);
}

void expect_refused(struct fixture *f, const char *text, size_t n, int status)
{
	struct client c;

	client_open(f, &c);
	client_send(f, &c, text, n);
	client_await_end(f, &c);
	if (client_status(&c, 0) != status || client_responses(&c) != 1 || c.reset)
		printf("\n%d (%zu responses%s) instead of %d: %.80s\n", client_status(&c, 0), client_responses(&c),
			c.reset ? ", reset" : "", status, text);
	CU_ASSERT_EQUAL(client_status(&c, 0), status);
	CU_ASSERT_EQUAL(client_responses(&c), 1);
	CU_ASSERT_FALSE(c.reset);
	CU_ASSERT(client_has_line(&c, 0, "Connection: close"));
	CU_ASSERT(client_has_line(&c, 0, "Content-Type: application/json"));
	CU_ASSERT(weir_str_starts(client_body(&c, 0), WEIR_STR("{\"error\":{\"code\":")));
	client_close(&c);
}

int ask(struct fixture *f, struct client *c, const char *text)
{
	client_open(f, c);
	client_say(f, c, text);
	return client_await(f, c, 1) ? client_status(c, 0) : -1;
}
