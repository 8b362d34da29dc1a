/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: the rows worth keeping, byte for byte as they were; see prune(1).
 *
 * First it is decided which rows stay (selection.h), then they are copied from
 * the audited file (data/source.h), which must not have changed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "data/source.h"
#include "prog/program.h"
#include "prog/prune_arrays.h"
#include "prog/selection.h"
#include "util/file.h"
#include "util/memory.h"

enum { BITS = 32 };

struct prune {
    const struct wn_run *run;
    struct wn_audit *audit;
    struct wn_dataset dataset;
    struct wn_selection selection;
    uint8_t *action;     /* n; NULL if not needed */
    uint32_t *issue;     /* n; NULL if not needed */
    int32_t *suggestion; /* n; NULL without --relabel */
    char *issue_names[BITS];  /* by bit; NULL where there is none */
    char *action_names[BITS]; /* by number */
    uint32_t mask;       /* the bits that --drop asks for */
    uint8_t *relabel;    /* n: 1 = gets another label; NULL without */
    size_t *order;       /* selection.kept rows as they go out */
    struct wn_edit *change; /* of a row that is being written */
    size_t change_room;
    size_t cells;        /* that rules change in them */
    size_t changed;      /* rows of `order` that are relabelled */
    uint64_t reason[BITS]; /* rows left out, by bit or action */
    uint64_t unkept;     /* rows left out by --keep */
    size_t label_cell;   /* column of the label, from 0 */
    char delimiter;
};

static bool on(const struct prune *prune, const char *name)
{
    return wn_option_on(prune->run->options, name);
}

static const char *text_of(const struct prune *prune, const char *name)
{
    return wn_option_text(prune->run->options, name);
}

/* A whole vector of n numbers. */
static void *read_vector(const struct prune *prune, const char *path,
                         enum wn_type type, struct wn_error *error)
{
    const size_t extent[3] = {prune->dataset.n, 0, 0};

    return wn_audit_read(prune->audit, path, type, extent, error);
}

/* The attribute `names` of a dataset, taken apart at commas. */
static int read_names(const struct prune *prune, const char *path,
                      char *names[BITS], struct wn_error *error)
{
    char *all = wn_audit_text(prune->audit, path, "names", error);
    size_t count = 0;

    if (!all)
        return error->code ? -1
                           : wn_fail(error, WN_EDATA,
                                     "%s: %s: has no attribute names",
                                     wn_audit_name(prune->audit), path);
    for (const char *at = all; *at && count < BITS; at += *at == ',') {
        const size_t size = strcspn(at, ",");

        names[count] = wn_copy_text(at, size, error);
        if (!names[count++])
            break;
        at += size;
    }
    free(all);
    return error->code ? -1 : 0;
}

/* --drop as bits. */
static int parse_reasons(struct prune *prune, struct wn_error *error)
{
    const char *text = text_of(prune, "drop");

    for (const char *at = text;; at++) {
        const size_t size = strcspn(at, ",");
        int bit = 0;

        while (bit < BITS && prune->issue_names[bit] &&
               (strlen(prune->issue_names[bit]) != size ||
                memcmp(prune->issue_names[bit], at, size)))
            bit++;
        if (bit == BITS || !prune->issue_names[bit]) {
            char *known = wn_audit_text(prune->audit, "flag/issue", "names",
                                        error);

            wn_fail(error, WN_EUSAGE, "--drop: found '%.*s', wanted some of "
                    "%s, or all, or none, or advised", (int)size, at,
                    known ? known : "");
            free(known);
            return -1;
        }
        prune->mask |= (uint32_t)1 << bit;
        at += size;
        if (!*at)
            return 0;
    }
}

static int drop_issues(struct prune *prune, struct wn_error *error)
{
    const bool all = strcmp(text_of(prune, "drop"), "all") == 0;

    prune->issue = read_vector(prune, "flag/issue", WN_U32, error);
    if (!prune->issue ||
        read_names(prune, "flag/issue", prune->issue_names, error) ||
        (!all && parse_reasons(prune, error)))
        return -1;
    if (all)
        prune->mask = UINT32_MAX;
    for (size_t i = 0; i < prune->dataset.n; i++) {
        const uint32_t hit = prune->issue[i] & prune->mask;

        for (int bit = 0; bit < BITS; bit++)
            prune->reason[bit] += hit >> bit & 1;
        if (hit)
            wn_selection_remove(&prune->selection, i);
    }
    return 0;
}

