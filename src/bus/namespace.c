/* SPDX-License-Identifier: Apache-2.0 */
/* Resolution of a channel's namespace. Built once, then read-only: any thread. */
#include "weir/bus/namespace.h"

#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/event/channel.h"

struct weir_namespaces {
	struct weir_namespace *without, *named; /* `named` is sorted by name */
	size_t count;
};

/* Of the broker's own channel, whatever is configured: who is slow gets the newest numbers. */
static const struct weir_namespace stats_namespace = {
	WEIR_NAMESPACE_QUEUE_DEFAULTS, .name = (char *)(uintptr_t) "weir", .overflow = WEIR_OVERFLOW_LATEST};

static int name_compare(struct weir_str a, struct weir_str b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	if (order)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

static int namespace_compare(const void *a, const void *b)
{
	const struct weir_namespace *x = a, *y = b;

	return name_compare(weir_str(x->name), weir_str(y->name));
}

static void namespace_fini(struct weir_namespace *ns)
{
	free(ns->name);
	free(ns->key);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_namespaces *weir_namespaces_new(struct weir_namespace *without, struct weir_namespace *named, size_t n)
{
	struct weir_namespaces *all = weir_xmalloc(sizeof(*all));

	*all = (struct weir_namespaces){without, named, n};
	if (n)
		qsort(named, n, sizeof(*named), namespace_compare);
	return all;
}

void weir_namespaces_free(struct weir_namespaces **ns)
{
	if (!*ns)
		return;
	for (size_t i = 0; i < (*ns)->count; i++)
		namespace_fini(&(*ns)->named[i]);
	namespace_fini((*ns)->without);
	free((*ns)->without);
	free((*ns)->named);
	free(*ns);
	*ns = NULL;
}

const struct weir_namespace *weir_namespaces_resolve(const struct weir_namespaces *ns, struct weir_str channel)
{
	struct weir_str name = weir_channel_namespace(channel);
	size_t low = 0, high = ns->count;

	if (!name.p)
		return ns->without;
	if (weir_channel_is_stats(channel))
		return &stats_namespace;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = name_compare(name, weir_str(ns->named[mid].name));

		if (order == 0)
			return &ns->named[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
