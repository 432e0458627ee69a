/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and control messages: their strings are copies, absent stays absent, and freeing frees everything (under
 * ASan). */
#include "weir/core/request.h"

#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "core/request";

static char text[64];

/* A string that is gone after the maker has returned: the text is overwritten. */
static struct weir_str fleeting(const char *s)
{
	static size_t at;
	size_t n = strlen(s);

	at = at + n > sizeof(text) ? 0 : at;
	memcpy(text + at, s, n);
	at += n;
	return weir_str_n(text + at - n, n);
}

static void wipe(void)
{
	memset(text, '#', sizeof(text));
}

static void drop(struct weir_request *r)
{
	weir_request_free(&r);
	CU_ASSERT_PTR_NULL(r);
	weir_request_free(&r);
}

static struct weir_client_info some_info(void)
{
	return (struct weir_client_info){.user = fleeting("u"),
		.client = fleeting("c"),
		.conn_info = WEIR_STR_NONE,
		.chan_info = fleeting("{}")};
}

static void check_info(const struct weir_client_info *i)
{
	CU_ASSERT(weir_str_is(i->user, "u"));
	CU_ASSERT(weir_str_is(i->client, "c"));
	CU_ASSERT_PTR_NULL(i->conn_info.p);
	CU_ASSERT(weir_str_is(i->chan_info, "{}"));
}

static struct weir_event *some_event(void)
{
	return weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = WEIR_STR("1")});
}

static void publish(void)
{
	struct weir_event *e = some_event();
	struct weir_publish_request *r = weir_publish_request_new(NULL, weir_event_ref(e), fleeting("key"));

	wipe();
	CU_ASSERT_EQUAL(r->base.type, WEIR_REQUEST_PUBLISH);
	CU_ASSERT(weir_str_is(r->idempotency_key, "key"));
	CU_ASSERT_EQUAL(r->result.offset, 0);
	CU_ASSERT_EQUAL(r->result.epoch[0], 0);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 2);
	drop(&r->base);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 1);
	r = weir_publish_request_new(NULL, e, WEIR_STR_NONE);
	CU_ASSERT_PTR_NULL(r->idempotency_key.p);
	drop(&r->base);
}

static void subscribe(void)
{
	struct weir_client_info info = some_info();
	struct weir_subscribe_request *r = weir_subscribe_request_new(NULL, fleeting("chan"), &info, WEIR_STR_NONE);

	wipe();
	CU_ASSERT_EQUAL(r->base.type, WEIR_REQUEST_SUBSCRIBE);
	CU_ASSERT(weir_str_is(r->channel, "chan"));
	CU_ASSERT_PTR_NULL(r->since_epoch.p);
	check_info(&r->info);
	r->missed.events = malloc(sizeof(struct weir_event *));
	r->missed.events[0] = some_event();
	r->missed.count = 1;
	drop(&r->base);
	info = some_info();
	r = weir_subscribe_request_new(NULL, fleeting("chan"), &info, fleeting("epoch"));
	wipe();
	CU_ASSERT(weir_str_is(r->since_epoch, "epoch"));
	check_info(&r->info);
	drop(&r->base);
}

static void unsubscribe(void)
{
	struct weir_client_info info = some_info();
	struct weir_unsubscribe_request *r = weir_unsubscribe_request_new(fleeting("chan"), &info);

	wipe();
	CU_ASSERT_EQUAL(r->base.type, WEIR_REQUEST_UNSUBSCRIBE);
	CU_ASSERT(weir_str_is(r->channel, "chan"));
	check_info(&r->info);
	drop(&r->base);
}

static void others(void)
{
	struct weir_history_request *h = weir_history_request_new(NULL, fleeting("chan"), fleeting("ep"));
	struct weir_presence_request *p;
	struct weir_channels_request *c;
	struct weir_client_request *k;
	struct weir_info_request *i;

	wipe();
	CU_ASSERT(weir_str_is(h->channel, "chan"));
	CU_ASSERT(weir_str_is(h->since_epoch, "ep"));
	h->events.events = malloc(sizeof(struct weir_event *));
	h->events.events[0] = some_event();
	h->events.count = 1;
	h->base.type = WEIR_REQUEST_HISTORY_REMOVE;
	drop(&h->base);

	p = weir_presence_request_new(fleeting("chan"), true);
	wipe();
	CU_ASSERT(weir_str_is(p->channel, "chan"));
	CU_ASSERT(p->want_list);
	p->list.infos = malloc(sizeof(struct weir_client_info));
	drop(&p->base);

	c = weir_channels_request_new(fleeting("a*"));
	wipe();
	CU_ASSERT(weir_str_is(c->pattern, "a*"));
	c->channels = malloc(1);
	drop(&c->base);
	c = weir_channels_request_new(WEIR_STR_NONE);
	CU_ASSERT_PTR_NULL(c->pattern.p);
	drop(&c->base);

	k = weir_client_request_new(true, fleeting("user"));
	wipe();
	CU_ASSERT(k->came);
	CU_ASSERT(weir_str_is(k->user, "user"));
	drop(&k->base);
	k = weir_client_request_new(false, WEIR_STR(""));
	CU_ASSERT_EQUAL(k->user.n, 0);
	drop(&k->base);

	i = weir_info_request_new();
	CU_ASSERT_EQUAL(i->base.type, WEIR_REQUEST_INFO);
	drop(&i->base);
}

static void control(void)
{
	struct weir_str whitelist[] = {fleeting("w1"), fleeting(""), fleeting("w3")};
	struct weir_control spec = {.op = WEIR_CONTROL_DISCONNECT,
		.user = fleeting("user"),
		.channel = fleeting("ch"),
		.reason = fleeting("why"),
		.whitelist = whitelist,
		.n_whitelist = 3,
		.code = 4000,
		.since_epoch = fleeting("ep"),
		.since_offset = 9};
	struct weir_control *c = weir_control_new(&spec), *other;
	struct weir_control_request *r;

	memset(whitelist, 0, sizeof(whitelist));
	wipe();
	CU_ASSERT_EQUAL(c->op, WEIR_CONTROL_DISCONNECT);
	CU_ASSERT(weir_str_is(c->user, "user"));
	CU_ASSERT(weir_str_is(c->channel, "ch"));
	CU_ASSERT(weir_str_is(c->reason, "why"));
	CU_ASSERT(weir_str_is(c->since_epoch, "ep"));
	CU_ASSERT_PTR_NULL(c->client.p);
	CU_ASSERT_PTR_NULL(c->session.p);
	CU_ASSERT_PTR_NULL(c->info.p);
	CU_ASSERT_PTR_NULL(c->data.p);
	CU_ASSERT_PTR_NULL(c->override.p);
	CU_ASSERT_EQUAL_FATAL(c->n_whitelist, 3);
	CU_ASSERT(weir_str_is(c->whitelist[0], "w1"));
	CU_ASSERT_EQUAL(c->whitelist[1].n, 0);
	CU_ASSERT(weir_str_is(c->whitelist[2], "w3"));
	CU_ASSERT_EQUAL(c->code, 4000);
	other = weir_control_ref(c);
	r = weir_control_request_new(c);
	drop(&r->base);
	CU_ASSERT(weir_str_is(other->user, "user")); /* still there */
	weir_control_unref(&other);
	CU_ASSERT_PTR_NULL(other);
	weir_control_unref(&other);
}

CU_TestInfo weir_tests[] = {
	{"publish", publish},
	{"subscribe", subscribe},
	{"unsubscribe", unsubscribe},
	{"others", others},
	{"control", control},
	CU_TEST_INFO_NULL,
};
