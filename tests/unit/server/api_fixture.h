/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP API on the server of fixture.h, with a worker and a hub with the memory engine on the same loop. The test
 * may refuse the API's questions to the hub, keep the answers back, or answer itself with an error.
 *
 * Namespaces: channels without one have presence and 5 publications of history; `plain:` has nothing; `object:` takes
 * only objects and publishes deltas; `wild:` allows wildcards. The key is "secret key".
 */
#ifndef WEIR_TEST_SERVER_API_FIXTURE_H
#define WEIR_TEST_SERVER_API_FIXTURE_H

#include "fixture.h"
#include "weir/base/random.h"
#include "weir/base/ring.h"
#include "weir/core/hub.h"
#include "weir/server/api.h"

#define API_KEY "secret key"

struct api_fixture {
	struct fixture http;
	struct weir_clock clock; /* mono as the real one plus `ahead_ms`, wall stands still */
	uint64_t ahead_ms, started_ms;
	struct weir_hash_key hash_key;
	struct weir_random random;
	struct weir_namespaces *namespaces;
	struct weir_engine *engine;
	struct weir_hub *hub;
	struct weir_worker worker;
	struct weir_ring inbox; /* struct weir_message */
	struct weir_turn_hook turn;
	struct weir_pendings pendings;
	struct weir_api_options options;
	struct weir_api api;
	struct client client;
	size_t n_answers; /* of the client */
	/* What the test asks for. */
	size_t room; /* questions that are taken; then there is no room */
	bool hold;   /* answers stay in the inbox */
	/* If set, answers surveys instead of the hub: fills in the slots of as many workers as it likes. */
	void (*survey)(struct weir_survey_request *r);
	/* If set, adds to the hub's answers what other brokers would say. */
	void (*others)(struct weir_request *r);
	int status; /* of all answers, instead of asking the hub; 0: the hub is asked */
	/* What it got. */
	size_t asked, most_in_flight, in_flight;
	unsigned closed;
	struct weir_control *control; /* the last one; one reference */
	char *answer;                 /* the last body; epochs of the engine are shown as E */
};

void api_fixture_init(struct api_fixture *f);
void api_fixture_fini(struct api_fixture *f);

/* POST to a path, with the key if `key`; the status. The body is in f->answer. */
int api_post(struct api_fixture *f, const char *path, bool key, const char *body);
/* Only sends it; the answer is awaited by api_await(). */
void api_send(struct api_fixture *f, const char *path, bool key, const char *body);
int api_await(struct api_fixture *f);
/* Calls a method, and asserts status and body. */
void api_expect(struct api_fixture *f, const char *method, const char *body, int status, const char *answer);
/* The same, for status 200 and an error of this code. */
void api_expect_error(struct api_fixture *f, const char *method, const char *body, int code);
/* There is room for this many questions. */
void api_room(struct api_fixture *f, size_t room);
/* Runs the loop until nothing moves. */
void api_settle(struct api_fixture *f);
/* A client of a user appears on a channel, or goes. */
void api_subscriber(struct api_fixture *f, const char *channel, const char *user, const char *client, bool comes);

#endif
