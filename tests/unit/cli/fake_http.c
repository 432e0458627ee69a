/* SPDX-License-Identifier: Apache-2.0 */
/* See the header. Requests have a Content-Length, as libcurl sends them. */
#include "fake_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAKE_REQUEST_MAX_BYTES 65536

/* False when the test ends. */
static bool fake_wait(struct fake_http *f, int fd)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = f->wake[0], .events = POLLIN}};

	return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

static const char *fake_header(const char *head, const char *name)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, strlen(name)) == 0)
			return line + 2 + strlen(name);
	return NULL;
}

/* One whole request into `in`, which ends with NUL; NULL: the connection is over. Returns where the body begins. */
static char *fake_request(struct fake_http *f, int fd, struct weir_buf *in)
{
	for (;;) {
		char *to = weir_buf_reserve(in, 4096), *end;
		const char *length;
		ssize_t n;

		if (!to || !fake_wait(f, fd))
			return NULL;
		n = read(fd, to, 4095);
		if (n <= 0)
			return NULL;
		in->len += (size_t)n;
		in->p[in->len] = '\0';
		end = strstr(in->p, "\r\n\r\n");
		if (!end)
			continue;
		length = fake_header(in->p, "Content-Length:");
		if (in->p + in->len >= end + 4 + (length ? strtoul(length, NULL, 10) : 0))
			return end + 4;
	}
}

static bool fake_is_let_in(const struct fake_http *f, const char *head)
{
	const char *key = fake_header(head, "X-API-Key: ");

	return !f->key || (key && strncmp(key, f->key, strlen(f->key)) == 0);
}

static void fake_reply(int fd, int status, const char *body)
{
	struct weir_buf out;
	ssize_t n;

	weir_buf_init(&out, FAKE_REQUEST_MAX_BYTES);
	weir_buf_printf(&out, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	n = write(fd, out.p, out.len);
	(void)n;
	weir_buf_fini(&out);
}

static void fake_answer(struct fake_http *f, int fd, const char *head, const char *body)
{
	const char *path = strchr(head, ' ') + 1, *end = strchr(path, ' ');
	struct weir_str wanted = weir_str_n(path, (size_t)(end - path));

	pthread_mutex_lock(&f->mutex);
	weir_buf_printf(&f->log, "%.*s %s\n", WEIR_STR_FMT(wanted), body);
	pthread_mutex_unlock(&f->mutex);
	if (!fake_is_let_in(f, head)) {
		fake_reply(fd, 401, "");
		return;
	}
	for (const struct fake_answer *a = f->answers; a->path; a++)
		if (weir_str_is(wanted, a->path)) {
			fake_reply(fd, a->status, a->body);
			return;
		}
	fake_reply(fd, 404, "");
}

static void *fake_run(void *ctx)
{
	struct fake_http *f = ctx;
	struct weir_buf in;

	weir_buf_init(&in, FAKE_REQUEST_MAX_BYTES);
	while (fake_wait(f, f->fd)) {
		int fd = accept(f->fd, NULL, NULL);
		const char *body;

		while (weir_buf_reset(&in), (body = fake_request(f, fd, &in)) != NULL)
			fake_answer(f, fd, in.p, body);
		close(fd);
	}
	weir_buf_fini(&in);
	return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void fake_http_open(struct fake_http *f, unsigned port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int on = 1;

	*f = (struct fake_http){0};
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	weir_buf_init(&f->log, 1 << 20);
	pthread_mutex_init(&f->mutex, NULL);
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(f->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(f->fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(f->fd, 8) || pipe(f->wake))
		abort();
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u", fake_http_port(f));
}

unsigned fake_http_port(const struct fake_http *f)
{
	struct sockaddr_in sa;
	socklen_t n = sizeof(sa);

	if (getsockname(f->fd, (struct sockaddr *)&sa, &n))
		abort();
	return ntohs(sa.sin_port);
}

void fake_http_start(struct fake_http *f, const struct fake_answer *answers)
{
	f->answers = answers;
	if (pthread_create(&f->thread, NULL, fake_run, f))
		abort();
}

bool fake_http_was_asked(struct fake_http *f, const char *line)
{
	bool found;

	pthread_mutex_lock(&f->mutex);
	found = weir_str_contains(weir_buf_view(&f->log), weir_str(line));
	pthread_mutex_unlock(&f->mutex);
	return found;
}

void fake_http_close(struct fake_http *f)
{
	close(f->wake[1]);
	if (f->answers)
		pthread_join(f->thread, NULL);
	close(f->wake[0]);
	close(f->fd);
	pthread_mutex_destroy(&f->mutex);
	weir_buf_fini(&f->log);
}
