/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/run.h: the rules of parse.h over all rows of a table. */
#ifndef WN_CLEAN_RUN_H
#define WN_CLEAN_RUN_H

#include "csv/cell_override.h"
#include "clean/parse.h"
#include "encode/table.h"

enum {
    WN_CLEAN_TOLD = 3,   /* broken cells of a rule that are named */
    WN_CLEAN_SHOWN = 60, /* bytes of each */
    /* A rule whose matches cost so much is stopped: a hundred that reach a
     * limit, or some seconds of others. */
    WN_CLEAN_PATIENCE = 100 * WN_REGEX_GIVEN_UP
};

/* What one rule did. */
struct wn_clean_count {
    uint64_t changed, broken;
    uint64_t passed_over; /* cells it was not evaluated on */
    size_t stop;          /* rows from here on are not looked at; SIZE_MAX */
    size_t told;
    struct {
        size_t row, column, length;
        char text[WN_CLEAN_SHOWN]; /* the beginning of the cell */
    } cell[WN_CLEAN_TOLD];
};

/* A cell that breaks a rule. */
struct wn_clean_broken {
    size_t row;
    uint32_t column, rule;
};

struct wn_clean {
    struct wn_clean_rules rules;
    struct wn_clean_count *count; /* one a rule */
    struct wn_overrides fixes;
    struct wn_clean_broken *broken; /* by row, column, rule */
    size_t brokens, room;
};

/* Apply clean->rules to the cells of table->csv as they stand in the file;
 * what was there of an earlier time is forgotten. Not for a csv with fixes laid
 * over it. Results do not depend on table->threads. WN_EDATA when a rule's
 * columns match none, or a fix makes something that is no cell. */
int wn_clean_apply_all(struct wn_clean *clean, const struct wn_table *table,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_clean_free(struct wn_clean *clean);

#endif
