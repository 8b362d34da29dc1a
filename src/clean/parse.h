/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/parse.h: the cleaning rules of winnow-rules(5).
 *
 *   [NAME] COLUMNS: ACTION
 *   [NAME] CONDITION                     end >= start and days > 0
 *   [NAME] when CONDITION then CONDITION
 *   [NAME] unique (COLUMN, ...)
 *
 * A fix changes cells; a check finds cells that break it. The last three are
 * checks of rows. run.h applies them. */
#ifndef WN_CLEAN_PARSE_H
#define WN_CLEAN_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "clean/regex.h"
#include "csv/csv.h"
#include "util/dictionary.h"
#include "util/error.h"
#include "util/text.h"

enum { WN_CLEAN_LINE_BYTES = 4096, WN_CLEAN_MAX_RULES = 4096 };

struct wn_clean_rule;

/* What one thread needs to apply rules. */
struct wn_clean_scratch {
    struct wn_matcher *matcher;
    struct wn_text out; /* the new cell, after a fix that returned 1 */
    size_t max_bytes;   /* of a cell */
    bool comma;         /* numbers have a decimal comma */
};

/* Apply a rule to one cell. A fix returns 0 if the cell stays, 1 if it becomes
 * scratch->out; a check 0 if the cell passes, 1 if it breaks the rule. Both
 * return 2 if a pattern took too long, and -1 on failure. */
typedef int wn_clean_apply(const struct wn_clean_rule *rule,
                           const struct wn_cell *cell,
                           struct wn_clean_scratch *scratch,
                           struct wn_error *error);

/* actions.c */
wn_clean_apply wn_clean_trim, wn_clean_lower, wn_clean_replace, wn_clean_na,
    wn_clean_map, wn_clean_require, wn_clean_range, wn_clean_one_of;

struct wn_lexer; /* a line that is being parsed */

/* The table of actions has one row each. */
struct wn_clean_action {
    const char *name;
    enum {
        WN_CLEAN_FIX,
        WN_CLEAN_CHECK,     /* tests cells that are not missing */
        WN_CLEAN_MISSING,   /* finds missing cells */
        WN_CLEAN_UNIQUE,    /* compares the rows */
        WN_CLEAN_ROW,       /* compares cells of a row */
        WN_CLEAN_ROW_UNIQUE /* compares the rows by several columns */
    } kind;
    /* Parse what follows the name; NULL if nothing does. */
    int (*parse)(struct wn_lexer *line, struct wn_clean_rule *rule,
                 struct wn_error *error);
    wn_clean_apply *apply; /* of fixes and WN_CLEAN_CHECK */
};

/* A side of a comparison: a column, a text that may be a number, or NA. */
struct wn_clean_operand {
    enum { WN_OPERAND_COLUMN, WN_OPERAND_TEXT, WN_OPERAND_NA } kind;
    char *text;   /* the name of the column, or the text */
    size_t at;    /* where it stands in the text of the rule */
    size_t index; /* of the column, which run.c finds */
};

enum wn_clean_relation {
    WN_IS_EQUAL,
    WN_IS_UNEQUAL,
    WN_IS_AT_MOST,
    WN_IS_AT_LEAST,
    WN_IS_BELOW,
    WN_IS_ABOVE
};

struct wn_clean_comparison {
    struct wn_clean_operand side[2];
    enum wn_clean_relation relation;
};

struct wn_clean_rule {
    char *name;  /* as given, else the text */
    char *text;  /* "age: range 0..120" */
    size_t line; /* in the file, from 1 */
    const struct wn_clean_action *action;
    char *columns_text;          /* COLUMNS */
    struct wn_regex *columns;    /* COLUMNS, compiled */
    struct wn_regex *regex;      /* of replace, na, require, lower */
    char *old;                   /* of map; the file of one-of */
    char *new;                   /* of map; the replacement */
    double low, high;            /* of range */
    struct wn_dictionary values; /* of one-of */
    double mostly;               /* the share that must pass, else 1 */
    /* Of a row: the first `premises` comparisons stand before "then". The first
     * sides of unique (a, b) are its columns. */
    struct wn_clean_comparison *comparison;
    size_t comparisons, premises, comparison_capacity;
};

/* Whether a row breaks a rule of WN_CLEAN_ROW: 1 if a comparison that must hold
 * does not, 0 if all do, -1 if the rule is not about this row or cannot be
 * told: a comparison with a missing cell, other than with NA, cannot. `cell`
 * and `missing` are by columns of the file. */
int wn_clean_row(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                 const bool *missing, bool comma);
/* The column that a broken row is put down to. */
size_t wn_clean_row_column(const struct wn_clean_rule *rule);

struct wn_clean_rules {
    char *file; /* as messages name it */
    struct wn_clean_rule *rule;
    size_t count, capacity;
};

/* Parse text[0..length), the content of `file`, into *rules, which is {0}
 * before. Opens no file. WN_EDATA names file and line, what was found and what
 * was wanted. */
int wn_clean_rules_parse(struct wn_clean_rules *rules, const char *file,
                         const char *text, size_t length,
                         struct wn_error *error) WN_MUST_CHECK;
/* Read a file of rules and the value lists of its one-of rules, whose paths are
 * relative to the directory of the file. */
int wn_clean_rules_read(struct wn_clean_rules *rules, const char *path,
                        struct wn_error *error) WN_MUST_CHECK;
void wn_clean_rules_free(struct wn_clean_rules *rules);

#endif
