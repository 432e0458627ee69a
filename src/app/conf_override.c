/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What overrides the file: WEIR_… of the environment, where dots are _ and letters upper case, and then --set. Lists
 * are words between blanks. WEIR_CHANNEL_NAMESPACES names namespaces, which are made if the file has not got them.
 */
#include <ctype.h>
#include <stdio.h>

#include "conf_priv.h"
#include "weir/base/mem.h"

#define ENV_PREFIX     "WEIR_"
#define ENV_NAMESPACES "WEIR_CHANNEL_NAMESPACES"

/* Variables that are no options: `weir pub` and `weir sub` read them. */
static const char *const env_others[] = {"WEIR_SERVER", "WEIR_API_KEY"};

/* Is this the rest of a variable's name that stands for the option or namespace `name`? */
static bool env_is(struct weir_str variable, struct weir_str name)
{
	if (variable.n != name.n)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		c = c == '.' || c == '-' ? '_' : (char)toupper((unsigned char)c);
		if (variable.p[i] != c)
			return false;
	}
	return true;
}

static bool env_is_option(struct weir_str variable)
{
	if (!weir_str_starts(variable, WEIR_STR(ENV_PREFIX)) || weir_str_is(variable, ENV_NAMESPACES))
		return false;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(env_others); i++)
		if (weir_str_is(variable, env_others[i]))
			return false;
	return true;
}

static bool env_cut(struct weir_str *variable, struct weir_str prefix)
{
	if (variable->n <= prefix.n || !env_is(weir_str_n(variable->p, prefix.n), prefix) ||
		variable->p[prefix.n] != '_')
		return false;
	*variable = weir_str_n(variable->p + prefix.n + 1, variable->n - prefix.n - 1);
	return true;
}

static const struct conf_row *env_row(const struct conf_rows *rows, struct weir_str variable)
{
	for (size_t i = 0; i < rows->n; i++)
		if (env_is(variable, weir_str(rows->rows[i].name)))
			return &rows->rows[i];
	return NULL;
}

static void override_set(struct conf_loader *l, struct conf_place at, const struct conf_row *row, void *base,
	const char *path, struct weir_str value)
{
	struct weir_buf why;

	weir_buf_init(&why, 512);
	if (weir__conf_value_set(row, base, value, &why))
		weir__conf_error(l, at, "%s: %.*s", path, WEIR_STR_FMT(weir_buf_view(&why)));
	weir_buf_fini(&why);
}

static void env_set_in_namespace(struct conf_loader *l, struct conf_place at, const struct conf_row *row,
	struct weir_namespace *ns, struct weir_str value)
{
	char path[CONF_PATH_BYTES];

	if (ns == &l->conf->channel.without_namespace)
		snprintf(path, sizeof(path), CONF_WITHOUT ".%s", row->name);
	else
		snprintf(path, sizeof(path), CONF_NAMED ".%s.%s", ns->name, row->name);
	override_set(l, at, row, ns, path, value);
}

/* An option of a namespace that exists. Two whose names differ only in case or punctuation get it both. */
static bool env_named(struct conf_loader *l, struct conf_place at, struct weir_str variable, struct weir_str value)
{
	bool found = false;

	for (size_t i = 0; i < l->conf->channel.n_namespaces; i++) {
		struct weir_namespace *ns = &l->conf->channel.namespaces[i];
		struct weir_str rest = variable;
		const struct conf_row *row;

		if (!env_cut(&rest, weir_str(ns->name)))
			continue;
		row = env_row(&weir__conf_namespace_rows, rest);
		if (row)
			env_set_in_namespace(l, at, row, ns, value);
		found = found || row;
	}
	return found;
}

static void env_unknown(struct conf_loader *l, struct conf_place at, struct weir_str variable)
{
	const struct conf_row *best = NULL;
	unsigned best_distance = 2 + (unsigned)(variable.n / 6) + 1;

	for (size_t i = 0; i < weir__conf_rows.n && !weir__conf_report_full(l->report); i++) {
		const struct conf_row *row = &weir__conf_rows.rows[i];
		char name[CONF_PATH_BYTES];
		size_t n = (size_t)snprintf(name, sizeof(name), "%s", row->name);
		unsigned d;

		for (size_t k = 0; k < n; k++)
			name[k] = (char)(name[k] == '.' ? '_' : toupper((unsigned char)name[k]));
		d = weir_conf_edit_distance(variable, weir_str_n(name, n));
		if (d < best_distance) {
			best_distance = d;
			best = row;
		}
	}
	if (best)
		weir__conf_warning(l, at, "no option has this name; did you mean the one of %s?", best->name);
	else
		weir__conf_warning(l, at, "no option has this name; ignored");
}

