/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of several brokers made one: sums, order, pages; and the lists of brokers and names. */
#include "weir/core/channels_merge.h"

#include <stdio.h>

#include "test.h"
#include "weir/base/random.h"

const char weir_test_suite[] = "core/channels_merge";

#define NAMES 40

/* "a=1 b=2" */
static size_t channels_of(const char *text, struct weir_channel_count *out)
{
	struct weir_str rest = weir_str(text);
	size_t n = 0;

	while (rest.n) {
		struct weir_str word = weir_str_cut(&rest, ' '), name = weir_str_cut(&word, '=');
		uint64_t clients = 0;

		CU_ASSERT_EQUAL(weir_str_u64(word, &clients), 0);
		out[n++] = (struct weir_channel_count){name, clients};
	}
	return n;
}

static void merge(struct weir_channels_request *r, const char *text, bool more)
{
	struct weir_channel_count channels[NAMES];
	size_t n = channels_of(text, channels);

	CU_ASSERT_EQUAL_FATAL(weir_channels_merge(r, channels, n, more), 0);
}

static void expect(const struct weir_channels_request *r, const char *text, bool more)
{
	char got[1000] = "";

	for (size_t i = 0; i < r->count; i++) {
		size_t n = strlen(got);

		snprintf(got + n, sizeof(got) - n, "%s%.*s=%u", i ? " " : "", WEIR_STR_FMT(r->channels[i].channel),
			(unsigned)r->channels[i].clients);
	}
	CU_ASSERT_STRING_EQUAL(got, text);
	CU_ASSERT_EQUAL(r->more, more);
}

static void drop(struct weir_channels_request *r)
{
	struct weir_request *base = &r->base;

	weir_request_free(&base);
}

static void all(void)
{
	struct weir_channels_request *r = weir_channels_request_new(WEIR_STR_NONE);

	merge(r, "", false);
	expect(r, "", false);
	merge(r, "b=2 a=1 ab=7", false);
	expect(r, "a=1 ab=7 b=2", false);
	merge(r, "", false);
	expect(r, "a=1 ab=7 b=2", false);
	merge(r, "c=4 ab=1 A=9", false);
	expect(r, "A=9 a=1 ab=8 b=2 c=4", false);
	drop(r);
}

static void pages(void)
{
	struct weir_channels_request *r = weir_channels_page_request_new(WEIR_STR(">"), WEIR_STR_NONE, 3);

	merge(r, "a=1 c=1", false);
	expect(r, "a=1 c=1", false);
	merge(r, "b=1 c=1 d=1", true);
	expect(r, "a=1 b=1 c=2", true);
	merge(r, "a=1", false);
	expect(r, "a=2 b=1 c=2", true);
	drop(r);

	r = weir_channels_page_request_new(WEIR_STR(">"), WEIR_STR_NONE, 3);
	merge(r, "a=1 b=1 c=1", false);
	merge(r, "a=1 b=1 c=1", false);
	expect(r, "a=2 b=2 c=2", false); /* the same three: nothing behind them */
	merge(r, "", true);
	expect(r, "a=2 b=2 c=2", true);
	drop(r);
}

/* Any channels on any brokers, page by page: what comes is what one broker with all of them would say. */
static void any(void)
{
	enum { BROKERS = 4, CHANNELS = 26 };
	struct weir_random random;

	weir_random_seeded(&random, weir_test_seed());
	for (unsigned round = 0; round < 200; round++) {
		unsigned clients[BROKERS][CHANNELS], limit = 1 + (unsigned)weir_random_below(&random, 6), at = 0;
		bool more = true;

		for (unsigned b = 0; b < BROKERS; b++)
			for (unsigned c = 0; c < CHANNELS; c++)
				clients[b][c] = (unsigned)weir_random_below(&random, 3);
		while (more) {
			struct weir_channels_request *r =
				weir_channels_page_request_new(WEIR_STR(">"), WEIR_STR_NONE, limit);
			unsigned c = at;

			for (unsigned b = 0; b < BROKERS; b++) {
				char page[200] = "";
				size_t n = 0;
				unsigned count = 0, k = at;

				for (; k < CHANNELS && count < limit; k++)
					if (clients[b][k]) {
						n += (size_t)snprintf(page + n, sizeof(page) - n, "%s%c=%u",
							n ? " " : "", 'a' + (int)k, clients[b][k]);
						count++;
					}
				while (k < CHANNELS && !clients[b][k])
					k++;
				merge(r, page, k < CHANNELS);
			}
			for (size_t i = 0; i < r->count; i++, c++) {
				unsigned sum = 0;

				for (;; c++) {
					sum = 0;
					for (unsigned b = 0; b < BROKERS; b++)
						sum += clients[b][c];
					if (sum)
						break;
				}
				CU_ASSERT_EQUAL_FATAL(r->channels[i].channel.p[0], 'a' + (int)c);
				CU_ASSERT_EQUAL(r->channels[i].clients, sum);
			}
			more = r->more;
			CU_ASSERT_FATAL(!more || r->count == limit);
			at = c;
			drop(r);
		}
		for (; at < CHANNELS; at++)
			for (unsigned b = 0; b < BROKERS; b++)
				CU_ASSERT_EQUAL(clients[b][at], 0);
	}
}

static void lists(void)
{
	char text[] = "uid1 name 1.0";
	struct weir_node_list nodes = {0};
	struct weir_name_list names = {0};

	for (unsigned i = 0; i < 3; i++) {
		memcpy(text, "uid1 name 1.0", sizeof(text));
		CU_ASSERT_EQUAL(weir_node_list_add(&nodes, &(struct weir_node_info){.uid = weir_str_n(text, 4),
								   .name = weir_str_n(text + 5, 4),
								   .version = weir_str_n(text + 10, i),
								   .clients = i}),
			0);
		CU_ASSERT_EQUAL(weir_name_list_add(&names, weir_str_n(text, i)), 0);
		memset(text, 'x', sizeof(text) - 1);
	}
	CU_ASSERT_EQUAL_FATAL(nodes.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT(weir_str_is(nodes.nodes[i].uid, "uid1"));
		CU_ASSERT(weir_str_is(nodes.nodes[i].name, "name"));
		CU_ASSERT(weir_str_eq(nodes.nodes[i].version, weir_str_n("1.0", i)));
		CU_ASSERT_EQUAL(nodes.nodes[i].clients, i);
		CU_ASSERT(weir_str_eq(names.names[i], weir_str_n("uid1", i)));
	}
	weir_node_list_fini(&nodes);
	weir_name_list_fini(&names);
	CU_ASSERT_EQUAL(nodes.count + names.count, 0);
}

CU_TestInfo weir_tests[] = {
	{"all", all},
	{"pages", pages},
	{"any channels on any brokers", any},
	{"lists", lists},
	CU_TEST_INFO_NULL,
};
