/* SPDX-License-Identifier: Apache-2.0 */
/* Cluster messages: what is decoded is encoded to the very same bytes again. There is one namespace, "news". */
#include "fuzz.h"

#include "cluster_message.h"
#include "weir/base/mem.h"

static struct weir_namespaces *namespaces(void)
{
	struct weir_namespace *without = weir_xcalloc(1, sizeof(*without));
	struct weir_namespace *named = weir_xcalloc(1, sizeof(*named));

	without->name = weir_xstrdup("");
	named->name = weir_xstrdup("news");
	return weir_namespaces_new(without, named, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str bytes = weir_str_n((const char *)data, size);
	struct weir_namespaces *ns = namespaces();
	struct weir_cluster_message m;
	struct weir_buf b;

	weir_buf_init(&b, size);
	if (weir_cluster_message_decode(bytes, ns, &m) == 0) {
		weir_cluster_message_encode(&b, &m);
		fuzz_require(!b.failed && weir_str_eq(weir_buf_view(&b), bytes));
		weir_cluster_message_fini(&m);
	}
	weir_buf_fini(&b);
	weir_namespaces_free(&ns);
	return 0;
}
