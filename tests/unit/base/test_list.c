/* SPDX-License-Identifier: Apache-2.0 */
/* The intrusive list: order, removal (also twice, also while walking), splicing. */
#include "test.h"

#include "weir/base/list.h"

struct item {
	int n;
	struct weir_list link;
};

/* The items' numbers as decimal digits. */
static long digits(const struct weir_list *head)
{
	struct weir_list *node;
	long v = 0;

	weir_list_foreach (node, head)
		v = v * 10 + weir_list_entry(node, struct item, link)->n;
	return v;
}

static void fill(struct weir_list *head, struct item items[5])
{
	weir_list_init(head);
	for (int i = 0; i < 5; i++) {
		items[i].n = i + 1;
		weir_list_append(head, &items[i].link);
	}
}

static void test_order(void)
{
	struct item items[5];
	struct weir_list head;

	fill(&head, items);
	CU_ASSERT_EQUAL(digits(&head), 12345);
	weir_list_remove(&items[2].link);
	weir_list_remove(&items[2].link);
	CU_ASSERT_EQUAL(digits(&head), 1245);
	weir_list_prepend(&head, &items[2].link);
	CU_ASSERT_EQUAL(digits(&head), 31245);
}

static void test_safe_walk(void)
{
	struct item items[5];
	struct weir_list head, *node, *tmp;

	fill(&head, items);
	weir_list_foreach_safe (node, tmp, &head)
		if (weir_list_entry(node, struct item, link)->n % 2)
			weir_list_remove(node);
	CU_ASSERT_EQUAL(digits(&head), 24);
	weir_list_foreach_safe (node, tmp, &head)
		weir_list_remove(node);
	CU_ASSERT(weir_list_empty(&head));
}

static void test_splice(void)
{
	struct item a[5], b[5];
	struct weir_list to, from, empty;

	fill(&to, a);
	fill(&from, b);
	weir_list_init(&empty);
	weir_list_splice(&to, &empty);
	CU_ASSERT_EQUAL(digits(&to), 12345);
	weir_list_splice(&to, &from);
	CU_ASSERT_EQUAL(digits(&to), 1234512345);
	CU_ASSERT(weir_list_empty(&from));
	weir_list_splice(&empty, &to);
	CU_ASSERT_EQUAL(digits(&empty), 1234512345);
	CU_ASSERT(weir_list_empty(&to));
}

const char weir_test_suite[] = "base/list";
CU_TestInfo weir_tests[] = {
	{"order and removal", test_order},
	{"removing while walking", test_safe_walk},
	{"splicing", test_splice},
	CU_TEST_INFO_NULL,
};
