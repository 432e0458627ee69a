/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl with one easy handle: it keeps the connection and opens a new one when the broker has gone and come back. The
 * reply is bounded; redirects are not followed, they would carry the key elsewhere.
 */
#include "http_client_priv.h"

#include <errno.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "weir/base/mem.h"

#define HTTP_CONNECT_MS      5000L
#define HTTP_TOTAL_MS        30000L
#define HTTP_REPLY_MAX_BYTES (16 << 20)
#define HTTP_WAIT_FDS        4

struct weir__http {
	CURL *curl;
	CURLM *multi; /* NULL: calls block */
	bool busy;
	struct curl_slist *headers;
	char *base; /* without the last slash */
	struct weir_buf reply;
	char error[CURL_ERROR_SIZE];
};

static size_t on_http_data(char *p, size_t size, size_t n, void *ctx)
{
	struct weir__http *http = ctx;

	weir_buf_append(&http->reply, p, size * n);
	return http->reply.failed ? 0 : size * n;
}

static int http_add_header(struct weir__http *http, const char *text)
{
	struct curl_slist *list = curl_slist_append(http->headers, text);

	if (!list)
		return -ENOMEM;
	http->headers = list;
	return 0;
}

static int http_set_headers(struct weir__http *http, const char *api_key)
{
	struct weir_buf key;
	int err;

	err = http_add_header(http, "Content-Type: application/json");
	if (!err)
		err = http_add_header(http, "Expect:"); /* no waiting for 100 Continue */
	if (err || !api_key || !*api_key)
		return err;
	if (strpbrk(api_key, "\r\n"))
		return WEIR_EINVALID;
	weir_buf_init(&key, 65536);
	weir_buf_printf(&key, "X-API-Key: %s", api_key);
	weir_buf_char(&key, '\0');
	err = key.failed ? WEIR_EINVALID : http_add_header(http, key.p);
	weir_buf_fini(&key);
	return err;
}

static void http_set_options(struct weir__http *http)
{
	curl_easy_setopt(http->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, on_http_data);
	curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, http->error);
	curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS);
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, HTTP_TOTAL_MS);
	curl_easy_setopt(http->curl, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(http->curl, CURLOPT_USERAGENT, "weir");
}

static void http_set_url(struct weir__http *http, const char *path)
{
	struct weir_buf url;

	weir_buf_init(&url, 65536);
	weir_buf_printf(&url, "%s%s", http->base, path);
	weir_buf_char(&url, '\0');
	curl_easy_setopt(http->curl, CURLOPT_URL, url.failed ? "" : url.p);
	weir_buf_fini(&url);
}

static void http_prepare(struct weir__http *http, const char *path)
{
	weir_buf_reset(&http->reply);
	http->error[0] = '\0';
	http_set_url(http, path);
}

static uint64_t http_retry_after(struct weir__http *http)
{
	curl_off_t s = 0;

	return curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &s) == CURLE_OK && s > 0 ? (uint64_t)s : 0;
}

static void http_reply(struct weir__http *http, CURLcode code, struct weir__http_reply *reply)
{
	*reply = (struct weir__http_reply){0};
	if (code != CURLE_OK) {
		reply->error = http->error[0] ? http->error : curl_easy_strerror(code);
		return;
	}
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &reply->status);
	reply->body = weir_buf_view(&http->reply);
	reply->retry_after_s = http_retry_after(http);
}

/* Goes on with the request in progress; true when it has ended. */
static bool http_go_on(struct weir__http *http, struct weir__http_reply *reply)
{
	const CURLMsg *message;
	int n;

	if (!http->busy)
		return false;
	curl_multi_perform(http->multi, &n);
	message = curl_multi_info_read(http->multi, &n);
	if (!message || message->msg != CURLMSG_DONE)
		return false;
	http_reply(http, message->data.result, reply);
	curl_multi_remove_handle(http->multi, http->curl);
	http->busy = false;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__http_url_ok(const char *server)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	bool ok = u && curl_url_set(u, CURLUPART_URL, server, 0) == CURLUE_OK &&
		  curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

	curl_free(scheme);
	curl_url_cleanup(u);
	return ok;
}

int weir__http_new(const char *server, const char *api_key, struct weir__http **out)
{
	struct weir__http *http;
	size_t n = strlen(server);
	int err;

	*out = NULL;
	if (!weir__http_url_ok(server))
		return WEIR_EINVALID;
	http = weir_xcalloc(1, sizeof(*http));
	weir_buf_init(&http->reply, HTTP_REPLY_MAX_BYTES);
	while (n && server[n - 1] == '/')
		n--;
	http->base = weir_xstrndup(server, n);
	http->curl = curl_easy_init();
	err = http->curl ? http_set_headers(http, api_key) : -ENOMEM;
	if (err) {
		weir__http_free(&http);
		return err;
	}
	http_set_options(http);
	*out = http;
	return 0;
}

void weir__http_free(struct weir__http **client)
{
	struct weir__http *http = *client;

	*client = NULL;
	if (!http)
		return;
	if (http->busy)
		curl_multi_remove_handle(http->multi, http->curl);
	curl_easy_cleanup(http->curl);
	curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->headers);
	weir_buf_fini(&http->reply);
	free(http->base);
	free(http);
}

void weir__http_set_timeout(struct weir__http *http, unsigned ms)
{
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, (long)ms);
}

void weir__http_post(struct weir__http *http, const char *path, struct weir_str body, struct weir__http_reply *reply)
{
	http_prepare(http, path);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.p);
	http_reply(http, curl_easy_perform(http->curl), reply);
}

void weir__http_post_with(struct weir__http *http, const char *path, const char *const *header, struct weir_str body,
	struct weir__http_reply *reply)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (; *header; header++) {
		struct curl_slist *longer = curl_slist_append(list, *header);

		weir_assert(longer);
		list = longer;
	}
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, list);
	weir__http_post(http, path, body, reply);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
	curl_slist_free_all(list);
}

int weir__http_begin(struct weir__http *http, const char *path, struct weir_str body)
{
	weir_assert(!http->busy);
	if (!http->multi)
		http->multi = curl_multi_init();
	if (!http->multi)
		return -ENOMEM;
	http_prepare(http, path);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	if (curl_easy_setopt(http->curl, CURLOPT_COPYPOSTFIELDS, body.p) != CURLE_OK ||
		curl_multi_add_handle(http->multi, http->curl) != CURLM_OK)
		return -ENOMEM;
	http->busy = true;
	return 0;
}

bool weir__http_wait(
	struct weir__http *http, struct pollfd *fds, unsigned n, int timeout_ms, struct weir__http_reply *reply)
{
	struct curl_waitfd extra[HTTP_WAIT_FDS];

	weir_assert(n <= HTTP_WAIT_FDS);
	for (unsigned i = 0; i < n; i++) {
		extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
		fds[i].revents = 0;
	}
	if (http_go_on(http, reply))
		return true;
	if (!http->busy) {
		poll(fds, n, timeout_ms);
		return false;
	}
	curl_multi_poll(http->multi, extra, n, timeout_ms, NULL);
	for (unsigned i = 0; i < n; i++)
		fds[i].revents = extra[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0;
	return http_go_on(http, reply);
}
