/* SPDX-License-Identifier: Apache-2.0 */
/* How `weir top` looks with the answers of top_answers.h, at several sizes. */
#ifndef WEIR_TEST_TOP_PICTURES_H
#define WEIR_TEST_TOP_PICTURES_H

/* clang-format off */
#define PRINTED_NOTHING \
	"weir top  http://localhost:8000\n" \
	"\n" \
	"in -  delivered -  bytes out -\n" \
	"drops/s:  oldest -  newest -  conflated -  by resync -  resyncs -  closed -\n" \
	"\n" \
	"\n" \
	" Waiting for the first answer.\n"

#define PRINTED \
	"weir top  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"clients 3  users 2  channels 2  subscriptions 3\n" \
	"in 1200/s  delivered 120k/s  bytes out 12.0M/s  queued 1.5M of 1.0G (0.1%)\n" \
	"drops/s:  oldest 45.0  newest 0  conflated 0  by resync 0  resyncs 0  closed 0\n" \
	"\n" \
	" CLIENT                                USER      LAG WAITING  BYTES STALLED DROPPED DROPS/S  CHANNEL     POLICY            QUEUE EVENTS/S DROPPED CONFLATED\n" \
	" 6f2c41d0-1111-4222-8333-444455556666  ann      3.2s     131   1.5M    3.1s    1000    45.0  prices:all  drop_oldest     128/128      100    1000         0\n" \
	" 0a2c41d0-1111-4222-8333-444455556666  bob     480ms       4    700       -   12.3k       0  prices:all  latest 2/s         4/64        0       0     12.3k\n" \
	" 1b2c41d0-1111-4222-8333-444455556666  -           0       0      0       -       0       0  -           -                     -        -       -         -\n"

#define WIDE \
	"weir top  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"clients 3  users 2  channels 2  subscriptions 3\n" \
	"in 1200/s  delivered 120k/s  bytes out 12.0M/s  queued 1.5M of 1.0G (0.1%)\n" \
	"drops/s:  oldest 45.0  newest 0  conflated 0  by resync 0  resyncs 0  closed 0\n" \
	"\n" \
	" CLIENT    USER            LAG WAITING  BYTES STALLED DROPPED DROPS/S  CHANNEL            POLICY            QUEUE EVENTS/S DROPPED CONFLATED\n" \
	">6f2c41d0  ann            3.2s     131   1.5M    3.1s    1000    45.0  prices:all         drop_oldest     128/128      100    1000         0\n" \
	" 0a2c41d0  bob           480ms       4    700       -   12.3k       0  prices:all         latest 2/s         4/64        0       0     12.3k\n" \
	" 1b2c41d0  -                 0       0      0       -       0       0  -                  -                     -        -       -         -\n" \
	"\n" \
	"\n" \
	"\n" \
	"\n" \
	"\n" \
	"6f2c41d0-1111-4222-8333-444455556666  user ann  websocket/json  connected 3h05m  queue 1.5M of 16.0M  subscriptions 2  worker 1\n" \
	"It does not read: its socket has taken nothing for 3.1s. It loses 45.0 events/s.\n" \
	"prices:all: drop_oldest  oldest waits 3.2s  at 900 of 1028\n" \
	"q quit  s sort (lag)  p pause  d disconnect  ? help\n"

#define COLUMNS_80 \
	"weir top  PAUSED  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"clients 3  users 2  channels 2  subscriptions 3\n" \
	"in 1200/s  delivered 120k/s  bytes out 12.0M/s  queued 1.5M of 1.0G (0.1%)\n" \
	"drops/s:  oldest 45.0  newest 0  conflated 0  by resync 0  resyncs 0  closed 0\n" \
	"No answer, trying again: Connection?refused\n" \
	" CLIENT    USER      LAG WAITING  BYTES STALLED DROPPED  CHANNEL     POLICY\n" \
	" 6f2c41d0  ann      3.2s     131   1.5M    3.1s    1000  prices:all  drop_oldest\n" \
	">0a2c41d0  bob     480ms       4    700       -   12.3k  prices:all  latest 2/s\n" \
	" 1b2c41d0  -           0       0      0       -       0  -           -\n" \
	"\n" \
	"\n" \
	"\n" \
	"\n" \
	"\n" \
	"0a2c41d0-1111-4222-8333-444455556666  user bob  websocket/msgpack  worker 0\n" \
	"Events wait for the rate it has chosen, 2/s. It has lost 12.3k events.\n" \
	"prices:all: latest by data.sym  oldest waits 480ms  filtered, withheld 33\n" \
	"q quit  s sort (lag)  p go on  d disconnect  ? help\n"

