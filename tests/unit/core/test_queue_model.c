/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues and policies against a naive model (queue_model.h): random events of several channels, keys and sizes, clients
 * that stall, trickle and come back, rates, subscriptions that come and go, answers and pushes in between. The queues'
 * books are audited after every step; at the end of each turn what was written, and what still waits, is what the model
 * says, frame by frame. WEIR_SEED repeats a run.
 */
#include <stdlib.h>

#include "fake_client.h"
#include "queue_model.h"
#include "weir/base/random.h"

/* Whom the policies chose when all events of a client together were too many: where several weigh the same, any will do. */
static const struct weir_lane *choices[10000];
static unsigned n_choices;

static struct weir_lane *record_heaviest(const struct weir_queue *q)
{
	struct weir_lane *l = weir_queue_heaviest(q);

	weir_assert(n_choices < WEIR_ARRAY_LEN(choices));
	choices[n_choices++] = l;
	return l;
}
#define weir_queue_heaviest record_heaviest
#include "overflow.c"
#undef weir_queue_heaviest

const char weir_test_suite[] = "core/queue_model";

#if defined(__SANITIZE_ADDRESS__)
#define SEEDS 200
#else
#define SEEDS 2000
#endif
#define OPS          600
#define CLIENTS      3
#define CHANNELS     3
#define KEYS         5
#define MARK_BYTES   5 /* by which a frame grows that tells of a loss */
#define SABOTAGES(X) X(NOTHING) X(EAT_FRAME) X(MISCOUNT) X(KEEP_OFFSET) X(DROP_QUIETLY) X(WRONG_END)

enum sabotage {
#define X(name) name,
	SABOTAGES(X)
#undef X
};

/* How a frame looks here: this, then bytes without a meaning. */
struct head {
	uint32_t len, sub, number, dropped;
	uint64_t offset;
};

struct subscription {
	struct weir_subscription sub;
	unsigned id, channel, keys;
	unsigned offered, delivered, told; /* told: of losses, by what was written */
	uint64_t offset;                   /* of the last frame that had one */
	unsigned newest[KEYS], got[KEYS];  /* event numbers by key */
};

struct client {
	struct fake_client fake;
	struct fake_socket socket;
	struct model_client model;
	struct subscription subs[MODEL_SUBS];
	struct run *run;
	size_t checked; /* of model.written */
	bool fast;      /* never stalled */
};

struct run {
	struct weir_worker w;
	struct weir_clock clock;
	struct weir_timers *timers;
	struct weir_random random;
	uint64_t seed, now_ms;
	unsigned op, next_sub, next_number, next_answer;
	uint64_t offsets[CHANNELS];
	struct client clients[CLIENTS];
	enum sabotage sabotage;
	unsigned until_sabotage;
	bool quiet, failed;
	struct {
		unsigned delivered, dropped, conflated, overflows, resyncs, marked, overtook, drained, held;
		uint64_t lost_bytes;
	} seen;
};

static uint64_t now(void *ctx)
{
	return ((struct run *)ctx)->now_ms;
}

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)weir_random_below(&r->random, n);
}

static void fail(struct run *r, const char *what, uint64_t got, uint64_t wanted)
{
	if (!r->failed && !r->quiet)
		printf("\n  WEIR_SEED=%llu op %u: %s: %llu, not %llu\n", (unsigned long long)r->seed, r->op, what,
			(unsigned long long)got, (unsigned long long)wanted);
	r->failed = true;
}

static void same(struct run *r, const char *what, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		fail(r, what, got, wanted);
}

static bool strikes(struct run *r, enum sabotage what)
{
	return r->sabotage == what && r->op >= r->until_sabotage;
}

/* ---- frames ---- */

static struct weir_frame *frame(unsigned sub, unsigned number, size_t size, uint64_t offset)
{
	struct weir_frame *f = weir_frame_new(size);
	struct head h = {(uint32_t)size, sub, number, 0, offset};

