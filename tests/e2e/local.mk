# SPDX-License-Identifier: Apache-2.0
# With real clients; needs node, npm and a Chromium, so it is not part of `make check`.
E2E_FILES = run packages screenshots.js cli.sh leaks package.json package-lock.json \
	admin.test.js api.test.js cluster.test.js connect.test.js conservation.test.js dashboard.test.js \
	delta.test.js disconnects.test.js emulation-page.test.js emulation.test.js events-publish.test.js \
	events.test.js examples.test.js expiry.test.js filters.test.js frames.test.js hostile.test.js http.test.js \
	metrics.test.js msgpack.test.js page-queues.test.js page.test.js patterns.test.js policies.test.js \
	process.test.js pubsub.test.js recovery.test.js serverside.test.js slow.test.js tags.test.js lib/broker.js \
	lib/cluster.js lib/crowd.js lib/events.js lib/expositions.js lib/packed.js lib/page.js lib/raw.js lib/sdk.js \
	lib/stall.js lib/stream.js lib/token.js lib/wire.js
EXTRA_DIST += $(E2E_FILES:%=%D%/%)

.PHONY: check-e2e
check-e2e: all
	WEIR="$(abs_builddir)/weir" E2E_NPM="$${E2E_NPM:-$(abs_builddir)/%D%/npm}" $(srcdir)/%D%/run

clean-local: clean-e2e
.PHONY: clean-e2e
clean-e2e:
	rm -rf %D%/npm
