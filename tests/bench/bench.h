/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks share: a small WebSocket subscriber, and the CPU time and memory of another process from /proc.
 * Whatever goes wrong ends the program with a line: a benchmark has no use for half a result. One thread.
 */
#ifndef WEIR_TESTS_BENCH_H
#define WEIR_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_BUFFER 65536

/* A subscriber: what it has received and not yet counted. */
struct bench_client {
	int fd;
	size_t used;
	uint64_t events; /* publications received */
	uint64_t bytes;  /* of all frames received, headers included */
	unsigned char *buffer;
	void (*on_publication)(struct bench_client *c, const char *line, size_t n); /* NULL: they are only counted */
	bool may_end;          /* a Close or the end of the connection is a result, not a failure */
	bool ended;            /* it came; nothing is read any more */
	unsigned close_code;   /* of the Close; 0: there was none */
	unsigned unsubscribed; /* code of an unsubscribe push; 0: there was none */
};

/* Latencies in microseconds, or anything else from 0 to BENCH_TALLY_MAX. */
#define BENCH_TALLY_MAX 2000000u
struct bench_tally {
	uint64_t count;
	uint32_t max, *of; /* how often each value came */
};

__attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *format, ...);

/* The number behind `--name`, or what is given. */
long bench_option(int argc, char **argv, const char *name, long otherwise);

void bench_raise_nofile(void);

/* Connects to 127.0.0.1:port, says connect, and subscribes to `channel` unless it is NULL. Non-blocking afterwards. */
void bench_client_open(struct bench_client *c, int port, const char *channel);
/* With the members that follow `channel` in the command, such as ,"recoverable":true, and SO_RCVBUF unless it is 0. */
void bench_client_open_with(struct bench_client *c, int port, const char *channel, const char *members, int rcvbuf);
void bench_client_close(struct bench_client *c);
/* Sends a text message. It has to fit into the socket's buffer. */
void bench_client_send(struct bench_client *c, const char *text, size_t n);
/* Reads what is there and counts it. */
void bench_client_read(struct bench_client *c);

void bench_tally_add(struct bench_tally *t, uint64_t value);
uint32_t bench_tally_quantile(const struct bench_tally *t, double q); /* 0 of none */
void bench_tally_merge(struct bench_tally *to, const struct bench_tally *from);
void bench_tally_clear(struct bench_tally *t);

const char *bench_text_option(int argc, char **argv, const char *name, const char *otherwise);
uint64_t bench_now_ns(void); /* monotonic */
/* A counter as the method `info` of the HTTP API tells it, of all workers. */
uint64_t bench_counter(int port, const char *name);
/* Clients that are present in a channel. */
uint64_t bench_presence(int port, const char *channel);
/* The number behind `name` in a line; 0 if it is not there. */
uint64_t bench_number(const char *line, size_t n, const char *name);

uint64_t bench_cpu_ns(int pid);    /* of all its threads that still run */
uint64_t bench_rss_bytes(int pid); /* resident, without what is shared with files */

#endif
