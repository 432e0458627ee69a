/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What brokers tell each other in entries of type C: control messages, surveys and their answers, and that a channel's
 * publications were removed. A MessagePack array [version, kind, …]. Pure functions but for memory; any thread.
 */
#ifndef WEIR_REDIS_CLUSTER_MESSAGE_H
#define WEIR_REDIS_CLUSTER_MESSAGE_H

#include "weir/base/buf.h"
#include "weir/core/request.h"

#define WEIR_CLUSTER_ANSWER_MAX (1 << 20) /* bytes of a list of channels; what is over is left out, and `more` says so */

enum weir_cluster_kind {
	WEIR_CLUSTER_CONTROL = 1,
	WEIR_CLUSTER_SURVEY_ASK,
	WEIR_CLUSTER_SURVEY_ANSWER,
	WEIR_CLUSTER_FORGET, /* the publications of a channel are gone */
};

struct weir_cluster_message {
	enum weir_cluster_kind kind;
	struct weir_control *control; /* CONTROL: encode borrows it; decode makes one, with one reference */
	struct weir_str channel;      /* FORGET */
	uint64_t survey;              /* number given by the asker */
	struct weir_str to;           /* ANSWER: who asked */
	enum weir_request_type type;  /* ASK, ANSWER: WEIR_REQUEST_INFO or WEIR_REQUEST_CHANNELS */
	/* ASK for channels: as in struct weir_channels_request */
	struct weir_str pattern, after;
	bool page;
	uint64_t limit;
	/* ANSWER */
	struct weir_node_info node;
	struct weir_channel_count *channels; /* decode: malloc'd, names in the body */
	size_t n_channels;
	bool more;
};

void weir_cluster_message_encode(struct weir_buf *b, const struct weir_cluster_message *m); /* b->failed: no memory */
/*
 * Strings point into the body. `namespaces` resolves a control message's channel. WEIR_EPARSE, -ENOMEM; else
 * weir_cluster_message_fini() it.
 */
int weir_cluster_message_decode(struct weir_str body, const struct weir_namespaces *namespaces,
	struct weir_cluster_message *m) WEIR_MUSTCHECK;
void weir_cluster_message_fini(struct weir_cluster_message *m);

#endif
