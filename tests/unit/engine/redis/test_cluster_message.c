/* SPDX-License-Identifier: Apache-2.0 */
/* Cluster messages: everything comes back, answers are cut at their bound, anything else is refused. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "cluster_message.h"
#include "control_codec.h"
#include "weir/base/mem.h"

#define MAX_BYTES (4 * WEIR_CLUSTER_BYTES_MAX)

static struct weir_namespaces *namespaces(void)
{
	struct weir_namespace *without = weir_xcalloc(1, sizeof(*without));
	struct weir_namespace *named = weir_xcalloc(1, sizeof(*named));

	without->name = weir_xstrdup("");
	named->name = weir_xstrdup("news");
	return weir_namespaces_new(without, named, 1);
}

static bool same(struct weir_str a, struct weir_str b)
{
	return (a.p == NULL) == (b.p == NULL) && weir_str_eq(a, b);
}

/* Encodes and decodes; no shorter input is taken, and none that goes on. */
static void round_trip(const struct weir_cluster_message *in, const struct weir_namespaces *ns, struct weir_buf *b,
	struct weir_cluster_message *out)
{
	weir_buf_init(b, MAX_BYTES);
	weir_cluster_message_encode(b, in);
	CU_ASSERT_FALSE_FATAL(b->failed);
	for (size_t n = 0; n < b->len && b->len < 1000; n++) {
		char *copy = malloc(n ? n : 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, b->p, n);
		CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_str_n(copy, n), ns, out), WEIR_EPARSE);
		free(copy);
	}
	weir_buf_char(b, '\0');
	CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_buf_view(b), ns, out), WEIR_EPARSE);
	b->len--;
	CU_ASSERT_EQUAL_FATAL(weir_cluster_message_decode(weir_buf_view(b), ns, out), 0);
	CU_ASSERT_EQUAL(out->kind, in->kind);
	CU_ASSERT(same(out->from, in->from));
	CU_ASSERT(same(out->to, in->to));
}

static void check_control(const struct weir_control *spec, const struct weir_namespaces *ns)
{
	struct weir_cluster_message in = {.from = WEIR_STR("A"), .control = weir_control_new(spec)}, out;
	const struct weir_control *c;
	struct weir_buf b;

	round_trip(&in, ns, &b, &out);
	c = out.control;
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(atomic_load(&c->refs), 1);
	CU_ASSERT_EQUAL(c->op, spec->op);
	CU_ASSERT(same(c->user, spec->user) && same(c->client, spec->client) && same(c->session, spec->session));
	CU_ASSERT(same(c->channel, spec->channel) && same(c->reason, spec->reason));
	CU_ASSERT(same(c->info, spec->info) && same(c->data, spec->data) && same(c->override, spec->override));
	CU_ASSERT(same(c->since_epoch, spec->since_epoch));
	CU_ASSERT_PTR_EQUAL(c->ns, spec->channel.p ? weir_namespaces_resolve(ns, spec->channel) : NULL);
	CU_ASSERT_EQUAL(c->code, spec->code);
	CU_ASSERT_EQUAL(c->recover, spec->recover);
	CU_ASSERT_EQUAL(c->since_offset, spec->since_offset);
	CU_ASSERT_EQUAL(c->has_expire_at, spec->has_expire_at);
	CU_ASSERT_EQUAL(c->expire_at_s, spec->expire_at_s);
	CU_ASSERT_EQUAL(c->expired, spec->expired);
	CU_ASSERT_EQUAL_FATAL(c->n_whitelist, spec->n_whitelist);
	for (size_t i = 0; i < c->n_whitelist; i++)
		CU_ASSERT(same(c->whitelist[i], spec->whitelist[i]));
	/* A copy: the input may go. */
	if (c->user.n)
		CU_ASSERT(c->user.p < b.p || c->user.p >= b.p + b.len);
	weir_cluster_message_fini(&out);
	weir_buf_fini(&b);
	weir_control_unref(&in.control);
}

