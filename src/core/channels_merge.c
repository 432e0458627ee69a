/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging by name. Why pages may be merged one after the other: a name among the first `limit` of all brokers has fewer
 * than that before it on each, so every broker that has it has said so. Pure, any thread.
 */
#include "weir/core/channels_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *pa, const void *pb)
{
	const struct weir_channel_count *a = pa, *b = pb;
	size_t n = a->channel.n < b->channel.n ? a->channel.n : b->channel.n;
	int by_bytes = n ? memcmp(a->channel.p, b->channel.p, n) : 0;

	return by_bytes ? by_bytes : (a->channel.n > b->channel.n) - (a->channel.n < b->channel.n);
}

/* Both in order, into `out`, whose names are still theirs. */
static size_t merge(const struct weir_channel_count *a, size_t n_a, const struct weir_channel_count *b, size_t n_b,
	struct weir_channel_count *out)
{
	size_t n = 0, i = 0, j = 0;

	while (i < n_a || j < n_b) {
		int cmp = i == n_a ? 1 : j == n_b ? -1 : by_name(&a[i], &b[j]);

		out[n] = cmp <= 0 ? a[i++] : b[j++];
		if (cmp == 0)
			out[n].clients += b[j++].clients;
		n++;
	}
	return n;
}

/* One allocation, as the request owns it. */
static struct weir_channel_count *own(const struct weir_channel_count *channels, size_t count)
{
	struct weir_channel_count *mine;
	size_t names = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		names += channels[i].channel.n;
	mine = malloc(count * sizeof(*mine) + names + 1);
	if (!mine)
		return NULL;
	at = (char *)(mine + count);
	for (size_t i = 0; i < count; i++) {
		struct weir_str name = channels[i].channel;

		if (name.n)
			memcpy(at, name.p, name.n);
		mine[i] = (struct weir_channel_count){weir_str_n(at, name.n), channels[i].clients};
		at += name.n;
	}
	return mine;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_channels_merge(
	struct weir_channels_request *r, const struct weir_channel_count *channels, size_t count, bool more)
{
	struct weir_channel_count *theirs = malloc((count + 1) * sizeof(*theirs)), *mine = NULL;
	struct weir_channel_count *all = malloc((r->count + count + 1) * sizeof(*all));
	size_t n, kept;

	if (!theirs || !all)
		goto end;
	if (count)
		memcpy(theirs, channels, count * sizeof(*theirs));
	if (count)
		qsort(theirs, count, sizeof(*theirs), by_name);
	if (r->count)
		qsort(r->channels, r->count, sizeof(*r->channels), by_name);
	n = merge(r->channels, r->count, theirs, count, all);
	kept = r->page && n > r->limit ? r->limit : n;
	mine = own(all, kept);
	if (!mine)
		goto end;
	free(r->channels);
	r->channels = mine;
	r->count = kept;
	r->more = r->more || more || kept < n;

end:
	free(theirs);
	free(all);
	return mine ? 0 : -ENOMEM;
}
