/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error codes. Functions that can fail return 0 or a negative int: -errno and libuv's codes pass through unchanged,
 * weir's own codes lie from -5000 down, in one list with their texts.
 */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H

#define WEIR_MUSTCHECK         __attribute__((warn_unused_result))
#define WEIR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* name, code, text */
#define WEIR_ERRORS(X)                            \
	X(PARSE, -5000, "malformed input")        \
	X(DEPTH, -5001, "nested too deeply")      \
	X(LIMIT, -5002, "limit exceeded")         \
	X(UTF8, -5003, "invalid UTF-8")           \
	X(NOROOM, -5004, "queue is full")         \
	X(CLOSED, -5005, "closed")                \
	X(TIMEOUT, -5006, "deadline passed")      \
	X(CANCELLED, -5007, "cancelled")          \
	X(EXPIRED, -5008, "expired")              \
	X(INVALID, -5009, "invalid")              \
	X(NOTFOUND, -5010, "not found")           \
	X(UNAVAILABLE, -5011, "unavailable")      \
	X(EPOCH, -5012, "unrecoverable position") \
	X(CHECKSUM, -5013, "checksum mismatch")   \
	X(UNKNOWN, -5014, "unknown")

enum weir_err {
#define X(name, code, text) WEIR_E##name = code,
	WEIR_ERRORS(X)
#undef X
};

/* The text of any code: weir's own, libuv's or -errno. Static or thread-local storage; never NULL. Any thread. */
const char *weir_strerror(int err);

/* For weir's own contracts, never for input; stays on in release builds. */
#define weir_assert(cond) ((cond) ? (void)0 : weir_assert_fail(#cond, __FILE__, __LINE__))
_Noreturn void weir_assert_fail(const char *cond, const char *file, int line);

#endif
