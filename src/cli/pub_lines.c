/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir pub --lines`: each line of a stream is one event. Whatever complete lines have arrived go out as one batch, so
 * a lone line goes at once and a flood in large requests. While the broker is away nothing more is read: what waits is
 * one buffer, and the pressure reaches whoever writes. Where events have idempotency keys a repetition publishes nothing
 * twice.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "backoff_priv.h"
#include "pub_priv.h"

#define LINES_PER_REQUEST  256
#define LINES_BUFFER_BYTES (1 << 20) /* also the longest line */
#define LINES_READ_BYTES   65536
#define LINES_PAUSE_MAX_MS 60000

struct pub_lines {
	const struct weir__pub_way *way;
	void *state; /* of the way */
	const char *channel;
	FILE *err;
	struct weir_random random;
	int fd;
	bool eof;
	struct weir_buf in; /* what has been read and not been published */
	struct weir__pub_line line[LINES_PER_REQUEST];
	size_t n_lines, used; /* lines taken from `in`, and their bytes */
	uint64_t lines_before;
	bool told; /* that the broker is away */
};

static int lines_complain(const struct pub_lines *l, size_t i, const char *what)
{
	fprintf(l->err, "weir pub: %s: line %llu: %s\n", l->channel, (unsigned long long)(l->lines_before + i + 1),
		what);
	return 1;
}

static bool lines_has_complete(const struct pub_lines *l)
{
	return l->in.len && memchr(l->in.p, '\n', l->in.len);
}

/* Is there something to read at this moment? */
static bool lines_is_readable(const struct pub_lines *l)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int lines_read(struct pub_lines *l)
{
	size_t room = LINES_BUFFER_BYTES - l->in.len;
	ssize_t n;

	if (room > LINES_READ_BYTES)
		room = LINES_READ_BYTES;
	if (!weir_buf_reserve(&l->in, room))
		return lines_complain(l, 0, "out of memory");
	if (l->way->wait)
		l->way->wait(l->state, l->fd);
	do
		n = read(l->fd, l->in.p + l->in.len, room);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return lines_complain(l, 0, weir_strerror(-errno));
	l->in.len += (size_t)n;
	l->eof = n == 0;
	return 0;
}

/* Blocks for one complete line, and takes along what else is there already. */
static int lines_fill(struct pub_lines *l)
{
	int err = 0;

	while (!err && !l->eof && l->in.len < LINES_BUFFER_BYTES && (!lines_has_complete(l) || lines_is_readable(l)))
		err = lines_read(l);
	if (!err && !l->eof && !lines_has_complete(l))
		return lines_complain(l, 0, "too long");
	return err;
}

static void lines_take(struct pub_lines *l)
{
	struct weir_str rest = weir_buf_view(&l->in);

	l->n_lines = l->used = 0;
	while (rest.n && l->n_lines < LINES_PER_REQUEST) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		if (!end && !l->eof)
			return;
		l->line[l->n_lines] = (struct weir__pub_line){
			.text = weir_str_n(rest.p, n), .number = l->lines_before + l->n_lines + 1};
		l->n_lines++;
		n += end ? 1 : 0;
		l->used += n;
		rest = weir_str_n(rest.p + n, rest.n - n);
	}
}

static void lines_pause(struct pub_lines *l, unsigned attempt, uint64_t retry_after_s, const struct weir_buf *why)
{
	uint64_t ms = weir__backoff_ms(&l->random, attempt);
	struct timespec t;

	if (retry_after_s && ms < retry_after_s * 1000)
		ms = retry_after_s < LINES_PAUSE_MAX_MS / 1000 ? retry_after_s * 1000 : LINES_PAUSE_MAX_MS;
	if (!l->told)
		fprintf(l->err, "weir pub: %s: %.*s; trying again\n", l->channel, WEIR_STR_FMT(weir_buf_view(why)));
	l->told = true;
	t = (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Publishes the lines taken, however long it takes. */
static int lines_publish(struct pub_lines *l, struct weir_buf *why)
{
	enum weir__pub_outcome outcome;
	uint64_t retry_after_s;

	for (unsigned attempt = 0;; attempt++) {
		weir_buf_reset(why);
		retry_after_s = 0;
		outcome = l->way->publish(l->state, l->line, l->n_lines, why, &retry_after_s);
		if (outcome == WEIR_PUB_OK)
			break;
		if (outcome == WEIR_PUB_FAILED) {
			fprintf(l->err, "weir pub: %s: %.*s\n", l->channel, WEIR_STR_FMT(weir_buf_view(why)));
			return 1;
		}
		lines_pause(l, attempt, retry_after_s, why);
	}
	if (l->told)
		fprintf(l->err, "weir pub: %s: publishing again\n", l->channel);
	l->told = false;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__pub_lines(
	const struct weir__pub_way *way, void *state, const struct weir__pub_options *o, int fd, FILE *err_stream)
{
	struct pub_lines l = {.way = way, .state = state, .channel = o->channel, .fd = fd, .err = err_stream};
	struct weir_buf why;
	int err;

	weir_random_system(&l.random);
	weir_buf_init(&l.in, LINES_BUFFER_BYTES);
	weir_buf_init(&why, 1024);
	for (;;) {
		err = lines_fill(&l);
		if (err)
			break;
		lines_take(&l);
		if (!l.n_lines)
			break;
		err = lines_publish(&l, &why);
		if (err)
			break;
		weir_buf_consume(&l.in, l.used);
		l.lines_before += l.n_lines;
	}
	weir_buf_fini(&l.in);
	weir_buf_fini(&why);
	return err;
}
