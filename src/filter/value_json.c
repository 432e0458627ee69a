/* SPDX-License-Identifier: Apache-2.0 */
/* Values at the edge of the engine: how one is shown, and a Number to put in. Pure, any thread. */
#include "value_priv.h"
#include "weir/event/json.h"

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_value_append_json(struct weir_buf *out, const struct weir_value *v)
{
	char room[VALUE_TEXT];
	struct weir_str text;

	if (v->type == WEIR_VALUE_STRING)
		weir_json_append_string(out, v->string);
	else if (v->type == WEIR_VALUE_MISSING || !weir__value_string(v, room, &text))
		weir_buf_lit(out, "null");
	else
		weir_buf_str(out, text);
}

struct weir_value weir_value_of_i64(int64_t v)
{
	return value_number(weir__number_integer(v));
}
