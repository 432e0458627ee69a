/* SPDX-License-Identifier: Apache-2.0 */
/* presence.lua and reap.lua: the commands. Loop's thread. */
#include "script_priv.h"

void weir_script_presence(struct weir_argv *a, struct weir_str key, struct weir_str channel)
{
	weir__script_begin(a, WEIR_SCRIPT_PRESENCE, key);
	weir_argv_str(a, channel);
	weir_argv_u64(a, WEIR_SCRIPT_LEASE_MS);
}

void weir_script_reap(struct weir_argv *a, struct weir_str key, struct weir_str pid, uint64_t channels)
{
	weir__script_begin(a, WEIR_SCRIPT_REAP, key);
	weir_argv_str(a, pid);
	weir_argv_u64(a, channels);
	weir_argv_u64(a, WEIR_SCRIPT_LEASE_MS);
	weir_argv_u64(a, WEIR_SCRIPT_DEAD_MS);
}
