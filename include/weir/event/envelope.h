/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as brokers hand it to each other: the MessagePack array
 * [version, type, channel, bin data|nil, time_ms, id|nil, publisher|nil, tags|nil, delta]. Encoded once by the broker that
 * took the event; log and history hold the same bytes. A publisher is [user, client, conn_info|nil, chan_info|nil]; tags
 * are a map. A payload that is not JSON makes it version 2, whose array has one element more: the format. The place of the event (offset, epoch, position) is not part of it. Pure functions, any thread.
 */
#ifndef WEIR_EVENT_ENVELOPE_H
#define WEIR_EVENT_ENVELOPE_H

#include "weir/base/buf.h"
#include "weir/event/event.h"

#define WEIR_ENVELOPE_VERSION        1
#define WEIR_ENVELOPE_VERSION_FORMAT 2
#define WEIR_ENVELOPE_TAGS_MAX       1024

/* b->failed: no memory, or too many tags. */
void weir_envelope_encode(struct weir_buf *b, const struct weir_event *e);
/* A new event with one reference. WEIR_EPARSE for what is no envelope (untrusted input), -ENOMEM. */
int weir_envelope_decode(struct weir_str bytes, struct weir_event **e) WEIR_MUSTCHECK;
/* A presence entry's value: the publisher part alone. The decoded strings point into `bytes`. */
void weir_envelope_encode_info(struct weir_buf *b, const struct weir_client_info *info);
int weir_envelope_decode_info(struct weir_str bytes, struct weir_client_info *info) WEIR_MUSTCHECK;

#endif
