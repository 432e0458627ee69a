/* SPDX-License-Identifier: Apache-2.0 */
/* Interest of workers in channels and patterns, and the lists of channels made from it. The hub's thread. */
#include "interest_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/base/glob.h"
#include "weir/base/list.h"
#include "weir/event/channel.h"

struct interest_entry {
	struct weir_map_node node; /* weir_interest.channels or .patterns */
	struct weir_str name;
	uint64_t total;
	uint32_t by_worker[]; /* subscriptions; then the name's bytes */
};

static struct interest_entry *entry_of(const struct weir_map_node *n)
{
	return weir_list_entry(n, struct interest_entry, node);
}

static bool entry_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(entry_of(n)->name, *(const struct weir_str *)name);
}

static struct interest_entry *entry_find(
	const struct weir_interest *in, const struct weir_map *map, struct weir_str name)
{
	struct weir_map_node *n = weir_map_find(map, weir_hash(in->key, name), entry_eq, &name);

	return n ? entry_of(n) : NULL;
}

static struct interest_entry *entry_new(struct weir_interest *in, struct weir_str name, bool pattern)
{
	size_t counts = in->workers * sizeof(uint32_t);
	struct interest_entry *e = calloc(1, sizeof(*e) + counts + name.n);

	if (!e)
		return NULL;
	e->name = weir_str_n((char *)e->by_worker + counts, name.n);
	memcpy((char *)e->by_worker + counts, name.p, name.n);
	if (pattern && weir_patterns_add(&in->trie, e->name, e) < 0) {
		free(e);
		return NULL;
	}
	weir_map_insert(pattern ? &in->patterns : &in->channels, &e->node, weir_hash(in->key, name));
	return e;
}

static void interest_mark(struct weir_interest *in, const struct interest_entry *e)
{
	for (unsigned w = 0; w < in->workers; w++)
		if (e->by_worker[w])
			in->wanted[w] = true;
}

static void on_match(void *ctx, void *value)
{
	interest_mark(ctx, value);
}

/* ---- lists of channels ---- */

static int name_cmp(struct weir_str a, struct weir_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int by_bytes = n ? memcmp(a.p, b.p, n) : 0;

	return by_bytes ? by_bytes : (a.n > b.n) - (a.n < b.n);
}

static bool list_wants(const struct weir_channels_request *r, const struct interest_entry *e)
{
	if (!r->page)
		return !r->pattern.n || weir_glob_match(r->pattern, e->name);
	return weir_pattern_matches(r->pattern, e->name) && !weir_channel_is_stats(e->name) &&
	       name_cmp(e->name, r->after) > 0;
}

static int entry_cmp(const void *a, const void *b)
{
	return name_cmp(
		(*(const struct interest_entry *const *)a)->name, (*(const struct interest_entry *const *)b)->name);
}

/* Moves the first of a heap, whose largest name is in front, to where it belongs. */
static void heap_sink(const struct interest_entry **heap, size_t n)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		const struct interest_entry *moved = heap[i];

		if (child + 1 < n && entry_cmp(&heap[child + 1], &heap[child]) > 0)
			child++;
		if (entry_cmp(&moved, &heap[child]) >= 0)
			return;
		heap[i] = heap[child];
		heap[child] = moved;
	}
}

/* Sorting makes it one: the largest in front. */
static int entry_cmp_down(const void *a, const void *b)
{
	return entry_cmp(b, a);
}

/* The first names in order, at most `limit`: one walk, and memory for no more than that. */
static size_t list_page(const struct weir_interest *in, struct weir_channels_request *r,
	const struct interest_entry **found, size_t most)
{
	struct weir_map_node *n;
	size_t count = 0;

	weir_map_foreach (n, &in->channels) {
		const struct interest_entry *e = entry_of(n);

		if (!list_wants(r, e))
			continue;
		if (count < most) {
			found[count++] = e;
			if (count == most)
				qsort(found, count, sizeof(*found), entry_cmp_down);
			continue;
		}
		r->more = true;
		if (most && entry_cmp(&e, &found[0]) < 0) {
			found[0] = e;
			heap_sink(found, count);
		}
	}
	qsort(found, count, sizeof(*found), entry_cmp);
	return count;
}

