/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/run.h: apply the rules of parse.h to all rows of a CSV file. */
#ifndef WN_CLEAN_RUN_H
#define WN_CLEAN_RUN_H

#include "clean/parse.h"
#include "csv/cell_override.h"
#include "util/log.h"

enum {
    WN_CLEAN_REPORTED = 3, /* broken cells of a rule that messages name */
    WN_CLEAN_SHOWN = 60,   /* bytes of each */
    /* A rule is stopped when its matches cost this much: a hundred that reach
     * a limit, or some seconds of slow ones. */
    WN_CLEAN_MAX_COST = 100 * WN_REGEX_GIVEN_UP
};

/* What to clean. */
struct wn_clean_input {
    const struct wn_csv *csv;
    int threads;
    struct wn_log *log;    /* for progress, or NULL */
    const char *const *na; /* cells that mean "missing", besides empty ones */
    size_t na_count;
};

/* What one rule did. */
struct wn_clean_count {
    uint64_t changed, broken;
    uint64_t looked;      /* cells, or rows, that a check was evaluated on */
    uint64_t passed_over; /* cells it was not evaluated on */
    size_t stop;          /* not evaluated from this row on, or SIZE_MAX */
    size_t reported;
    struct {
        size_t row, column, length;
        char text[WN_CLEAN_SHOWN]; /* the beginning of the cell */
    } cell[WN_CLEAN_REPORTED];
};

/* A cell that breaks a rule, or, in encode/table.h, is missing or invalid. */
struct wn_defect {
    size_t row;
    uint32_t column, rule;
};
/* For qsort(): by row, column, rule. */
int wn_defect_by_place(const void *a, const void *b);

struct wn_clean {
    struct wn_clean_rules rules;
    struct wn_clean_count *count; /* one a rule */
    struct wn_overrides fixes;
    struct wn_defect *broken; /* sorted by row, column, rule */
    size_t broken_count, broken_capacity;
};

/* Apply clean->rules to the cells as they stand in the file, and replace the
 * results of an earlier call. No overrides may be laid over the file. Results
 * do not depend on the number of threads. WN_EDATA if no column matches a rule,
 * or a fix makes a cell too large. */
int wn_clean_run(struct wn_clean *clean, const struct wn_clean_input *input,
                 struct wn_error *error) WN_MUST_CHECK;
void wn_clean_free(struct wn_clean *clean);

#endif
