/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of `weir top` and what they do to the view. The cursor stays on a client while the rows move; before it was
 * moved, and after Home, it stays on the first row, which is the worst. Pure.
 */
#include "top_priv.h"

#define KEYS_ID_MAX_BYTES 4096

static const struct {
	const char *sequence; /* what follows ESC */
	int key;
} sequences[] = {
	{"[A", WEIR_TOP_KEY_UP},
	{"OA", WEIR_TOP_KEY_UP},
	{"[B", WEIR_TOP_KEY_DOWN},
	{"OB", WEIR_TOP_KEY_DOWN},
	{"[5~", WEIR_TOP_KEY_PAGE_UP},
	{"[6~", WEIR_TOP_KEY_PAGE_DOWN},
	{"[H", WEIR_TOP_KEY_HOME},
	{"OH", WEIR_TOP_KEY_HOME},
	{"[1~", WEIR_TOP_KEY_HOME},
	{"[F", WEIR_TOP_KEY_END},
	{"OF", WEIR_TOP_KEY_END},
	{"[4~", WEIR_TOP_KEY_END},
	{NULL, 0},
};

/* The length of an escape sequence without its ESC: CSI with its parameters, SS3 and one byte, else nothing. */
static size_t key_sequence_length(struct weir_str s)
{
	size_t n = 1;

	if (!s.n || (s.p[0] != '[' && s.p[0] != 'O'))
		return 0;
	if (s.p[0] == '[')
		while (n < s.n && (unsigned char)s.p[n] >= 0x20 && (unsigned char)s.p[n] < 0x40)
			n++;
	return n < s.n ? n + 1 : n;
}

static void view_pick(struct weir__top_view *v, const struct weir__top_model *m)
{
	weir_buf_reset(&v->picked);
	if (v->selected && v->selected < m->sample.n_clients)
		weir_buf_str(&v->picked, m->sample.clients[v->selected].id);
}

static enum weir__top_action view_move(struct weir__top_view *v, const struct weir__top_model *m, size_t to)
{
	v->selected = to;
	view_pick(v, m);
	weir__top_settle(v, m);
	return WEIR_TOP_REDRAW;
}

static enum weir__top_action view_ask(struct weir__top_view *v, const struct weir__top_model *m)
{
	const struct weir__top_client *c;

	if (v->selected >= m->sample.n_clients)
		return WEIR_TOP_NOTHING;
	c = &m->sample.clients[v->selected];
	weir_buf_reset(&v->victim);
	weir_buf_reset(&v->victim_user);
	weir_buf_str(&v->victim, c->id);
	weir_buf_str(&v->victim_user, c->user.n ? c->user : WEIR_STR("\"\""));
	v->mode = WEIR_TOP_CONFIRM;
	return WEIR_TOP_REDRAW;
}

static enum weir__top_action press_in_table(struct weir__top_view *v, struct weir__top_model *m, int key)
{
	size_t n = m->sample.n_clients, last = n ? n - 1 : 0, page = weir__top_rows(v);

	switch (key) {
	case 'q':
		return WEIR_TOP_QUIT;
	case 'k':
	case WEIR_TOP_KEY_UP:
		return view_move(v, m, v->selected ? v->selected - 1 : 0);
	case 'j':
	case WEIR_TOP_KEY_DOWN:
		return view_move(v, m, v->selected < last ? v->selected + 1 : last);
	case WEIR_TOP_KEY_PAGE_UP:
		return view_move(v, m, v->selected > page ? v->selected - page : 0);
	case WEIR_TOP_KEY_PAGE_DOWN:
		return view_move(v, m, last - v->selected > page ? v->selected + page : last);
	case 'g':
	case WEIR_TOP_KEY_HOME:
		return view_move(v, m, 0);
	case 'G':
	case WEIR_TOP_KEY_END:
		return view_move(v, m, last);
	case 's':
		weir__top_model_sort(m, (m->sort + 1) % WEIR_TOP_N_SORTS);
		weir__top_settle(v, m);
		return WEIR_TOP_REDRAW;
	case 'p':
		v->paused = !v->paused;
		return WEIR_TOP_REDRAW;
	case 'd':
		return view_ask(v, m);
	case '?':
		v->mode = WEIR_TOP_HELP;
		return WEIR_TOP_REDRAW;
	default:
		return WEIR_TOP_NOTHING;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__top_view_init(struct weir__top_view *v)
{
	*v = (struct weir__top_view){0};
	weir_buf_init(&v->picked, KEYS_ID_MAX_BYTES);
	weir_buf_init(&v->victim, KEYS_ID_MAX_BYTES);
	weir_buf_init(&v->victim_user, KEYS_ID_MAX_BYTES);
}

void weir__top_view_fini(struct weir__top_view *v)
{
	weir_buf_fini(&v->picked);
	weir_buf_fini(&v->victim);
	weir_buf_fini(&v->victim_user);
}

int weir__top_key(struct weir_str *input)
{
	unsigned char c = (unsigned char)*input->p;
	struct weir_str sequence;

	*input = weir_str_n(input->p + 1, input->n - 1);
	if (c != WEIR_TOP_KEY_ESCAPE)
		return c;
	sequence = weir_str_n(input->p, key_sequence_length(*input));
	*input = weir_str_n(input->p + sequence.n, input->n - sequence.n);
	if (!sequence.n)
		return WEIR_TOP_KEY_ESCAPE;
	for (size_t i = 0; sequences[i].sequence; i++)
		if (weir_str_is(sequence, sequences[i].sequence))
			return sequences[i].key;
	return WEIR_TOP_KEY_NONE;
}

enum weir__top_action weir__top_press(struct weir__top_view *v, struct weir__top_model *m, int key)
{
	enum weir__top_mode mode = v->mode;

	if (key == WEIR_TOP_KEY_NONE)
		return WEIR_TOP_NOTHING;
	if (mode == WEIR_TOP_TABLE)
		return press_in_table(v, m, key);
	v->mode = WEIR_TOP_TABLE;
	if (mode == WEIR_TOP_CONFIRM && (key == 'y' || key == 'Y'))
		return WEIR_TOP_DISCONNECT;
	return mode == WEIR_TOP_HELP && key == 'q' ? WEIR_TOP_QUIT : WEIR_TOP_REDRAW;
}

void weir__top_settle(struct weir__top_view *v, const struct weir__top_model *m)
{
	size_t n = m->sample.n_clients, rows = weir__top_rows(v);

	for (size_t i = 0; v->picked.len && i < n; i++)
		if (weir_str_eq(m->sample.clients[i].id, weir_buf_view(&v->picked))) {
			v->selected = i;
			break;
		}
	if (v->selected >= n)
		v->selected = n ? n - 1 : 0;
	if (v->first + rows > n || rows >= n)
		v->first = n > rows ? n - rows : 0;
	if (v->selected < v->first)
		v->first = v->selected;
	if (rows && v->selected - v->first >= rows)
		v->first = v->selected - rows + 1;
}
