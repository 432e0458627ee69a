/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations from anybody: a file, then after each NUL one --set, or a variable if it begins with WEIR_. What is
 * loaded can be written, and what is written loads as the same; what is reported stays on its lines.
 */
#include "fuzz.h"

#include <string.h>

#include "weir/app/conf.h"

#define OVERRIDES 16

static struct weir_conf *load(const struct weir_conf_source *src)
{
	struct weir_conf_report report;
	struct weir_conf *conf;
	int err;

	weir_conf_report_init(&report);
	err = weir_conf_load(&conf, src, &report);
	fuzz_require(!err == !report.errors);
	fuzz_require(!err == (conf != NULL));
	fuzz_require(!report.text.failed && !report.text.len == !(report.errors + report.warnings));
	for (size_t i = 0; i < report.text.len; i++)
		fuzz_require((unsigned char)report.text.p[i] >= ' ' || report.text.p[i] == '\n');
	weir_conf_report_fini(&report);
	return conf;
}

static void check_written(const struct weir_conf *conf)
{
	struct weir_buf once, twice;
	struct weir_conf *again;

	weir_buf_init(&once, 64u << 20);
	weir_buf_init(&twice, 64u << 20);
	weir_conf_write(conf, &once);
	fuzz_require(!once.failed);
	if (once.len <= 1 << 20) {
		again = load(&(struct weir_conf_source){.text = weir_buf_view(&once)});
		fuzz_require(again);
		weir_conf_write(again, &twice);
		fuzz_require(weir_str_eq(weir_buf_view(&once), weir_buf_view(&twice)));
		weir_conf_free(&again);
	}
	weir_buf_fini(&once);
	weir_buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sets[OVERRIDES], *environ[OVERRIDES + 1] = {NULL};
	struct weir_conf_source src = {.environ = environ, .sets = sets};
	size_t n_environ = 0;
	struct weir_conf *conf;
	char *copy = malloc(size + 1), *end = copy + size;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	*end = '\0';
	src.text = weir_str(copy);
	for (char *p = copy + strlen(copy) + 1; p < end; p += strlen(p) + 1) {
		if (strncmp(p, "WEIR_", 5) == 0 && n_environ < OVERRIDES)
			environ[n_environ++] = p;
		else if (src.n_sets < OVERRIDES)
			sets[src.n_sets++] = p;
	}
	conf = load(&src);
	if (conf)
		check_written(conf);
	weir_conf_free(&conf);
	free(copy);
	return 0;
}
