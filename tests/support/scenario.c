/* SPDX-License-Identifier: Apache-2.0 */
/* Words for scenarios: see scenario.h. */
#define _GNU_SOURCE /* vasprintf */
#include "scenario.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#define TOKENS 8

static struct {
	char client[40], epoch[WEIR_EPOCH_MAX];
	char *tokens[TOKENS];
	unsigned next_token;
} kept;

static char *format(const char *fmt, va_list args)
{
	char *text;

	weir_assert(vasprintf(&text, fmt, args) >= 0);
	return text;
}

static size_t span(const char *p, int (*is)(int), bool dash)
{
	size_t n = 0;

	while (is((unsigned char)p[n]) || (dash && p[n] == '-'))
		n++;
	return n;
}

/* What a placeholder stands for, kept; NULL when it is not there. */
static const char *take_placeholder(char which, const char *got)
{
	size_t n = which == 'C' ? span(got, isxdigit, true) : span(got, isalpha, false);

	if (n != (which == 'C' ? 36u : 8u))
		return NULL;
	snprintf(which == 'C' ? kept.client : kept.epoch, n + 1, "%s", got);
	return got + n;
}

static void expect_text(struct loopback_client *c, const char *wanted, bool start_only)
{
	const char *got = loopback_receive(c);
	bool ok = got && fits(wanted, got, start_only);

	if (!ok)
		fprintf(stderr, "\n  wanted %s\n  got    %s (closed: %u)\n", wanted, got ? got : "(nothing)",
			loopback_closed(c));
	CU_ASSERT_FATAL(ok);
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool fits(const char *wanted, const char *got, bool start_only)
{
	while (*wanted) {
		if (wanted[0] == '@' && (wanted[1] == 'C' || wanted[1] == 'E')) {
			got = take_placeholder(wanted[1], got);
			if (!got)
				return false;
			wanted += 2;
		} else if (*wanted++ != *got++) {
			return false;
		}
	}
	return start_only || !*got;
}

void send_text(struct loopback_client *c, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	loopback_send(c, text);
	free(text);
}

void say(struct loopback_client *c, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	loopback_send(c, text);
	loopback_run(loopback_of(c));
	free(text);
}

void expect(struct loopback_client *c, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	expect_text(c, text, false);
	free(text);
}

void expect_start(struct loopback_client *c, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	expect_text(c, text, true);
	free(text);
}

void expect_error(struct loopback_client *c, unsigned id, unsigned code)
{
	expect(c, "{\"id\":%u,\"error\":{\"code\":%u,\"message\":\"%s\"%s}}", id, code,
		weir_error_text((enum weir_error_code)code), code == 100 || code == 111 ? ",\"temporary\":true" : "");
}

void expect_nothing(struct loopback_client *c)
{
	const char *got = loopback_receive(c);

	if (got || loopback_closed(c))
		fprintf(stderr, "\n  wanted nothing\n  got    %s (closed: %u)\n", got ? got : "", loopback_closed(c));
	CU_ASSERT_FATAL(!got && !loopback_closed(c));
}

void expect_closed(struct loopback_client **c, unsigned code)
{
	const char *got = loopback_receive(*c);

	if (got || loopback_closed(*c) != code)
		fprintf(stderr, "\n  wanted the end, %u\n  got    %s (closed: %u)\n", code, got ? got : "",
			loopback_closed(*c));
	CU_ASSERT_PTR_NULL_FATAL(got);
	CU_ASSERT_EQUAL_FATAL(loopback_closed(*c), code);
	CU_ASSERT_STRING_EQUAL_FATAL(loopback_reason(*c), weir_disconnect_text((enum weir_disconnect_code)code));
	loopback_client_free(c);
}

const char *last_client(void)
{
	return kept.client;
}

const char *last_epoch(void)
{
	return kept.epoch;
}

struct loopback_client *connected(struct loopback *lb, unsigned worker)
{
	struct loopback_client *c = loopback_connect(lb, worker);

	say(c, "{\"id\":1,\"connect\":{\"name\":\"js\"}}");
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	return c;
}

struct loopback *broker_with_tokens(const struct weir_namespace *named, size_t n)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = n});
}

void subscribe_to(struct loopback_client *c, unsigned id, const char *channel, const char *members)
{
	say(c, "{\"id\":%u,\"subscribe\":{\"channel\":\"%s\"%s}}", id, channel, members);
}

struct loopback_client *connected_as(struct loopback *lb, unsigned worker, const char *claims)
{
	struct loopback_client *c = loopback_connect(lb, worker);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("%s", claims));
	expect_start(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\"");
	return c;
}

struct weir_json parsed(const char *text)
{
	struct weir_json v = {0};

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(text), 100, &v, NULL), 0);
	return v;
}

struct weir_json member(struct weir_json object, const char *wanted)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json v;
	struct weir_str name;

	while (weir_json_next_member(&it, &name, &v))
		if (weir_json_string_is(name, weir_str(wanted)))
			return v;
	return (struct weir_json){0};
}

const char *token(const char *fmt, ...)
{
	char **slot = &kept.tokens[kept.next_token++ % TOKENS];
	struct weir_buf out;
	va_list args;
	char *claims;
	size_t n;

	va_start(args, fmt);
	claims = format(fmt, args);
	va_end(args);
	weir_buf_init(&out, 1 << 20);
	weir_assert(weir_token_sign(WEIR_STR(SCENARIO_SECRET), weir_str(claims), &out) == 0);
	weir_buf_char(&out, '\0');
	free(claims);
	free(*slot);
	*slot = weir_buf_take(&out, &n);
	return *slot;
}

long long now_s(const struct loopback *lb)
{
	return loopback_wall(lb) / 1000;
}
