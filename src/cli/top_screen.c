/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of `weir top`: totals, the table, what is known about the selected client, the keys. On a terminal each
 * line is written over the old one and cleared behind its end, so that one write changes all of it without a flicker.
 * In a low window the totals and the details make room for the table. Pure.
 */
#include "top_screen_priv.h"

/* Lines of each part, top to bottom; without limits all but details and keys. */
struct screen_parts {
	size_t totals, status, titles, rows, details, keys;
};

static const char *const help[] = {
	"Up, Down, k, j, PgUp, PgDn   move; the cursor stays on its client",
	"Home, g / End, G             the worst, and stay there / the last",
	"s                            order: lag, bytes, dropped",
	"p                            pause, go on",
	"d                            disconnect the selected client",
	"q                            quit",
	"",
	"LAG       age of the oldest event that waits for the client",
	"WAITING   events in its queues; BYTES: what they take",
	"STALLED   for how long its socket has taken nothing: it does not read",
	"DROPPED   events it lost to full queues; DROPS/S: now",
	"CHANNEL   and what follows: the one of its subscriptions that stands worst",
	"POLICY    what happens when its QUEUE (waiting/limit) is full, and its rate",
	"EVENTS/S  what was sent; DROPPED: lost; CONFLATED: replaced by a newer one",
};

static struct screen_parts screen_parts(const struct weir__top_view *v)
{
	struct screen_parts p = {.totals = 4, .status = 1, .titles = 1, .rows = SIZE_MAX / 2};
	size_t taken;

	if (!v->height)
		return p;
	p.totals = v->height >= 12 ? 4 : v->height >= 9 ? 3 : v->height >= 6 ? 1 : 0;
	p.status = v->height >= 4;
	p.titles = v->height >= 3;
	p.details = v->live && v->height >= 16 ? 3 : 0;
	p.keys = v->live && v->height >= 2;
	taken = p.totals + p.status + p.titles + p.details + p.keys;
	p.rows = v->height > taken ? v->height - taken : 0;
	return p;
}

static void screen_rate(struct weir__screen *s, const char *name, enum weir__top_counter counter)
{
	double rate = s->m->info.known ? s->m->info.rates[counter] : WEIR_TOP_UNKNOWN;
	struct weir_buf text;

	weir_buf_init(&text, 256);
	weir_buf_printf(&text, "%s ", name);
	if (counter == WEIR_TOP_BYTES_OUT && rate >= 0)
		weir__top_put_bytes(&text, (uint64_t)rate);
	else
		weir__top_put_rate(&text, rate);
	if (rate >= 0 && counter <= WEIR_TOP_BYTES_OUT)
		weir_buf_lit(&text, "/s");
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_fini(&text);
}

/* ---- totals ---- */

static void screen_title(struct weir__screen *s)
{
	const struct weir__top_info *info = &s->m->info;
	struct weir_buf text;

	weir_buf_init(&text, WEIR_SCREEN_TEXT_MAX_BYTES);
	weir__screen_item(s, WEIR_STR("weir top"));
	if (s->v->paused)
		weir__screen_item(s, WEIR_STR("PAUSED"));
	weir__screen_item(s, weir_str(s->v->server));
	if (info->known) {
		weir_buf_printf(&text, "version %s", info->version);
		weir__screen_item(s, weir_buf_view(&text));
		weir_buf_reset(&text);
		weir_buf_lit(&text, "up ");
		weir__top_put_ms(&text, info->uptime_s > UINT64_MAX / 1000 ? UINT64_MAX : info->uptime_s * 1000);
		weir__screen_item(s, weir_buf_view(&text));
	}
	weir_buf_fini(&text);
	weir__screen_end_line(s, WEIR_STYLE_BOLD);
}

