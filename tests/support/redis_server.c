/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A redis-server of a test's own. It is up when it answers a PING with anything but LOADING. The port is a free one at
 * the time of asking; should somebody else take it before Redis does, another one is tried.
 */
#include "redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX   64
#define UP_TRIES   3000 /* of 5 ms: with sanitizers and a busy machine it may take its time */
#define ANSWER_MS  5000
#define PORT_TRIES 5

struct redis_server {
	pid_t pid; /* 0: not running */
	uint16_t port;
	char dir[64], socket[96], conf[96], log[96];
	const char *program;
	const char *args[ARGS_MAX]; /* borrowed from the caller but for what is above */
	size_t n_args;
	char port_text[8];
	char *conf_text; /* of a sentinel, with one %u for its port */
};

static void pause_5ms(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static int connect_tcp(uint16_t port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int read_answer(int fd, char *answer, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len < n - 1 && poll(&p, 1, len ? 20 : ANSWER_MS) == 1) {
		ssize_t got = read(fd, answer + len, n - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	answer[len] = '\0';
	return len ? 0 : -1;
}

static int is_up(const struct redis_server *s)
{
	char answer[64];

	return redis_server_ask(s, "PING", answer, sizeof(answer)) == 0 && strncmp(answer, "-LOADING", 8) != 0;
}

static void print_log(const struct redis_server *s)
{
	FILE *f = fopen(s->log, "r");
	char line[512];

	fprintf(stderr, "%s does not come up:\n", s->program);
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

static void write_conf(const struct redis_server *s)
{
	FILE *f = s->conf_text ? fopen(s->conf, "w") : NULL;

	if (f) {
		fprintf(f, "port %u\nbind 127.0.0.1\ndir %s\n%s", s->port, s->dir, s->conf_text);
		fclose(f);
	}
}

static _Noreturn void run_child(const struct redis_server *s, pid_t parent)
{
	int fd = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	dup2(fd, 1);
	dup2(fd, 2);
	execvp(s->program, (char *const *)(void *)s->args);
	_exit(127);
}

/* 0: up; 1: it ended (the port was taken, or an option is wrong); -1: it hangs. */
static int launch(struct redis_server *s)
{
	pid_t parent = getpid();

	snprintf(s->port_text, sizeof(s->port_text), "%u", s->port);
	s->pid = fork();
	if (s->pid == 0)
		run_child(s, parent);
	for (unsigned i = 0; s->pid > 0 && i < UP_TRIES; i++) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
			s->pid = 0;
			return 1;
		}
		if (is_up(s))
			return 0;
		pause_5ms();
	}
	return -1;
}

static void add(struct redis_server *s, const char *arg)
{
	if (s->n_args < ARGS_MAX - 1)
		s->args[s->n_args++] = arg;
}

static struct redis_server *server_new(const char *program)
{
	struct redis_server *s = redis_server_available(program) ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	snprintf(s->dir, sizeof(s->dir), "/tmp/weir-redis-XXXXXX");
	if (!mkdtemp(s->dir)) {
		free(s);
		return NULL;
	}
	snprintf(s->socket, sizeof(s->socket), "%s/redis.sock", s->dir);
	snprintf(s->conf, sizeof(s->conf), "%s/redis.conf", s->dir);
	snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
	s->program = program;
	add(s, program);
	return s;
}

static struct redis_server *server_up(struct redis_server *s)
{
	int r = 1;

	for (unsigned i = 0; r == 1 && i < PORT_TRIES; i++) {
		s->port = redis_server_free_port();
		write_conf(s);
		r = launch(s);
	}
	if (r != 0) {
		print_log(s);
		redis_server_stop(&s);
	}
	return s;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int redis_server_available(const char *program)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		size_t n = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, path, program);
		if (access(file, X_OK) == 0)
			return 1;
		path += n + (path[n] == ':');
	}
	return 0;
}

struct redis_server *redis_server_start(const char *const *options)
{
	struct redis_server *s = server_new("redis-server");
	const char *fixed[] = {"--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", NULL, "--unixsocket",
		NULL, "--port", NULL};

	if (!s)
		return NULL;
	fixed[7] = s->dir;
	fixed[9] = s->socket;
	fixed[11] = s->port_text;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(s, fixed[i]);
	while (options && *options)
		add(s, *options++);
	return server_up(s);
}

struct redis_server *redis_sentinel_start(const char *name, uint16_t master_port, unsigned quorum, const char *more)
{
	struct redis_server *s = server_new("redis-sentinel");
	size_t n = strlen(name) + (more ? strlen(more) : 0) + 128;

	if (!s)
		return NULL;
	s->conf_text = malloc(n);
	if (s->conf_text)
		snprintf(s->conf_text, n, "sentinel monitor %s 127.0.0.1 %u %u\n%s", name, master_port, quorum,
			more ? more : "");
	add(s, s->conf);
	return server_up(s);
}

void redis_server_signal(struct redis_server *s, int signal)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, signal);
	if (signal == SIGSTOP || signal == SIGCONT)
		return;
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

int redis_server_restart(struct redis_server *s)
{
	redis_server_signal(s, SIGTERM);
	return launch(s) == 0 ? 0 : -1;
}

void redis_server_stop(struct redis_server **sp)
{
	struct redis_server *s = *sp;
	pid_t rm;

	if (!s)
		return;
	*sp = NULL;
	redis_server_signal(s, SIGKILL);
	rm = fork();
	if (rm == 0) {
		execlp("rm", "rm", "-rf", s->dir, (char *)NULL);
		_exit(127);
	}
	if (rm > 0)
		waitpid(rm, NULL, 0);
	free(s->conf_text);
	free(s);
}

uint16_t redis_server_port(const struct redis_server *s)
{
	return s->port;
}

const char *redis_server_socket(const struct redis_server *s)
{
	return s->socket;
}

const char *redis_server_dir(const struct redis_server *s)
{
	return s->dir;
}

int redis_server_ask(const struct redis_server *s, const char *line, char *answer, size_t n)
{
	int fd = connect_tcp(s->port), r = -1;
	size_t len = strlen(line);

	answer[0] = '\0';
	if (fd >= 0 && send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len && send(fd, "\r\n", 2, MSG_NOSIGNAL) == 2)
		r = read_answer(fd, answer, n);
	if (fd >= 0)
		close(fd);
	return r;
}

uint16_t redis_server_free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		a.sin_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(a.sin_port);
}
