/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that a program answers without being run. Pure, any thread. */
#include <stdlib.h>

#include "program_priv.h"

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_program_free(struct weir_program **p)
{
	free(*p);
	*p = NULL;
}

struct weir_str weir_program_bytes(const struct weir_program *p)
{
	size_t head = offsetof(struct weir_program, size);

	return weir_str_n((const char *)p + head, p->size - head);
}

bool weir_program_is_mixed(const struct weir_program *p)
{
	return p->mixed;
}

bool weir_program_needs_data(const struct weir_program *p)
{
	return p->n_paths > 0;
}

struct weir_str weir__program_path(const struct weir_program *p, unsigned i)
{
	const struct program_name *names = program_section(p, PROGRAM_NAMES);
	size_t n = (p->at[PROGRAM_SETS] - p->at[PROGRAM_NAMES]) / sizeof(*names);

	for (size_t k = 0; k < n; k++)
		if (names[k].kind == WEIR_NAME_DATA && names[k].path == i)
			return program_str(p, names[k].at, names[k].n);
	return WEIR_STR_NONE;
}
