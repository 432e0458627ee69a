/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a ceiling. Appending past `max`, or without memory, sets `failed` and leaves what is
 * there; later appends do nothing. So a writer appends freely and asks once at the end. One owner, no locking.
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include "weir/base/str.h"

struct weir_buf {
	char *p;
	size_t len, cap, max;
	bool failed;
};

void weir_buf_init(struct weir_buf *b, size_t max_bytes); /* allocates nothing yet */
void weir_buf_fini(struct weir_buf *b);
void weir_buf_reset(struct weir_buf *b); /* empty again, keeps the memory, clears `failed` */
/* Room for n more bytes: where to write them (then add to len), or NULL (and `failed`). */
char *weir_buf_reserve(struct weir_buf *b, size_t n);
void weir_buf_append(struct weir_buf *b, const void *p, size_t n);
void weir_buf_str(struct weir_buf *b, struct weir_str s);
void weir_buf_char(struct weir_buf *b, char c);
void weir_buf_u64(struct weir_buf *b, uint64_t v); /* decimal */
void weir_buf_i64(struct weir_buf *b, int64_t v);
void weir_buf_double(struct weir_buf *b, double v); /* finite; the fewest digits that read back as the same */
void weir_buf_printf(struct weir_buf *b, const char *fmt, ...) WEIR_PRINTF(2, 3);
void weir_buf_consume(struct weir_buf *b, size_t n); /* drops n bytes from the front */
/* Hands over the memory (free() it) and leaves b empty; NULL if it failed or is empty. */
char *weir_buf_take(struct weir_buf *b, size_t *len);

#define weir_buf_lit(b, literal) weir_buf_append((b), (literal), sizeof(literal) - 1)

static inline struct weir_str weir_buf_view(const struct weir_buf *b)
{
	return (struct weir_str){b->p, b->len};
}

#endif
