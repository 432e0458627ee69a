/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that fan-out can cost: one thread that sends the same bytes to N loopback connections, one send() each, W
 * frames in a send. Another process drains them and tells when a round has arrived. Only the sender's CPU time counts.
 * --clients N (1000) --window W (1) --frame BYTES (192, header included) --seconds S (3)
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_ROUNDS 50

struct floor_run {
	int clients, *fds, arrived[2]; /* a byte through the pipe for each round that has arrived */
	size_t round_bytes;            /* to one client */
	const char *bytes;
};

static uint64_t own_cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000u;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void drain(const struct floor_run *r, const int *fds)
{
	static char buffer[1 << 18];
	struct epoll_event events[256];
	uint64_t wanted = (uint64_t)r->clients * r->round_bytes, got = 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < r->clients; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fds[i]};

		epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e);
	}
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			ssize_t size = read(events[i].data.fd, buffer, sizeof(buffer));

			if (size <= 0)
				_exit(0);
			got += (uint64_t)size;
		}
		for (; got >= wanted; got -= wanted)
			if (write(r->arrived[1], "", 1) != 1)
				_exit(0);
	}
}

static void round_trip(const struct floor_run *r)
{
	char byte;

	for (int i = 0; i < r->clients; i++)
		if (send(r->fds[i], r->bytes, r->round_bytes, MSG_NOSIGNAL) != (ssize_t)r->round_bytes)
			bench_die("send: %s", strerror(errno));
	if (read(r->arrived[0], &byte, 1) != 1)
		bench_die("the reader is gone");
}

/* Pairs of connected sockets; the client's ends in `ends`. */
static void dial(struct floor_run *r, int *ends)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 128) ||
		getsockname(listener, (struct sockaddr *)&at, &size))
		bench_die("listen: %s", strerror(errno));
	for (int i = 0; i < r->clients; i++) {
		ends[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (ends[i] < 0 || connect(ends[i], (struct sockaddr *)&at, sizeof(at)))
			bench_die("connect: %s", strerror(errno));
		r->fds[i] = accept(listener, NULL, NULL);
		if (r->fds[i] < 0)
			bench_die("accept: %s", strerror(errno));
		setsockopt(r->fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	close(listener);
}

static void measure(const struct floor_run *r, int window, size_t frame, long seconds)
{
	uint64_t before, rounds = 0, spent;
	double end;

	for (int i = 0; i < WARM_UP_ROUNDS; i++)
		round_trip(r);
	before = own_cpu_ns();
	end = now_s() + (double)seconds;
	do {
		round_trip(r);
		rounds++;
	} while (now_s() < end);
	spent = own_cpu_ns() - before;
	printf("floor clients=%d window=%d frame=%zu deliveries=%llu cpu_us_per_delivery=%.3f\n", r->clients, window,
		frame, (unsigned long long)(rounds * (uint64_t)r->clients * (uint64_t)window),
		(double)spent / 1000.0 / ((double)rounds * r->clients * window));
}

int main(int argc, char **argv)
{
	struct floor_run r = {.clients = (int)bench_option(argc, argv, "--clients", 1000)};
	int window = (int)bench_option(argc, argv, "--window", 1), *ends;
	size_t frame = (size_t)bench_option(argc, argv, "--frame", 192);
	long seconds = bench_option(argc, argv, "--seconds", 3);
	pid_t reader;

	bench_raise_nofile();
	r.round_bytes = frame * (size_t)window;
	r.bytes = calloc(1, r.round_bytes);
	r.fds = calloc((size_t)r.clients, sizeof(*r.fds));
	ends = calloc((size_t)r.clients, sizeof(*ends));
	if (!r.bytes || !r.fds || !ends || !r.round_bytes || pipe(r.arrived) < 0)
		bench_die("no memory");
	dial(&r, ends);
	reader = fork();
	if (reader == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		drain(&r, ends);
	}
	if (reader < 0)
		bench_die("fork: %s", strerror(errno));
	measure(&r, window, frame, seconds);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	return 0;
}
