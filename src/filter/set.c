/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of literals. The type of x decides what the elements become, so a table is made for each type: sorted, equal
 * elements once, and the number of the first element that does not cast. The lookup tells what asking one element after
 * the other would: found before that one, it is true; else it fails. Pure, any thread.
 */
#include "build_priv.h"
#include "value_priv.h"

static int set_order(struct weir_str a, struct weir_str b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* Makes room for an entry at place `at` of those from `first` on. False: no memory. */
static bool set_insert(struct weir_buf *section, size_t at, const void *entry, size_t n)
{
	char *p = weir_buf_reserve(section, n);

	if (!p)
		return false;
	memmove(section->p + at + n, section->p + at, section->len - at);
	memcpy(section->p + at, entry, n);
	section->len += n;
	return true;
}

static void set_add_text(struct build *b, struct program_set *set, struct program_text text, unsigned element)
{
	struct weir_buf *section = &b->section[PROGRAM_SET_TEXTS];
	struct program_set_text entry = {text.at, (uint16_t)text.n, (uint16_t)element};
	const struct program_set_text *all = (const void *)section->p;
	size_t low = set->texts, high = set->texts + set->n_texts;
	struct weir_str s = weir__build_str(b, text);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = set_order(s, weir__build_str(b, (struct program_text){all[middle].at, all[middle].n}));

		if (order == 0)
			return;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	set->n_texts += set_insert(section, low * sizeof(entry), &entry, sizeof(entry));
}

/* Between which entries d belongs; true: *at is equal to it. */
static bool set_seek(
	const struct program_set_number *all, size_t low, size_t n, const struct weir_decimal *d, size_t *at)
{
	size_t high = low + n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct weir_decimal other = {all[middle].digits, all[middle].magnitude, all[middle].negative};
		int order = weir__number_compare(d, &other);

		*at = middle;
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*at = low;
	return false;
}

static void set_add_number(struct build *b, uint32_t first, uint32_t *n, const struct weir_decimal *d, unsigned element)
{
	struct weir_buf *section = &b->section[PROGRAM_SET_NUMBERS];
	struct program_set_number entry = {d->digits, d->magnitude, d->negative, (uint16_t)element};
	size_t at;

	if (!set_seek((const void *)section->p, first, *n, d, &at))
		*n += set_insert(section, at * sizeof(entry), &entry, sizeof(entry));
}

static struct weir_value set_value(const struct build *b, const struct program_const *c)
{
	if (c->type == WEIR_VALUE_STRING)
		return value_string(weir__build_str(b, c->text));
	return program_value(NULL, c);
}

/* As an element of a set that an Integer is looked for in: a Number stays one. */
static bool set_integer(const struct weir_value *v, struct weir_decimal *out)
{
	int32_t integer;

	if (v->type == WEIR_VALUE_NUMBER) {
		*out = v->number;
		return true;
	}
	if (!weir__value_integer(v, &integer))
		return false;
	*out = weir__number_integer(integer);
	return true;
}

static void set_first(uint16_t *place, unsigned element)
{
	if (*place == PROGRAM_NONE)
		*place = (uint16_t)element;
}

static void set_add_texts(struct build *b, struct program_set *set, const struct program_const *c, unsigned element)
{
	struct weir_value v = set_value(b, c);
	char room[VALUE_TEXT];
	struct weir_str text;

	if (c->type == WEIR_VALUE_STRING)
		set_add_text(b, set, c->text, element);
	else if (weir__value_string(&v, room, &text))
		set_add_text(b, set, weir__build_text(b, text), element);
}

static void set_add_boolean(
	const struct build *b, struct program_set *set, const struct program_const *c, unsigned element)
{
	struct weir_value v = set_value(b, c);
	bool boolean;

	if (weir__value_boolean(&v, &boolean))
		set_first(boolean ? &set->first_true : &set->first_false, element);
	else
		set_first(&set->boolean_fails, element);
}

/* Integers and Numbers, one behind the other in one section. */
static void set_add_numbers(struct build *b, struct program_set *set, const struct program_const *elements, unsigned n)
{
	struct weir_decimal d;

	set->integers = weir__build_n(b, PROGRAM_SET_NUMBERS);
	for (unsigned i = 0; i < n; i++) {
		struct weir_value v = set_value(b, &elements[i]);

		if (set_integer(&v, &d))
			set_add_number(b, set->integers, &set->n_integers, &d, i);
		else
			set_first(&set->integer_fails, i);
	}
	set->numbers = weir__build_n(b, PROGRAM_SET_NUMBERS);
	for (unsigned i = 0; i < n; i++) {
		struct weir_value v = set_value(b, &elements[i]);

		if (weir__value_number(&v, &d))
			set_add_number(b, set->numbers, &set->n_numbers, &d, i);
		else
			set_first(&set->number_fails, i);
	}
}

static enum set_outcome set_decide(uint16_t found, uint16_t fails)
{
	return found < fails ? SET_YES : fails == PROGRAM_NONE ? SET_NO : SET_FAILS;
}

static uint16_t set_find_text(const struct weir_program *p, const struct program_set *set, struct weir_str s)
{
	const struct program_set_text *all = program_section(p, PROGRAM_SET_TEXTS);
	size_t low = set->texts, high = set->texts + set->n_texts;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = set_order(s, program_str(p, all[middle].at, all[middle].n));

		if (order == 0)
			return all[middle].element;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return PROGRAM_NONE;
}

static uint16_t set_find_number(const struct weir_program *p, uint32_t first, uint32_t n, const struct weir_decimal *d)
{
	const struct program_set_number *all = program_section(p, PROGRAM_SET_NUMBERS);
	size_t at;

	return set_seek(all, first, n, d, &at) ? all[at].element : PROGRAM_NONE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

unsigned weir__build_set(struct build *b, const struct program_const *elements, unsigned n)
{
	struct program_set set;

	memset(&set, 0, sizeof(set));
	set.integer_fails = set.number_fails = set.boolean_fails = PROGRAM_NONE;
	set.first_true = set.first_false = PROGRAM_NONE;
	set.texts = weir__build_n(b, PROGRAM_SET_TEXTS);
	for (unsigned i = 0; i < n; i++) {
		set_add_texts(b, &set, &elements[i], i);
		set_add_boolean(b, &set, &elements[i], i);
	}
	set_add_numbers(b, &set, elements, n);
	weir_buf_append(&b->section[PROGRAM_SETS], &set, sizeof(set));
	return weir__build_n(b, PROGRAM_SETS) - 1;
}

enum set_outcome weir__set_find(const struct weir_program *p, const struct program_set *set, const struct weir_value *x)
{
	struct weir_decimal d;

	switch (x->type) {
	case WEIR_VALUE_STRING:
		return set_find_text(p, set, x->string) == PROGRAM_NONE ? SET_NO : SET_YES;
	case WEIR_VALUE_BOOLEAN:
		return set_decide(x->boolean ? set->first_true : set->first_false, set->boolean_fails);
	case WEIR_VALUE_INTEGER:
		d = weir__number_integer(x->integer);
		return set_decide(set_find_number(p, set->integers, set->n_integers, &d), set->integer_fails);
	case WEIR_VALUE_NUMBER:
		return set_decide(set_find_number(p, set->numbers, set->n_numbers, &x->number), set->number_fails);
	default:
		return SET_FAILS;
	}
}

bool weir__set_has(
	const struct weir_program *p, const struct program_set *set, const struct weir_value *x, struct weir_str text)
{
	if (set_find_text(p, set, text) != PROGRAM_NONE)
		return true;
	return x->type == WEIR_VALUE_NUMBER &&
	       set_find_number(p, set->numbers, set->n_numbers, &x->number) != PROGRAM_NONE;
}
