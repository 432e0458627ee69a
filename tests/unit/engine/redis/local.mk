# The tests of the Redis engine.
LINK_FIXTURE = %D%/link_fixture.c %D%/link_fixture.h

check_PROGRAMS += %D%/test_link_redis
%C%_test_link_redis_SOURCES = %D%/test_link_redis.c $(LINK_FIXTURE) $(REDIS_SERVER)
%C%_test_link_redis_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_link_redis_CFLAGS = $(AM_CFLAGS)
%C%_test_link_redis_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_reader
%C%_test_reader_SOURCES = %D%/test_reader.c $(LINK_FIXTURE)
%C%_test_reader_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_reader_CFLAGS = $(AM_CFLAGS)
%C%_test_reader_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)
