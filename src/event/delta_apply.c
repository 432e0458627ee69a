/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying a patch. It comes from somebody else: the announced size is believed only as a limit, and memory grows with
 * what is really there. Pure, any thread.
 */
#include <errno.h>

#include "delta_priv.h"
#include "weir/event/delta.h"

struct delta_reader {
	const char *p, *end;
};

static int delta_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 37;
	return c == '_' ? 36 : c == '~' ? 63 : -1;
}

/* A number and the character behind it. */
static int delta_read(struct delta_reader *in, uint32_t *number, char *end)
{
	const char *begin = in->p;
	uint64_t v = 0;

	for (; in->p < in->end && delta_digit(*in->p) >= 0; in->p++) {
		v = v << 6 | (unsigned)delta_digit(*in->p);
		if (v > UINT32_MAX)
			return WEIR_EPARSE;
	}
	if (in->p == begin || in->p == in->end)
		return WEIR_EPARSE;
	*number = (uint32_t)v;
	*end = *in->p++;
	return 0;
}

static int delta_append(struct weir_buf *out, const char *p, uint32_t n)
{
	weir_buf_append(out, p, n);
	return out->failed ? -ENOMEM : 0;
}

/* What follows "<count>@": the offset and a comma. */
static int delta_copy(struct weir_buf *out, struct weir_str source, struct delta_reader *in, uint32_t n, size_t room)
{
	uint32_t from;
	char end;
	int err = delta_read(in, &from, &end);

	if (err)
		return err;
	if (end != ',' || n > room || from > source.n || n > source.n - from)
		return WEIR_EPARSE;
	return n ? delta_append(out, source.p + from, n) : 0;
}

/* What follows "<count>:": the bytes. */
static int delta_literal(struct weir_buf *out, struct delta_reader *in, uint32_t n, size_t room)
{
	const char *p = in->p;

	if (n > room || n > (size_t)(in->end - p))
		return WEIR_EPARSE;
	in->p += n;
	return delta_append(out, p, n);
}

static int delta_run(struct weir_buf *out, struct weir_str source, struct delta_reader *in)
{
	size_t begin = out->len;
	uint32_t size, n;
	char command;
	int err = delta_read(in, &size, &command);

	if (err || command != '\n')
		return WEIR_EPARSE;
	if (size > out->max - out->len)
		return WEIR_ELIMIT;
	for (;;) {
		size_t room = size - (out->len - begin);

		err = delta_read(in, &n, &command);
		if (err)
			return err;
		if (command == '@')
			err = delta_copy(out, source, in, n, room);
		else if (command == ':')
			err = delta_literal(out, in, n, room);
		else if (command != ';' || room > 0 || in->p != in->end)
			return WEIR_EPARSE;
		else
			return n == delta_checksum(weir_str_n(size ? out->p + begin : NULL, size)) ? 0 : WEIR_ECHECKSUM;
		if (err)
			return err;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_delta_apply(struct weir_buf *out, struct weir_str source, struct weir_str delta)
{
	size_t begin = out->len;
	struct delta_reader in = {.p = delta.p ? delta.p : ""};
	int err;

	in.end = in.p + delta.n;
	if (out->failed)
		return -ENOMEM;
	err = delta_run(out, source, &in);
	if (err)
		out->len = begin;
	return err;
}
