/* SPDX-License-Identifier: Apache-2.0 */
/* Shared frames and the WebSocket header in front of them. One worker's thread. */
#include "weir/bus/frame.h"

#include <stdlib.h>

#include "weir/base/mem.h"

#define WEBSOCKET_FIN 0x80u

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_frame *weir_frame_new(size_t len)
{
	struct weir_frame *f;

	if (len > UINT32_MAX)
		return NULL;
	f = malloc(sizeof(*f) + len);
	if (!f)
		return NULL;
	*f = (struct weir_frame){.refs = 1, .len = (uint32_t)len};
	return f;
}

size_t weir_websocket_header(unsigned char out[WEIR_WEBSOCKET_HEADER_MAX], unsigned opcode, uint64_t len)
{
	out[0] = (unsigned char)(WEBSOCKET_FIN | opcode);
	if (len < 126) {
		out[1] = (unsigned char)len;
		return 2;
	}
	if (len <= 0xffff) {
		out[1] = 126;
		out[2] = (unsigned char)(len >> 8);
		out[3] = (unsigned char)len;
		return 4;
	}
	out[1] = 127;
	for (int i = 0; i < 8; i++)
		out[2 + i] = (unsigned char)(len >> (56 - 8 * i));
	return WEIR_WEBSOCKET_HEADER_MAX;
}

struct weir_frame *weir_frame_websocket(unsigned opcode, struct weir_str payload)
{
	unsigned char header[WEIR_WEBSOCKET_HEADER_MAX];
	size_t n = weir_websocket_header(header, opcode, payload.n);
	struct weir_frame *f = weir_frame_new(n + payload.n);

	if (!f)
		return NULL;
	f->header = (uint8_t)n;
	memcpy(f->data, header, n);
	if (payload.n)
		memcpy(f->data + n, payload.p, payload.n);
	return f;
}

struct weir_frame *weir_frame_between(struct weir_str before, struct weir_str message, struct weir_str after)
{
	struct weir_frame *f = weir_frame_new(before.n + message.n + after.n);
	struct weir_str parts[] = {before, message, after};
	unsigned char *to;

	weir_assert(before.n <= UINT8_MAX);
	if (!f)
		return NULL;
	f->header = (uint8_t)before.n;
	to = f->data;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(parts); i++) {
		if (parts[i].n)
			memcpy(to, parts[i].p, parts[i].n);
		to += parts[i].n;
	}
	return f;
}

struct weir_frame *weir_frame_ref(struct weir_frame *f)
{
	f->refs++;
	return f;
}

void weir_frame_unref(struct weir_frame **f)
{
	if (*f && --(*f)->refs == 0)
		free(*f);
	*f = NULL;
}
