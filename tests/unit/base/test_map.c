/* SPDX-License-Identifier: Apache-2.0 */
/* The hash table: a random run against an array, walks, growth and shrinking, equal hashes. */
#include "test.h"

#include "weir/base/map.h"
#include "weir/base/random.h"

#define KEYS 3000

struct item {
	uint64_t key;
	bool in;
	unsigned seen;
	struct weir_map_node node;
};

static struct item *item_of(const struct weir_map_node *node)
{
	return WEIR_CONTAINER_OF(node, struct item, node);
}

static bool item_eq(const struct weir_map_node *node, const void *key)
{
	return item_of(node)->key == *(const uint64_t *)key;
}

/* Weak on purpose: many keys share a hash. */
static uint64_t item_hash(uint64_t key)
{
	return key / 3 * 0x9e3779b97f4a7c15;
}

static void items_init(struct item *items)
{
	for (uint64_t i = 0; i < KEYS; i++)
		items[i] = (struct item){.key = i};
}

static void test_empty(void)
{
	struct weir_map m;
	uint64_t key = 1;

	weir_map_init(&m);
	CU_ASSERT_PTR_NULL(weir_map_find(&m, item_hash(key), item_eq, &key));
	CU_ASSERT_PTR_NULL(weir_map_first(&m));
	CU_ASSERT_PTR_NULL(weir_map_pop(&m));
	weir_map_fini(&m);
}

static bool agrees(const struct weir_map *m, struct item *items, size_t expected)
{
	struct weir_map_node *node;
	size_t walked = 0;

	for (uint64_t i = 0; i < KEYS; i++) {
		node = weir_map_find(m, item_hash(i), item_eq, &i);
		if ((node != NULL) != items[i].in || (node && item_of(node) != &items[i]))
			return false;
		items[i].seen = 0;
	}
	weir_map_foreach (node, m) {
		if (!item_of(node)->in || item_of(node)->seen++)
			return false;
		walked++;
	}
	return walked == expected && m->count == expected;
}

static void test_against_array(void)
{
	static struct item items[KEYS];
	struct weir_random r;
	struct weir_map m;
	size_t count = 0;

	items_init(items);
	weir_random_seeded(&r, weir_test_seed());
	weir_map_init(&m);
	for (int round = 0; round < 30; round++) {
		/* Mostly filling, then mostly emptying. */
		uint64_t bias = round % 10 < 5 ? 70 : 20;

		for (int i = 0; i < 1000; i++) {
			struct item *item = &items[weir_random_below(&r, KEYS)];
			bool want = weir_random_below(&r, 100) < bias;

			if (want && !item->in) {
				weir_map_insert(&m, &item->node, item_hash(item->key));
				count++;
			} else if (!want && item->in) {
				weir_map_remove(&m, &item->node);
				count--;
			}
			item->in = want;
		}
		CU_ASSERT(agrees(&m, items, count));
	}
	weir_map_fini(&m);
}

static void test_sizes(void)
{
	static struct item items[KEYS];
	struct weir_map m;
	size_t high;

	items_init(items);
	weir_map_init(&m);
	for (uint64_t i = 0; i < KEYS; i++)
		weir_map_insert(&m, &items[i].node, item_hash(i));
	high = m.n_slots;
	CU_ASSERT(high >= KEYS / 2 && high <= 4 * KEYS);
	for (uint64_t i = 10; i < KEYS; i++)
		weir_map_remove(&m, &items[i].node);
	weir_map_insert(&m, &items[KEYS - 1].node, item_hash(KEYS - 1));
	CU_ASSERT(m.n_slots < high / 8);
	for (uint64_t i = 0; i < 10; i++)
		CU_ASSERT_PTR_EQUAL(weir_map_find(&m, item_hash(i), item_eq, &i), &items[i].node);
	weir_map_fini(&m);
}

static void test_safe_walk(void)
{
	static struct item items[KEYS];
	struct weir_map_node *node, *tmp;
	struct weir_map m;
	size_t walked = 0;

	items_init(items);
	weir_map_init(&m);
	for (uint64_t i = 0; i < KEYS; i++) {
		weir_map_insert(&m, &items[i].node, item_hash(i));
		items[i].in = true;
	}
	weir_map_foreach_safe (node, tmp, &m) {
		walked++;
		if (item_of(node)->key % 5) {
			weir_map_remove(&m, node);
			item_of(node)->in = false;
		}
	}
	CU_ASSERT_EQUAL(walked, KEYS);
	CU_ASSERT(agrees(&m, items, KEYS / 5));
	weir_map_foreach_safe (node, tmp, &m)
		weir_map_remove(&m, node);
	CU_ASSERT_EQUAL(m.count, 0);
	CU_ASSERT_PTR_NULL(weir_map_first(&m));
	weir_map_fini(&m);
}

static void test_pop(void)
{
	static struct item items[KEYS];
	struct weir_map_node *node;
	struct weir_map m;
	size_t popped = 0;

	items_init(items);
	weir_map_init(&m);
	for (uint64_t i = 0; i < KEYS; i++)
		weir_map_insert(&m, &items[i].node, item_hash(i));
	while ((node = weir_map_pop(&m)) && popped < 2 * KEYS) {
		/* One that comes back in between is found again, wherever it lands. */
		if (++popped == KEYS / 2)
			weir_map_insert(&m, node, node->hash);
		else
			CU_ASSERT_EQUAL(item_of(node)->seen++, 0);
	}
	CU_ASSERT_EQUAL(popped, KEYS + 1);
	CU_ASSERT_EQUAL(m.count, 0);
	weir_map_fini(&m);
}

const char weir_test_suite[] = "base/map";
CU_TestInfo weir_tests[] = {
	{"empty", test_empty},
	{"random run against an array", test_against_array},
	{"growing and shrinking", test_sizes},
	{"removing while walking", test_safe_walk},
	{"pop", test_pop},
	CU_TEST_INFO_NULL,
};
