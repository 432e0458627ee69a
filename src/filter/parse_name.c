/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and paths. `data`, `tags` and `event` are written in any letter case, and so are the reserved names: these are
 * kept in lower case, for equal filters to be equal bytes. Any thread.
 */
#include "parse_priv.h"
#include "path_priv.h"
#include "weir/base/mem.h"

static bool parse_use(
	struct parse *p, enum program_code code, enum weir_name_kind kind, struct weir_str name, const char *at)
{
	bool too_many = false;
	unsigned i = weir__build_name(&p->build, kind, name, &too_many);

	if (too_many)
		return weir__parse_limit(p, "more than 16 paths", at);
	weir__build_op(&p->build, code, 0, i, 0);
	return true;
}

static bool parse_bare(struct parse *p, enum program_code code)
{
	static const char *const reserved[] = {"channel", "id", "time", "user"};
	struct weir_str name = p->token.text;
	const char *at = name.p;

	weir__parse_advance(p);
	if (weir_str_caseeq(name, WEIR_STR("data")))
		return parse_use(p, code, WEIR_NAME_DATA, weir_str_n("", 0), at);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(reserved); i++)
		if (weir_str_caseeq(name, weir_str(reserved[i])))
			name = weir_str(reserved[i]);
	return parse_use(p, code, WEIR_NAME_BARE, name, at);
}

static bool parse_is_field(struct weir_str name)
{
	static const char *const fields[] = {"channel", "id", "time", "user", "client", "offset"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(fields); i++)
		if (weir_str_is(name, fields[i]))
			return true;
	return false;
}

static bool parse_more_steps(const struct parse *p)
{
	return p->rest.n && (*p->rest.p == '.' || *p->rest.p == '[');
}

/* One step, appended to `path` in its compiled form. */
static bool parse_step(struct parse *p, struct weir_buf *path)
{
	const char *at = p->rest.p;
	struct path_step step;
	int err = weir__path_step(&p->rest, &step);

	if (err == WEIR_EPARSE)
		return weir__parse_fail(p, "unterminated string", p->rest.p);
	if (err == WEIR_EUTF8)
		return weir__parse_fail(p, "not valid UTF-8", p->rest.p);
	if (err || !weir__path_append(path, &step))
		return weir__parse_fail(p, "bad path", at);
	return true;
}

static bool parse_data(struct parse *p, enum program_code code, struct weir_buf *path, const char *at)
{
	for (unsigned n = 0; parse_more_steps(p); n++) {
		if (n == PATH_STEPS)
			return weir__parse_fail(p, "bad path", p->rest.p);
		if (!parse_step(p, path))
			return false;
	}
	return parse_use(p, code, WEIR_NAME_DATA, weir_buf_view(path), at);
}

/* tags and event: one member. */
static bool parse_member(struct parse *p, enum program_code code, enum weir_name_kind kind, struct weir_buf *path)
{
	const char *at = p->rest.p;
	struct weir_str name;

	if (!parse_step(p, path))
		return false;
	name = weir_buf_view(path);
	if (name.n < 2 || *name.p != PATH_MEMBER)
		return weir__parse_fail(p, "bad path", at);
	name = weir_str_n(name.p + 2, name.n - 2);
	if (kind == WEIR_NAME_EVENT && !parse_is_field(name))
		return weir__parse_fail(p, "bad path", at);
	if (parse_more_steps(p))
		return weir__parse_fail(p, "bad path", p->rest.p);
	return parse_use(p, code, kind, name, at);
}

static bool parse_path(struct parse *p, enum program_code code)
{
	struct weir_str root = p->token.text;
	struct weir_buf path;
	bool good;

	weir_buf_init(&path, PATH_BYTES);
	if (weir_str_caseeq(root, WEIR_STR("data")))
		good = parse_data(p, code, &path, root.p);
	else
		good = parse_member(
			p, code, weir_str_caseeq(root, WEIR_STR("tags")) ? WEIR_NAME_TAG : WEIR_NAME_EVENT, &path);
	weir_buf_fini(&path);
	if (good)
		weir__parse_advance(p);
	return good;
}

/* ------------------------------------------------------------------------------------------------------------------ */

parse_types weir__parse_name(struct parse *p, enum program_code code)
{
	if (!weir__parse_count(p, p->token.text.p))
		return 0;
	if (!(p->token.type == TOKEN_PATH ? parse_path(p, code) : parse_bare(p, code)))
		return 0;
	return PARSE_ANY;
}
