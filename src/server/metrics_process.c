/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says of this process: a few short reads of /proc, which wait for no disk. The odd case: kernels that
 * do not count descriptors (before 6.2) have them counted one by one, up to a bound; beyond it the lowest free number
 * is taken for their count, which it is but for gaps. Any thread.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "weir/server/metrics.h"

#define COUNTED_MAX 4096

static uint64_t process_rss(void)
{
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *pages;

	if (fd >= 0)
		close(fd);
	if (n <= 0 || !(pages = strchr(text, ' '))) /* all, resident, shared, … */
		return 0;
	return strtoull(pages, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t process_cpu_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;
	int lowest;

	if (!dir)
		return 0;
	while (n < COUNTED_MAX && readdir(dir))
		n++;
	closedir(dir);
	if (n < COUNTED_MAX)
		return n > 3 ? n - 3 : 0; /* `.`, `..`, and the one for reading it */
	lowest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	if (lowest < 0)
		return n;
	close(lowest);
	return (uint64_t)lowest > n ? (uint64_t)lowest : n;
}

static uint64_t process_fds(void)
{
	struct stat st;

	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	return count_fds();
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_metrics_process(struct weir_metrics *m)
{
	m->rss_bytes = process_rss();
	m->cpu_us = process_cpu_us();
	m->open_fds = process_fds();
}
