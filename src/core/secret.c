/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of sessions: three digits for the worker, forty for 160 random bits, all hexadecimal. Pure. */
#include "weir/core/secret.h"

#include <stdio.h>

#define WORKER_DIGITS 3
#define RANDOM_BYTES  20

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_secret_make(char out[WEIR_SECRET_LEN + 1], unsigned worker, struct weir_random *random)
{
	unsigned char bytes[RANDOM_BYTES];

	weir_assert(worker < WEIR_SECRET_WORKERS);
	weir_random_fill(random, bytes, sizeof(bytes));
	snprintf(out, WORKER_DIGITS + 1, "%03x", worker);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + WORKER_DIGITS + 2 * i, 3, "%02x", bytes[i]);
}

int weir_secret_worker(struct weir_str secret, unsigned *worker)
{
	*worker = 0;
	if (secret.n != WEIR_SECRET_LEN)
		return WEIR_EPARSE;
	for (size_t i = 0; i < secret.n; i++) {
		int d = digit_of(secret.p[i]);

		if (d < 0)
			return WEIR_EPARSE;
		if (i < WORKER_DIGITS)
			*worker = *worker * 16 + (unsigned)d;
	}
	return 0;
}
