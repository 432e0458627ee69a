/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each policy does with a full queue: clients whose sockets stop, trickle and come back, subscriptions that share the
 * bytes of a connection, pushes and answers that are not dropped, and who is told at the end of the turn.
 */
#include "fake_client.h"

const char weir_test_suite[] = "core/overflow";

#define SUBS 3

struct fixture {
	struct weir_worker w;
	struct weir_clock clock;
	uint64_t now_ms;
	struct fake_client c;
	struct fake_socket socket;
	struct weir_subscription subs[SUBS];
};

static const struct weir_hash_key hash_key = {1, 2};

static uint64_t mono_ms(void *ctx)
{
	return ((struct fixture *)ctx)->now_ms;
}

/* Marked frames are in brackets, with the losses and `-` for "without offset"; all end with a blank. */
static size_t mark(const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	char text[20000];
	size_t n = (size_t)snprintf(
		text, sizeof(text), "[%.*s %u%s] ", (int)f->len - 1, f->data, dropped, without_offset ? "-" : "");

	if (n <= room)
		memcpy(out, text, n);
	return n;
}

static const struct weir_encoder encoder = {.mark = mark};

static void subscribe(struct fixture *f, unsigned i, enum weir_overflow o, uint32_t limit, double rate)
{
	struct weir_subscription *s = &f->subs[i];

	weir_lane_fini(&s->lane);
	*s = (struct weir_subscription){.client = &f->c.client, .overflow = o};
	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&s->lane, limit, o == WEIR_OVERFLOW_LATEST, rate, f->now_ms), 0);
}

static void begin(struct fixture *f, enum weir_overflow o, uint32_t limit, size_t max_bytes)
{
	memset(f, 0, sizeof(*f));
	f->now_ms = 1000;
	f->clock = (struct weir_clock){.mono_ms = mono_ms, .ctx = f};
	weir_worker_init(&f->w, &(struct weir_worker_options){.clock = &f->clock, .hash_key = &hash_key});
	fake_client_init(&f->c, &f->w, max_bytes);
	f->c.client.queue.encoder = &encoder;
	f->c.socket = &f->socket;
	fake_socket_init(&f->socket);
	for (unsigned i = 0; i < SUBS; i++)
		subscribe(f, i, o, limit, 0);
}

static void end(struct fixture *f)
{
	for (unsigned i = 0; i < SUBS; i++) {
		weir_queue_absorb(&f->c.client.queue, &f->subs[i].lane);
		weir_lane_fini(&f->subs[i].lane);
	}
	fake_client_fini(&f->c);
	CU_ASSERT_EQUAL(f->w.queues.bytes, 0);
	weir_buf_fini(&f->socket.got);
	weir_worker_fini(&f->w);
}

static struct weir_frame *frame(const char *text)
{
	struct weir_frame *f = weir_frame_new(strlen(text) + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memcpy(f->data, text, f->len - 1);
	f->data[f->len - 1] = ' ';
	f->tags_at = 1;
	return f;
}

/* The first letter is the key. One byte more than the text. */
static bool publish(struct fixture *f, unsigned i, const char *text)
{
	struct weir_frame *fr = frame(text);
	bool taken = weir_worker_publish(&f->w, &f->subs[i], fr, (struct weir_event_key){(uint64_t)text[0], 0});

	CU_ASSERT(f->c.client.queue.bytes <= f->c.client.queue.max_bytes || f->c.client.queue.count == 1);
	weir_frame_unref(&fr);
	return taken;
}

static void publish_all(struct fixture *f, unsigned i, const char *const *texts, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		publish(f, i, texts[k]);
}
#define PUBLISH(f, i, ...) \
	publish_all(f, i, (const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static bool send(struct fixture *f, const char *text, bool bounded)
{
	struct weir_frame *fr = frame(text);
	bool taken = bounded ? weir_worker_send(&f->w, &f->c.client, fr) : weir_worker_answer(&f->w, &f->c.client, fr);

	weir_frame_unref(&fr);
	return taken;
}

/* The socket takes so many frames; what has come since the last time is this. */
static void check_read(struct fixture *f, uint32_t takes, const char *wanted)
{
	f->socket.takes = takes;
	weir_worker_touch(&f->w, &f->c.client);
	weir_worker_end_turn(&f->w);
	weir_buf_char(&f->socket.got, 0);
	CU_ASSERT_STRING_EQUAL(f->socket.got.p, wanted);
	if (strcmp(f->socket.got.p, wanted))
		printf("read '%s', not '%s'\n", f->socket.got.p, wanted);
	weir_buf_reset(&f->socket.got);
}

static void stall(struct fixture *f)
{
	check_read(f, 0, "");
}

/* ---- one subscription ---- */

/* Before it has begun nothing counts but bytes; then the queue is cut to what it may be. */
static void starting(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 2, 1000);
	f.c.client.starting = true;
	f.socket.takes = 0;
	PUBLISH(&f, 0, "a", "b", "c", "d");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 4);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 0);
	f.c.client.starting = false;
	stall(&f);
	PUBLISH(&f, 0, "e");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 2);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 3);
	check_read(&f, FAKE_OPEN, "[d 3] e ");
	end(&f);
}

