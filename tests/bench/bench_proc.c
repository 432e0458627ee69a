/* SPDX-License-Identifier: Apache-2.0 */
/* Options, and what another process tells: /proc about its time and memory, the HTTP API about its counters. */
#include "config.h"

#include "bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

long bench_option(int argc, char **argv, const char *name, long otherwise)
{
	for (int i = 1; i + 1 < argc; i++) {
		char *end;
		long value;

		if (strcmp(argv[i], name) != 0)
			continue;
		value = strtol(argv[i + 1], &end, 10);
		if (*end || end == argv[i + 1] || value < 0)
			bench_die("%s takes a number", name);
		return value;
	}
	if (otherwise < 0)
		bench_die("%s is needed", name);
	return otherwise;
}

const char *bench_text_option(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], name))
			return argv[i + 1];
	return otherwise;
}

uint64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_number(const char *line, size_t n, const char *name)
{
	const char *end = line + n, *at = memmem(line, n, name, strlen(name));
	uint64_t value = 0;

	for (at = at ? at + strlen(name) : end; at < end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	return value;
}

/* POST with Connection: close; the whole answer, up to what there is room for. */
static size_t ask(int port, const char *path, const char *body, char *answer, size_t room)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size;
	char request[512];
	size_t used = 0;
	ssize_t n;

	size = snprintf(request, sizeof(request),
		"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		path, strlen(body), body);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || write(fd, request, (size_t)size) != size)
		bench_die("there is no HTTP API on port %d", port);
	while (used < room && (n = read(fd, answer + used, room - used)) > 0)
		used += (size_t)n;
	close(fd);
	return used;
}

static uint64_t ask_number(int port, const char *path, const char *body, const char *name)
{
	static char answer[65536];
	size_t used = ask(port, path, body, answer, sizeof(answer));
	char key[64];

	snprintf(key, sizeof(key), "\"%s\":", name);
	if (!memmem(answer, used, key, strlen(key)))
		bench_die("no %s in: %.*s", name, (int)used, answer);
	return bench_number(answer, used, key);
}

uint64_t bench_counter(int port, const char *name)
{
	return ask_number(port, "/api/info", "{}", name);
}

uint64_t bench_presence(int port, const char *channel)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"channel\":\"%s\"}", channel);
	return ask_number(port, "/api/presence_stats", body, "num_clients");
}

void bench_raise_nofile(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

uint64_t bench_cpu_ns(int pid)
{
	char path[320];
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		bench_die("there is no process %d", pid);
	while ((entry = readdir(dir))) {
		unsigned long long ns;
		FILE *f;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, entry->d_name);
		f = fopen(path, "re");
		if (f && fscanf(f, "%llu", &ns) == 1)
			sum += ns;
		if (f)
			fclose(f);
	}
	closedir(dir);
	return sum;
}

uint64_t bench_rss_bytes(int pid)
{
	char path[64], line[256];
	unsigned long long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		bench_die("there is no process %d", pid);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %llu kB", &kib) == 1)
			break;
	fclose(f);
	return kib * 1024;
}
