/* SPDX-License-Identifier: Apache-2.0 */
/* What emulation.c (routes and streams) and emulation_input.c (what clients say) share. Worker's thread. */
#ifndef WEIR_SERVER_EMULATION_PRIV_H
#define WEIR_SERVER_EMULATION_PRIV_H

#include "weir/server/emulation.h"

struct weir__emulation_input {
	struct weir_str session, node, data;
};

/*
 * The body of a request to /emulation. Strings are spans of it or of `text`, which must have room for as many bytes
 * beforehand. NULL, or what is wrong with it. Pure.
 */
const char *weir__emulation_parse(struct weir_str body, struct weir_buf *text, struct weir__emulation_input *out);

void weir__emulation_on_input(void *ctx, struct weir_http_request *req);
/*
 * What every door asks first: is it a preflight request, may this origin come, is the body of a kind that is read? False:
 * it is answered.
 */
bool weir__emulation_enter(
	const struct weir_emulation *em, struct weir_http_request *req, const struct weir_cors *cors);
/* An error that pages of allowed origins may read. retry_after_s 0: says nothing of it. */
void weir__emulation_refuse(struct weir_http_request *req, int status, const char *why, unsigned retry_after_s);

#endif
