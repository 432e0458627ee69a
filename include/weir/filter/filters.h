/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's filters: programs and payload paths, each kept once and counted, and what is known about the event at
 * hand. An event is begun once; then every filter is evaluated at most once and the payload is walked at most once, and
 * only if a filter or a conflation key asks for it. Nothing is allocated while events pass: scratch memory grows when a
 * filter is added (for payloads, when an event is larger than any before). Worker's thread.
 */
#ifndef WEIR_FILTER_FILTERS_H
#define WEIR_FILTER_FILTERS_H

#include "weir/base/hash.h"
#include "weir/event/event.h"
#include "weir/filter/filter.h"

struct weir_filters; /* the table */
struct weir_filter;  /* a program in it, with the verdict on the event at hand */
struct weir_key;     /* where a conflation key comes from: a tag or a payload path (filters.md §7) */

struct weir_filter_counts { /* of the whole table, ever growing */
	uint64_t pass, drop;
	uint64_t errors[WEIR_FILTER_ERRORS];
	uint64_t payload_walks;
};

struct weir_filters *weir_filters_new(const struct weir_hash_key *key);
void weir_filters_free(struct weir_filters **fs); /* nothing is left in it */
const struct weir_filter_counts *weir_filters_counts(const struct weir_filters *fs);

/* Takes over the program; *out is the one that all equal programs share. -ENOMEM: the program is freed. */
int weir_filters_add(struct weir_filters *fs, struct weir_program **p, struct weir_filter **out) WEIR_MUSTCHECK;
struct weir_filter *weir_filter_ref(struct weir_filter *f);
void weir_filters_drop(struct weir_filters *fs, struct weir_filter **f); /* clears the pointer; takes NULL */

/* A tag's name, or a path that begins with "data." or "data[". WEIR_EINVALID: such a path that does not parse. */
int weir_filters_key_add(struct weir_filters *fs, struct weir_str text, struct weir_key **out) WEIR_MUSTCHECK;
void weir_filters_key_drop(struct weir_filters *fs, struct weir_key **k); /* clears the pointer; takes NULL */
bool weir_filter_key_valid(struct weir_str text);                         /* without a table: any thread */
struct weir_str weir_filter_key_text(const struct weir_key *k);           /* as it was given */

/* What follows is asked about this event. Borrowed until the next one, or until NULL. */
void weir_filters_event(struct weir_filters *fs, const struct weir_event *e);
bool weir_filters_pass(struct weir_filters *fs, struct weir_filter *f);
/* The value itself, evaluated anew and not counted: for `weir filter` and tests. */
struct weir_value weir_filters_value(
	struct weir_filters *fs, const struct weir_filter *f, enum weir_filter_error *error);
/* The same with names, payload paths aside, from elsewhere: there a tag may be of any type. */
struct weir_value weir_filters_value_from(struct weir_filters *fs, const struct weir_filter *f,
	const struct weir_resolver *names, enum weir_filter_error *error);
/* The key's text; absent when it is missing or an array or object: those share one key. Good until the next event. */
struct weir_str weir_filters_key(struct weir_filters *fs, const struct weir_key *k);

#endif
