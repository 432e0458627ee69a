/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control message (what the server API does to connections) as a MessagePack value, for the other brokers. Its
 * namespace is not sent: the receiver has its own configuration. Nor is its node: the cluster message says whom it is
 * for. Pure functions, any thread.
 */
#ifndef WEIR_REDIS_CONTROL_CODEC_H
#define WEIR_REDIS_CONTROL_CODEC_H

#include "weir/core/request.h"
#include "weir/event/msgpack.h"

#define WEIR_CONTROL_WHITELIST_MAX 16384

/* The writer's buffer fails when there is no memory, or the white list is too long. */
void weir_control_pack(msgpack_packer *pk, struct weir_buf *b, const struct weir_control *c);
/*
 * A new control message with one reference. WEIR_EPARSE (untrusted input), -ENOMEM; WEIR_ENOTFOUND: a subscribe to a channel
 * whose namespace this broker does not know.
 */
int weir_control_unpack(
	const msgpack_object *o, const struct weir_namespaces *ns, struct weir_control **c) WEIR_MUSTCHECK;

#endif
