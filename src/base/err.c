/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of error codes, and the assert that stays on in release builds. Any thread. */
#include "weir/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libuv's codes that are no errno; this layer does not know libuv, so they are written down here. */
#define ERR_UV(X)                                                   \
	X(-3000, "address family not supported")                    \
	X(-3001, "temporary failure of name resolution")            \
	X(-3002, "bad name resolution flags")                       \
	X(-3003, "name resolution cancelled")                       \
	X(-3004, "permanent failure of name resolution")            \
	X(-3005, "address family not supported by name resolution") \
	X(-3006, "no memory for name resolution")                   \
	X(-3007, "no address for this name")                        \
	X(-3008, "unknown host or service")                         \
	X(-3009, "name resolution overflow")                        \
	X(-3010, "service not available for this socket type")      \
	X(-3011, "socket type not supported")                       \
	X(-3013, "invalid name resolution hints")                   \
	X(-3014, "name resolution protocol unknown")                \
	X(-4080, "invalid character for the encoding")              \
	X(-4094, "unknown error")                                   \
	X(-4095, "end of file")

const char *weir_strerror(int err)
{
	switch (err) {
	case 0:
		return "success";
#define X(name, code, text) \
	case code:          \
		return text;
		WEIR_ERRORS(X)
#undef X
#define X(code, text) \
	case code:    \
		return text;
		ERR_UV(X)
#undef X
	default:
		return strerror(err < 0 && err > -4096 ? -err : err);
	}
}

void weir_assert_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "weir: %s:%d: assertion failed: %s\n", file, line, cond);
	abort();
}
