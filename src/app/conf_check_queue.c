/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the options of a namespace's queues work together (protocol.md §14.3, §14.4)? What can never work is an error,
 * what works for some subscriptions only, or not as it reads, is a warning.
 */
#include "conf_priv.h"
#include "weir/filter/filters.h"

#define RATE_MIN        0.001
#define QUEUE_BYTES_MIN 16384

static const struct conf_place nowhere;

/* The policy of a subscription that is not recoverable and did not ask for one. */
static enum weir_overflow queue_default(const struct weir_namespace *ns)
{
	if (ns->overflow)
		return ns->overflow;
	return ns->rate > 0 ? WEIR_OVERFLOW_LATEST : WEIR_OVERFLOW_DISCONNECT;
}

static void check_sizes(struct conf_loader *l, const struct weir_namespace *ns, const char *path)
{
	if (ns->queue > ns->queue_max)
		weir__conf_error(l, nowhere, "%s.queue: expected at most queue_max, %lld; got %lld", path,
			(long long)ns->queue_max, (long long)ns->queue);
	if (ns->queue_bytes && ns->queue_bytes < QUEUE_BYTES_MIN)
		weir__conf_error(
			l, nowhere, "%s.queue_bytes: expected at least 16KiB, or 0 for client.queue_max_size", path);
	if (ns->queue_bytes > l->conf->client.queue_max_bytes)
		weir__conf_warning(
			l, nowhere, "%s.queue_bytes: has no effect, since client.queue_max_size is less", path);
}

static void check_rates(struct conf_loader *l, const struct weir_namespace *ns, const char *path)
{
	const char *name = ns->rate > 0 && ns->rate < RATE_MIN ? "rate" : "rate_max";

	if ((ns->rate > 0 && ns->rate < RATE_MIN) || (ns->rate_max > 0 && ns->rate_max < RATE_MIN))
		weir__conf_error(l, nowhere, "%s.%s: expected at least 0.001, or 0 for no limit", path, name);
	if (ns->rate_max > 0 && ns->rate > ns->rate_max)
		weir__conf_error(l, nowhere, "%s.rate: expected at most rate_max, %.15g; got %.15g", path, ns->rate_max,
			ns->rate);
	if (ns->rate > 0 && (ns->overflow == WEIR_OVERFLOW_RESYNC || ns->overflow == WEIR_OVERFLOW_DISCONNECT))
		weir__conf_error(l, nowhere,
			"%s.rate: expected overflow latest, drop_oldest or drop_newest with it; got %s", path,
			weir_overflow_name(ns->overflow));
}

static void check_resync(struct conf_loader *l, const struct weir_namespace *ns, const char *path)
{
	if (ns->overflow != WEIR_OVERFLOW_RESYNC)
		return;
	if (!weir_namespace_has_history(ns) && !ns->ordered)
		weir__conf_error(l, nowhere, "%s.overflow: resync needs history_size and history_ttl", path);
	else if (!ns->force_recovery && !ns->allow_recovery && !ns->allow_history_for_client &&
		 !ns->allow_history_for_subscriber)
		weir__conf_warning(l, nowhere,
			"%s.overflow: resync works for recoverable subscriptions only, and neither force_recovery nor "
			"allow_recovery is set; others get disconnect",
			path);
	if (ns->queue >= l->conf->client.recovery_max_publications)
		weir__conf_warning(l, nowhere,
			"%s.queue: expected fewer than client.recovery_max_publication_limit with overflow resync: "
			"what a "
			"full queue drops cannot be recovered",
			path);
	else if (weir_namespace_has_history(ns) && ns->queue >= ns->history_size)
		weir__conf_warning(l, nowhere,
			"%s.queue: expected fewer than history_size with overflow resync: what a full queue drops "
			"cannot be "
			"recovered",
			path);
}

static void check_choice(struct conf_loader *l, const struct weir_namespace *ns, const char *path)
{
	bool latest = queue_default(ns) == WEIR_OVERFLOW_LATEST ||
		      (ns->allowed_overflow & WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_LATEST));

	if (*ns->key && !weir_filter_key_valid(weir_str(ns->key)))
		weir__conf_error(l, nowhere, "%s.key: expected a tag's name, or a path such as data.symbol", path);
	if (*ns->key && !latest)
		weir__conf_warning(l, nowhere, "%s.key: has no effect without overflow latest", path);
	if (ns->overflow && ns->allowed_overflow && !(ns->allowed_overflow & WEIR_OVERFLOW_BIT(ns->overflow)))
		weir__conf_warning(l, nowhere,
			"%s.overflow: %s is not in allowed_overflow, so a subscriber that asks for it is refused", path,
			weir_overflow_name(ns->overflow));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__conf_check_queue(struct conf_loader *l, const struct weir_namespace *ns, const char *path)
{
	check_sizes(l, ns, path);
	check_rates(l, ns, path);
	check_resync(l, ns, path);
	check_choice(l, ns, path);
}
