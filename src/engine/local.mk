noinst_LIBRARIES += libweir_engine.a
libweir_engine_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS) $(HIREDIS_CFLAGS) $(MSGPACK_CFLAGS)
libweir_engine_a_CFLAGS = $(AM_CFLAGS)
libweir_engine_a_SOURCES = \
	%D%/memory.c \
	%D%/redis/address.c \
	%D%/redis/address.h \
	%D%/redis/argv.c \
	%D%/redis/argv.h \
	%D%/redis/batch.c \
	%D%/redis/check.c \
	%D%/redis/cluster_message.c \
	%D%/redis/cluster_message.h \
	%D%/redis/control_codec.c \
	%D%/redis/control_codec.h \
	%D%/redis/copy.c \
	%D%/redis/discovery.c \
	%D%/redis/discovery.h \
	%D%/redis/endpoint.c \
	%D%/redis/engine.c \
	%D%/redis/fence.c \
	%D%/redis/hashtag.c \
	%D%/redis/health.c \
	%D%/redis/history.c \
	%D%/redis/link.c \
	%D%/redis/link.h \
	%D%/redis/nodes.c \
	%D%/redis/options.c \
	%D%/redis/presence.c \
	%D%/redis/queue.c \
	%D%/redis/reader.c \
	%D%/redis/reader.h \
	%D%/redis/recover.c \
	%D%/redis/redis_priv.h \
	%D%/redis/reply.h \
	%D%/redis/script.c \
	%D%/redis/script.h \
	%D%/redis/script_check.c \
	%D%/redis/script_entry.c \
	%D%/redis/script_fence.c \
	%D%/redis/script_fields.c \
	%D%/redis/script_history.c \
	%D%/redis/script_presence.c \
	%D%/redis/script_priv.h \
	%D%/redis/script_publish.c \
	%D%/redis/shard.c \
	%D%/redis/tail.c \
	%D%/redis/transport.c \
	%D%/redis/transport.h \
	include/weir/engine/memory.h \
	include/weir/engine/redis.h

# The Lua scripts as SCRIPT(NAME, "SHA-1", "text"), without their comment lines.
LUA_NAMES = publish fence prove history presence reap check
LUA_FILES = %D%/redis/publish.lua %D%/redis/fence.lua %D%/redis/prove.lua %D%/redis/history.lua \
	%D%/redis/presence.lua %D%/redis/reap.lua %D%/redis/check.lua
EXTRA_DIST += $(LUA_FILES)
BUILT_SOURCES += %D%/redis/scripts.inc
%D%/redis/libweir_engine_a-script.$(OBJEXT): %D%/redis/scripts.inc
CLEANFILES += %D%/redis/scripts.inc %D%/redis/scripts.lua %D%/redis/scripts.tmp
%D%/redis/scripts.inc: $(LUA_FILES) %D%/local.mk
	$(AM_V_GEN)$(MKDIR_P) %D%/redis && for name in $(LUA_NAMES); do \
		sed '/^[[:space:]]*--/d' "$(srcdir)/%D%/redis/$$name.lua" >%D%/redis/scripts.lua || exit 1; \
		printf 'SCRIPT(%s, "%s",\n' "$$(echo $$name | tr a-z A-Z)" \
			"$$(sha1sum <%D%/redis/scripts.lua | cut -c 1-40)"; \
		sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' %D%/redis/scripts.lua; \
		echo ')'; \
	done >%D%/redis/scripts.tmp && rm %D%/redis/scripts.lua && mv %D%/redis/scripts.tmp $@
