# Fuzz targets. A new one, fuzz_x.c: the five lines of fuzz_json below with another name and the libraries it needs, and some
# seeds in corpus/x, which are distributed and replayed by `make check`. To fuzz:
#   configure --with-fuzzer CC=clang && make && tests/fuzz/fuzz_x NEW_FOLDER $(srcdir)/tests/fuzz/corpus/x
EXTRA_DIST += %D%/fuzz.h

if WITH_FUZZER
FUZZ_MAIN =
FUZZ_LINK = $(FUZZ_LDFLAGS)
noinst_PROGRAMS += $(FUZZ_TARGETS)
else
FUZZ_MAIN = %D%/replay.c
FUZZ_LINK =
check_PROGRAMS += $(FUZZ_TARGETS)
endif

FUZZ_TARGETS =

FUZZ_TARGETS += %D%/fuzz_json
%C%_fuzz_json_SOURCES = %D%/fuzz_json.c $(FUZZ_MAIN)
%C%_fuzz_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_json_LDADD = $(WEIR_EVENT)
EXTRA_DIST += %D%/corpus/json

FUZZ_TARGETS += %D%/fuzz_delta
%C%_fuzz_delta_SOURCES = %D%/fuzz_delta.c $(FUZZ_MAIN)
%C%_fuzz_delta_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_delta_LDADD = $(WEIR_EVENT)
EXTRA_DIST += %D%/corpus/delta

FUZZ_TARGETS += %D%/fuzz_filter
%C%_fuzz_filter_SOURCES = %D%/fuzz_filter.c $(FUZZ_MAIN)
%C%_fuzz_filter_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_filter_LDADD = $(WEIR_FILTER)
EXTRA_DIST += %D%/corpus/filter

FUZZ_TARGETS += %D%/fuzz_filter_tree
%C%_fuzz_filter_tree_SOURCES = %D%/fuzz_filter_tree.c $(FUZZ_MAIN)
%C%_fuzz_filter_tree_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_filter_tree_LDADD = $(WEIR_FILTER)
EXTRA_DIST += %D%/corpus/filter_tree

FUZZ_TARGETS += %D%/fuzz_conf
%C%_fuzz_conf_SOURCES = %D%/fuzz_conf.c $(FUZZ_MAIN)
%C%_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_conf_LDADD = $(WEIR_APP)
EXTRA_DIST += %D%/corpus/conf

FUZZ_TARGETS += %D%/fuzz_api
%C%_fuzz_api_SOURCES = %D%/fuzz_api.c $(FUZZ_MAIN)
%C%_fuzz_api_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_api_LDADD = libweir_engine.a $(WEIR_SERVER)
EXTRA_DIST += %D%/corpus/api

FUZZ_TARGETS += %D%/fuzz_head
%C%_fuzz_head_SOURCES = %D%/fuzz_head.c $(FUZZ_MAIN)
%C%_fuzz_head_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_head_LDADD = libweir_server.a $(WEIR_BASE)
EXTRA_DIST += %D%/corpus/head

FUZZ_TARGETS += %D%/fuzz_emulation
%C%_fuzz_emulation_SOURCES = %D%/fuzz_emulation.c $(FUZZ_MAIN)
%C%_fuzz_emulation_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/server
%C%_fuzz_emulation_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_emulation_LDADD = $(WEIR_SERVER)
EXTRA_DIST += %D%/corpus/emulation

FUZZ_TARGETS += %D%/fuzz_token
%C%_fuzz_token_SOURCES = %D%/fuzz_token.c $(FUZZ_MAIN)
%C%_fuzz_token_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_token_LDADD = $(WEIR_SESSION)
EXTRA_DIST += %D%/corpus/token

FUZZ_TARGETS += %D%/fuzz_command
%C%_fuzz_command_SOURCES = %D%/fuzz_command.c tests/support/loopback.c tests/support/loopback.h $(FUZZ_MAIN)
%C%_fuzz_command_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
%C%_fuzz_command_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_command_LDADD = libweir_engine.a $(WEIR_SESSION)
EXTRA_DIST += %D%/corpus/command

FUZZ_TARGETS += %D%/fuzz_options
%C%_fuzz_options_SOURCES = %D%/fuzz_options.c $(FUZZ_MAIN)
%C%_fuzz_options_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_options_LDADD = $(WEIR_SESSION)
EXTRA_DIST += %D%/corpus/options

FUZZ_TARGETS += %D%/fuzz_envelope
%C%_fuzz_envelope_SOURCES = %D%/fuzz_envelope.c $(FUZZ_MAIN)
%C%_fuzz_envelope_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_envelope_LDADD = $(WEIR_EVENT)
EXTRA_DIST += %D%/corpus/envelope

FUZZ_TARGETS += %D%/fuzz_reply
%C%_fuzz_reply_SOURCES = %D%/fuzz_reply.c $(FUZZ_MAIN)
%C%_fuzz_reply_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_fuzz_reply_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_reply_LDADD = $(WEIR_ENGINE)
EXTRA_DIST += %D%/corpus/reply

FUZZ_TARGETS += %D%/fuzz_cluster_message
%C%_fuzz_cluster_message_SOURCES = %D%/fuzz_cluster_message.c $(FUZZ_MAIN)
%C%_fuzz_cluster_message_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_fuzz_cluster_message_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_cluster_message_LDADD = $(WEIR_ENGINE)
EXTRA_DIST += %D%/corpus/cluster_message

FUZZ_TARGETS += %D%/fuzz_redis_engine
%C%_fuzz_redis_engine_SOURCES = %D%/fuzz_redis_engine.c $(FUZZ_MAIN)
%C%_fuzz_redis_engine_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/engine/redis
%C%_fuzz_redis_engine_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_redis_engine_LDADD = $(WEIR_ENGINE)
EXTRA_DIST += %D%/corpus/redis_engine

FUZZ_TARGETS += %D%/fuzz_convert
%C%_fuzz_convert_SOURCES = %D%/fuzz_convert.c $(FUZZ_MAIN)
%C%_fuzz_convert_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_convert_LDADD = $(WEIR_EVENT)
EXTRA_DIST += %D%/corpus/convert

FUZZ_TARGETS += %D%/fuzz_msgpack_command
%C%_fuzz_msgpack_command_SOURCES = %D%/fuzz_msgpack_command.c tests/support/loopback.c tests/support/loopback.h $(FUZZ_MAIN)
%C%_fuzz_msgpack_command_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
%C%_fuzz_msgpack_command_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_msgpack_command_LDADD = libweir_engine.a $(WEIR_SESSION)
EXTRA_DIST += %D%/corpus/msgpack_command
FUZZ_TARGETS += %D%/fuzz_events
%C%_fuzz_events_SOURCES = %D%/fuzz_events.c $(FUZZ_MAIN)
%C%_fuzz_events_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_events_LDADD = $(WEIR_SERVER)
EXTRA_DIST += %D%/corpus/events

FUZZ_TARGETS += %D%/fuzz_cloudevents
%C%_fuzz_cloudevents_SOURCES = %D%/fuzz_cloudevents.c $(FUZZ_MAIN)
%C%_fuzz_cloudevents_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
%C%_fuzz_cloudevents_LDADD = $(WEIR_SERVER)
EXTRA_DIST += %D%/corpus/cloudevents
