/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the JSON codec, for the objects that join them (json_push.c). */
#ifndef WEIR_WIRE_JSON_PRIV_H
#define WEIR_WIRE_JSON_PRIV_H

#include "weir/wire/codec.h"
#include "weir/wire/json.h"

int weir__json_next(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out);
int weir__json_next_sub(
	struct weir_str *subs, struct weir_buf *scratch, struct weir_str *channel, struct weir_subscribe_command *out);
/* Are the entries of connect.subs well typed? 0 or WEIR_EPARSE. */
int weir__json_check_subs(struct weir_str subs, struct weir_buf *scratch);
void weir__json_reply(struct weir_buf *out, const struct weir_reply *r);
void weir__json_push(struct weir_buf *out, const struct weir_push *p);
void weir__json_disconnect(struct weir_buf *out, unsigned code, struct weir_str reason);
/* {"data":…,…}; `marks` may be NULL. */
void weir__json_publication(struct weir_buf *out, const struct weir_push_spec *p, struct weir_json_marks *marks);
/* mark() of frames that are text behind a fixed header. */
size_t weir__json_stream_mark(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room);

#endif
