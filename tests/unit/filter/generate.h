/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random filters and random attributes to run them on. Everything is drawn from a seeded generator, so a case is made
 * again from its seed. Expressions are valid but for the limits; mostly of one type inside, so that they get far.
 */
#ifndef WEIR_TEST_GENERATE_H
#define WEIR_TEST_GENERATE_H

#include "reference.h"
#include "weir/base/random.h"

#define GENERATE_ATTRIBUTES 64

struct generate_attributes {
	struct ref_attributes attributes; /* of list; give this to ref_resolve() */
	struct ref_attribute list[GENERATE_ATTRIBUTES];
	char text[GENERATE_ATTRIBUTES][40]; /* of random values */
};

/* `style` only makes spaces and the letter case of keywords and functions; it may be `r`. */
void generate_expression(struct weir_random *r, struct weir_random *style, struct weir_buf *out);
/* A FilterNode as JSON; one in four has a mistake. */
void generate_tree(struct weir_random *r, struct weir_buf *out);
/* One to three changes of single bytes. */
void generate_mutation(struct weir_random *r, struct weir_buf *text);
/* `plain`: only values that tags and payloads have: no Integers, Strings as tags, Numbers as times and offsets. */
void generate_attributes(struct weir_random *r, bool plain, struct generate_attributes *out);
/* A JSON payload in which many of the paths lead somewhere; one in ten is broken or nested too deeply. */
void generate_payload(struct weir_random *r, struct weir_buf *out);
const char *generate_key(struct weir_random *r); /* a conflation key */

#endif
