/* SPDX-License-Identifier: Apache-2.0 */
/* Linked to scenarios that are written in JSON, it runs them with clients of MessagePack. */
#include "loopback.h"

static __attribute__((constructor)) void in_msgpack(void)
{
	loopback_msgpack = true;
}
