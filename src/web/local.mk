# SPDX-License-Identifier: Apache-2.0
# The pages (/ is the dashboard, /machine.html and /queues.html are for a look at what the broker does), bundled by npm and embedded as C arrays. A release tarball carries the bundle, so it needs no npm.
noinst_LIBRARIES += libweir_web.a
libweir_web_a_CFLAGS = $(AM_CFLAGS)
libweir_web_a_SOURCES =
nodist_libweir_web_a_SOURCES = %D%/files.c
CLEANFILES += %D%/files.c

WEB_MODULES = banner channel channels charts colours confirm copy dashboard dom event first format history lib live login \
	machine queues router session slow state store strip tail theme tiles trend
WEB_INPUT = $(WEB_MODULES:%=%D%/%.js) %D%/base.css %D%/demo.css %D%/dashboard.css \
	%D%/index.html %D%/machine.html %D%/queues.html %D%/icon.svg %D%/package.json %D%/package-lock.json
WEB_NAMES = index.html machine.html queues.html lib.js theme.js dashboard.js machine.js queues.js \
	base.css demo.css dashboard.css icon.svg licenses.txt
WEB_DIST = $(WEB_NAMES:%=%D%/dist/%)
WEB_EXAMPLES = examples/chat.html examples/fleet.html
WEB_SHOTS = %D%/screenshots/dashboard-light.png %D%/screenshots/dashboard-dark.png %D%/screenshots/dashboard-phone.png
EXTRA_DIST += $(WEB_EXAMPLES:%=%D%/%) $(WEB_INPUT) $(WEB_DIST) $(WEB_SHOTS) %D%/bundle %D%/embed

if HAVE_WEB
%D%/dist.stamp: $(WEB_INPUT) %D%/bundle
	$(AM_V_GEN)$(MKDIR_P) %D% && $(srcdir)/%D%/bundle "$(abs_srcdir)/%D%" "$(abs_builddir)/%D%" "$(NPM)" $(WEB_NAMES)
	$(AM_V_at)echo done >$@

$(WEB_DIST): %D%/dist.stamp
	$(AM_V_at)test -f "%D%/dist/$(@F)" || { rm -f %D%/dist.stamp; $(MAKE) $(AM_MAKEFLAGS) %D%/dist.stamp; }
	$(AM_V_at)touch "%D%/dist/$(@F)"

%D%/files.c: %D%/dist.stamp %D%/embed $(WEB_DIST) $(WEB_EXAMPLES:%=%D%/%)
	$(AM_V_GEN)$(srcdir)/%D%/embed %D%/dist $(WEB_NAMES) -- $(srcdir)/%D% $(WEB_EXAMPLES) >$@.tmp && mv $@.tmp $@
else
$(WEB_DIST):
	@echo "the page has not been bundled: npm is needed, configure again when it is there" >&2; exit 1

%D%/files.c: %D%/embed
	$(AM_V_GEN)$(MKDIR_P) %D% && $(srcdir)/%D%/embed . >$@.tmp && mv $@.tmp $@
endif
CLEANFILES += %D%/dist.stamp %D%/files.c.tmp

# In the source folder itself the bundle came with the tarball: only maintainer-clean takes it away.
clean-local: clean-web
.PHONY: clean-web clean-web-dist
clean-web:
	rm -rf %D%/npm
	test "$(abs_srcdir)" = "$(abs_builddir)" || rm -rf %D%/dist
maintainer-clean-local: clean-web-dist
clean-web-dist:
	rm -rf %D%/dist
