/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface. A handle may be neither added nor taken away inside a callback of libcurl, so what the
 * handlers ask for is kept and done at the begin of the next turn. An answer has no time limit; a peer that is gone
 * without a word is found by TCP's keepalive, where nobody above knows of pings.
 */
#include "stream_client_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <curl/curl.h>

#include "http_client_priv.h"
#include "weir/base/clock.h"
#include "weir/base/mem.h"

#define STREAM_CONNECT_MS     10000L
#define STREAM_POST_MS        10000L
#define STREAM_KEEPALIVE_S    15L
#define STREAM_WAIT_MAX_MS    1000000
#define STREAM_URL_MAX_BYTES  (1 << 20)
#define STREAM_BODY_MAX_BYTES 65536

/* One of the two requests. */
struct stream_call {
	CURL *curl;
	struct curl_slist *header;
	bool wanted, busy; /* to be added at the next turn; added */
	char error[CURL_ERROR_SIZE];
};

struct weir__stream {
	struct weir__stream_handlers h;
	char *base;
	CURLM *multi;
	struct stream_call answer, post;
	struct weir_buf body; /* of an answer that is an error */
	bool dropping, stopped;
	int signal_fd;
	const struct weir_clock *clock;
	uint64_t timer_ms; /* UINT64_MAX: none */
};

static long stream_status(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t on_stream_data(char *p, size_t size, size_t n, void *ctx)
{
	struct weir__stream *s = ctx;

	if (s->stopped || s->dropping)
		return 0; /* which makes libcurl end it */
	if (stream_status(s->answer.curl) == 200)
		s->h.on_data(s->h.ctx, weir_str_n(p, size * n));
	else
		weir_buf_append(&s->body, p, size * n);
	return s->stopped || s->dropping ? 0 : size * n;
}

static size_t on_post_data(char *p, size_t size, size_t n, void *ctx)
{
	(void)p, (void)ctx;
	return size * n;
}

static void call_header(struct stream_call *c, const char *line)
{
	struct curl_slist *list = curl_slist_append(c->header, line);

	weir_assert(list);
	c->header = list;
}

static void call_url(struct weir__stream *s, struct stream_call *c, const char *path)
{
	struct weir_buf url;

	weir_buf_init(&url, STREAM_URL_MAX_BYTES);
	weir_buf_printf(&url, "%s%s", s->base, path);
	weir_buf_char(&url, '\0');
	curl_easy_setopt(c->curl, CURLOPT_URL, url.failed ? "" : url.p);
	weir_buf_fini(&url);
}

static void call_prepare(struct weir__stream *s, struct stream_call *c, const char *path, struct weir_str body)
{
	weir_assert(!c->busy && !c->wanted);
	curl_slist_free_all(c->header);
	c->header = NULL;
	call_header(c, "Expect:");
	c->error[0] = '\0';
	c->wanted = true;
	call_url(s, c, path);
	if (body.p) {
		curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		curl_easy_setopt(c->curl, CURLOPT_COPYPOSTFIELDS, body.p);
	} else {
		curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	}
}

static void call_init(struct weir__stream *s, struct stream_call *c, curl_write_callback on_data)
{
	c->curl = curl_easy_init();
	weir_assert(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, STREAM_CONNECT_MS);
	curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPIDLE, STREAM_KEEPALIVE_S);
	curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPINTVL, STREAM_KEEPALIVE_S);
	curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "weir");
}

static void call_fini(struct weir__stream *s, struct stream_call *c)
{
	if (c->busy)
		curl_multi_remove_handle(s->multi, c->curl);
	curl_easy_cleanup(c->curl);
	curl_slist_free_all(c->header);
}

static void call_start(struct weir__stream *s, struct stream_call *c)
{
	if (!c->wanted)
		return;
	c->wanted = false;
	c->busy = true;
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->header);
	weir_assert(curl_multi_add_handle(s->multi, c->curl) == CURLM_OK);
}

static struct weir_str call_reason(const struct stream_call *c, CURLcode code)
{
	if (code == CURLE_OK)
		return WEIR_STR_NONE;
	return weir_str(c->error[0] ? c->error : curl_easy_strerror(code));
}

