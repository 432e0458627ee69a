/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket under two doors: JSON in text frames (door_websocket.c), MessagePack in binary ones (door_msgpack.c). */
#ifndef WEIR_CLI_DOOR_WS_PRIV_H
#define WEIR_CLI_DOOR_WS_PRIV_H

#include "door_priv.h"

/*
 * A door that carries messages as they are. `subprotocol` NULL: none, and text frames, in which texts that wait are
 * joined; else binary ones.
 */
int weir__door_ws_open(const char *server, const char *subprotocol, const struct weir__door_handlers *h,
	struct weir__door **out) WEIR_MUSTCHECK;

#endif
