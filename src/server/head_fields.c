/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking fields up, and what they say about the message as a whole (RFC 9112 §6). Where two readers could disagree on
 * where a body ends there is no body to be read: the answer is a status, and the connection is closed. Pure, any
 * thread.
 */
#include "weir/server/head.h"

#include "head_priv.h"

/* The next element of a comma-separated list, without outer blanks; absent at the end. Empty elements are given too. */
static struct weir_str list_next(struct weir_str *rest)
{
	return rest->p ? weir_str_trim(weir_str_cut(rest, ',')) : WEIR_STR_NONE;
}

static int framing_check_host(const struct weir_head *head, const char **why)
{
	static const char others[] = "-._~%!$&'()*+;=:[]";
	struct weir_str host = weir_head_get(head, "Host");
	size_t count = weir_head_count(head, "Host");

	if (count > 1 || (count == 0 && head->minor >= 1))
		return weir__head_bad(why, 400, count ? "more than one Host" : "no Host");
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) &&
			!memchr(others, c, sizeof(others) - 1))
			return weir__head_bad(why, 400, "malformed Host");
	}
	return 0;
}

static int framing_check_length(struct weir_head *head, const char **why)
{
	size_t lengths = weir_head_count(head, "Content-Length");
	size_t encodings = weir_head_count(head, "Transfer-Encoding");

	if (encodings > 0) {
		if (encodings > 1 || lengths > 0 || head->minor == 0 ||
			!weir_str_caseeq(weir_head_get(head, "Transfer-Encoding"), WEIR_STR("chunked")))
			return weir__head_bad(why, 400, "ambiguous length of the body");
		return weir__head_bad(why, 411, "chunked request bodies are not supported");
	}
	if (lengths == 0)
		return 0;
	if (lengths > 1 || weir_str_u64(weir_head_get(head, "Content-Length"), &head->content_length) != 0 ||
		head->content_length > INT64_MAX)
		return weir__head_bad(why, 400, "malformed Content-Length");
	head->has_length = true;
	return 0;
}

int weir__head_framing(struct weir_head *head, const char **why)
{
	int r = framing_check_host(head, why);

	if (r == 0)
		r = framing_check_length(head, why);
	if (r != 0)
		return r;
	head->keep_alive = !weir_head_has_token(head, "Connection", "close") &&
			   (head->minor >= 1 || weir_head_has_token(head, "Connection", "keep-alive"));
	head->upgrade = weir_head_has_token(head, "Connection", "upgrade") && weir_head_count(head, "Upgrade") > 0;
	head->expect_continue = head->minor >= 1 && weir_head_has_token(head, "Expect", "100-continue");
	return 0;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

struct weir_str weir_head_get(const struct weir_head *head, const char *name)
{
	for (size_t i = 0; i < head->n_fields; i++)
		if (weir_str_caseeq(head->fields[i].name, weir_str(name)))
			return head->fields[i].value;
	return WEIR_STR_NONE;
}

size_t weir_head_count(const struct weir_head *head, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++)
		n += weir_str_caseeq(head->fields[i].name, weir_str(name));
	return n;
}

bool weir_head_has_token(const struct weir_head *head, const char *name, const char *token)
{
	for (size_t i = 0; i < head->n_fields; i++) {
		struct weir_str rest = head->fields[i].value, item;

		if (!weir_str_caseeq(head->fields[i].name, weir_str(name)))
			continue;
		while ((item = list_next(&rest)).p)
			if (weir_str_caseeq(item, weir_str(token)))
				return true;
	}
	return false;
}
