/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir top` on a terminal. One loop waits for the keyboard, for signals and for the broker; a broker that is away or
 * hangs never keeps the keys waiting. While it is away the last picture stays, and a line says so.
 */
#include "top_live_priv.h"

#include <unistd.h>

#include "server_url_priv.h"

#define LIVE_RETRY_MS    1000
#define LIVE_NOTE_MS     5000
#define LIVE_WAIT_MAX_MS 60000
#define LIVE_TEXT_BYTES  65536
#define LIVE_FRAME_BYTES (16 << 20)
#define LIVE_KEYS_BYTES  256

struct live {
	struct weir__top *t;
	struct weir__top_term term;
	uint64_t next_ms;                    /* of the next round */
	uint64_t note_until_ms;              /* 0: the note says that something is wrong, and stays */
	struct weir_buf note;                /* ends with NUL, or is empty */
	struct weir_buf victim, victim_user; /* whom to disconnect: the view may ask about the next one already */
	struct weir_buf frame;
	bool dirty, cleared, answered, want_disconnect, ended;
	int exit_code;
};

static uint64_t live_now(const struct live *l)
{
	return weir_mono_ms(l->t->cli->clock);
}

static void live_end(struct live *l, int exit_code)
{
	l->ended = true;
	l->exit_code = exit_code;
}

static void live_note(struct live *l, const char *what, struct weir_str name, const char *tail, uint64_t until_ms)
{
	weir_buf_reset(&l->note);
	weir_buf_str(&l->note, weir_str(what));
	weir__top_put_json(&l->note, name);
	weir_buf_str(&l->note, weir_str(tail));
	weir_buf_char(&l->note, '\0');
	if (l->note.failed)
		weir_buf_reset(&l->note);
	l->note_until_ms = until_ms;
	l->dirty = true;
}

static void live_size(struct live *l)
{
	struct weir__top_view *v = &l->t->view;

	if (!weir__top_term_size(l->term.out, &v->width, &v->height)) {
		v->width = 80;
		v->height = 24;
	}
	weir__top_settle(v, &l->t->model);
	l->cleared = false; /* whatever a new size has left there */
	l->dirty = true;
}

static void live_draw(struct live *l)
{
	l->dirty = false;
	l->t->view.status = l->note.len ? l->note.p : NULL;
	weir_buf_reset(&l->frame);
	if (!l->cleared)
		weir_buf_lit(&l->frame, "\033[2J");
	l->cleared = true;
	weir__top_draw(&l->frame, &l->t->view, &l->t->model);
	if (l->frame.failed || weir__top_term_write(&l->term, weir_buf_view(&l->frame)))
		live_end(l, WEIR_EXIT_FAILED);
}

static void live_outcome(struct live *l, enum weir__top_outcome outcome)
{
	struct weir__top *t = l->t;

	switch (outcome) {
	case WEIR_TOP_PENDING:
		return;
	case WEIR_TOP_ROUND:
		l->answered = true;
		if (!l->note_until_ms)
			weir_buf_reset(&l->note);
		weir__top_settle(&t->view, &t->model);
		l->dirty = true;
		return;
	case WEIR_TOP_DONE:
		live_note(l, "disconnected: ", weir_buf_view(&l->victim), "", live_now(l) + LIVE_NOTE_MS);
		l->next_ms = 0;
		return;
	case WEIR_TOP_REFUSED:
		if (!l->answered) {
			live_end(l, WEIR_EXIT_FAILED);
			return;
		}
		break;
	case WEIR_TOP_AWAY:
		break;
	}
	if (t->fetch.failed == WEIR_TOP_ASK_DISCONNECT) {
		live_note(l, "not disconnected: ", WEIR_STR_NONE, t->fetch.why.p, live_now(l) + LIVE_NOTE_MS);
		return;
	}
	live_note(l, "No answer, trying again: ", WEIR_STR_NONE, t->fetch.why.p, 0);
	if (l->next_ms < live_now(l) + LIVE_RETRY_MS)
		l->next_ms = live_now(l) + LIVE_RETRY_MS;
}

static void live_ask(struct live *l)
{
	uint64_t now = live_now(l);

	if (l->t->fetch.pending != WEIR_TOP_ASK_NOTHING)
		return;
	if (l->want_disconnect) {
		l->want_disconnect = false;
		live_outcome(l, weir__top_fetch_disconnect(
					&l->t->fetch, weir_buf_view(&l->victim_user), weir_buf_view(&l->victim)));
	} else if (!l->t->view.paused && now >= l->next_ms) {
		l->next_ms = now + l->t->interval_ms;
		live_outcome(l, weir__top_fetch_begin(&l->t->fetch));
	}
}

static void live_disconnect(struct live *l)
{
	l->dirty = true;
	if (l->want_disconnect) {
		live_note(l, "not disconnected: ", WEIR_STR_NONE, "the one before is still on its way",
			live_now(l) + LIVE_NOTE_MS);
		return;
	}
	l->want_disconnect = true;
	weir_buf_reset(&l->victim);
	weir_buf_reset(&l->victim_user);
	weir_buf_str(&l->victim, weir_buf_view(&l->t->view.victim));
	weir_buf_str(&l->victim_user, weir_buf_view(&l->t->view.victim_user));
}

static void live_keys(struct live *l)
{
	char bytes[LIVE_KEYS_BYTES];
	ssize_t n = read(l->term.in, bytes, sizeof(bytes));
	struct weir_str input = weir_str_n(bytes, n > 0 ? (size_t)n : 0);

	if (n <= 0)
		live_end(l, WEIR_EXIT_OK);
	while (input.n && !l->ended) {
		switch (weir__top_press(&l->t->view, &l->t->model, weir__top_key(&input))) {
		case WEIR_TOP_NOTHING:
			break;
		case WEIR_TOP_QUIT:
			live_end(l, WEIR_EXIT_OK);
			break;
		case WEIR_TOP_DISCONNECT:
			live_disconnect(l);
			break;
		case WEIR_TOP_REDRAW:
			l->dirty = true;
			break;
		}
	}
}

static void live_signal(struct live *l)
{
	switch (weir__top_term_signal(&l->term)) {
	case WEIR_TOP_SIGNAL_NONE:
		break;
	case WEIR_TOP_SIGNAL_REDRAW:
		live_size(l);
		break;
	case WEIR_TOP_SIGNAL_END:
		live_end(l, WEIR_EXIT_OK);
		break;
	}
}

static int live_timeout(const struct live *l)
{
	uint64_t now = live_now(l), at = now + LIVE_WAIT_MAX_MS;

	if (l->t->fetch.pending == WEIR_TOP_ASK_NOTHING && !l->t->view.paused && l->next_ms < at)
		at = l->next_ms;
	if (l->note_until_ms && l->note.len && l->note_until_ms < at)
		at = l->note_until_ms;
	return at > now ? (int)(at - now) : 0;
}

static void live_step(struct live *l)
{
	struct pollfd fds[] = {
		{.fd = l->term.signals, .events = POLLIN},
		{.fd = l->term.in, .events = POLLIN},
	};

	if (l->note_until_ms && l->note.len && live_now(l) >= l->note_until_ms) {
		weir_buf_reset(&l->note);
		l->note_until_ms = 0;
		l->dirty = true;
	}
	live_ask(l);
	if (l->dirty && !l->ended)
		live_draw(l);
	if (l->ended)
		return;
	live_outcome(l, weir__top_fetch_wait(&l->t->fetch, fds, 2, live_timeout(l)));
	if (fds[0].revents)
		live_signal(l);
	if (fds[1].revents)
		live_keys(l);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__top_live(struct weir__top *t, int in, int out)
{
	struct live l = {.t = t, .dirty = true};
	int err = weir__top_term_open(&l.term, in, out);

	if (err) {
		fprintf(t->cli->err, "weir top: the terminal cannot be used: %s\n", weir_strerror(err));
		return WEIR_EXIT_FAILED;
	}
	t->view.live = t->view.ansi = true;
	t->view.colour = !weir__cli_env(t->cli, "NO_COLOR");
	weir_buf_init(&l.note, LIVE_TEXT_BYTES);
	weir_buf_init(&l.victim, LIVE_TEXT_BYTES);
	weir_buf_init(&l.victim_user, LIVE_TEXT_BYTES);
	weir_buf_init(&l.frame, LIVE_FRAME_BYTES);
	live_size(&l);
	while (!l.ended)
		live_step(&l);
	weir__top_term_close(&l.term);
	if (!l.answered && l.exit_code)
		weir__top_complain(t);
	weir_buf_fini(&l.note);
	weir_buf_fini(&l.victim);
	weir_buf_fini(&l.victim_user);
	weir_buf_fini(&l.frame);
	return l.exit_code;
}
