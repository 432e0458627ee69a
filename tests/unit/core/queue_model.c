/* SPDX-License-Identifier: Apache-2.0 */
/* The naive queue: see queue_model.h. */
#include "queue_model.h"

#include <stdlib.h>
#include <string.h>

#include "weir/base/mem.h"

#define NOWHERE SIZE_MAX

static bool counts(const struct model_item *i, unsigned sub)
{
	return !i->gone && (!sub || i->sub == sub);
}

static struct model_sub *sub_by_id(struct model_client *c, unsigned id)
{
	for (unsigned n = 0; id && n < MODEL_SUBS; n++)
		if (c->subs[n].id == id)
			return &c->subs[n];
	return NULL;
}

static void insert(struct model_client *c, size_t at, struct model_item item)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->items = weir_xrealloc(c->items, c->cap * sizeof(*c->items));
	}
	memmove(&c->items[at + 1], &c->items[at], (c->n - at) * sizeof(*c->items));
	c->items[at] = item;
	c->n++;
}

static void take_out(struct model_client *c, size_t at)
{
	memmove(&c->items[at], &c->items[at + 1], (c->n - at - 1) * sizeof(*c->items));
	c->n--;
}

static size_t find_oldest(const struct model_client *c, unsigned sub)
{
	for (size_t i = 0; i < c->n; i++)
		if (counts(&c->items[i], sub))
			return i;
	return NOWHERE;
}

static size_t find_newest(const struct model_client *c, unsigned sub)
{
	for (size_t i = c->n; i > 0; i--)
		if (counts(&c->items[i - 1], sub))
			return i - 1;
	return NOWHERE;
}

static size_t find_key(const struct model_client *c, unsigned sub, unsigned key)
{
	for (size_t i = 0; i < c->n; i++)
		if (counts(&c->items[i], sub) && c->items[i].key == key)
			return i;
	return NOWHERE;
}

/* ---- losing ---- */

static void overflow(struct model_client *c)
{
	c->overflowed = true;
	c->n = 0;
}

static void lose_arriving(struct model_client *c, struct model_sub *s, struct model_item item)
{
	item.gone = true;
	s->dropped++;
	insert(c, c->n, item);
}

static void lose_waiting(struct model_client *c, struct model_sub *s, size_t at)
{
	c->items[at].gone = true;
	s->dropped++;
}

static void deal_with(struct model_client *c, struct model_sub *s)
{
	switch (s->overflow) {
	case WEIR_OVERFLOW_RESYNC:
		for (size_t i; (i = find_oldest(c, s->id)) != NOWHERE;)
			lose_waiting(c, s, i);
		s->full = true;
		break;
	case WEIR_OVERFLOW_DROP_OLDEST:
	case WEIR_OVERFLOW_LATEST:
		lose_waiting(c, s, find_oldest(c, s->id));
		break;
	case WEIR_OVERFLOW_DROP_NEWEST:
		lose_waiting(c, s, find_newest(c, s->id));
		break;
	default:
		overflow(c);
	}
}

static struct model_sub *heaviest(struct model_client *c)
{
	struct model_sub *most = NULL;
	size_t bytes = 0;

	for (unsigned n = 0; n < MODEL_SUBS; n++) {
		struct model_sub *s = &c->subs[n];
		size_t its = s->id ? model_bytes(c, s->id) : 0;

		if (its > bytes || (its && its == bytes && c->chosen(c->ctx, c->nth, s))) {
			most = s;
			bytes = its;
		}
	}
	c->nth++;
	return most;
}

static bool fits(const struct model_client *c, size_t more, size_t less)
{
	return model_count(c, 0) == (less ? 1 : 0) || model_bytes(c, 0) + more - less <= c->max_bytes;
}

/* ---- a token bucket in whole numbers ---- */

static void refill(struct model_sub *s, uint64_t now_ms)
{
	uint64_t burst = 100 * (uint64_t)s->rate > MODEL_TOKEN ? 100 * (uint64_t)s->rate : MODEL_TOKEN;

	s->tokens += (now_ms - s->tokens_at_ms) * s->rate;
	if (s->tokens > burst)
		s->tokens = burst;
	s->tokens_at_ms = now_ms;
}

/* ---- sending ---- */

static void write_item(struct model_client *c, size_t at, struct model_sub *s)
{
	struct model_item item = c->items[at];

	if (c->n_written == c->cap_written) {
		c->cap_written = c->cap_written ? 2 * c->cap_written : 64;
		c->written = weir_xrealloc(c->written, c->cap_written * sizeof(*c->written));
	}
	c->written[c->n_written++] = (struct model_written){
		item.sub, item.number, model_lost_before(c, at), item.without_offset ? 0 : item.offset};
	take_out(c, at);
	for (size_t i = at; i > 0; i--)
		if (item.sub && c->items[i - 1].sub == item.sub)
			take_out(c, i - 1); /* its ghosts have been told of */
	if (s) {
		s->delivered++;
		s->tokens -= s->rate ? MODEL_TOKEN : 0;
	}
	if (c->takes != MODEL_NO_LIMIT)
		c->takes--;
}