/* A burst within one turn is no overflow while the socket takes it. */
static void bursts(void)
{
	for (int o = WEIR_OVERFLOW_RESYNC; o <= WEIR_OVERFLOW_LATEST; o++) {
		struct fixture f;

		begin(&f, (enum weir_overflow)o, 2, 10);
		PUBLISH(&f, 0, "a1", "a2", "a3", "b4", "a5");
		CU_ASSERT_EQUAL(f.c.flushes, 2);
		CU_ASSERT_TRUE(publish(&f, 0, "larger than all that may wait"));
		PUBLISH(&f, 0, "a6");
		check_read(&f, FAKE_OPEN, "a1 a2 a3 b4 a5 larger than all that may wait a6 ");
		CU_ASSERT_EQUAL(f.c.overflows + f.c.sub_faults, 0);
		CU_ASSERT_EQUAL(f.subs[0].lane.lost_bytes, 0);
		end(&f);
	}
}

static void drop_oldest(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 3, 1000);
	stall(&f);
	PUBLISH(&f, 0, "1", "2", "3", "4", "5");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 3);
	CU_ASSERT_EQUAL(f.w.stats.dropped_oldest, 2);
	check_read(&f, 1, "[3 2] ");
	PUBLISH(&f, 0, "6", "7");
	check_read(&f, 1, "[5 1] ");
	check_read(&f, FAKE_OPEN, "6 7 ");
	end(&f);
}

static void drop_newest(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_NEWEST, 3, 1000);
	stall(&f);
	PUBLISH(&f, 0, "1", "2", "3", "4");
	CU_ASSERT_FALSE(publish(&f, 0, "5"));
	CU_ASSERT_EQUAL(f.w.stats.dropped_newest, 2);
	check_read(&f, 1, "1 ");
	CU_ASSERT_TRUE(publish(&f, 0, "6"));
	CU_ASSERT_FALSE(publish(&f, 0, "7"));
	check_read(&f, FAKE_OPEN, "2 3 [6 2] ");
	PUBLISH(&f, 0, "8");
	check_read(&f, FAKE_OPEN, "[8 1] ");
	end(&f);
}

static void latest(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 3, 1000);
	stall(&f);
	PUBLISH(&f, 0, "a1", "b2", "a3", "c4", "c5", "b6", "a7");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 3);
	CU_ASSERT_EQUAL(f.w.stats.conflated, 4);
	PUBLISH(&f, 0, "d8"); /* a new key in a full queue: the oldest goes */
	CU_ASSERT_EQUAL(f.w.stats.dropped_oldest, 1);
	PUBLISH(&f, 0, "c9", "d10", "b11");
	check_read(&f, 1, "[b11 5-] ");
	PUBLISH(&f, 0, "b12");
	check_read(&f, FAKE_OPEN, "[c9 2-] [d10 1] b12 ");
	PUBLISH(&f, 0, "a13", "a14", "a15"); /* it has caught up */
	check_read(&f, FAKE_OPEN, "a13 a14 a15 ");
	end(&f);
}

/* What was gathered before it is known that the client is behind is conflated all the same. */
static void latest_gathered(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 3, 1000);
	f.socket.takes = 0;
	PUBLISH(&f, 0, "a1", "b2", "a3"); /* full, as it seems */
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 3);
	PUBLISH(&f, 0, "c4");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 3);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 0);
	check_read(&f, FAKE_OPEN, "[a3 1-] b2 c4 ");
	end(&f);
}

/* A client that may not be written to yet: nothing flushes, and the last value of each key is kept. */
static void latest_before_the_first_flush(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 3, 1000);
	f.c.socket = NULL;
	PUBLISH(&f, 0, "b1", "a2", "a3", "a4", "a5", "c6", "a7", "c8");
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 3);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 0);
	f.c.socket = &f.socket;
	f.socket.takes = 0;
	weir_worker_end_turn(&f.w);
	check_read(&f, FAKE_OPEN, "b1 [a7 4-] [c8 1] ");
	end(&f);
}

