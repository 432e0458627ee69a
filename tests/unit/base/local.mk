# The tests of base: each links that layer alone.

check_PROGRAMS += %D%/test_backoff
%C%_test_backoff_SOURCES = %D%/test_backoff.c
%C%_test_backoff_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_backoff_CFLAGS = $(AM_CFLAGS)
%C%_test_backoff_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_base64
%C%_test_base64_SOURCES = %D%/test_base64.c
%C%_test_base64_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_base64_CFLAGS = $(AM_CFLAGS)
%C%_test_base64_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_buf
%C%_test_buf_SOURCES = %D%/test_buf.c
%C%_test_buf_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_buf_CFLAGS = $(AM_CFLAGS)
%C%_test_buf_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_clock
%C%_test_clock_SOURCES = %D%/test_clock.c
%C%_test_clock_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_clock_CFLAGS = $(AM_CFLAGS)
%C%_test_clock_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_err
%C%_test_err_SOURCES = %D%/test_err.c
%C%_test_err_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_err_CFLAGS = $(AM_CFLAGS)
%C%_test_err_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_glob
%C%_test_glob_SOURCES = %D%/test_glob.c
%C%_test_glob_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_glob_CFLAGS = $(AM_CFLAGS)
%C%_test_glob_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_hash
%C%_test_hash_SOURCES = %D%/test_hash.c
%C%_test_hash_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_hash_CFLAGS = $(AM_CFLAGS)
%C%_test_hash_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_list
%C%_test_list_SOURCES = %D%/test_list.c
%C%_test_list_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_list_CFLAGS = $(AM_CFLAGS)
%C%_test_list_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_log
%C%_test_log_SOURCES = %D%/test_log.c
%C%_test_log_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_log_CFLAGS = $(AM_CFLAGS)
%C%_test_log_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_map
%C%_test_map_SOURCES = %D%/test_map.c
%C%_test_map_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_map_CFLAGS = $(AM_CFLAGS)
%C%_test_map_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_mem
%C%_test_mem_SOURCES = %D%/test_mem.c
%C%_test_mem_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_mem_CFLAGS = $(AM_CFLAGS)
%C%_test_mem_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_random
%C%_test_random_SOURCES = %D%/test_random.c
%C%_test_random_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_random_CFLAGS = $(AM_CFLAGS)
%C%_test_random_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_ring
%C%_test_ring_SOURCES = %D%/test_ring.c
%C%_test_ring_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_ring_CFLAGS = $(AM_CFLAGS)
%C%_test_ring_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_str
%C%_test_str_SOURCES = %D%/test_str.c
%C%_test_str_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_str_CFLAGS = $(AM_CFLAGS)
%C%_test_str_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_timers
%C%_test_timers_SOURCES = %D%/test_timers.c
%C%_test_timers_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_timers_CFLAGS = $(AM_CFLAGS)
%C%_test_timers_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_utf8
%C%_test_utf8_SOURCES = %D%/test_utf8.c
%C%_test_utf8_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_utf8_CFLAGS = $(AM_CFLAGS)
%C%_test_utf8_LDADD = $(TEST_MAIN) $(WEIR_BASE) $(TEST_LIBS)
