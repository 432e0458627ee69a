/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fan-out costs a running broker: N WebSocket subscribers of one channel and one publisher that sends W events in
 * one message, waits until all of them have arrived everywhere, and so on. Prints the CPU time of all the broker's
 * threads for each delivery, to be compared with what floor says for frames of the same size.
 * --port P --pid PID --clients N (1000) --window W (1) --payload BYTES (128) --seconds S (3)
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define WARM_UP_ROUNDS 50
#define STALLED_MS     10000

struct fanout {
	int epoll, clients;
	struct bench_client *subscribers, publisher;
	uint64_t events; /* that have arrived, of all subscribers */
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void watch(struct fanout *f, struct bench_client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	epoll_ctl(f->epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void publish(struct fanout *f, int window, int payload)
{
	static char text[BENCH_BUFFER];
	size_t n = 0;

	for (int i = 0; i < window; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{\"id\":%d,\"publish\":{\"channel\":\"bench\",\"data\":\"%0*d\"}}", i ? "\n" : "", i + 2,
			payload - 2, i);
	bench_client_send(&f->publisher, text, n);
}

static void receive(struct fanout *f, uint64_t until)
{
	struct epoll_event events[256];

	while (f->events < until) {
		int n = epoll_wait(f->epoll, events, 256, STALLED_MS);

		if (n == 0)
			bench_die("only %llu of %llu events arrived", (unsigned long long)f->events,
				(unsigned long long)until);
		for (int i = 0; i < n; i++) {
			struct bench_client *c = events[i].data.ptr;
			uint64_t before = c->events;

			bench_client_read(c);
			if (c != &f->publisher)
				f->events += c->events - before;
		}
	}
}

static void rounds(struct fanout *f, int window, int payload, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		publish(f, window, payload);
		receive(f, f->events + (uint64_t)f->clients * (uint64_t)window);
	}
}

static uint64_t received_bytes(const struct fanout *f)
{
	uint64_t sum = 0;

	for (int i = 0; i < f->clients; i++)
		sum += f->subscribers[i].bytes;
	return sum;
}

static void measure(struct fanout *f, int pid, int window, int payload, long seconds)
{
	uint64_t cpu, events, bytes;
	double end;

	rounds(f, window, payload, WARM_UP_ROUNDS);
	cpu = bench_cpu_ns(pid);
	events = f->events;
	bytes = received_bytes(f);
	end = now_s() + (double)seconds;
	while (now_s() < end)
		rounds(f, window, payload, 1);
	cpu = bench_cpu_ns(pid) - cpu;
	events = f->events - events;
	bytes = received_bytes(f) - bytes;
	printf("fanout clients=%d window=%d frame=%llu deliveries=%llu cpu_us_per_delivery=%.3f\n", f->clients, window,
		(unsigned long long)(bytes / events), (unsigned long long)events,
		(double)cpu / 1000.0 / (double)events);
}

int main(int argc, char **argv)
{
	struct fanout f = {
		.clients = (int)bench_option(argc, argv, "--clients", 1000), .epoll = epoll_create1(EPOLL_CLOEXEC)};
	int port = (int)bench_option(argc, argv, "--port", -1), pid = (int)bench_option(argc, argv, "--pid", -1);
	int window = (int)bench_option(argc, argv, "--window", 1),
	    payload = (int)bench_option(argc, argv, "--payload", 128);
	long seconds = bench_option(argc, argv, "--seconds", 3);

	if (payload < 4 || window < 1 || f.clients < 1 || (size_t)window * ((size_t)payload + 64) > BENCH_BUFFER - 8)
		bench_die("there must be clients, and a window of events has to fit into one message");
	bench_raise_nofile();
	f.subscribers = calloc((size_t)f.clients, sizeof(*f.subscribers));
	if (!f.subscribers)
		bench_die("no memory");
	for (int i = 0; i < f.clients; i++) {
		bench_client_open(&f.subscribers[i], port, "bench");
		watch(&f, &f.subscribers[i]);
	}
	bench_client_open(&f.publisher, port, NULL);
	watch(&f, &f.publisher);
	measure(&f, pid, window, payload, seconds);
	return 0;
}
