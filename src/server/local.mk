noinst_LIBRARIES += libweir_server.a
libweir_server_a_CFLAGS = $(AM_CFLAGS)
libweir_server_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS)
libweir_server_a_SOURCES = \
	%D%/api.c \
	%D%/api_answer.c \
	%D%/api_call.c \
	%D%/api_connections.c \
	%D%/api_control.c \
	%D%/api_method.c \
	%D%/api_parse.c \
	%D%/api_priv.h \
	%D%/api_publish.c \
	%D%/api_query.c \
	%D%/api_shape.c \
	%D%/cloudevents.c \
	%D%/events.c \
	%D%/events_answer.c \
	%D%/events_priv.h \
	%D%/events_publish.c \
	%D%/events_token.c \
	%D%/head.c \
	%D%/head_fields.c \
	%D%/head_priv.h \
	%D%/health.c \
	%D%/http_conn.c \
	%D%/http_priv.h \
	%D%/http_request.c \
	%D%/http_response.c \
	%D%/http_server.c \
	%D%/http_upgrade.c \
	%D%/limits.c \
	%D%/listen.c \
	%D%/listener.c \
	%D%/origin.c \
	%D%/query.c \
	%D%/route.c \
	%D%/static.c \
	%D%/stream.c \
	%D%/stream_priv.h \
	%D%/stream_write.c \
	%D%/ws.c \
	%D%/ws_priv.h \
	%D%/ws_write.c \
	include/weir/server/api.h \
	include/weir/server/cloudevents.h \
	include/weir/server/events.h \
	include/weir/server/head.h \
	include/weir/server/health.h \
	include/weir/server/http.h \
	include/weir/server/limits.h \
	include/weir/server/listener.h \
	include/weir/server/origin.h \
	include/weir/server/static.h \
	include/weir/server/stream.h \
	include/weir/server/ws.h