#define COLUMNS_80_NOBODY \
	"weir top  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"clients 3  users 2  channels 2  subscriptions 3\n" \
	"in 1200/s  delivered 120k/s  bytes out 12.0M/s  queued 1.5M of 1.0G (0.1%)\n" \
	"drops/s:  oldest 45.0  newest 0  conflated 0  by resync 0  resyncs 0  closed 0\n" \
	"\n" \
	" CLIENT    USER      LAG WAITING  BYTES STALLED DROPPED  CHANNEL     POLICY\n" \
	" 0a2c41d0  bob     480ms       4    700       -   12.3k  prices:all  latest 2/s\n" \
	" 6f2c41d0  ann      3.2s     131   1.5M    3.1s    1000  prices:all  drop_oldest\n" \
	">1b2c41d0  -           0       0      0       -       0  -           -\n" \
	"\n" \
	"\n" \
	"\n" \
	"1b2c41d0-1111-4222-8333-444455556666  user (anonymous)  events/json  worker 0\n" \
	"It keeps up.\n" \
	"\n" \
	"q quit  s sort (dropped)  p pause  d disconnect  ? help\n"

#define SMALL \
	"weir top  http://localhost:8000\n" \
	"clients 3  users 2  channels 2\n" \
	"in 1200/s  delivered 120k/s\n" \
	"\n" \
	" CLIENT    USER          LAG  CHANNEL\n" \
	">6f2c41d0  ann          3.2s  prices:all\n" \
	" 0a2c41d0  bob         480ms  prices:all\n" \
	" 1b2c41d0  -               0  -\n" \
	"q quit  s sort (lag)  p pause  ? help\n"

#define SMALLER \
	"\n" \
	" CLIENT    USER      LAG\n" \
	">0a2c41d0  bob     480ms\n" \
	" 1b2c41d0  -           0\n" \
	"q quit  s sort (lag)\n"

#define TINY \
	" CLIEN\n" \
	">0a2c4\n" \
	"q quit\n"

#define DOT \
	"…\n"

#define WAITING \
	"weir top  http://localhost:8000\n" \
	"\n" \
	"in -  delivered -  bytes out -\n" \
	"\n" \
	"\n" \
	" Waiting for the first answer.\n" \
	"\n" \
	"\n" \
	"q quit  s sort (lag)  p pause  d disconnect  ? help\n"

#define EMPTY \
	"weir top  http://localhost:8000\n" \
	"\n" \
	"in -  delivered -  bytes out -  queued 1.5M of 1.0G (0.1%)\n" \
	"\n" \
	"\n" \
	" No client is connected. One that shows the events of a channel is\n" \
	" started with: weir sub CHANNEL\n" \
	"\n" \
	"q quit  s sort (lag)  p pause  d disconnect  ? help\n"

#define HELP \
	"weir top  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"clients 3  users 2  channels 2  subscriptions 3\n" \
	"in 1200/s  delivered 120k/s  bytes out 12.0M/s  queued 1.5M of 1.0G (0.1%)\n" \
	"drops/s:  oldest 45.0  newest 0  conflated 0  by resync 0  resyncs 0  closed 0\n" \
	"\n" \
	" Up, Down, k, j, PgUp, PgDn   move; the cursor stays on its client\n" \
	" Home, g / End, G             the worst, and stay there / the last\n" \
	" s                            order: lag, bytes, dropped\n" \
	" p                            pause, go on\n" \
	" d                            disconnect the selected client\n" \
	" q                            quit\n" \
	"\n" \
	" LAG       age of the oldest event that waits for the client\n" \
	" WAITING   events in its queues; BYTES: what they take\n" \
	" STALLED   for how long its socket has taken nothing: it does not read\n" \
	" DROPPED   events it lost to full queues; DROPS/S: now\n" \
	" CHANNEL   and what follows: the one of its subscriptions that stands worst\n" \
	" POLICY    what happens when its QUEUE (waiting/limit) is full, and its rate\n" \
	" EVENTS/S  what was sent; DROPPED: lost; CONFLATED: replaced by a newer one\n" \
	"any key: back\n"

#define CONFIRM \
	"weir top  http://localhost:8000  version 0.1.0  up 3h05m\n" \
	"\n" \
	" CLIENT    USER      LAG WAITING  BYTES STALLED DROPPED  CHANNEL     POLICY\n" \
	">6f2c41d0  ann      3.2s     131   1.5M    3.1s    1000  prices:all  drop_oldest\n" \
	" 0a2c41d0  bob     480ms       4    700       -   12.3k  prices:all  latest 2/s\n" \
	" 1b2c41d0  -           0       0      0       -       0  -           -\n" \
	"\n" \
	"y/n  Disconnect 6f2c41d0-1111-4222-8333-444455556666 of user ann for good?\n"
/* clang-format on */

#endif