static bool action_is(const struct prune *prune, size_t row, const char *name)
{
    const uint8_t action = prune->action[row];

    return action < BITS && prune->action_names[action] &&
           strcmp(prune->action_names[action], name) == 0;
}

static int read_actions(struct prune *prune, struct wn_error *error)
{
    prune->action = read_vector(prune, "flag/action", WN_U8, error);
    return prune->action ? read_names(prune, "flag/action",
                                      prune->action_names, error)
                         : -1;
}

/* What flag advises; a row that gets its right label may stay. */
static void drop_advised(struct prune *prune)
{
    for (size_t i = 0; i < prune->dataset.n; i++)
        if (action_is(prune, i, "drop") ||
            (action_is(prune, i, "relabel") && !on(prune, "relabel"))) {
            prune->reason[prune->action[i]]++;
            wn_selection_remove(&prune->selection, i);
        }
}

static int drop_rows(struct prune *prune, struct wn_error *error)
{
    const char *drop = text_of(prune, "drop");
    const bool advised = strcmp(drop, "advised") == 0;

    if ((advised || on(prune, "relabel")) && read_actions(prune, error))
        return -1;
    if (advised)
        drop_advised(prune);
    else if (strcmp(drop, "none") && drop_issues(prune, error))
        return -1;
    return 0;
}

/* A score by its name, from /score or /flag. */
static float *read_score(const struct prune *prune, const char *option,
                         struct wn_error *error)
{
    static const char *const folders[] = {"score", "flag"};
    const char *name = text_of(prune, option);
    float *score = NULL;

    for (int f = 0; f < 2 && !score; f++) {
        struct wn_text path = {0};
        size_t extent[3] = {0};
        int rank = 0;

        if (wn_text_format(&path, error, "%s/%s", folders[f], name))
            return NULL;
        if (wn_audit_has(prune->audit, path.bytes) &&
            wn_audit_shape(prune->audit, path.bytes, &rank, extent, error) ==
                0 && rank == 1)
            score = read_vector(prune, path.bytes, WN_F32, error);
        wn_text_free(&path);
        if (error->code)
            return NULL;
    }
    if (!score)
        wn_fail(error, WN_EUSAGE, "--%s: %s has no score '%s', one number a "
                "row", option, wn_audit_name(prune->audit), name);
    for (size_t i = 0; score && i < prune->dataset.n; i++)
        if (isnan(score[i])) {
            wn_fail(error, WN_EDATA, "%s: score %s: row %zu: not a number",
                    wn_audit_name(prune->audit), name, i);
            free(score);
            score = NULL;
        }
    return score;
}

static int keep_share(struct prune *prune, struct wn_error *error)
{
    const struct wn_options *options = prune->run->options;
    const size_t before = prune->selection.kept;
    int status = -1;

    if (!wn_option_given(options, "keep"))
        return 0;
    if (on(prune, "per-class") && !prune->dataset.label)
        return wn_fail(error, WN_EDATA, "%s: has no labels",
                       wn_audit_name(prune->audit));
    float *score = read_score(prune, "by", error);
    if (score)
        status = wn_selection_keep(
            &prune->selection, score, on(prune, "highest"),
            wn_option_number(options, "keep"),
            on(prune, "per-class") ? prune->dataset.label : NULL,
            prune->dataset.k, error);
    prune->unkept = before - prune->selection.kept;
    free(score);
    return status;
}

static int order_rows(struct prune *prune, struct wn_error *error)
{
    float *score = NULL;
    int status = -1;

    if (wn_option_given(prune->run->options, "order")) {
        score = read_score(prune, "order", error);
        if (!score)
            return -1;
    }
    prune->order =
        wn_new(prune->selection.kept, sizeof *prune->order, error);
    if (prune->order)
        status = wn_selection_order(&prune->selection, score,
                                    on(prune, "descending"), prune->order,
                                    error);
    free(score);
    return status;
}

static int find_label_cell(struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *dataset = &prune->dataset;
    char *delimiter = wn_audit_text(prune->audit, "data", "delimiter", error);

    if (error->code)
        return -1;
    prune->delimiter = delimiter && *delimiter ? *delimiter : ',';
    free(delimiter);
    while (dataset->label_column &&
           prune->label_cell < dataset->columns &&
           strcmp(dataset->column_name[prune->label_cell],
                  dataset->label_column))
        prune->label_cell++;
    if (!dataset->label_column || prune->label_cell == dataset->columns)
        return wn_fail(error, WN_EDATA, "%s: does not say which column is the "
                       "label", wn_audit_name(prune->audit));
    return 0;
}

