/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `weir top`: numbers (top_model.c), what the user looks at (top_keys.c), the picture (top_screen.c,
 * top_table.c, top_text.c), the terminal (top_term.c) and the requests (top_fetch.c); top.c ties them together. All but
 * the last three are pure. One thread.
 */
#ifndef WEIR_CLI_TOP_PRIV_H
#define WEIR_CLI_TOP_PRIV_H

#include "weir/event/json.h"

/* ---- numbers ---- */

#define WEIR_TOP_UNKNOWN (-1.0) /* a rate, as long as there was one answer only */

/* Ever growing counters of the broker that are shown as rates. */
#define WEIR_TOP_COUNTERS(X)                \
	X(EVENTS_IN, "events_in")           \
	X(DELIVERIES, "deliveries")         \
	X(BYTES_OUT, "bytes_out")           \
	X(DROPPED_OLDEST, "dropped_oldest") \
	X(DROPPED_NEWEST, "dropped_newest") \
	X(CONFLATED, "conflated")           \
	X(DROPPED_RESYNC, "dropped_resync") \
	X(RESYNCS, "resyncs")               \
	X(CLOSED, "overflows")

enum weir__top_counter {
#define X(name, member) WEIR_TOP_##name,
	WEIR_TOP_COUNTERS(X)
#undef X
		WEIR_TOP_N_COUNTERS,
};

#define WEIR_TOP_SORTS(X) X(LAG, "lag") X(BYTES, "bytes") X(DROPPED, "dropped")

enum weir__top_sort {
#define X(name, text) WEIR_TOP_BY_##name,
	WEIR_TOP_SORTS(X)
#undef X
		WEIR_TOP_N_SORTS,
};

/* Its texts are JSON strings with their quotes, spans of the answer; absent where there is none. */
struct weir__top_sub {
	struct weir_str channel, overflow, key;
	double rate; /* at most so many a second; 0: no limit */
	bool filtered, has_offset;
	uint64_t queue, waiting, bytes, age_ms, offset, top, delivered, dropped, conflated, withheld;
	double per_s; /* delivered */
};

struct weir__top_client {
	struct weir_str id, user, transport, encoding; /* as above */
	uint64_t worker, connected_ms, lag_ms, stalled_ms, events, bytes, limit, dropped, dropped_bytes;
	size_t first_sub, n_subs;
	double drops_per_s;
};

struct weir__top_sample {
	char *text; /* NULL: there is none */
	struct weir__top_client *clients;
	struct weir__top_sub *subs;
	size_t n_clients, n_subs, subs_cap;
	uint64_t at_ms, queued_bytes, queued_budget; /* 0: no budget */
};

struct weir__top_info {
	bool known;
	char version[32];
	uint64_t at_ms, clients, users, channels, subs, uptime_s;
	uint64_t counters[WEIR_TOP_N_COUNTERS];
	double rates[WEIR_TOP_N_COUNTERS]; /* a second */
};

struct weir__top_model {
	enum weir__top_sort sort;
	struct weir__top_sample sample;
	struct weir__top_info info;
};

/* An answer of `lag`. 0, -ENOMEM, WEIR_EPARSE: it is none; then there is nothing to free. */
int weir__top_sample_read(struct weir__top_sample *s, struct weir_json result, uint64_t now_ms) WEIR_MUSTCHECK;
void weir__top_sample_fini(struct weir__top_sample *s);
/* Any number above zero, else 0. */
uint64_t weir__top_u64(struct weir_json v);

void weir__top_model_fini(struct weir__top_model *m);
/* The results of the API's `lag` and `info`, and when they came. Errors as above; what is known stays. */
int weir__top_model_lag(struct weir__top_model *m, struct weir_json result, uint64_t now_ms) WEIR_MUSTCHECK;
int weir__top_model_info(struct weir__top_model *m, struct weir_json result, uint64_t now_ms) WEIR_MUSTCHECK;
void weir__top_model_sort(struct weir__top_model *m, enum weir__top_sort sort);
/* The client's subscription that stands worst by the current order; NULL if it has none. */
const struct weir__top_sub *weir__top_worst(const struct weir__top_model *m, const struct weir__top_client *c);
const char *weir__top_sort_name(enum weir__top_sort sort);
/* WEIR_ENOTFOUND: there is no such order. */
int weir__top_sort_find(const char *name, enum weir__top_sort *out) WEIR_MUSTCHECK;

