/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the subprotocol weir-msgpack as the lines that a JSON connection would have got. Pure. */
#ifndef WEIR_CLI_MSGPACK_TEXT_PRIV_H
#define WEIR_CLI_MSGPACK_TEXT_PRIV_H

#include "weir/base/buf.h"

/*
 * Appends a line for each map of the message. A publication's data that has no JSON form becomes what a JSON subscriber
 * gets: base64, and the tag `weir-encoding` says of what. WEIR_EPARSE, -ENOMEM.
 */
int weir__msgpack_append_text(struct weir_buf *out, struct weir_str message) WEIR_MUSTCHECK;

#endif
