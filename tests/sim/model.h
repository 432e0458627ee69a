/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker as it should be, small and slow: a list of publications per channel, and per subscription the list of what
 * its client must get, in order. It is told of each request in the moment the hub takes it, so it knows the one order
 * of everything; what it expects is compared with what the clients and callers got.
 */
#ifndef WEIR_TEST_MODEL_H
#define WEIR_TEST_MODEL_H

#include "weir/core/request.h"

#define MODEL_SIZE            6 /* history_size */
#define MODEL_TTL             3000
#define MODEL_META            9000
#define MODEL_LIMIT           4 /* recovery_max_publication_limit */
#define MODEL_CHANNELS        6
#define MODEL_KEYS            3
#define MODEL_IDEMPOTENCY_TTL 300000

enum model_entry_type { MODEL_PUB, MODEL_JOIN, MODEL_LEAVE, MODEL_LOST };

struct model_entry {
	enum model_entry_type type;
	uint64_t offset;
	unsigned n; /* of the payload */
	char client[37];
};

/* One subscription from its request to its end, as the client must see it. */
struct model_sub {
	struct model_sub *next; /* of the same session and channel, later */
	unsigned channel;
	int status; /* of the answer */
	bool positioned, recovered, lost;
	unsigned epoch; /* ordinal of the channel's epochs */
	uint64_t top;
	struct model_entry *missed, *entries;
	size_t n_missed, n_entries, cap;
};

struct model_session {
	char id[37];
	char user[8];
	bool attached;                             /* a client knows it */
	struct model_sub *subs[MODEL_CHANNELS];    /* oldest first */
	struct model_sub *current[MODEL_CHANNELS]; /* which one the hub counts as a subscriber now */
};

struct model_channel {
	const char *name;
	bool history, joins, presence;
	bool exists; /* the stream */
	unsigned epoch;
	uint64_t top, expires_ms, meta_ms;
	struct model_entry kept[MODEL_SIZE];
	size_t n_kept;
	struct model_place {
		uint64_t expires_ms, offset;
		unsigned epoch;
	} results[MODEL_KEYS];
	char epochs[512][WEIR_EPOCH_MAX]; /* what stood for the ordinal; "" not seen yet */
};

struct model {
	struct model_channel channels[MODEL_CHANNELS];
	struct model_session **sessions;
	size_t n_sessions;
	struct model_place *places; /* by payload number: what its publish must answer */
	size_t cap_places;
};

/* What a reader must get. */
struct model_answer {
	int status;
	unsigned channel, epoch;
	uint64_t top;
	struct model_entry events[MODEL_SIZE];
	size_t n_events, clients, users;
};

extern const char *const model_names[MODEL_CHANNELS];

void model_init(struct model *m);
void model_fini(struct model *m);
void model_take(struct model *m, const struct weir_request *r, uint64_t now_ms, struct model_answer *answer);
struct model_session *model_session(struct model *m, const char *id); /* made when missing */
void model_purge(struct model *m);                                    /* forgets sessions without a client */
/* Does this text stand for the channel's epoch of that ordinal, and for no other? */
bool model_epoch_is(struct model *m, unsigned channel, unsigned epoch, const char *text);
int model_channel_of(struct weir_str name); /* -1: none */
/* The payload of that number; the buffer is large enough with MODEL_PAYLOAD_MAX. */
#define MODEL_PAYLOAD_MAX 1200
size_t model_payload(unsigned n, char out[MODEL_PAYLOAD_MAX]);

#endif
