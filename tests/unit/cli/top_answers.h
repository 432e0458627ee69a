/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a broker that the tests of `weir top` share: three clients, one of them stalled, one held by its rate. */
#ifndef WEIR_TEST_TOP_ANSWERS_H
#define WEIR_TEST_TOP_ANSWERS_H

#define TOP_ANN(delivered, dropped)                                                                                   \
	"{\"client\":\"6f2c41d0-1111-4222-8333-444455556666\",\"user\":\"ann\",\"transport\":\"websocket\","          \
	"\"encoding\":\"json\",\"worker\":1,\"connected_ms\":11103000,\"lag_ms\":3250,\"stalled_ms\":3100,"           \
	"\"queue\":{\"events\":131,\"bytes\":1572864,\"limit\":16777216},"                                            \
	"\"dropped\":{\"events\":" #dropped ",\"bytes\":99000},\"subscriptions\":["                                   \
	"{\"channel\":\"news\",\"overflow\":\"resync\",\"queue\":128,\"filtered\":false,\"waiting\":3,\"bytes\":300," \
	"\"age_ms\":100,\"delivered\":7,\"dropped\":0,\"conflated\":0,\"withheld\":0},"                               \
	"{\"channel\":\"prices:all\",\"overflow\":\"drop_oldest\",\"queue\":128,\"filtered\":false,\"waiting\":128,"  \
	"\"bytes\":1572564,\"age_ms\":3250,\"offset\":900,\"top\":1028,\"delivered\":" #delivered                     \
	",\"dropped\":" #dropped ",\"conflated\":0,\"withheld\":0}]}"

#define TOP_BOB                                                                                                     \
	"{\"client\":\"0a2c41d0-1111-4222-8333-444455556666\",\"user\":\"bob\",\"transport\":\"websocket\","        \
	"\"encoding\":\"msgpack\",\"worker\":0,\"connected_ms\":60000,\"lag_ms\":480,\"stalled_ms\":0,"             \
	"\"queue\":{\"events\":4,\"bytes\":700,\"limit\":1048576},\"dropped\":{\"events\":12345,\"bytes\":0},"      \
	"\"subscriptions\":[{\"channel\":\"prices:all\",\"overflow\":\"latest\",\"queue\":64,\"key\":\"data.sym\"," \
	"\"rate\":2,\"filtered\":true,\"waiting\":4,\"bytes\":700,\"age_ms\":480,\"delivered\":50,\"dropped\":0,"   \
	"\"conflated\":12345,\"withheld\":33}]}"

#define TOP_NOBODY                                                                                       \
	"{\"client\":\"1b2c41d0-1111-4222-8333-444455556666\",\"user\":\"\",\"transport\":\"events\","   \
	"\"encoding\":\"json\",\"worker\":0,\"connected_ms\":259200000,\"lag_ms\":0,\"stalled_ms\":0,"   \
	"\"queue\":{\"events\":0,\"bytes\":0,\"limit\":1048576},\"dropped\":{\"events\":0,\"bytes\":0}," \
	"\"subscriptions\":[]}"

#define TOP_LAG(clients) "{\"connections\":[" clients "],\"queued_bytes\":1573564,\"queued_budget\":1073741824}"

#define TOP_INFO(events_in, deliveries, bytes_out, dropped_oldest)                                                   \
	"{\"nodes\":[{\"uid\":\"u\",\"name\":\"n\",\"version\":\"0.1.0\",\"num_clients\":3,\"num_users\":2,"         \
	"\"num_channels\":2,\"num_subs\":3,\"uptime\":11103,\"metrics\":{\"interval\":0,\"items\":{"                 \
	"\"connections_opened\":9,\"events_in\":" #events_in ",\"deliveries\":" #deliveries                          \
	",\"bytes_out\":" #bytes_out ",\"dropped_oldest\":" #dropped_oldest                                          \
	",\"dropped_newest\":0,\"conflated\":0,\"resyncs\":0,\"dropped_resync\":0,\"overflows\":0,\"queued_bytes\":" \
	"1573564}}}]}"

#endif
