/* SPDX-License-Identifier: Apache-2.0 */
/* What a namespace wants its publications to be (protocol.md §14.2). Any thread. */
#include "weir/bus/namespace.h"
#include "weir/event/payload.h"

/* ------------------------------------------------------------------------------------------------------------------ */

const char *weir_namespace_refuses(const struct weir_namespace *ns, const struct weir_event *e)
{
	struct weir_payload json;

	if (!e->data.p)
		return "data is missing";
	if (ns->publication_data_format == WEIR_FORMAT_BINARY)
		return NULL;
	if (!e->data.n)
		return "data is empty";
	if (ns->publication_data_format == WEIR_FORMAT_ANY)
		return NULL;
	if (e->format == WEIR_PAYLOAD_BINARY || weir_event_payload(e, WEIR_NOTATION_JSON, &json) < 0 || json.encoding.p)
		return "data must be JSON, or what JSON can say";
	if (ns->publication_data_format == WEIR_FORMAT_JSON_OBJECT && json.bytes.p[0] != '{')
		return "data must be an object";
	return NULL;
}