static void stream_ended(struct weir__stream *s, CURLcode code)
{
	struct weir__stream_end end = {.status = stream_status(s->answer.curl),
		.body = weir_buf_view(&s->body),
		.reason = s->dropping ? WEIR_STR_NONE : call_reason(&s->answer, code)};
	curl_off_t retry = 0;

	if (curl_easy_getinfo(s->answer.curl, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK && retry > 0)
		end.retry_after_s = (uint64_t)retry;
	s->answer.busy = s->answer.wanted = s->dropping = false;
	s->h.on_end(s->h.ctx, &end);
}

static void stream_done(struct weir__stream *s, CURL *curl, CURLcode code)
{
	curl_multi_remove_handle(s->multi, curl);
	if (s->stopped)
		return;
	if (curl == s->answer.curl) {
		stream_ended(s, code);
		return;
	}
	s->post.busy = false;
	s->h.on_posted(s->h.ctx, code == CURLE_OK ? stream_status(curl) : 0, call_reason(&s->post, code));
}

/* What the handlers have asked for since the last turn. */
static void stream_begin_turn(struct weir__stream *s)
{
	if (s->dropping) {
		if (s->answer.busy)
			curl_multi_remove_handle(s->multi, s->answer.curl);
		stream_ended(s, CURLE_OK);
	}
	call_start(s, &s->answer);
	call_start(s, &s->post);
}

static void stream_perform(struct weir__stream *s)
{
	const CURLMsg *m;
	int n;

	curl_multi_perform(s->multi, &n);
	while (!s->stopped && (m = curl_multi_info_read(s->multi, &n)) != NULL)
		if (m->msg == CURLMSG_DONE)
			stream_done(s, m->easy_handle, m->data.result);
}

static int stream_timeout(const struct weir__stream *s, bool wait)
{
	uint64_t now = weir_mono_ms(s->clock);

	if (!wait || s->dropping || s->answer.wanted || s->post.wanted || s->timer_ms <= now)
		return 0;
	return s->timer_ms - now < STREAM_WAIT_MAX_MS ? (int)(s->timer_ms - now) : STREAM_WAIT_MAX_MS;
}

static void stream_signalled(struct weir__stream *s, const struct curl_waitfd *fd)
{
	struct signalfd_siginfo info;

	if (fd->revents && read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		s->h.on_signal(s->h.ctx);
}

static int stream_watch_signals(struct weir__stream *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signal_fd < 0 ? -errno : 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__stream_new(const char *server, const struct weir__stream_handlers *h, struct weir__stream **out)
{
	struct weir__stream *s;
	size_t n = strlen(server);
	int err;

	*out = NULL;
	if (!weir__http_url_ok(server))
		return WEIR_EINVALID;
	while (n && server[n - 1] == '/')
		n--;
	s = weir_xcalloc(1, sizeof(*s));
	s->h = *h;
	s->base = weir_xstrndup(server, n);
	s->multi = curl_multi_init();
	weir_assert(s->multi);
	s->signal_fd = -1;
	s->clock = &weir_clock_real;
	s->timer_ms = UINT64_MAX;
	weir_buf_init(&s->body, STREAM_BODY_MAX_BYTES);
	call_init(s, &s->answer, on_stream_data);
	call_init(s, &s->post, on_post_data);
	curl_easy_setopt(s->post.curl, CURLOPT_TIMEOUT_MS, STREAM_POST_MS);
	err = h->on_signal ? stream_watch_signals(s) : 0;
	if (err)
		weir__stream_free(&s);
	*out = s;
	return err;
}

void weir__stream_free(struct weir__stream **stream)
{
	struct weir__stream *s = *stream;

	*stream = NULL;
	if (!s)
		return;
	s->stopped = true;
	call_fini(s, &s->answer);
	call_fini(s, &s->post);
	curl_multi_cleanup(s->multi);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	weir_buf_fini(&s->body);
	free(s->base);
	free(s);
}

void weir__stream_open(struct weir__stream *s, const struct weir__stream_request *r)
{
	weir_buf_reset(&s->body);
	call_prepare(s, &s->answer, r->path, r->body);
	for (const char *const *line = r->header; line && *line; line++)
		call_header(&s->answer, *line);
}

void weir__stream_drop(struct weir__stream *s)
{
	s->dropping = s->answer.busy || s->answer.wanted;
}

bool weir__stream_post(struct weir__stream *s, const char *path, struct weir_str body)
{
	if (s->post.busy || s->post.wanted)
		return false;
	call_prepare(s, &s->post, path, body);
	call_header(&s->post, "Content-Type: application/json");
	return true;
}

void weir__stream_set_timer(struct weir__stream *s, uint64_t delay_ms)
{
	s->timer_ms = delay_ms == UINT64_MAX ? delay_ms : weir_mono_ms(s->clock) + delay_ms;
}

int weir__stream_turn(struct weir__stream *s, bool wait)
{
	struct curl_waitfd fd = {.fd = s->signal_fd, .events = CURL_WAIT_POLLIN};
	CURLMcode code;

	stream_begin_turn(s);
	stream_perform(s);
	if (s->stopped)
		return 0;
	code = curl_multi_poll(s->multi, &fd, s->signal_fd >= 0 ? 1 : 0, stream_timeout(s, wait), NULL);
	if (code != CURLM_OK)
		return -EIO;
	stream_perform(s);
	if (!s->stopped)
		stream_signalled(s, &fd);
	if (s->stopped || s->timer_ms > weir_mono_ms(s->clock))
		return 0;
	s->timer_ms = UINT64_MAX;
	s->h.on_timer(s->h.ctx);
	return 0;
}

void weir__stream_stop(struct weir__stream *s)
{
	s->stopped = true;
}

int weir__stream_run(struct weir__stream *s)
{
	int err = 0;

	while (!err && !s->stopped)
		err = weir__stream_turn(s, true);
	return err;
}

int weir__stream_fd(const struct weir__stream *s)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (!s->answer.busy || curl_easy_getinfo(s->answer.curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
		return -1;
	return fd == CURL_SOCKET_BAD ? -1 : (int)fd;
}