	memset(f->data, 0, size);
	memcpy(f->data, &h, sizeof(h));
	f->tags_at = sub ? 1 : 0;
	f->offset = offset;
	return f;
}

static size_t mark(const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	size_t n = f->len + (dropped ? MARK_BYTES : 0);
	struct head h;

	if (n > room)
		return n;
	memcpy(&h, f->data, sizeof(h));
	memset(out, 0, n);
	h.len = (uint32_t)n;
	h.dropped = dropped;
	h.offset = without_offset ? 0 : h.offset;
	memcpy(out, &h, sizeof(h));
	return n;
}

static size_t mark_with_offset(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	(void)without_offset;
	return mark(f, dropped, false, out, room);
}

static const struct weir_encoder encoder = {.mark = mark}, encoder_bad = {.mark = mark_with_offset};

static struct weir_event_key key_of(unsigned key)
{
	return (struct weir_event_key){key % 2, key}; /* that meet in the table */
}

/* ---- audit: what must hold after every step ---- */

static void audit_lane(struct client *k, const struct weir_lane *l, bool droppable, size_t *bytes, uint32_t *count)
{
	size_t its = 0;

	for (uint32_t i = 0; i < l->count; i++) {
		its += weir_lane_at(l, i)->frame->len;
		if (i && (int32_t)(weir_lane_at(l, i)->seq - weir_lane_at(l, i - 1)->seq) <= 0)
			fail(k->run, "places in a lane", weir_lane_at(l, i)->seq, weir_lane_at(l, i - 1)->seq + 1);
	}
	same(k->run, "bytes of a lane", l->bytes, its);
	if (droppable && l->limit && l->count > l->limit)
		fail(k->run, "events in a lane", l->count, l->limit);
	same(k->run, "a lane is in a list", !weir_list_empty(&l->ready), l->count > 0);
	*bytes += its;
	*count += l->count;
}

static void audit_client(struct client *k)
{
	struct weir_queue *q = &k->fake.client.queue;
	size_t bytes = 0, droppable;
	uint32_t count = 0, events;

	for (unsigned i = 0; i < MODEL_SUBS; i++) {
		struct subscription *s = &k->subs[i];
		const struct weir_lane *l = &s->sub.lane;

		if (!s->id)
			continue;
		audit_lane(k, l, true, &bytes, &count);
		if (!k->fake.client.overflowed) /* then what did not find room is not counted: the client is lost */
			same(k->run, "conservation", l->delivered + l->dropped + l->conflated + l->count, s->offered);
	}
	droppable = bytes;
	events = count;
	audit_lane(k, &q->control, false, &bytes, &count);
	same(k->run, "bytes of a queue", q->bytes, bytes);
	same(k->run, "frames of a queue", q->count, count);
	if (droppable > q->max_bytes && events > 1)
		fail(k->run, "events above the bound", droppable, q->max_bytes);
}

static void audit(struct run *r)
{
	const struct weir_stats *stats = &r->w.stats;
	uint64_t dropped = r->seen.dropped, conflated = r->seen.conflated, lost_bytes = r->seen.lost_bytes;
	size_t bytes = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *k = &r->clients[i];

		audit_client(k);
		bytes += k->fake.client.queue.bytes;
		for (unsigned n = 0; n < MODEL_SUBS; n++) {
			dropped += k->subs[n].id ? k->subs[n].sub.lane.dropped : 0;
			conflated += k->subs[n].id ? k->subs[n].sub.lane.conflated : 0;
			lost_bytes += k->subs[n].id ? k->subs[n].sub.lane.lost_bytes : 0;
		}
	}
	same(r, "bytes of all queues", r->w.queues.bytes, bytes);
	if (r->quiet)
		return; /* what is planted is not counted */
	same(r, "counters of drops", stats->dropped_resync + stats->dropped_oldest + stats->dropped_newest, dropped);
	same(r, "counter of conflation", stats->conflated, conflated);
	same(r, "counters of bytes lost",
		stats->dropped_resync_bytes + stats->dropped_oldest_bytes + stats->dropped_newest_bytes +
			stats->conflated_bytes,
		lost_bytes);
}

