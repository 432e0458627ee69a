/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one evaluation costs, and how often there is one: a table of filters, each asked once about each event, as the
 * fan-out does for its subscribers. First all of them ask for the same filter, then each for another one, of which half
 * read the payload, which is walked once per event. The evaluations are those that the table counts. --filters N (1000),
 * --events N (1000)
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/filter/filters.h"

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

static uint64_t filters_evaluations(const struct weir_filters *fs)
{
	const struct weir_filter_counts *c = weir_filters_counts(fs);
	uint64_t sum = c->pass + c->drop;

	for (unsigned i = 0; i < WEIR_FILTER_ERRORS; i++)
		sum += c->errors[i];
	return sum;
}

static void filters_measure(
	const char *what, struct weir_event *e, struct weir_filter **filters, int n, int events, bool same)
{
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	uint64_t ns, passed = 0;

	for (int i = 0; i < n; i++)
		filters[i] = filters_make(fs, same ? 1 : i);
	ns = bench_now_ns();
	for (int k = 0; k < events; k++) {
		weir_filters_event(fs, e);
		for (int i = 0; i < n; i++)
			passed += weir_filters_pass(fs, filters[i]);
	}
	ns = bench_now_ns() - ns;
	printf("filters subscribers=%d filters=%s events=%d passed=%llu evaluations_per_event=%.2f "
	       "ns_per_subscriber=%.1f "
	       "events_per_s=%.0f\n",
		n, what, events, (unsigned long long)passed, (double)filters_evaluations(fs) / events,
		(double)ns / ((double)n * events), 1e9 * events / (double)ns);
	for (int i = 0; i < n; i++)
		weir_filters_drop(fs, &filters[i]);
	weir_filters_free(&fs);
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
	struct weir_event *e = weir_event_new(&spec);
	struct weir_filter **filters = n > 0 ? calloc((size_t)n, sizeof(filters[0])) : NULL;

	if (!filters || !e || events < 1)
		bench_die("at least one filter and one event are needed");
	filters_measure("same", e, filters, n, events, true);
	filters_measure("distinct", e, filters, n, events, false);
	free(filters);
	weir_event_unref(&e);
	return 0;
}
