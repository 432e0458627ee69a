noinst_LIBRARIES += libweir_session.a
libweir_session_a_CFLAGS = $(AM_CFLAGS)
libweir_session_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(JWT_CFLAGS) $(CRYPTO_CFLAGS)
libweir_session_a_SOURCES =
libweir_session_a_SOURCES += %D%/claims.c
libweir_session_a_SOURCES += %D%/token.c
libweir_session_a_SOURCES += %D%/token_dashboard.c
libweir_session_a_SOURCES += %D%/token_keys.c
libweir_session_a_SOURCES += %D%/token_priv.h
libweir_session_a_SOURCES += include/weir/session/token.h
libweir_session_a_SOURCES += %D%/bound.c
libweir_session_a_SOURCES += %D%/filters.c
libweir_session_a_SOURCES += %D%/options.c
libweir_session_a_SOURCES += %D%/secret.c
libweir_session_a_SOURCES += %D%/options_grant.c
libweir_session_a_SOURCES += %D%/subscribe_options.c
libweir_session_a_SOURCES += include/weir/session/options.h
libweir_session_a_SOURCES += \
	%D%/command.c \
	%D%/connect.c \
	%D%/control.c \
	%D%/deadlines.c \
	%D%/grant.c \
	%D%/permission.c \
	%D%/publish.c \
	%D%/query.c \
	%D%/refresh.c \
	%D%/session.c \
	%D%/session_priv.h \
	%D%/sessions.c \
	%D%/subscribe.c \
	%D%/subscription.c \
	%D%/survey.c \
	%D%/verify.c \
	include/weir/session/caller.h \
	include/weir/session/session.h
