# What a layer's tests link: that layer and those on its left, nothing else.
WEIR_BASE = libweir_base.a
WEIR_EVENT = libweir_event.a $(WEIR_BASE) $(MSGPACK_LIBS)
WEIR_FILTER = libweir_filter.a $(WEIR_EVENT)
WEIR_BUS = libweir_bus.a $(WEIR_FILTER)
WEIR_CORE = libweir_core.a $(WEIR_BUS) $(UV_LIBS)
WEIR_WIRE = libweir_wire.a $(WEIR_BUS)
WEIR_SESSION = libweir_session.a libweir_wire.a $(WEIR_CORE) $(JWT_LIBS) $(CRYPTO_LIBS)
WEIR_ENGINE = libweir_engine.a $(WEIR_CORE) $(HIREDIS_LIBS) $(CRYPTO_LIBS)
WEIR_SERVER = libweir_server.a $(WEIR_SESSION) $(LWS_LIBS)
WEIR_APP = libweir_app.a libweir_server.a libweir_web.a libweir_engine.a $(WEIR_SESSION) $(LWS_LIBS) $(YAML_LIBS) $(HIREDIS_LIBS)

EXTRA_DIST += tests/README.md

if HAVE_CUNIT
check_LIBRARIES += libtest_main.a
libtest_main_a_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
libtest_main_a_CFLAGS = $(AM_CFLAGS)
libtest_main_a_SOURCES = %D%/support/main.c %D%/support/test.h
TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support $(CUNIT_CFLAGS) $(UV_CFLAGS)
TEST_MAIN = libtest_main.a
TEST_LIBS = $(CUNIT_LIBS)

# A redis-server of a test's own: sources of programs that need one.
REDIS_SERVER = %D%/support/redis_server.c %D%/support/redis_server.h

include tests/unit/base/local.mk
include tests/unit/event/local.mk
include tests/unit/filter/local.mk
include tests/unit/bus/local.mk
include tests/unit/core/local.mk
include tests/unit/wire/local.mk
include tests/unit/session/local.mk
include tests/unit/engine/local.mk
include tests/unit/server/local.mk
include tests/unit/app/local.mk
include tests/unit/cli/local.mk
endif
include tests/sim/local.mk
include tests/fuzz/local.mk
include tests/e2e/local.mk
include tests/fault/local.mk
include tests/bench/local.mk
