/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods that look at clients: `connections`, page by page, and `lag`, the first of those who are behind. Each
 * worker has sent its own list in the order asked for (core/survey.h); here they are merged. A cursor is the sort key
 * and the id of the last client of a page, so what comes and goes between two pages moves nobody else. The odd case: a
 * worker whose list ends early (WEIR_SURVEY_SUBS_MAX) ends the page where its list ends. Worker's thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api_priv.h"
#include "weir/core/survey.h"
#include "weir/wire/json.h"

#define LIMIT_MAX         1000
#define CONNECTIONS_LIMIT 100
#define LAG_LIMIT         10
#define SLOW_SUBS_MAX     16 /* subscriptions of one client, where it is told every second */
#define WORKERS_AT_ONCE   64 /* lists that are merged */
#define CURSOR_MAX        64
#define KEY_DIGITS_MAX    20

#define ORDERS(X)                            \
	X(WEIR_SURVEY_CLIENT, "client", 'c') \
	X(WEIR_SURVEY_LAG, "lag", 'l')       \
	X(WEIR_SURVEY_BYTES, "bytes", 'b')   \
	X(WEIR_SURVEY_DROPPED, "dropped", 'd')

static char order_letter(enum weir_survey_order order)
{
	static const char letters[] = {
#define X(value, name, letter) [value] = letter,
		ORDERS(X)
#undef X
	};

	return letters[order];
}

static bool parse_order(struct weir_str name, enum weir_survey_order *order)
{
#define X(value, text, letter)         \
	if (weir_str_is(name, text)) { \
		*order = value;        \
		return true;           \
	}
	ORDERS(X)
#undef X
	return !name.n;
}

static bool parse_limit(int64_t asked, size_t absent, size_t *limit)
{
	*limit = asked ? (size_t)asked : absent;
	return asked >= 0 && asked <= LIMIT_MAX;
}

/* The order's letter, the key, a dot, the client's id. */
static bool parse_cursor(struct weir_str text, struct weir_survey_question *q)
{
	uint64_t key = 0;
	size_t i = 1;

	if (!text.n)
		return true;
	if (text.p[0] != order_letter(q->order))
		return false;
	for (; i < text.n && i <= KEY_DIGITS_MAX && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		unsigned digit = (unsigned)(text.p[i] - '0');

		if (key > (UINT64_MAX - digit) / 10)
			return false;
		key = 10 * key + digit;
	}
	if (i == 1 || i + 1 >= text.n || text.p[i] != '.')
		return false;
	q->after_key = key;
	q->after_client = weir_str_n(text.p + i + 1, text.n - i - 1);
	return true;
}

static struct weir_request *refuse(struct api_slot *slot, const char *why)
{
	weir__api_fail(&slot->error, WEIR_ERROR_BAD_REQUEST, why);
	return NULL;
}

static struct weir_request *ask(struct api_slot *slot, const struct weir_survey_question *q)
{
	struct weir_survey_request *r = weir_survey_request_new(q);

	if (!r)
		weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
	return r ? &r->base : NULL;
}

/* ---- merging ---- */

struct merge {
	const struct weir_survey_request *r;
	size_t next[WORKERS_AT_ONCE]; /* of each list */
};

static const struct weir_survey_client *list_next(const struct merge *m, unsigned i)
{
	const struct weir_survey_slot *slot = &m->r->slots[i];

	return m->next[i] < slot->count ? slot->clients[m->next[i]] : NULL;
}

static bool comes_before(const struct weir_survey_client *a, const struct weir_survey_client *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return memcmp(a->client.p, b->client.p, a->client.n) < 0; /* ids are of one length */
}

/* Whose list has the next client; n_slots: there is none that is known to be next. */
static unsigned merge_next(const struct merge *m)
{
	unsigned best = m->r->n_slots;

	for (unsigned i = 0; i < m->r->n_slots; i++) {
		const struct weir_survey_client *c = list_next(m, i);

		if (!c && m->r->slots[i].more)
			return m->r->n_slots;
		if (c && (best == m->r->n_slots || comes_before(c, list_next(m, best))))
			best = i;
	}
	return best;
}

static bool merge_has_more(const struct merge *m)
{
	for (unsigned i = 0; i < m->r->n_slots; i++)
		if (list_next(m, i) || m->r->slots[i].more)
			return true;
	return false;
}

/* ---- writing ---- */

static void put_u64(struct weir_buf *out, const char *name, uint64_t value)
{
	weir_json_key(out, name);
	weir_buf_u64(out, value);
}

