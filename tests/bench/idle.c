/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an idle client with one subscription costs a running broker in memory: the difference of its anonymous resident
 * memory between a tenth of the clients, which bring its pools to size, and all of them. The kernel's socket buffers
 * are not in it. --port P --pid PID --clients N (5000)
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int port = (int)bench_option(argc, argv, "--port", -1), pid = (int)bench_option(argc, argv, "--pid", -1);
	int clients = (int)bench_option(argc, argv, "--clients", 5000), first = clients / 10;
	uint64_t before = 0, after;

	if (clients < 10)
		bench_die("at least ten clients are needed");
	bench_raise_nofile();
	for (int i = 0; i < clients; i++) {
		struct bench_client c;

		if (i == first)
			before = bench_rss_bytes(pid);
		bench_client_open(&c, port, "idle");
		free(c.buffer); /* the connection stays until the end of the program */
	}
	after = bench_rss_bytes(pid);
	printf("idle clients=%d bytes_per_client=%.0f\n", clients,
		((double)after - (double)before) / (double)(clients - first));
	return 0;
}
