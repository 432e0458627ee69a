/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies by hiredis' redisReader with object functions of weir's own: no tree, but values appended to one array (the
 * reader's order is preorder) and bytes to one arena. Both may move while a reply grows, so objects are indices and
 * strings are offsets, which become pointers when the reply is complete. hiredis keeps a bulk string until all of it is
 * there and says nothing of its size before: where the reader has stopped, the announced length is read from its
 * buffer. One thread.
 */
#include "config.h"

#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/read.h>

#define READER_BUFFER_KEEP (256 * 1024) /* of hiredis' buffer when it is empty */
#define READER_BYTES_KEEP  (1024 * 1024)
#define READER_VALUES_KEEP (READER_BYTES_KEEP / sizeof(struct weir_reply))
#define READER_MAX         (1u << 30) /* hiredis 0.14 counts in int here and there */

struct weir_redis_reader {
	redisReader *hiredis;
	struct weir_reply *values;
	size_t n_values, values_cap;
	size_t announced; /* values that arrays have promised, and the root */
	char *bytes;
	size_t n_bytes, bytes_cap;
	size_t max;
	bool complete; /* values hold a reply that was not taken yet */
	int err;
	char why[160];
};

static int reader_fail(struct weir_redis_reader *r, int err, const char *why)
{
	if (!r->err) {
		r->err = err;
		snprintf(r->why, sizeof(r->why), "%s", why);
	}
	return r->err;
}

static int reader_too_large(struct weir_redis_reader *r)
{
	char why[80];

	snprintf(why, sizeof(why), "larger than %zu bytes", r->max);
	return reader_fail(r, WEIR_ELIMIT, why);
}

/* Is there room in this reply for `bytes` more and for all values announced? */
static bool reader_fits(const struct weir_redis_reader *r, size_t bytes)
{
	return r->announced <= r->max / sizeof(struct weir_reply) &&
	       bytes <= r->max - r->announced * sizeof(struct weir_reply) &&
	       r->n_bytes <= r->max - r->announced * sizeof(struct weir_reply) - bytes;
}

static bool reader_grow(struct weir_redis_reader *r, void **array, size_t *cap, size_t need, size_t size)
{
	size_t to = *cap ? *cap : 64;
	void *p;

	while (to < need)
		to *= 2;
	p = to == *cap ? *array : realloc(*array, to * size);
	if (!p) {
		reader_fail(r, -ENOMEM, "no memory for a reply");
		return false;
	}
	*array = p;
	*cap = to;
	return true;
}

/* hiredis' objects: the index of a value, plus one since NULL means "no memory". */
static void *reader_add(struct weir_redis_reader *r, enum weir_reply_type type, struct weir_reply **out)
{
	void *values = r->values;

	if (!reader_grow(r, &values, &r->values_cap, r->n_values + 1, sizeof(*r->values)))
		return NULL;
	r->values = values;
	*out = &r->values[r->n_values++];
	**out = (struct weir_reply){.type = type, .span = 1};
	return (void *)(uintptr_t)r->n_values;
}

static void *on_string(const redisReadTask *task, char *p, size_t n)
{
	struct weir_redis_reader *r = task->privdata;
	enum weir_reply_type type = task->type == REDIS_REPLY_ERROR    ? WEIR_REPLY_ERROR
				    : task->type == REDIS_REPLY_STATUS ? WEIR_REPLY_STATUS
								       : WEIR_REPLY_STRING;
	void *bytes = r->bytes, *object;
	struct weir_reply *value;

	if (!reader_fits(r, n + 1)) {
		reader_too_large(r);
		return NULL;
	}
	if (p[n] != '\r' || p[n + 1] != '\n') { /* hiredis skips these two without a look */
		reader_fail(r, WEIR_EPARSE, "not RESP: a string that doesn't end where it said");
		return NULL;
	}
	if (!reader_grow(r, &bytes, &r->bytes_cap, r->n_bytes + n + 1, 1))
		return NULL;
	r->bytes = bytes;
	object = reader_add(r, type, &value);
	if (!object)
		return NULL;
	memcpy(r->bytes + r->n_bytes, p, n);
	r->bytes[r->n_bytes + n] = '\0';
	value->integer = (int64_t)r->n_bytes;
	value->str.n = n;
	r->n_bytes += n + 1;
	return object;
}

static void *on_array(const redisReadTask *task, int elements)
{
	struct weir_redis_reader *r = task->privdata;
	struct weir_reply *value;
	void *object;

	r->announced += (size_t)elements; /* each < 2^31, and refused long before their sum wraps */
	if (!reader_fits(r, 0)) {
		reader_too_large(r);
		return NULL;
	}
	object = reader_add(r, WEIR_REPLY_ARRAY, &value);
	if (object)
		value->count = (uint32_t)elements;
	return object;
}

static void *on_integer(const redisReadTask *task, long long v)
{
	struct weir_reply *value;
	void *object = reader_add(task->privdata, WEIR_REPLY_INTEGER, &value);

	if (object)
		value->integer = v;
	return object;
}

static void *on_nil(const redisReadTask *task)
{
	struct weir_reply *value;

	return reader_add(task->privdata, WEIR_REPLY_NIL, &value);
}

static void on_free(void *object)
{
	(void)object; /* an index */
}

static redisReplyObjectFunctions reader_functions = {on_string, on_array, on_integer, on_nil, on_free};

/* Children stand behind their parents, so from the end on each span is known when it is needed; and each value is one's child. */
static void reader_finish(struct weir_redis_reader *r)
{
	for (size_t i = r->n_values; i-- > 0;) {
		struct weir_reply *v = &r->values[i];

		for (uint32_t k = 0; k < v->count; k++)
			v->span += v[v->span].span;
		if (v->type == WEIR_REPLY_STRING || v->type == WEIR_REPLY_STATUS || v->type == WEIR_REPLY_ERROR) {
			v->str.p = r->bytes + v->integer;
			v->integer = 0;
		}
	}
	r->complete = true;
}

/* Where hiredis has stopped: does what it waits for still fit? */
static int reader_check_rest(struct weir_redis_reader *r)
{
	const redisReader *h = r->hiredis;
	const char *p = h->buf + h->pos, *end;
	size_t n = h->len - h->pos;
	uint64_t announced;

	if (h->ridx < 0 || h->rstack[h->ridx].type < 0)
		return 0;
	end = memmem(p, n < WEIR_REDIS_LINE_MAX ? n : WEIR_REDIS_LINE_MAX, "\r\n", 2);
	if (!end && n >= WEIR_REDIS_LINE_MAX)
		return reader_fail(r, WEIR_ELIMIT, "a line without end");
	if (h->rstack[h->ridx].type != REDIS_REPLY_STRING)
		return n < WEIR_REDIS_LINE_MAX ? 0 : reader_fail(r, WEIR_ELIMIT, "a line without end");
	if (!end || weir_str_u64(weir_str_n(p, (size_t)(end - p)), &announced) < 0)
		return 0; /* hiredis will tell */
	return announced < SIZE_MAX && reader_fits(r, (size_t)announced + 1) ? 0 : reader_too_large(r);
}

static int reader_hiredis_error(struct weir_redis_reader *r)
{
	char why[160];

	if (r->err) /* one of the functions above knows better */
		return r->err;
	snprintf(why, sizeof(why), "not RESP: %s", r->hiredis->errstr);
	return reader_fail(r, r->hiredis->err == REDIS_ERR_OOM ? -ENOMEM : WEIR_EPARSE, why);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_redis_reader *weir_redis_reader_new(size_t max_bytes)
{
	struct weir_redis_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->hiredis = redisReaderCreateWithFunctions(&reader_functions);
	if (!r->hiredis) {
		free(r);
		return NULL;
	}
	r->hiredis->maxbuf = READER_BUFFER_KEEP;
	r->hiredis->privdata = r;
	r->max = max_bytes < READER_MAX ? max_bytes : READER_MAX;
	r->announced = 1;
	return r;
}

void weir_redis_reader_free(struct weir_redis_reader **rp)
{
	struct weir_redis_reader *r = *rp;

	if (!r)
		return;
	*rp = NULL;
	redisReaderFree(r->hiredis);
	free(r->values);
	free(r->bytes);
	free(r);
}

int weir_redis_reader_feed(struct weir_redis_reader *r, const char *p, size_t n)
{
	if (!r->err && redisReaderFeed(r->hiredis, p, n) != REDIS_OK)
		reader_hiredis_error(r);
	return r->err;
}

int weir_redis_reader_next(struct weir_redis_reader *r, const struct weir_reply **reply)
{
	void *object = NULL;

	*reply = r->complete ? r->values : NULL;
	if (r->err || r->complete)
		return r->err;
	if (redisReaderGetReply(r->hiredis, &object) != REDIS_OK)
		return reader_hiredis_error(r);
	if (!object)
		return reader_check_rest(r);
	reader_finish(r);
	*reply = r->values;
	return 0;
}

void weir_redis_reader_done(struct weir_redis_reader *r)
{
	r->complete = false;
	r->announced = 1;
	r->n_values = r->n_bytes = 0;
	if (r->values_cap > READER_VALUES_KEEP) {
		free(r->values);
		r->values = NULL;
		r->values_cap = 0;
	}
	if (r->bytes_cap > READER_BYTES_KEEP) {
		free(r->bytes);
		r->bytes = NULL;
		r->bytes_cap = 0;
	}
}

const char *weir_redis_reader_why(const struct weir_redis_reader *r)
{
	return r->why;
}
