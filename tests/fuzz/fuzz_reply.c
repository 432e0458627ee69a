/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of a hostile Redis: read whole and in pieces (of which the first byte says the size) they are the same, up to
 * the same error; spans, counts and strings fit together; a reply stays below its bound, which is small here.
 */
#include "fuzz.h"

#include "reader.h"
#include "weir/base/buf.h"

#define MAX_BYTES 4096

static size_t check_value(const struct weir_reply *v, struct weir_buf *shown)
{
	const struct weir_reply *child = weir_reply_first(v);
	size_t bytes = sizeof(*v);

	weir_buf_printf(shown, "%d %u %u %lld ", (int)v->type, v->count, v->span, (long long)v->integer);
	if (v->type == WEIR_REPLY_STRING || v->type == WEIR_REPLY_STATUS || v->type == WEIR_REPLY_ERROR) {
		fuzz_require(v->str.p && v->str.p[v->str.n] == '\0' && v->integer == 0);
		weir_buf_str(shown, v->str);
		bytes += v->str.n + 1;
	} else {
		fuzz_require(!v->str.p && v->str.n == 0);
	}
	for (uint32_t i = 0; i < v->count; i++, child = weir_reply_next(child))
		bytes += check_value(child, shown);
	fuzz_require(child == v + v->span);
	return bytes;
}

static int read_pieces(const char *p, size_t n, size_t piece, struct weir_buf *shown)
{
	struct weir_redis_reader *r = weir_redis_reader_new(MAX_BYTES);
	const struct weir_reply *reply = NULL;
	int err = 0;

	fuzz_require(r);
	for (size_t i = 0; !err && i < n; i += piece) {
		err = weir_redis_reader_feed(r, p + i, n - i < piece ? n - i : piece);
		while (!err && !(err = weir_redis_reader_next(r, &reply)) && reply) {
			fuzz_require(check_value(reply, shown) <= MAX_BYTES);
			weir_buf_char(shown, '\n');
			weir_redis_reader_done(r);
		}
	}
	fuzz_require((err == 0) == (weir_redis_reader_why(r)[0] == '\0'));
	weir_redis_reader_free(&r);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_buf whole, pieces;
	int a, b;

	if (size < 2 || size > WEIR_REDIS_LINE_MAX)
		return 0;
	weir_buf_init(&whole, 1 << 24);
	weir_buf_init(&pieces, 1 << 24);
	a = read_pieces((const char *)data + 1, size - 1, size, &whole);
	b = read_pieces((const char *)data + 1, size - 1, 1 + data[0] % 64u, &pieces);
	fuzz_require(a == b);
	fuzz_require(weir_str_eq(weir_buf_view(&whole), weir_buf_view(&pieces)));
	weir_buf_fini(&whole);
	weir_buf_fini(&pieces);
	return 0;
}
