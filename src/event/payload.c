/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads in other notations. Whoever needs a form first makes it; of two threads that do at once, one throws its own away. So
 * reading costs one load and no lock. Any thread.
 */
#include "weir/event/payload.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/base/base64.h"
#include "weir/event/convert.h"
#include "weir/event/msgpack.h"

struct weir_event_form {
	struct weir_str encoding; /* static */
	size_t n;
	char bytes[];
};

/* Behind the form's own members, so that it is one allocation. */
static struct weir_buf form_begin(size_t hint)
{
	struct weir_buf b;

	weir_buf_init(&b, UINT32_MAX);
	if (weir_buf_reserve(&b, sizeof(struct weir_event_form) + hint))
		b.len = sizeof(struct weir_event_form);
	return b;
}

/* `err`: how the conversion went, or why there was none. NULL: no memory. */
static struct weir_event_form *form_end(struct weir_buf *b, int err, struct weir_str encoding)
{
	struct weir_event_form *f = NULL, *smaller;
	size_t len = 0;

	if (err != -ENOMEM)
		f = (struct weir_event_form *)(void *)weir_buf_take(b, &len);
	weir_buf_fini(b);
	if (!f)
		return NULL;
	smaller = realloc(f, len);
	f = smaller ? smaller : f;
	f->encoding = err ? encoding : WEIR_STR_NONE;
	f->n = len - sizeof(*f);
	return f;
}

static void put_base64(struct weir_buf *b, struct weir_str bytes)
{
	weir_buf_char(b, '"');
	weir_base64_encode(b, bytes);
	weir_buf_char(b, '"');
}

static void put_bin(struct weir_buf *b, struct weir_str bytes)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, b);
	weir_msgpack_pack_bin(&pk, bytes.p ? bytes : WEIR_STR(""));
}

static struct weir_event_form *json_form(const struct weir_event *e)
{
	struct weir_buf b = form_begin(e->data.n + 32);
	struct weir_str encoding = WEIR_STR("base64");
	int err = WEIR_EINVALID;

	if (!b.failed && e->format == WEIR_PAYLOAD_MSGPACK) {
		encoding = WEIR_STR("msgpack+base64");
		err = weir_json_from_msgpack(&b, e->data);
	}
	if (err == WEIR_EINVALID)
		put_base64(&b, e->data);
	return form_end(&b, err, encoding);
}

static struct weir_event_form *msgpack_form(const struct weir_event *e)
{
	struct weir_buf b = form_begin(e->data.n + 16);
	struct weir_str encoding = WEIR_STR("binary");
	int err = WEIR_EINVALID;

	if (!b.failed && e->format == WEIR_PAYLOAD_JSON) {
		encoding = WEIR_STR("json");
		err = weir_msgpack_from_json(&b, e->data);
	}
	if (err == WEIR_EINVALID)
		put_bin(&b, e->data);
	return form_end(&b, err, encoding);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_event_payload(const struct weir_event *e, enum weir_notation n, struct weir_payload *out)
{
	/* The event is immutable to all but this. */
	_Atomic(struct weir_event_form *) *slot = &((struct weir_event *)(uintptr_t)e)->forms[n];
	struct weir_event_form *f, *other = NULL;

	if (e->format == (n == WEIR_NOTATION_JSON ? WEIR_PAYLOAD_JSON : WEIR_PAYLOAD_MSGPACK)) {
		*out = (struct weir_payload){e->data, WEIR_STR_NONE};
		return 0;
	}
	f = atomic_load_explicit(slot, memory_order_acquire);
	if (!f) {
		f = n == WEIR_NOTATION_JSON ? json_form(e) : msgpack_form(e);
		if (!f)
			return -ENOMEM;
		if (!atomic_compare_exchange_strong_explicit(
			    slot, &other, f, memory_order_acq_rel, memory_order_acquire)) {
			free(f);
			f = other;
		}
	}
	*out = (struct weir_payload){weir_str_n(f->bytes, f->n), f->encoding};
	return 0;
}
