/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening and accepting: addresses, a port in use, a shared port, and what happens when descriptors run out. The
 * clients' sockets are made before the limit is lowered, above it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "test.h"

#include "weir/server/listener.h"

const char weir_test_suite[] = "server/listener";

#define MAX_ACCEPTED 64

struct rig {
	struct weir_loop loop;
	struct weir_listener listener;
	int fds[MAX_ACCEPTED];
	unsigned n, scarce;
	bool closed;
};

static void on_accept(struct weir_listener *l, int fd, const struct sockaddr_storage *peer, bool scarce)
{
	struct rig *r = l->ctx;

	CU_ASSERT(peer->ss_family == AF_INET || peer->ss_family == AF_INET6);
	CU_ASSERT_FATAL(r->n < MAX_ACCEPTED);
	r->fds[r->n++] = fd;
	r->scarce += scarce;
}

static void on_closed(struct weir_listener *l)
{
	struct rig *r = l->ctx;

	r->closed = true;
}

static void rig_start(struct rig *r, struct weir_listen_set *set, int max_fd, int reserve)
{
	const struct weir_listener_options options = {
		.max_fd = max_fd, .reserve_fds = reserve, .pause_ms = 5, .batch = 16};

	*r = (struct rig){0};
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&r->loop, NULL, &weir_clock_real), 0);
	CU_ASSERT_EQUAL_FATAL(weir_listener_init(&r->listener, &r->loop, set, &options, on_accept, r), 0);
	CU_ASSERT_EQUAL(set->count, 0);
}

