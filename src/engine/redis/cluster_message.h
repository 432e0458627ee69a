/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What brokers say to each other in log entries of type C: control messages, a survey's questions and answers, and whose
 * history was removed.
 * Texts are borrowed: by encode from the caller, after decode from the input. Pure functions, any thread.
 */
#ifndef WEIR_REDIS_CLUSTER_MESSAGE_H
#define WEIR_REDIS_CLUSTER_MESSAGE_H

#include "weir/base/buf.h"
#include "weir/core/request.h"

#define WEIR_CLUSTER_BYTES_MAX    ((size_t)1 << 20) /* of a message */
#define WEIR_CLUSTER_CHANNELS_MAX 65536             /* of an answer */

enum weir_cluster_kind {
	WEIR_CLUSTER_CONTROL,
	WEIR_CLUSTER_ASK,
	WEIR_CLUSTER_ANSWER,
	WEIR_CLUSTER_FORGET, /* the publications of a channel were removed from its history */
};

/* What a survey is about: the types of request that an engine's survey() takes. */
enum weir_cluster_topic {
	WEIR_CLUSTER_INFO,
	WEIR_CLUSTER_CHANNELS,
};

struct weir_cluster_message {
	enum weir_cluster_kind kind;
	struct weir_str from, to; /* ids of brokers; to: absent for all */
	union {
		struct weir_control *control;
		struct weir_str channel; /* FORGET */
		struct weir_cluster_ask {
			uint64_t survey; /* the asker's number for it, which answers repeat */
			enum weir_cluster_topic topic;
			/* CHANNELS, as in struct weir_channels_request */
			struct weir_str pattern, after;
			bool page;
			uint64_t limit;
		} ask;
		struct weir_cluster_answer {
			uint64_t survey;
			enum weir_cluster_topic topic;
			bool failed;                /* the broker could not find it out: no memory */
			struct weir_node_info node; /* INFO */
			struct weir_channel_count *channels;
			size_t count;
			bool more; /* CHANNELS: there are others behind these */
		} answer;
	};
};

/*
 * b->failed: no memory, or it would be larger than WEIR_CLUSTER_BYTES_MAX. An answer's channels are cut instead, at the
 * end, with `more`. Appends to b.
 */
void weir_cluster_message_encode(struct weir_buf *b, const struct weir_cluster_message *m);
/*
 * WEIR_EPARSE for what is no message (untrusted input), -ENOMEM, WEIR_ENOTFOUND as in control_codec.h: then there is
 * nothing to fini.
 */
int weir_cluster_message_decode(
	struct weir_str bytes, const struct weir_namespaces *ns, struct weir_cluster_message *m) WEIR_MUSTCHECK;
/* The control message's reference and the array of channels, as decode made them. */
void weir_cluster_message_fini(struct weir_cluster_message *m);

#endif
