/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads, line by line. A line is looked at only once it is complete, and limits are compared before its
 * content, so the verdict on a head does not depend on how the network cut it. The one exception is the method, which
 * is checked as it comes: a TLS hello or other noise gets its 400 at once instead of the head's deadline. Pure, any
 * thread.
 */
#include "weir/server/head.h"

#include <errno.h>

#include "head_priv.h"

struct head_line {
	struct weir_str text; /* without CR LF */
	size_t size;          /* with it */
};

bool weir__head_is_token_char(unsigned char c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return c != 0 && memchr(others, c, sizeof(others) - 1) != NULL;
}

/* The line at the beginning of `rest`. 0, -EAGAIN, `too_long` if it cannot end within max_size bytes, or 400. */
static int head_take_line(struct weir_str rest, size_t max_size, int too_long, struct head_line *line, const char **why)
{
	size_t seen = rest.n < max_size ? rest.n : max_size;
	const char *lf = seen ? memchr(rest.p, '\n', seen) : NULL;

	if (!lf && rest.n >= max_size)
		return weir__head_bad(
			why, too_long, too_long == 414 ? "request line too long" : "request head too large");
	if (!lf)
		return -EAGAIN;
	line->size = (size_t)(lf - rest.p) + 1;
	if (line->size < 2 || lf[-1] != '\r')
		return weir__head_bad(why, 400, "line feed without carriage return");
	line->text = weir_str_n(rest.p, line->size - 2);
	return 0;
}

static int head_check_method(struct weir_str bytes, const char **why)
{
	size_t i = 0;

	while (i < bytes.n && weir__head_is_token_char((unsigned char)bytes.p[i]))
		i++;
	if (i < bytes.n && (i == 0 || bytes.p[i] != ' '))
		return weir__head_bad(why, 400, "malformed method");
	return 0;
}

static int head_parse_version(struct weir_str v, unsigned *minor, const char **why)
{
	if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' || v.p[5] > '9' || v.p[7] < '0' ||
		v.p[7] > '9')
		return weir__head_bad(why, 400, "malformed request line");
	if (v.p[5] != '1' || v.p[7] > '1')
		return weir__head_bad(why, 505, "HTTP version not supported");
	*minor = (unsigned)(v.p[7] - '0');
	return 0;
}

/*
 * Origin form only: a server's own clients send nothing else, and an authority beside Host could be read in two ways.
 */
static int head_parse_target(struct weir_head *head, const char **why)
{
	struct weir_str rest = head->target;

	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] <= ' ' || (unsigned char)rest.p[i] >= 0x7f || rest.p[i] == '#')
			return weir__head_bad(why, 400, "malformed request target");
	if (rest.n == 0 || (rest.p[0] != '/' && !(weir_str_is(rest, "*") && weir_str_is(head->method, "OPTIONS"))))
		return weir__head_bad(why, 400, "malformed request target");
	head->path = weir_str_cut(&rest, '?');
	head->query = rest;
	return 0;
}

static int head_parse_request_line(struct weir_head *head, struct weir_str line, const char **why)
{
	struct weir_str rest = line;
	int r;

	head->method = weir_str_cut(&rest, ' ');
	head->target = weir_str_cut(&rest, ' ');
	if (!rest.p)
		return weir__head_bad(why, 400, "malformed request line");
	r = head_parse_version(rest, &head->minor, why);
	if (r != 0)
		return r;
	if (weir_str_is(head->method, "CONNECT"))
		return weir__head_bad(why, 501, "method not implemented");
	return head_parse_target(head, why);
}

static int head_check_value(struct weir_str value, const char **why)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return weir__head_bad(why, 400, "control character in a header");
	}
	return 0;
}

static int head_parse_field(struct weir_head *head, struct weir_str line, const char **why)
{
	struct weir_head_field *field;
	size_t i = 0;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return weir__head_bad(why, 400, "folded header");
	while (i < line.n && weir__head_is_token_char((unsigned char)line.p[i]))
		i++;
	if (i == 0 || i == line.n || line.p[i] != ':')
		return weir__head_bad(why, 400, "malformed header name");
	if (head->n_fields == WEIR_HEAD_FIELDS)
		return weir__head_bad(why, 431, "too many headers");
	field = &head->fields[head->n_fields++];
	field->name = weir_str_n(line.p, i);
	field->value = weir_str_n(line.p + i + 1, line.n - i - 1);
	if (head_check_value(field->value, why) != 0)
		return 400;
	field->value = weir_str_trim(field->value);
	return 0;
}

static int head_parse_fields(
	struct weir_head *head, struct weir_str bytes, const struct weir_head_limits *limits, const char **why)
{
	struct head_line line;
	int r;

	for (;;) {
		size_t left = limits->head_bytes > head->size ? limits->head_bytes - head->size : 0;

		r = head_take_line(weir_str_n(bytes.p + head->size, bytes.n - head->size), left, 431, &line, why);
		if (r != 0)
			return r;
		head->size += line.size;
		if (line.text.n == 0)
			return weir__head_framing(head, why);
		r = head_parse_field(head, line.text, why);
		if (r != 0)
			return r;
	}
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

int weir_head_parse(
	struct weir_str bytes, const struct weir_head_limits *limits, struct weir_head *head, const char **why)
{
	size_t max_line = limits->line_bytes + 2 < limits->head_bytes ? limits->line_bytes + 2 : limits->head_bytes;
	struct head_line line;
	int r;

	*why = "";
	head->method = head->target = head->path = head->query = WEIR_STR_NONE;
	head->minor = 0;
	head->n_fields = head->size = 0;
	head->keep_alive = head->has_length = head->upgrade = head->expect_continue = false;
	head->content_length = 0;
	r = head_check_method(weir_str_n(bytes.p, bytes.n < max_line ? bytes.n : max_line), why);
	if (r == 0)
		r = head_take_line(bytes, max_line, 414, &line, why);
	if (r == 0)
		r = head_parse_request_line(head, line.text, why);
	if (r != 0)
		return r;
	head->size = line.size;
	return head_parse_fields(head, bytes, limits, why);
}
