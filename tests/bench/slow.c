/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What subscribers that stop reading cost those that read on: N subscribers of one channel at a given rate of events, every
 * tenth of which reads (A) or has stopped after its subscribe (B), one after the other and again. Measured are the same
 * nine tenths in both: the time from the publish to the moment when the event has been read, by one clock. Then those that
 * stopped read again, and it is told how each came off. This program's own work is in the latencies of both; it says how
 * busy it was and how late it published. The broker's overflow policy is the namespace's or the one that is asked for.
 * --port P --pid PID --overflow POLICY --clients N (1000) --stalled N (100) --rate EVENTS/S (200) --payload BYTES (128)
 * --seconds S (5) --rounds R (3) --rcvbuf BYTES of a stalled one (8192) --recoverable 0|1 (0) --resume S (2)
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX  100
#define STAMP_WIDTH 19
#define BUSY_LIMIT  0.8

struct subscriber {
	struct bench_client client; /* first: what is called back with is this */
	struct slow *slow;
	uint64_t dropped; /* as weir-dropped told it */
	bool stalls;
};

struct slow {
	const char *overflow;
	int port, pid, epoll, clients, stalled, rcvbuf, payload, recoverable;
	uint64_t interval_ns;
	struct subscriber *subscribers;
	struct bench_client publisher;
	bool measuring;
	uint64_t published, next_ns;
	struct bench_tally latency, late; /* late: a publish, after its time */
	struct bench_tally none, some;    /* latencies of all rounds, without and with those that have stopped */
};

struct result {
	uint32_t p50, p99, max, late_p99;
	uint64_t rss, fast_lost;
	double busy, broker_busy;
};

static void on_publication(struct bench_client *c, const char *line, size_t n)
{
	struct subscriber *s = (struct subscriber *)c;

	s->dropped += bench_number(line, n, "\"weir-dropped\":\"");
	if (s->slow->measuring && !s->stalls)
		bench_tally_add(&s->slow->latency, (bench_now_ns() - bench_number(line, n, "\"data\":\"")) / 1000);
}

static bool is_stalled(const struct slow *w, int i)
{
	return w->stalled && i % (w->clients / w->stalled) == 0 && i / (w->clients / w->stalled) < w->stalled;
}

