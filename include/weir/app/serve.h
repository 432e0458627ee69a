/* SPDX-License-Identifier: Apache-2.0 */
/* The broker as a whole: built from a configuration, run until it is told to stop. Called once, by the main thread. */
#ifndef WEIR_APP_SERVE_H
#define WEIR_APP_SERVE_H

#include "weir/app/conf.h"

/* Takes over conf; returns the exit code. */
int weir_app_serve(struct weir_conf *conf);

#endif