static void disconnect(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DISCONNECT, 2, 1000);
	stall(&f);
	PUBLISH(&f, 0, "1", "2");
	CU_ASSERT_FALSE(f.c.client.overflowed);
	CU_ASSERT_FALSE(publish(&f, 0, "3"));
	CU_ASSERT_TRUE(f.c.client.overflowed);
	CU_ASSERT_FALSE(publish(&f, 1, "4")); /* nor of another subscription: it is lost */
	CU_ASSERT_FALSE(send(&f, "push", true));
	CU_ASSERT_FALSE(send(&f, "answer", false));
	CU_ASSERT_EQUAL(f.c.overflows, 0);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(f.c.overflows, 1);
	CU_ASSERT_EQUAL(f.w.stats.overflows, 1);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(f.c.overflows, 1);
	end(&f);
}

static void resync(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_RESYNC, 2, 1000);
	stall(&f);
	PUBLISH(&f, 0, "1", "2");
	PUBLISH(&f, 1, "x");
	CU_ASSERT_FALSE(publish(&f, 0, "3"));
	CU_ASSERT_TRUE(f.subs[0].flags & WEIR_SUB_FULL);
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 0);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 3);
	CU_ASSERT_EQUAL(f.w.stats.dropped_resync, 3);
	CU_ASSERT_EQUAL(f.w.stats.resyncs, 1);
	CU_ASSERT_EQUAL(f.c.sub_faults, 0);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(f.c.sub_faults, 1);
	CU_ASSERT_EQUAL(f.c.overflows, 0);
	CU_ASSERT_FALSE(f.subs[1].flags & WEIR_SUB_FULL);
	check_read(&f, FAKE_OPEN, "x ");
	end(&f);
}

static void no_limit(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DISCONNECT, 0, 1000);
	stall(&f);
	for (unsigned i = 0; i < 500; i++)
		CU_ASSERT_TRUE(publish(&f, 0, "1"));
	CU_ASSERT_FALSE(publish(&f, 0, "1"));
	end(&f);
}

/* ---- bytes ---- */

static void heaviest_first(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 40);
	subscribe(&f, 1, WEIR_OVERFLOW_DROP_NEWEST, 0, 0);
	stall(&f);
	PUBLISH(&f, 0, "a23456789", "b23456789"); /* 20 */
	PUBLISH(&f, 1, "c234567890", "d234567");  /* 19 */
	CU_ASSERT_TRUE(publish(&f, 1, "e234"));   /* costs the other one its oldest */
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 1);
	CU_ASSERT_TRUE(publish(&f, 0, "f234567")); /* and that costs this one its newest */
	CU_ASSERT_EQUAL(f.subs[1].lane.dropped, 1);
	CU_ASSERT_FALSE(publish(&f, 1, "g2345678")); /* with most waiting of all it does not get in */
	CU_ASSERT_EQUAL(f.subs[1].lane.dropped, 2);
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 1);
	check_read(&f, FAKE_OPEN, "[b23456789 1] c234567890 d234567 f234567 ");
	PUBLISH(&f, 1, "h");
	check_read(&f, FAKE_OPEN, "[h 2] ");
	end(&f);
}

static void heaviest_by_its_own_policy(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 0, 20);
	subscribe(&f, 1, WEIR_OVERFLOW_RESYNC, 0, 0);
	subscribe(&f, 2, WEIR_OVERFLOW_DISCONNECT, 0, 0);
	stall(&f);
	PUBLISH(&f, 1, "r23456789", "r2");
	PUBLISH(&f, 2, "d2");
	CU_ASSERT_TRUE(publish(&f, 0, "l2345"));
	CU_ASSERT_TRUE(f.subs[1].flags & WEIR_SUB_FULL);
	CU_ASSERT_EQUAL(f.subs[1].lane.dropped, 2);
	CU_ASSERT_TRUE(publish(&f, 0, "m234567"));
	CU_ASSERT_TRUE(publish(&f, 2, "d23456789")); /* costs l and m */
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 2);
	CU_ASSERT_FALSE(publish(&f, 0, "n234567")); /* costs everything */
	CU_ASSERT_TRUE(f.c.client.overflowed);
	end(&f);
}

