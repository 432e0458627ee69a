check_PROGRAMS += %D%/test_members
%C%_test_members_SOURCES = %D%/test_members.c
%C%_test_members_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_members_CFLAGS = $(AM_CFLAGS)
%C%_test_members_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)
