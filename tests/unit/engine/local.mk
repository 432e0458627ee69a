# The tests of engines: one conformance suite for all of them.
CONFORMANCE = \
	%D%/conformance.c \
	%D%/conformance.h \
	%D%/conformance_ask.c \
	%D%/conformance_ask.h \
	%D%/conformance_format.c \
	%D%/conformance_history.c \
	%D%/conformance_pattern.c \
	%D%/conformance_version.c

check_PROGRAMS += %D%/test_memory
%C%_test_memory_SOURCES = %D%/test_memory.c $(CONFORMANCE)
%C%_test_memory_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_memory_CFLAGS = $(AM_CFLAGS)
%C%_test_memory_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

REDIS_WORLD = %D%/redis_world.c %D%/redis_world.h $(REDIS_SERVER)

check_PROGRAMS += %D%/test_redis
%C%_test_redis_SOURCES = %D%/test_redis.c %D%/redis_cluster.c %D%/redis_cluster.h $(CONFORMANCE) $(REDIS_WORLD)
%C%_test_redis_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_redis_CFLAGS = $(AM_CFLAGS)
%C%_test_redis_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_redis_brokers
%C%_test_redis_brokers_SOURCES = %D%/test_redis_brokers.c %D%/redis_recorder.c %D%/redis_recorder.h $(REDIS_WORLD)
%C%_test_redis_brokers_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_redis_brokers_CFLAGS = $(AM_CFLAGS)
%C%_test_redis_brokers_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_redis_faults
%C%_test_redis_faults_SOURCES = %D%/test_redis_faults.c %D%/redis_recorder.c %D%/redis_recorder.h $(REDIS_WORLD)
%C%_test_redis_faults_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_redis_faults_CFLAGS = $(AM_CFLAGS)
%C%_test_redis_faults_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)
include tests/unit/engine/redis/local.mk