/* ---- what came out ---- */

static struct subscription *sub_by_id(struct client *k, unsigned id)
{
	for (unsigned i = 0; id && i < MODEL_SUBS; i++)
		if (k->subs[i].id == id)
			return &k->subs[i];
	return NULL;
}

static void on_frame(struct client *k, struct head h)
{
	struct run *r = k->run;
	struct subscription *s = sub_by_id(k, h.sub);

	r->seen.delivered++;
	r->seen.marked += h.dropped > 0;
	if (k->checked >= k->model.n_written) {
		fail(r, "a frame that the model did not write", h.number, 0);
		return;
	}
	same(r, "subscription written", h.sub, k->model.written[k->checked].sub);
	same(r, "event written", h.number, k->model.written[k->checked].number);
	same(r, "losses told", h.dropped, k->model.written[k->checked].dropped);
	same(r, "offset written", h.offset, k->model.written[k->checked].offset);
	k->checked++;
	if (!s)
		return;
	s->delivered++;
	s->told += h.dropped;
	s->got[h.number % s->keys] = h.number;
	if (h.offset && h.offset <= s->offset)
		fail(r, "offsets go back", h.offset, s->offset + 1);
	s->offset = h.offset ? h.offset : s->offset;
	if (!h.offset && r->offsets[s->channel]) {
		r->seen.overtook++;
		if (s->sub.overflow != WEIR_OVERFLOW_LATEST || s->keys == 1)
			fail(r, "an event without its offset", h.number, 0);
	}
}

static void read_all(struct client *k)
{
	struct weir_buf *got = &k->socket.got;
	size_t at = 0;

	while (at < got->len) {
		struct head h;

		weir_assert(got->len - at >= sizeof(h));
		memcpy(&h, got->p + at, sizeof(h));
		at += h.len;
		weir_assert(at <= got->len);
		if (strikes(k->run, EAT_FRAME) && h.sub) {
			k->run->sabotage = NOTHING;
			continue;
		}
		if (strikes(k->run, MISCOUNT) && h.dropped) {
			k->run->sabotage = NOTHING;
			h.dropped++;
		}
		on_frame(k, h);
	}
	weir_buf_reset(got);
}

/* What waits, lane by lane, against the model's list. */
static void compare_lane(struct client *k, const struct subscription *s)
{
	const struct weir_lane *l = &s->sub.lane;
	uint32_t at = 0;

	same(k->run, "events that wait", l->count, model_count(&k->model, s->id));
	for (size_t i = 0; i < k->model.n && at < l->count; i++) {
		const struct model_item *item = &k->model.items[i];
		const struct weir_lane_entry *e = weir_lane_at(l, at);
		struct head h;

		if (item->gone || item->sub != s->id)
			continue;
		memcpy(&h, e->frame->data, sizeof(h));
		same(k->run, "event that waits", h.number, item->number);
		same(k->run, "losses before it", e->dropped, model_lost_before(&k->model, i));
		same(k->run, "is it to go without offset", e->without_offset, item->without_offset);
		at++;
	}
}

/* With nothing waiting all losses but the last ones have been told, and `latest` has delivered the last value of each key. */
static void check_drained(struct client *k, struct subscription *s)
{
	const struct weir_lane *l = &s->sub.lane;

	k->run->seen.drained++;
	same(k->run, "told and delivered", s->told + l->lost + s->delivered, s->offered);
	if (s->sub.overflow == WEIR_OVERFLOW_LATEST && !l->dropped)
		for (unsigned i = 0; i < KEYS; i++)
			same(k->run, "last value of a key", s->got[i], s->newest[i]);
}

