/* SPDX-License-Identifier: Apache-2.0 */
/* A broker's sink that remembers: see redis_recorder.h. */
#include "redis_recorder.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/core/channels_merge.h"

static void *grown(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : weir_xrealloc(array, (n ? 2 * n : 1) * size);
}

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	struct recorder *r = ctx;

	(void)previous;
	CU_ASSERT_FALSE(r->full);
	r->entries = grown(r->entries, r->n_entries, sizeof(struct weir_event *));
	r->entries[r->n_entries++] = weir_event_ref(e);
}

static void on_control(void *ctx, struct weir_control *c)
{
	(void)ctx;
	(void)c;
}

static void on_done(void *ctx, struct weir_request *request)
{
	struct recorder *r = ctx;

	for (size_t i = 0; i < r->n_answers && i < 3000; i++)
		CU_ASSERT_PTR_NOT_EQUAL_FATAL(r->answers[i], request);
	r->answers = grown(r->answers, r->n_answers, sizeof(struct weir_request *));
	r->entries_before = grown(r->entries_before, r->n_answers, sizeof(size_t));
	r->entries_before[r->n_answers] = r->n_entries;
	r->answers[r->n_answers++] = request;
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	struct recorder *r = ctx;

	r->resets++;
	r->channel_resets += reset->channels;
}

static bool room(void *ctx)
{
	return !((struct recorder *)ctx)->full;
}

static void publish_room(void *ctx, bool is_room)
{
	struct recorder *r = ctx;

	r->rooms += is_room;
	r->no_rooms += !is_room;
}

/* One node, and one channel that all have. */
static void local(void *ctx, struct weir_request *request)
{
	const struct recorder *r = ctx;
	const struct weir_channel_count channel = {WEIR_STR("a"), r->broker + 1};
	struct weir_node_info node = {.uid = weir_str(r->world->uids[r->broker]), .clients = r->broker + 1};

	if (request->type == WEIR_REQUEST_INFO) {
		CU_ASSERT_EQUAL(weir_node_list_add(&((struct weir_info_request *)request)->nodes, &node), 0);
	} else {
		CU_ASSERT_EQUAL(weir_channels_merge((struct weir_channels_request *)request, &channel, 1, false), 0);
	}
}

static bool all_answered(void *ctx)
{
	const struct recorder *r = ctx;

	return r->n_answers == r->asked;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void recorder_open(struct recorder *r, struct redis_world *w)
{
	*r = (struct recorder){.world = w, .broker = w->n_engines};
	world_open(w, &(struct weir_engine_sink){.entry = on_entry,
			      .control = on_control,
			      .done = on_done,
			      .reset = on_reset,
			      .room = room,
			      .publish_room = publish_room,
			      .local = local,
			      .ctx = r});
}

void recorder_forget(struct recorder *r)
{
	for (size_t i = 0; i < r->n_entries; i++)
		weir_event_unref(&r->entries[i]);
	for (size_t i = 0; i < r->n_answers; i++)
		weir_request_free(&r->answers[i]);
	r->asked -= r->n_answers;
	r->n_entries = r->n_answers = 0;
	r->resets = r->channel_resets = 0;
}

void recorder_fini(struct recorder *r)
{
	recorder_forget(r);
	free(r->entries);
	free(r->answers);
	free(r->entries_before);
}

void recorder_publish(struct recorder *r, const char *channel, unsigned number)
{
	struct weir_engine *e = r->world->engines[r->broker];
	struct weir_event *event;
	char data[16];

	snprintf(data, sizeof(data), "%u", number);
	event = weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel), .data = weir_str(data)});
	r->asked++;
	e->ops->publish(e, weir_publish_request_new(world_namespace(r->world, channel), event, WEIR_STR_NONE));
}

struct weir_subscribe_request *recorder_recover(
	struct recorder *r, const char *channel, const char *epoch, uint64_t offset)
{
	struct weir_engine *e = r->world->engines[r->broker];
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_subscribe_request *request = weir_subscribe_request_new(
		world_namespace(r->world, channel), weir_str(channel), &info, weir_str(epoch));

	request->positioned = request->recover = true;
	request->since_offset = offset;
	request->recovery_limit = 2000;
	r->asked++;
	e->ops->recover(e, request);
	return request;
}

void recorder_wait(struct recorder *r)
{
	world_wait(r->world, all_answered, r);
}

const struct weir_publish_result *recorder_result(const struct recorder *r, size_t answer)
{
	CU_ASSERT_EQUAL_FATAL(r->answers[answer]->type, WEIR_REQUEST_PUBLISH);
	return &((const struct weir_publish_request *)r->answers[answer])->result;
}

unsigned recorder_came(const struct recorder *r, unsigned number)
{
	unsigned came = 0;
	uint64_t n;

	for (size_t i = 0; i < r->n_entries; i++)
		came += weir_str_u64(r->entries[i]->data, &n) == 0 && n == number;
	return came;
}
