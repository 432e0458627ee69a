/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of a worker: programs by their bytes, and the verdict of each on the event at hand, which the event's
 * number makes old without clearing. Worker's thread.
 */
#include "filters_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "program_priv.h"
#include "resolve_priv.h"

struct weir_filter {
	struct weir_map_node node; /* in weir_filters.filters, by program */
	size_t refs;
	struct weir_program *program;
	uint64_t seq; /* of the event that `pass` is about */
	bool pass;
	struct payload_node *paths[];
};

struct filters_context {
	struct weir_filters *fs;
	const struct weir_filter *f;
	const struct weir_resolver *names; /* NULL: those of the event */
};

static struct weir_value filters_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	const struct filters_context *c = ctx;

	if (kind == WEIR_NAME_DATA)
		return weir__payload_value(&c->fs->payload, c->f->paths[path], c->fs->event);
	if (c->names)
		return c->names->resolve(c->names->ctx, kind, name, path);
	return weir__resolve(c->fs->event, kind, name);
}

static bool filters_eq(const struct weir_map_node *node, const void *key)
{
	const struct weir_filter *f = WEIR_CONTAINER_OF(node, struct weir_filter, node);

	return weir_str_eq(weir_program_bytes(f->program), *(const struct weir_str *)key);
}

static void filters_free(struct weir_filters *fs, struct weir_filter *f)
{
	for (unsigned i = 0; i < f->program->n_paths; i++)
		weir__payload_unref(&fs->payload, &f->paths[i]);
	weir_program_free(&f->program);
	free(f);
}

/* NULL: no memory, the program is freed. */
static struct weir_filter *filters_new(struct weir_filters *fs, struct weir_program *p)
{
	struct weir_filter *f = calloc(1, sizeof(*f) + p->n_paths * sizeof(f->paths[0]));

	/*
	 * The scratch of evaluations is got here, so that none of them has to. It may still hold what the last one
	 * built.
	 */
	weir_buf_reset(&fs->scratch);
	if (!f || !weir_buf_reserve(&fs->scratch, PROGRAM_BUILD_BYTES)) {
		weir_buf_reset(&fs->scratch);
		weir_program_free(&p);
		free(f);
		return NULL;
	}
	f->program = p;
	for (unsigned i = 0; i < p->n_paths; i++)
		if (weir__payload_ref(&fs->payload, weir__program_path(p, i), &f->paths[i])) {
			filters_free(fs, f);
			return NULL;
		}
	return f;
}

static void filters_count(struct weir_filters *fs, enum weir_filter_error error, bool pass)
{
	if (error)
		fs->counts.errors[error]++;
	else if (pass)
		fs->counts.pass++;
	else
		fs->counts.drop++;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_filters *weir_filters_new(const struct weir_hash_key *key)
{
	struct weir_filters *fs = weir_xcalloc(1, sizeof(*fs));

	fs->key = *key;
	weir_map_init(&fs->filters);
	weir_map_init(&fs->keys);
	weir__payload_init(&fs->payload, &fs->key);
	weir_buf_init(&fs->scratch, PROGRAM_BUILD_BYTES);
	return fs;
}

void weir_filters_free(struct weir_filters **pfs)
{
	struct weir_filters *fs = *pfs;

	*pfs = NULL;
	if (!fs)
		return;
	weir_assert(fs->filters.count == 0 && fs->keys.count == 0);
	weir_map_fini(&fs->filters);
	weir_map_fini(&fs->keys);
	weir__payload_fini(&fs->payload);
	weir_buf_fini(&fs->scratch);
	free(fs);
}

const struct weir_filter_counts *weir_filters_counts(const struct weir_filters *fs)
{
	return &fs->counts;
}

int weir_filters_add(struct weir_filters *fs, struct weir_program **p, struct weir_filter **out)
{
	struct weir_str bytes = weir_program_bytes(*p);
	uint64_t hash = weir_hash(&fs->key, bytes);
	struct weir_map_node *found = weir_map_find(&fs->filters, hash, filters_eq, &bytes);

	if (found) {
		weir_program_free(p);
		*out = weir_filter_ref(WEIR_CONTAINER_OF(found, struct weir_filter, node));
		return 0;
	}
	*out = filters_new(fs, *p);
	*p = NULL;
	if (!*out)
		return -ENOMEM;
	(*out)->refs = 1;
	weir_map_insert(&fs->filters, &(*out)->node, hash);
	return 0;
}

struct weir_filter *weir_filter_ref(struct weir_filter *f)
{
	f->refs++;
	return f;
}

void weir_filters_drop(struct weir_filters *fs, struct weir_filter **pf)
{
	struct weir_filter *f = *pf;

	*pf = NULL;
	if (!f || --f->refs > 0)
		return;
	weir_map_remove(&fs->filters, &f->node);
	filters_free(fs, f);
}

void weir_filters_event(struct weir_filters *fs, const struct weir_event *e)
{
	fs->event = e;
	fs->seq++;
	weir__payload_forget(&fs->payload);
}

struct weir_value weir_filters_value(
	struct weir_filters *fs, const struct weir_filter *f, enum weir_filter_error *error)
{
	return weir_filters_value_from(fs, f, NULL, error);
}

struct weir_value weir_filters_value_from(struct weir_filters *fs, const struct weir_filter *f,
	const struct weir_resolver *names, enum weir_filter_error *error)
{
	struct filters_context context = {fs, f, names};
	struct weir_resolver resolver = {filters_resolve, &context};

	weir_assert(fs->event);
	return weir_program_run(f->program, &resolver, &fs->scratch, error);
}

bool weir_filters_pass(struct weir_filters *fs, struct weir_filter *f)
{
	enum weir_filter_error error;
	struct weir_value v;

	weir_assert(fs->event);
	if (f->seq == fs->seq)
		return f->pass;
	v = weir_filters_value(fs, f, &error);
	if (!error && v.type != WEIR_VALUE_BOOLEAN)
		error = WEIR_FILTER_NOT_BOOLEAN;
	f->pass = !error && v.boolean;
	f->seq = fs->seq;
	filters_count(fs, error, f->pass);
	fs->counts.payload_walks = fs->payload.walks;
	return f->pass;
}
