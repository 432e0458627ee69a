/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for scenarios over the loopback server: what a client says, and what it must get, byte for byte. In expected
 * text `@C` stands for any client id and `@E` for any epoch; what stood there last is kept for the next line. A line
 * that does not fit ends the test.
 */
#ifndef WEIR_TEST_SCENARIO_H
#define WEIR_TEST_SCENARIO_H

#include "loopback.h"
#include "weir/base/err.h"
#include "weir/event/json.h"

#define SCENARIO_SECRET "a secret that is long enough for HS256"

/* Sends one message; say() then lets everything happen. */
void send_text(struct loopback_client *c, const char *fmt, ...) WEIR_PRINTF(2, 3);
void say(struct loopback_client *c, const char *fmt, ...) WEIR_PRINTF(2, 3);
/* The next message, or as far as it must be there: expect_start() looks at its beginning only. */
void expect(struct loopback_client *c, const char *fmt, ...) WEIR_PRINTF(2, 3);
void expect_start(struct loopback_client *c, const char *fmt, ...) WEIR_PRINTF(2, 3);
void expect_error(struct loopback_client *c, unsigned id, unsigned code);
void expect_nothing(struct loopback_client *c); /* no message, and it is open */
/* Closed with this code and its text, all messages read. Frees the client. */
void expect_closed(struct loopback_client **c, unsigned code);
const char *last_client(void); /* what the last @C stood for */
const char *last_epoch(void);
bool fits(const char *wanted, const char *got, bool start_only);

/* Two workers, and nothing without a token signed with SCENARIO_SECRET. */
struct loopback *broker_with_tokens(const struct weir_namespace *named, size_t n);
/* A subscribe command; `members` are further ones, with a comma in front. */
void subscribe_to(struct loopback_client *c, unsigned id, const char *channel, const char *members);
struct loopback_client *connected(struct loopback *lb, unsigned worker);
/* Connects with a connection token of these claims. */
struct loopback_client *connected_as(struct loopback *lb, unsigned worker, const char *claims);
/* The token for these claims; stays until the eighth call from now. */
const char *token(const char *fmt, ...) WEIR_PRINTF(1, 2);
/* A message as JSON, and a member of an object; WEIR_JSON_NONE: there is none. */
struct weir_json parsed(const char *text);
struct weir_json member(struct weir_json object, const char *wanted);
long long now_s(const struct loopback *lb); /* wall-clock seconds */

#endif
