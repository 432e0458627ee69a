# The tests of bus: each links that layer and what is below it.

check_PROGRAMS += %D%/test_filter_set
%C%_test_filter_set_SOURCES = %D%/test_filter_set.c
%C%_test_filter_set_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_filter_set_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_set_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_frame
%C%_test_frame_SOURCES = %D%/test_frame.c
%C%_test_frame_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_frame_CFLAGS = $(AM_CFLAGS)
%C%_test_frame_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_idempotency
%C%_test_idempotency_SOURCES = %D%/test_idempotency.c
%C%_test_idempotency_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_idempotency_CFLAGS = $(AM_CFLAGS)
%C%_test_idempotency_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_index
%C%_test_index_SOURCES = %D%/test_index.c
%C%_test_index_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_index_CFLAGS = $(AM_CFLAGS)
%C%_test_index_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_lane
%C%_test_lane_SOURCES = %D%/test_lane.c
%C%_test_lane_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_lane_CFLAGS = $(AM_CFLAGS)
%C%_test_lane_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_latest
%C%_test_latest_SOURCES = %D%/test_latest.c
%C%_test_latest_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_latest_CFLAGS = $(AM_CFLAGS)
%C%_test_latest_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_log
%C%_test_log_SOURCES = %D%/test_log.c
%C%_test_log_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_log_CFLAGS = $(AM_CFLAGS)
%C%_test_log_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_log_recovery
%C%_test_log_recovery_SOURCES = %D%/test_log_recovery.c
%C%_test_log_recovery_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_log_recovery_CFLAGS = $(AM_CFLAGS)
%C%_test_log_recovery_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_namespace
%C%_test_namespace_SOURCES = %D%/test_namespace.c
%C%_test_namespace_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_namespace_CFLAGS = $(AM_CFLAGS)
%C%_test_namespace_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_patterns
%C%_test_patterns_SOURCES = %D%/test_patterns.c
%C%_test_patterns_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/bus
%C%_test_patterns_CFLAGS = $(AM_CFLAGS)
%C%_test_patterns_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_presence
%C%_test_presence_SOURCES = %D%/test_presence.c
%C%_test_presence_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_presence_CFLAGS = $(AM_CFLAGS)
%C%_test_presence_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_queue
%C%_test_queue_SOURCES = %D%/test_queue.c
%C%_test_queue_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_queue_CFLAGS = $(AM_CFLAGS)
%C%_test_queue_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_rate
%C%_test_rate_SOURCES = %D%/test_rate.c
%C%_test_rate_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_rate_CFLAGS = $(AM_CFLAGS)
%C%_test_rate_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_partition
%C%_test_partition_SOURCES = %D%/test_partition.c
%C%_test_partition_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_partition_CFLAGS = $(AM_CFLAGS)
%C%_test_partition_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_stats
%C%_test_stats_SOURCES = %D%/test_stats.c
%C%_test_stats_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_stats_CFLAGS = $(AM_CFLAGS)
%C%_test_stats_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_stream
%C%_test_stream_SOURCES = %D%/test_stream.c
%C%_test_stream_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_stream_CFLAGS = $(AM_CFLAGS)
%C%_test_stream_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_data_format
%C%_test_data_format_SOURCES = %D%/test_data_format.c
%C%_test_data_format_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_data_format_CFLAGS = $(AM_CFLAGS)
%C%_test_data_format_LDADD = $(TEST_MAIN) $(WEIR_BUS) $(TEST_LIBS)
