/* SPDX-License-Identifier: Apache-2.0 */
/* One event as one line, for `weir sub`. Pure. */
#ifndef WEIR_CLI_SUB_PRINT_PRIV_H
#define WEIR_CLI_SUB_PRINT_PRIV_H

#include "weir/cli/client.h"

/*
 * `CHANNEL offset data k=v…`: "-" without an offset; a name or value that is not a plain word stands in its JSON
 * form.
 */
void weir__sub_print_plain(struct weir_buf *out, const struct weir_client_event *e);
/* The publication object, byte for byte but for `channel`, which always comes first and is the real one. */
void weir__sub_print_json(struct weir_buf *out, const struct weir_client_event *e);

/* If events were lost before this one: appends "17 events were dropped" and returns true. */
bool weir__sub_print_dropped(struct weir_buf *out, const struct weir_client_event *e);

#endif
