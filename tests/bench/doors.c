/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a delivery costs by another door: N WebSocket subscribers and N EventSource clients of the same broker, each crowd
 * on a channel of its own, one event after the other to the one and then to the other, by turns in one process, so that
 * both see the same minutes of the same machine. Then all EventSource clients are killed at once, and it is told how long
 * their presence and descriptors stay, and what the broker does afterwards, beside what it did when idle before.
 * --port P --pid PID --clients N (1000) --seconds S (1) --rounds R (5) --door events|sse
 */
#include "config.h"

#include "bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP    50
#define STALLED_MS 10000
#define PAYLOAD    128
#define IDLE_MS    2000

struct crowd {
	const char *name, *channel;
	int epoll;
	struct bench_client *clients; /* of EventSource only fd, events and bytes are used */
	uint64_t events;
	double us[64]; /* of a delivery, by round */
};

struct doors {
	int port, pid, n;
	struct crowd ws, stream;
	struct bench_client publisher;
};

static void dial_stream(struct bench_client *c, const struct doors *d, const char *door)
{
	static const char connect_subscribe[] =
		"{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"bench-stream\"}}";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)d->port)};
	char text[1024], answer[8192];
	size_t used = 0;
	ssize_t n;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*c = (struct bench_client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		bench_die("connect: %s", strerror(errno));
	if (!strcmp(door, "events"))
		n = snprintf(text, sizeof(text), "GET /events?channel=%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
			d->stream.channel);
	else
		n = snprintf(text, sizeof(text),
			"POST /connection/sse HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s",
			sizeof(connect_subscribe) - 1, connect_subscribe);
	if (write(c->fd, text, (size_t)n) != n)
		bench_die("request: %s", strerror(errno));
	while (!memmem(answer, used, "subscribe", 9) || memcmp(answer + used - 2, "\r\n", 2)) {
		n = read(c->fd, answer + used, sizeof(answer) - used);
		if (n <= 0 || memmem(answer, used + (size_t)n, "error", 5))
			bench_die("no stream: %.*s", (int)(used + (n > 0 ? (size_t)n : 0)), answer);
		used += (size_t)n;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

/* One event is in flight, so it is whole when the chunk that it is in ends. */
static void read_stream(struct bench_client *c)
{
	char text[BENCH_BUFFER];
	ssize_t n = read(c->fd, text, sizeof(text));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		bench_die("the broker ended a stream");
	c->bytes += (uint64_t)n;
	for (const char *p = text, *end = text + n; (p = memmem(p, (size_t)(end - p), "\ndata: {", 8)) != NULL; p += 8)
		c->events++;
}

static void watch(struct crowd *c, struct bench_client *client)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = client};

	epoll_ctl(c->epoll, EPOLL_CTL_ADD, client->fd, &e);
}

static void crowd_init(struct crowd *c, int n)
{
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->clients = calloc((size_t)n, sizeof(*c->clients));
	if (!c->clients)
		bench_die("no memory");
}

static void one_event(struct doors *d, struct crowd *c)
{
	uint64_t until = c->events + (uint64_t)d->n;
	struct epoll_event events[256];
	char text[512];
	int n = snprintf(text, sizeof(text), "{\"id\":2,\"publish\":{\"channel\":\"%s\",\"data\":\"%0*d\"}}",
		c->channel, PAYLOAD - 2, 7);

	bench_client_send(&d->publisher, text, (size_t)n);
	while (c->events < until) {
		n = epoll_wait(c->epoll, events, 256, STALLED_MS);
		if (n == 0)
			bench_die("%s: only %llu of %llu events arrived", c->name, (unsigned long long)c->events,
				(unsigned long long)until);
		for (int i = 0; i < n; i++) {
			struct bench_client *client = events[i].data.ptr;
			uint64_t before = client->events;

			if (c == &d->ws)
				bench_client_read(client);
			else
				read_stream(client);
			c->events += client->events - before;
		}
	}
	bench_client_read(&d->publisher);
}