static void compare_client(struct client *k)
{
	struct run *r = k->run;

	read_all(k);
	if (k->checked < k->model.n_written)
		fail(r, "frames written", k->checked, k->model.n_written);
	for (unsigned i = 0; i < MODEL_SUBS; i++) {
		struct subscription *s = &k->subs[i];
		const struct model_sub *m = &k->model.subs[i];

		if (!s->id)
			continue;
		same(r, "delivered", s->sub.lane.delivered, m->delivered);
		same(r, "dropped", s->sub.lane.dropped, m->dropped);
		same(r, "conflated", s->sub.lane.conflated, m->conflated);
		same(r, "offered", s->offered, m->offered);
		compare_lane(k, s);
		if (!s->sub.lane.count)
			check_drained(k, s);
		if (k->fast && !s->sub.lane.pace && s->sub.lane.dropped + s->sub.lane.conflated)
			fail(r, "losses of a fast client", s->sub.lane.dropped, 0);
		r->seen.held += weir_lane_is_held(&s->sub.lane);
	}
}

/* ---- clients ---- */

static bool chosen(void *ctx, unsigned nth, const struct model_sub *m)
{
	const struct client *k = ctx;

	return nth < n_choices && choices[nth] == &k->subs[m - k->model.subs].sub.lane;
}

/* From here the next choices are counted. */
static void begin_choices(struct client *k)
{
	n_choices = k->model.nth = 0;
}

static void unsubscribe(struct client *k, unsigned slot)
{
	struct subscription *s = &k->subs[slot];

	k->run->seen.dropped += (unsigned)s->sub.lane.dropped;
	k->run->seen.conflated += (unsigned)s->sub.lane.conflated;
	k->run->seen.lost_bytes += s->sub.lane.lost_bytes;
	weir_queue_absorb(&k->fake.client.queue, &s->sub.lane);
	weir_lane_fini(&s->sub.lane);
	model_unsubscribe(&k->model, slot);
	s->id = 0;
}

static void subscribe(struct client *k, unsigned slot)
{
	static const unsigned rates[] = {500, 2000, 7000, 30000, 200000};
	struct run *r = k->run;
	struct subscription *s = &k->subs[slot];
	struct model_sub m = {.id = ++r->next_sub, .limit = below(r, 5) ? 1 + below(r, 8) : 0};

	m.overflow = (enum weir_overflow)(WEIR_OVERFLOW_RESYNC + below(r, 5));
	if (m.overflow == WEIR_OVERFLOW_DISCONNECT && below(r, 2))
		m.overflow = WEIR_OVERFLOW_LATEST;
	if (weir_overflow_drops_events(m.overflow) && below(r, 3) == 0)
		m.rate = rates[below(r, WEIR_ARRAY_LEN(rates))];
	*s = (struct subscription){.id = m.id, .channel = below(r, CHANNELS), .keys = below(r, 2) ? 1 : KEYS};
	s->sub.client = &k->fake.client;
	s->sub.overflow = m.overflow;
	weir_assert(weir_lane_init(&s->sub.lane, m.limit, m.overflow == WEIR_OVERFLOW_LATEST, m.rate / 1000.0,
			    r->now_ms) == 0);
	model_subscribe(&k->model, &m, slot, r->now_ms);
}

static void send(struct client *k, size_t size, bool bounded)
{
	struct run *r = k->run;
	struct weir_frame *f = frame(0, ++r->next_answer, size, 0);

	begin_choices(k);
	if (bounded)
		weir_worker_send(&r->w, &k->fake.client, f);
	else
		weir_worker_answer(&r->w, &k->fake.client, f);
	weir_frame_unref(&f);
	model_send(&k->model, r->next_answer, size, bounded, r->now_ms);
	same(r, "how often room was made", n_choices, k->model.nth);
}

/* As a session does: the push that tells, then the end of the subscription. */
static void on_sub_fault(struct weir_client *c)
{
	struct client *k = WEIR_CONTAINER_OF(c, struct client, fake.client);

	for (unsigned i = 0; i < MODEL_SUBS; i++) {
		if (!k->subs[i].id || !(k->subs[i].sub.flags & WEIR_SUB_FULL))
			continue;
		if (!k->model.subs[i].full)
			fail(k->run, "a subscription that starts anew", k->subs[i].id, 0);
		k->run->seen.resyncs++;
		send(k, 40, true);
		unsubscribe(k, i);
	}
}

