/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: cleaning rules, the cells they changed and the cells that break them.
 */
#include <stdlib.h>

#include "prog/ingest/ingest.h"
#include "util/arena.h"
#include "util/memory.h"

int ingest_clean(struct ingest *ingest, struct wn_error *error)
{
    const char *path = wn_option_text(ingest->run->options, "rules");
    const struct wn_clean_input input = {.csv = ingest->csv,
                                         .threads = ingest->table.threads,
                                         .log = ingest->table.log,
                                         .na = ingest->table.na,
                                         .na_count = ingest->table.na_count};
    struct wn_clean *clean = &ingest->clean;

    if (!path)
        return 0;
    if (!clean->rules.count && wn_clean_rules_read(&clean->rules, path, error))
        return -1;
    ingest->csv->overrides = NULL;
    if (wn_clean_run(clean, &input, error))
        return -1;
    ingest->csv->overrides = &clean->fixes;
    return 0;
}

/* --- defects ------------------------------------------------------------- */

void ingest_merge_broken(struct ingest *ingest)
{
    const struct wn_clean *clean = &ingest->clean;
    const size_t all = ingest->defects + clean->broken_count;
    const struct wn_defect *defect;

    wn_grow(&ingest->defect, &ingest->defect_capacity, all, sizeof *defect);
    for (size_t b = 0; b < clean->broken_count; b++) {
        struct wn_defect broken = clean->broken[b];

        broken.rule += WN_RULES_FIRST;
        ingest->defect[ingest->defects++] = broken;
    }
    if (clean->broken_count)
        qsort(ingest->defect, all, sizeof *defect, wn_defect_by_place);
    defect = ingest->defect;
    /* Count each cell once, and not if it is invalid too. */
    for (size_t begin = 0, end; begin < all; begin = end) {
        const uint32_t column = defect[begin].column;
        bool invalid = false, broken = false;

        for (end = begin; end < all && defect[end].row == defect[begin].row &&
                          defect[end].column == column;
             end++) {
            const uint32_t rule = defect[end].rule;

            broken |= rule >= WN_RULES_FIRST;
            invalid |= rule != WN_RULE_MISSING && rule < WN_RULES_FIRST;
        }
        ingest->table.column[column].broken += broken && !invalid;
    }
}

/* --- the audit file ------------------------------------------------------ */

int ingest_write_rules(const struct ingest *ingest, struct wn_error *error)
{
    struct wn_audit_writer *writer = ingest->writer;
    const struct wn_clean *clean = &ingest->clean;
    const struct wn_overrides *fixes = &clean->fixes;
    const size_t rules = clean->rules.count, x = fixes->count;
    const size_t t = ingest->defects;
    struct wn_arena arena = {0};
    int64_t *row = wn_arena_new(&arena, sizeof *row, t, 1);
    int32_t *column = wn_arena_new(&arena, sizeof *column, t, 1);
    int32_t *rule = wn_arena_new(&arena, sizeof *rule, t, 1);
    const char **name =
        wn_arena_new(&arena, sizeof *name, WN_RULES_FIRST + rules, 1);
    const char **text = wn_arena_new(&arena, sizeof *text, rules, 1);
    uint64_t *number = wn_arena_new(&arena, sizeof *number, rules, 3);
    const struct wn_vector of_defects[] = {{"data/defect/row", row},
                                           {"data/defect/column", column},
                                           {"data/defect/rule", rule}};
    const struct wn_vector of_rules[] = {
        {"data/rule/name", name + WN_RULES_FIRST},
        {"data/rule/text", text},
        {"data/rule/changed", number},
        {"data/rule/broken", number + rules},
        {"data/rule/passed_over", number + 2 * rules}};
    const struct wn_vector of_fixes[] = {{"data/fix/row", fixes->row},
                                         {"data/fix/column", fixes->column}};

    /* The names of the encoder's defects, then those of the rules. */
    for (size_t r = 0; r < WN_RULES_FIRST; r++)
        name[r] = wn_rule_names[r];
    for (size_t r = 0; r < rules; r++) {
        const struct wn_clean_count *count = &clean->count[r];

        name[WN_RULES_FIRST + r] = clean->rules.rule[r].name;
        text[r] = clean->rules.rule[r].text;
        number[r] = count->changed;
        number[rules + r] = count->broken;
        number[2 * rules + r] = count->passed_over;
    }
    for (size_t i = 0; i < t; i++) {
        row[i] = (int64_t)ingest->defect[i].row;
        column[i] = (int32_t)ingest->defect[i].column;
        rule[i] = (int32_t)ingest->defect[i].rule;
    }
    int status =
        wn_audit_write_vectors(writer, t, of_defects, 3, error) ||
                wn_audit_write_names(writer, "data/defect/rule_name", name,
                                     WN_RULES_FIRST + rules, error)
            ? -1
            : 0;
    if (status == 0 && rules)
        status = wn_audit_write_vectors(writer, rules, of_rules, 5, error);
    if (status == 0 && x)
        status = wn_audit_write_vectors(writer, x, of_fixes, 2, error) ||
                         wn_audit_write_vector(writer, "data/fix/offset", x + 1,
                                               fixes->end, error) ||
                         wn_audit_write_vector(writer, "data/fix/text",
                                               (size_t)fixes->end[x],
                                               fixes->text, error)
                     ? -1
                     : 0;
    wn_arena_free(&arena);
    return status;
}

/* --- notes --------------------------------------------------------------- */

void ingest_log_rules(const struct ingest *ingest)
{
    const struct wn_clean *clean = &ingest->clean;
    const struct wn_csv *csv = ingest->csv;
    const uint64_t *line = csv->line;
    struct wn_log *log = ingest->run->log;
    const char *file = csv->name;

    for (size_t r = 0; r < clean->rules.count; r++) {
        const struct wn_clean_count *count = &clean->count[r];
        const char *name = clean->rules.rule[r].name;
        const bool fix = clean->rules.rule[r].action->kind == WN_CLEAN_FIX;
        const unsigned long long done = fix ? count->changed : count->broken;
        const unsigned long long passed_over = count->passed_over;

        for (size_t i = 0; i < count->reported; i++) {
            const int length = (int)count->cell[i].length;
            uint64_t at = line[count->cell[i].row];
            const char *where = wn_csv_where(&csv->form, file, &at);

            wn_log_note(log, "%s:%llu: column %s: found %s%.*s%s the rule %s",
                        where, (unsigned long long)at,
                        csv->column[count->cell[i].column],
                        length ? "'" : "a cell", length, count->cell[i].text,
                        length ? "', which breaks" : " that breaks", name);
        }
        if (count->stop < csv->rows)
            wn_log_note(log,
                        "%s: rule %s: takes too long; not evaluated on %llu "
                        "cells, stopped after line %llu",
                        file, name, passed_over,
                        (unsigned long long)line[count->stop - 1]);
        else if (passed_over)
            wn_log_note(log,
                        "%s: rule %s: takes too long; not evaluated on %llu "
                        "cell%s",
                        file, name, passed_over, passed_over == 1 ? "" : "s");
        wn_log_verbose(log, "rule %s: %llu cell%s %s", name, done,
                       done == 1 ? "" : "s", fix ? "changed" : "broken");
    }
}
