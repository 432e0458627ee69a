/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options: from text into a member, as files, the environment and --set give it. A value that is
 * refused leaves the member as it was. Pure but for the allocation of strings.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "conf_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"
#include "weir/event/json.h"

static int value_refuse(const struct conf_row *row, struct weir_str text, bool in_range, struct weir_buf *why)
{
	if (!why)
		return WEIR_EINVALID;
	weir_buf_lit(why, "expected ");
	if (in_range)
		weir__conf_write_expected(row, why);
	else
		weir_buf_str(why, weir_str(row->type->expected));
	if (!row->type->secret) {
		weir_buf_lit(why, ", got ");
		weir__conf_write_quoted(why, text);
	}
	return WEIR_EINVALID;
}

static int value_bool(struct weir_str text, bool *out)
{
	if (weir_str_caseeq(text, WEIR_STR("true")))
		*out = true;
	else if (weir_str_caseeq(text, WEIR_STR("false")))
		*out = false;
	else
		return WEIR_EPARSE;
	return 0;
}

static int value_number(const struct conf_row *row, int64_t *out, struct weir_str text, struct weir_buf *why)
{
	int64_t v = 0;
	int err;

	if (row->type->kind == CONF_KIND_DURATION)
		err = weir_str_duration(text, &v);
	else if (row->type->kind == CONF_KIND_BYTES)
		err = weir_str_bytes(text, &v);
	else
		err = weir_str_i64(text, &v);
	if (err == WEIR_EPARSE)
		return value_refuse(row, text, row->type->kind == CONF_KIND_INT, why);
	if (err || v < row->min || v > row->max)
		return value_refuse(row, text, true, why);
	*out = v;
	return 0;
}

/* A number as JSON writes it, perhaps with a fraction. */
static int value_decimal(const struct conf_row *row, double *out, struct weir_str text, struct weir_buf *why)
{
	struct weir_json number;
	double v;

	if (weir_json_check(text, 0, &number, NULL) || number.type != WEIR_JSON_NUMBER)
		return value_refuse(row, text, false, why);
	if (weir_json_double(number, &v) || v < (double)row->min || v > (double)row->max)
		return value_refuse(row, text, true, why);
	*out = v == 0 ? 0 : v; /* no -0 */
	return 0;
}

static bool value_is_text(struct weir_str text)
{
	return weir_utf8_valid(text) && !(text.n && memchr(text.p, '\0', text.n));
}

static bool value_is_address(struct weir_str text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char copy[INET6_ADDRSTRLEN];

	if (text.n == 0 || weir_str_is(text, "localhost"))
		return true;
	if (text.n >= sizeof(copy) || !value_is_text(text))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

static int value_word(const struct conf_row *row, struct weir_str text)
{
	for (size_t i = 0; i < row->type->n_words; i++)
		if (weir_str_is(text, row->type->words[i]))
			return (int)i;
	return -1;
}

static uint32_t value_words(const struct conf_row *row, const struct weir_str *items, size_t n)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= 1u << value_word(row, items[i]);
	return bits;
}

/* Is it an item that this list may hold? */
static bool value_item_fits(const struct conf_row *row, struct weir_str item)
{
	if (!value_is_text(item))
		return false;
	if (row->type->kind == CONF_KIND_URLS)
		return item.n > 0;
	return row->type->kind == CONF_KIND_STRINGS || (item.n && value_word(row, item) >= 0);
}

static void value_string(char **member, struct weir_str text)
{
	free(*member);
	*member = weir_xstrndup(text.n ? text.p : "", text.n);
}

static void value_strings(struct weir_conf_strings *member, const struct weir_str *items, size_t n)
{
	for (size_t i = 0; i < member->n; i++)
		free(member->v[i]);
	free(member->v);
	*member = (struct weir_conf_strings){NULL, n};
	if (n)
		member->v = weir_xcalloc(n, sizeof(*member->v));
	for (size_t i = 0; i < n; i++)
		member->v[i] = weir_xstrndup(items[i].p, items[i].n);
}

/* An address of several hosts has commas of its own. */
static struct weir_str value_cut_url(struct weir_str *rest)
{
	if (weir_str_starts(*rest, WEIR_STR("redis+")))
		return weir_str_cut(rest, ' ');
	for (size_t i = 0; i < rest->n; i++)
		if (rest->p[i] == ',' || rest->p[i] == ' ')
			return weir_str_cut(rest, rest->p[i]);
	return weir_str_cut(rest, ' ');
}

/* Lists as a text: words between blanks. */
static int value_split(const struct conf_row *row, void *base, struct weir_str text, struct weir_buf *why)
{
	struct weir_str *items = NULL, rest = text;
	size_t n = 0;
	int err;

	while (rest.p) {
		struct weir_str item = weir_str_trim(
			row->type->kind == CONF_KIND_URLS ? value_cut_url(&rest) : weir_str_cut(&rest, ' '));

		if (item.n == 0)
			continue;
		items = weir_xrealloc(items, (n + 1) * sizeof(*items));
		items[n++] = item;
	}
	err = weir__conf_value_set_list(row, base, items, n, why);
	free(items);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__conf_value_set(const struct conf_row *row, void *base, struct weir_str text, struct weir_buf *why)
{
	void *member = (char *)base + row->offset;
	int word;

	switch (row->type->kind) {
	case CONF_KIND_BOOL:
		return value_bool(text, member) ? value_refuse(row, text, false, why) : 0;
	case CONF_KIND_INT:
	case CONF_KIND_DURATION:
	case CONF_KIND_BYTES:
		return value_number(row, member, text, why);
	case CONF_KIND_DECIMAL:
		return value_decimal(row, member, text, why);
	case CONF_KIND_STRING:
		if (!value_is_text(text))
			return value_refuse(row, text, false, why);
		value_string(member, text);
		return 0;
	case CONF_KIND_ADDRESS:
		if (!value_is_address(text))
			return value_refuse(row, text, false, why);
		value_string(member, text);
		return 0;
	case CONF_KIND_ENUM:
		word = value_word(row, text);
		if (word < 0)
			return value_refuse(row, text, true, why);
		*(int *)member = word;
		return 0;
	case CONF_KIND_STRINGS:
	case CONF_KIND_URLS:
	case CONF_KIND_WORD:
	case CONF_KIND_WORDS:
		return value_split(row, base, text, why);
	}
	return WEIR_EINVALID;
}

int weir__conf_value_set_list(
	const struct conf_row *row, void *base, const struct weir_str *items, size_t n, struct weir_buf *why)
{
	void *member = (char *)base + row->offset;

	for (size_t i = 0; i < n; i++)
		if (!value_item_fits(row, items[i]))
			return value_refuse(row, items[i], true, why);
	if (row->type->kind == CONF_KIND_WORD)
		*(bool *)member = n > 0;
	else if (row->type->kind == CONF_KIND_WORDS)
		*(uint32_t *)member = value_words(row, items, n);
	else
		value_strings(member, items, n);
	return 0;
}
