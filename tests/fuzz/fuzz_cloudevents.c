/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of publishes: header lines as they come. What is accepted keeps the rules for tags, and a CloudEvent among it has
 * what it needs; what is refused says why.
 */
#include "fuzz.h"

#include <errno.h>

#include "weir/base/utf8.h"
#include "weir/server/cloudevents.h"

static struct weir_str tag(const struct weir_posted_tags *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (weir_str_is(t->tags[i].key, key))
			return t->tags[i].value;
	return WEIR_STR_NONE;
}

static void check_tags(const struct weir_posted_tags *t)
{
	size_t bytes = 0;

	fuzz_require(t->n <= WEIR_POSTED_TAGS);
	for (size_t i = 0; i < t->n; i++) {
		struct weir_str key = t->tags[i].key, value = t->tags[i].value;

		fuzz_require(key.n && key.n <= 64 && !weir_str_starts(key, WEIR_STR("weir-")));
		fuzz_require(value.n <= WEIR_POSTED_TAG_BYTES && weir_utf8_valid(value));
		for (size_t k = 0; k < value.n; k++)
			fuzz_require((unsigned char)value.p[k] >= 0x20 && value.p[k] != 0x7f);
		for (size_t k = 0; k < i; k++)
			fuzz_require(!weir_str_eq(key, t->tags[k].key));
		bytes += key.n + value.n;
	}
	fuzz_require(bytes <= WEIR_POSTED_BYTES);
	if (!t->id.p)
		return;
	fuzz_require(weir_str_is(tag(t, "ce-specversion"), "1.0"));
	fuzz_require(t->id.n && weir_str_eq(tag(t, "ce-id"), t->id) && t->source.n && tag(t, "ce-type").n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct weir_head_limits limits = {8192, 16384};
	struct weir_str rest = weir_str_n((const char *)data, size);
	struct weir_posted_tags tags;
	struct weir_head head;
	struct weir_buf b, text;
	char why[WEIR_POSTED_WHY];
	const char *bad;
	int status;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_init(&text, SIZE_MAX);
	weir_buf_lit(&b, "POST /events/a HTTP/1.1\r\nHost: a\r\n");
	while (rest.p) {
		weir_buf_str(&b, weir_str_cut(&rest, '\n'));
		weir_buf_lit(&b, "\r\n");
	}
	weir_buf_lit(&b, "\r\n");
	if (weir_head_parse(weir_buf_view(&b), &limits, &head, &bad) == 0) {
		status = weir_posted_tags_read(&head, &text, &tags, why);
		fuzz_require(status == 0 || ((status == 400 || status == 431) && why[0]));
		fuzz_require(text.len <= head.size);
		if (!status)
			check_tags(&tags);
		(void)weir_posted_format(weir_head_get(&head, "Content-Type"));
	}
	weir_buf_fini(&text);
	weir_buf_fini(&b);
	return 0;
}
