/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes: what is decoded is encoded to the very same bytes again; also the publisher part alone. */
#include "fuzz.h"

#include "weir/event/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str bytes = weir_str_n((const char *)data, size);
	struct weir_client_info info;
	struct weir_event *e;
	struct weir_buf b;

	weir_buf_init(&b, size);
	if (weir_envelope_decode(bytes, &e) == 0) {
		weir_envelope_encode(&b, e);
		fuzz_require(!b.failed && weir_str_eq(weir_buf_view(&b), bytes));
		weir_event_unref(&e);
	}
	weir_buf_reset(&b);
	if (weir_envelope_decode_info(bytes, &info) == 0) {
		weir_envelope_encode_info(&b, &info);
		fuzz_require(!b.failed && weir_str_eq(weir_buf_view(&b), bytes));
	}
	weir_buf_fini(&b);
	return 0;
}