static void put_str(struct weir_buf *out, const char *name, struct weir_str value)
{
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

static void put_sub(struct weir_buf *out, const struct weir_survey_sub *s)
{
	weir_json_comma(out);
	weir_buf_char(out, '{');
	put_str(out, "channel", s->channel);
	put_str(out, "overflow", weir_str(s->overflow));
	put_u64(out, "queue", s->queue);
	if (s->key.p)
		put_str(out, "key", s->key);
	if (s->rate > 0) {
		weir_json_key(out, "rate");
		weir_buf_double(out, s->rate);
	}
	weir_json_key(out, "filtered");
	weir_buf_str(out, s->filtered ? WEIR_STR("true") : WEIR_STR("false"));
	put_u64(out, "waiting", s->waiting);
	put_u64(out, "bytes", s->bytes);
	put_u64(out, "age_ms", s->age_ms);
	if (s->offset)
		put_u64(out, "offset", s->offset);
	if (s->positioned)
		put_u64(out, "top", s->top);
	put_u64(out, "delivered", s->delivered);
	put_u64(out, "dropped", s->dropped);
	put_u64(out, "conflated", s->conflated);
	put_u64(out, "lost_bytes", s->lost_bytes);
	put_u64(out, "withheld", s->withheld);
	weir_buf_char(out, '}');
}

/* With that many of its subscriptions at most; how many more there are is said. */
static void put_client(struct weir_buf *out, const struct weir_survey_client *c, unsigned worker, size_t subs_max)
{
	size_t n = c->n_subs < subs_max ? c->n_subs : subs_max;

	weir_json_comma(out);
	weir_buf_char(out, '{');
	put_str(out, "client", c->client);
	put_str(out, "user", c->user);
	put_str(out, "transport", weir_str(c->transport));
	put_str(out, "encoding", weir_str(c->encoding));
	put_u64(out, "worker", worker);
	put_u64(out, "connected_ms", c->connected_ms);
	put_u64(out, "lag_ms", c->lag_ms);
	put_u64(out, "stalled_ms", c->stalled_ms);
	weir_buf_lit(out, ",\"queue\":{");
	put_u64(out, "events", c->queued);
	put_u64(out, "bytes", c->queued_bytes);
	put_u64(out, "limit", c->queue_max);
	weir_buf_lit(out, "},\"dropped\":{");
	put_u64(out, "events", c->lost_events);
	put_u64(out, "bytes", c->lost_bytes);
	weir_buf_lit(out, "},\"subscriptions\":[");
	for (size_t i = 0; i < n; i++)
		put_sub(out, &c->subs[i]);
	weir_buf_char(out, ']');
	if (n < c->n_subs)
		put_u64(out, "subscriptions_left_out", c->n_subs - n);
	weir_buf_char(out, '}');
}

static void put_cursor(struct weir_buf *out, enum weir_survey_order order, const struct weir_survey_client *last)
{
	char text[CURSOR_MAX];

	snprintf(text, sizeof(text), "%c%" PRIu64 ".%.*s", order_letter(order), last->key, WEIR_STR_FMT(last->client));
	put_str(out, "cursor", weir_str(text));
}

static bool survey_is_whole(const struct weir_survey_request *r, struct api_slot *slot)
{
	for (unsigned i = 0; i < r->n_slots; i++)
		if (r->slots[i].status)
			return weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
	return r->n_slots <= WORKERS_AT_ONCE || weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
}

/* The last one of the array; NULL: there is none. */
static const struct weir_survey_client *put_clients(struct weir_buf *out, struct merge *m, size_t subs_max)
{
	const struct weir_survey_client *last = NULL;

	weir_buf_char(out, '[');
	for (size_t n = 0; n < m->r->q.limit; n++) {
		unsigned i = merge_next(m);

		if (i == m->r->n_slots)
			break;
		last = list_next(m, i);
		m->next[i]++;
		put_client(out, last, i, subs_max);
	}
	weir_buf_char(out, ']');
	return last;
}

/* {"connections":[…] and the cursor, if there are others and it is asked for. */
static void put_connections(struct weir_buf *out, const struct weir_survey_request *r, bool pages)
{
	const struct weir_survey_client *last;
	struct merge m = {.r = r};

	weir_buf_lit(out, "{\"connections\":");
	last = put_clients(out, &m, SIZE_MAX);
	if (pages && last && merge_has_more(&m))
		put_cursor(out, r->q.order, last);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__api_put_slow(struct weir_buf *out, const struct weir_survey_request *r)
{
	struct merge m = {.r = r};
	struct api_slot none = {0};

	if (survey_is_whole(r, &none))
		put_clients(out, &m, SLOW_SUBS_MAX);
	else
		weir_buf_lit(out, "[]");
}

struct weir_request *weir__api_connections(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_survey_question q = {.order = WEIR_SURVEY_CLIENT, .user = p->user, .channel = p->channel};

	if (!parse_order(p->sort, &q.order))
		return refuse(slot, "\"sort\" must be client, lag, bytes or dropped");
	if (!parse_limit(p->limit, CONNECTIONS_LIMIT, &q.limit))
		return refuse(slot, "\"limit\" must be from 1 to 1000");
	if (!parse_cursor(p->cursor, &q))
		return refuse(slot, "\"cursor\" must be one of an answer with the same sort");
	return ask(slot, &q);
}

void weir__api_connections_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_survey_request *survey = (struct weir_survey_request *)r;

	if (!survey_is_whole(survey, slot))
		return;
	put_connections(&c->out, survey, true);
	weir_buf_char(&c->out, '}');
}

struct weir_request *weir__api_lag(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_survey_question q = {.order = WEIR_SURVEY_LAG};

	if (!parse_order(p->sort, &q.order) || q.order == WEIR_SURVEY_CLIENT)
		return refuse(slot, "\"sort\" must be lag, bytes or dropped");
	if (!parse_limit(p->limit, LAG_LIMIT, &q.limit))
		return refuse(slot, "\"limit\" must be from 1 to 1000");
	return ask(slot, &q);
}

void weir__api_lag_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_survey_request *survey = (struct weir_survey_request *)r;
	uint64_t queued = 0;

	if (!survey_is_whole(survey, slot))
		return;
	put_connections(&c->out, survey, false);
	for (unsigned i = 0; i < survey->n_slots; i++)
		queued += survey->slots[i].queued_bytes;
	put_u64(&c->out, "queued_bytes", queued);
	put_u64(&c->out, "queued_budget", weir_budget_max(c->request->api->o.budget));
	weir_buf_char(&c->out, '}');
}
