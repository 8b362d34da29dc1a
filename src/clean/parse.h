/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/parse.h: the rules of winnow-rules(5), read and written.
 *
 *   [NAME] COLUMNS: ACTION
 *
 * A fix changes a cell, a check finds broken ones; run.h applies them. */
#ifndef WN_CLEAN_PARSE_H
#define WN_CLEAN_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "csv/csv.h"
#include "util/dictionary.h"
#include "clean/regex.h"
#include "util/error.h"
#include "util/text.h"

enum { WN_CLEANING_LINE = 4096, WN_CLEANING_RULES = 4096 };

struct wn_clean_rule;

/* What a thread needs to apply rules. */
struct wn_clean_tools {
    struct wn_matcher *matcher;
    struct wn_text out; /* the new cell of a fix that returned 1 */
    size_t most;        /* bytes a cell may have */
};

/* A fix: 0 the cell stays, 1 it becomes tools->out. A check: 0 passed, 1
 * broken. Both: 2 a pattern took too long, -1 failed. */
typedef int wn_clean_apply(const struct wn_clean_rule *rule,
                           const struct wn_cell *cell,
                           struct wn_clean_tools *tools,
                           struct wn_error *error);

struct wn_lexer; /* a line being taken apart */

/* A word that may stand behind COLUMNS: one table row. */
struct wn_clean_action {
    const char *name;
    enum {
        WN_CLEAN_FIX,
        WN_CLEAN_CHECK,   /* of cells that are not missing */
        WN_CLEAN_MISSING, /* of those that are */
        WN_CLEAN_UNIQUE   /* of the rows together */
    } kind;
    int (*parse)(struct wn_lexer *line, struct wn_clean_rule *rule,
                 struct wn_error *error);
    wn_clean_apply *apply;
};

struct wn_clean_rule {
    char *name;  /* given, or the text */
    char *text;  /* "age: range 0..120" */
    size_t line; /* in the file, from 1 */
    const struct wn_clean_action *action;
    char *head; /* COLUMNS */
    struct wn_regex *columns;
    struct wn_regex *regex;      /* of replace, na, require, lower */
    char *old;                   /* of map; the file of one-of */
    char *new;                   /* of map; the replacement */
    double low, high;            /* of range */
    struct wn_dictionary values; /* of one-of */
};

struct wn_clean_rules {
    char *file; /* as messages name it */
    struct wn_clean_rule *rule;
    size_t count, room;
};

/* Take apart text[0..length), which came from `file`; touches no file. {0}
 * before. WN_EDATA names file, line, what was found and what was wanted. */
int wn_clean_rules_parse(struct wn_clean_rules *cleaning, const char *file,
                         const char *text, size_t length,
                         struct wn_error *error) WN_MUST_CHECK;
/* The same for a file, and the lists of its one-of rules, whose paths begin in
 * its directory. */
int wn_clean_rules_read(struct wn_clean_rules *cleaning, const char *path,
                        struct wn_error *error) WN_MUST_CHECK;
void wn_clean_rules_free(struct wn_clean_rules *cleaning);

/* Append the rule, without line end, that makes `new` of cells `old` in the
 * column of that very name. What looks like something else, such as combining
 * marks and no-break spaces, is written \uNNNN. */
int wn_clean_rules_write_map(struct wn_text *out, const char *column,
                             const char *old, size_t old_length,
                             const char *new, size_t new_length) WN_MUST_CHECK;

#endif
