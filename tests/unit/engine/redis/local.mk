# The tests of the Redis engine.
LINK_FIXTURE = %D%/link_fixture.c %D%/link_fixture.h %D%/turn.h

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

check_PROGRAMS += %D%/test_address
%C%_test_address_SOURCES = %D%/test_address.c
%C%_test_address_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_address_CFLAGS = $(AM_CFLAGS)
%C%_test_address_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_discovery
%C%_test_discovery_SOURCES = %D%/test_discovery.c %D%/rogue.c %D%/rogue.h
%C%_test_discovery_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_discovery_CFLAGS = $(AM_CFLAGS)
%C%_test_discovery_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_cluster_message
%C%_test_cluster_message_SOURCES = %D%/test_cluster_message.c
%C%_test_cluster_message_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_cluster_message_CFLAGS = $(AM_CFLAGS)
%C%_test_cluster_message_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_script_fence
%C%_test_script_fence_SOURCES = %D%/test_script_fence.c $(SCRIPT_FIXTURE)
%C%_test_script_fence_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_script_fence_CFLAGS = $(AM_CFLAGS)
%C%_test_script_fence_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_script_history
%C%_test_script_history_SOURCES = %D%/test_script_history.c $(SCRIPT_FIXTURE)
%C%_test_script_history_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_script_history_CFLAGS = $(AM_CFLAGS)
%C%_test_script_history_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_script_presence
%C%_test_script_presence_SOURCES = %D%/test_script_presence.c $(SCRIPT_FIXTURE)
%C%_test_script_presence_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_script_presence_CFLAGS = $(AM_CFLAGS)
%C%_test_script_presence_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_script_reply
%C%_test_script_reply_SOURCES = %D%/test_script_reply.c
%C%_test_script_reply_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_script_reply_CFLAGS = $(AM_CFLAGS)
%C%_test_script_reply_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

ENGINE_FIXTURE = %D%/engine_fixture.c %D%/engine_fixture.h %D%/turn.h $(REDIS_SERVER)

check_PROGRAMS += %D%/test_redis_bad
%C%_test_redis_bad_SOURCES = %D%/test_redis_bad.c $(ENGINE_FIXTURE)
%C%_test_redis_bad_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_redis_bad_CFLAGS = $(AM_CFLAGS)
%C%_test_redis_bad_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_redis_rogue
%C%_test_redis_rogue_SOURCES = %D%/test_redis_rogue.c %D%/redis_proxy.c %D%/redis_proxy.h $(ENGINE_FIXTURE)
%C%_test_redis_rogue_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_test_redis_rogue_CFLAGS = $(AM_CFLAGS)
%C%_test_redis_rogue_LDADD = $(TEST_MAIN) $(WEIR_ENGINE) $(TEST_LIBS)