static double measure(struct doors *d, struct crowd *c, long seconds)
{
	uint64_t cpu, events, end;

	for (int i = 0; i < WARM_UP; i++)
		one_event(d, c);
	cpu = bench_cpu_ns(d->pid);
	events = c->events;
	end = bench_now_ns() + (uint64_t)seconds * 1000000000u;
	while (bench_now_ns() < end)
		one_event(d, c);
	return (double)(bench_cpu_ns(d->pid) - cpu) / 1000.0 / (double)(c->events - events);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int descriptors(int pid)
{
	char path[64];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		bench_die("there is no process %d", pid);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Microseconds of CPU in a second during which nothing is asked of the broker. */
static double idle_us(int pid)
{
	uint64_t cpu = bench_cpu_ns(pid);

	pause_ms(IDLE_MS);
	return (double)(bench_cpu_ns(pid) - cpu) / 1000.0 * 1000.0 / IDLE_MS;
}

static void kill_streams(struct doors *d, const char *door, int before)
{
	struct linger reset = {.l_onoff = 1};
	double idle = idle_us(d->pid), after;
	int open = descriptors(d->pid);
	uint64_t began, left = 0;

	for (int i = 0; i < d->n; i++) {
		if (i % 2) /* half of them by RST */
			setsockopt(d->stream.clients[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(d->stream.clients[i].fd);
	}
	began = bench_now_ns();
	while ((left = bench_presence(d->port, d->stream.channel)) > 0 || descriptors(d->pid) > before + 2) {
		if (bench_now_ns() - began > 20000000000u)
			bench_die("%llu clients are still present", (unsigned long long)left);
		pause_ms(5);
	}
	began = (bench_now_ns() - began) / 1000000;
	after = idle_us(d->pid);
	printf("kill door=%s clients=%d ms_to_gone=%llu descriptors=%d..%d presence=%llu idle_us_per_s=%.0f "
	       "afterwards=%.0f\n",
		door, d->n, (unsigned long long)began, open, descriptors(d->pid), (unsigned long long)left, idle,
		after);
}

int main(int argc, char **argv)
{
	const char *door = bench_text_option(argc, argv, "--door", "events");
	struct doors d = {.port = (int)bench_option(argc, argv, "--port", -1),
		.pid = (int)bench_option(argc, argv, "--pid", -1),
		.n = (int)bench_option(argc, argv, "--clients", 1000),
		.ws = {.name = "websocket", .channel = "bench-ws"},
		.stream = {.name = door, .channel = "bench-stream"}};
	long seconds = bench_option(argc, argv, "--seconds", 1), rounds = bench_option(argc, argv, "--rounds", 5);
	double ratio[64];
	int before;

	if (d.n < 1 || rounds < 1 || rounds > 64 || (strcmp(door, "events") && strcmp(door, "sse")))
		bench_die("there must be clients, 1 to 64 rounds, and a door that is events or sse");
	bench_raise_nofile();
	crowd_init(&d.ws, d.n);
	crowd_init(&d.stream, d.n);
	bench_client_open(&d.publisher, d.port, NULL);
	for (int i = 0; i < d.n; i++) {
		bench_client_open(&d.ws.clients[i], d.port, d.ws.channel);
		watch(&d.ws, &d.ws.clients[i]);
	}
	before = descriptors(d.pid);
	for (int i = 0; i < d.n; i++) {
		dial_stream(&d.stream.clients[i], &d, door);
		watch(&d.stream, &d.stream.clients[i]);
	}
	for (long r = 0; r < rounds; r++) {
		d.ws.us[r] = measure(&d, &d.ws, seconds);
		d.stream.us[r] = measure(&d, &d.stream, seconds);
		ratio[r] = d.stream.us[r] / d.ws.us[r];
	}
	qsort(d.ws.us, (size_t)rounds, sizeof(double), by_size);
	qsort(d.stream.us, (size_t)rounds, sizeof(double), by_size);
	qsort(ratio, (size_t)rounds, sizeof(double), by_size);
	printf("doors door=%s clients=%d+%d rounds=%ld websocket_us=%.3f %s_us=%.3f ratio=%.2f (%.2f to %.2f)\n", door,
		d.n, d.n, rounds, d.ws.us[rounds / 2], door, d.stream.us[rounds / 2], ratio[rounds / 2], ratio[0],
		ratio[rounds - 1]);
	kill_streams(&d, door, before);
	return 0;
}