/* The first one whose rate allows it. */
static size_t next_item(struct model_client *c, uint64_t now_ms)
{
	for (size_t i = 0; i < c->n; i++) {
		struct model_sub *s = sub_by_id(c, c->items[i].sub);

		if (c->items[i].gone)
			continue;
		if (!s || !s->rate)
			return i;
		refill(s, now_ms);
		if (s->tokens >= MODEL_TOKEN)
			return i;
	}
	return NOWHERE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void model_fini(struct model_client *c)
{
	free(c->items);
	free(c->written);
}

size_t model_bytes(const struct model_client *c, unsigned sub)
{
	size_t bytes = 0;

	for (size_t i = 0; i < c->n; i++)
		bytes += counts(&c->items[i], sub) ? c->items[i].size : 0;
	return bytes;
}

size_t model_count(const struct model_client *c, unsigned sub)
{
	size_t count = 0;

	for (size_t i = 0; i < c->n; i++)
		count += counts(&c->items[i], sub);
	return count;
}

unsigned model_lost_before(const struct model_client *c, size_t at)
{
	unsigned lost = 0;

	for (size_t i = at; i > 0 && c->items[at].sub; i--) {
		if (c->items[i - 1].sub != c->items[at].sub)
			continue;
		if (!c->items[i - 1].gone)
			break;
		lost++;
	}
	return lost;
}

void model_subscribe(struct model_client *c, const struct model_sub *spec, unsigned slot, uint64_t now_ms)
{
	struct model_sub *s = &c->subs[slot];

	*s = *spec;
	s->tokens = UINT64_MAX / 2;
	s->tokens_at_ms = now_ms;
	refill(s, now_ms);
}

/* What waits is sent all the same, and may not be dropped any more. */
void model_unsubscribe(struct model_client *c, unsigned slot)
{
	c->subs[slot].id = 0;
}

void model_drop_oldest(struct model_client *c, unsigned slot)
{
	lose_waiting(c, &c->subs[slot], find_oldest(c, c->subs[slot].id));
}

void model_read(struct model_client *c, uint64_t now_ms)
{
	size_t i;

	while (c->takes && (i = next_item(c, now_ms)) != NOWHERE)
		write_item(c, i, sub_by_id(c, c->items[i].sub));
}

void model_publish(struct model_client *c, unsigned slot, unsigned number, unsigned key, size_t size, uint64_t offset,
	uint64_t now_ms)
{
	struct model_sub *s = &c->subs[slot];
	struct model_item item = {s->id, number, key, size, offset, false, false};
	size_t at;

	if (c->overflowed || s->full)
		return;
	s->offered++;
	/* In the place of the one with its key, if there is room for what it is larger by. */
	while (s->overflow == WEIR_OVERFLOW_LATEST && (at = find_key(c, s->id, key)) != NOWHERE) {
		if (!fits(c, size, c->items[at].size)) {
			deal_with(c, heaviest(c));
			if (c->overflowed)
				return;
			continue;
		}
		item.without_offset = find_newest(c, s->id) != at;
		c->items[at].gone = true;
		s->conflated++;
		insert(c, at + 1, item);
		return;
	}
	if (s->limit && model_count(c, s->id) >= s->limit) {
		if (s->overflow == WEIR_OVERFLOW_DROP_NEWEST) {
			lose_arriving(c, s, item);
			return;
		}
		deal_with(c, s);
	}
	while (!c->overflowed && !s->full && !fits(c, size, 0)) {
		struct model_sub *most = heaviest(c);

		if (!most) {
			overflow(c);
		} else if (most == s && s->overflow == WEIR_OVERFLOW_DROP_NEWEST) {
			lose_arriving(c, s, item);
			return;
		} else {
			deal_with(c, most);
		}
	}
	if (c->overflowed)
		return;
	if (s->full) {
		lose_arriving(c, s, item);
		return;
	}
	insert(c, c->n, item);
	model_read(c, now_ms);
}

void model_send(struct model_client *c, unsigned number, size_t size, bool bounded, uint64_t now_ms)
{
	if (c->overflowed)
		return;
	while (bounded && !fits(c, size, 0)) {
		struct model_sub *most = heaviest(c);

		if (most)
			deal_with(c, most);
		else
			overflow(c);
		if (c->overflowed)
			return;
	}
	insert(c, c->n, (struct model_item){.number = number, .size = size});
	model_read(c, now_ms);
}
