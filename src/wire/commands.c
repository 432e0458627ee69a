/* SPDX-License-Identifier: Apache-2.0 */
/* The members of commands, the same in every notation: protocol.md §4. Constant, any thread. */
#include "commands_priv.h"

static const struct weir_member command_rows[] = {{"id", WEIR_MEMBER_U32, 0},
#define X(upper, lower) {#lower, WEIR_MEMBER_OBJECT, 0},
	WEIR_METHODS(X)
#undef X
};

static const struct weir_member connect_rows[] = {
	WEIR_MEMBER(weir_connect_command, token, STRING),
	WEIR_MEMBER(weir_connect_command, name, STRING),
	WEIR_MEMBER(weir_connect_command, version, STRING),
	WEIR_MEMBER(weir_connect_command, subs, OBJECT),
	WEIR_MEMBER(weir_connect_command, data, RAW),
};

static const struct weir_member subscribe_rows[] = {
	WEIR_MEMBER(weir_subscribe_command, channel, STRING),
	WEIR_MEMBER(weir_subscribe_command, token, STRING),
	WEIR_MEMBER(weir_subscribe_command, epoch, STRING),
	WEIR_MEMBER(weir_subscribe_command, delta, STRING),
	WEIR_MEMBER(weir_subscribe_command, data, RAW),
	WEIR_MEMBER(weir_subscribe_command, tf, RAW),
	WEIR_MEMBER(weir_subscribe_command, offset, U64),
	WEIR_MEMBER(weir_subscribe_command, flag, I64),
	WEIR_MEMBER(weir_subscribe_command, type, I64),
	WEIR_MEMBER(weir_subscribe_command, recover, BOOL),
	WEIR_MEMBER(weir_subscribe_command, positioned, BOOL),
	WEIR_MEMBER(weir_subscribe_command, recoverable, BOOL),
	WEIR_MEMBER(weir_subscribe_command, join_leave, BOOL),
};

static const struct weir_member history_rows[] = {
	WEIR_MEMBER(history_members, channel, STRING),
	WEIR_MEMBER(history_members, since, OBJECT),
	WEIR_MEMBER(history_members, limit, I64),
	WEIR_MEMBER(history_members, reverse, BOOL),
};

static const struct weir_member since_rows[] = {
	WEIR_MEMBER(weir_history_command, epoch, STRING),
	WEIR_MEMBER(weir_history_command, offset, U64),
};

static const struct weir_member other_rows[] = {
	WEIR_MEMBER(weir_command, channel, STRING),
	WEIR_MEMBER(weir_command, data, RAW),
	WEIR_MEMBER(weir_command, token, STRING),
};

/* ------------------------------------------------------------------------------------------------------------------ */

#define TABLE(name) const struct member_table weir__##name##_members = {name##_rows, WEIR_ARRAY_LEN(name##_rows)}

TABLE(command);
TABLE(connect);
TABLE(subscribe);
TABLE(history);
TABLE(since);
TABLE(other);
