/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads from strangers: the verdict on the whole is the one reached byte by byte, spans lie inside the input,
 * and what an accepted head says about its body is unambiguous. Small limits, so that short inputs reach them.
 */
#include "fuzz.h"

#include <errno.h>

#include "weir/server/head.h"

static const struct weir_head_limits limits = {.line_bytes = 200, .head_bytes = 600};

static void require_inside(struct weir_str span, struct weir_str whole)
{
	if (span.p && span.n > 0)
		fuzz_require(span.p >= whole.p && span.p + span.n <= whole.p + whole.n);
}

static void check_accepted(const struct weir_head *head, struct weir_str bytes)
{
	struct weir_str whole = weir_str_n(bytes.p, head->size), rest = head->query, name, value;
	char decoded[1024];
	size_t n;

	fuzz_require(head->size >= 4 && head->size <= bytes.n && head->size <= limits.head_bytes);
	fuzz_require(memcmp(whole.p + whole.n - 4, "\r\n\r\n", 4) == 0);
	fuzz_require(!memchr(whole.p, '\0', whole.n));
	fuzz_require(head->n_fields <= WEIR_HEAD_FIELDS && head->minor <= 1);
	fuzz_require(head->method.n > 0 && head->target.n > 0 && head->target.n <= limits.line_bytes);
	require_inside(head->method, whole);
	require_inside(head->path, head->target);
	require_inside(head->query, head->target);
	for (size_t i = 0; i < head->n_fields; i++) {
		require_inside(head->fields[i].name, whole);
		require_inside(head->fields[i].value, whole);
		fuzz_require(head->fields[i].name.n > 0);
	}
	fuzz_require(weir_head_count(head, "Transfer-Encoding") == 0 && weir_head_count(head, "Host") <= 1);
	fuzz_require(weir_head_count(head, "Content-Length") == (size_t)head->has_length);
	fuzz_require(head->has_length || head->content_length == 0);
	while (weir_query_next(&rest, &name, &value)) {
		require_inside(name, head->query);
		require_inside(value, head->query);
		if (weir_percent_decode(value, true, decoded, &n) == 0)
			fuzz_require(n <= value.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str bytes = weir_str_n((const char *)data, size);
	struct weir_head head, part;
	const char *why;
	int whole, r = -EAGAIN;

	if (size > 2048)
		return 0;
	whole = weir_head_parse(bytes, &limits, &head, &why);
	fuzz_require(whole <= 0 || (whole >= 400 && whole <= 505 && why[0]));
	fuzz_require(whole >= 0 || whole == -EAGAIN);
	for (size_t n = 0; n <= size && r == -EAGAIN; n++)
		r = weir_head_parse(weir_str_n(bytes.p, n), &limits, &part, &why);
	fuzz_require(r == whole);
	if (whole == 0) {
		fuzz_require(part.size == head.size);
		check_accepted(&head, bytes);
	}
	return 0;
}
