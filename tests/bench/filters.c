/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one evaluation costs: a table of distinct filters, each asked once about each event. --filters N (1000), --events
 * N (1000). Half of the filters read the payload, which is walked once per event.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/filter/filters.h"

static uint64_t filters_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct weir_filter *filters_make(struct weir_filters *fs, int i)
{
	struct weir_program *p;
	struct weir_filter *f;
	struct weir_buf why;
	char text[160];

	snprintf(text, sizeof(text),
		i & 1 ? "data.price > %d.5 AND data.who.name LIKE 'a%%' OR level = %d"
		      : "symbol = 'S%d' OR level IN (1, 2, %d) AND region LIKE 'eu-%%'",
		i, i);
	weir_buf_init(&why, 200);
	if (weir_filter_compile(weir_str(text), &p, &why) || weir_filters_add(fs, &p, &f))
		bench_die("%s: %.*s", text, WEIR_STR_FMT(weir_buf_view(&why)));
	weir_buf_fini(&why);
	return f;
}

int main(int argc, char **argv)
{
	static const struct weir_tag tags[] = {{WEIR_STR("symbol"), WEIR_STR("ACME")},
		{WEIR_STR("level"), WEIR_STR("7")}, {WEIR_STR("region"), WEIR_STR("eu-west")}};
	struct weir_event_spec spec = {.channel = WEIR_STR("prices"),
		.data = WEIR_STR("{\"price\":150.25,\"qty\":3,\"who\":{\"name\":\"alice\"},\"items\":[1,2,3]}"),
		.tags = tags,
		.n_tags = 3};
	int n = (int)bench_option(argc, argv, "--filters", 1000),
	    events = (int)bench_option(argc, argv, "--events", 1000);
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	struct weir_event *e = weir_event_new(&spec);
	struct weir_filter **filters = n > 0 ? calloc((size_t)n, sizeof(filters[0])) : NULL;
	uint64_t begin, end, passed = 0;

	if (!filters || !e || events < 1)
		bench_die("at least one filter and one event are needed");
	for (int i = 0; i < n; i++)
		filters[i] = filters_make(fs, i);
	begin = filters_now_ns();
	for (int k = 0; k < events; k++) {
		weir_filters_event(fs, e);
		for (int i = 0; i < n; i++)
			passed += weir_filters_pass(fs, filters[i]);
	}
	end = filters_now_ns();
	printf("filters n=%d events=%d passed=%llu ns_per_evaluation=%.0f\n", n, events, (unsigned long long)passed,
		(double)(end - begin) / ((double)n * (double)events));
	for (int i = 0; i < n; i++)
		weir_filters_drop(fs, &filters[i]);
	free(filters);
	weir_event_unref(&e);
	weir_filters_free(&fs);
	return 0;
}
