/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filters of subscriptions (filters.md §7): compiled from what a subscriber or its token gives, kept once per
 * worker and counted per channel, and asked about publications that go out with an answer. The fan-out asks them about
 * live ones. Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

static struct weir_filters *table(const struct weir_session *s)
{
	return s->all->worker->filters;
}

static int compile_text(struct weir_str quoted, struct weir_program **out, struct weir_buf *why)
{
	struct weir_buf text;
	int err;

	weir_buf_init(&text, SIZE_MAX / 2);
	weir_json_string_decode(&text, quoted);
	*out = NULL;
	if (text.failed)
		err = -ENOMEM;
	else
		err = text.len ? weir_filter_compile(weir_buf_view(&text), out, why) : 0;
	weir_buf_fini(&text);
	return err;
}

/* Ends a compilation. A limit of the language is, to its writer, one more thing that is wrong. */
static int intern(struct weir_session *s, int err, struct weir_program *p, struct weir_filter **out)
{
	*out = NULL;
	if (err == WEIR_ELIMIT)
		return WEIR_EINVALID;
	return err || !p ? err : weir_filters_add(table(s), &p, out);
}

static bool passes(struct weir_filters *fs, struct weir_filter *const *filters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (filters[i] && !weir_filters_pass(fs, filters[i]))
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__filter_compile(struct weir_session *s, struct weir_json v, struct weir_filter **out, struct weir_buf *why)
{
	struct weir_program *p;
	int err;

	if (v.type != WEIR_JSON_STRING)
		return weir__filter_compile_tree(s, v, out, why);
	err = compile_text(v.text, &p, why);
	return intern(s, err, p, out);
}

int weir__filter_compile_tree(
	struct weir_session *s, struct weir_json v, struct weir_filter **out, struct weir_buf *why)
{
	struct weir_program *p;
	int err = weir_filter_compile_tree(v, &p, why);

	return intern(s, err, p, out);
}

int weir__filter_of_claims(
	struct weir_session *s, const struct weir_claims *claims, struct weir_json option, struct weir_filter **out)
{
	struct weir_json tags = {
		claims->server_tags_filter.p ? WEIR_JSON_OBJECT : WEIR_JSON_NONE, claims->server_tags_filter};
	struct weir_buf why;
	int err = 0;

	*out = NULL;
	if (!option.type && !tags.type)
		return 0;
	weir_buf_init(&why, 2048);
	if (option.type && tags.type) {
		weir_buf_lit(&why, "both weir.filter and server_tags_filter");
		err = WEIR_EINVALID;
	} else {
		err = weir__filter_compile(s, option.type ? option : tags, out, &why);
	}
	if (err == WEIR_EINVALID)
		weir_slog(s->all->log, SESSION, INFO, "token refused", WEIR_F_CSTR("client", s->id),
			WEIR_F_CSTR("claim", tags.type ? "server_tags_filter" : "weir.filter"),
			WEIR_F_STR("why", weir_buf_view(&why)));
	weir_buf_fini(&why);
	return err;
}

void weir__filters_drop(struct weir_session *s, struct weir_filter *filters[WEIR_SUB_FILTERS])
{
	for (unsigned i = 0; i < WEIR_SUB_FILTERS; i++)
		weir_filters_drop(table(s), &filters[i]);
}

void weir__sub_drop_filter(struct weir_session *s, struct weir_subscription *sub, enum weir_sub_filter place)
{
	if (sub->filters[place])
		weir_filter_set_remove(&sub->entry->filters, sub->filters[place]);
	weir_filters_drop(table(s), &sub->filters[place]);
}

int weir__sub_set_filter(
	struct weir_session *s, struct weir_subscription *sub, enum weir_sub_filter place, struct weir_filter *f)
{
	int err = f ? weir_filter_set_add(&sub->entry->filters, f, (size_t)sub->ns->filter_max_distinct) : 0;

	if (err)
		return err;
	weir__sub_drop_filter(s, sub, place);
	sub->filters[place] = f ? weir_filter_ref(f) : NULL;
	return 0;
}

void weir__filters_keep(
	struct weir_session *s, struct weir_filter *const *filters, size_t n, struct weir_event_list *events)
{
	size_t kept = 0, asked = 0;

	for (size_t i = 0; i < n; i++)
		asked += filters[i] != NULL;
	if (!asked)
		return;
	for (size_t i = 0; i < events->count; i++) {
		weir_filters_event(table(s), events->events[i]);
		if (passes(table(s), filters, n))
			events->events[kept++] = events->events[i];
		else
			weir_event_unref(&events->events[i]);
	}
	events->count = kept;
	weir_filters_event(table(s), NULL);
}
