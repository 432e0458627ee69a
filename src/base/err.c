/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of error codes, and the assert that stays on in release builds. Any thread. */
#include "weir/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *weir_strerror(int err)
{
	switch (err) {
	case 0:
		return "success";
#define X(name, code, text) \
	case code: \
		return text;
		WEIR_ERRORS(X)
#undef X
	default:
		return strerror(err < 0 ? -err : err);
	}
}

void weir_assert_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "weir: %s:%d: assertion failed: %s\n", file, line, cond);
	abort();
}
