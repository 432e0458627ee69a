/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are not options: sections, options that only Centrifugo has, and, for a slip of the pen, the known name
 * that is nearest. Pure, any thread.
 */
#include <limits.h>
#include <stdio.h>

#include "conf_priv.h"
#include "weir/base/mem.h"

#define NAME_BYTES 96

/* Options and sections (with all below them) of Centrifugo 6 that are not in the rows. */
static const char *const foreign[] = {
	"address",
	"admin",
	"broker",
	"channel.namespace_boundary",
	"channel.private_prefix",
	"channel.proxy",
	"channel.user_boundary",
	"channel.user_separator",
	"channel_regex",
	"auto_cache_recover",
	"force_recovery_mode",
	"client.channel_position_check_delay",
	"client.connect_code_to_unidirectional_disconnect",
	"client.connect_include_server_time",
	"client.insecure_skip_token_signature_verify",
	"client.presence_update_interval",
	"client.proxy",
	"client.subscribe_to_user_personal_channel.single_connection",
	"client.subscription_token",
	"client.token.audience_regex",
	"client.token.issuer_regex",
	"client.token.jwks_public_endpoint",
	"client.token.user_id_claim",
	"client.user_connection_limit",
	"client.user_id_http_header",
	"consumers",
	"debug",
	"emulation.handler_prefix",
	"engine.redis.force_resp2",
	"engine.redis.history_use_lists",
	"engine.redis.idempotent_result_ttl",
	"engine.redis.presence_hash_field_ttl",
	"engine.redis.presence_ttl",
	"engine.redis.presence_user_mapping",
	"engine.redis.replica_client",
	"engine.redis.sharded_pub_sub_partitions",
	"engine.redis.use_lists",
	"graphite",
	"grpc_api",
	"health",
	"http_api.disabled",
	"http_api.error_mode",
	"http_api.external",
	"http_api.handler_prefix",
	"http_api.use_open_telemetry",
	"http_server.external_tls",
	"http_server.http3",
	"http_server.internal_address",
	"http_server.internal_port",
	"http_server.internal_tls",
	"http_server.tls",
	"http_server.tls_autocert",
	"http_server.tls_external",
	"http_stream.handler_prefix",
	"log.file",
	"map",
	"node",
	"opentelemetry",
	"pid_file",
	"presence_manager",
	"prometheus",
	"proxies",
	"publish_proxy_enabled",
	"publish_proxy_name",
	"rpc",
	"shared_poll",
	"shutdown.termination_delay",
	"sse.handler_prefix",
	"sub_refresh_proxy_enabled",
	"sub_refresh_proxy_name",
	"subscribe_proxy_enabled",
	"subscribe_proxy_name",
	"subscribe_stream_proxy_bidirectional",
	"subscribe_stream_proxy_enabled",
	"subscribe_stream_proxy_name",
	"subscription_type",
	"swagger",
	"uni_grpc",
	"uni_http_stream",
	"uni_sse",
	"uni_websocket",
	"unified_proxy",
	"usage_stats",
	"websocket.compression",
	"websocket.compression_level",
	"websocket.compression_min_size",
	"websocket.compression_prepared_message_cache_size",
	"websocket.disabled",
	"websocket.handler_prefix",
	"websocket.ping_interval",
	"websocket.read_buffer_size",
	"websocket.use_write_buffer_pool",
	"websocket.write_buffer_size",
	"webtransport",
};

/* What weir is to have, too. Without it a broker would do something else than it is told. */
static const char *const planned[] = {
	"engine.redis.ack",
	"engine.redis.cluster_address",
	"engine.redis.sentinel_tls",
	"engine.redis.tail_also",
	"engine.redis.tail_from",
	"engine.redis.tls",
};

struct nearest {
	struct weir_str wanted;
	unsigned best;
	char name[NAME_BYTES];
};

static void nearest_try(struct nearest *near, struct weir_str name)
{
	unsigned d = weir_conf_edit_distance(near->wanted, name);

	if (d < near->best && name.n < sizeof(near->name)) {
		near->best = d;
		memcpy(near->name, name.p, name.n);
		near->name[name.n] = '\0';
	}
}

