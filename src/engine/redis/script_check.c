/* SPDX-License-Identifier: Apache-2.0 */
/* check.lua: the command and its answer, which is untrusted. Loop's thread. */
#include <stdio.h>

#include "script_priv.h"

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_script_check(struct weir_argv *a, struct weir_str shape_key, struct weir_str key, struct weir_str shape)
{
	weir_argv_reset(a);
	weir_argv_cstr(a, "EVALSHA");
	weir_argv_cstr(a, weir_script_sha(WEIR_SCRIPT_CHECK));
	weir_argv_cstr(a, "1");
	weir_argv_str(a, shape_key);
	weir_argv_str(a, key);
	weir_argv_str(a, shape);
}

int weir_script_check_reply(const struct weir_reply *r, struct weir_check_reply *out)
{
	struct weir_fields f;
	size_t at = 0;

	*out = (struct weir_check_reply){0};
	if (!weir__fields_array(&f, r))
		return r->type == WEIR_REPLY_ERROR ? WEIR_EUNAVAILABLE : WEIR_EPARSE;
	if (!weir__fields_str(&f, &out->shape))
		return WEIR_EPARSE;
	while (f.left) {
		struct weir_str command;
		int n;

		if (!weir__fields_str(&f, &command))
			return WEIR_EPARSE;
		n = snprintf(out->missing + at, sizeof(out->missing) - at, "%s+%.*s", at ? " " : "",
			command.n < 64 ? (int)command.n : 64, command.p);
		if (n < 0 || (size_t)n >= sizeof(out->missing) - at)
			break; /* these are enough */
		at += (size_t)n;
	}
	return 0;
}
