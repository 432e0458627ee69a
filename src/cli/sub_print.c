/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How `weir sub` shows an event. A line of text is a line: data is JSON without newlines already, tags and channels are
 * quoted where they are not plain words. Of a pattern subscription the tag `channel` is left out, the line begins with
 * it.
 */
#include "sub_print_priv.h"

#include "json_pick_priv.h"

static bool print_is_word(struct weir_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\"'=\\", s.p[i]))
			return false;
	return s.n > 0;
}

/* A JSON string: its text if that is a plain word, else as it is. */
static void print_string(struct weir_buf *out, struct weir_str quoted)
{
	struct weir_str plain = weir_json_string_plain(quoted);

	weir_buf_str(out, print_is_word(plain) ? plain : quoted);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__sub_print_plain(struct weir_buf *out, const struct weir_client_event *e)
{
	struct weir_json_iter it;
	struct weir_str name;
	struct weir_json value;

	if (print_is_word(e->channel))
		weir_buf_str(out, e->channel);
	else
		weir_json_append_string(out, e->channel);
	weir_buf_char(out, ' ');
	if (e->has_offset)
		weir_buf_u64(out, e->offset);
	else
		weir_buf_char(out, '-');
	weir_buf_char(out, ' ');
	weir_buf_str(out, e->data.type ? e->data.text : WEIR_STR("null"));
	if (e->tags.type) {
		it = weir_json_members(e->tags);
		while (weir_json_next_member(&it, &name, &value)) {
			if (value.type != WEIR_JSON_STRING || (weir_json_string_is(name, WEIR_STR("channel")) &&
								      weir_json_string_is(value.text, e->channel)))
				continue;
			weir_buf_char(out, ' ');
			print_string(out, name);
			weir_buf_char(out, '=');
			print_string(out, value.text);
		}
	}
	weir_buf_char(out, '\n');
}

void weir__sub_print_json(struct weir_buf *out, const struct weir_client_event *e)
{
	struct weir_json_iter it = weir_json_members(e->publication);
	struct weir_str name;
	struct weir_json value;

	weir_buf_lit(out, "{\"channel\":");
	weir_json_append_string(out, e->channel);
	while (weir_json_next_member(&it, &name, &value)) {
		if (weir_json_string_is(name, WEIR_STR("channel")))
			continue;
		weir_buf_char(out, ',');
		weir_buf_str(out, name);
		weir_buf_char(out, ':');
		weir_buf_str(out, value.text);
	}
	weir_buf_lit(out, "}\n");
}

bool weir__sub_print_dropped(struct weir_buf *out, const struct weir_client_event *e)
{
	static const char *const names[] = {"weir-dropped"};
	struct weir_json tag;
	struct weir_str text;
	uint64_t n;

	weir__json_pick(e->tags, names, &tag, 1);
	if (tag.type != WEIR_JSON_STRING)
		return false;
	text = weir_json_string_plain(tag.text);
	if (weir_str_u64(text, &n))
		weir_buf_lit(out, "some events were dropped, nobody knows how many");
	else if (n == 1)
		weir_buf_lit(out, "1 event was dropped");
	else
		weir_buf_printf(out, "%llu events were dropped", (unsigned long long)n);
	return true;
}
