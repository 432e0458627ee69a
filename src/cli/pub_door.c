/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing as a client of the protocol, by any door. Commands go out in windows that fit into one message, and the next
 * window when all of one is answered. Between two calls nobody serves the connection; one that was lost meanwhile is
 * noticed before anything is sent, and opened again without a word.
 */
#include <poll.h>
#include <stdlib.h>

#include "client_priv.h"
#include "json_pick_priv.h"
#include "pub_priv.h"
#include "weir/base/mem.h"
#include "weir/event/convert.h"

#define DOOR_WINDOW_BYTES   16384 /* the broker's limit is 64 KiB; a command inside a JSON string may double */
#define DOOR_SEND_MAX_BYTES (8 * PUB_DATA_MAX_BYTES)
#define DOOR_ANSWER_MS      10000
#define DOOR_IDLE_MS        1000

enum door_state { DOOR_CLOSED, DOOR_HELLO, DOOR_LIVE };

struct pub_door {
	const struct weir__pub_options *o;
	struct weir__door *door;
	enum door_state state;
	bool trying; /* its end will be told */
	bool pong;
	uint64_t last_id, first_id; /* of the commands of a window: first_id is that of lines[0] */
	struct weir__pub_line *lines;
	size_t n_lines, sent; /* lines[0…sent) are answered or on their way */
	size_t unanswered;
	bool settled;
	enum weir__pub_outcome outcome;
	struct weir_buf *why;
	struct weir_buf send, data;
};

static void door_settle(struct pub_door *d, enum weir__pub_outcome outcome)
{
	d->settled = true;
	d->outcome = outcome;
	weir__door_set_timer(d->door, UINT64_MAX);
}

static void door_send(struct pub_door *d)
{
	weir__door_send(d->door, weir_buf_view(&d->send));
	weir_buf_reset(&d->send);
}

static void door_append_connect(struct pub_door *d)
{
	weir_buf_printf(&d->send, "{\"id\":%llu,\"connect\":{", (unsigned long long)++d->last_id);
	if (d->o->token) {
		weir_buf_lit(&d->send, "\"token\":");
		weir_json_append_string(&d->send, weir_str(d->o->token));
		weir_buf_char(&d->send, ',');
	}
	weir_buf_lit(&d->send, "\"name\":\"weir\"}}");
}

/* Data that this door cannot carry. */
static const char *door_problem(struct pub_door *d, struct weir_str text)
{
	struct weir_buf form;
	int err = 0;

	weir_buf_reset(&d->data);
	if (weir__pub_append_data(&d->data, text))
		return weir_strerror(WEIR_EUTF8);
	if (d->data.failed)
		return "too long";
	if (d->o->door == &weir__door_msgpack) {
		weir_buf_init(&form, DOOR_SEND_MAX_BYTES);
		err = weir_msgpack_from_json(&form, weir_buf_view(&d->data));
		weir_buf_fini(&form);
	}
	return err ? "the data has no form in MessagePack" : NULL;
}

static void door_append_publish(struct pub_door *d, uint64_t id)
{
	if (d->send.len)
		weir_buf_char(&d->send, '\n');
	weir_buf_printf(&d->send, "{\"id\":%llu,\"publish\":{\"channel\":", (unsigned long long)id);
	weir_json_append_string(&d->send, weir_str(d->o->channel));
	weir_buf_lit(&d->send, ",\"data\":");
	weir_buf_str(&d->send, weir_buf_view(&d->data));
	weir_buf_lit(&d->send, "}}");
}

/* The next window; when there is none all is done. */
static void door_next_window(struct pub_door *d)
{
	const char *problem = NULL;

	weir_buf_reset(&d->send);
	for (; d->sent < d->n_lines; d->sent++) {
		const struct weir__pub_line *line = &d->lines[d->sent];

		if (line->done)
			continue;
		problem = door_problem(d, line->text);
		if (problem || (d->unanswered && d->send.len + d->data.len > DOOR_WINDOW_BYTES))
			break;
		door_append_publish(d, d->first_id + d->sent);
		d->unanswered++;
	}
	if (d->unanswered) {
		weir__door_set_timer(d->door, DOOR_ANSWER_MS);
		door_send(d);
	} else if (problem) {
		weir_buf_reset(d->why);
		weir__pub_append_line(d->why, &d->lines[d->sent]);
		weir_buf_str(d->why, weir_str(problem));
		door_settle(d, WEIR_PUB_FAILED);
	} else {
		door_settle(d, WEIR_PUB_OK);
	}
}

static void door_connected(struct pub_door *d, struct weir_json reply)
{
	static const char *const names[] = {"error", "connect"}, *const members[] = {"pong"};
	struct weir_json v[2], pong;

	weir__json_pick(reply, names, v, 2);
	if (v[0].type) {
		weir__door_drop(d->door);
		if (d->settled)
			return;
		weir_buf_reset(d->why);
		door_settle(d, weir__json_error(v[0], d->why, NULL) ? WEIR_PUB_AGAIN : WEIR_PUB_FAILED);
		return;
	}
	weir__json_pick(v[1], members, &pong, 1);
	d->pong = pong.type == WEIR_JSON_TRUE;
	d->state = DOOR_LIVE;
	if (!d->settled)
		door_next_window(d);
}

static void door_answered(struct pub_door *d, size_t i, struct weir_json reply)
{
	enum weir__pub_outcome outcome;

	if (d->settled || d->lines[i].done)
		return;
	weir_buf_reset(d->why);
	weir__pub_append_line(d->why, &d->lines[i]);
	outcome = weir__pub_result(reply, d->why);
	if (outcome != WEIR_PUB_OK) {
		door_settle(d, outcome);
		return;
	}
	d->lines[i].done = true;
	if (--d->unanswered == 0)
		door_next_window(d);
}

