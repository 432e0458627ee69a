# The tests of the Redis engine.
LINK_FIXTURE = %D%/link_fixture.c %D%/link_fixture.h

check_PROGRAMS += %D%/test_link_redis
%C%_test_link_redis_SOURCES = %D%/test_link_redis.c $(LINK_FIXTURE) $(REDIS_SERVER)
%C%_test_link_redis_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_link_redis_CFLAGS = $(AM_CFLAGS)
%C%_test_link_redis_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)