/* When nothing waits, any size is taken; what waits gives way to it. */
static void larger_than_the_bound(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 10);
	stall(&f);
	CU_ASSERT_TRUE(publish(&f, 0, "a234567890123456789"));
	CU_ASSERT_TRUE(publish(&f, 1, "b"));
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 1);
	CU_ASSERT_TRUE(publish(&f, 1, "c234567890123456789"));
	CU_ASSERT_EQUAL(f.c.client.queue.count, 1);
	check_read(&f, FAKE_OPEN, "[c234567890123456789 1] ");
	end(&f);
	begin(&f, WEIR_OVERFLOW_DROP_NEWEST, 0, 10);
	stall(&f);
	PUBLISH(&f, 0, "a");
	CU_ASSERT_FALSE(publish(&f, 0, "b234567890123456789"));
	CU_ASSERT_TRUE(publish(&f, 1, "c234567890123456789")); /* the heaviest is the other one */
	check_read(&f, FAKE_OPEN, "c234567890123456789 ");
	end(&f);
	begin(&f, WEIR_OVERFLOW_RESYNC, 0, 10);
	stall(&f);
	PUBLISH(&f, 0, "a");
	CU_ASSERT_FALSE(publish(&f, 0, "b234567890123456789"));
	CU_ASSERT_TRUE(f.subs[0].flags & WEIR_SUB_FULL);
	end(&f);
}

/* Replacing by something larger makes room like any event; all that waits may be replaced by anything. */
static void latest_larger(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 0, 20);
	stall(&f);
	PUBLISH(&f, 0, "a1");
	CU_ASSERT_TRUE(publish(&f, 0, "a234567890123456789012345"));
	CU_ASSERT_TRUE(publish(&f, 0, "a3"));
	CU_ASSERT_EQUAL(f.subs[0].lane.conflated, 2);
	PUBLISH(&f, 1, "x23456789");
	CU_ASSERT_TRUE(publish(&f, 0, "a4567890123456789")); /* costs x its place, not itself */
	CU_ASSERT_EQUAL(f.subs[1].lane.dropped, 1);
	check_read(&f, FAKE_OPEN, "[a4567890123456789 3] ");
	stall(&f);
	PUBLISH(&f, 0, "a5", "b6", "c7");
	CU_ASSERT_TRUE(publish(&f, 0, "a8901234567890123")); /* the oldest give way: also the one it would replace */
	check_read(&f, FAKE_OPEN, "[a8901234567890123 3] ");
	stall(&f);
	PUBLISH(&f, 0, "b1", "a2", "c3");
	CU_ASSERT_TRUE(publish(&f, 0, "a4567890123456"));
	check_read(&f, FAKE_OPEN, "[a4567890123456 2-] c3 ");
	end(&f);
}

/* What others have gathered in this turn is sent first, before anybody pays for it. */
static void latest_larger_among_gathered(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_LATEST, 0, 20);
	subscribe(&f, 0, WEIR_OVERFLOW_LATEST, 0, 1);
	subscribe(&f, 1, WEIR_OVERFLOW_RESYNC, 0, 0);
	PUBLISH(&f, 0, "a1", "a2");
	check_read(&f, FAKE_OPEN, "a1 "); /* held */
	PUBLISH(&f, 1, "x23456789012345");
	CU_ASSERT_TRUE(publish(&f, 0, "a34567"));
	CU_ASSERT_FALSE(f.subs[1].flags & WEIR_SUB_FULL);
	check_read(&f, FAKE_OPEN, "x23456789012345 ");
	f.now_ms += 1000;
	weir_timers_run(&f.w.timers, f.now_ms, 10);
	check_read(&f, FAKE_OPEN, "[a34567 1] ");
	end(&f);
}

/* ---- pushes and answers ---- */

static void pushes(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 20);
	stall(&f);
	PUBLISH(&f, 0, "a2345678", "b2345678");
	CU_ASSERT_TRUE(send(&f, "p23456", true)); /* costs events */
	CU_ASSERT_EQUAL(f.subs[0].lane.dropped, 1);
	CU_ASSERT_TRUE(send(&f, "q2345678901", true));
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 0);
	CU_ASSERT_FALSE(send(&f, "r2345678", true)); /* but no other pushes */
	CU_ASSERT_TRUE(f.c.client.overflowed);
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(f.c.overflows, 1);
	end(&f);
}

/* An event finds only what may not be dropped: there is no room to be made. */
static void only_pushes_wait(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 20);
	stall(&f);
	send(&f, "p234567890", true);
	CU_ASSERT_TRUE(publish(&f, 0, "a2345678"));
	CU_ASSERT_FALSE(publish(&f, 0, "b23456789012"));
	CU_ASSERT_TRUE(f.c.client.overflowed);
	end(&f);
}

