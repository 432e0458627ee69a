/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of Redis: what they mean, and what is refused, with a text that never holds a piece of what was given. */
#include "address.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char weir_test_suite[] = "engine/redis/address";

static void test_accepted(void)
{
	static const struct {
		const char *text, *user, *password, *shown;
	} cases[] = {
		{"redis://localhost", "", "", "redis://localhost:6379"},
		{"redis://localhost/", "", "", "redis://localhost:6379"},
		{"REDIS://localhost:7000/15", "", "", "redis://localhost:7000/15"},
		{"tcp://10.0.0.1:7000", "", "", "redis://10.0.0.1:7000"},
		{"127.0.0.1:6380", "", "", "redis://127.0.0.1:6380"},
		{"[::1]:6380", "", "", "redis://[::1]:6380"},
		{"redis://[fe80::1%eth0]", "", "", "redis://[fe80::1%eth0]:6379"},
		{"redis://me:secret@h:1/2", "me", "secret", "redis://h:1/2"},
		{"redis://:secret@h", "", "secret", "redis://h:6379"},
		{"redis://me:@h", "me", "", "redis://h:6379"},
		{"redis://m%40e:s%3A%2f%25%20@h", "m@e", "s:/% ", "redis://h:6379"},
		{"redis://me:se@cr:et@h", "me", "se@cr:et", "redis://h:6379"},
		{"unix:///run/redis.sock", "", "", "unix:///run/redis.sock"},
		{"unix://me:secret@/run/redis.sock?db=3", "me", "secret", "unix:///run/redis.sock?db=3"},
		{"redis+sentinel://a?sentinel_master_name=mymaster", "", "",
			"redis+sentinel://a:26379?sentinel_master_name=mymaster"},
		{"redis+sentinel://me:secret@a,b:1,[::2]:3/"
		 "4?sentinel_user=s%41&sentinel_master_name=m&sentinel_password=p%26q",
			"me", "secret", "redis+sentinel://a:26379,b:1,[::2]:3/4?sentinel_master_name=m"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct weir_redis_address a;
		struct weir_buf shown, why;
		int err;

		weir_buf_init(&shown, 1024);
		weir_buf_init(&why, 1024);
		err = weir_redis_address_parse(weir_str(cases[i].text), &a, &why);
		if (err)
			printf("\n\t%s: %.*s\n", cases[i].text, WEIR_STR_FMT(weir_buf_view(&why)));
		CU_ASSERT_EQUAL_FATAL(err, 0);
		CU_ASSERT_STRING_EQUAL(a.user, cases[i].user);
		CU_ASSERT_STRING_EQUAL(a.password, cases[i].password);
		weir_redis_address_show(&a, &shown);
		CU_ASSERT_TRUE(weir_str_is(weir_buf_view(&shown), cases[i].shown));
		weir_redis_address_fini(&a);
		weir_buf_fini(&shown);
		weir_buf_fini(&why);
	}
}

static void test_sentinels(void)
{
	struct weir_redis_address a;
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	CU_ASSERT_EQUAL_FATAL(weir_redis_address_parse(
				      WEIR_STR("redis+sentinel://u:p@a,b:1/"
					       "4?sentinel_user=s%41&sentinel_master_name=m&sentinel_password=p%26q"),
				      &a, &why),
		0);
	CU_ASSERT_EQUAL(a.n_sentinels, 2);
	CU_ASSERT_STRING_EQUAL(a.sentinels[0].host, "a");
	CU_ASSERT_EQUAL(a.sentinels[1].port, 1);
	CU_ASSERT_STRING_EQUAL(a.sentinel_user, "sA");
	CU_ASSERT_STRING_EQUAL(a.sentinel_password, "p&q");
	CU_ASSERT_STRING_EQUAL(a.master_name, "m");
	CU_ASSERT_EQUAL(a.db, 4);
	CU_ASSERT_PTR_NULL(a.endpoint.host);
	weir_redis_address_fini(&a);
	weir_redis_address_fini(&a);
	weir_buf_fini(&why);
}

/* SECRET stands where a password may be, at its place or not. */
static void test_refused(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "expected redis://"},
		{"localhost", "expected redis://"},
		{"/run/redis.sock", "expected redis://"},
		{"me:SECRET@host:1", "expected redis://"},
		{"http://host", "expected redis://"},
		{"rediss://me:SECRET@host", "rediss://) is not supported"},
		{"redis+cluster://me:SECRET@host", "Cluster"},
		{"rediss+sentinel://me:SECRET@host", "TLS"},
		{"rediss+cluster://me:SECRET@host", "Cluster"},
		{"redis://", "expected a host"},
		{"redis://:6379", "expected a host"},
		{"redis://me:SECRET@", "expected a host"},
		{"redis://me:SEC/RET@host", "expected a port"},
		{"redis://SECRET@host", "expected user:password@"},
		{"redis://me:SEC%RET@host", "percent-encoded"},
		{"redis://me:SECRET%@host", "percent-encoded"},
		{"redis://me:SECRET%4@host", "percent-encoded"},
		{"redis://me:SECRET%00@host", "percent-encoded"},
		{"redis://me:SECRET@host:0", "expected a port"},
		{"redis://me:SECRET@host:65536", "expected a port"},
		{"redis://me:SECRET@host:", "expected a port"},
		{"redis://me:SECRET@host:-1", "expected a port"},
		{"redis://me:SECRET@ho st", "expected a host"},
		{"redis://me:SECRET@[::1", "expected [IPv6"},
		{"redis://me:SECRET@[::1]x", "expected [IPv6"},
		{"redis://me:SECRET@[]:1", "expected a host"},
		{"redis://me:SECRET@::1", "expected a host"},
		{"redis://me:SECRET@host/x", "number of a database"},
		{"redis://me:SECRET@host/-1", "number of a database"},
		{"redis://me:SECRET@host/99999999", "number of a database"},
		{"redis://me:SECRET@host/0/1", "number of a database"},
		{"redis://me:SECRET@host?password=SECRET", "nothing is known"},
		{"redis://me:SECRET@host?", "expected name=value"},
		{"redis://a,b", "expected a host"},
		{"unix://SECRET", "expected unix:///path"},
		{"unix://SECRET/path", "expected unix:///path"},
		{"unix:///path?db=x", "number of a database"},
		{"unix:///path?x=SECRET", "known after the '?' is db"},
		{"unix:///"
		 "paaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaath",
			"at most 107 bytes"},
		{"redis+sentinel://me:SECRET@a", "sentinel_master_name=NAME"},
		{"redis+sentinel://a?sentinel_master_name=", "sentinel_master_name=NAME"},
		{"redis+sentinel://a,?sentinel_master_name=m", "expected a host"},
		{"redis+sentinel://a?sentinel_master_name=m&sentinel_pass=SECRET", "known after the '?' are"},
		{"redis+sentinel://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a?sentinel_master_name=m", "more than 16"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct weir_redis_address a;
		struct weir_buf why;
		int err;

		weir_buf_init(&why, 1024);
		err = weir_redis_address_parse(weir_str(cases[i].text), &a, &why);
		if (!weir_str_contains(weir_buf_view(&why), weir_str(cases[i].why)))
			printf("\n\t%s: %.*s\n", cases[i].text, WEIR_STR_FMT(weir_buf_view(&why)));
		CU_ASSERT_EQUAL(err, WEIR_EINVALID);
		CU_ASSERT_TRUE(weir_str_contains(weir_buf_view(&why), weir_str(cases[i].why)));
		CU_ASSERT_FALSE(weir_str_contains(weir_buf_view(&why), WEIR_STR("SEC")));
		CU_ASSERT_PTR_NULL(a.password);
		weir_buf_fini(&why);
	}
}

