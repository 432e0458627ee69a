/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One evaluation as a line of text: the value (a String in quotes, a Number with an n behind it), then the error if
 * there is one: `false !cast`; or `refused: ` and why. The events are those of the specification's examples.
 */
#ifndef WEIR_TEST_FILTER_HARNESS_H
#define WEIR_TEST_FILTER_HARNESS_H

#include "weir/filter/filters.h"

struct harness_row {
	const char *filter, *result; /* a filter that begins with { is a tree */
};

struct weir_event *harness_event_a(void);
struct weir_event *harness_event_b(void);
struct weir_event *harness_event_c(void);
struct weir_event *harness_event_d(void); /* its payload as JSON */
struct weir_event *harness_event(const char *payload);

/* Compiles what begins with { as a tree. */
int harness_compile(struct weir_str filter, bool any_result, struct weir_program **out, struct weir_buf *why);
/* Stays until the next call. */
const char *harness_line(struct weir_str filter, const struct weir_event *e);
/* Each row as a filter for this event; a failure for each that differs. */
void harness_check(const struct harness_row *rows, size_t n, struct weir_event *e);

#endif
