/* SPDX-License-Identifier: Apache-2.0 */
/* The tables by which every notation reads commands. */
#ifndef WEIR_WIRE_COMMANDS_PRIV_H
#define WEIR_WIRE_COMMANDS_PRIV_H

#include "weir/wire/members.h"
#include "weir/wire/message.h"

struct member_table {
	const struct weir_member *rows;
	size_t n;
};

/* As history comes, before what is in `since` is read. */
struct history_members {
	struct weir_str channel, since;
	int64_t limit;
	bool reverse;
};

extern const struct member_table weir__command_members; /* id, then the methods in the order of the enum */
extern const struct member_table weir__connect_members, weir__subscribe_members; /* of structs weir_…_command */
extern const struct member_table weir__history_members;                          /* of struct history_members */
extern const struct member_table weir__since_members;                            /* of struct weir_history_command */
extern const struct member_table weir__other_members;                            /* of struct weir_command */

#endif