/* Which of the rows that stay get another label. */
static int relabel_rows(struct prune *prune, struct wn_error *error)
{
    if (!on(prune, "relabel"))
        return 0;
    if (!prune->dataset.label_name || find_label_cell(prune, error))
        return error->code ? -1
                           : wn_fail(error, WN_EDATA, "%s: has no labels",
                                     wn_audit_name(prune->audit));
    prune->suggestion = read_vector(prune, "flag/suggestion", WN_I32, error);
    prune->relabel = wn_new(prune->dataset.n, 1, error);
    if (!prune->suggestion || !prune->relabel)
        return -1;
    for (size_t i = 0; i < prune->dataset.n; i++) {
        const int32_t class = prune->suggestion[i];

        if (class < -1 || (class >= 0 && (size_t)class >= prune->dataset.k))
            return wn_fail(error, WN_EDATA, "%s: flag/suggestion: row %zu: no "
                           "such class", wn_audit_name(prune->audit), i);
        prune->relabel[i] = class >= 0 && !prune->selection.removed[i] &&
                            action_is(prune, i, "relabel");
        prune->changed += prune->relabel[i];
    }
    return 0;
}

/* --apply-rules, which --relabel wants if they changed labels: their names are
 * not those in the source. */
static int check_rules(struct prune *prune, struct wn_error *error)
{
    const struct wn_fixes *fixes = &prune->dataset.fixes;
    const bool apply = on(prune, "apply-rules");

    if (apply && prune->dataset.cleanings == 0)
        return wn_fail(error, WN_EUSAGE, "--apply-rules: %s was made without "
                       "cleaning rules", wn_audit_name(prune->audit));
    if (apply && !prune->relabel && find_label_cell(prune, error))
        return -1;
    for (size_t f = 0; f < fixes->count; f++) {
        if (!apply && prune->relabel &&
            (size_t)fixes->column[f] == prune->label_cell)
            return wn_fail(error, WN_EUSAGE, "--relabel: wanted --apply-rules "
                           "too, because rules changed labels");
        prune->cells += apply && !prune->selection.removed[fixes->row[f]] &&
                        !(prune->relabel && prune->relabel[fixes->row[f]] &&
                          (size_t)fixes->column[f] == prune->label_cell);
    }
    if (!apply)
        wn_fixes_free(&prune->dataset.fixes);
    return 0;
}

/* Whether a row is copied as it is; *fix is its first fix, if it has any. */
static bool stays(const struct prune *prune, size_t row, size_t *fix)
{
    const struct wn_fixes *fixes = &prune->dataset.fixes;

    *fix = wn_fixes_find(fixes, row);
    return !(prune->relabel && prune->relabel[row]) &&
           !(*fix < fixes->count && fixes->row[*fix] == (int64_t)row);
}

static int add_change(struct prune *prune, size_t *count, size_t column,
                      const char *text, size_t length, struct wn_error *error)
{
    if (wn_grow(&prune->change, &prune->change_room, *count + 1,
                sizeof *prune->change, error))
        return -1;
    prune->change[(*count)++] = (struct wn_edit){column, text, length};
    return 0;
}

/* What rules changed in a row, and its new label, which goes before theirs. */
static int copy_changed(struct prune *prune, struct wn_source *source,
                        size_t row, size_t fix, struct wn_sink *sink,
                        struct wn_error *error)
{
    const struct wn_fixes *fixes = &prune->dataset.fixes;
    const bool relabel = prune->relabel && prune->relabel[row];
    const char *label =
        relabel ? prune->dataset.label_name[prune->suggestion[row]] : NULL;
    size_t count = 0;

    for (; fix < fixes->count && fixes->row[fix] == (int64_t)row; fix++) {
        const size_t column = (size_t)fixes->column[fix];

        if (label && prune->label_cell <= column) {
            if (add_change(prune, &count, prune->label_cell, label,
                           strlen(label), error))
                return -1;
            label = NULL;
        }
        if (!(relabel && column == prune->label_cell) &&
            add_change(prune, &count, column, fixes->text + fixes->end[fix],
                       (size_t)(fixes->end[fix + 1] - fixes->end[fix]),
                       error))
            return -1;
    }
    if (label && add_change(prune, &count, prune->label_cell, label,
                            strlen(label), error))
        return -1;
    return wn_source_copy_changed(source, row, prune->change, count,
                                  prune->delimiter, sink, error);
}

