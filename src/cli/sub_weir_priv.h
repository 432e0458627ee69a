/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `weir sub` asks for beyond the protocol: the members of `data.weir` of a subscribe. Only their form is looked at
 * here; what they mean and whether they are allowed is for the broker to say. Pure.
 */
#ifndef WEIR_CLI_SUB_WEIR_PRIV_H
#define WEIR_CLI_SUB_WEIR_PRIV_H

#include "weir/event/json.h"

struct weir__sub_weir {
	const char *filter;         /* an expression, or a tree if it begins with '{' */
	const char *overflow, *key; /* NULL: not given, as all of these */
	const char *rate;           /* a JSON number */
	uint64_t queue;             /* 0: not given */
};

/* What is wrong with the value's form, or NULL. */
const char *weir__sub_weir_filter_problem(const char *filter);
const char *weir__sub_weir_rate_problem(const char *rate);
/* To an empty buffer: the object, or nothing if no member was given. The texts are UTF-8 and without problems. */
void weir__sub_weir_append(struct weir_buf *out, const struct weir__sub_weir *w);

#endif