static void watch(struct slow *w, struct bench_client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	epoll_ctl(w->epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void publish(struct slow *w)
{
	char text[BENCH_BUFFER / 2];
	int n;

	bench_tally_add(&w->late, (bench_now_ns() - w->next_ns) / 1000);
	n = snprintf(text, sizeof(text), "{\"id\":9,\"publish\":{\"channel\":\"bench\",\"data\":\"%0*llu.%0*d\"}}",
		STAMP_WIDTH, (unsigned long long)bench_now_ns(), w->payload - 3 - STAMP_WIDTH, 0);
	bench_client_send(&w->publisher, text, (size_t)n);
	w->published++;
	w->next_ns += w->interval_ns;
}

static void take(struct slow *w, struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		struct bench_client *c = events[i].data.ptr;

		if (i % 16 == 0 && bench_now_ns() >= w->next_ns)
			publish(w);
		bench_client_read(c);
		if (c->ended)
			epoll_ctl(w->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	}
}

/* Publishes at its rate, and reads. */
static void run(struct slow *w, double seconds)
{
	struct epoll_event events[256];
	uint64_t end = bench_now_ns() + (uint64_t)(seconds * 1e9);

	w->next_ns = bench_now_ns();
	for (uint64_t now; (now = bench_now_ns()) < end;) {
		struct timespec wait = {0};

		if (now >= w->next_ns)
			publish(w);
		else
			wait.tv_nsec = (long)(w->next_ns - now);
		take(w, events, epoll_pwait2(w->epoll, events, 256, &wait, NULL));
	}
}

/* Reads until nothing comes. */
static void drain(struct slow *w)
{
	struct epoll_event events[256];
	int n;

	w->next_ns = UINT64_MAX;
	while ((n = epoll_wait(w->epoll, events, 256, 300)) > 0)
		take(w, events, n);
}

static void open_all(struct slow *w, bool stall)
{
	char members[128];

	snprintf(members, sizeof(members), ",\"data\":{\"weir\":{\"overflow\":\"%s\"}}%s", w->overflow,
		w->recoverable ? ",\"recoverable\":true" : "");
	for (int i = 0; i < w->clients; i++) {
		struct subscriber *s = &w->subscribers[i];
		bool is = is_stalled(w, i);

		bench_client_open_with(&s->client, w->port, "bench", members, is ? w->rcvbuf : 0);
		s->client.on_publication = on_publication;
		s->client.may_end = stall && is;
		s->slow = w;
		s->dropped = 0;
		s->stalls = is;
		if (!s->client.may_end)
			watch(w, &s->client);
	}
	w->published = 0;
	bench_tally_clear(&w->latency);
	bench_tally_clear(&w->late);
}

static void close_all(struct slow *w)
{
	for (int i = 0; i < w->clients; i++)
		bench_client_close(&w->subscribers[i].client);
}

static struct result measure(struct slow *w, const char *what, int round, double seconds)
{
	struct result r = {0};
	uint64_t cpu, broker, began = bench_now_ns();

	w->measuring = true;
	cpu = bench_cpu_ns(getpid());
	broker = bench_cpu_ns(w->pid);
	run(w, seconds);
	r.busy = (double)(bench_cpu_ns(getpid()) - cpu) / (double)(bench_now_ns() - began);
	r.broker_busy = (double)(bench_cpu_ns(w->pid) - broker) / (double)(bench_now_ns() - began);
	r.rss = bench_rss_bytes(w->pid);
	w->measuring = false;
	for (int i = 0; i < w->clients; i++)
		if (!w->subscribers[i].stalls)
			r.fast_lost += w->subscribers[i].dropped;
	r.p50 = bench_tally_quantile(&w->latency, 0.5);
	r.p99 = bench_tally_quantile(&w->latency, 0.99);
	r.max = w->latency.max;
	r.late_p99 = bench_tally_quantile(&w->late, 0.99);
	printf("slow overflow=%s round=%d run=%s events=%llu latencies=%llu p50_us=%u p99_us=%u max_us=%u "
	       "broker_rss_mib=%.1f "
	       "broker_busy=%.2f generator_busy=%.2f published_late_p99_us=%u fast_lost=%llu\n",
		w->overflow, round, what, (unsigned long long)w->published, (unsigned long long)w->latency.count, r.p50,
		r.p99, r.max, (double)r.rss / 1048576, r.broker_busy, r.busy, r.late_p99,
		(unsigned long long)r.fast_lost);
	fflush(stdout);
	return r;
}

/* Those that stopped read again while events go on, and tell what happened to them. */
static void resume(struct slow *w, double seconds)
{
	unsigned slow = 0, other = 0, cut = 0, resynced = 0, connected = 0, told = 0, exact = 0;

	for (int i = 0; i < w->clients; i++)
		if (w->subscribers[i].stalls)
			watch(w, &w->subscribers[i].client);
	run(w, seconds);
	drain(w);
	for (int i = 0; i < w->clients; i++) {
		const struct subscriber *s = &w->subscribers[i];

		if (!s->stalls)
			continue;
		slow += s->client.close_code == 3008;
		other += s->client.close_code && s->client.close_code != 3008;
		cut += s->client.ended && !s->client.close_code;
		resynced += s->client.unsubscribed == 2500;
		connected += !s->client.ended;
		told += s->dropped > 0;
		exact += s->client.events + s->dropped == w->published;
	}
	printf("stalled overflow=%s closed_3008=%u closed_otherwise=%u cut=%u unsubscribed_2500=%u connected=%u "
	       "told_of_loss=%u got_plus_lost_is_published=%u\n",
		w->overflow, slow, other, cut, resynced, connected, told, exact);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double of_all(const struct slow *w, double q)
{
	return (double)bench_tally_quantile(&w->some, q) / (double)bench_tally_quantile(&w->none, q);
}

static void rounds(struct slow *w, int n, double seconds, double resumed)
{
	double p50[ROUNDS_MAX], p99[ROUNDS_MAX], busy = 0;

	for (int i = 0; i < n; i++) {
		struct result a, b;

		open_all(w, false);
		a = measure(w, "A", i + 1, seconds);
		bench_tally_merge(&w->none, &w->latency);
		drain(w);
		close_all(w);
		open_all(w, true);
		b = measure(w, "B", i + 1, seconds);
		bench_tally_merge(&w->some, &w->latency);
		resume(w, resumed);
		close_all(w);
		p50[i] = (double)b.p50 / (double)a.p50;
		p99[i] = (double)b.p99 / (double)a.p99;
		busy = a.busy > busy ? a.busy : busy;
	}
	qsort(p50, (size_t)n, sizeof(p50[0]), compare);
	qsort(p99, (size_t)n, sizeof(p99[0]), compare);
	printf("ratio overflow=%s stalled_to_none_p50=%.2f stalled_to_none_p99=%.2f (medians of %d, p99 from %.2f to "
	       "%.2f) "
	       "of_all_rounds_p50=%.2f of_all_rounds_p99=%.2f%s\n",
		w->overflow, p50[n / 2], p99[n / 2], n, p99[0], p99[n - 1], of_all(w, 0.5), of_all(w, 0.99),
		busy > BUSY_LIMIT ? " this program was the bottleneck" : "");
}

static void counters(const struct slow *w)
{
	static const char *const names[] = {"overflows", "resyncs", "dropped_oldest", "dropped_newest", "conflated",
		"dropped_resync", "lost_places"};

	printf("counters overflow=%s", w->overflow);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf(" %s=%llu", names[i], (unsigned long long)bench_counter(w->port, names[i]));
	printf("\n\n");
}

int main(int argc, char **argv)
{
	struct slow w = {.port = (int)bench_option(argc, argv, "--port", -1),
		.pid = (int)bench_option(argc, argv, "--pid", -1),
		.overflow = bench_text_option(argc, argv, "--overflow", "disconnect"),
		.clients = (int)bench_option(argc, argv, "--clients", 1000),
		.stalled = (int)bench_option(argc, argv, "--stalled", 100),
		.payload = (int)bench_option(argc, argv, "--payload", 128),
		.rcvbuf = (int)bench_option(argc, argv, "--rcvbuf", 8192),
		.recoverable = (int)bench_option(argc, argv, "--recoverable", 0),
		.epoll = epoll_create1(EPOLL_CLOEXEC)};
	long rate = bench_option(argc, argv, "--rate", 200), n = bench_option(argc, argv, "--rounds", 3);
	double seconds = (double)bench_option(argc, argv, "--seconds", 5),
	       resumed = (double)bench_option(argc, argv, "--resume", 2);

	if (rate < 2 || n < 1 || n > ROUNDS_MAX || w.payload < STAMP_WIDTH + 4 || w.payload > BENCH_BUFFER / 4 ||
		w.clients < 1 || w.stalled >= w.clients)
		bench_die("a rate from 2, 1 to %d rounds, a payload with room for a time, and some that read",
			ROUNDS_MAX);
	bench_raise_nofile();
	w.interval_ns = 1000000000u / (uint64_t)rate;
	w.subscribers = calloc((size_t)w.clients, sizeof(*w.subscribers));
	if (!w.subscribers)
		bench_die("no memory");
	bench_client_open(&w.publisher, w.port, NULL);
	watch(&w, &w.publisher);
	rounds(&w, (int)n, seconds, resumed);
	counters(&w);
	return 0;
}
