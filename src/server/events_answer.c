/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of /events: a status, and one line of JSON that says the same in the codes of the protocol. Worker's thread. */
#include "events_priv.h"
#include "weir/wire/json.h"

#define HEADERS "Authorization, Last-Event-ID, Cache-Control"

const struct weir_cors weir__events_get_cors = {.methods = "GET, OPTIONS", .headers = HEADERS};
const struct weir_cors weir__events_post_cors = {.methods = "POST, OPTIONS"};

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__events_status(enum weir_error_code code, bool busy)
{
	switch (code) {
	case WEIR_ERROR_UNAUTHORIZED:
	case WEIR_ERROR_TOKEN_EXPIRED:
	case WEIR_ERROR_EXPIRED:
		return 401;
	case WEIR_ERROR_PERMISSION:
		return 403;
	case WEIR_ERROR_UNKNOWN_CHANNEL:
		return 404;
	case WEIR_ERROR_TOO_MANY:
		return 429;
	case WEIR_ERROR_INTERNAL:
		return busy ? 503 : 500;
	default:
		return 400;
	}
}

void weir__events_refuse(struct weir_http_request *http, int status, enum weir_error_code code, struct weir_str message,
	struct weir_str channel, unsigned retry_after_s)
{
	struct weir_buf lines, body;

	if (!status)
		status = weir__events_status(code, retry_after_s > 0);
	weir_buf_init(&lines, 2 * http->head->size + 512);
	weir_buf_init(&body, SIZE_MAX / 2);
	weir_cors_lines(&lines, &weir__events_get_cors, http->head, false);
	if (status == 401)
		weir_buf_lit(&lines, "WWW-Authenticate: Bearer\r\n");
	if (status == 429 && !retry_after_s)
		retry_after_s = 1;
	if (retry_after_s)
		weir_buf_printf(&lines, "Retry-After: %u\r\n", retry_after_s);
	weir_buf_printf(&body, "{\"error\":{\"code\":%u,\"message\":", (unsigned)code);
	weir_json_append_string(&body, message.n ? message : weir_str(weir_error_text(code)));
	if (channel.p) {
		weir_json_key(&body, "channel");
		weir_json_append_string(&body, channel);
	}
	weir_buf_lit(&body, "}}\n");
	if (lines.failed || body.failed)
		weir_http_respond(http, 503, NULL, WEIR_STR_NONE, WEIR_STR(""));
	else
		weir_http_respond(http, status, "application/json", weir_buf_view(&lines), weir_buf_view(&body));
	weir_buf_fini(&lines);
	weir_buf_fini(&body);
}