static void screen_totals(struct weir__screen *s)
{
	const struct weir__top_info *info = &s->m->info;

	if (info->known) {
		weir__screen_count(s, "clients", info->clients);
		weir__screen_count(s, "users", info->users);
		weir__screen_count(s, "channels", info->channels);
		weir__screen_count(s, "subscriptions", info->subs);
	}
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

static void screen_flow(struct weir__screen *s)
{
	const struct weir__top_sample *sample = &s->m->sample;
	struct weir_buf text;

	screen_rate(s, "in", WEIR_TOP_EVENTS_IN);
	screen_rate(s, "delivered", WEIR_TOP_DELIVERIES);
	screen_rate(s, "bytes out", WEIR_TOP_BYTES_OUT);
	weir_buf_init(&text, 256);
	weir_buf_lit(&text, "queued ");
	weir__top_put_bytes(&text, sample->queued_bytes);
	if (sample->queued_budget) {
		weir_buf_lit(&text, " of ");
		weir__top_put_bytes(&text, sample->queued_budget);
		weir_buf_printf(
			&text, " (%.1f%%)", 100.0 * (double)sample->queued_bytes / (double)sample->queued_budget);
	}
	if (sample->text)
		weir__screen_item(s, weir_buf_view(&text));
	weir_buf_fini(&text);
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

static void screen_drops(struct weir__screen *s)
{
	weir__screen_item(s, WEIR_STR("drops/s:"));
	screen_rate(s, "oldest", WEIR_TOP_DROPPED_OLDEST);
	screen_rate(s, "newest", WEIR_TOP_DROPPED_NEWEST);
	screen_rate(s, "conflated", WEIR_TOP_CONFLATED);
	screen_rate(s, "by resync", WEIR_TOP_DROPPED_RESYNC);
	screen_rate(s, "resyncs", WEIR_TOP_RESYNCS);
	screen_rate(s, "closed", WEIR_TOP_CLOSED);
	weir__screen_end_line(s, WEIR_STYLE_NONE);
}

static void screen_header(struct weir__screen *s, const struct screen_parts *p)
{
	static void (*const lines[])(struct weir__screen *) = {screen_title, screen_totals, screen_flow, screen_drops};

	for (size_t i = 0; i < p->totals; i++)
		lines[i](s);
	if (!p->status)
		return;
	if (s->v->status)
		weir_buf_str(&s->line, weir_str(s->v->status));
	weir__screen_end_line(s, WEIR_STYLE_BOLD);
}

/* ---- table ---- */

static const char *row_style(const struct weir__screen *s, const struct weir__top_client *c, bool selected)
{
	if (selected)
		return WEIR_STYLE_SELECTED;
	if (!s->v->colour)
		return c->stalled_ms ? WEIR_STYLE_BOLD : WEIR_STYLE_NONE;
	return c->stalled_ms ? WEIR_STYLE_STALLED : c->events ? WEIR_STYLE_BEHIND : WEIR_STYLE_NONE;
}

static void screen_clients(struct weir__screen *s, const struct screen_parts *p)
{
	const struct weir__top_sample *sample = &s->m->sample;
	struct weir__top_layout layout;
	size_t n = 0;

	weir__top_layout(&layout, s->m, s->v->width ? s->v->width - (s->v->width > 1) : 0);
	if (p->titles) {
		weir_buf_char(&s->line, ' ');
		weir__top_titles(&s->line, &layout);
		weir__screen_end_line(s, WEIR_STYLE_REVERSE);
	}
	for (size_t i = s->v->first; i < sample->n_clients && n < p->rows; i++, n++) {
		bool selected = s->v->live && i == s->v->selected;

		weir_buf_char(&s->line, selected ? '>' : ' ');
		weir__top_row(&s->line, &layout, s->m, &sample->clients[i]);
		weir__screen_end_line(s, row_style(s, &sample->clients[i], selected));
	}
}

static void screen_no_clients(struct weir__screen *s, const struct screen_parts *p)
{
	static const char *const empty[] = {"", " No client is connected. One that shows the events of a channel is",
		" started with: weir sub CHANNEL"};
	static const char *const waiting[] = {"", " Waiting for the first answer."};
	const char *const *lines = s->m->sample.text ? empty : waiting;
	size_t n = s->m->sample.text ? 3 : 2;

	for (size_t i = 0; i < n && i < p->rows + p->titles; i++) {
		weir_buf_str(&s->line, weir_str(lines[i]));
		weir__screen_end_line(s, WEIR_STYLE_NONE);
	}
}

static void screen_help(struct weir__screen *s, const struct screen_parts *p)
{
	size_t room = p->rows + p->titles + p->details, n = sizeof(help) / sizeof(help[0]);

	for (size_t i = 0; i < n && i < room; i++) {
		weir_buf_char(&s->line, ' ');
		weir_buf_str(&s->line, weir_str(help[i]));
		weir__screen_end_line(s, WEIR_STYLE_NONE);
	}
}

/* ---- the last line ---- */

static void screen_keys(struct weir__screen *s)
{
	struct weir_buf text;

	weir_buf_init(&text, WEIR_SCREEN_TEXT_MAX_BYTES);
	if (s->v->mode == WEIR_TOP_CONFIRM) {
		weir_buf_lit(&text, "Disconnect ");
		weir__top_put_json(&text, weir_buf_view(&s->v->victim));
		weir_buf_lit(&text, " of user ");
		weir__top_put_json(&text,
			s->v->victim_user.len > 2 ? weir_buf_view(&s->v->victim_user) : WEIR_STR("\"(anonymous)\""));
		weir_buf_lit(&s->line, "y/n  ");
		weir_buf_str(&s->line, weir_buf_view(&text));
		weir_buf_lit(&s->line, " for good?");
	} else if (s->v->mode == WEIR_TOP_HELP) {
		weir_buf_lit(&s->line, "any key: back");
	} else {
		weir__screen_item(s, WEIR_STR("q quit"));
		weir_buf_printf(&text, "s sort (%s)", weir__top_sort_name(s->m->sort));
		weir__screen_item(s, weir_buf_view(&text));
		weir__screen_item(s, s->v->paused ? WEIR_STR("p go on") : WEIR_STR("p pause"));
		weir__screen_item(s, WEIR_STR("d disconnect"));
		weir__screen_item(s, WEIR_STR("? help"));
	}
	weir_buf_fini(&text);
	weir__screen_end_line(s, s->v->mode == WEIR_TOP_CONFIRM ? WEIR_STYLE_BOLD : WEIR_STYLE_NONE);
}

/* ------------------------------------------------------------------------------------------------------------------ */

size_t weir__top_rows(const struct weir__top_view *v)
{
	return screen_parts(v).rows;
}

void weir__top_draw(struct weir_buf *out, const struct weir__top_view *v, const struct weir__top_model *m)
{
	struct screen_parts p = screen_parts(v);
	struct weir__screen s = {.out = out, .v = v, .m = m};

	weir_buf_init(&s.line, WEIR_SCREEN_TEXT_MAX_BYTES);
	if (v->ansi)
		weir_buf_lit(out, "\033[H");
	screen_header(&s, &p);
	if (v->mode == WEIR_TOP_HELP)
		screen_help(&s, &p);
	else if (m->sample.n_clients)
		screen_clients(&s, &p);
	else
		screen_no_clients(&s, &p);
	if (v->live && v->height)
		while (s.lines < v->height - p.keys - (v->mode == WEIR_TOP_HELP ? 0 : p.details))
			weir__screen_end_line(&s, WEIR_STYLE_NONE);
	if (p.details && v->mode != WEIR_TOP_HELP)
		weir__screen_details(&s);
	if (p.keys)
		screen_keys(&s);
	if (!v->ansi)
		weir_buf_char(out, '\n');
	weir_buf_fini(&s.line);
}
