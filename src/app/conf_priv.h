/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the configuration share: rows, values, the tree of a YAML file, and where a problem is. */
#ifndef WEIR_APP_CONF_PRIV_H
#define WEIR_APP_CONF_PRIV_H

#include "weir/app/conf.h"

#define CONF_FILE_BYTES           (1u << 20)
#define CONF_DEPTH                32
#define CONF_NODES                65536 /* keys and values in a file */
#define CONF_NAMESPACES           1024
#define CONF_NAMESPACE_NAME_BYTES 128
#define CONF_PATH_BYTES           256
#define CONF_SECRET_TEXT          "***"

/* ---- rows: conf_rows.c ---- */

enum conf_kind {
	CONF_KIND_BOOL,
	CONF_KIND_INT,
	CONF_KIND_DECIMAL, /* a number that may have a fraction */
	CONF_KIND_DURATION,
	CONF_KIND_BYTES,
	CONF_KIND_STRING,
	CONF_KIND_ADDRESS,
	CONF_KIND_STRINGS,
	CONF_KIND_URLS,  /* strings; as one text also separated by commas, but for those within redis+sentinel:// */
	CONF_KIND_ENUM,  /* index of a word */
	CONF_KIND_WORD,  /* a list that may hold one known word; the member says whether it does */
	CONF_KIND_WORDS, /* a list of known words; the member has the bit 1 << index of each that it holds */
};

struct conf_type {
	enum conf_kind kind;
	bool secret;
	const char *name;         /* for the manual */
	const char *expected;     /* for messages */
	const char *const *words; /* of ENUM, WORD and WORDS, in the order of the values */
	size_t n_words;
};

struct conf_row {
	const char *name; /* global options: the whole path; namespace options: the last part */
	const struct conf_type *type;
	size_t offset;    /* in weir_conf, or in weir_namespace */
	int64_t min, max; /* of numbers */
	const char *def;
	const char *help;
};

struct conf_rows {
	const struct conf_row *rows;
	size_t n;
};

extern const struct conf_rows weir__conf_rows;           /* of weir_conf */
extern const struct conf_rows weir__conf_namespace_rows; /* of weir_namespace, without its name */

#define CONF_WITHOUT   "channel.without_namespace"
#define CONF_NAMED     "channel.namespaces"
#define CONF_NAME_HELP "the part of a channel before its first colon: letters, digits, - _ . (two or more)"

const struct conf_row *weir__conf_row(const struct conf_rows *rows, struct weir_str name);
void weir__conf_set_defaults(const struct conf_rows *rows, void *base);
void weir__conf_fini_values(const struct conf_rows *rows, void *base);

/* ---- values: conf_value.c, conf_value_write.c ---- */

/* Sets the member from a text (lists: separated by blanks). WEIR_EINVALID, and `why` has "expected …, got …". */
int weir__conf_value_set(
	const struct conf_row *row, void *base, struct weir_str text, struct weir_buf *why) WEIR_MUSTCHECK;
/* The same from the items of a list; the type must be a list. */
int weir__conf_value_set_list(const struct conf_row *row, void *base, const struct weir_str *items, size_t n,
	struct weir_buf *why) WEIR_MUSTCHECK;
static inline bool weir__conf_is_list(const struct conf_row *row)
{
	return row->type->kind == CONF_KIND_STRINGS || row->type->kind == CONF_KIND_URLS ||
	       row->type->kind == CONF_KIND_WORD || row->type->kind == CONF_KIND_WORDS;
}
/* Appends the value as YAML: a plain or double-quoted scalar, or a flow sequence. */
void weir__conf_value_write(const struct conf_row *row, const void *base, struct weir_buf *out);
void weir__conf_write_duration(struct weir_buf *out, int64_t ms);
void weir__conf_write_bytes(struct weir_buf *out, int64_t bytes);
/* "a whole number from 0 to 65535" */
void weir__conf_write_expected(const struct conf_row *row, struct weir_buf *out);
/* Appends "text" with quotes, cut and escaped, for a message. */
void weir__conf_write_quoted(struct weir_buf *out, struct weir_str text);

/* ---- the tree of a file: conf_yaml.c ---- */

enum conf_node_kind { CONF_SCALAR, CONF_SEQUENCE, CONF_MAPPING };

struct conf_node {
	enum conf_node_kind kind;
	bool null; /* a plain scalar that says null, ~ or nothing: as if it were not there */
	unsigned line, column;
	struct weir_str text; /* of a scalar; ends with NUL */
	struct weir_str key;  /* of a mapping's child */
	unsigned key_line, key_column;
	struct conf_node *children, *last, *next;
	size_t n_children;
};

struct conf_loader;

/* The root, NULL for an empty document or after an error, which is in the report. */
struct conf_node *weir__conf_yaml_read(struct conf_loader *l, struct weir_str text);
void weir__conf_node_free(struct conf_node **node);

/* ---- loading: conf_file.c, conf_override.c, conf_check.c, conf_check_queue.c ---- */

struct conf_loader {
	struct weir_conf *conf;
	const struct weir_conf_source *src;
	struct weir_conf_report *report;
};

/* Where a problem is: a place in the file, or a variable, or a flag; all zero: the configuration as a whole. */
struct conf_place {
	const char *origin; /* file, variable or flag */
	unsigned line, column;
};

void weir__conf_error(struct conf_loader *l, struct conf_place at, const char *fmt, ...) WEIR_PRINTF(3, 4);
void weir__conf_warning(struct conf_loader *l, struct conf_place at, const char *fmt, ...) WEIR_PRINTF(3, 4);
/* A warning with the nearest known name. `section`: the unknown thing is a mapping. */
void weir__conf_unknown(struct conf_loader *l, struct conf_place at, const char *path, bool section);
bool weir__conf_report_full(const struct weir_conf_report *r);

/* Is there an option below this path? */
bool weir__conf_is_section(struct weir_str path);
/* Appends the known name that is nearest to `path`; nothing if none is near. */
void weir__conf_nearest(const char *path, bool section, struct weir_buf *out);
/* Is this an option (or section) that weir knows but cannot do? */
bool weir__conf_is_planned(const char *path);
/* Does Centrifugo have this option (or section), and weir not? */
bool weir__conf_is_foreign(const char *path);

/* All options at their defaults, no namespaces. */
struct weir_conf *weir__conf_new(void);
/*
 * The namespace with that name; with `create` made if it is missing (NULL if it is invalid or one too many:
 * reported).
 */
struct weir_namespace *weir__conf_namespace(
	struct conf_loader *l, struct conf_place at, struct weir_str name, bool create);

void weir__conf_load_file(struct conf_loader *l, struct weir_str text);
void weir__conf_load_environ(struct conf_loader *l);
void weir__conf_load_sets(struct conf_loader *l);
void weir__conf_check(struct conf_loader *l);
void weir__conf_check_engine(struct conf_loader *l);
void weir__conf_check_queue(struct conf_loader *l, const struct weir_namespace *ns, const char *path);

#endif
