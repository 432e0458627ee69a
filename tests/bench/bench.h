/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks share: a small WebSocket subscriber, and the CPU time and memory of another process from /proc.
 * Whatever goes wrong ends the program with a line: a benchmark has no use for half a result. One thread.
 */
#ifndef WEIR_TESTS_BENCH_H
#define WEIR_TESTS_BENCH_H

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
};

__attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *format, ...);

/* The number behind `--name`, or what is given. */
long bench_option(int argc, char **argv, const char *name, long otherwise);

void bench_raise_nofile(void);

/* Connects to 127.0.0.1:port, says connect, and subscribes to `channel` unless it is NULL. Non-blocking afterwards. */
void bench_client_open(struct bench_client *c, int port, const char *channel);
void bench_client_close(struct bench_client *c);
/* Sends a text message. It has to fit into the socket's buffer. */
void bench_client_send(struct bench_client *c, const char *text, size_t n);
/* Reads what is there and counts it. */
void bench_client_read(struct bench_client *c);

uint64_t bench_cpu_ns(int pid);    /* of all its threads that still run */
uint64_t bench_rss_bytes(int pid); /* resident, without what is shared with files */

#endif
