/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of `weir top`: a row per client, with the subscription of it that stands worst. In a narrow window the less
 * telling columns go first; what is left over in a wide one is given to the names. Widths do not follow the contents,
 * so that nothing jumps, except where there is no limit. Pure.
 */
#include "top_priv.h"

#include "weir/base/mem.h"
#include "weir/base/utf8.h"

enum table_column {
	COL_CLIENT,
	COL_USER,
	COL_LAG,
	COL_WAITING,
	COL_BYTES,
	COL_STALLED,
	COL_DROPPED,
	COL_DROPS,
	COL_CHANNEL,
	COL_POLICY,
	COL_QUEUE,
	COL_RATE,
	COL_SUB_DROPPED,
	COL_CONFLATED,
	N_COLUMNS,
};

static const struct {
	const char *title;
	unsigned min;  /* cells */
	unsigned rank; /* the highest goes first */
	bool left;
} columns[N_COLUMNS] = {
	[COL_CLIENT] = {"CLIENT", 8, 0, true},
	[COL_USER] = {"USER", 6, 2, true},
	[COL_LAG] = {"LAG", 6, 1, false},
	[COL_WAITING] = {"WAITING", 7, 4, false},
	[COL_BYTES] = {"BYTES", 6, 5, false},
	[COL_STALLED] = {"STALLED", 7, 7, false},
	[COL_DROPPED] = {"DROPPED", 7, 8, false},
	[COL_DROPS] = {"DROPS/S", 7, 13, false},
	[COL_CHANNEL] = {"CHANNEL", 10, 3, true},
	[COL_POLICY] = {"POLICY", 11, 6, true},
	[COL_QUEUE] = {"QUEUE", 11, 9, false},
	[COL_RATE] = {"EVENTS/S", 8, 10, false},
	[COL_SUB_DROPPED] = {"DROPPED", 7, 11, false},
	[COL_CONFLATED] = {"CONFLATED", 9, 12, false},
};

/* Who gets what is left over, up to how many cells, in this order. */
static const struct {
	enum table_column column;
	unsigned max;
} growing[] = {
	{COL_USER, 12},
	{COL_CHANNEL, 20},
	{COL_POLICY, 18},
	{COL_CHANNEL, 32},
	{COL_USER, 20},
	{COL_CLIENT, 36},
};

#define CELL_MAX_BYTES 65536

static unsigned table_gap(enum table_column c)
{
	return c == COL_CLIENT ? 0 : columns[c].left ? 2 : 1;
}

static void cell_client(struct weir_buf *out, enum table_column col, const struct weir__top_client *c)
{
	switch (col) {
	case COL_CLIENT:
		weir__top_put_json(out, c->id);
		break;
	case COL_USER:
		weir__top_put_json(out, c->user);
		if (!out->len)
			weir_buf_char(out, '-');
		break;
	case COL_LAG:
		weir__top_put_ms(out, c->lag_ms);
		break;
	case COL_WAITING:
		weir__top_put_count(out, c->events);
		break;
	case COL_BYTES:
		weir__top_put_bytes(out, c->bytes);
		break;
	case COL_STALLED:
		if (c->stalled_ms)
			weir__top_put_ms(out, c->stalled_ms);
		else
			weir_buf_char(out, '-');
		break;
	case COL_DROPPED:
		weir__top_put_count(out, c->dropped);
		break;
	default:
		weir__top_put_rate(out, c->drops_per_s);
		break;
	}
}

static void cell_sub(struct weir_buf *out, enum table_column col, const struct weir__top_sub *s)
{
	switch (col) {
	case COL_CHANNEL:
		weir__top_put_json(out, s->channel);
		break;
	case COL_POLICY:
		weir__top_put_json(out, s->overflow);
		if (s->rate > 0)
			weir_buf_printf(out, " %.6g/s", s->rate);
		break;
	case COL_QUEUE:
		weir__top_put_count(out, s->waiting);
		weir_buf_char(out, '/');
		weir__top_put_count(out, s->queue);
		break;
	case COL_RATE:
		weir__top_put_rate(out, s->per_s);
		break;
	case COL_SUB_DROPPED:
		weir__top_put_count(out, s->dropped);
		break;
	default:
		weir__top_put_count(out, s->conflated);
		break;
	}
}

