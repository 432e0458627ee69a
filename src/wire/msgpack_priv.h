/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the MessagePack codec. Maps of the protocol have fewer than 16 members, so their head is one byte that counts the
 * keys as they are written.
 */
#ifndef WEIR_WIRE_MSGPACK_PRIV_H
#define WEIR_WIRE_MSGPACK_PRIV_H

#include "commands_priv.h"
#include "weir/event/msgpack.h"
#include "weir/event/msgpack_read.h"
#include "weir/wire/codec.h"

int weir__msgpack_check(struct weir_str message);
int weir__msgpack_next(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out);
void weir__msgpack_reply(struct weir_buf *out, const struct weir_reply *r);
void weir__msgpack_push(struct weir_buf *out, const struct weir_push *p);

/* ---- msgpack_members.c: reading ---- */

/* As weir_members_read(), of the whole map in `map`: nil counts as absent, raw members become the bytes of their value. */
int weir__msgpack_members(struct weir_str map, const struct member_table *table, void *to);
/* The same of the value that the reader is at, which it passes. */
int weir__msgpack_read_map(struct weir_msgpack_reader *r, const struct member_table *table, void *to);
/* The next key of a map and the bytes of its value. False: none is left, or it is no str key. */
bool weir__msgpack_member(struct weir_msgpack_reader *r, uint32_t *left, struct weir_str *key, struct weir_str *value);

/* ---- msgpack_parts.c: writing ---- */

/* An empty map; the result is for the keys that follow. */
size_t weir__map_begin(struct weir_buf *out);
void weir__map_key(struct weir_buf *out, size_t map, const char *name);
void weir__map_text(struct weir_buf *out, size_t map, const char *name, struct weir_str value);
void weir__map_u64(struct weir_buf *out, size_t map, const char *name, uint64_t value);
/* These are left out when there is nothing to say. */
void weir__map_flag(struct weir_buf *out, size_t map, const char *name, bool value);
void weir__map_number(struct weir_buf *out, size_t map, const char *name, uint64_t value);
void weir__map_string(struct weir_buf *out, size_t map, const char *name, struct weir_str value);
/* JSON, as a value, or as `bin` if it has no form. */
void weir__map_json(struct weir_buf *out, size_t map, const char *name, struct weir_str json);

/* Where a frame may later be changed for one subscriber, as in struct weir_json_marks. */
struct msgpack_marks {
	size_t offset_at, offset_len;
	size_t tags_at; /* the head of the map of tags, or where the key "tags" would stand */
	bool has_tags;
};

void weir__msgpack_info(struct weir_buf *out, const struct weir_client_info *info);
/* {"data":…,"info":…,"offset":…,"channel":…,"tags":…}; the channel if it is `of_pattern`. `marks` may be NULL. */
void weir__msgpack_publication(struct weir_buf *out, const struct weir_event *e, uint64_t offset, bool of_pattern,
	struct msgpack_marks *marks);

#endif
