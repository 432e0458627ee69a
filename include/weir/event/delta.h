/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delta format of Fossil (https://fossil-scm.org/home/doc/trunk/www/delta_format.wiki), as the Centrifuge SDKs
 * decode it; protocol.md §6.2. Own implementation. Pure functions, any thread.
 */
#ifndef WEIR_EVENT_DELTA_H
#define WEIR_EVENT_DELTA_H

#include "weir/base/buf.h"

/*
 * Appends a patch that turns `source` into `target`. Always possible; the caller compares its length with the target's.
 * 0 or -ENOMEM (also when the buffer's ceiling is reached: `out->failed`).
 */
int weir_delta_create(struct weir_buf *out, struct weir_str source, struct weir_str target) WEIR_MUSTCHECK;

/*
 * Appends the target. Input from strangers: refuses a copy past the source, output beyond the announced size or beyond
 * the buffer's ceiling, a wrong final size, a wrong checksum, trailing bytes.
 * 0, WEIR_EPARSE, WEIR_ECHECKSUM, WEIR_ELIMIT, -ENOMEM; on error nothing stays appended.
 */
int weir_delta_apply(struct weir_buf *out, struct weir_str source, struct weir_str delta) WEIR_MUSTCHECK;

#endif
