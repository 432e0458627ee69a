/* SPDX-License-Identifier: Apache-2.0 */
/* String literals and paths of the reference, the form in which it compares paths, and where its names are found. */
#include <ctype.h>

#include "reference_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static const char *const fields[] = {"channel", "id", "time", "user", "client", "offset", NULL};

static struct weir_str path_rest(struct weir_str s, size_t from)
{
	return weir_str_n(s.p + from, s.n - from);
}

struct path {
	enum weir_name_kind kind;
	size_t steps;
	struct weir_buf text;
	struct weir_str member; /* the last one; absent: an index */
};

static bool path_is_field(struct weir_str name)
{
	for (const char *const *f = fields; *f; f++)
		if (weir_str_is(name, *f))
			return true;
	return false;
}

static bool path_take(struct path *p) /* is one more step, as read, allowed? */
{
	p->steps++;
	switch (p->kind) {
	case WEIR_NAME_TAG:
		return p->steps == 1 && p->member.p && p->member.n <= REF_MAX_MEMBER;
	case WEIR_NAME_EVENT:
		return p->steps == 1 && p->member.p && path_is_field(p->member);
	default:
		return p->steps <= REF_MAX_STEPS && p->member.n <= REF_MAX_MEMBER;
	}
}

static void path_append(struct path *p, size_t index)
{
	if (!p->member.p) {
		weir_buf_printf(&p->text, "#%zu", index);
		return;
	}
	weir_buf_char(&p->text, '/');
	for (size_t i = 0; i < p->member.n; i++) {
		if (strchr("/#~", p->member.p[i]) && p->member.p[i])
			weir_buf_char(&p->text, '~');
		weir_buf_char(&p->text, p->member.p[i]);
	}
}

static size_t path_index(struct weir_str s, size_t at, size_t *index) /* returns where the digits end */
{
	for (*index = 0; at < s.n && ref_is_digit(s.p[at]); at++)
		*index = *index <= REF_MAX_INDEX ? *index * 10 + (size_t)(s.p[at] - '0') : *index;
	return at;
}

/* The step at *at, a '.' or '['. On a problem *at is where. */
static enum ref_bad path_step(struct ref_arena *a, struct weir_str s, struct path *p, size_t *at)
{
	size_t end = *at + 1, index = 0, used;
	enum ref_bad bad = REF_FINE;

	p->member = WEIR_STR_NONE;
	if (s.p[*at] == '.') {
		while (end < s.n && ref_is_word(s.p[end]))
			end++;
		p->member = weir_str_n(s.p + *at + 1, end - *at - 1);
		if (p->member.n == 0)
			return REF_BAD_PATH;
	} else {
		if (end < s.n && ref_is_digit(s.p[end])) {
			end = path_index(s, end, &index);
		} else if (end < s.n && (s.p[end] == '\'' || s.p[end] == '"')) {
			bad = ref_read_string(a, path_rest(s, end), &p->member, &used);
			end += used;
			if (bad) {
				*at = end;
				return bad;
			}
		} else {
			return REF_BAD_PATH;
		}
		if (end == s.n || s.p[end] != ']' || index > REF_MAX_INDEX)
			return REF_BAD_PATH;
		end++;
	}
	if (!path_take(p))
		return REF_BAD_PATH;
	path_append(p, index);
	*at = end;
	return REF_FINE;
}

static struct weir_value attribute(
	const struct ref_attributes *attributes, enum weir_name_kind kind, struct weir_str name)
{
	for (size_t i = 0; i < attributes->n; i++)
		if (attributes->list[i].kind == kind && weir_str_eq(attributes->list[i].name, name))
			return attributes->list[i].value;
	return ref_missing();
}

static struct weir_value attribute_bare(const struct ref_attributes *attributes, struct weir_str name)
{
	struct weir_value found;
	char lower[1024];

	weir_assert(name.n < sizeof(lower));
	for (size_t i = 0; i < name.n; i++)
		lower[i] = (char)tolower((unsigned char)name.p[i]);
	for (size_t i = 0; i < 4; i++) /* channel, id, time, user */
		if (weir_str_is(weir_str_n(lower, name.n), fields[i]))
			return attribute(attributes, WEIR_NAME_EVENT, weir_str(fields[i]));
	if (weir_str_is(weir_str_n(lower, name.n), "data"))
		return attribute(attributes, WEIR_NAME_DATA, WEIR_STR(""));
	found = attribute(attributes, WEIR_NAME_TAG, name);
	if (found.type == WEIR_VALUE_MISSING)
		found = attribute(attributes, WEIR_NAME_TAG, weir_str_n(lower, name.n));
	return found;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool ref_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ref_is_digit(c) || c == '_';
}

bool ref_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum ref_bad ref_read_string(struct ref_arena *a, struct weir_str s, struct weir_str *out, size_t *used)
{
	char quote = *s.p, *to = ref_alloc(a, s.n);
	size_t i = 1, n = 0, bytes;

	while (i < s.n) {
		bool twice = i + 1 < s.n && s.p[i + 1] == quote;

		if (s.p[i] == quote && !twice) {
			*out = weir_str_n(to, n);
			*used = i + 1;
			return REF_FINE;
		}
		if ((s.p[i] == quote || s.p[i] == '\\') && twice) {
			to[n++] = quote;
			i += 2;
			continue;
		}
		if (s.p[i] == '\\') {
			to[n++] = '\\';
			if (++i == s.n)
				break;
		}
		bytes = weir_utf8_char(path_rest(s, i));
		if (bytes == 0) {
			*used = i;
			return REF_BAD_UTF8;
		}
		memcpy(to + n, s.p + i, bytes);
		n += bytes;
		i += bytes;
	}
	*used = 0;
	return REF_BAD_STRING;
}

enum ref_bad ref_read_path(struct ref_arena *a, struct weir_str s, size_t root, struct ref_name *out, size_t *used)
{
	struct path p = {.kind = root == 5 ? WEIR_NAME_EVENT : WEIR_NAME_TAG};
	enum ref_bad bad = REF_FINE;
	size_t at = root;

	if (weir_str_caseeq(weir_str_n(s.p, root), WEIR_STR("data")))
		p.kind = WEIR_NAME_DATA;
	weir_buf_init(&p.text, 1 << 16);
	while (!bad && at < s.n && (s.p[at] == '.' || s.p[at] == '['))
		bad = path_step(a, s, &p, &at);
	*used = at;
	*out = (struct ref_name){p.kind, p.kind == WEIR_NAME_DATA ? ref_copy(a, weir_buf_view(&p.text)) : p.member};
	weir_buf_fini(&p.text);
	return bad;
}

bool ref_path_text(struct weir_str written, struct weir_buf *out)
{
	struct ref_arena a = {0};
	struct ref_name name;
	size_t used;
	bool fine = written.n > 4 && ref_read_path(&a, written, 4, &name, &used) == REF_FINE && used == written.n;

	if (fine)
		weir_buf_str(out, name.text);
	ref_arena_free(&a);
	return fine;
}

struct weir_value ref_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	(void)path;
	return kind == WEIR_NAME_BARE ? attribute_bare(ctx, name) : attribute(ctx, kind, name);
}
