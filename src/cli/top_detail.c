/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `weir top` says about the selected client: who it is, why it is slow, how its worst subscription stands. Pure.
 */
#include "top_screen_priv.h"

static void detail_client(struct weir__screen *s, const struct weir__top_client *c)
{
	struct weir_buf text;

	weir_buf_init(&text, WEIR_SCREEN_TEXT_MAX_BYTES);
	weir__top_put_json(&text, c->id);
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_reset(&text);
	weir_buf_lit(&text, "user ");
	weir__top_put_json(&text, c->user.n > 2 ? c->user : WEIR_STR("\"(anonymous)\""));
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_reset(&text);
	weir__top_put_json(&text, c->transport);
	weir_buf_char(&text, '/');
	weir__top_put_json(&text, c->encoding);
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_reset(&text);
	weir_buf_lit(&text, "connected ");
	weir__top_put_ms(&text, c->connected_ms);
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_reset(&text);
	weir_buf_lit(&text, "queue ");
	weir__top_put_bytes(&text, c->bytes);
	if (c->limit) {
		weir_buf_lit(&text, " of ");
		weir__top_put_bytes(&text, c->limit);
	}
	weir__screen_item(s, weir_buf_view(&text));
	weir__screen_count(s, "subscriptions", c->n_subs);
	weir__screen_count(s, "worker", c->worker);
	weir_buf_fini(&text);
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

/* Who is slow is seen in the table; this says why. */
static void detail_why(struct weir__screen *s, const struct weir__top_client *c, const struct weir__top_sub *worst)
{
	if (c->stalled_ms) {
		weir_buf_lit(&s->line, "It does not read: its socket has taken nothing for ");
		weir__top_put_ms(&s->line, c->stalled_ms);
		weir_buf_char(&s->line, '.');
	} else if (worst && worst->rate > 0 && worst->waiting) {
		weir_buf_printf(&s->line, "Events wait for the rate it has chosen, %.6g/s.", worst->rate);
	} else if (c->events) {
		weir_buf_lit(&s->line, "It reads, but not fast enough: it is ");
		weir__top_put_ms(&s->line, c->lag_ms);
		weir_buf_lit(&s->line, " behind.");
	} else {
		weir_buf_lit(&s->line, "It keeps up.");
	}
	if (c->drops_per_s >= 0.005) {
		weir_buf_lit(&s->line, " It loses ");
		weir__top_put_rate(&s->line, c->drops_per_s);
		weir_buf_lit(&s->line, " events/s.");
	} else if (c->dropped) {
		weir_buf_lit(&s->line, " It has lost ");
		weir__top_put_count(&s->line, c->dropped);
		weir_buf_lit(&s->line, " events.");
	}
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

static void detail_sub(struct weir__screen *s, const struct weir__top_sub *sub)
{
	struct weir_buf text;

	weir_buf_init(&text, WEIR_SCREEN_TEXT_MAX_BYTES);
	weir__top_put_json(&text, sub->channel);
	weir_buf_lit(&text, ": ");
	weir__top_put_json(&text, sub->overflow);
	if (sub->key.n) {
		weir_buf_lit(&text, " by ");
		weir__top_put_json(&text, sub->key);
	}
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_reset(&text);
	weir_buf_lit(&text, "oldest waits ");
	weir__top_put_ms(&text, sub->age_ms);
	weir__screen_item(s, weir_buf_view(&text));
	if (sub->filtered)
		weir__screen_count(s, "filtered, withheld", sub->withheld);
	if (sub->has_offset && sub->top) {
		weir_buf_reset(&text);
		weir_buf_printf(
			&text, "at %llu of %llu", (unsigned long long)sub->offset, (unsigned long long)sub->top);
		weir__screen_item(s, weir_buf_view(&text));
	}
	weir_buf_fini(&text);
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__screen_details(struct weir__screen *s)
{
	const struct weir__top_sample *sample = &s->m->sample;
	const struct weir__top_client *c = s->v->selected < sample->n_clients ? &sample->clients[s->v->selected] : NULL;
	const struct weir__top_sub *worst = c ? weir__top_worst(s->m, c) : NULL;

	if (c) {
		detail_client(s, c);
		detail_why(s, c, worst);
	} else {
		weir__screen_end_line(s, WEIR_STYLE_NONE);
		weir__screen_end_line(s, WEIR_STYLE_NONE);
	}
	if (worst)
		detail_sub(s, worst);
	else
		weir__screen_end_line(s, WEIR_STYLE_NONE);
}
