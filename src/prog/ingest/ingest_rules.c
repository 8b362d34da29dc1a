/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: cleaning rules, what they changed and which cells broke them. */
#include <stdlib.h>

#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

int ingest_clean(struct gathered *gathered, struct wn_csv *csv,
                 struct wn_error *error)
{
    const char *path = wn_option_text(gathered->run->options, "rules");
    struct wn_clean *clean = &gathered->clean;

    if (!path)
        return 0;
    if (!clean->rules.count && wn_clean_rules_read(&clean->rules, path, error))
        return -1;
    wn_csv_set_overrides(csv, NULL);
    const struct wn_clean_input input = {.csv = csv,
                                         .threads = gathered->table->threads,
                                         .log = gathered->table->log,
                                         .na = gathered->table->na,
                                         .na_count = gathered->table->na_count};
    if (wn_clean_run(clean, &input, error))
        return -1;
    wn_csv_set_overrides(csv, &clean->fixes);
    return 0;
}

/* Of two cells, which comes first. */
static bool ingest_rules_before(const struct wn_clean_broken *broken,
                                const struct gathered *gathered, size_t t)
{
    if (broken->row != (uint64_t)gathered->row[t])
        return broken->row < (uint64_t)gathered->row[t];
    return (int64_t)broken->column < gathered->column[t];
}

/* Two lists in order become one: of a cell, what the encoder said comes first.
 * From the end, so that no other room is needed. */
static void ingest_rules_merge(struct gathered *gathered)
{
    const struct wn_clean *clean = &gathered->clean;
    size_t t = gathered->defects, b = clean->broken_count;

    for (size_t to = t + b; b > 0;) {
        const struct wn_clean_broken *broken = &clean->broken[b - 1];

        to--;
        if (t > 0 && ingest_rules_before(broken, gathered, t - 1)) {
            t--;
            gathered->row[to] = gathered->row[t];
            gathered->column[to] = gathered->column[t];
            gathered->rule[to] = gathered->rule[t];
        } else {
            b--;
            gathered->row[to] = (int64_t)broken->row;
            gathered->column[to] = (int32_t)broken->column;
            gathered->rule[to] = WN_RULES_FIRST + (int32_t)broken->rule;
        }
    }
    gathered->defects += clean->broken_count;
}

/* Cells that break rules and are not counted as invalid already; each once. */
static void count_broken(struct gathered *gathered)
{
    const size_t all = gathered->defects;

    for (size_t t = 0, end; t < all; t = end) {
        const int32_t column = gathered->column[t];
        bool invalid = false, broken = false;

        for (end = t; end < all && gathered->row[end] == gathered->row[t] &&
                      gathered->column[end] == column;
             end++) {
            const int32_t rule = gathered->rule[end];

            broken |= rule >= WN_RULES_FIRST;
            invalid |= rule != WN_RULE_MISSING && rule < WN_RULES_FIRST;
        }
        gathered->table->column[column].broken += broken && !invalid;
    }
}

int ingest_join_defects(struct gathered *gathered)
{
    const size_t all = gathered->defects + gathered->clean.broken_count;

    if (wn_grow(&gathered->row, &gathered->row_room, all,
                sizeof *gathered->row) ||
        wn_grow(&gathered->column, &gathered->column_room, all,
                sizeof *gathered->column))
        return -1;
    wn_grow(&gathered->rule, &gathered->rule_room, all, sizeof *gathered->rule);
    ingest_rules_merge(gathered);
    count_broken(gathered);
    return 0;
}

/* --- the audit file ----------------------------------------------------- */

/* Names that the encoder gives, then those of the rules. */
static int ingest_rules_write_names(struct gathered *gathered,
                                    struct wn_error *error)
{
    const struct wn_clean_rules *rules = &gathered->clean.rules;
    const size_t all = WN_RULES_FIRST + rules->count;
    const char **name = wn_new(all, sizeof *name);
    int status = name ? 0 : -1;

    for (size_t r = 0; r < all && name; r++)
        name[r] = r < WN_RULES_FIRST ? wn_rule_names[r]
                                     : rules->rule[r - WN_RULES_FIRST].name;
    if (status == 0)
        status = wn_audit_write_names(gathered->writer, "data/defect/rule_name",
                                      name, all, error);
    if (status == 0 && rules->count)
        status =
            wn_audit_write_names(gathered->writer, "data/rule/name",
                                 name + WN_RULES_FIRST, rules->count, error);
    for (size_t r = 0; r < rules->count && name; r++)
        name[r] = rules->rule[r].text;
    if (status == 0 && rules->count)
        status = wn_audit_write_names(gathered->writer, "data/rule/text", name,
                                      rules->count, error);
    free(name);
    return status;
}