static int copy_kept(struct prune *prune, struct wn_source *source,
                     struct wn_sink *sink, struct wn_error *error)
{
    const size_t kept = prune->selection.kept;
    const size_t *order = prune->order;

    if (wn_source_copy_head(source, sink, error))
        return -1;
    for (size_t r = 0; r < kept;) {
        const size_t row = order[r];
        size_t run = 1, fix;

        if (!stays(prune, row, &fix)) {
            if (copy_changed(prune, source, row, fix, sink, error))
                return -1;
            r++;
            continue;
        }
        while (r + run < kept && order[r + run] == row + run &&
               stays(prune, row + run, &fix))
            run++;
        if (wn_source_copy_rows(source, row, row + run, sink, error))
            return -1;
        r += run;
    }
    return 0;
}

/* What ingest left out goes to the removed rows, in its place. */
static int copy_removed(struct prune *prune, struct wn_source *source,
                        struct wn_sink *sink, struct wn_error *error)
{
    const size_t n = prune->selection.n;
    const uint8_t *removed = prune->selection.removed;
    const bool whole = prune->dataset.left_outs > 0;

    if (wn_source_copy_head(source, sink, error))
        return -1;
    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        while (!whole && end < n && removed[end] == removed[i])
            end++;
        if (removed[i] &&
            wn_source_copy_rows(source, i, end, sink, error))
            return -1;
        if (whole && wn_source_copy_left_out(source, i, end, sink, error))
            return -1;
    }
    return 0;
}

/* Write one of the two outputs and leave it synced, but not yet in place. */
static int fill_output(struct prune *prune, struct wn_source *source,
                       struct wn_output *output,
                       int (*copy)(struct prune *, struct wn_source *,
                                   struct wn_sink *, struct wn_error *),
                       struct wn_error *error)
{
    const int descriptor = wn_output_descriptor(output);
    struct wn_sink *sink =
        wn_sink_new(descriptor, wn_output_name(output), error);
    int status = sink ? copy(prune, source, sink, error) : -1;

    if (status == 0)
        status = wn_sink_flush(sink, error);
    if (status == 0 && fsync(descriptor))
        status = wn_fail_errno(error, "%s: cannot write",
                               wn_output_name(output));
    wn_sink_free(sink);
    return status;
}

static int write_text(struct prune *prune, struct wn_source *source,
                      struct wn_output *output, struct wn_output *removed,
                      struct wn_error *error)
{
    return fill_output(prune, source, output, copy_kept, error) ||
                   (removed && fill_output(prune, source, removed,
                                           copy_removed, error))
               ? -1
               : 0;
}

static int write_rows(struct prune *prune, struct wn_source *source,
                      struct wn_error *error)
{
    const bool force = on(prune, "force");
    const char *removed_path = text_of(prune, "removed");
    struct wn_output *removed = NULL;
    struct wn_output *output =
        wn_output_open(text_of(prune, "output"), force, error);
    int status = output ? 0 : -1;

    if (output && removed_path) {
        removed = wn_output_open(removed_path, force, error);
        status = removed ? 0 : -1;
    }
    if (status == 0 && prune_is_arrays(&prune->dataset))
        status = prune_arrays(
            &(struct prune_job){prune->audit, &prune->dataset,
                                wn_source_name(source), prune->order,
                                prune->selection.kept, prune->relabel,
                                prune->suggestion}, output, removed, error);
    else if (status == 0)
        status = write_text(prune, source, output, removed, error);
    if (status == 0)
        status = wn_source_check(source, error);
    /* Standard output can still fail when it is copied out: it goes first. */
    if (status == 0) {
        status = wn_output_commit(output, error);
        output = NULL;
    }
    if (status == 0 && removed) {
        status = wn_output_commit(removed, error);
        removed = NULL;
    }
    wn_output_abandon(output);
    wn_output_abandon(removed);
    return status;
}

static int add_count(struct wn_text *text, const char *name, uint64_t count,
                     struct wn_error *error)
{
    if (wn_text_format(text, error, "%12llu  ", (unsigned long long)count) ||
        wn_text_add_visible(text, name, strlen(name), error))
        return -1;
    return wn_text_add(text, "\n", 1, error);
}

static int show_totals(const struct prune *prune, struct wn_text *text,
                       struct wn_error *error)
{
    char *const *names =
        prune->issue ? prune->issue_names : prune->action_names;
    const size_t n = prune->dataset.n;

