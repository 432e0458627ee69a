/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the protocol's codes. Any thread. */
#include "weir/wire/message.h"

const char *weir_error_text(enum weir_error_code code)
{
	switch (code) {
#define X(name, number, text) \
	case number:          \
		return text;
		WEIR_ERROR_CODES(X)
#undef X
	}
	return "internal server error";
}

bool weir_error_temporary(enum weir_error_code code)
{
	return code == WEIR_ERROR_INTERNAL || code == WEIR_ERROR_TOO_MANY || code == WEIR_ERROR_CONFLICT;
}

const char *weir_disconnect_text(enum weir_disconnect_code code)
{
	switch (code) {
#define X(name, number, text) \
	case number:          \
		return text;
		WEIR_DISCONNECTS(X)
#undef X
	}
	return "disconnected";
}
