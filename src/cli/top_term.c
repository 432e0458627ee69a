/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal, by the escape sequences that xterm and all of its kind obey. See the header. */
#include "top_term_priv.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The alternate screen, emptied; no cursor; no wrapping at the right edge. */
#define TERM_TAKE WEIR_STR("\033[?1049h\033[2J\033[?25l\033[?7l")
#define TERM_GIVE WEIR_STR("\033[?7h\033[?25h\033[?1049l")

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};

static int term_take(struct weir__top_term *t)
{
	struct termios raw = t->saved;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(t->in, TCSADRAIN, &raw))
		return -errno;
	t->taken = true;
	return weir__top_term_write(t, TERM_TAKE);
}

/* Also when the terminal has gone away: there is nothing else to do. */
static void term_give(struct weir__top_term *t)
{
	int err;

	if (!t->taken)
		return;
	t->taken = false;
	err = weir__top_term_write(t, TERM_GIVE);
	(void)err;
	tcsetattr(t->in, TCSADRAIN, &t->saved);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__top_term_open(struct weir__top_term *t, int in, int out)
{
	sigset_t set;
	int err;

	*t = (struct weir__top_term){.in = in, .out = out, .signals = -1};
	if (tcgetattr(in, &t->saved))
		return -errno;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, &t->mask);
	err = term_take(t);
	if (err)
		weir__top_term_close(t);
	return err;
}

void weir__top_term_close(struct weir__top_term *t)
{
	struct signalfd_siginfo info;

	term_give(t);
	/* Those that came meanwhile have been obeyed. */
	while (read(t->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	close(t->signals);
	sigprocmask(SIG_SETMASK, &t->mask, NULL);
}

int weir__top_term_write(struct weir__top_term *t, struct weir_str text)
{
	while (text.n) {
		ssize_t n = write(t->out, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text = weir_str_n(text.p + n, text.n - (size_t)n);
	}
	return 0;
}

enum weir__top_signal weir__top_term_signal(struct weir__top_term *t)
{
	struct signalfd_siginfo info;

	if (read(t->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return WEIR_TOP_SIGNAL_NONE;
	if (info.ssi_signo == SIGWINCH)
		return WEIR_TOP_SIGNAL_REDRAW;
	if (info.ssi_signo != SIGTSTP)
		return WEIR_TOP_SIGNAL_END;
	term_give(t);
	raise(SIGSTOP);
	return term_take(t) ? WEIR_TOP_SIGNAL_END : WEIR_TOP_SIGNAL_REDRAW;
}

bool weir__top_term_size(int fd, unsigned *width, unsigned *height)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return false;
	*width = size.ws_col;
	*height = size.ws_row;
	return true;
}