    if (add_count(text, "rows", n, error) ||
        add_count(text, "kept", prune->selection.kept, error) ||
        add_count(text, "relabelled", prune->changed, error) ||
        (on(prune, "apply-rules") &&
         add_count(text, "cells changed by rules", prune->cells, error)) ||
        add_count(text, "left out", n - prune->selection.kept, error))
        return -1;
    for (int bit = 0; bit < BITS; bit++) {
        struct wn_text line = {0};
        int status = 0;

        if (!prune->reason[bit])
            continue;
        status = wn_text_format(&line, error, "  %s %s",
                                prune->issue ? "issue" : "action",
                                names[bit] ? names[bit] : "without a name");
        if (status == 0)
            status = add_count(text, wn_text_of(&line), prune->reason[bit],
                               error);
        wn_text_free(&line);
        if (status)
            return -1;
    }
    return prune->unkept ? add_count(text, "  beyond --keep", prune->unkept,
                                     error)
                         : 0;
}

/* Rows of each class before and after; the last is of rows without label. */
static void count_classes(const struct prune *prune, uint64_t *before,
                          uint64_t *after)
{
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t none = dataset->k;

    for (size_t i = 0; i < dataset->n; i++) {
        const size_t old =
            dataset->label[i] < 0 ? none : (size_t)dataset->label[i];
        const size_t new = prune->relabel && prune->relabel[i]
                               ? (size_t)prune->suggestion[i]
                               : old;

        before[old]++;
        after[new] += !prune->selection.removed[i];
    }
}

static int show_classes(const struct prune *prune, struct wn_text *text,
                        struct wn_error *error)
{
    const struct wn_dataset *dataset = &prune->dataset;
    uint64_t *before, *after;
    int status;

    if (!dataset->label || !dataset->label_name)
        return 0;
    before = wn_new(2 * (dataset->k + 1), sizeof *before, error);
    if (!before)
        return -1;
    after = before + dataset->k + 1;
    count_classes(prune, before, after);
    status = wn_text_format(text, error, "\n%12s%12s  class\n", "before",
                            "after");
    for (size_t c = 0; status == 0 && c <= dataset->k; c++) {
        if (c == dataset->k && !before[c])
            continue;
        status = wn_text_format(text, error, "%12llu",
                                (unsigned long long)before[c]);
        if (status == 0)
            status = add_count(text, c < dataset->k ? dataset->label_name[c]
                                                    : "(no label)",
                               after[c], error);
    }
    free(before);
    return status;
}

static int show_plan(const struct prune *prune, struct wn_error *error)
{
    struct wn_text text = {0};
    int status = show_totals(prune, &text, error) ||
                         show_classes(prune, &text, error)
                     ? -1
                     : 0;

    if (status == 0)
        status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                              "standard output", error);
    wn_text_free(&text);
    return status;
}

/* Options that say nothing without another one. */
static int check_options(const struct wn_options *options,
                         struct wn_error *error)
{
    static const char *const needs[][2] = {{"by", "keep"},
                                           {"highest", "keep"},
                                           {"per-class", "keep"},
                                           {"descending", "order"}};
    const char *output = wn_option_text(options, "output");
    const char *removed = wn_option_text(options, "removed");

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (wn_option_given(options, needs[i][0]) &&
            !wn_option_given(options, needs[i][1]))
            return wn_fail(error, WN_EUSAGE, "--%s wants --%s too",
                           needs[i][0], needs[i][1]);
    if (removed && strcmp(removed, output ? output : "-") == 0)
        return wn_fail(error, WN_EUSAGE, "--output and --removed name the "
                       "same file");
    return 0;
}

/* Without a word about flag's results they are not needed. */
static enum wn_stage stage_needed(const struct wn_options *options)
{
    const char *drop = wn_option_text(options, "drop");

    return strcmp(drop, "none") || wn_option_on(options, "relabel") ? WN_FLAGS
                                                                    : WN_DATA;
}

/* What cannot be done with arrays. */
static int check_form(const struct prune *prune, struct wn_error *error)
{
    const char *output = text_of(prune, "output");
    const struct wn_dataset *dataset = &prune->dataset;

    if (!prune_is_arrays(dataset))
        return 0;
    if (on(prune, "relabel") && strcmp(dataset->form, "hdf5"))
        return wn_fail(error, WN_EUSAGE, "--relabel does not apply to a "
                       "dataset of form %s", dataset->form);
    if (on(prune, "apply-rules"))
        return wn_fail(error, WN_EUSAGE, "--apply-rules does not apply to a "
                       "dataset of form %s", dataset->form);
    if (strcmp(dataset->form, "hdf5") == 0 && !on(prune, "dry-run") &&
        (!output || strcmp(output, "-") == 0) && isatty(STDOUT_FILENO))
        return wn_fail(error, WN_EUSAGE, "HDF5 is not for a terminal; "
                       "--output names a file");
    return 0;
}