/* Every prefix of a good one, and one byte replaced by each other: no crash, no leak. */
static void test_mutants(void)
{
	static const char good[] = "redis+sentinel://me:s%41@a,[::2]:3/4?sentinel_master_name=m&sentinel_password=q";
	char text[sizeof(good)];

	for (size_t i = 0; i < sizeof(good) - 1; i++)
		for (unsigned c = 0; c < 257; c++) {
			struct weir_redis_address a;
			struct weir_buf why;

			memcpy(text, good, sizeof(good));
			text[i] = (char)c;
			weir_buf_init(&why, 1024);
			if (weir_redis_address_parse(weir_str_n(text, c == 256 ? i : sizeof(good) - 1), &a, &why) == 0)
				weir_redis_address_fini(&a);
			else
				CU_ASSERT_TRUE(why.len > 0);
			weir_buf_fini(&why);
		}
}

static void test_endpoints(void)
{
	struct weir_redis_endpoint a = {0}, b;

	CU_ASSERT_EQUAL(weir_redis_endpoint_copy(&b, &a), 0);
	CU_ASSERT_TRUE(weir_redis_endpoint_eq(&a, &b));
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&a, WEIR_STR("h"), 1), 0);
	CU_ASSERT_FALSE(weir_redis_endpoint_eq(&a, &b));
	CU_ASSERT_EQUAL(weir_redis_endpoint_copy(&b, &a), 0);
	CU_ASSERT_TRUE(weir_redis_endpoint_eq(&a, &b));
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&a, WEIR_STR("h"), 2), 0);
	CU_ASSERT_FALSE(weir_redis_endpoint_eq(&a, &b));
	CU_ASSERT_EQUAL(weir_redis_endpoint_set_path(&a, WEIR_STR("h")), 0);
	CU_ASSERT_FALSE(weir_redis_endpoint_eq(&a, &b));
	CU_ASSERT_PTR_NULL(a.host);
	weir_redis_endpoint_fini(&b);
	CU_ASSERT_EQUAL(weir_redis_endpoint_copy(&b, &a), 0);
	CU_ASSERT_TRUE(weir_redis_endpoint_eq(&a, &b));
	weir_redis_endpoint_fini(&a);
	weir_redis_endpoint_fini(&b);
}

CU_TestInfo weir_tests[] = {
	{"accepted", test_accepted},
	{"sentinels", test_sentinels},
	{"refused, without the password", test_refused},
	{"mutants", test_mutants},
	{"endpoints", test_endpoints},
	CU_TEST_INFO_NULL,
};