static int ingest_rules_write_counts(struct gathered *gathered,
                                     struct wn_error *error)
{
    static const char *const paths[] = {"data/rule/changed", "data/rule/broken",
                                        "data/rule/passed_over"};
    const struct wn_clean *clean = &gathered->clean;
    const size_t rules = clean->rules.count;
    uint64_t *number = wn_new(rules, sizeof *number);
    int status = number ? 0 : -1;

    for (int p = 0; p < 3 && status == 0; p++) {
        for (size_t r = 0; r < rules; r++)
            number[r] = p == 0   ? clean->count[r].changed
                        : p == 1 ? clean->count[r].broken
                                 : clean->count[r].passed_over;
        status = ingest_put(gathered->writer, paths[p], WN_U64, rules, number,
                            error);
    }
    free(number);
    return status;
}

static int write_fixes(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const struct wn_overrides *fixes = &gathered->clean.fixes;
    const size_t x = fixes->count;

    if (x == 0)
        return 0;
    return ingest_put(writer, "data/fix/row", WN_I64, x, fixes->row, error) ||
                   ingest_put(writer, "data/fix/column", WN_I32, x,
                              fixes->column, error) ||
                   ingest_put(writer, "data/fix/offset", WN_U64, x + 1,
                              fixes->end, error) ||
                   ingest_put(writer, "data/fix/text", WN_U8,
                              (size_t)fixes->end[x], fixes->text, error)
               ? -1
               : 0;
}

int ingest_write_rules(struct gathered *gathered, struct wn_error *error)
{
    if (ingest_rules_write_names(gathered, error))
        return -1;
    if (!gathered->clean.rules.count)
        return 0;
    return ingest_rules_write_counts(gathered, error) ||
                   write_fixes(gathered, error)
               ? -1
               : 0;
}

/* --- talk --------------------------------------------------------------- */

static void tell_broken(const struct gathered *gathered, size_t r)
{
    const struct wn_csv *csv = gathered->table->csv;
    const struct wn_clean_count *count = &gathered->clean.count[r];
    const char *name = gathered->clean.rules.rule[r].name;

    for (size_t i = 0; i < count->reported; i++) {
        const int length = (int)count->cell[i].length;

        wn_log_note(gathered->run->talk,
                    "%s:%llu: column %s: found %s%.*s%s the rule %s",
                    wn_csv_name(csv),
                    (unsigned long long)wn_csv_line(csv)[count->cell[i].row],
                    wn_csv_column(csv, count->cell[i].column),
                    length ? "'" : "a cell", length, count->cell[i].text,
                    length ? "', which breaks" : " that breaks", name);
    }
}

static void tell_passed_over(const struct gathered *gathered, size_t r)
{
    const struct wn_csv *csv = gathered->table->csv;
    const struct wn_clean_count *count = &gathered->clean.count[r];
    const char *name = gathered->clean.rules.rule[r].name;
    const unsigned long long cells = count->passed_over;

    if (count->stop < wn_csv_rows(csv))
        wn_log_note(gathered->run->talk,
                    "%s: rule %s: takes too long; not evaluated on %llu "
                    "cells, stopped after line %llu",
                    wn_csv_name(csv), name, cells,
                    (unsigned long long)wn_csv_line(csv)[count->stop - 1]);
    else if (cells)
        wn_log_note(gathered->run->talk,
                    "%s: rule %s: takes too long; not evaluated on %llu "
                    "cell%s",
                    wn_csv_name(csv), name, cells, cells == 1 ? "" : "s");
}

void ingest_tell_rules(const struct gathered *gathered)
{
    const struct wn_clean *clean = &gathered->clean;

    for (size_t r = 0; r < clean->rules.count; r++) {
        const struct wn_clean_count *count = &clean->count[r];
        const bool fix = clean->rules.rule[r].action->kind == WN_CLEAN_FIX;

        tell_broken(gathered, r);
        tell_passed_over(gathered, r);
        wn_log_verbose(
            gathered->run->talk, "rule %s: %llu cell%s %s",
            clean->rules.rule[r].name,
            (unsigned long long)(fix ? count->changed : count->broken),
            (fix ? count->changed : count->broken) == 1 ? "" : "s",
            fix ? "changed" : "broken");
    }
}