static void client_close(struct client *k)
{
	for (unsigned i = 0; i < MODEL_SUBS; i++)
		if (k->subs[i].id)
			unsubscribe(k, i);
	weir_queue_clear(&k->fake.client.queue);
	same(k->run, "bytes of a closed client", k->fake.client.queue.bytes, 0);
	same(k->run, "frames of a closed client", k->fake.client.queue.count, 0);
	weir_list_remove(&k->fake.client.dirty);
	weir_list_remove(&k->fake.client.fault);
	model_fini(&k->model);
	weir_buf_fini(&k->socket.got);
}

static void client_open(struct run *r, struct client *k);

static void on_overflow(struct weir_client *c)
{
	struct client *k = WEIR_CONTAINER_OF(c, struct client, fake.client);
	struct run *r = k->run;

	if (!k->model.overflowed)
		fail(r, "an overflow that the model has not", k->model.n, 0);
	k->model.n = 0;
	read_all(k);
	same(r, "frames written before an overflow", k->checked, k->model.n_written);
	r->seen.overflows++;
	client_close(k);
	client_open(r, k);
}

static const struct weir_client_ops client_ops = {
	.flush = fake_flush, .overflow = on_overflow, .sub_fault = on_sub_fault};

static void client_open(struct run *r, struct client *k)
{
	bool fast = k->fast;
	size_t max_bytes = 300 + below(r, 1500);

	*k = (struct client){.run = r, .fast = fast};
	fake_client_init(&k->fake, &r->w, max_bytes);
	k->fake.client.ops = &client_ops;
	k->fake.client.queue.encoder = r->sabotage == KEEP_OFFSET ? &encoder_bad : &encoder;
	k->fake.socket = &k->socket;
	fake_socket_init(&k->socket);
	k->model.max_bytes = max_bytes;
	k->model.takes = MODEL_NO_LIMIT;
	k->model.chosen = chosen;
	k->model.ctx = k;
}

/* ---- operations ---- */

static void offer(struct client *k, unsigned slot, size_t size)
{
	struct run *r = k->run;
	struct subscription *s = &k->subs[slot];
	unsigned number = r->next_number, key = number % s->keys;
	struct weir_frame *f;

	if (k->fake.client.overflowed || (s->sub.flags & WEIR_SUB_FULL))
		return;
	f = frame(s->id, number, size, r->offsets[s->channel]);
	s->offered++;
	s->newest[key] = number;
	begin_choices(k);
	weir_worker_publish(&r->w, &s->sub, f, key_of(key));
	weir_frame_unref(&f);
	model_publish(&k->model, slot, number, key, size, r->offsets[s->channel], r->now_ms);
	same(r, "how often room was made", n_choices, k->model.nth);
}

static void op_publish(struct run *r)
{
	unsigned channel = below(r, CHANNELS), dice = below(r, 100);
	size_t size = sizeof(struct head) + below(r, dice < 90 ? 100 : dice < 98 ? 600 : 3000);

	r->next_number++;
	if (channel)
		r->offsets[channel]++; /* the first one has no history */
	for (unsigned i = 0; i < CLIENTS; i++)
		for (unsigned n = 0; n < MODEL_SUBS; n++)
			if (r->clients[i].subs[n].id && r->clients[i].subs[n].channel == channel)
				offer(&r->clients[i], n, size);
}

static void op_end_turn(struct run *r)
{
	weir_worker_end_turn(&r->w);
	for (unsigned i = 0; i < CLIENTS; i++) {
		same(r, "did it overflow", r->clients[i].fake.client.overflowed, r->clients[i].model.overflowed);
		compare_client(&r->clients[i]);
	}
}