static void cell_text(struct weir_buf *out, enum table_column col, const struct weir__top_client *c,
	const struct weir__top_sub *worst)
{
	weir_buf_reset(out);
	if (col < COL_CHANNEL)
		cell_client(out, col, c);
	else if (worst)
		cell_sub(out, col, worst);
	else
		weir_buf_char(out, '-');
}

static void table_cell(struct weir_buf *out, enum table_column col, unsigned width, struct weir_str text)
{
	unsigned cells, pad;

	if (col == COL_CLIENT) /* an id is known by its beginning */
		text = weir_utf8_prefix(text, width);
	cells = weir__top_cells(text);
	pad = cells < width ? width - cells : 0;

	for (unsigned i = table_gap(col) + (columns[col].left ? 0 : pad); i; i--)
		weir_buf_char(out, ' ');
	cells = weir__top_put(out, text, width);
	for (unsigned i = cells; columns[col].left && i < width; i++)
		weir_buf_char(out, ' ');
}

/* Without a limit nothing is cut, and a column is as wide as what is in it. */
static void layout_by_contents(struct weir__top_layout *l, const struct weir__top_model *m)
{
	struct weir_buf text;

	weir_buf_init(&text, CELL_MAX_BYTES);
	for (size_t i = 0; i < m->sample.n_clients; i++) {
		const struct weir__top_client *c = &m->sample.clients[i];
		const struct weir__top_sub *worst = weir__top_worst(m, c);

		for (unsigned col = 0; col < N_COLUMNS; col++) {
			unsigned cells;

			cell_text(&text, col, c, worst);
			cells = weir__top_cells(weir_buf_view(&text));
			l->widths[col] = cells > l->widths[col] ? cells : l->widths[col];
		}
	}
	weir_buf_fini(&text);
}

static unsigned layout_total(const struct weir__top_layout *l)
{
	unsigned total = 0;

	for (unsigned col = 0; col < N_COLUMNS; col++)
		if (l->widths[col])
			total += l->widths[col] + table_gap(col);
	return total;
}

static void layout_drop_one(struct weir__top_layout *l)
{
	unsigned drop = COL_CLIENT;

	for (unsigned col = 0; col < N_COLUMNS; col++)
		if (l->widths[col] && columns[col].rank > columns[drop].rank)
			drop = col;
	l->widths[drop] = 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__top_layout(struct weir__top_layout *l, const struct weir__top_model *m, unsigned width)
{
	_Static_assert(N_COLUMNS <= sizeof(l->widths) / sizeof(l->widths[0]), "a width for each column");
	unsigned left;

	for (unsigned col = 0; col < N_COLUMNS; col++)
		l->widths[col] = columns[col].min;
	if (!width) {
		layout_by_contents(l, m);
		return;
	}
	while (layout_total(l) > width && layout_total(l) > l->widths[COL_CLIENT])
		layout_drop_one(l);
	if (l->widths[COL_CLIENT] > width)
		l->widths[COL_CLIENT] = width;
	left = width - layout_total(l);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(growing); i++) {
		unsigned *w = &l->widths[growing[i].column], more = growing[i].max - *w;

		if (!*w || *w >= growing[i].max)
			continue;
		more = more < left ? more : left;
		*w += more;
		left -= more;
	}
}

void weir__top_titles(struct weir_buf *out, const struct weir__top_layout *l)
{
	for (unsigned col = 0; col < N_COLUMNS; col++)
		if (l->widths[col])
			table_cell(out, col, l->widths[col], weir_str(columns[col].title));
}

void weir__top_row(struct weir_buf *out, const struct weir__top_layout *l, const struct weir__top_model *m,
	const struct weir__top_client *c)
{
	const struct weir__top_sub *worst = weir__top_worst(m, c);
	struct weir_buf text;

	weir_buf_init(&text, CELL_MAX_BYTES);
	for (unsigned col = 0; col < N_COLUMNS; col++) {
		if (!l->widths[col])
			continue;
		cell_text(&text, col, c, worst);
		table_cell(out, col, l->widths[col], weir_buf_view(&text));
	}
	weir_buf_fini(&text);
}