static void test_control(void)
{
	struct weir_str list[] = {WEIR_STR("c1"), WEIR_STR(""), WEIR_STR("c3")};
	struct weir_namespaces *ns = namespaces();
	struct weir_control spec = {.op = WEIR_CONTROL_SUBSCRIBE,
		.user = WEIR_STR("42"),
		.client = WEIR_STR("client"),
		.session = WEIR_STR("session"),
		.channel = WEIR_STR("news:a"),
		.whitelist = list,
		.n_whitelist = WEIR_ARRAY_LEN(list),
		.code = 3000,
		.reason = WEIR_STR("reason"),
		.info = WEIR_STR("{\"i\":1}"),
		.data = WEIR_STR("[]"),
		.override = WEIR_STR("{}"),
		.recover = true,
		.since_epoch = WEIR_STR("epoch"),
		.since_offset = UINT64_MAX,
		.has_expire_at = true,
		.expire_at_s = -1,
		.expired = true};

	check_control(&spec, ns);
	spec.channel = WEIR_STR("without");
	check_control(&spec, ns);
	spec = (struct weir_control){.op = WEIR_CONTROL_DISCONNECT};
	check_control(&spec, ns);
	spec.user = WEIR_STR("");
	spec.has_expire_at = true;
	spec.expire_at_s = INT64_MAX;
	spec.op = WEIR_CONTROL_REFRESH;
	check_control(&spec, ns);
	spec.op = WEIR_CONTROL_INPUT;
	spec.session = WEIR_STR("secret");
	spec.data = WEIR_STR("");
	check_control(&spec, ns);
	spec.op = WEIR_CONTROL_UNSUBSCRIBE; /* works without a namespace */
	spec.channel = WEIR_STR("nowhere:a");
	check_control(&spec, ns);
	weir_namespaces_free(&ns);
}

static void test_control_refused(void)
{
	struct weir_namespaces *ns = namespaces();
	struct weir_control spec = {.op = WEIR_CONTROL_SUBSCRIBE, .channel = WEIR_STR("nowhere:a")};
	struct weir_cluster_message m = {.from = WEIR_STR("A"), .control = weir_control_new(&spec)}, out;
	struct weir_buf b;

	weir_buf_init(&b, MAX_BYTES);
	weir_cluster_message_encode(&b, &m);
	CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_buf_view(&b), ns, &out), WEIR_ENOTFOUND);
	weir_control_unref(&m.control);
	/* A subscribe without a channel. */
	spec.channel = WEIR_STR_NONE;
	m.control = weir_control_new(&spec);
	weir_buf_reset(&b);
	weir_cluster_message_encode(&b, &m);
	CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_buf_view(&b), ns, &out), WEIR_EPARSE);
	weir_control_unref(&m.control);
	/* What nobody says, and nothing that is said. */
	spec.op = WEIR_CONTROL_INPUT;
	for (int i = 0; i < 2; i++) {
		spec.session = i ? WEIR_STR("s") : WEIR_STR_NONE;
		spec.data = i ? WEIR_STR_NONE : WEIR_STR("d");
		m.control = weir_control_new(&spec);
		weir_buf_reset(&b);
		weir_cluster_message_encode(&b, &m);
		CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_buf_view(&b), ns, &out), WEIR_EPARSE);
		weir_control_unref(&m.control);
	}
	spec.session = WEIR_STR_NONE;
	/* Too large as a whole, and too long a list. */
	spec.op = WEIR_CONTROL_REFRESH;
	spec.data = weir_str_n(weir_xcalloc(1, WEIR_CLUSTER_BYTES_MAX), WEIR_CLUSTER_BYTES_MAX);
	m.control = weir_control_new(&spec);
	weir_buf_reset(&b);
	weir_cluster_message_encode(&b, &m);
	CU_ASSERT(b.failed);
	weir_control_unref(&m.control);
	free((void *)(uintptr_t)spec.data.p);
	spec.data = WEIR_STR_NONE;
	spec.n_whitelist = WEIR_CONTROL_WHITELIST_MAX + 1;
	spec.whitelist = weir_xcalloc(spec.n_whitelist, sizeof(*spec.whitelist));
	for (size_t i = 0; i < spec.n_whitelist; i++)
		spec.whitelist[i] = WEIR_STR("x");
	m.control = weir_control_new(&spec);
	weir_buf_reset(&b);
	weir_cluster_message_encode(&b, &m);
	CU_ASSERT(b.failed);
	weir_control_unref(&m.control);
	spec.n_whitelist--;
	check_control(&spec, ns);
	free(spec.whitelist);
	weir_buf_fini(&b);
	weir_namespaces_free(&ns);
}

static void test_ask(void)
{
	struct weir_cluster_message in = {
		.kind = WEIR_CLUSTER_ASK, .from = WEIR_STR("A"), .ask = {.survey = 7, .topic = WEIR_CLUSTER_CHANNELS}};
	struct weir_namespaces *ns = namespaces();

	for (int i = 0; i < 2; i++) {
		struct weir_cluster_message out;
		struct weir_buf b;

		round_trip(&in, ns, &b, &out);
		CU_ASSERT_EQUAL(out.ask.survey, in.ask.survey);
		CU_ASSERT_EQUAL(out.ask.topic, in.ask.topic);
		CU_ASSERT(same(out.ask.pattern, in.ask.pattern) && same(out.ask.after, in.ask.after));
		CU_ASSERT_EQUAL(out.ask.page, in.ask.page);
		CU_ASSERT_EQUAL(out.ask.limit, in.ask.limit);
		weir_cluster_message_fini(&out);
		weir_buf_fini(&b);
		in.to = WEIR_STR("B");
		in.ask = (struct weir_cluster_ask){
			UINT64_MAX, WEIR_CLUSTER_INFO, WEIR_STR("a.*"), WEIR_STR("a.b"), true, 100};
	}
	weir_namespaces_free(&ns);
}

