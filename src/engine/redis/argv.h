/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of one command. Strings are borrowed until it is sent; numbers are kept here. Reusable, so that a busy
 * connection allocates nothing. One thread.
 */
#ifndef WEIR_REDIS_ARGV_H
#define WEIR_REDIS_ARGV_H

#include "weir/base/str.h"

struct weir_argv {
	const char **v; /* as hiredis' formatter wants them */
	size_t *len;
	size_t n, cap;
	size_t bytes; /* of all words */
	struct weir_argv_chunk *numbers;
	bool failed; /* no memory: sending answers -ENOMEM */
};

void weir_argv_init(struct weir_argv *a);
void weir_argv_fini(struct weir_argv *a);
void weir_argv_reset(struct weir_argv *a); /* empty again, keeps the memory */
void weir_argv_str(struct weir_argv *a, struct weir_str s);
void weir_argv_cstr(struct weir_argv *a, const char *s);
void weir_argv_u64(struct weir_argv *a, uint64_t v); /* decimal */
void weir_argv_i64(struct weir_argv *a, int64_t v);
void weir_argv_set_u64(struct weir_argv *a, size_t i, uint64_t v); /* another number in place of word i */
/* A word of several parts, copied: "K:c:", channel, … */
void weir_argv_join(struct weir_argv *a, const struct weir_str *parts, size_t n);

#endif
