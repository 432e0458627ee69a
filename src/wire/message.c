/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the protocol's codes. Any thread. */
#include "weir/wire/message.h"

static const unsigned disconnects[] = {
#define X(name, code, text) code,
	WEIR_DISCONNECTS(X)
#undef X
};

static const unsigned errors[] = {
#define X(name, code, text) code,
	WEIR_ERROR_CODES(X)
#undef X
};

static unsigned place_of(const unsigned *codes, unsigned n, unsigned code)
{
	unsigned i = 0;

	while (i < n && codes[i] != code)
		i++;
	return i;
}

/* ------------------------------------------------------------------------------------------------------------------ */

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

unsigned weir_disconnect_place(unsigned code)
{
	return place_of(disconnects, WEIR_ARRAY_LEN(disconnects), code);
}

unsigned weir_disconnect_code_at(unsigned place)
{
	return place < WEIR_ARRAY_LEN(disconnects) ? disconnects[place] : 0;
}

unsigned weir_error_place(unsigned code)
{
	return place_of(errors, WEIR_ARRAY_LEN(errors), code);
}

unsigned weir_error_code_at(unsigned place)
{
	return place < WEIR_ARRAY_LEN(errors) ? errors[place] : 0;
}
