/* SPDX-License-Identifier: Apache-2.0 */
/* What the generators share. */
#ifndef WEIR_TEST_GENERATE_PRIV_H
#define WEIR_TEST_GENERATE_PRIV_H

#include <stdbool.h>
#include <stdio.h>

#include "weir/base/random.h"

#define GENERATE_PICK(r, list) ((list)[weir_random_below((r), sizeof(list) / sizeof((list)[0]))])

bool generate_chance(struct weir_random *r, unsigned percent);
/* Some digits, perhaps a sign and a fraction, perhaps an exponent as in JSON; 80 bytes are enough. */
void generate_number_text(struct weir_random *r, char *out, bool exponent);

#endif