static size_t list_all(
	const struct weir_interest *in, struct weir_channels_request *r, const struct interest_entry **found)
{
	struct weir_map_node *n;
	size_t count = 0;

	weir_map_foreach (n, &in->channels)
		if (list_wants(r, entry_of(n)))
			found[count++] = entry_of(n);
	return count;
}

static int list_copy(struct weir_channels_request *r, const struct interest_entry *const *found, size_t count)
{
	size_t names = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		names += found[i]->name.n;
	r->channels = malloc(count * sizeof(*r->channels) + names + 1);
	if (!r->channels)
		return -ENOMEM;
	at = (char *)(r->channels + count);
	for (size_t i = 0; i < count; i++) {
		memcpy(at, found[i]->name.p, found[i]->name.n);
		r->channels[i].channel = weir_str_n(at, found[i]->name.n);
		r->channels[i].clients = found[i]->total;
		at += found[i]->name.n;
	}
	r->count = count;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__interest_init(struct weir_interest *in, const struct weir_hash_key *key, unsigned workers)
{
	*in = (struct weir_interest){.key = key, .workers = workers};
	weir_map_init(&in->channels);
	weir_map_init(&in->patterns);
	weir_patterns_init(&in->trie, key);
	in->wanted = weir_xcalloc(workers, sizeof(*in->wanted));
}

void weir__interest_fini(struct weir_interest *in)
{
	struct weir_map_node *n;

	while ((n = weir_map_pop(&in->channels)))
		free(entry_of(n));
	while ((n = weir_map_pop(&in->patterns))) {
		weir_patterns_remove(&in->trie, entry_of(n)->name);
		free(entry_of(n));
	}
	weir_patterns_fini(&in->trie);
	weir_map_fini(&in->patterns);
	weir_map_fini(&in->channels);
	free(in->wanted);
	in->wanted = NULL;
}

int weir__interest_add(struct weir_interest *in, struct weir_str name, unsigned worker)
{
	bool pattern = weir_channel_is_pattern(name);
	struct interest_entry *e = entry_find(in, pattern ? &in->patterns : &in->channels, name);

	if (!e)
		e = entry_new(in, name, pattern);
	if (!e)
		return -ENOMEM;
	e->by_worker[worker]++;
	e->total++;
	in->subscriptions++;
	return 0;
}

void weir__interest_drop(struct weir_interest *in, struct weir_str name, unsigned worker)
{
	bool pattern = weir_channel_is_pattern(name);
	struct interest_entry *e = entry_find(in, pattern ? &in->patterns : &in->channels, name);

	weir_assert(e && e->by_worker[worker] > 0);
	e->by_worker[worker]--;
	in->subscriptions--;
	if (--e->total)
		return;
	if (pattern)
		weir_patterns_remove(&in->trie, e->name);
	weir_map_remove(pattern ? &in->patterns : &in->channels, &e->node);
	free(e);
}

bool weir__interest_has(const struct weir_interest *in, struct weir_str channel)
{
	return entry_find(in, &in->channels, channel) != NULL;
}

const bool *weir__interest_of(struct weir_interest *in, struct weir_str channel, bool patterns)
{
	const struct interest_entry *e = entry_find(in, &in->channels, channel);

	memset(in->wanted, 0, in->workers * sizeof(*in->wanted));
	if (e)
		interest_mark(in, e);
	if (patterns && in->trie.count)
		weir_patterns_match(&in->trie, channel, on_match, in);
	return in->wanted;
}

int weir__interest_list(const struct weir_interest *in, struct weir_channels_request *r)
{
	size_t most = r->page && r->limit < in->channels.count ? r->limit : in->channels.count;
	const struct interest_entry **found = malloc((most + 1) * sizeof(*found));
	int err;

	if (!found)
		return -ENOMEM;
	err = list_copy(r, found, r->page ? list_page(in, r, found, most) : list_all(in, r, found));
	free(found);
	return err;
}
