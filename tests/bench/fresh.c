/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a reader that was away has to read until it has what was the newest event when it came back: some readers of
 * one channel stop reading while events go on, then resume. Prints bytes and events up to that one, and, just before they
 * resume, what the kernel holds for one of them: skmem of `ss -m`, on the broker's and on the reader's side. What the
 * reader's own kernel has taken no broker can take back; how much that is, the reader's receive buffer decides.
 * --port P --overflow POLICY --queue N --readers N (8) --rate EVENTS/S (1000) --payload BYTES (128)
 * --stall S (10) --rcvbuf BYTES (0: the system's) --name TEXT, printed
 */
#include "bench.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NUMBER_WIDTH 19
#define RESUME_MS    20000

struct reader {
	struct bench_client client; /* first: what is called back with is this */
	uint64_t newest, dropped;   /* the newest event it has; what it was told that it lost */
	uint64_t wanted;            /* the newest that had been published when it resumed; 0: not yet */
	uint64_t events, fresh_ns;  /* when it had that one */
	double bytes, unread;       /* unread: of those, what its own kernel had taken already */
};

struct fresh {
	int port, readers, rcvbuf, payload, queue;
	const char *overflow, *name;
	uint64_t interval_ns, next_ns, published;
	struct reader *all;
	struct bench_client publisher;
};

/* What skmem says, summed over the sockets of one side. */
struct kernel_memory {
	uint64_t received, limit, sent, forward, sockets;
};

static void on_publication(struct bench_client *c, const char *line, size_t n)
{
	struct reader *r = (struct reader *)c;

	r->newest = bench_number(line, n, "\"data\":\"");
	r->dropped += bench_number(line, n, "\"weir-dropped\":\"");
	if (!r->wanted || r->fresh_ns)
		return;
	r->events++;
	if (r->newest >= r->wanted)
		r->fresh_ns = bench_now_ns();
}

static void publish(struct fresh *f)
{
	char text[BENCH_BUFFER / 2];
	int n = snprintf(text, sizeof(text), "{\"id\":9,\"publish\":{\"channel\":\"fresh\",\"data\":\"%0*llu.%0*d\"}}",
		NUMBER_WIDTH, (unsigned long long)f->published + 1, f->payload - 3 - NUMBER_WIDTH, 0);

	bench_client_send(&f->publisher, text, (size_t)n);
	f->published++;
	f->next_ns += f->interval_ns;
}

/* Publishes what is due, and reads the answers. */
static void publish_due(struct fresh *f)
{
	while (bench_now_ns() >= f->next_ns)
		publish(f);
	bench_client_read(&f->publisher);
}

static void open_all(struct fresh *f)
{
	char members[128];

	snprintf(members, sizeof(members), ",\"data\":{\"weir\":{\"overflow\":\"%s\",\"queue\":%d}}", f->overflow,
		f->queue);
	for (int i = 0; i < f->readers; i++) {
		bench_client_open_with(&f->all[i].client, f->port, "fresh", members, f->rcvbuf);
		f->all[i].client.on_publication = on_publication;
	}
	bench_client_open(&f->publisher, f->port, NULL);
}

/* All read, so that the kernel's buffers are those of a connection that has been in use. */
static void warm_up(struct fresh *f)
{
	uint64_t end = bench_now_ns() + 1000000000u;

	f->next_ns = bench_now_ns();
	while (bench_now_ns() < end) {
		publish_due(f);
		for (int i = 0; i < f->readers; i++)
			bench_client_read(&f->all[i].client);
		usleep(200);
	}
}

static void stall(struct fresh *f, double seconds)
{
	uint64_t end = bench_now_ns() + (uint64_t)(seconds * 1e9);

	while (bench_now_ns() < end) {
		publish_due(f);
		usleep(200);
	}
}

/* One reader after the other: it reads alone until it has what was the newest when it began. */
static void resume(struct fresh *f, struct reader *r)
{
	uint64_t began = bench_now_ns(), bytes = r->client.bytes;
	int unread = 0;

	publish_due(f);
	ioctl(r->client.fd, FIONREAD, &unread);
	r->unread = (double)unread;
	r->wanted = f->published;
	while (!r->fresh_ns) {
		publish_due(f);
		bench_client_read(&r->client);
		if (bench_now_ns() - began > RESUME_MS * 1000000ull)
			bench_die("the newest event does not come: %llu of %llu", (unsigned long long)r->newest,
				(unsigned long long)r->wanted);
	}
	r->bytes = (double)(r->client.bytes - bytes);
	r->fresh_ns -= began;
}

static int local_port(int fd)
{
	struct sockaddr_in at;
	socklen_t n = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		bench_die("getsockname");
	return ntohs(at.sin_port);
}

static void kernel_line(struct kernel_memory *m, const char *line)
{
	const char *at = strstr(line, "skmem:(");
	unsigned long long r, rb, t, tb, fwd, w;

	if (!at || sscanf(at, "skmem:(r%llu,rb%llu,t%llu,tb%llu,f%llu,w%llu", &r, &rb, &t, &tb, &fwd, &w) != 6)
		return;
	m->received += r;
	m->limit += rb;
	m->sent += w;
	m->forward += fwd;
	m->sockets++;
}

static struct kernel_memory kernel_of(const struct fresh *f, const char *side)
{
	struct kernel_memory m = {0};

	for (int i = 0; i < f->readers; i++) {
		char command[128], line[1024];
		FILE *ss;

		snprintf(command, sizeof(command), "ss -tmnOH '( %s = :%d )' 2>/dev/null", side,
			local_port(f->all[i].client.fd));
		ss = popen(command, "re");
		while (ss && fgets(line, sizeof(line), ss))
			kernel_line(&m, line);
		if (ss)
			pclose(ss);
	}
	return m;
}

static void print_kernel(const struct fresh *f, const char *what, struct kernel_memory m)
{
	double per_kib = m.sockets ? 1 / 1024.0 / (double)m.sockets : 0;

	if (!m.sockets) {
		printf("kernel name=%s side=%s no figures: is there an ss?\n", f->name, what);
		return;
	}
	printf("kernel name=%s side=%s received_kib=%.1f of_kib=%.1f to_send_kib=%.1f reserved_kib=%.1f (per client)\n",
		f->name, what, per_kib * (double)m.received, per_kib * (double)m.limit, per_kib * (double)m.sent,
		per_kib * (double)m.forward);
}

static void report(const struct fresh *f, uint64_t queued)
{
	double bytes = 0, unread = 0, most = 0, events = 0, ns = 0;
	uint64_t dropped = 0;

	for (int i = 0; i < f->readers; i++) {
		const struct reader *r = &f->all[i];

		bytes += r->bytes;
		unread += r->unread;
		most = r->bytes > most ? r->bytes : most;
		events += (double)r->events;
		ns += (double)r->fresh_ns;
		dropped += r->dropped;
	}
	printf("fresh name=%s overflow=%s queue=%d readers=%d until_newest_kib=%.1f most_kib=%.1f "
	       "of_it_in_own_kernel_kib=%.1f events=%.0f ms=%.2f "
	       "told_lost=%.0f in_broker_kib=%.1f\n",
		f->name, f->overflow, f->queue, f->readers, bytes / 1024 / f->readers, most / 1024,
		unread / 1024 / f->readers, events / f->readers, ns / 1e6 / f->readers, (double)dropped / f->readers,
		(double)queued / 1024 / f->readers);
}

int main(int argc, char **argv)
{
	struct fresh f = {.port = (int)bench_option(argc, argv, "--port", -1),
		.readers = (int)bench_option(argc, argv, "--readers", 8),
		.rcvbuf = (int)bench_option(argc, argv, "--rcvbuf", 0),
		.payload = (int)bench_option(argc, argv, "--payload", 128),
		.queue = (int)bench_option(argc, argv, "--queue", 128),
		.overflow = bench_text_option(argc, argv, "--overflow", "latest"),
		.name = bench_text_option(argc, argv, "--name", "latest")};
	long rate = bench_option(argc, argv, "--rate", 1000);
	double seconds = (double)bench_option(argc, argv, "--stall", 10);
	struct kernel_memory broker, reader;
	uint64_t queued;

	if (rate < 1 || f.readers < 1 || f.payload < NUMBER_WIDTH + 4 || f.payload > BENCH_BUFFER / 4)
		bench_die("a rate, a reader, and a payload with room for a number");
	f.interval_ns = 1000000000u / (uint64_t)rate;
	f.all = calloc((size_t)f.readers, sizeof(*f.all));
	if (!f.all)
		bench_die("no memory");
	open_all(&f);
	warm_up(&f);
	stall(&f, seconds);
	queued = bench_counter(f.port, "queued_bytes");
	broker = kernel_of(&f, "dport");
	reader = kernel_of(&f, "sport");
	for (int i = 0; i < f.readers; i++)
		resume(&f, &f.all[i]);
	report(&f, queued);
	print_kernel(&f, "broker", broker);
	print_kernel(&f, "reader", reader);
	return 0;
}
