/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir top` against a broker with canned answers: what it prints, how it fails, and on a terminal (a pty that a child
 * runs it on) its keys, its window, and that the terminal is put back.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fake_http.h"
#include "test.h"
#include "top_answers.h"
#include "weir/base/mem.h"
#include "weir/cli/command.h"
#include "weir/event/json.h"

#define WAIT_MS 20000

const char weir_test_suite[] = "cli/top";

static const struct fake_answer broker[] = {
	{"/api/lag", 200, "{\"result\":" TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(100, 955)) "}"},
	{"/api/info", 200, "{\"result\":" TOP_INFO(1, 2, 3, 4) "}\n"},
	{"/api/disconnect", 200, "{\"result\":{}}"},
	{0},
};

/* ---- printed ---- */

struct printed {
	char *out, *err;
	int code;
};

/* `weir top --server URL ARGUMENT...`; the arguments are words between blanks. */
static struct printed run_top(const char *url, const char *arguments)
{
	char words[256], server[] = "--server", *argv[16] = {words, server, weir_xstrdup(url)};
	struct printed p = {0};
	size_t out_n, err_n;
	struct weir_cli cli = {.out = open_memstream(&p.out, &out_n),
		.err = open_memstream(&p.err, &err_n),
		.clock = &weir_clock_real};
	int argc = 3;

	snprintf(words, sizeof(words), "%s", arguments);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	p.code = weir_command_top.run(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
	free(argv[2]);
	return p;
}

static void printed_fini(struct printed *p)
{
	free(p->out);
	free(p->err);
}

static void test_once(void)
{
	struct fake_http f;
	struct printed p;

	fake_http_open(&f, 0);
	fake_http_start(&f, broker);
	p = run_top(f.url, "--interval 100ms --sort dropped --limit 7");
	CU_ASSERT_EQUAL(p.code, WEIR_EXIT_OK);
	CU_ASSERT_STRING_EQUAL(p.err, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(p.out, "clients 3  users 2  channels 2  subscriptions 3\nin 0/s  delivered 0/s"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p.out, "\n 0a2c41d0-1111-4222-8333-444455556666  bob  "));
	CU_ASSERT(strstr(p.out, "  ann ") > strstr(p.out, "  bob "));
	CU_ASSERT_PTR_NULL(strchr(p.out, '\033'));
	CU_ASSERT(fake_http_was_asked(&f, "/api/lag {\"limit\":7,\"sort\":\"dropped\"}\n/api/info {}\n/api/lag "));
	printed_fini(&p);
	fake_http_close(&f);
}

static void test_json(void)
{
	struct weir_json v, lag, info;
	struct weir_json_iter it;
	struct weir_str name;
	struct fake_http f;
	struct printed p;

	fake_http_open(&f, 0);
	fake_http_start(&f, broker);
	p = run_top(f.url, "--json");
	CU_ASSERT_EQUAL(p.code, WEIR_EXIT_OK);
	CU_ASSERT_EQUAL(strcspn(p.out, "\n") + 1, strlen(p.out));
	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(p.out), 64, &v, NULL), 0);
	it = weir_json_members(v);
	CU_ASSERT(weir_json_next_member(&it, &name, &v) && weir_str_is(name, "\"time\""));
	CU_ASSERT(weir_json_next_member(&it, &name, &lag) && weir_str_is(name, "\"lag\""));
	CU_ASSERT(weir_str_is(lag.text, TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(100, 955))));
	CU_ASSERT(weir_json_next_member(&it, &name, &info) && weir_str_is(name, "\"info\""));
	CU_ASSERT(weir_str_is(info.text, TOP_INFO(1, 2, 3, 4)));
	CU_ASSERT(!weir_json_next_member(&it, &name, &v));
	printed_fini(&p);
	fake_http_close(&f);
}

static void test_refused(void)
{
	static const struct fake_answer
		old[] = {{"/api/info", 200, "{\"result\":{}}"}, {0}},
		denied[] = {{"/api/lag", 200, "{\"error\":{\"code\":103,\"message\":\"permission denied\"}}"}, {0}},
		odd[] = {{"/api/lag", 200, "{\"result\":{\"connections\":[]}}"},
			{"/api/info", 200, "{\"result\":{\"nodes\":0}}"}, {0}};
	static const struct {
		const struct fake_answer *answers;
		const char *key, *arguments, *err;
	} rows[] = {
		{broker, "k", "--once",
			"unauthorized (HTTP status 401); the key of the API is given with --key or WEIR_API_KEY"},
		{broker, "k", "--json --key wrong", "unauthorized (HTTP status 401); the key"},
		{old, NULL, "--once", ": refused (HTTP status 404)"},
		{denied, NULL, "--json", ": permission denied (103)"},
		{odd, NULL, "--once", ": info: the answer is not that of a broker"},
	};
	struct fake_http f;
	struct printed p;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		fake_http_open(&f, 0);
		f.key = rows[i].key;
		fake_http_start(&f, rows[i].answers);
		p = run_top(f.url, rows[i].arguments);
		CU_ASSERT_EQUAL(p.code, WEIR_EXIT_FAILED);
		CU_ASSERT_STRING_EQUAL(p.out, "");
		CU_ASSERT_PTR_NOT_NULL(strstr(p.err, rows[i].err));
		printed_fini(&p);
		fake_http_close(&f);
	}
	fake_http_open(&f, 0);
	f.key = "k";
	fake_http_start(&f, broker);
	p = run_top(f.url, "--json --key k");
	CU_ASSERT_EQUAL(p.code, WEIR_EXIT_OK);
	printed_fini(&p);
	fake_http_close(&f);
	p = run_top(f.url, "--once"); /* nobody there now */
	CU_ASSERT_EQUAL(p.code, WEIR_EXIT_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.err, "weir top: http://127.0.0.1:"));
	printed_fini(&p);
}

static void test_wrong_usage(void)
{
	static const char *const rows[] = {"--interval 1", "--interval 10ms", "--interval 2h", "--sort speed",
		"--limit 0", "--limit 1001", "me", "--dance"};
	struct printed p;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		p = run_top("http://127.0.0.1:9", rows[i]);
		CU_ASSERT_EQUAL(p.code, WEIR_EXIT_USAGE);
		printed_fini(&p);
	}
	p = run_top("gopher://x", "--once");
	CU_ASSERT_EQUAL(p.code, WEIR_EXIT_USAGE);
	printed_fini(&p);
}

/* ---- on a terminal ---- */

struct terminal {
	int fd; /* the master */
	pid_t child;
	struct termios before;
	struct weir_buf seen; /* ends with NUL */
	size_t from;          /* what was before has been looked at */
};

static void terminal_resize(struct terminal *t, unsigned short columns, unsigned short rows)
{
	struct winsize size = {.ws_col = columns, .ws_row = rows};

	CU_ASSERT_EQUAL(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

static _Noreturn void terminal_child(const char *tty, const char *url)
{
	char name[] = "top", server[] = "--server", interval[] = "--interval", ms[] = "100ms",
	     *argv[] = {name, server, weir_xstrdup(url), interval, ms, NULL};
	struct weir_cli cli = {.out = stdout, .err = stderr, .clock = &weir_clock_real};
	int fd, code;

	setsid();
	fd = open(tty, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(99);
	code = weir_command_top.run(&cli, 5, argv);
	free(argv[2]);
	fflush(stderr);
	_exit(code);
}

static void terminal_open(struct terminal *t, const char *url)
{
	*t = (struct terminal){.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
	CU_ASSERT_FATAL(t->fd >= 0 && grantpt(t->fd) == 0 && unlockpt(t->fd) == 0);
	terminal_resize(t, 80, 20);
	CU_ASSERT_EQUAL(tcgetattr(t->fd, &t->before), 0);
	weir_buf_init(&t->seen, 16 << 20);
	fflush(stdout);
	t->child = fork();
	CU_ASSERT_FATAL(t->child >= 0);
	if (t->child == 0)
		terminal_child(ptsname(t->fd), url);
}

/* More of what is on the screen; false: it is over. */
static bool terminal_read(struct terminal *t)
{
	struct pollfd p = {.fd = t->fd, .events = POLLIN};
	char *to = weir_buf_reserve(&t->seen, 4096);
	ssize_t n = to && poll(&p, 1, WAIT_MS) == 1 ? read(t->fd, to, 4095) : -1;

	if (n <= 0)
		return false;
	t->seen.len += (size_t)n;
	t->seen.p[t->seen.len] = '\0';
	return true;
}

/* Waits until it has written this after what was waited for before. */
static bool terminal_shows(struct terminal *t, const char *text)
{
	do {
		const char *at = t->seen.len > t->from ? strstr(t->seen.p + t->from, text) : NULL;

		if (at) {
			t->from = (size_t)(at - t->seen.p) + strlen(text);
			return true;
		}
	} while (terminal_read(t));
	printf("\n  it did not show %s\n", text);
	return false;
}

static void terminal_type(struct terminal *t, const char *keys)
{
	CU_ASSERT_EQUAL(write(t->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Its exit code, when it has put the terminal back. */
static int terminal_end(struct terminal *t)
{
	struct termios after;
	int status = 0;

	CU_ASSERT(terminal_shows(t, "\033[?7h\033[?25h\033[?1049l"));
	while (terminal_read(t))
		;
	CU_ASSERT_EQUAL(waitpid(t->child, &status, 0), t->child);
	CU_ASSERT_EQUAL(tcgetattr(t->fd, &after), 0);
	CU_ASSERT_EQUAL(after.c_lflag, t->before.c_lflag);
	close(t->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_live(void)
{
	struct fake_http f;
	struct terminal t;

	fake_http_open(&f, 0);
	terminal_open(&t, f.url);
	fake_http_start(&f, broker);
	CU_ASSERT(terminal_shows(&t, "\033[?1049h\033[2J\033[?25l\033[?7l"));
	CU_ASSERT(terminal_shows(&t, ">6f2c41d0"));
	CU_ASSERT(terminal_shows(&t, "It does not read"));
	terminal_type(&t, "\033[B");
	CU_ASSERT(terminal_shows(&t, ">0a2c41d0"));
	terminal_type(&t, "dn");
	terminal_type(&t, "d");
	CU_ASSERT(terminal_shows(&t, "y/n  Disconnect 0a2c41d0-1111-4222-8333-444455556666 of user bob"));
	terminal_type(&t, "y");
	CU_ASSERT(terminal_shows(&t, "disconnected: 0a2c41d0-1111-4222-8333-444455556666"));
	CU_ASSERT(fake_http_was_asked(
		&f, "/api/disconnect {\"user\":\"bob\",\"client\":\"0a2c41d0-1111-4222-8333-444455556666\"}\n"));
	terminal_resize(&t, 150, 20);
	CU_ASSERT(terminal_shows(&t, "CONFLATED"));
	terminal_type(&t, "p");
	CU_ASSERT(terminal_shows(&t, "PAUSED"));
	terminal_type(&t, "?");
	CU_ASSERT(terminal_shows(&t, "any key: back"));
	terminal_type(&t, "q");
	CU_ASSERT_EQUAL(terminal_end(&t), WEIR_EXIT_OK);
	weir_buf_fini(&t.seen);
	fake_http_close(&f);
}

/* Whatever ends it, the terminal is as before. */
static void test_live_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct fake_http f;
	struct terminal t;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(ends); i++) {
		fake_http_open(&f, 0); /* one that takes connections and never answers */
		terminal_open(&t, f.url);
		CU_ASSERT(terminal_shows(&t, "Waiting for the first answer"));
		CU_ASSERT_EQUAL(kill(t.child, ends[i]), 0);
		CU_ASSERT_EQUAL(terminal_end(&t), WEIR_EXIT_OK);
		weir_buf_fini(&t.seen);
		fake_http_close(&f);
	}
}

static void test_live_stopped(void)
{
	struct fake_http f;
	struct terminal t;
	int status;

	fake_http_open(&f, 0);
	terminal_open(&t, f.url);
	fake_http_start(&f, broker);
	CU_ASSERT(terminal_shows(&t, ">6f2c41d0"));
	CU_ASSERT_EQUAL(kill(t.child, SIGTSTP), 0);
	CU_ASSERT(terminal_shows(&t, "\033[?1049l"));
	CU_ASSERT_EQUAL(waitpid(t.child, &status, WUNTRACED), t.child);
	CU_ASSERT(WIFSTOPPED(status));
	CU_ASSERT_EQUAL(kill(t.child, SIGCONT), 0);
	CU_ASSERT(terminal_shows(&t, "\033[?1049h"));
	CU_ASSERT(terminal_shows(&t, ">6f2c41d0"));
	terminal_type(&t, "q");
	CU_ASSERT_EQUAL(terminal_end(&t), WEIR_EXIT_OK);
	weir_buf_fini(&t.seen);
	fake_http_close(&f);
}

/* A broker that is away is waited for; one that goes away leaves its last picture. */
static void test_live_away(void)
{
	struct fake_http f;
	struct terminal t;
	unsigned port;

	fake_http_open(&f, 0);
	port = fake_http_port(&f);
	fake_http_close(&f);
	terminal_open(&t, f.url);
	CU_ASSERT(terminal_shows(&t, "No answer, trying again: "));
	fake_http_open(&f, port);
	fake_http_start(&f, broker);
	CU_ASSERT(terminal_shows(&t, ">6f2c41d0"));
	fake_http_close(&f);
	CU_ASSERT(terminal_shows(&t, "No answer, trying again: "));
	CU_ASSERT(terminal_shows(&t, ">6f2c41d0"));
	terminal_type(&t, "q");
	CU_ASSERT_EQUAL(terminal_end(&t), WEIR_EXIT_OK);
	weir_buf_fini(&t.seen);
}

static void test_live_wrong_key(void)
{
	struct fake_http f;
	struct terminal t;

	fake_http_open(&f, 0);
	f.key = "k";
	terminal_open(&t, f.url);
	fake_http_start(&f, broker);
	CU_ASSERT_EQUAL(terminal_end(&t), WEIR_EXIT_FAILED);
	CU_ASSERT(terminal_shows(&t, "unauthorized (HTTP status 401)"));
	weir_buf_fini(&t.seen);
	fake_http_close(&f);
}

CU_TestInfo weir_tests[] = {
	{"once", test_once},
	{"json", test_json},
	{"refused", test_refused},
	{"wrong usage", test_wrong_usage},
	{"live", test_live},
	{"live: signals", test_live_signals},
	{"live: stopped", test_live_stopped},
	{"live: away", test_live_away},
	{"live: wrong key", test_live_wrong_key},
	CU_TEST_INFO_NULL,
};