static void test_answer_info(void)
{
	struct weir_cluster_message in = {.kind = WEIR_CLUSTER_ANSWER,
		.from = WEIR_STR("B"),
		.to = WEIR_STR("A"),
		.answer = {.survey = 7,
			.topic = WEIR_CLUSTER_INFO,
			.node = {WEIR_STR("B"), WEIR_STR("name"), WEIR_STR("0.1.0"), 1, 2, 3, 4, UINT64_MAX}}};
	struct weir_namespaces *ns = namespaces();
	const struct weir_node_info *n;
	struct weir_cluster_message out;
	struct weir_buf b;

	round_trip(&in, ns, &b, &out);
	n = &out.answer.node;
	CU_ASSERT(out.answer.survey == 7 && out.answer.topic == WEIR_CLUSTER_INFO && !out.answer.failed);
	CU_ASSERT(weir_str_is(n->uid, "B") && weir_str_is(n->name, "name") && weir_str_is(n->version, "0.1.0"));
	CU_ASSERT(n->uptime_s == 1 && n->clients == 2 && n->users == 3 && n->channels == 4);
	CU_ASSERT_EQUAL(n->subscriptions, UINT64_MAX);
	CU_ASSERT(out.answer.count == 0 && !out.answer.more);
	weir_cluster_message_fini(&out);
	weir_buf_fini(&b);
	weir_namespaces_free(&ns);
}

/* So many channels with names of so many bytes; how many of them arrive. */
static size_t channels_that_arrive(size_t count, size_t name_bytes, bool more, bool *more_out)
{
	struct weir_cluster_message in = {.kind = WEIR_CLUSTER_ANSWER, .from = WEIR_STR("B"), .to = WEIR_STR("A")}, out;
	struct weir_channel_count *list = weir_xcalloc(count + 1, sizeof(*list));
	struct weir_namespaces *ns = namespaces();
	char *names = weir_xcalloc(count + 1, name_bytes + 1);
	struct weir_buf b;
	size_t n;

	for (size_t i = 0; i < count; i++) {
		snprintf(names + i * (name_bytes + 1), name_bytes + 1, "%0*zu", (int)name_bytes, i);
		list[i] = (struct weir_channel_count){weir_str_n(names + i * (name_bytes + 1), name_bytes), i * 3};
	}
	in.answer = (struct weir_cluster_answer){.survey = 1,
		.topic = WEIR_CLUSTER_CHANNELS,
		.channels = list,
		.count = count,
		.more = more,
		.failed = more};
	round_trip(&in, ns, &b, &out);
	CU_ASSERT(b.len <= WEIR_CLUSTER_BYTES_MAX);
	CU_ASSERT_EQUAL(out.answer.failed, more);
	n = out.answer.count;
	*more_out = out.answer.more;
	CU_ASSERT_FATAL(n <= count);
	if (n < count && n < WEIR_CLUSTER_CHANNELS_MAX) /* the next one would not have fitted */
		CU_ASSERT(b.len + name_bytes + 10 > WEIR_CLUSTER_BYTES_MAX);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT(weir_str_eq(out.answer.channels[i].channel, list[i].channel) &&
			  out.answer.channels[i].clients == list[i].clients);
	weir_cluster_message_fini(&out);
	weir_buf_fini(&b);
	weir_namespaces_free(&ns);
	free(names);
	free(list);
	return n;
}

static void test_answer_channels(void)
{
	static const size_t names[] = {5, 31, 32, 255, 256, 1000};
	bool more;

	CU_ASSERT(channels_that_arrive(0, 8, false, &more) == 0 && !more);
	CU_ASSERT(channels_that_arrive(7, 8, false, &more) == 7 && !more);
	CU_ASSERT(channels_that_arrive(8, 8, true, &more) == 8 && more);
	CU_ASSERT(channels_that_arrive(40000, 5, false, &more) == 40000 && !more);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++) {
		size_t n = channels_that_arrive(200000, names[i], false, &more), again;

		CU_ASSERT(n > 0 && n < 200000 && more);
		again = channels_that_arrive(n, names[i], false, &more);
		CU_ASSERT(again == n && !more);
	}
	CU_ASSERT_EQUAL(channels_that_arrive(200000, 5, false, &more), WEIR_CLUSTER_CHANNELS_MAX);
}

