/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the head parser share. Pure, any thread. */
#ifndef WEIR_SERVER_HEAD_PRIV_H
#define WEIR_SERVER_HEAD_PRIV_H

#include "weir/server/head.h"

bool weir__head_is_token_char(unsigned char c); /* RFC 9110 §5.6.2 */

/*
 * What the fields say about the message as a whole: Host, length of the body, keep-alive, upgrade, expectations. 0, or
 * the status to answer.
 */
int weir__head_framing(struct weir_head *head, const char **why) WEIR_MUSTCHECK;

static inline int weir__head_bad(const char **why, int status, const char *text)
{
	*why = text;
	return status;
}

#endif
