/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of Redis to replies, by hiredis' reader. Whatever arrives, memory stays bounded: a reply counts with all its
 * values (sizeof(struct weir_reply) each) and bytes, also those that it only announces. The odd case: a reply that was
 * not taken stays, so that it can be given again. One thread.
 */
#ifndef WEIR_REDIS_READER_H
#define WEIR_REDIS_READER_H

#include "reply.h"
#include "weir/base/err.h"

#define WEIR_REDIS_LINE_MAX 16384 /* bytes of a status, an error, a number */

struct weir_redis_reader;

struct weir_redis_reader *weir_redis_reader_new(size_t max_bytes); /* of one reply; NULL: no memory */
void weir_redis_reader_free(struct weir_redis_reader **r);
/* Errors are WEIR_EPARSE, WEIR_ELIMIT, -ENOMEM; they stay. */
int weir_redis_reader_feed(struct weir_redis_reader *r, const char *p, size_t n) WEIR_MUSTCHECK;
/* *reply is NULL until the next one is complete; then the same one until done(). */
int weir_redis_reader_next(struct weir_redis_reader *r, const struct weir_reply **reply) WEIR_MUSTCHECK;
void weir_redis_reader_done(struct weir_redis_reader *r);
const char *weir_redis_reader_why(const struct weir_redis_reader *r); /* of the error, for people */

#endif
