/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing a configuration: defaults, file, environment, --set, checks, in this order. */
#include "weir/app/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf_priv.h"
#include "weir/base/mem.h"
#include "weir/event/channel.h"

static int conf_read_all(int fd, struct weir_buf *out)
{
	for (;;) {
		size_t room = CONF_FILE_BYTES + 1 - out->len;
		char *to = weir_buf_reserve(out, room < 65536 ? room : 65536);
		ssize_t n;

		if (!to)
			return -ENOMEM;
		n = read(fd, to, room < 65536 ? room : 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		if (out->len > CONF_FILE_BYTES)
			return -EFBIG;
	}
}

/* Not O_NONBLOCK: a pipe such as /dev/stdin or <(…) is a file too. */
static int conf_read_file(const char *path, struct weir_buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = conf_read_all(fd, out);
	close(fd);
	return err;
}

static int conf_load_file(struct conf_loader *l)
{
	struct conf_place file = {l->src->path, 0, 0};
	struct weir_buf text;
	int err;

	if (l->src->text.p && l->src->text.n > CONF_FILE_BYTES) {
		weir__conf_error(l, file, "larger than 1 MiB");
		return WEIR_EINVALID;
	}
	if (l->src->text.p) {
		weir__conf_load_file(l, l->src->text);
		return 0;
	}
	if (!l->src->path)
		return 0;
	weir_buf_init(&text, CONF_FILE_BYTES + 1);
	err = conf_read_file(l->src->path, &text);
	if (err == -EFBIG)
		weir__conf_error(l, file, "larger than 1 MiB");
	else if (err)
		weir__conf_error(l, file, "%s", weir_strerror(err));
	else
		weir__conf_load_file(l, weir_buf_view(&text));
	weir_buf_fini(&text);
	return err;
}

static struct weir_namespace *namespace_new(struct weir_conf *c, struct weir_str name)
{
	struct weir_namespace *ns;

	c->channel.namespaces =
		weir_xrealloc(c->channel.namespaces, (c->channel.n_namespaces + 1) * sizeof(*c->channel.namespaces));
	ns = &c->channel.namespaces[c->channel.n_namespaces++];
	*ns = (struct weir_namespace){.name = weir_xstrndup(name.p, name.n)};
	weir__conf_set_defaults(&weir__conf_namespace_rows, ns);
	return ns;
}

static void namespace_fini(struct weir_namespace *ns)
{
	free(ns->name);
	weir__conf_fini_values(&weir__conf_namespace_rows, ns);
}

static struct weir_namespace namespace_copy(const struct weir_namespace *ns)
{
	struct weir_namespace copy = *ns;

	copy.name = weir_xstrdup(ns->name);
	copy.key = weir_xstrdup(ns->key);
	return copy;
}

/* To the verifier an absent text means "not asked for"; here that is "". */
static struct weir_str conf_text(const char *s)
{
	return *s ? weir_str(s) : WEIR_STR_NONE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_conf *weir__conf_new(void)
{
	struct weir_conf *c = weir_xcalloc(1, sizeof(*c));

	weir__conf_set_defaults(&weir__conf_rows, c);
	weir__conf_set_defaults(&weir__conf_namespace_rows, &c->channel.without_namespace);
	c->channel.without_namespace.name = weir_xstrdup("");
	return c;
}

struct weir_namespace *weir__conf_namespace(
	struct conf_loader *l, struct conf_place at, struct weir_str name, bool create)
{
	struct weir_conf *c = l->conf;

	for (size_t i = 0; i < c->channel.n_namespaces; i++)
		if (weir_str_is(name, c->channel.namespaces[i].name))
			return &c->channel.namespaces[i];
	if (!create)
		return NULL;
	if (!weir_namespace_name_valid(name) || name.n > CONF_NAMESPACE_NAME_BYTES) {
		struct weir_buf quoted;

		weir_buf_init(&quoted, 256);
		weir__conf_write_quoted(&quoted, name);
		weir__conf_error(l, at, CONF_NAMED ": expected a name of 2 to %d letters, digits, - _ or ., got %.*s",
			CONF_NAMESPACE_NAME_BYTES, WEIR_STR_FMT(weir_buf_view(&quoted)));
		weir_buf_fini(&quoted);
		return NULL;
	}
	if (c->channel.n_namespaces >= CONF_NAMESPACES) {
		weir__conf_error(l, at, CONF_NAMED ": more than %d namespaces", CONF_NAMESPACES);
		return NULL;
	}
	return namespace_new(c, name);
}

int weir_conf_load(struct weir_conf **out, const struct weir_conf_source *src, struct weir_conf_report *report)
{
	struct weir_conf_source named = *src;
	struct conf_loader l = {.conf = weir__conf_new(), .src = &named, .report = report};
	unsigned errors = report->errors;
	int err;

	if (named.text.p && !named.path)
		named.path = "configuration";
	err = conf_load_file(&l);
	weir__conf_load_environ(&l);
	weir__conf_load_sets(&l);
	weir__conf_check(&l);
	if (!err && report->errors > errors)
		err = WEIR_EINVALID;
	if (err)
		weir_conf_free(&l.conf);
	*out = l.conf;
	return err;
}

void weir_conf_free(struct weir_conf **conf)
{
	struct weir_conf *c = *conf;

	if (!c)
		return;
	for (size_t i = 0; i < c->channel.n_namespaces; i++)
		namespace_fini(&c->channel.namespaces[i]);
	free(c->channel.namespaces);
	namespace_fini(&c->channel.without_namespace);
	weir__conf_fini_values(&weir__conf_rows, c);
	free(c);
	*conf = NULL;
}

void weir_conf_copy_namespaces(
	const struct weir_conf *conf, struct weir_namespace **without, struct weir_namespace **named)
{
	size_t n = conf->channel.n_namespaces;

	*without = weir_xmalloc(sizeof(**without));
	**without = namespace_copy(&conf->channel.without_namespace);
	*named = n ? weir_xcalloc(n, sizeof(**named)) : NULL;
	for (size_t i = 0; i < n; i++)
		(*named)[i] = namespace_copy(&conf->channel.namespaces[i]);
}

struct weir_token_options weir_conf_token_options(const struct weir_conf *conf)
{
	return (struct weir_token_options){
		.hmac_secret = conf_text(conf->client.token.hmac_secret_key),
		.rsa_public_key = conf_text(conf->client.token.rsa_public_key),
		.ecdsa_public_key = conf_text(conf->client.token.ecdsa_public_key),
		.audience = conf_text(conf->client.token.audience),
		.issuer = conf_text(conf->client.token.issuer),
	};
}
