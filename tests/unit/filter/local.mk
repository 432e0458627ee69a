# Tests of the filter language.

check_PROGRAMS += %D%/test_tree
%C%_test_tree_SOURCES = %D%/test_tree.c
%C%_test_tree_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_tree_CFLAGS = $(AM_CFLAGS)
%C%_test_tree_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)