static int carry_out(struct prune *prune, struct wn_error *error)
{
    const struct wn_run *run = prune->run;
    struct wn_source *source;
    int status;

    if (wn_dataset_load(&prune->dataset, prune->audit,
                        WN_PART_LABEL | WN_PART_ROW | WN_PART_COLUMN |
                            (on(prune, "apply-rules") || on(prune, "relabel")
                                 ? WN_PART_FIX
                                 : 0u),
                        error) ||
        check_form(prune, error) ||
        wn_selection_new(&prune->selection, prune->dataset.n, error) ||
        drop_rows(prune, error) || keep_share(prune, error) ||
        relabel_rows(prune, error) || check_rules(prune, error) ||
        order_rows(prune, error))
        return -1;
    source = !wn_option_given(run->options, "source") &&
                     wn_audit_has(prune->audit, "data/source_bytes")
                 ? wn_source_open_kept(&prune->dataset, prune->audit, error)
                 : wn_source_open(&prune->dataset, wn_run_input(run),
                                  text_of(prune, "source"), error);
    if (!source)
        return -1;
    wn_talk_detail(run->talk, "rows come from %s", wn_source_name(source));
    status = on(prune, "dry-run") ? show_plan(prune, error)
                                  : write_rows(prune, source, error);
    if (status == 0 && !on(prune, "dry-run"))
        wn_talk_detail(run->talk, "kept %zu of %zu rows, %zu relabelled",
                       prune->selection.kept, prune->dataset.n,
                       prune->changed);
    wn_source_close(source);
    return status;
}

static void free_prune(struct prune *prune)
{
    for (int bit = 0; bit < BITS; bit++) {
        free(prune->issue_names[bit]);
        free(prune->action_names[bit]);
    }
    free(prune->action);
    free(prune->issue);
    free(prune->suggestion);
    free(prune->relabel);
    free(prune->order);
    free(prune->change);
    wn_selection_free(&prune->selection);
    wn_dataset_free(&prune->dataset);
    wn_audit_close(prune->audit);
}

static int work(struct wn_run *run, struct wn_error *error)
{
    struct prune prune = {.run = run};
    int status = check_options(run->options, error);

    if (status == 0) {
        prune.audit = wn_run_open(run, stage_needed(run->options), error);
        status = prune.audit ? carry_out(&prune, error) : -1;
    }
    free_prune(&prune);
    return status;
}

int main(int argc, char **argv)
{
    const struct wn_option rows[] = {
        {.name = "drop", .kind = WN_TEXT, .value = "ISSUES",
         .standard = "advised",
         .help = "leave out rows with ISSUES"},
        {.name = "keep", .kind = WN_REAL, .value = "FRACTION", .low = 0,
         .high = 1, .help = "keep at most FRACTION of the rows"},
        {.name = "by", .kind = WN_TEXT, .value = "SCORE",
         .standard = "suspicion",
         .help = "--keep rows with the lowest SCORE"},
        {.name = "highest", .kind = WN_FLAG,
         .help = "--keep rows with the highest SCORE"},
        {.name = "per-class", .kind = WN_FLAG,
         .help = "--keep FRACTION of each class"},
        {.name = "relabel", .kind = WN_FLAG,
         .help = "give rows the label that flag suggests"},
        {.name = "apply-rules", .kind = WN_FLAG,
         .help = "write the cells as ingest --rules changed them"},
        {.name = "order", .kind = WN_TEXT, .value = "SCORE",
         .help = "put rows in ascending order of SCORE"},
        {.name = "descending", .kind = WN_FLAG,
         .help = "--order with the highest SCORE first"},
        {.name = "source", .kind = WN_TEXT, .value = "FILE",
         .help = "the audited file, if it is not where it was"},
        {.name = "removed", .kind = WN_TEXT, .value = "FILE",
         .help = "write the rows left out to FILE"},
        {.name = "dry-run", .kind = WN_FLAG,
         .help = "show what would be done, write nothing"},
        wn_option_output, wn_option_force, wn_option_quiet,
        wn_option_verbose, wn_option_help, wn_option_version, {0}};
    const struct wn_program program = {
        .brief = "Write the rows worth keeping of an audited dataset.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .least = 0,
        .most = 1};

    return wn_program_main(&program, argc, argv, work);
}
