/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: questions that find no room, what must not be lost, the inbox, and the end of a turn. */
#include "fake_client.h"

const char weir_test_suite[] = "core/worker";

struct fixture {
	struct weir_worker w;
	unsigned room; /* requests that the hub will still take */
	char taken[200];
	unsigned told_of_room, controls, done;
};

static const struct weir_hash_key key = {1, 2};

static bool to_hub(void *ctx, struct weir_request *r)
{
	struct fixture *f = ctx;
	size_t n = strlen(f->taken);

	if (!f->room)
		return false;
	f->room--;
	snprintf(f->taken + n, sizeof(f->taken) - n, "%.*s", WEIR_STR_FMT(((struct weir_client_request *)r)->user));
	CU_ASSERT_EQUAL(r->worker, 7);
	CU_ASSERT_PTR_NULL(r->next);
	weir_request_free(&r);
	return true;
}

static void on_control(void *ctx, const struct weir_control *c)
{
	((struct fixture *)ctx)->controls++;
	CU_ASSERT_EQUAL(c->code, 5);
}

static void on_room(void *ctx)
{
	((struct fixture *)ctx)->told_of_room++;
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	weir_worker_init(&f->w, &(struct weir_worker_options){.id = 7,
					.clock = &weir_clock_real,
					.hash_key = &key,
					.to_hub = to_hub,
					.hub_ctx = f,
					.on_control = on_control,
					.on_room = on_room,
					.ctx = f});
}

static struct weir_request *request(const char *name)
{
	return &weir_client_request_new(true, weir_str(name))->base;
}

/* Order is kept: once something waits, everything later waits behind it or is refused. */
static void no_room(void)
{
	struct fixture f;
	struct weir_request *r = request("X");

	begin(&f);
	f.room = 2;
	CU_ASSERT(weir_worker_ask(&f.w, request("a")));
	weir_worker_tell(&f.w, request("b"));
	weir_worker_tell(&f.w, request("c"));
	weir_worker_tell(&f.w, request("d"));
	CU_ASSERT_STRING_EQUAL(f.taken, "ab");
	f.room = 1;
	CU_ASSERT_FALSE(weir_worker_ask(&f.w, r)); /* there is room, but not for it */
	weir_worker_tell(&f.w, request("e"));
	CU_ASSERT_STRING_EQUAL(f.taken, "ab");
	weir_worker_room(&f.w);
	CU_ASSERT_STRING_EQUAL(f.taken, "abc");
	CU_ASSERT_EQUAL(f.told_of_room, 0); /* none is left for others */
	f.room = 3;
	weir_worker_room(&f.w);
	CU_ASSERT_STRING_EQUAL(f.taken, "abcde");
	CU_ASSERT_EQUAL(f.told_of_room, 1);
	CU_ASSERT(weir_worker_ask(&f.w, r));
	CU_ASSERT_STRING_EQUAL(f.taken, "abcdeX");
	weir_worker_tell(&f.w, request("f"));
	CU_ASSERT_EQUAL(f.w.stats.no_room, 5);
	weir_worker_tell(&f.w, request("g"));
	weir_worker_fini(&f.w); /* what waits is freed */
}

static void on_done(struct weir_request *r)
{
	((struct fixture *)r->ctx)->done++;
	weir_request_free(&r);
}

static void inbox(void)
{
	struct fixture f;
	struct weir_message m = {.type = WEIR_MESSAGE_REPLY};
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("nobody"), .data = WEIR_STR("1")});

	begin(&f);
	m.request = request("r");
	m.request->done = on_done;
	m.request->ctx = &f;
	weir_worker_receive(&f.w, &m);
	CU_ASSERT_EQUAL(f.done, 1);
	m = (struct weir_message){
		.type = WEIR_MESSAGE_CONTROL, .control = weir_control_new(&(struct weir_control){.code = 5})};
	weir_worker_receive(&f.w, &m);
	CU_ASSERT_EQUAL(f.controls, 1);
	m = (struct weir_message){.type = WEIR_MESSAGE_EVENT, .event = weir_event_ref(e)};
	m.previous = weir_event_ref(e);
	weir_worker_receive(&f.w, &m);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 1); /* both references are given back */
	weir_event_unref(&e);
	weir_worker_fini(&f.w);
}

static void dropped(void)
{
	struct weir_message m = {.type = WEIR_MESSAGE_REPLY, .request = request("r")};

	weir_message_drop(&m);
	m = (struct weir_message){.type = WEIR_MESSAGE_CONTROL, .control = weir_control_new(&(struct weir_control){0})};
	weir_message_drop(&m);
	CU_ASSERT_PTR_NULL(m.control);
}

static void send_text(struct weir_worker *w, struct fake_client *c, const char *text)
{
	struct weir_frame *f = weir_frame_new(strlen(text));

	memcpy(f->data, text, f->len);
	weir_worker_send(w, &c->client, f);
	weir_frame_unref(&f);
}

static void turns(void)
{
	struct fixture f;
	struct fake_client a, b;

	begin(&f);
	fake_client_init(&a, &f.w, 5);
	fake_client_init(&b, &f.w, 5);
	weir_worker_end_turn(&f.w); /* nothing to do */
	send_text(&f.w, &a, "1");
	send_text(&f.w, &a, "2");
	weir_worker_touch(&f.w, &b.client);
	weir_worker_touch(&f.w, &b.client);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(a.flushes, 1);
	CU_ASSERT_EQUAL(b.flushes, 1);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(a.flushes, 1);
	/* Touched in the flush: next turn, or this one would never end. */
	a.touch_in_flush = true;
	weir_worker_touch(&f.w, &a.client);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(a.flushes, 2);
	a.touch_in_flush = false;
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(a.flushes, 3);
	/* A full queue, a frame that could not be made, a client that is not open. */
	send_text(&f.w, &a, "3456");
	send_text(&f.w, &a, "");
	weir_worker_send(&f.w, &b.client, NULL);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(a.overflows, 1);
	CU_ASSERT_EQUAL(b.overflows, 1);
	CU_ASSERT_STRING_EQUAL(fake_read(&a), "12");
	b.client.open = false;
	send_text(&f.w, &b, "x");
	weir_worker_send(&f.w, &b.client, NULL);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(b.overflows, 1);
	CU_ASSERT_STRING_EQUAL(fake_read(&b), "");
	fake_client_fini(&a);
	fake_client_fini(&b);
	weir_worker_fini(&f.w);
}

CU_TestInfo weir_tests[] = {
	{"no room", no_room},
	{"inbox", inbox},
	{"dropped", dropped},
	{"turns", turns},
	CU_TEST_INFO_NULL,
};
