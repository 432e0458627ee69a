/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir pub --lines`: each line of a stream is one event. Whatever complete lines have arrived go out as one batch, so
 * a lone line goes at once and a flood in large requests. While the broker is away nothing more is read: what waits is
 * one buffer, and the pressure reaches whoever writes. Every event has an idempotency key, so a repetition publishes
 * nothing twice.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "backoff_priv.h"
#include "json_pick_priv.h"
#include "pub_priv.h"

#define LINES_PER_REQUEST  256
#define LINES_BUFFER_BYTES (1 << 20) /* also the longest line */
#define LINES_READ_BYTES   65536
#define LINES_BODY_BYTES   (64 << 20) /* a buffer of control characters, escaped, with the tags of 256 events */
#define LINES_PAUSE_MAX_MS 60000

struct pub_line {
	struct weir_str text;
	bool done;
};

struct pub_lines {
	const struct weir__pub_options *o;
	struct weir__http *http;
	FILE *err;
	struct weir_random random;
	char key_prefix[37];
	int fd;
	bool eof;
	struct weir_buf in; /* what has been read and not been published */
	struct pub_line line[LINES_PER_REQUEST];
	size_t n_lines, used; /* lines taken from `in`, and their bytes */
	uint64_t lines_before;
	bool told; /* that the broker is away */
};

static int lines_complain(const struct pub_lines *l, size_t i, const char *what)
{
	fprintf(l->err, "weir pub: %s: line %llu: %s\n", l->o->channel, (unsigned long long)(l->lines_before + i + 1),
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
		l->line[l->n_lines++] = (struct pub_line){.text = weir_str_n(rest.p, n)};
		n += end ? 1 : 0;
		l->used += n;
		rest = weir_str_n(rest.p + n, rest.n - n);
	}
}

static int lines_append_event(struct pub_lines *l, size_t i, struct weir_buf *body)
{
	struct weir_buf key;
	int err;

	weir_buf_init(&key, 4096);
	weir_buf_printf(&key, "%s-%llu", l->o->idempotency_key ? l->o->idempotency_key : l->key_prefix,
		(unsigned long long)(l->lines_before + i + 1));
	weir_buf_lit(body, "{\"publish\":");
	err = weir__pub_append_request(body, l->o, l->line[i].text, weir_buf_view(&key));
	weir_buf_char(body, '}');
	weir_buf_fini(&key);
	return err ? lines_complain(l, i, weir_strerror(err)) : 0;
}

static int lines_build(struct pub_lines *l, struct weir_buf *body)
{
	const char *comma = "";
	int err = 0;

	weir_buf_reset(body);
	weir_buf_lit(body, "{\"commands\":[");
	for (size_t i = 0; i < l->n_lines && !err; i++) {
		if (l->line[i].done)
			continue;
		weir_buf_str(body, weir_str(comma));
		err = lines_append_event(l, i, body);
		comma = ",";
	}
	weir_buf_lit(body, "]}");
	return err ? err : body->failed ? lines_complain(l, 0, "too long") : 0;
}

/* The request as a whole was answered with an error, or with something that answers nothing. */
static enum weir__pub_outcome lines_no_replies(struct weir_json answer, struct weir_buf *why)
{
	enum weir__pub_outcome outcome;

	weir_buf_reset(why);
	outcome = weir__pub_result(answer, why);
	if (outcome != WEIR_PUB_OK)
		return outcome;
	weir_buf_lit(why, "the answer is not that of a broker");
	return WEIR_PUB_FAILED;
}

/* Matches the replies with the lines that were sent. The first error that is final ends it. */
static enum weir__pub_outcome lines_results(struct pub_lines *l, struct weir_json answer, struct weir_buf *why)
{
	static const char *const names[] = {"replies"};
	enum weir__pub_outcome outcome, all = WEIR_PUB_OK;
	struct weir_json replies, reply;
	struct weir_json_iter it;

	weir__json_pick(answer, names, &replies, 1);
	if (replies.type != WEIR_JSON_ARRAY)
		return lines_no_replies(answer, why);
	it = weir_json_elements(replies);
	for (size_t i = 0; i < l->n_lines && all != WEIR_PUB_FAILED; i++) {
		if (l->line[i].done)
			continue;
		if (!weir_json_next_element(&it, &reply))
			return lines_no_replies(answer, why);
		weir_buf_reset(why);
		weir_buf_printf(why, "line %llu: ", (unsigned long long)(l->lines_before + i + 1));
		outcome = weir__pub_result(reply, why);
		l->line[i].done = outcome == WEIR_PUB_OK;
		if (outcome != WEIR_PUB_OK)
			all = outcome;
	}
	return all;
}

static void lines_pause(struct pub_lines *l, unsigned attempt, uint64_t retry_after_s, const struct weir_buf *why)
{
	uint64_t ms = weir__backoff_ms(&l->random, attempt);
	struct timespec t;

	if (retry_after_s && ms < retry_after_s * 1000)
		ms = retry_after_s < LINES_PAUSE_MAX_MS / 1000 ? retry_after_s * 1000 : LINES_PAUSE_MAX_MS;
	if (!l->told)
		fprintf(l->err, "weir pub: %s: %.*s; trying again\n", l->o->channel, WEIR_STR_FMT(weir_buf_view(why)));
	l->told = true;
	t = (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Publishes the lines taken, however long it takes. */
static int lines_publish(struct pub_lines *l, struct weir_buf *body, struct weir_buf *why)
{
	enum weir__pub_outcome outcome;
	struct weir__http_reply reply;
	struct weir_json answer;

	for (unsigned attempt = 0;; attempt++) {
		if (lines_build(l, body))
			return 1;
		weir__http_post(l->http, "/api/batch", weir_buf_view(body), &reply);
		weir_buf_reset(why);
		outcome = weir__pub_answer(&reply, &answer, why);
		if (outcome == WEIR_PUB_OK)
			outcome = lines_results(l, answer, why);
		if (outcome == WEIR_PUB_OK)
			break;
		if (outcome == WEIR_PUB_FAILED) {
			fprintf(l->err, "weir pub: %s: %.*s\n", l->o->channel, WEIR_STR_FMT(weir_buf_view(why)));
			return 1;
		}
		lines_pause(l, attempt, reply.retry_after_s, why);
	}
	if (l->told)
		fprintf(l->err, "weir pub: %s: publishing again\n", l->o->channel);
	l->told = false;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__pub_lines(struct weir__http *http, const struct weir__pub_options *o, int fd, FILE *err_stream)
{
	struct pub_lines l = {.o = o, .http = http, .fd = fd, .err = err_stream};
	struct weir_buf body, why;
	int err;

	weir_random_system(&l.random);
	weir_random_uuid(&l.random, l.key_prefix);
	weir_buf_init(&l.in, LINES_BUFFER_BYTES);
	weir_buf_init(&body, LINES_BODY_BYTES);
	weir_buf_init(&why, 1024);
	for (;;) {
		err = lines_fill(&l);
		if (err)
			break;
		lines_take(&l);
		if (!l.n_lines)
			break;
		err = lines_publish(&l, &body, &why);
		if (err)
			break;
		weir_buf_consume(&l.in, l.used);
		l.lines_before += l.n_lines;
	}
	weir_buf_fini(&l.in);
	weir_buf_fini(&body);
	weir_buf_fini(&why);
	return err;
}
