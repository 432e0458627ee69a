/* SPDX-License-Identifier: Apache-2.0 */
/* What the names of filters mean for an event of weir (filters.md §1.1), payload paths aside. Pure, any thread. */
#ifndef WEIR_FILTER_RESOLVE_PRIV_H
#define WEIR_FILTER_RESOLVE_PRIV_H

#include "weir/event/event.h"
#include "weir/filter/filter.h"

struct weir_value weir__resolve(const struct weir_event *e, enum weir_name_kind kind, struct weir_str name);

#endif
