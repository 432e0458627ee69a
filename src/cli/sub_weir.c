/* SPDX-License-Identifier: Apache-2.0 */
/* The object `data.weir` of a subscribe. A tree is sent as it was written, but on one line, as commands are. */
#include "sub_weir_priv.h"

#include "weir/base/utf8.h"

#define WEIR_OF_COMMAND_DEPTH 4 /* command, subscribe, data, weir */

static bool filter_is_tree(const char *filter)
{
	return filter[0] == '{';
}

static void append_name(struct weir_buf *out, const char *name)
{
	weir_buf_char(out, out->len ? ',' : '{');
	weir_json_append_string(out, weir_str(name));
	weir_buf_char(out, ':');
}

static void append_text(struct weir_buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	append_name(out, name);
	weir_json_append_string(out, weir_str(value));
}

/* ------------------------------------------------------------------------------------------------------------------ */

const char *weir__sub_weir_filter_problem(const char *filter)
{
	struct weir_str text = weir_str(filter);

	if (!weir_utf8_valid(text))
		return "it has to be UTF-8";
	if (filter_is_tree(filter) && weir_json_check(text, WEIR_JSON_DEPTH - WEIR_OF_COMMAND_DEPTH, NULL, NULL))
		return "it begins with { and is not valid JSON, or nested too deeply";
	return NULL;
}

const char *weir__sub_weir_rate_problem(const char *rate)
{
	struct weir_json v;
	double d;

	if (weir_json_check(weir_str(rate), 0, &v, NULL) || weir_json_double(v, &d) || d <= 0)
		return "expected events per second, as 10 or 0.2";
	return NULL;
}

void weir__sub_weir_append(struct weir_buf *out, const struct weir__sub_weir *w)
{
	if (!w->filter && !w->overflow && !w->key && !w->rate && !w->queue)
		return;
	append_text(out, "overflow", w->overflow);
	append_text(out, "key", w->key);
	if (w->rate) {
		append_name(out, "rate");
		weir_buf_str(out, weir_str_trim(weir_str(w->rate)));
	}
	if (w->queue) {
		append_name(out, "queue");
		weir_buf_u64(out, w->queue);
	}
	if (w->filter && filter_is_tree(w->filter)) {
		append_name(out, "filter");
		weir_json_append_one_line(out, weir_str(w->filter));
	} else {
		append_text(out, "filter", w->filter);
	}
	weir_buf_char(out, '}');
}
