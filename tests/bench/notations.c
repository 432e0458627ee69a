/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a publish and a push cost in each notation: bytes on the wire, and CPU time of reading a publish command and of making a
 * push, of the subscriber's own notation and of the other one (the conversion included, as the first subscriber has it). In one thread, in
 * rounds by turns, since the machine may be shared; the medians are told.
 * --rounds N (31)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weir/base/mem.h"
#include "weir/event/convert.h"
#include "weir/wire/codec.h"

#define OPERATIONS 20000
#define ROUNDS_MAX 1001

static const char *const payloads[] = {
	"{\"sym\":\"BTC-USD\",\"price\":64010.25,\"size\":0.013,\"side\":\"buy\",\"time\":1732478460123,\"seq\":"
	"90817263}",
	"{\"host\":\"web-07.eu.example\",\"cpu\":[0.12,0.93,0.4,0.07],\"memory\":{\"used\":8123121664,\"free\":"
	"512339968},\"ok\":true,"
	"\"text\":\"all is well, and has been so for a while\"}",
};

struct notation {
	const struct weir_codec *codec;
	enum weir_payload_format format;
	struct weir_buf payload, command;
	size_t push_bytes;
};

enum measure { READ_PUBLISH, PUSH_OWN, PUSH_OTHER, MEASURES };

static const char *const measure_names[] = {"read a publish", "make a push", "make a push of the other notation"};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct weir_event *event_of(const struct notation *n)
{
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.channel = WEIR_STR("prices:all"), .data = weir_buf_view(&n->payload), .format = n->format});

	weir_assert(e);
	e->offset = 912;
	return e;
}

static size_t push_once(const struct notation *n, const struct weir_event *e)
{
	struct weir_frame *f = n->codec->encoder.push(&(struct weir_push_spec){.event = e, .offset = e->offset});
	size_t len;

	weir_assert(f);
	len = f->len;
	weir_frame_unref(&f);
	return len;
}

static void read_once(const struct notation *n, struct weir_buf *scratch)
{
	struct weir_str rest = weir_buf_view(&n->command);
	struct weir_command c;
	int err = n->codec->check ? n->codec->check(rest) : 0;

	if (!err)
		err = n->codec->next(&rest, scratch, &c);
	weir_assert(!err && c.method == WEIR_METHOD_PUBLISH);
}

/* Of `n`, whose subscribers get events of `from`; ns for each operation. Making the event is not counted. */
static double measure(
	enum measure what, const struct notation *n, const struct notation *from, struct weir_buf *scratch)
{
	static struct weir_event *events[OPERATIONS];
	uint64_t start;

	for (int i = 0; what != READ_PUBLISH && i < OPERATIONS; i++)
		events[i] = event_of(what == PUSH_OWN ? n : from);
	start = cpu_ns();
	for (int i = 0; i < OPERATIONS; i++)
		if (what == READ_PUBLISH)
			read_once(n, scratch);
		else
			push_once(n, events[i]);
	start = cpu_ns() - start;
	for (int i = 0; what != READ_PUBLISH && i < OPERATIONS; i++)
		weir_event_unref(&events[i]);
	return (double)start / OPERATIONS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return values[n / 2];
}

static void notation_init(struct notation *n, const struct weir_codec *codec, const char *payload)
{
	struct weir_buf json;
	struct weir_event *e;
	int err;

	*n = (struct notation){.codec = codec, .format = codec->binary ? WEIR_PAYLOAD_MSGPACK : WEIR_PAYLOAD_JSON};
	weir_buf_init(&n->payload, SIZE_MAX / 2);
	weir_buf_init(&n->command, SIZE_MAX / 2);
	weir_buf_init(&json, SIZE_MAX / 2);
	weir_buf_printf(&json, "{\"id\":7,\"publish\":{\"channel\":\"prices:all\",\"data\":%s}}", payload);
	if (codec->binary) {
		err = weir_msgpack_from_json(&n->payload, weir_str(payload));
		weir_assert(!err);
		err = weir_msgpack_from_json(&n->command, weir_buf_view(&json));
		weir_assert(!err);
	} else {
		weir_buf_str(&n->payload, weir_str(payload));
		weir_buf_str(&n->command, weir_buf_view(&json));
	}
	weir_buf_fini(&json);
	e = event_of(n);
	n->push_bytes = push_once(n, e);
	weir_event_unref(&e);
}

static void run(const char *payload, int rounds)
{
	static double ns[2][MEASURES][ROUNDS_MAX], ratio[MEASURES][ROUNDS_MAX];
	struct notation n[2];
	struct weir_buf scratch;

	weir_buf_init(&scratch, 1 << 20);
	notation_init(&n[0], &weir_codec_json, payload);
	notation_init(&n[1], &weir_codec_msgpack, payload);
	for (int r = 0; r < rounds; r++)
		for (int m = 0; m < MEASURES; m++) {
			for (int i = 0; i < 2; i++) {
				int which = (i + r) % 2;

				ns[which][m][r] = measure((enum measure)m, &n[which], &n[!which], &scratch);
			}
			ratio[m][r] = ns[1][m][r] / ns[0][m][r];
		}
	printf("%s\n", payload);
	printf("  %-36s %8s %8s %8s\n", "", "JSON", "msgpack", "ratio");
	printf("  %-36s %8zu %8zu %8.2f\n", "bytes of a publish", n[0].command.len, n[1].command.len,
		(double)n[1].command.len / (double)n[0].command.len);
	printf("  %-36s %8zu %8zu %8.2f\n", "bytes of a push, frame and all", n[0].push_bytes, n[1].push_bytes,
		(double)n[1].push_bytes / (double)n[0].push_bytes);
	for (int m = 0; m < MEASURES; m++)
		printf("  ns to %-30s %8.0f %8.0f %8.2f\n", measure_names[m], median(ns[0][m], rounds),
			median(ns[1][m], rounds), median(ratio[m], rounds));
	for (int i = 0; i < 2; i++) {
		weir_buf_fini(&n[i].payload);
		weir_buf_fini(&n[i].command);
	}
	weir_buf_fini(&scratch);
}

int main(int argc, char **argv)
{
	int rounds = 31;

	if (argc == 3 && !strcmp(argv[1], "--rounds"))
		rounds = atoi(argv[2]);
	if (rounds < 1 || rounds > ROUNDS_MAX || (argc != 1 && argc != 3)) {
		fprintf(stderr, "usage: notations [--rounds N]\n");
		return 2;
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(payloads); i++)
		run(payloads[i], rounds);
	return 0;
}
