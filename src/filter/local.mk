noinst_LIBRARIES += libweir_filter.a
libweir_filter_a_CFLAGS = $(AM_CFLAGS)
libweir_filter_a_SOURCES = \
	%D%/build.c \
	%D%/build_priv.h \
	%D%/error.c \
	%D%/filter_key.c \
	%D%/filters.c \
	%D%/filters_priv.h \
	%D%/functions.c \
	%D%/like.c \
	%D%/literal.c \
	%D%/number.c \
	%D%/number_math.c \
	%D%/number_priv.h \
	%D%/path.c \
	%D%/path_priv.h \
	%D%/payload.c \
	%D%/payload_priv.h \
	%D%/payload_walk.c \
	%D%/payload_walk_priv.h \
	%D%/program.c \
	%D%/program_priv.h \
	%D%/resolve.c \
	%D%/resolve_priv.h \
	%D%/run.c \
	%D%/run_cast.c \
	%D%/run_leaf.c \
	%D%/run_operator.c \
	%D%/run_priv.h \
	%D%/set.c \
	%D%/tree.c \
	%D%/tree_leaf.c \
	%D%/tree_priv.h \
	%D%/tree_refuse.c \
	%D%/value.c \
	%D%/value_json.c \
	%D%/value_priv.h \
	include/weir/filter/filter.h \
	include/weir/filter/filters.h \
	include/weir/filter/value.h
