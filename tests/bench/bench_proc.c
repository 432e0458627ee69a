/* SPDX-License-Identifier: Apache-2.0 */
/* Options, and what /proc tells about another process. */
#include "bench.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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