/* One variable, its name without WEIR_. */
static void env_variable(struct conf_loader *l, struct conf_place at, struct weir_str variable, struct weir_str value)
{
	const struct conf_row *row = env_row(&weir__conf_rows, variable);
	struct weir_str rest = variable;

	if (row) {
		override_set(l, at, row, l->conf, row->name, value);
		return;
	}
	if (env_cut(&rest, WEIR_STR(CONF_WITHOUT))) {
		row = env_row(&weir__conf_namespace_rows, rest);
		if (row) {
			env_set_in_namespace(l, at, row, &l->conf->channel.without_namespace, value);
			return;
		}
	} else if (env_cut(&rest, WEIR_STR(CONF_NAMED)) && env_named(l, at, rest, value)) {
		return;
	}
	env_unknown(l, at, variable);
}

static void env_namespaces(struct conf_loader *l, struct weir_str names)
{
	while (names.p) {
		struct weir_str name = weir_str_cut(&names, ' ');

		if (name.n)
			(void)weir__conf_namespace(l, (struct conf_place){ENV_NAMESPACES, 0, 0}, name, true);
	}
}

/* The namespace and option that "channel.without_namespace.O" or "channel.namespaces.N.O" means; N may hold dots. */
static const struct conf_row *set_namespace_row(
	struct conf_loader *l, struct conf_place at, struct weir_str path, struct weir_namespace **ns)
{
	struct weir_str rest = path, option;
	const struct conf_row *row;
	size_t dot;

	if (weir_str_starts(path, WEIR_STR(CONF_WITHOUT "."))) {
		option = weir_str_n(path.p + strlen(CONF_WITHOUT "."), path.n - strlen(CONF_WITHOUT "."));
		*ns = &l->conf->channel.without_namespace;
		return weir__conf_row(&weir__conf_namespace_rows, option);
	}
	if (!weir_str_starts(path, WEIR_STR(CONF_NAMED ".")))
		return NULL;
	rest = weir_str_n(path.p + strlen(CONF_NAMED "."), path.n - strlen(CONF_NAMED "."));
	for (dot = rest.n; dot > 0 && rest.p[dot - 1] != '.'; dot--)
		;
	if (dot == 0)
		return NULL;
	row = weir__conf_row(&weir__conf_namespace_rows, weir_str_n(rest.p + dot, rest.n - dot));
	*ns = row ? weir__conf_namespace(l, at, weir_str_n(rest.p, dot - 1), true) : NULL;
	return row;
}

static void set_unknown(struct conf_loader *l, struct conf_place at, const char *path)
{
	struct weir_buf near;

	if (weir__conf_is_planned(path)) {
		weir__conf_error(l, at, "%s: is not supported yet", path);
		return;
	}
	weir_buf_init(&near, CONF_PATH_BYTES);
	weir__conf_nearest(path, false, &near);
	if (near.len)
		weir__conf_error(
			l, at, "%s: unknown option; did you mean %.*s?", path, WEIR_STR_FMT(weir_buf_view(&near)));
	else
		weir__conf_error(l, at, "%s: unknown option", path);
	weir_buf_fini(&near);
}

static void set_one(struct conf_loader *l, struct weir_str text)
{
	struct conf_place at = {"command line", 0, 0};
	struct weir_str value = text, path = weir_str_cut(&value, '=');
	const struct conf_row *row = weir__conf_row(&weir__conf_rows, path);
	struct weir_namespace *ns = NULL;
	char name[CONF_PATH_BYTES];

	snprintf(name, sizeof(name), "%.*s", WEIR_STR_FMT(path));
	if (!value.p) {
		weir__conf_error(l, at, "expected OPTION=VALUE, got %s", name);
		return;
	}
	if (row) {
		override_set(l, at, row, l->conf, name, value);
		return;
	}
	row = set_namespace_row(l, at, path, &ns);
	if (row && ns)
		override_set(l, at, row, ns, name, value);
	else if (!row)
		set_unknown(l, at, name);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__conf_load_environ(struct conf_loader *l)
{
	for (const char *const *e = l->src->environ; e && *e; e++) {
		struct weir_str value = weir_str(*e), variable = weir_str_cut(&value, '=');

		if (value.p && weir_str_is(variable, ENV_NAMESPACES))
			env_namespaces(l, value);
	}
	for (const char *const *e = l->src->environ; e && *e; e++) {
		struct weir_str value = weir_str(*e), variable = weir_str_cut(&value, '=');
		char name[CONF_PATH_BYTES];

		if (!value.p || !env_is_option(variable))
			continue;
		snprintf(name, sizeof(name), "%.*s", WEIR_STR_FMT(variable));
		env_variable(l, (struct conf_place){name, 0, 0},
			weir_str_n(variable.p + strlen(ENV_PREFIX), variable.n - strlen(ENV_PREFIX)), value);
	}
}

void weir__conf_load_sets(struct conf_loader *l)
{
	for (size_t i = 0; i < l->src->n_sets; i++)
		set_one(l, weir_str(l->src->sets[i]));
}
