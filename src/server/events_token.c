/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request to /events carries its connection token: Authorization: Bearer, else ?token=. Pure, any thread. */
#include <errno.h>

#include "events_priv.h"

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__events_token(const struct weir_head *head, struct weir_buf *text, struct weir_str *token)
{
	struct weir_str header = weir_head_get(head, "Authorization"), raw, scheme;

	*token = WEIR_STR_NONE;
	if (weir_head_count(head, "Authorization") > 1)
		return WEIR_EINVALID;
	scheme = header.p ? weir_str_cut(&header, ' ') : WEIR_STR_NONE;
	if (scheme.p && weir_str_caseeq(scheme, WEIR_STR("Bearer"))) {
		*token = header.p ? weir_str_trim(header) : WEIR_STR("");
		return token->n ? 0 : WEIR_EINVALID;
	}
	raw = weir_query_get(head->query, "token");
	if (!raw.n)
		return 0; /* token= is what a page makes of no token */
	weir_buf_reset(text);
	if (!weir_buf_reserve(text, raw.n))
		return -ENOMEM;
	if (weir_percent_decode(raw, true, text->p, &text->len) < 0)
		return WEIR_EINVALID;
	*token = weir_buf_view(text);
	return 0;
}
