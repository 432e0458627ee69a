check_PROGRAMS += %D%/test_head
%C%_test_head_SOURCES = %D%/test_head.c
%C%_test_head_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_head_CFLAGS = $(AM_CFLAGS)
%C%_test_head_LDADD = $(TEST_MAIN) $(WEIR_SERVER) $(TEST_LIBS)
