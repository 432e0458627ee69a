/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of requests to /emulation, and session secrets: what is accepted has its three strings inside the body or the
 * scratch memory, which never moved; what claims to be a secret of ours names a worker.
 */
#include "fuzz.h"

#include "emulation_priv.h"
#include "weir/core/secret.h"

static bool lies_in(struct weir_str s, struct weir_str memory)
{
	return !s.n || (s.p >= memory.p && s.p + s.n <= memory.p + memory.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str body = weir_str_n((const char *)data, size);
	struct weir__emulation_input in;
	struct weir_buf text;
	const char *before;
	unsigned worker;

	weir_buf_init(&text, size + 1);
	before = weir_buf_reserve(&text, size + 1);
	fuzz_require(before);
	if (!weir__emulation_parse(body, &text, &in)) {
		struct weir_str scratch = weir_str_n(before, size + 1);

		fuzz_require(text.p == before && !text.failed);
		fuzz_require(in.session.n && in.node.n && in.data.p);
		fuzz_require(lies_in(in.session, body) || lies_in(in.session, scratch));
		fuzz_require(lies_in(in.node, body) || lies_in(in.node, scratch));
		fuzz_require(lies_in(in.data, body) || lies_in(in.data, scratch));
		body = in.session;
	}
	if (weir_secret_worker(body, &worker) == 0)
		fuzz_require(body.n == WEIR_SECRET_LEN && worker < WEIR_SECRET_WORKERS);
	weir_buf_fini(&text);
	return 0;
}
