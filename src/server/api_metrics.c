/* SPDX-License-Identifier: Apache-2.0 */
/* The method metrics: what the broker counts and measures, and what that means. Asks the hub nothing. Worker's thread. */
#include "api_priv.h"
#include "weir/server/metrics.h"

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_request *weir__api_metrics(struct api_call *c, struct api_slot *slot)
{
	if (!c->request->api->o.metrics)
		weir__api_fail(&slot->error, WEIR_ERROR_NOT_AVAILABLE, NULL);
	return NULL;
}

void weir__api_metrics_end(struct api_call *c)
{
	struct weir_metrics m;

	weir_metrics_gather(c->request->api->o.metrics, &m);
	weir_buf_lit(&c->out, "{\"metrics\":");
	weir_metrics_json(&m, &c->out);
	weir_buf_char(&c->out, '}');
}
