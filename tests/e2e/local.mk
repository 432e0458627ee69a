# SPDX-License-Identifier: Apache-2.0
# With real clients; needs node, npm and a Chromium, so it is not part of `make check`.
E2E_FILES = run packages cli.sh leaks package.json package-lock.json \
	connect.test.js pubsub.test.js recovery.test.js delta.test.js tags.test.js patterns.test.js serverside.test.js expiry.test.js \
	api.test.js disconnects.test.js slow.test.js policies.test.js filters.test.js frames.test.js http.test.js hostile.test.js conservation.test.js process.test.js emulation.test.js examples.test.js cluster.test.js page.test.js page-queues.test.js \
	lib/broker.js lib/cluster.js lib/crowd.js lib/page.js lib/raw.js lib/sdk.js lib/stall.js lib/stream.js lib/token.js lib/wire.js
EXTRA_DIST += $(E2E_FILES:%=%D%/%)

.PHONY: check-e2e
check-e2e: all
	WEIR="$(abs_builddir)/weir" E2E_NPM="$${E2E_NPM:-$(abs_builddir)/%D%/npm}" $(srcdir)/%D%/run

clean-local: clean-e2e
.PHONY: clean-e2e
clean-e2e:
	rm -rf %D%/npm
