# Tests of the filter language. The reference needs nothing of the engine but the types in its headers.

check_LIBRARIES += libtest_filter_reference.a
libtest_filter_reference_a_CPPFLAGS = $(AM_CPPFLAGS)
libtest_filter_reference_a_CFLAGS = $(AM_CFLAGS)
libtest_filter_reference_a_SOURCES = \
	%D%/reference.c \
	%D%/reference.h \
	%D%/reference_case.c \
	%D%/reference_eval.c \
	%D%/reference_event.c \
	%D%/reference_function.c \
	%D%/reference_lex.c \
	%D%/reference_number.c \
	%D%/reference_parse.c \
	%D%/reference_parse_priv.h \
	%D%/reference_path.c \
	%D%/reference_priv.h \
	%D%/reference_text.c \
	%D%/reference_tree.c

check_PROGRAMS += %D%/test_filter_reference
%C%_test_filter_reference_SOURCES = %D%/test_filter_reference.c
%C%_test_filter_reference_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_filter_reference_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_reference_LDADD = $(TEST_MAIN) libtest_filter_reference.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_tree
%C%_test_tree_SOURCES = %D%/test_tree.c
%C%_test_tree_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_tree_CFLAGS = $(AM_CFLAGS)
%C%_test_tree_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_filter_differential
%C%_test_filter_differential_SOURCES = \
	%D%/differential.c \
	%D%/differential.h \
	%D%/generate.c \
	%D%/generate.h \
	%D%/generate_data.c \
	%D%/generate_priv.h \
	%D%/test_filter_differential.c
%C%_test_filter_differential_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/filter
%C%_test_filter_differential_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_differential_LDADD = $(TEST_MAIN) libtest_filter_reference.a $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_filter_events
%C%_test_filter_events_SOURCES = \
	%D%/generate.c \
	%D%/generate.h \
	%D%/generate_data.c \
	%D%/generate_payload.c \
	%D%/generate_priv.h \
	%D%/test_filter_events.c
%C%_test_filter_events_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_filter_events_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_events_LDADD = $(TEST_MAIN) libtest_filter_reference.a $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_filter_edges
%C%_test_filter_edges_SOURCES = \
	%D%/differential.c \
	%D%/differential.h \
	%D%/generate_data.c \
	%D%/generate_priv.h \
	%D%/test_filter_edges.c
%C%_test_filter_edges_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/filter
%C%_test_filter_edges_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_edges_LDADD = $(TEST_MAIN) libtest_filter_reference.a $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_examples
%C%_test_examples_SOURCES = %D%/test_examples.c %D%/harness.c %D%/harness.h
%C%_test_examples_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_examples_CFLAGS = $(AM_CFLAGS)
%C%_test_examples_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_language
%C%_test_language_SOURCES = %D%/test_language.c %D%/harness.c %D%/harness.h
%C%_test_language_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_language_CFLAGS = $(AM_CFLAGS)
%C%_test_language_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_refusals
%C%_test_refusals_SOURCES = %D%/test_refusals.c %D%/harness.c %D%/harness.h
%C%_test_refusals_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_refusals_CFLAGS = $(AM_CFLAGS)
%C%_test_refusals_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_number
%C%_test_number_SOURCES = %D%/test_number.c
%C%_test_number_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/filter
%C%_test_number_CFLAGS = $(AM_CFLAGS)
%C%_test_number_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

# Counts allocations.
check_PROGRAMS += %D%/test_filters
%C%_test_filters_SOURCES = %D%/test_filters.c %D%/harness.c %D%/harness.h
%C%_test_filters_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/filter
%C%_test_filters_CFLAGS = $(AM_CFLAGS)
%C%_test_filters_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
%C%_test_filters_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)

check_PROGRAMS += %D%/test_cost
%C%_test_cost_SOURCES = %D%/test_cost.c %D%/harness.c %D%/harness.h
%C%_test_cost_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/filter
%C%_test_cost_CFLAGS = $(AM_CFLAGS)
%C%_test_cost_LDADD = $(TEST_MAIN) $(WEIR_FILTER) $(TEST_LIBS)
