/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options in the URL of a GET /events, as the JSON that the data of connect and subscribe take, and checked as far
 * as they can be without a namespace. Any thread.
 */
#include <errno.h>

#include "events_request_priv.h"
#include "weir/filter/filter.h"
#include "weir/session/options.h"
#include "weir/wire/json.h"

#define COMMAND_DEPTH 4 /* of the objects of a subscribe around its filter */

static void put_string(struct weir_buf *out, const char *name, struct weir_str value)
{
	if (!value.p)
		return;
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

/* What is no number is refused as a string. */
static void put_number(struct weir_buf *out, const char *name, struct weir_str value)
{
	struct weir_json v;

	if (weir_json_check(value, 0, &v, NULL) == 0 && v.type == WEIR_JSON_NUMBER && v.text.n == value.n) {
		weir_json_key(out, name);
		weir_buf_str(out, value);
	} else {
		put_string(out, name, value);
	}
}

static int put_filter(struct events_reading *x, struct weir_buf *out)
{
	struct weir_str value = x->singles[SINGLE_FILTER];
	struct weir_json tree;

	if (!value.n || value.p[0] != '{') {
		put_string(out, "filter", value.n ? value : WEIR_STR_NONE);
		return 0;
	}
	if (weir_json_check(value, WEIR_JSON_DEPTH - COMMAND_DEPTH, &tree, NULL) < 0)
		return weir__events_refuse_bad(x, "filter", ": not JSON, or nested too deeply");
	weir_json_key(out, "filter");
	weir_json_append_one_line(out, tree.text);
	return 0;
}

static int check_filter(struct events_reading *x, struct weir_json filter)
{
	struct weir_program *program = NULL;
	int err;

	if (!filter.type)
		return 0;
	weir__events_refuse_bad(x, "filter: ", "");
	err = filter.type == WEIR_JSON_OBJECT ? weir_filter_compile_tree(filter, &program, &x->e->why)
					      : weir_filter_compile(x->singles[SINGLE_FILTER], &program, &x->e->why);
	weir_program_free(&program);
	return err && err != -ENOMEM ? WEIR_EINVALID : err;
}

/* A text about ".queue: …" begins with what the parameter is called. */
static void without_dot(struct weir_buf *why)
{
	if (why->len && why->p[0] == '.')
		weir_buf_consume(why, 1);
}

static int check_options(struct events_reading *x)
{
	struct weir_json object = {WEIR_JSON_OBJECT, weir_buf_view(&x->r->options)};
	struct weir_sub_options options;
	struct weir_buf text;
	int err;

	weir__events_refuse_bad(x, "", "");
	weir_buf_init(&text, SIZE_MAX / 2);
	err = weir_sub_options_read(object, &text, &options, &x->e->why);
	without_dot(&x->e->why);
	if (!err)
		err = check_filter(x, options.filter);
	weir_buf_fini(&text);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__events_refuse_as(struct events_reading *x, enum weir_error_code code, const char *what, const char *why)
{
	x->e->code = code;
	weir_buf_reset(&x->e->why);
	weir_buf_str(&x->e->why, weir_str(what));
	weir_buf_str(&x->e->why, weir_str(why));
	return WEIR_EINVALID;
}

int weir__events_refuse_bad(struct events_reading *x, const char *what, const char *why)
{
	return weir__events_refuse_as(x, WEIR_ERROR_BAD_REQUEST, what, why);
}

int weir__events_read_options(struct events_reading *x)
{
	struct weir_buf *o = &x->r->options, *c = &x->r->connect;
	uint64_t ignored;
	int err;

	weir_buf_char(o, '{');
	put_string(o, "overflow", x->singles[SINGLE_OVERFLOW]);
	put_number(o, "queue", x->singles[SINGLE_QUEUE]);
	put_string(o, "key", x->singles[SINGLE_KEY]);
	put_number(o, "rate", x->singles[SINGLE_RATE]);
	err = put_filter(x, o);
	weir_buf_char(o, '}');
	weir_buf_char(c, '{');
	put_number(c, "queue_bytes", x->singles[SINGLE_QUEUE_BYTES]);
	weir_buf_char(c, '}');
	if (!err && (o->failed || c->failed))
		return -ENOMEM;
	if (!err)
		err = check_options(x);
	if (err)
		return err;
	weir__events_refuse_bad(x, "", "");
	err = weir_queue_bytes_read((struct weir_json){WEIR_JSON_OBJECT, weir_buf_view(c)}, &ignored, &x->e->why);
	without_dot(&x->e->why);
	return err;
}