static void rig_turn(struct rig *r, int wait_ms)
{
	struct pollfd backend = {uv_backend_fd(&r->loop.uv), POLLIN, 0};
	int timeout = uv_backend_timeout(&r->loop.uv);

	poll(&backend, 1, timeout < 0 || timeout > wait_ms ? wait_ms : timeout);
	uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

static void rig_close_accepted(struct rig *r)
{
	for (unsigned i = 0; i < r->n; i++)
		close(r->fds[i]);
	r->n = 0;
}

static void rig_stop(struct rig *r)
{
	weir_listener_close(&r->listener, on_closed);
	for (int i = 0; i < 100 && !r->closed; i++)
		rig_turn(r, 10);
	CU_ASSERT_FATAL(r->closed);
	rig_close_accepted(r);
	weir_loop_fini(&r->loop);
}

static int connect_to(int family, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
				  : connect(fd, (struct sockaddr *)&v6, sizeof(v6));

	if (r == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static bool have_ipv6(void)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool have = fd >= 0 && bind(fd, (struct sockaddr *)&v6, sizeof(v6)) == 0;

	if (fd >= 0)
		close(fd);
	return have;
}

static void expect_reachable(const char *address, bool v4, bool v6)
{
	const struct weir_listen_options options = {.address = address};
	struct weir_listen_set set;
	struct rig r;
	unsigned wanted = v4 + (v6 && have_ipv6());
	int fd4, fd6;

	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
	CU_ASSERT_NOT_EQUAL(set.port, 0);
	rig_start(&r, &set, 1 << 20, 64);
	fd4 = connect_to(AF_INET, r.listener.set.port);
	fd6 = connect_to(AF_INET6, r.listener.set.port);
	CU_ASSERT_EQUAL(fd4 >= 0, v4);
	CU_ASSERT_EQUAL(fd6 >= 0, v6 && have_ipv6());
	for (int i = 0; i < 100 && r.n < wanted; i++)
		rig_turn(&r, 100);
	CU_ASSERT_EQUAL(r.n, wanted);
	CU_ASSERT_EQUAL(r.scarce, 0);
	if (fd4 >= 0)
		close(fd4);
	if (fd6 >= 0)
		close(fd6);
	rig_stop(&r);
}

static void test_addresses(void)
{
	struct weir_listen_options bad = {.address = "example.com"};
	struct weir_listen_set set;

	expect_reachable("", true, true);
	expect_reachable("localhost", true, true);
	expect_reachable("127.0.0.1", true, false);
	expect_reachable("0.0.0.0", true, false);
	if (have_ipv6()) {
		expect_reachable("::1", false, true);
		expect_reachable("[::1]", false, true);
		expect_reachable("::", true, true);
	}
	CU_ASSERT_EQUAL(weir_listen_open(&set, &bad, NULL), WEIR_EINVALID);
	bad.address = "[::1";
	CU_ASSERT_EQUAL(weir_listen_open(&set, &bad, NULL), WEIR_EINVALID);
	bad.address = "192.0.2.1";
	CU_ASSERT_EQUAL(weir_listen_open(&set, &bad, NULL), -EADDRNOTAVAIL);
}

/* Accepted sockets are ready to use: the options came with the listening socket. */
static void test_inherited(void)
{
	const struct weir_listen_options options = {
		.address = "127.0.0.1", .keepalive_s = 77, .notsent_lowat_bytes = 16384};
	struct weir_listen_set set;
	struct rig r;
	int fd, value;
	socklen_t size = sizeof(value);

	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
	rig_start(&r, &set, 1 << 20, 64);
	fd = connect_to(AF_INET, r.listener.set.port);
	for (int i = 0; i < 100 && r.n == 0; i++)
		rig_turn(&r, 100);
	CU_ASSERT_EQUAL_FATAL(r.n, 1);
	CU_ASSERT(getsockopt(r.fds[0], IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value == 1);
	CU_ASSERT(getsockopt(r.fds[0], SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0 && value == 1);
	CU_ASSERT(getsockopt(r.fds[0], IPPROTO_TCP, TCP_KEEPIDLE, &value, &size) == 0 && value == 77);
	CU_ASSERT(getsockopt(r.fds[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size) == 0 && value == 16384);
	CU_ASSERT(fcntl(r.fds[0], F_GETFL) & O_NONBLOCK);
	CU_ASSERT(fcntl(r.fds[0], F_GETFD) & FD_CLOEXEC);
	close(fd);
	rig_stop(&r);
}

/* A port that somebody listens on is an error, even for somebody who would share it. */
static void test_in_use(void)
{
	static const char *const addresses[] = {"", "localhost", "127.0.0.1", "0.0.0.0"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(addresses); i++)
		for (size_t j = 0; j < WEIR_ARRAY_LEN(addresses); j++) {
			struct weir_listen_options options = {.address = addresses[i]};
			struct weir_listen_set set, other;

			CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
			options = (struct weir_listen_options){.address = addresses[j], .port = set.port};
			CU_ASSERT_EQUAL(weir_listen_open(&other, &options, NULL), -EADDRINUSE);
			CU_ASSERT_EQUAL(other.count, 0);
			weir_listen_close(&set);
			/* Free again, whatever connections it had. */
			CU_ASSERT_EQUAL(weir_listen_open(&other, &options, NULL), 0);
			weir_listen_close(&other);
		}
}

static void share(const char *address)
{
	const struct weir_listen_options options = {.address = address};
	struct weir_listen_set sets[3];
	struct rig rigs[3];
	int fds[48];
	uint16_t port;

	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&sets[0], &options, NULL), 0);
	port = sets[0].port;
	for (size_t i = 1; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(weir_listen_open(&sets[i], &options, &sets[0]), 0);
		CU_ASSERT_EQUAL(sets[i].port, port);
		CU_ASSERT_EQUAL(sets[i].count, sets[0].count);
	}
	for (size_t i = 0; i < 3; i++)
		rig_start(&rigs[i], &sets[i], 1 << 20, 64);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fds); i++)
		fds[i] = connect_to(AF_INET, port);
	for (int i = 0; i < 300 && rigs[0].n + rigs[1].n + rigs[2].n < WEIR_ARRAY_LEN(fds); i++)
		rig_turn(&rigs[i % 3], 10);
	CU_ASSERT_EQUAL(rigs[0].n + rigs[1].n + rigs[2].n, WEIR_ARRAY_LEN(fds));
	/* The kernel spreads by a hash: 48 connections that all miss one of three are one in 10^8. */
	CU_ASSERT(rigs[0].n > 0 && rigs[1].n > 0 && rigs[2].n > 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fds); i++)
		close(fds[i]);
	for (size_t i = 0; i < 3; i++)
		rig_stop(&rigs[i]);
}

static void test_shared(void)
{
	share("");
	share("localhost");
	share("127.0.0.1");
}