/* A burst of pushes is sent while the socket takes it. */
static void pushes_in_a_burst(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_RESYNC, 0, 20);
	PUBLISH(&f, 0, "a2345678", "b2345678");
	CU_ASSERT_TRUE(send(&f, "p2345678", true));
	CU_ASSERT_TRUE(send(&f, "q2345678901234567890123456789", true));
	check_read(&f, FAKE_OPEN, "a2345678 b2345678 p2345678 q2345678901234567890123456789 ");
	CU_ASSERT_EQUAL(f.subs[0].lane.lost_bytes, 0);
	end(&f);
}

static void answers(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 20);
	stall(&f);
	CU_ASSERT_TRUE(publish(&f, 0, "a2345678"));
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_TRUE(send(&f, "answer789", false)); /* whatever the bound says, and at nobody's cost */
	CU_ASSERT_EQUAL(f.subs[0].lane.count, 1);
	CU_ASSERT_FALSE(f.c.client.overflowed);
	check_read(&f, 3, "a2345678 answer789 answer789 ");
	end(&f);
}

static void not_made(void)
{
	struct fixture f;

	begin(&f, WEIR_OVERFLOW_DROP_OLDEST, 0, 20);
	CU_ASSERT_FALSE(weir_worker_publish(&f.w, &f.subs[0], NULL, (struct weir_event_key){0}));
	CU_ASSERT_TRUE(f.c.client.overflowed); /* its absence would be a silent gap */
	weir_worker_end_turn(&f.w);
	CU_ASSERT_EQUAL(f.c.overflows, 1);
	f.c.client.open = false;
	CU_ASSERT_FALSE(publish(&f, 0, "a"));
	CU_ASSERT_FALSE(weir_worker_publish(&f.w, &f.subs[0], NULL, (struct weir_event_key){0}));
	CU_ASSERT_FALSE(send(&f, "p", true));
	CU_ASSERT_FALSE(send(&f, "p", false));
	CU_ASSERT_FALSE(f.c.client.overflowed);
	end(&f);
}

/* ---- rate ---- */

static void rates(void)
{
	for (int o = WEIR_OVERFLOW_DROP_OLDEST; o <= WEIR_OVERFLOW_LATEST; o++) {
		static const char *const waited[3][2] = {
			{"[4 2] ", "5 "},
			{"2 ", "3 "},
			{"[a4 2-] ", "[b5 1] "},
		};
		struct fixture f;

		begin(&f, (enum weir_overflow)o, 2, 1000);
		subscribe(&f, 0, (enum weir_overflow)o, 2, 10);
		if (o == WEIR_OVERFLOW_LATEST)
			PUBLISH(&f, 0, "a1", "a2", "b3", "a3", "b5", "a4");
		else
			PUBLISH(&f, 0, "1", "2", "3", "4", "5");
		PUBLISH(&f, 1, "x"); /* others are not held back */
		check_read(&f, FAKE_OPEN, o == WEIR_OVERFLOW_LATEST ? "a1 x " : "1 x ");
		CU_ASSERT_EQUAL(f.subs[0].lane.count, 2);
		for (unsigned i = 0; i < 2; i++) {
			f.now_ms += 99;
			weir_timers_run(&f.w.timers, f.now_ms, 10);
			check_read(&f, FAKE_OPEN, "");
			f.now_ms++;
			weir_timers_run(&f.w.timers, f.now_ms, 10);
			CU_ASSERT_FALSE(weir_list_empty(&f.w.dirty)); /* the wake is enough */
			check_read(&f, FAKE_OPEN, waited[o - WEIR_OVERFLOW_DROP_OLDEST][i]);
		}
		end(&f);
	}
}

CU_TestInfo weir_tests[] = {
	{"starting", starting},
	{"bursts", bursts},
	{"drop_oldest", drop_oldest},
	{"drop_newest", drop_newest},
	{"latest", latest},
	{"latest, gathered", latest_gathered},
	{"latest, before the first flush", latest_before_the_first_flush},
	{"disconnect", disconnect},
	{"resync", resync},
	{"no limit", no_limit},
	{"heaviest first", heaviest_first},
	{"heaviest by its own policy", heaviest_by_its_own_policy},
	{"larger than the bound", larger_than_the_bound},
	{"latest, larger", latest_larger},
	{"latest, larger among gathered", latest_larger_among_gathered},
	{"pushes", pushes},
	{"only pushes wait", only_pushes_wait},
	{"pushes in a burst", pushes_in_a_burst},
	{"answers", answers},
	{"not made", not_made},
	{"rates", rates},
	CU_TEST_INFO_NULL,
};
