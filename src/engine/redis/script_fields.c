/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the values of a script's reply one after the other. A reply is untrusted: each read says whether it was good. */
#include "script_priv.h"

static const struct weir_reply *fields_next(struct weir_fields *f)
{
	const struct weir_reply *r = f->at;

	if (f->left == 0)
		return NULL;
	f->left--;
	f->at = weir_reply_next(r);
	return r;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__fields_array(struct weir_fields *f, const struct weir_reply *r)
{
	if (r->type != WEIR_REPLY_ARRAY)
		return false;
	*f = (struct weir_fields){weir_reply_first(r), r->count};
	return true;
}

bool weir__fields_str(struct weir_fields *f, struct weir_str *out)
{
	const struct weir_reply *r = fields_next(f);

	if (!r || (r->type != WEIR_REPLY_STRING && r->type != WEIR_REPLY_STATUS))
		return false;
	*out = r->str;
	return true;
}

bool weir__fields_u64(struct weir_fields *f, uint64_t *out)
{
	const struct weir_reply *r = fields_next(f);

	if (r && r->type == WEIR_REPLY_STRING)
		return weir_str_u64(r->str, out) == 0;
	if (!r || r->type != WEIR_REPLY_INTEGER || r->integer < 0)
		return false;
	*out = (uint64_t)r->integer;
	return true;
}

bool weir__fields_position(struct weir_fields *f, struct weir_position *out)
{
	struct weir_str s;

	return weir__fields_str(f, &s) && weir__position_parse(s, out);
}

bool weir__position_parse(struct weir_str s, struct weir_position *out)
{
	struct weir_str generation = weir_str_cut(&s, '-');

	return s.p && weir_str_u64(generation, &out->generation) == 0 && weir_str_u64(s, &out->n) == 0;
}

bool weir__epoch_copy(char out[WEIR_EPOCH_MAX], struct weir_str s)
{
	if (s.n >= WEIR_EPOCH_MAX || (s.n && memchr(s.p, '\0', s.n)))
		return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}
