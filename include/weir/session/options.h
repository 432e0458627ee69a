/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a subscription's queue (protocol.md §14.3): read from the object `weir` of a command or a token, then
 * resolved against the namespace, option by option. An option that is not understood is refused, never ignored: it
 * would be another policy than the one asked for. Pure functions, any thread.
 */
#ifndef WEIR_SESSION_OPTIONS_H
#define WEIR_SESSION_OPTIONS_H

#include "weir/bus/namespace.h"
#include "weir/event/json.h"

#define WEIR_RATE_MIN        0.001
#define WEIR_RATE_MAX        1e6
#define WEIR_QUEUE_BYTES_MIN 16384

/* What one object `weir` asks for. Zeroed: nothing. */
struct weir_sub_options {
	bool given; /* there was an object, even an empty one */
	enum weir_overflow overflow;
	uint32_t queue;          /* 0: not asked for */
	double rate;             /* 0: not asked for */
	struct weir_str key;     /* absent: not asked for */
	struct weir_json filter; /* a string or an object; type WEIR_JSON_NONE: not asked for */
};

/*
 * The member `weir` of `data`, which is valid JSON or absent. 0; the type is WEIR_JSON_NONE when `data` is no object or
 * has no such member. WEIR_EINVALID: it is there twice, or is no object; `why` gets what belongs after "data.weir".
 */
int weir_options_find(struct weir_str data, struct weir_json *out, struct weir_buf *why) WEIR_MUSTCHECK;
/*
 * Reads such an object. Strings are spans of it, or of `text` when they hold escapes, which grows once, at the start.
 * WEIR_EINVALID: `why` gets what belongs after "data.weir", such as ".queue: expected an integer of at least 1".
 * -ENOMEM.
 */
int weir_sub_options_read(struct weir_json object, struct weir_buf *text, struct weir_sub_options *out,
	struct weir_buf *why) WEIR_MUSTCHECK;
/* The object of a connect: its one member. *out is 0 when it is not asked for. */
int weir_queue_bytes_read(struct weir_json object, uint64_t *out, struct weir_buf *why) WEIR_MUSTCHECK;
/* The same of a connection token's claim, which may also say `admin`: that is among the claims (token.h). */
int weir_connect_claim_read(struct weir_json object, uint64_t *out, struct weir_buf *why) WEIR_MUSTCHECK;

enum weir_refusal {
	WEIR_REFUSAL_NONE,
	WEIR_REFUSAL_BAD,    /* error 107; `why` has got what belongs after "bad request: " */
	WEIR_REFUSAL_DENIED, /* error 103: not in allowed_overflow */
};

/*
 * What is granted. `claim` (of the token) and `asked` (of the subscriber) may be NULL; without both nothing is refused.
 * `recoverable`: that was granted. out->key points to where the winner's key is.
 */
enum weir_refusal weir_queue_options_resolve(const struct weir_namespace *ns, bool recoverable,
	const struct weir_sub_options *claim, const struct weir_sub_options *asked, struct weir_queue_options *out,
	struct weir_buf *why);
/* What nobody has a say in: a server-side subscription. */
struct weir_queue_options weir_queue_options_of(const struct weir_namespace *ns, bool recoverable);
/* Appends {"weir":{…}} with what was granted. */
void weir_queue_options_write(const struct weir_queue_options *o, struct weir_buf *out);

#endif