static void door_line(struct pub_door *d, struct weir_json object)
{
	static const char *const names[] = {"id", "push"};
	struct weir_json v[2];
	uint64_t id;

	weir__json_pick(object, names, v, 2);
	if (v[1].type)
		return;
	if (weir_json_u64(v[0], &id)) {
		if (d->pong)
			weir__door_send(d->door, WEIR_STR("{}"));
		return;
	}
	if (d->state == DOOR_HELLO)
		door_connected(d, object);
	else if (id >= d->first_id && id - d->first_id < d->n_lines)
		door_answered(d, (size_t)(id - d->first_id), object);
}

static void on_door_open(void *ctx)
{
	struct pub_door *d = ctx;

	d->state = DOOR_HELLO;
	weir_buf_reset(&d->send);
	door_append_connect(d);
	door_send(d);
}

static void on_door_message(void *ctx, struct weir_str text)
{
	struct pub_door *d = ctx;
	struct weir_json object;
	struct weir_str rest = text, line;

	while (rest.p) {
		line = weir_str_trim(weir_str_cut(&rest, '\n'));
		if (line.n && weir_json_check(line, CLIENT_MAX_DEPTH, &object, NULL) == 0)
			door_line(d, object);
	}
}

static bool door_is_refused(unsigned http)
{
	return http >= 400 && http < 500 && http != 408 && http != 429;
}

static void on_door_close(void *ctx, const struct weir__door_end *end)
{
	struct pub_door *d = ctx;
	bool final = door_is_refused(end->http) || weir__client_code_is_final((uint64_t)end->code);

	d->state = DOOR_CLOSED;
	d->trying = d->pong = false;
	if (d->settled)
		return;
	weir_buf_reset(d->why);
	if (door_is_refused(end->http))
		weir_buf_printf(d->why, "the server refuses %s (HTTP status %u)", d->o->door->what, end->http);
	else
		weir__append_printable(d->why, end->reason.n ? end->reason : WEIR_STR("connection closed"));
	if (end->code)
		weir_buf_printf(d->why, " (%d)", end->code);
	door_settle(d, final ? WEIR_PUB_FAILED : WEIR_PUB_AGAIN);
}

static void on_door_timer(void *ctx)
{
	struct pub_door *d = ctx;

	if (d->settled)
		return;
	weir_buf_reset(d->why);
	weir_buf_lit(d->why, "no answer");
	door_settle(d, WEIR_PUB_AGAIN);
	weir__door_drop(d->door);
}

/* Ids of commands are new in each attempt, so that a late answer to an older one is not taken for a newer one's. */
static void door_begin(struct pub_door *d, struct weir__pub_line *lines, size_t n, struct weir_buf *why)
{
	d->lines = lines;
	d->n_lines = n;
	d->sent = d->unanswered = 0;
	d->why = why;
	d->settled = false;
	d->first_id = d->last_id + 1;
	d->last_id += n;
}

static enum weir__pub_outcome door_publish(
	void *state, struct weir__pub_line *lines, size_t n, struct weir_buf *why, uint64_t *retry_after_s)
{
	struct pub_door *d = state;
	int err = 0;

	(void)retry_after_s;
	d->settled = true; /* what is heard of before this attempt does not count */
	while (!err && d->trying && d->state != DOOR_LIVE)
		err = weir__door_turn(d->door, true);
	if (!err && d->trying)
		err = weir__door_turn(d->door, false);
	door_begin(d, lines, n, why);
	if (d->state == DOOR_LIVE) {
		door_next_window(d);
	} else {
		d->trying = true;
		weir__door_set_timer(d->door, DOOR_ANSWER_MS);
		weir__door_connect(d->door);
	}
	while (!err && !d->settled)
		err = weir__door_turn(d->door, true);
	if (err) {
		weir_buf_reset(why);
		weir_buf_str(why, weir_str(weir_strerror(err)));
		return WEIR_PUB_FAILED;
	}
	return d->outcome;
}

static void door_wait(void *state, int fd)
{
	struct pub_door *d = state;
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	d->settled = true;
	do {
		fds[1].fd = weir__door_fd(d->door);
		if (poll(fds, 2, fds[1].fd < 0 ? -1 : DOOR_IDLE_MS) < 0 || weir__door_turn(d->door, false))
			return; /* reading tells */
	} while (!fds[0].revents);
}

static void door_close(void *state)
{
	struct pub_door *d = state;

	weir__door_free(&d->door);
	weir_buf_fini(&d->send);
	weir_buf_fini(&d->data);
	free(d);
}

static int door_open(const struct weir__pub_options *o, void **state)
{
	struct pub_door *d = weir_xcalloc(1, sizeof(*d));
	const struct weir__door_handlers handlers = {
		.on_open = on_door_open,
		.on_message = on_door_message,
		.on_close = on_door_close,
		.on_timer = on_door_timer,
		.ctx = d,
	};
	int err;

	d->o = o;
	weir_buf_init(&d->send, DOOR_SEND_MAX_BYTES);
	weir_buf_init(&d->data, DOOR_SEND_MAX_BYTES);
	err = weir__door_open(o->door, o->server, &handlers, &d->door);
	*state = d;
	if (err)
		door_close(d);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__pub_way weir__pub_by_door = {
	.open = door_open, .publish = door_publish, .wait = door_wait, .close = door_close};
