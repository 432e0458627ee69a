/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs by libcurl's parser. What a WebSocket connection has no use for (user, query, fragment) is refused, not dropped.
 * Any thread.
 */
#include "ws_url_priv.h"

#include <stdlib.h>

#include <curl/curl.h>

#include "weir/base/buf.h"
#include "weir/base/mem.h"

#define URL_PATH      "/connection/websocket"
#define URL_MAX_BYTES 65536

/* "" when it is not there. */
static char *url_part(CURLU *u, CURLUPart part)
{
	char *text = NULL, *copy;

	if (curl_url_get(u, part, &text, 0) != CURLUE_OK)
		return weir_xstrdup("");
	copy = weir_xstrdup(text);
	curl_free(text);
	return copy;
}

static bool url_has(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static char *url_join(const char *a, const char *b, const char *c)
{
	struct weir_buf text;

	weir_buf_init(&text, 2 * URL_MAX_BYTES);
	weir_buf_printf(&text, "%s%s%s", a, b, c);
	weir_buf_char(&text, '\0');
	weir_assert(!text.failed);
	return text.p;
}

static int url_set_scheme(struct weir__ws_url *out, const char *scheme)
{
	out->tls = strcmp(scheme, "https") == 0 || strcmp(scheme, "wss") == 0;
	return out->tls || strcmp(scheme, "http") == 0 || strcmp(scheme, "ws") == 0 ? 0 : WEIR_EINVALID;
}

static int url_set_host(struct weir__ws_url *out, const char *host, const char *port)
{
	size_t n = strlen(host);

	out->host_header = *port ? url_join(host, ":", port) : weir_xstrdup(host);
	out->host = n > 2 && host[0] == '[' ? weir_xstrndup(host + 1, n - 2) : weir_xstrdup(host);
	out->port = *port ? atoi(port) : out->tls ? 443 : 80;
	return n && out->port > 0 ? 0 : WEIR_EINVALID;
}

static void url_set_path(struct weir__ws_url *out, char *path)
{
	for (size_t n = strlen(path); n && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	out->path = url_join(path, URL_PATH, "");
}

static int url_take_apart(struct weir__ws_url *out, CURLU *u)
{
	char *scheme = url_part(u, CURLUPART_SCHEME), *host = url_part(u, CURLUPART_HOST);
	char *port = url_part(u, CURLUPART_PORT), *path = url_part(u, CURLUPART_PATH);
	int err = url_set_scheme(out, scheme);

	if (!err)
		err = url_set_host(out, host, port);
	url_set_path(out, path);
	free(scheme);
	free(host);
	free(port);
	free(path);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__ws_url_init(struct weir__ws_url *out, const char *url)
{
	CURLU *u = curl_url();
	int err = WEIR_EINVALID;

	*out = (struct weir__ws_url){0};
	if (u && strlen(url) < URL_MAX_BYTES &&
		curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		!url_has(u, CURLUPART_USER) && !url_has(u, CURLUPART_QUERY) && !url_has(u, CURLUPART_FRAGMENT))
		err = url_take_apart(out, u);
	curl_url_cleanup(u);
	return err;
}

void weir__ws_url_fini(struct weir__ws_url *url)
{
	free(url->host);
	free(url->host_header);
	free(url->path);
	*url = (struct weir__ws_url){0};
}