/* ---- what the user looks at ---- */

enum weir__top_mode { WEIR_TOP_TABLE, WEIR_TOP_HELP, WEIR_TOP_CONFIRM };

struct weir__top_view {
	unsigned width, height; /* 0: no limit */
	bool live;              /* a terminal that is drawn again and again: details, keys, a cursor */
	bool ansi, colour;
	const char *server, *status; /* status: NULL or empty, or what is to be told */
	bool paused;
	enum weir__top_mode mode;
	size_t selected, first; /* rows; the first one shown */
	struct weir_buf picked; /* the selected client's id, quoted; empty: the row stays, whoever is in it */
	struct weir_buf victim, victim_user; /* whom CONFIRM is about, quoted */
};

enum {
	WEIR_TOP_KEY_NONE,
	WEIR_TOP_KEY_ESCAPE = 0x1b,
	WEIR_TOP_KEY_UP = 256,
	WEIR_TOP_KEY_DOWN,
	WEIR_TOP_KEY_PAGE_UP,
	WEIR_TOP_KEY_PAGE_DOWN,
	WEIR_TOP_KEY_HOME,
	WEIR_TOP_KEY_END
};

enum weir__top_action { WEIR_TOP_NOTHING, WEIR_TOP_REDRAW, WEIR_TOP_QUIT, WEIR_TOP_DISCONNECT };

void weir__top_view_init(struct weir__top_view *v);
void weir__top_view_fini(struct weir__top_view *v);
/* Takes one key from what a terminal sent: a character, or one of the above. NONE: it means nothing. */
int weir__top_key(struct weir_str *input);
/* DISCONNECT: `victim` and `victim_user` say whom. */
enum weir__top_action weir__top_press(struct weir__top_view *v, struct weir__top_model *m, int key);
/* After new numbers or another size: the cursor stays on its client, and in sight. */
void weir__top_settle(struct weir__top_view *v, const struct weir__top_model *m);

/* ---- the picture ---- */

/* The whole picture: with `ansi` to be written over the last one, else lines. */
void weir__top_draw(struct weir_buf *out, const struct weir__top_view *v, const struct weir__top_model *m);
/* How many rows of clients fit; more than there can be, if there is no limit. */
size_t weir__top_rows(const struct weir__top_view *v);

/* The line of titles, and that of one client, at most `width` cells wide (0: no limit). */
struct weir__top_layout {
	unsigned widths[16]; /* 0: not shown */
};
void weir__top_layout(struct weir__top_layout *l, const struct weir__top_model *m, unsigned width);
void weir__top_titles(struct weir_buf *out, const struct weir__top_layout *l);
void weir__top_row(struct weir_buf *out, const struct weir__top_layout *l, const struct weir__top_model *m,
	const struct weir__top_client *c);

/* Appends a text cut to `max` cells (0: not cut), without anything a terminal could obey. Returns its cells. */
unsigned weir__top_put(struct weir_buf *out, struct weir_str text, unsigned max);
unsigned weir__top_cells(struct weir_str text);
/* The same from a JSON string with its quotes; absent is empty. */
void weir__top_put_json(struct weir_buf *out, struct weir_str quoted);
/* Short forms, at most 6 characters: 12.3k, 1.5M (of 1024), 350ms 12.3s 5m02s 3h05m 4d11h. */
void weir__top_put_count(struct weir_buf *out, uint64_t n);
void weir__top_put_bytes(struct weir_buf *out, uint64_t n);
void weir__top_put_rate(struct weir_buf *out, double per_s); /* < 0: "-" */
void weir__top_put_ms(struct weir_buf *out, uint64_t ms);

#endif
