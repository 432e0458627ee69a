/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz target defines and uses. Built --with-fuzzer it is driven by libFuzzer, otherwise by replay.c, which runs
 * it over the files of its corpus in `make check`.
 */
#ifndef WEIR_FUZZ_H
#define WEIR_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input. */
#define fuzz_require(cond) \
	((cond) ? (void)0 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond), abort()))

#endif
