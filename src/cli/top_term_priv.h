/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal of `weir top`: another screen, keys as they are pressed, no cursor; and signals as a descriptor, so that
 * the terminal is put back whatever ends the program. One thread.
 */
#ifndef WEIR_CLI_TOP_TERM_PRIV_H
#define WEIR_CLI_TOP_TERM_PRIV_H

#include <signal.h>
#include <termios.h>

#include "weir/base/str.h"

struct weir__top_term {
	int in, out, signals;
	bool taken;
	struct termios saved;
	sigset_t mask; /* of before */
};

enum weir__top_signal { WEIR_TOP_SIGNAL_NONE, WEIR_TOP_SIGNAL_REDRAW, WEIR_TOP_SIGNAL_END };

/* 0 or a negative errno. Nothing is changed when it fails. */
int weir__top_term_open(struct weir__top_term *t, int in, int out) WEIR_MUSTCHECK;
void weir__top_term_close(struct weir__top_term *t);
/* All of the text, or a negative errno. Blocks as long as the terminal does. */
int weir__top_term_write(struct weir__top_term *t, struct weir_str text) WEIR_MUSTCHECK;
/*
 * Reads one signal from t->signals. On SIGTSTP the terminal is given back, the program stops, and when it goes on the
 * terminal is taken again.
 */
enum weir__top_signal weir__top_term_signal(struct weir__top_term *t);
/* Of the window; false: not known. */
bool weir__top_term_size(int fd, unsigned *width, unsigned *height);

#endif
