/* SPDX-License-Identifier: Apache-2.0 */
/* fence.lua and prove.lua: commands and answers. Loop's thread. */
#include <inttypes.h>
#include <stdio.h>

#include "script_priv.h"

static int error_of(const struct weir_reply *r)
{
	return r->type == WEIR_REPLY_ERROR ? WEIR_EUNAVAILABLE : WEIR_EPARSE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_script_fence(struct weir_argv *a, struct weir_str key, struct weir_str pid, struct weir_str life,
	uint64_t known_g, bool force)
{
	weir__script_begin(a, WEIR_SCRIPT_FENCE, key);
	weir_argv_str(a, life);
	weir_argv_u64(a, known_g);
	weir_argv_cstr(a, force ? "1" : "0");
	weir_argv_str(a, pid);
	weir_argv_u64(a, WEIR_SCRIPT_HEAL_MS);
}

int weir_script_fence_reply(const struct weir_reply *r, struct weir_fence_reply *out)
{
	struct weir_str eb, state;
	struct weir_fields f;
	uint64_t raised;

	*out = (struct weir_fence_reply){0};
	if (!weir__fields_array(&f, r))
		return error_of(r);
	if (!weir__fields_u64(&f, &out->generation) || !weir__fields_str(&f, &eb) || !weir__epoch_copy(out->eb, eb) ||
		!weir__fields_str(&f, &state) || !weir__fields_u64(&f, &out->heal_ms) ||
		!weir__fields_position(&f, &out->last_before) || !weir__fields_u64(&f, &out->n) ||
		!weir__fields_u64(&f, &out->applied_q) || !weir__fields_u64(&f, &raised))
		return WEIR_EPARSE;
	out->healing = weir_str_is(state, "heal");
	out->raised = raised != 0;
	return 0;
}

void weir_script_report(
	struct weir_argv *a, struct weir_str key, struct weir_str pid, uint64_t generation, struct weir_position seen)
{
	char id[48];
	int n = snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, seen.generation, seen.n);

	weir__script_begin(a, WEIR_SCRIPT_PROVE, key);
	weir_argv_u64(a, generation);
	weir_argv_str(a, pid);
	weir_argv_join(a, (struct weir_str[]){weir_str_n(id, (size_t)n)}, 1); /* copied */
}

void weir_script_done(struct weir_argv *a, struct weir_str key, uint64_t generation)
{
	weir__script_begin(a, WEIR_SCRIPT_PROVE, key);
	weir_argv_u64(a, generation);
}

int weir_script_done_reply(const struct weir_reply *r, struct weir_done_reply *out)
{
	uint64_t fenced, done;
	struct weir_fields f;

	*out = (struct weir_done_reply){0};
	if (!weir__fields_array(&f, r))
		return error_of(r);
	if (!weir__fields_u64(&f, &fenced) || !weir__fields_u64(&f, &done) || !weir__fields_u64(&f, &out->wait_ms))
		return WEIR_EPARSE;
	out->fenced = fenced != 0;
	out->done = done != 0;
	return 0;
}