static void test_stop(void)
{
	const struct weir_listen_options options = {.address = "127.0.0.1"};
	struct weir_listen_set set;
	struct rig r;
	uint16_t port;

	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
	port = set.port;
	rig_start(&r, &set, 1 << 20, 64);
	weir_listener_stop(&r.listener);
	rig_turn(&r, 0);
	CU_ASSERT_EQUAL(connect_to(AF_INET, port), -ECONNREFUSED);
	rig_stop(&r);
}

/* Connections whose descriptors lie above `above`; the lowest free descriptor is returned in *lowest. */
static void open_clients(int *fds, size_t n, uint16_t port, int above, int *lowest)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};

	for (size_t i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, above);
		CU_ASSERT_FATAL(fds[i] >= above);
		close(fd);
		CU_ASSERT_EQUAL(connect(fds[i], (struct sockaddr *)&to, sizeof(to)), 0);
	}
	*lowest = dup(0);
	close(*lowest);
}

static bool is_closed_by_peer(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

/* The reserve is touched by one connection per pause only. */
static void test_reserve(void)
{
	const struct weir_listen_options options = {.address = "127.0.0.1"};
	struct weir_listen_set set;
	struct rig r;
	int fds[12], lowest;
	unsigned turns = 0;

	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
	rig_start(&r, &set, 1 << 20, 0);
	open_clients(fds, 12, r.listener.set.port, 500, &lowest);
	r.listener.options.max_fd = lowest + 8;
	r.listener.options.reserve_fds = 4;
	while (r.n < 8 && turns++ < 1000) {
		unsigned scarce = r.scarce;

		rig_turn(&r, 100);
		CU_ASSERT(r.scarce - scarce <= 1);
		CU_ASSERT(r.scarce == 0 || r.listener.paused || r.n == 8);
		if (r.listener.paused)
			CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&r.listener.polls[0]));
	}
	CU_ASSERT_EQUAL(r.n, 8);
	CU_ASSERT_EQUAL(r.scarce, 4);
	/* Above max_fd nothing is taken: each is closed at once, one per pause. */
	while (r.listener.refused < 4 && turns++ < 2000)
		rig_turn(&r, 100);
	CU_ASSERT_EQUAL(r.n, 8);
	CU_ASSERT_EQUAL(r.listener.refused, 4);
	for (size_t i = 0; i < 12; i++)
		close(fds[i]);
	rig_stop(&r);
}

/* No descriptors at all: no spinning, clients are turned away, and all is well once there are some again. */
static void test_exhausted(void)
{
	const struct weir_listen_options options = {.address = "127.0.0.1"};
	struct weir_listen_set set;
	struct rlimit before, lowered;
	struct rig r;
	int fds[12], lowest;
	unsigned turns = 0, refused = 0;

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &options, NULL), 0);
	rig_start(&r, &set, 1 << 20, 0);
	open_clients(fds, 12, r.listener.set.port, 500, &lowest);
	lowered = (struct rlimit){(rlim_t)lowest + 5, before.rlim_max};
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &lowered), 0);
	while (r.listener.refused < 7 && turns++ < 1000)
		rig_turn(&r, 100);
	CU_ASSERT_EQUAL(r.n, 5);
	CU_ASSERT(r.listener.pauses >= 1);
	CU_ASSERT_EQUAL(r.listener.refused, 7);
	CU_ASSERT(r.listener.spare_fd >= 0);
	for (size_t i = 0; i < 12; i++)
		refused += is_closed_by_peer(fds[i]);
	CU_ASSERT_EQUAL(refused, 7);
	for (size_t i = 0; i < 12; i++)
		close(fds[i]);
	/* Recovery. */
	rig_close_accepted(&r);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	open_clients(fds, 12, r.listener.set.port, 500, &lowest);
	turns = 0;
	while (r.n < 12 && turns++ < 1000)
		rig_turn(&r, 100);
	CU_ASSERT_EQUAL(r.n, 12);
	CU_ASSERT_FALSE(r.listener.paused);
	for (size_t i = 0; i < 12; i++)
		close(fds[i]);
	rig_stop(&r);
}

CU_TestInfo weir_tests[] = {{"addresses", test_addresses}, {"inherited options", test_inherited},
	{"in use", test_in_use}, {"shared", test_shared}, {"stop", test_stop}, {"reserve", test_reserve},
	{"exhausted", test_exhausted}, CU_TEST_INFO_NULL};
