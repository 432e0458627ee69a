/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir filter`: tries a filter on an event, with the engine that the broker runs. Prints the value that the language
 * says there is, also beside an error. Main thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "filter_priv.h"
#include "weir/base/utf8.h"
#include "weir/cli/command.h"
#include "weir/filter/filters.h"

#define FILTER_EVENT_BYTES (64u << 20)
#define FILTER_READ_BYTES  65536
#define FILTER_TREE_DEPTH  64

static const struct weir_option filter_options[] = {{0}};

struct filter {
	struct weir_cli *cli;
	const char *text, *file;
	struct weir_program *program;
};

/* What the metrics count, in the words of the language. */
static const char *const filter_errors[WEIR_FILTER_ERRORS] = {
	[WEIR_FILTER_MISSING_ATTRIBUTE] = "MissingAttributeError: a name or path that is used is missing",
	[WEIR_FILTER_CAST] = "CastError: a value cannot be cast to the type that is needed",
	[WEIR_FILTER_MATH] = "MathError: a division by zero, or a result that is out of range",
	[WEIR_FILTER_FUNCTION] = "FunctionEvaluationError: an argument that its function does not take",
	[WEIR_FILTER_GENERIC] = "GenericError: more bytes of Strings than one evaluation may read or build",
};

/* ---- compiling ---- */

/* The expression on one line, and ^ under column N. */
static void filter_point_at(const struct filter *f, size_t column)
{
	struct weir_str text = weir_str(f->text);

	fputs("  ", f->cli->err);
	for (size_t i = 0; i < text.n; i++)
		fputc((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : text.p[i], f->cli->err);
	fprintf(f->cli->err, "\n  %*s^\n", (int)column - 1, "");
}

static int filter_refused(const struct filter *f, struct weir_str why)
{
	static const char at[] = " at column ";
	struct weir_str tail = why;
	uint64_t column;

	fprintf(f->cli->err, "weir filter: %.*s\n", WEIR_STR_FMT(why));
	while (tail.n > 0 && tail.p[tail.n - 1] >= '0' && tail.p[tail.n - 1] <= '9')
		tail.n--;
	if (!weir_str_ends(tail, WEIR_STR(at)) || !weir_utf8_valid(weir_str(f->text)))
		return WEIR_EXIT_USAGE;
	if (!weir_str_u64(weir_str_n(why.p + tail.n, why.n - tail.n), &column) && column <= strlen(f->text) + 1)
		filter_point_at(f, column);
	return WEIR_EXIT_USAGE;
}

static int filter_compile_tree(struct filter *f, struct weir_buf *why)
{
	struct weir_json node;
	size_t at = 0;
	int err = weir_json_check(weir_str(f->text), FILTER_TREE_DEPTH, &node, &at);

	if (err) {
		weir_buf_printf(why, "a tree has to be JSON: %s at byte %zu", weir_strerror(err), at + 1);
		return err;
	}
	return weir_filter_compile_tree(node, &f->program, why);
}

static int filter_compile(struct filter *f)
{
	struct weir_buf why;
	int code = WEIR_EXIT_OK, err;

	weir_buf_init(&why, 4096);
	err = f->text[0] == '{' ? filter_compile_tree(f, &why)
				: weir_filter_compile_value(weir_str(f->text), &f->program, &why);
	if (err)
		code = filter_refused(f, why.len ? weir_buf_view(&why) : weir_str(weir_strerror(err)));
	else if (weir_program_is_mixed(f->program))
		fprintf(f->cli->err, "weir filter: warning: mixed AND/OR/XOR without parentheses; they are taken from "
				     "left to right\n");
	weir_buf_fini(&why);
	return code;
}

/* ---- the event ---- */

static int filter_complain(const struct filter *f, struct weir_str what)
{
	fprintf(f->cli->err, "weir filter: %s: %.*s\n", strcmp(f->file, "-") == 0 ? "stdin" : f->file,
		WEIR_STR_FMT(what));
	return WEIR_EXIT_USAGE;
}

static int filter_read_all(int fd, struct weir_buf *text)
{
	ssize_t n = 1;
	char *to;

	while (n > 0) {
		to = weir_buf_reserve(text, FILTER_READ_BYTES);
		if (!to)
			return WEIR_ELIMIT;
		n = read(fd, to, FILTER_READ_BYTES);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 1;
		else
			text->len += (size_t)n;
	}
	return 0;
}

static int filter_read(const struct filter *f, struct weir_buf *text)
{
	bool in = strcmp(f->file, "-") == 0;
	int fd = in ? STDIN_FILENO : open(f->file, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return filter_complain(f, weir_str(weir_strerror(-errno)));
	err = filter_read_all(fd, text);
	if (!in)
		close(fd);
	return err ? filter_complain(f, weir_str(weir_strerror(err))) : WEIR_EXIT_OK;
}

static int filter_event(const struct filter *f, struct weir__filter_event *e)
{
	struct weir_buf text, why;
	int code;

	weir_buf_init(&text, FILTER_EVENT_BYTES);
	weir_buf_init(&why, 4096);
	code = filter_read(f, &text);
	if (!code && weir__filter_event_read(e, weir_buf_view(&text), &why))
		code = filter_complain(f, weir_buf_view(&why));
	weir_buf_fini(&text);
	weir_buf_fini(&why);
	return code;
}

/* ---- the outcome ---- */

static int filter_print(const struct filter *f, const struct weir_value *v, enum weir_filter_error error)
{
	struct weir_buf out;
	int code = WEIR_EXIT_OK;

	weir_buf_init(&out, FILTER_EVENT_BYTES);
	weir_value_append_json(&out, v);
	weir_buf_char(&out, '\n');
	fwrite(out.p, 1, out.len, f->cli->out);
	weir_buf_fini(&out);
	if (error && error != WEIR_FILTER_NOT_BOOLEAN) {
		fprintf(f->cli->err, "weir filter: %s\n", filter_errors[error]);
		code = WEIR_EXIT_FAILED;
	}
	return code;
}

static int filter_evaluate(struct filter *f, struct weir__filter_event *e)
{
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){0});
	struct weir_resolver names = {weir__filter_event_resolve, e};
	enum weir_filter_error error;
	struct weir_filter *filter;
	struct weir_value v;
	int code = WEIR_EXIT_FAILED;

	if (weir_filters_add(fs, &f->program, &filter)) {
		fprintf(f->cli->err, "weir filter: %s\n", weir_strerror(-ENOMEM));
	} else {
		weir_filters_event(fs, e->event);
		v = weir_filters_value_from(fs, filter, &names, &error);
		code = filter_print(f, &v, error);
		weir_filters_event(fs, NULL);
		weir_filters_drop(fs, &filter);
	}
	weir_filters_free(&fs);
	return code;
}

static int filter_parse(struct filter *f, struct weir_opts *o)
{
	const char *value;
	int opt;

	while ((opt = weir_opts_next(o, &value)) >= 0) {
		if (!f->text) {
			f->text = value;
		} else if (!f->file) {
			f->file = value;
		} else {
			weir_opts_bad(o, "one argument too many: %s", value);
			return WEIR_OPTS_BAD;
		}
	}
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!f->text) {
		weir_opts_bad(o, "an expression is needed");
		return WEIR_OPTS_BAD;
	}
	f->file = f->file ? f->file : "-";
	return WEIR_OPTS_END;
}

static int filter_run(struct weir_cli *cli, int argc, char **argv)
{
	struct filter f = {.cli = cli};
	struct weir__filter_event e = {0};
	struct weir_opts o;
	int end, code;

	weir_opts_init(&o, cli, &weir_command_filter, argc, argv);
	end = filter_parse(&f, &o);
	if (end != WEIR_OPTS_END)
		return weir_opts_exit(end);
	code = filter_compile(&f);
	if (!code)
		code = filter_event(&f, &e);
	if (!code)
		code = filter_evaluate(&f, &e);
	weir__filter_event_fini(&e);
	weir_program_free(&f.program);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_filter = {
	.name = "filter",
	.usage = "EXPR [FILE|-]",
	.summary = "Try a filter on an event",
	.help = "EXPR is an expression, or a filter tree if it begins with {. The event is JSON,\n"
		"from FILE or stdin, such as\n"
		"{\"channel\":\"prices:eu\",\"tags\":{\"symbol\":\"ACME\"},\"data\":{\"price\":19.99}}\n"
		"with these members, each of which may be absent: channel, id, time, offset,\n"
		"user, client, tags, data. Tags may also be integers and booleans. A line of\n"
		"`weir sub --json` will do.\n\n"
		"Prints the value as JSON; a subscriber gets the event only if it is true.\n"
		"Exits with 0; with 1 after an error of the evaluation, which is told on stderr\n"
		"beside the value that remains; with 2 if the filter or the event is refused.\n"
		"What begins with a minus sign goes behind --, as in weir filter -- '-level = 1'.\n",
	.options = filter_options,
	.run = filter_run,
};
