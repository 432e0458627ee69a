/* SPDX-License-Identifier: Apache-2.0 */
/* `weir sub`. */
#ifndef WEIR_CLI_SUB_PRIV_H
#define WEIR_CLI_SUB_PRIV_H

#include "weir/base/err.h"

/* The command; argv[0] is its name. Returns the exit code. */
int weir__sub_main(int argc, char **argv) WEIR_MUSTCHECK;

#endif