/* All prefixes of a row's name that are sections. */
static void nearest_try_sections(struct nearest *near, struct weir_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '.')
			nearest_try(near, weir_str_n(name.p, i));
}

/* "channel.namespaces.chat.history_sise": the part before the option's own name, with its dot; absent if not of a
 * namespace. */
static struct weir_str namespace_prefix(struct weir_str path)
{
	size_t at = path.n;

	if (!weir_str_starts(path, WEIR_STR(CONF_WITHOUT ".")) && !weir_str_starts(path, WEIR_STR(CONF_NAMED ".")))
		return WEIR_STR_NONE;
	while (at > 0 && path.p[at - 1] != '.')
		at--;
	return at == strlen(CONF_NAMED ".") ? WEIR_STR_NONE : weir_str_n(path.p, at);
}

static bool is_at_or_below(struct weir_str path, struct weir_str section)
{
	return weir_str_starts(path, section) && (path.n == section.n || path.p[section.n] == '.');
}

/* ------------------------------------------------------------------------------------------------------------------ */

unsigned weir_conf_edit_distance(struct weir_str a, struct weir_str b)
{
	unsigned row[3][NAME_BYTES + 1];
	unsigned *before = row[0], *above = row[1], *now = row[2];

	if (a.n > NAME_BYTES || b.n > NAME_BYTES)
		return UINT_MAX;
	for (unsigned k = 0; k <= b.n; k++)
		above[k] = k;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *spare = before;

		now[0] = i;
		for (unsigned k = 1; k <= b.n; k++) {
			unsigned d = above[k - 1] + (a.p[i - 1] != b.p[k - 1]);

			if (above[k] + 1 < d)
				d = above[k] + 1;
			if (now[k - 1] + 1 < d)
				d = now[k - 1] + 1;
			if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1] &&
				before[k - 2] + 1 < d)
				d = before[k - 2] + 1;
			now[k] = d;
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[b.n];
}

bool weir__conf_is_section(struct weir_str path)
{
	if (weir_str_is(path, "channel") || weir_str_is(path, CONF_WITHOUT))
		return true;
	for (size_t i = 0; i < weir__conf_rows.n; i++) {
		struct weir_str name = weir_str(weir__conf_rows.rows[i].name);

		if (path.n < name.n && is_at_or_below(name, path))
			return true;
	}
	return false;
}

void weir__conf_nearest(const char *path, bool section, struct weir_buf *out)
{
	struct weir_str whole = weir_str(path), prefix = namespace_prefix(whole);
	struct nearest near = {.wanted = whole, .best = UINT_MAX};

	if (prefix.p) {
		near.wanted = weir_str_n(whole.p + prefix.n, whole.n - prefix.n);
		for (size_t i = 0; i < weir__conf_namespace_rows.n; i++)
			nearest_try(&near, weir_str(weir__conf_namespace_rows.rows[i].name));
	} else if (section) {
		nearest_try(&near, WEIR_STR(CONF_WITHOUT));
		for (size_t i = 0; i < weir__conf_rows.n; i++)
			nearest_try_sections(&near, weir_str(weir__conf_rows.rows[i].name));
	} else {
		nearest_try(&near, WEIR_STR(CONF_NAMED));
		for (size_t i = 0; i < weir__conf_rows.n; i++)
			nearest_try(&near, weir_str(weir__conf_rows.rows[i].name));
	}
	if (near.best > 2 + near.wanted.n / 6 || near.best * 2 >= near.wanted.n)
		return;
	weir_buf_str(out, prefix);
	weir_buf_str(out, weir_str(near.name));
}

bool weir__conf_is_foreign(const char *path)
{
	struct weir_str whole = weir_str(path), prefix = namespace_prefix(whole);
	struct weir_str name = weir_str_n(whole.p + prefix.n, whole.n - prefix.n);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(foreign); i++)
		if (is_at_or_below(name, weir_str(foreign[i])))
			return true;
	return false;
}

bool weir__conf_is_planned(const char *path)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(planned); i++)
		if (is_at_or_below(weir_str(path), weir_str(planned[i])))
			return true;
	return false;
}
