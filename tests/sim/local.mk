# Scenarios over the loopback server: whole brokers on a virtual clock, from a seed.
if HAVE_CUNIT
check_LIBRARIES += libloopback.a
libloopback_a_CPPFLAGS = $(TEST_CPPFLAGS)
libloopback_a_CFLAGS = $(AM_CFLAGS)
libloopback_a_SOURCES = \
	tests/support/late_engine.c \
	tests/support/late_engine.h \
	tests/support/loopback.c \
	tests/support/loopback.h \
	tests/support/scenario.c \
	tests/support/scenario.h
SIM_LIBS = $(TEST_MAIN) libloopback.a libweir_engine.a $(WEIR_SESSION) $(TEST_LIBS)

check_PROGRAMS += %D%/test_backlog
%C%_test_backlog_SOURCES = %D%/test_backlog.c
%C%_test_backlog_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_backlog_CFLAGS = $(AM_CFLAGS)
%C%_test_backlog_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_budget
%C%_test_budget_SOURCES = %D%/test_budget.c
%C%_test_budget_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_budget_CFLAGS = $(AM_CFLAGS)
%C%_test_budget_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_commands
%C%_test_commands_SOURCES = %D%/test_commands.c
%C%_test_commands_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_commands_CFLAGS = $(AM_CFLAGS)
%C%_test_commands_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_connect
%C%_test_connect_SOURCES = %D%/test_connect.c
%C%_test_connect_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_connect_CFLAGS = $(AM_CFLAGS)
%C%_test_connect_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_control
%C%_test_control_SOURCES = %D%/test_control.c
%C%_test_control_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_control_CFLAGS = $(AM_CFLAGS)
%C%_test_control_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_delta
%C%_test_delta_SOURCES = %D%/test_delta.c
%C%_test_delta_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_delta_CFLAGS = $(AM_CFLAGS)
%C%_test_delta_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_filters
%C%_test_filters_SOURCES = %D%/test_filters.c
%C%_test_filters_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_filters_CFLAGS = $(AM_CFLAGS)
%C%_test_filters_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_notation
%C%_test_notation_SOURCES = %D%/test_notation.c
%C%_test_notation_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_notation_CFLAGS = $(AM_CFLAGS)
%C%_test_notation_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_options
%C%_test_options_SOURCES = %D%/test_options.c
%C%_test_options_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_options_CFLAGS = $(AM_CFLAGS)
%C%_test_options_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_overflow
%C%_test_overflow_SOURCES = %D%/test_overflow.c
%C%_test_overflow_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_overflow_CFLAGS = $(AM_CFLAGS)
%C%_test_overflow_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_pattern_recovery
%C%_test_pattern_recovery_SOURCES = %D%/test_pattern_recovery.c
%C%_test_pattern_recovery_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_pattern_recovery_CFLAGS = $(AM_CFLAGS)
%C%_test_pattern_recovery_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_patterns
%C%_test_patterns_SOURCES = %D%/test_patterns.c
%C%_test_patterns_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_patterns_CFLAGS = $(AM_CFLAGS)
%C%_test_patterns_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_presence
%C%_test_presence_SOURCES = %D%/test_presence.c
%C%_test_presence_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_presence_CFLAGS = $(AM_CFLAGS)
%C%_test_presence_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_pressure
%C%_test_pressure_SOURCES = %D%/test_pressure.c
%C%_test_pressure_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_pressure_CFLAGS = $(AM_CFLAGS)
%C%_test_pressure_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_recovery
%C%_test_recovery_SOURCES = %D%/test_recovery.c
%C%_test_recovery_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_recovery_CFLAGS = $(AM_CFLAGS)
%C%_test_recovery_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_refresh
%C%_test_refresh_SOURCES = %D%/test_refresh.c
%C%_test_refresh_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_refresh_CFLAGS = $(AM_CFLAGS)
%C%_test_refresh_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_scenarios
%C%_test_scenarios_SOURCES = %D%/test_scenarios.c
%C%_test_scenarios_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_scenarios_CFLAGS = $(AM_CFLAGS)
%C%_test_scenarios_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_subscribe
%C%_test_subscribe_SOURCES = %D%/test_subscribe.c
%C%_test_subscribe_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_subscribe_CFLAGS = $(AM_CFLAGS)
%C%_test_subscribe_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_survey
%C%_test_survey_SOURCES = %D%/test_survey.c
%C%_test_survey_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_survey_CFLAGS = $(AM_CFLAGS)
%C%_test_survey_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_late
%C%_test_late_SOURCES = %D%/test_late.c
%C%_test_late_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_late_CFLAGS = $(AM_CFLAGS)
%C%_test_late_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_model
%C%_test_model_SOURCES = %D%/test_model.c %D%/model.c %D%/model.h
%C%_test_model_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_model_CFLAGS = $(AM_CFLAGS)
%C%_test_model_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_msgpack
%C%_test_msgpack_SOURCES = %D%/test_msgpack.c
%C%_test_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_LDADD = $(SIM_LIBS)

# Scenarios that also run in MessagePack: those that do not look at white space in payloads, deltas or lines.

check_PROGRAMS += %D%/test_overflow_msgpack
%C%_test_overflow_msgpack_SOURCES = %D%/test_overflow.c %D%/in_msgpack.c
%C%_test_overflow_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_overflow_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_overflow_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_recovery_msgpack
%C%_test_recovery_msgpack_SOURCES = %D%/test_recovery.c %D%/in_msgpack.c
%C%_test_recovery_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_recovery_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_recovery_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_options_msgpack
%C%_test_options_msgpack_SOURCES = %D%/test_options.c %D%/in_msgpack.c
%C%_test_options_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_options_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_options_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_patterns_msgpack
%C%_test_patterns_msgpack_SOURCES = %D%/test_patterns.c %D%/in_msgpack.c
%C%_test_patterns_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_patterns_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_patterns_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_pattern_recovery_msgpack
%C%_test_pattern_recovery_msgpack_SOURCES = %D%/test_pattern_recovery.c %D%/in_msgpack.c
%C%_test_pattern_recovery_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_pattern_recovery_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_pattern_recovery_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_presence_msgpack
%C%_test_presence_msgpack_SOURCES = %D%/test_presence.c %D%/in_msgpack.c
%C%_test_presence_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_presence_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_presence_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_refresh_msgpack
%C%_test_refresh_msgpack_SOURCES = %D%/test_refresh.c %D%/in_msgpack.c
%C%_test_refresh_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_refresh_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_refresh_msgpack_LDADD = $(SIM_LIBS)

check_PROGRAMS += %D%/test_control_msgpack
%C%_test_control_msgpack_SOURCES = %D%/test_control.c %D%/in_msgpack.c
%C%_test_control_msgpack_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_control_msgpack_CFLAGS = $(AM_CFLAGS)
%C%_test_control_msgpack_LDADD = $(SIM_LIBS)
endif
