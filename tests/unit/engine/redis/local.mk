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

SCRIPT_FIXTURE = %D%/script_fixture.c %D%/script_fixture.h $(REDIS_SERVER)

check_PROGRAMS += %D%/test_script_publish
%C%_test_script_publish_SOURCES = %D%/test_script_publish.c $(SCRIPT_FIXTURE)
%C%_test_script_publish_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_script_publish_CFLAGS = $(AM_CFLAGS)
%C%_test_script_publish_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_link
%C%_test_link_SOURCES = %D%/test_link.c %D%/rogue.c %D%/rogue.h $(LINK_FIXTURE)
%C%_test_link_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_link_CFLAGS = $(AM_CFLAGS)
%C%_test_link_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)
