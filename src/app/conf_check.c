/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to hold between options, once all sources are read. Options are named without a place: two sources may have
 * set the two sides.
 */
#include <stdio.h>
#include <string.h>

#include "conf_priv.h"

#define HMAC_SECRET_BYTES 32 /* RFC 7518 §3.2: as many as HS256 has in its hash */

#define PASSWORD_BYTES 12 /* of a dashboard's, which is the key to everything */

static const struct conf_place nowhere;

static void check_pings(struct conf_loader *l)
{
	const struct weir_conf *c = l->conf;
	struct weir_buf text;

	if (c->client.ping_interval_ms <= 0)
		return;
	if (c->client.ping_interval_ms < 1000)
		weir__conf_error(l, nowhere, "client.ping_interval: expected at least 1s, or 0 for no pings");
	if (c->client.pong_timeout_ms < c->client.ping_interval_ms)
		return;
	weir_buf_init(&text, 128);
	weir__conf_write_duration(&text, c->client.pong_timeout_ms);
	weir_buf_lit(&text, " is not less than client.ping_interval, ");
	weir__conf_write_duration(&text, c->client.ping_interval_ms);
	weir__conf_error(l, nowhere, "client.pong_timeout: %.*s", WEIR_STR_FMT(weir_buf_view(&text)));
	weir_buf_fini(&text);
}

static void check_tokens(struct conf_loader *l)
{
	const struct weir_token_options options = weir_conf_token_options(l->conf);
	struct weir_token_keys *keys = NULL;
	struct weir_buf why;

	if (options.hmac_secret.n > 0 && options.hmac_secret.n < HMAC_SECRET_BYTES)
		weir__conf_warning(l, nowhere,
			"client.token.hmac_secret_key: %zu bytes can be guessed; use %d or more of random data",
			options.hmac_secret.n, HMAC_SECRET_BYTES);
	weir_buf_init(&why, 256);
	if (weir_token_keys_new(&options, &keys, &why))
		weir__conf_error(l, nowhere, "client.token: %.*s", WEIR_STR_FMT(weir_buf_view(&why)));
	weir_token_keys_free(&keys);
	weir_buf_fini(&why);
}

static void check_dashboard(struct conf_loader *l)
{
	const struct weir_conf *c = l->conf;
	size_t n = strlen(c->dashboard.password);

	if (!c->dashboard.enabled && (n || c->dashboard.insecure))
		weir__conf_warning(l, nowhere, "dashboard.%s: has no effect without dashboard.enabled",
			n ? "password" : "insecure");
	if (n && n < PASSWORD_BYTES)
		weir__conf_warning(l, nowhere,
			"dashboard.password: %zu bytes can be guessed; use %d or more, best random ones", n,
			PASSWORD_BYTES);
	if (c->dashboard.enabled && c->dashboard.insecure && strcmp(c->http_server.address, "localhost") != 0)
		weir__conf_warning(l, nowhere,
			"dashboard.insecure: whoever comes through a proxy on this machine may be let in as well; "
			"for development only");
	if (!c->prometheus.enabled && c->prometheus.require_key)
		weir__conf_warning(l, nowhere, "prometheus.require_key: has no effect without prometheus.enabled");
	if (c->prometheus.enabled && c->prometheus.require_key && !*c->http_api.key && !n)
		weir__conf_warning(l, nowhere, "prometheus.require_key: there is no http_api.key to send");
}

static void check_personal_channel(struct conf_loader *l)
{
	const struct weir_conf *c = l->conf;
	struct weir_str name = weir_str(c->client.personal_channel.namespace_name);

	if (c->client.personal_channel.enabled && name.n && !weir__conf_namespace(l, nowhere, name, false))
		weir__conf_error(l, nowhere,
			"client.subscribe_to_user_personal_channel.personal_channel_namespace: there is no namespace "
			"%s",
			name.p);
}

static void check_history(struct conf_loader *l, struct weir_namespace *ns, const char *path)
{
	bool history = weir_namespace_has_history(ns);

	if (!ns->history_meta_ttl_ms)
		ns->history_meta_ttl_ms = l->conf->channel.history_meta_ttl_ms;
	if (!history && !ns->ordered && ns->force_recovery)
		weir__conf_error(l, nowhere, "%s.force_recovery: needs history_size and history_ttl", path);
	if (!history && !ns->ordered && ns->force_positioning)
		weir__conf_error(l, nowhere, "%s.force_positioning: needs history_size and history_ttl", path);
	if (!history && (ns->history_size > 0 || ns->history_ttl_ms > 0))
		weir__conf_warning(l, nowhere, "%s.%s: has no effect without %s", path,
			ns->history_size > 0 ? "history_size" : "history_ttl",
			ns->history_size > 0 ? "history_ttl" : "history_size");
	if (history && ns->history_meta_ttl_ms < ns->history_ttl_ms)
		weir__conf_warning(l, nowhere,
			"%s.history_ttl: is longer than history_meta_ttl, which then ends the history", path);
	if (ns->delta_publish && !ns->delta_fossil)
		weir__conf_warning(l, nowhere, "%s.delta_publish: has no effect without allowed_delta_types", path);
}

static void check_namespace(struct conf_loader *l, struct weir_namespace *ns, const char *path)
{
	check_history(l, ns, path);
	weir__conf_check_queue(l, ns, path);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__conf_check(struct conf_loader *l)
{
	struct weir_conf *c = l->conf;

	check_pings(l);
	check_tokens(l);
	check_personal_channel(l);
	check_dashboard(l);
	weir__conf_check_engine(l);
	if (c->queue.total_bytes < c->client.queue_max_bytes)
		weir__conf_warning(l, nowhere, "queue.total_bytes: is less than client.queue_max_size");
	check_namespace(l, &c->channel.without_namespace, CONF_WITHOUT);
	for (size_t i = 0; i < c->channel.n_namespaces; i++) {
		char path[CONF_PATH_BYTES];

		snprintf(path, sizeof(path), CONF_NAMED ".%s", c->channel.namespaces[i].name);
		check_namespace(l, &c->channel.namespaces[i], path);
	}
}
