/* SPDX-License-Identifier: Apache-2.0 */
/* See the header. Lines end with LF, CR or both; an event without data is none, but its id counts. */
#include "sse_priv.h"

#define SSE_ID_MAX_BYTES 65536

static void sse_field(struct weir__sse *p, struct weir_str name, struct weir_str value)
{
	uint64_t ms;

	if (weir_str_is(name, "data")) {
		weir_buf_str(&p->data, value);
		weir_buf_char(&p->data, '\n');
	} else if (weir_str_is(name, "event")) {
		weir_buf_reset(&p->type);
		weir_buf_str(&p->type, value);
	} else if (weir_str_is(name, "id") && (!value.n || !memchr(value.p, '\0', value.n))) {
		weir_buf_reset(&p->id);
		weir_buf_str(&p->id, value);
	} else if (weir_str_is(name, "retry") && weir_str_u64(value, &ms) == 0) {
		p->retry_ms = ms;
	}
}

static void sse_clear_event(struct weir__sse *p)
{
	weir_buf_reset(&p->type);
	weir_buf_reset(&p->data);
	p->was_event = false;
}

static enum weir__sse_what sse_line(struct weir__sse *p, struct weir_str line)
{
	struct weir_str value = line, name = weir_str_cut(&value, ':');

	if (!line.n) {
		p->was_event = true;
		if (!p->data.len)
			return WEIR_SSE_MORE;
		p->data.len--; /* the last newline */
		return WEIR_SSE_EVENT;
	}
	if (!name.n)
		return WEIR_SSE_COMMENT;
	if (!value.p)
		value = WEIR_STR("");
	if (value.n && value.p[0] == ' ')
		value = weir_str_n(value.p + 1, value.n - 1);
	sse_field(p, name, value);
	return WEIR_SSE_MORE;
}

/* Moves bytes to p->line until it is whole. */
static bool sse_take_line(struct weir__sse *p, struct weir_str *in)
{
	size_t n = 0;
	bool whole;

	if (p->after_cr && in->n && in->p[0] == '\n')
		*in = weir_str_n(in->p + 1, in->n - 1);
	if (in->n)
		p->after_cr = false;
	while (n < in->n && in->p[n] != '\n' && in->p[n] != '\r')
		n++;
	weir_buf_append(&p->line, in->p, n);
	whole = n < in->n;
	if (whole)
		p->after_cr = in->p[n++] == '\r';
	*in = weir_str_n(in->p + n, in->n - n);
	return whole;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__sse_init(struct weir__sse *p, size_t max_bytes)
{
	*p = (struct weir__sse){0};
	weir_buf_init(&p->line, max_bytes);
	weir_buf_init(&p->type, max_bytes);
	weir_buf_init(&p->data, max_bytes);
	weir_buf_init(&p->id, SSE_ID_MAX_BYTES);
}

void weir__sse_fini(struct weir__sse *p)
{
	weir_buf_fini(&p->line);
	weir_buf_fini(&p->type);
	weir_buf_fini(&p->data);
	weir_buf_fini(&p->id);
}

void weir__sse_begin(struct weir__sse *p)
{
	weir_buf_reset(&p->line);
	sse_clear_event(p);
	p->after_cr = false;
}

enum weir__sse_what weir__sse_take(struct weir__sse *p, struct weir_str *in)
{
	enum weir__sse_what what = WEIR_SSE_MORE;

	if (p->was_event)
		sse_clear_event(p);
	while (what == WEIR_SSE_MORE && in->n && sse_take_line(p, in)) {
		if (p->was_event)
			sse_clear_event(p);
		if (!p->line.failed)
			what = sse_line(p, weir_buf_view(&p->line));
		if (p->line.failed || p->data.failed || p->type.failed)
			return WEIR_SSE_TOO_LONG;
		weir_buf_reset(&p->line);
	}
	return p->line.failed ? WEIR_SSE_TOO_LONG : what;
}
