# Scenarios over the loopback server: whole brokers on a virtual clock, from a seed.
if HAVE_CUNIT
check_LIBRARIES += libloopback.a
libloopback_a_CPPFLAGS = $(TEST_CPPFLAGS)
libloopback_a_CFLAGS = $(AM_CFLAGS)
libloopback_a_SOURCES = tests/support/loopback.c tests/support/loopback.h
SIM_LIBS = $(TEST_MAIN) libloopback.a libweir_engine.a $(WEIR_SESSION) $(TEST_LIBS)

check_PROGRAMS += %D%/test_scenarios
%C%_test_scenarios_SOURCES = %D%/test_scenarios.c
%C%_test_scenarios_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_scenarios_CFLAGS = $(AM_CFLAGS)
%C%_test_scenarios_LDADD = $(SIM_LIBS)
endif
