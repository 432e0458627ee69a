/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on a channel: entries, distinct users, copies. */
#include "weir/bus/presence.h"

#include <stdio.h>

#include "test.h"

const char weir_test_suite[] = "bus/presence";

static const struct weir_hash_key key = {1, 2};

static void add(struct weir_presence *p, const char *client, const char *user, const char *info)
{
	struct weir_client_info i = {.user = weir_str(user),
		.client = weir_str(client),
		.conn_info = weir_str(info),
		.chan_info = WEIR_STR_NONE};

	CU_ASSERT_EQUAL_FATAL(weir_presence_add(p, &i), 0);
}

static void counts(void)
{
	struct weir_presence p;

	weir_presence_init(&p, &key);
	CU_ASSERT_EQUAL(weir_presence_clients(&p) + weir_presence_users(&p), 0);
	add(&p, "1", "a", NULL);
	add(&p, "2", "a", NULL);
	add(&p, "3", "", NULL); /* anonymous counts as a user */
	CU_ASSERT_EQUAL(weir_presence_clients(&p), 3);
	CU_ASSERT_EQUAL(weir_presence_users(&p), 2);
	CU_ASSERT(weir_presence_remove(&p, WEIR_STR("1")));
	CU_ASSERT_FALSE(weir_presence_remove(&p, WEIR_STR("1")));
	CU_ASSERT_EQUAL(weir_presence_users(&p), 2);
	CU_ASSERT(weir_presence_remove(&p, WEIR_STR("2")));
	CU_ASSERT_EQUAL(weir_presence_users(&p), 1);
	weir_presence_fini(&p);
}

/* The same client again replaces its entry, also with another user. */
static void replaced(void)
{
	struct weir_presence p;
	struct weir_info_list l;

	weir_presence_init(&p, &key);
	add(&p, "1", "a", "{}");
	add(&p, "1", "a", "[]");
	CU_ASSERT_EQUAL(weir_presence_clients(&p), 1);
	CU_ASSERT_EQUAL(weir_presence_users(&p), 1);
	add(&p, "1", "b", "7");
	CU_ASSERT_EQUAL(weir_presence_users(&p), 1);
	CU_ASSERT_EQUAL_FATAL(weir_presence_list(&p, &l), 0);
	CU_ASSERT_EQUAL_FATAL(l.count, 1);
	CU_ASSERT(weir_str_is(l.infos[0].user, "b"));
	CU_ASSERT(weir_str_is(l.infos[0].conn_info, "7"));
	CU_ASSERT_PTR_NULL(l.infos[0].chan_info.p); /* absent stays absent */
	weir_presence_fini(&p);
	CU_ASSERT(weir_str_is(l.infos[0].client, "1")); /* a copy of its own */
	weir_info_list_fini(&l);
	CU_ASSERT_PTR_NULL(l.infos);
}

static void list(void)
{
	struct weir_presence p;
	struct weir_info_list l;
	bool seen[200] = {false};

	weir_presence_init(&p, &key);
	CU_ASSERT_EQUAL(weir_presence_list(&p, &l), 0);
	CU_ASSERT_EQUAL(l.count, 0);
	weir_info_list_fini(&l);
	for (int i = 0; i < 200; i++) {
		char client[8], user[8];

		snprintf(client, sizeof(client), "%d", i);
		snprintf(user, sizeof(user), "u%d", i % 7);
		add(&p, client, user, client);
	}
	CU_ASSERT_EQUAL(weir_presence_users(&p), 7);
	CU_ASSERT_EQUAL_FATAL(weir_presence_list(&p, &l), 0);
	CU_ASSERT_EQUAL_FATAL(l.count, 200);
	for (size_t i = 0; i < l.count; i++) {
		uint64_t n;

		CU_ASSERT_EQUAL_FATAL(weir_str_u64(l.infos[i].client, &n), 0);
		CU_ASSERT_FALSE(seen[n]);
		seen[n] = true;
		CU_ASSERT(weir_str_eq(l.infos[i].conn_info, l.infos[i].client));
	}
	weir_info_list_fini(&l);
	weir_presence_fini(&p);
}

static void users(void)
{
	struct weir_map m;

	weir_map_init(&m);
	CU_ASSERT_EQUAL(weir_users_add(&m, &key, WEIR_STR("a")), 1);
	CU_ASSERT_EQUAL(weir_users_add(&m, &key, WEIR_STR("a")), 2);
	CU_ASSERT_EQUAL(weir_users_add(&m, &key, WEIR_STR("")), 1);
	CU_ASSERT_EQUAL(m.count, 2);
	CU_ASSERT_EQUAL(weir_users_remove(&m, &key, WEIR_STR("a")), 1);
	CU_ASSERT_EQUAL(weir_users_remove(&m, &key, WEIR_STR("a")), 0);
	CU_ASSERT_EQUAL(m.count, 1);
	weir_users_fini(&m);
}

CU_TestInfo weir_tests[] = {
	{"counts", counts},
	{"replaced", replaced},
	{"list", list},
	{"users", users},
	CU_TEST_INFO_NULL,
};