static void op_read(struct run *r, struct client *k)
{
	unsigned dice = below(r, 10);

	if (k->fast)
		return;
	op_end_turn(r);
	k->socket.takes = k->model.takes = dice < 4 ? 0 : dice < 8 ? 1 + below(r, 4) : MODEL_NO_LIMIT;
	k->socket.gather = below(r, FAKE_GATHER);
	weir_worker_touch(&r->w, &k->fake.client);
	model_read(&k->model, r->now_ms);
	op_end_turn(r);
}

static void op_advance(struct run *r)
{
	op_end_turn(r);
	r->now_ms += below(r, 10) ? below(r, 150) : below(r, 3000);
	weir_timers_run(&r->w.timers, r->now_ms, SIZE_MAX);
	for (unsigned i = 0; i < CLIENTS; i++)
		model_read(&r->clients[i].model, r->now_ms);
	op_end_turn(r);
}

static void op_subscribe(struct run *r, struct client *k)
{
	unsigned slot = below(r, MODEL_SUBS);

	op_end_turn(r); /* what is gathered leaves by rate and key, as it would have at once */
	if (k->subs[slot].id)
		unsubscribe(k, slot);
	else
		subscribe(k, slot);
	model_read(&k->model, r->now_ms);
	weir_worker_touch(&r->w, &k->fake.client);
}

static void op_sabotage(struct run *r)
{
	struct client *k = &r->clients[below(r, CLIENTS)];
	unsigned slot = below(r, MODEL_SUBS);
	struct weir_lane *l = &k->subs[slot].sub.lane;

	if (!strikes(r, DROP_QUIETLY) && !strikes(r, WRONG_END))
		return;
	op_end_turn(r);
	if (strikes(r, DROP_QUIETLY) && l->count) {
		weir_queue_drop_oldest(&k->fake.client.queue, l);
		l->dropped--;
		l->delivered++;
		r->sabotage = NOTHING;
	} else if (strikes(r, WRONG_END) && l->count > 1) {
		weir_queue_drop_newest(&k->fake.client.queue, l);
		model_drop_oldest(&k->model, slot);
		r->sabotage = NOTHING;
	}
	op_end_turn(r);
}

static void operate(struct run *r)
{
	struct client *k = &r->clients[below(r, CLIENTS)];
	unsigned dice = below(r, 100);

	op_sabotage(r);
	if (dice < 60)
		op_publish(r);
	else if (dice < 64 && !k->fake.client.overflowed && k->fake.client.queue.bytes < k->model.max_bytes)
		send(k, sizeof(struct head) + below(r, 100), false);
	else if (dice < 67)
		send(k, sizeof(struct head) + below(r, 60), true);
	else if (dice < 75)
		op_read(r, k);
	else if (dice < 82)
		op_advance(r);
	else if (dice < 88)
		op_subscribe(r, k);
	else
		op_end_turn(r);
	audit(r);
}

static const struct weir_hash_key hash_key = {1, 2};

static void run_begin(struct run *r, uint64_t seed, enum sabotage sabotage)
{
	*r = (struct run){.seed = seed, .now_ms = 1000, .sabotage = sabotage, .quiet = sabotage != NOTHING};
	r->clock = (struct weir_clock){.mono_ms = now, .ctx = r};
	weir_random_seeded(&r->random, seed);
	r->until_sabotage = below(r, 50);
	weir_worker_init(&r->w, &(struct weir_worker_options){.clock = &r->clock, .hash_key = &hash_key});
	for (unsigned i = 0; i < CLIENTS; i++) {
		r->clients[i].fast = i == 0;
		client_open(r, &r->clients[i]);
	}
}

