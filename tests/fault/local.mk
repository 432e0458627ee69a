# SPDX-License-Identifier: Apache-2.0
# Faults; skipped where node, redis-server or the packages of tests/e2e are not there.
dist_check_SCRIPTS += %D%/check-fault
FAULT_FILES = README.md run check sabotage checker.test.js proxy.test.js \
	lib/broker.js lib/case.js lib/checker.js lib/client.js lib/history.js lib/http.js lib/main.js lib/payload.js lib/process.js \
	lib/proxy.js lib/publishers.js lib/redis.js lib/report.js lib/rig.js lib/sdk.js lib/setup.js lib/workload.js \
	cases/10-memory.js cases/20-links.js cases/30-redis.js cases/40-failover.js cases/50-brokers.js cases/60-storm.js
EXTRA_DIST += $(FAULT_FILES:%=%D%/%)
