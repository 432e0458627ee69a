/* SPDX-License-Identifier: Apache-2.0 */
/* The doors by their names. Pure. */
#include "door_priv.h"

static const struct weir__door_ops *const doors[] = {
	&weir__door_websocket,
	&weir__door_msgpack,
	&weir__door_sse,
	&weir__door_http_stream,
};

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__door_ops *weir__door_find(const char *name)
{
	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (strcmp(doors[i]->name, name) == 0)
			return doors[i];
	return NULL;
}