/* In the end everybody reads and time passes. */
static void run_drain(struct run *r)
{
	op_end_turn(r);
	for (unsigned i = 0; i < CLIENTS; i++) {
		r->clients[i].socket.takes = r->clients[i].model.takes = MODEL_NO_LIMIT;
		weir_worker_touch(&r->w, &r->clients[i].fake.client);
		model_read(&r->clients[i].model, r->now_ms);
	}
	op_end_turn(r);
	for (unsigned i = 0; i < 2000 && r->w.queues.bytes; i++) {
		r->now_ms += 2000;
		weir_timers_run(&r->w.timers, r->now_ms, SIZE_MAX);
		for (unsigned n = 0; n < CLIENTS; n++)
			model_read(&r->clients[n].model, r->now_ms);
		op_end_turn(r);
	}
	audit(r);
	same(r, "bytes left", r->w.queues.bytes, r->w.queues.bytes ? r->failed : 0);
}

static void run_end(struct run *r)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		client_close(&r->clients[i]);
	same(r, "bytes of nobody", r->w.queues.bytes, 0);
	weir_worker_fini(&r->w);
}

static void random_operations(void)
{
	const char *given = getenv("WEIR_MODEL_SEEDS");
	unsigned seeds = getenv("WEIR_SEED") ? 1 : given ? (unsigned)strtoul(given, NULL, 10) : SEEDS;
	struct run *r = weir_xmalloc(sizeof(*r));
	unsigned delivered = 0, dropped = 0, conflated = 0, overflows = 0, resyncs = 0, marked = 0, overtook = 0;
	unsigned drained = 0, held = 0;
	bool failed = false;

	for (unsigned i = 0; i < seeds && !failed; i++) {
		run_begin(r, weir_test_seed() + i, NOTHING);
		for (; r->op < OPS && !r->failed; r->op++)
			operate(r);
		if (!r->failed)
			run_drain(r);
		failed = r->failed;
		run_end(r);
		failed |= r->failed;
		delivered += r->seen.delivered;
		dropped += r->seen.dropped;
		conflated += r->seen.conflated;
		overflows += r->seen.overflows;
		resyncs += r->seen.resyncs;
		marked += r->seen.marked;
		overtook += r->seen.overtook;
		drained += r->seen.drained;
		held += r->seen.held;
	}
	free(r);
	CU_ASSERT_FALSE_FATAL(failed);
	printf("(%u delivered, %u dropped, %u conflated, %u overflows, %u resyncs, %u marked, %u overtook) ", delivered,
		dropped, conflated, overflows, resyncs, marked, overtook);
	/* That all of it happened. */
	CU_ASSERT(delivered && dropped && conflated && overflows && resyncs && marked && overtook && drained && held);
}

/* The checker must be able to fail: with a fault planted, each run is found out. */
static void finds(enum sabotage what)
{
	struct run *r = weir_xmalloc(sizeof(*r));
	unsigned found = 0, runs = 5;

	for (unsigned i = 0; i < runs; i++) {
		run_begin(r, weir_test_seed() + i, what);
		for (; r->op < 30000 && !r->failed; r->op++)
			operate(r);
		found += r->failed && (r->sabotage == NOTHING || what == KEEP_OFFSET); /* not before it struck */
		run_end(r);
	}
	free(r);
	CU_ASSERT_EQUAL(found, runs);
}

static void finds_a_lost_frame(void)
{
	finds(EAT_FRAME);
}

static void finds_a_wrong_count(void)
{
	finds(MISCOUNT);
}

static void finds_a_position_too_far(void)
{
	finds(KEEP_OFFSET);
}

static void finds_an_event_lost_without_a_trace(void)
{
	finds(DROP_QUIETLY);
}

static void finds_an_event_lost_at_the_wrong_end(void)
{
	finds(WRONG_END);
}

CU_TestInfo weir_tests[] = {
	{"random operations", random_operations},
	{"finds a lost frame", finds_a_lost_frame},
	{"finds a wrong count", finds_a_wrong_count},
	{"finds a position too far", finds_a_position_too_far},
	{"finds an event lost without a trace", finds_an_event_lost_without_a_trace},
	{"finds an event lost at the wrong end", finds_an_event_lost_at_the_wrong_end},
	CU_TEST_INFO_NULL,
};
