/* SPDX-License-Identifier: Apache-2.0 */
/* Reading paths, from expressions, from the keys of trees, and of conflation keys. Pure, any thread. */
#include "path_priv.h"

#include <errno.h>

static int path_element(struct weir_str *rest, struct path_step *out)
{
	size_t at = 1;

	out->kind = PATH_ELEMENT;
	out->index = 0;
	for (; at < rest->n && rest->p[at] >= '0' && rest->p[at] <= '9'; at++) {
		out->index = out->index * 10 + (unsigned)(rest->p[at] - '0');
		if (out->index > PATH_INDEX_MAX)
			return WEIR_EINVALID;
	}
	if (at == 1 || at == rest->n || rest->p[at] != ']')
		return WEIR_EINVALID;
	*rest = weir_str_n(rest->p + at + 1, rest->n - at - 1);
	return 0;
}

static int path_quoted(struct weir_str *rest, struct path_step *out)
{
	struct weir_str literal = weir_str_n(rest->p + 1, rest->n - 1);
	int err;

	out->kind = PATH_MEMBER;
	err = weir__literal_cut(&literal, &out->raw);
	if (err) {
		*rest = literal;
		return err;
	}
	if (literal.n == 0 || *literal.p != ']')
		return WEIR_EINVALID;
	*rest = weir_str_n(literal.p + 1, literal.n - 1);
	return 0;
}

static bool path_is_quoted(const struct path_step *step)
{
	return step->raw.n && (*step->raw.p == '\'' || *step->raw.p == '"');
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__path_is_member_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

int weir__path_step(struct weir_str *rest, struct path_step *out)
{
	size_t n = 1;

	*out = (struct path_step){0};
	if (rest->n < 2)
		return WEIR_EINVALID;
	if (*rest->p == '[')
		return rest->p[1] == '\'' || rest->p[1] == '"' ? path_quoted(rest, out) : path_element(rest, out);
	while (n < rest->n && weir__path_is_member_char(rest->p[n]))
		n++;
	if (*rest->p != '.' || n == 1)
		return WEIR_EINVALID;
	out->kind = PATH_MEMBER;
	out->raw = weir_str_n(rest->p + 1, n - 1);
	*rest = weir_str_n(rest->p + n, rest->n - n);
	return 0;
}

bool weir__path_append(struct weir_buf *out, const struct path_step *step)
{
	size_t at = out->len, n;

	weir_buf_char(out, (char)step->kind);
	if (step->kind == PATH_ELEMENT) {
		weir_buf_char(out, (char)(step->index >> 8));
		weir_buf_char(out, (char)(step->index & 0xff));
		return true;
	}
	weir_buf_char(out, 0);
	if (path_is_quoted(step))
		weir__literal_decode(out, step->raw);
	else
		weir_buf_str(out, step->raw);
	if (out->failed)
		return true;
	n = out->len - at - 2;
	if (n > PATH_MEMBER_BYTES)
		return false;
	out->p[at + 1] = (char)n;
	return true;
}

int weir__path_compile(struct weir_str steps, struct weir_buf *out)
{
	struct path_step step;

	for (unsigned n = 0; steps.n; n++)
		if (n == PATH_STEPS || weir__path_step(&steps, &step) || !weir__path_append(out, &step))
			return WEIR_EINVALID;
	return out->failed ? -ENOMEM : 0;
}

bool weir__path_of_data(struct weir_str key, struct weir_str *steps)
{
	if (!weir_str_starts(key, WEIR_STR("data.")) && !weir_str_starts(key, WEIR_STR("data[")))
		return false;
	*steps = weir_str_n(key.p + 4, key.n - 4);
	return true;
}

struct weir_str weir__path_next(struct weir_str *path)
{
	struct weir_str step = *path;

	step.n = *step.p == PATH_MEMBER ? 2 + (size_t)(unsigned char)step.p[1] : 3;
	*path = weir_str_n(path->p + step.n, path->n - step.n);
	return step;
}