#define REFUSED(bytes) \
	CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_str_n((bytes), sizeof(bytes) - 1), ns, &m), WEIR_EPARSE)

static void test_refused(void)
{
	struct weir_namespaces *ns = namespaces();
	struct weir_cluster_message m;
	char *large = weir_xcalloc(1, WEIR_CLUSTER_BYTES_MAX + 1);

	CU_ASSERT_EQUAL(weir_cluster_message_decode(weir_str_n("\x95\x01\x01\xa1"
							       "A\xc0\x96\x05\x00\xc0\xc2\xc0\x00",
							    13),
				ns, &m),
		0);
	weir_cluster_message_fini(&m);
	REFUSED("\x95\x02\x01\xa1"
		"A\xc0\x96\x05\x00\xc0\xc2\xc0\x00"); /* version */
	REFUSED("\x95\x01\x03\xa1"
		"A\xc0\x96\x05\x00\xc0\xc2\xc0\x00");                /* kind */
	REFUSED("\x95\x01\x01\xc0\xc0\x96\x05\x00\xc0\xc2\xc0\x00"); /* from nobody */
	REFUSED("\x95\x01\x01\xa1"
		"A\x01\x96\x05\x00\xc0\xc2\xc0\x00");
	REFUSED("\x95\x01\x01\xa1"
		"A\xc0\x96\x05\x02\xc0\xc2\xc0\x00"); /* topic */
	REFUSED("\x95\x01\x01\xa1"
		"A\xc0\x96\xff\x00\xc0\xc2\xc0\x00");
	REFUSED("\x95\x01\x01\xa1"
		"A\xc0\x95\x05\x00\xc0\xc2\xc0");
	REFUSED("\x95\x01\x01\xa1"
		"A\xc0\xc0");
	REFUSED("\x95\x01\x00\xa1"
		"A\xc0\xc0");
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\xc0");
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x00\xc2\xc0\xc0\xc2"); /* info without a node */
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x01\xc2\xc0\xc0\xc2"); /* channels without any */
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x01\xc2\xc0\x91\xa1x\xc2"); /* a name alone */
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x01\xc2\xc0\x92\x01\x01\xc2"); /* a number for a name */
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x01\xc2\xc0\x92\xa1x\xc0\xc2");
	REFUSED("\x95\x01\x02\xa1"
		"B\xa1"
		"A\x96\x05\x01\xc2\xc0\xdd\x00\xff\xff\xff");
	REFUSED("");
	CU_ASSERT_EQUAL(
		weir_cluster_message_decode(weir_str_n(large, WEIR_CLUSTER_BYTES_MAX + 1), ns, &m), WEIR_EPARSE);
	free(large);
	weir_namespaces_free(&ns);
}

/* Each byte changed: refused, or another message, which is then encoded to the very same bytes. */
static void test_changed(void)
{
	struct weir_str list[] = {WEIR_STR("c1"), WEIR_STR("c2")};
	struct weir_control spec = {.op = WEIR_CONTROL_DISCONNECT,
		.user = WEIR_STR("42"),
		.channel = WEIR_STR("news:a"),
		.whitelist = list,
		.n_whitelist = 2,
		.code = 3000};
	struct weir_cluster_message in = {.from = WEIR_STR("A"), .control = weir_control_new(&spec)}, out;
	struct weir_namespaces *ns = namespaces();
	struct weir_buf b, again;

	weir_buf_init(&b, MAX_BYTES);
	weir_buf_init(&again, MAX_BYTES);
	weir_cluster_message_encode(&b, &in);
	for (size_t i = 0; i < b.len; i++)
		for (unsigned v = 1; v < 256; v++) {
			b.p[i] = (char)(b.p[i] ^ v);
			if (weir_cluster_message_decode(weir_buf_view(&b), ns, &out) == 0) {
				weir_buf_reset(&again);
				weir_cluster_message_encode(&again, &out);
				CU_ASSERT(weir_str_eq(weir_buf_view(&again), weir_buf_view(&b)));
				weir_cluster_message_fini(&out);
			}
			b.p[i] = (char)(b.p[i] ^ v);
		}
	weir_buf_fini(&again);
	weir_buf_fini(&b);
	weir_control_unref(&in.control);
	weir_namespaces_free(&ns);
}

const char weir_test_suite[] = "engine/redis/cluster_message";
CU_TestInfo weir_tests[] = {
	{"control messages", test_control},
	{"control messages that cannot be", test_control_refused},
	{"questions", test_ask},
	{"answers: a node", test_answer_info},
	{"answers: channels, cut where they get too large", test_answer_channels},
	{"what encode does not make", test_refused},
	{"each byte changed", test_changed},
	CU_TEST_INFO_NULL,
};
