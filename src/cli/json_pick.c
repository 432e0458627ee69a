/* SPDX-License-Identifier: Apache-2.0 */
/* What both doors, the WebSocket and the HTTP API, need of JSON: members by name, and an error as text. Any thread. */
#include "json_pick_priv.h"

#define ERROR_TEXT_MAX_BYTES 65536

void weir__json_pick(struct weir_json object, const char *const names[], struct weir_json out[], size_t n)
{
	struct weir_json_iter it;
	struct weir_str name;
	struct weir_json value;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct weir_json){0};
	if (object.type != WEIR_JSON_OBJECT)
		return;
	it = weir_json_members(object);
	while (weir_json_next_member(&it, &name, &value))
		for (size_t i = 0; i < n; i++)
			if (value.type != WEIR_JSON_NULL && !out[i].type &&
				weir_json_string_is(name, weir_str(names[i])))
				out[i] = value;
}

bool weir__json_error(struct weir_json error, struct weir_buf *text, uint64_t *code)
{
	static const char *const names[] = {"code", "message", "temporary"};
	struct weir_json v[3];
	struct weir_buf message;
	uint64_t number = 0;

	weir__json_pick(error, names, v, 3);
	if (weir_json_u64(v[0], &number))
		number = 0;
	weir_buf_init(&message, ERROR_TEXT_MAX_BYTES);
	if (v[1].type == WEIR_JSON_STRING)
		weir_json_string_decode(&message, v[1].text);
	if (message.len)
		weir__append_printable(text, weir_buf_view(&message));
	else
		weir_buf_lit(text, "error");
	weir_buf_printf(text, " (%llu)", (unsigned long long)number);
	weir_buf_fini(&message);
	if (code)
		*code = number;
	return v[2].type == WEIR_JSON_TRUE || number < 100;
}

void weir__append_printable(struct weir_buf *out, struct weir_str text)
{
	for (size_t i = 0; i < text.n; i++)
		weir_buf_char(out, (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
}
