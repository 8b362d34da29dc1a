/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of the text report that describe the data and the models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "util/memory.h"

/* --- the data ------------------------------------------------------------ */

static void put_defects(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    size_t *count = wn_new(data->rules, sizeof *count);
    size_t *first = wn_new(data->rules, sizeof *first); /* defect */
    struct wn_grid grid;

    for (size_t t = 0; t < data->defects; t++) {
        const int32_t rule = data->defect_rule[t];

        if (!count[rule]++ ||
            data->defect_row[t] < data->defect_row[first[rule]])
            first[rule] = t;
    }
    wn_grid_start(&grid, "~rule|#cells|#first at line|~in column");
    for (size_t r = 0; r < data->rules; r++) {
        const size_t t = first[r];

        if (!count[r])
            continue;
        wn_grid_add_text(&grid, data->rule_name[r]);
        wn_grid_add_count(&grid, count[r]);
        wn_phrase_add_line(data, (size_t)data->defect_row[t], &grid);
        wn_grid_add_text(&grid, data->column_name[data->defect_column[t]]);
    }
    wn_grid_print_under("Missing and invalid cells", &grid, out);
    free(count);
    free(first);
}

static void put_cleaning_rules(const struct wn_report *report,
                               struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    const uint64_t *const counts[] = {data->clean_changed, data->clean_broken,
                                      data->clean_passed_over};
    struct wn_grid grid;

    wn_grid_start(&grid, "~rule|#cells changed|#broken|#not evaluated|~is");
    for (size_t r = 0; data->clean_name && r < data->cleanings; r++) {
        const char *text = data->clean_text ? data->clean_text[r] : "";

        wn_grid_add_text(&grid, data->clean_name[r]);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            wn_grid_format_known(&grid, counts[c], "%llu",
                                 counts[c] ? (unsigned long long)counts[c][r]
                                           : 0);
        wn_grid_add_text(&grid, strcmp(text, data->clean_name[r]) ? text : "");
    }
    wn_grid_print_under("Cleaning rules", &grid, out);
}

/* The columns, with typical values (1 .. 30 .. 90; Oslo 40, Rome 20, ...) and
 * then the note. */
static void put_columns(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    const size_t limit = report->columns ? SIZE_MAX : WN_TOP_ROWS;
    const size_t shown = data->columns < limit ? data->columns : limit;
    struct wn_text values = {0};
    struct wn_grid grid;

    wn_grid_start(&grid,
                  "~column|kind|#missing|#invalid|#distinct|#alone|>values");
    for (size_t c = 0; c < shown; c++) {
        const bool about = data->column_about && data->column_about[c];
        const double alone = data->column_alone ? data->column_alone[c] : NAN;
        const char *note = data->column_note ? data->column_note[c] : "";

        values.length = 0;
        wn_phrase_values(data, c, false, &values);
        if (*note)
            wn_text_format(&values, "%s%s", values.length ? "; " : "", note);
        wn_grid_add_text(&grid, data->column_name[c]);
        wn_grid_add_text(&grid, data->column_kind[c]);
        wn_grid_add_count(&grid, data->column_missing[c]);
        wn_grid_add_count(&grid, data->column_invalid[c]);
        wn_grid_format_known(&grid, data->column_distinct[c], "%s%llu",
                             about ? "~" : "",
                             (unsigned long long)data->column_distinct[c]);
        wn_grid_format_known(&grid, !isnan(alone), "%.0f %%",
                             fmax(0, 100 * alone));
        wn_grid_add_text(&grid, values.length ? values.bytes : NULL);
    }
    wn_text_free(&values);
    wn_grid_print_under("Columns", &grid, out);
    if (shown < data->columns)
        wn_text_format(out, "  and %zu more; --columns shows all\n",
                       data->columns - shown);
}

static void put_spellings(const struct wn_report *report, struct wn_text *out)
{
    struct wn_text rule = {0};
    size_t count;
    struct wn_spelling *spelling = wn_spellings(report, &count);

    if (count)
        wn_text_format(
            out, "\nSpellings of one class, and the rules that merge them\n");
    for (size_t s = 0; s < count && s < WN_TOP_ROWS; s++) {
        rule.length = 0;
        wn_spelling_rule(report, &spelling[s], &rule);
        wn_text_add(out, "  ", 2);
        wn_text_add_visible(out, wn_text_of(&rule), rule.length);
        wn_text_format(
            out, "   # %zu %s; %zu with the right spelling\n", spelling[s].rows,
            wn_plural(spelling[s].rows, "row", "rows"), spelling[s].of_rows);
    }
    if (count > WN_TOP_ROWS)
        wn_text_format(out, "  and %zu more; --format=json has all\n",
                       count - WN_TOP_ROWS);
    wn_text_free(&rule);
    free(spelling);
}

void wn_data_text(const struct wn_report *report, struct wn_text *out)
{
    static const double noise_evenness = .985, collapsed_ratio = .9;
    enum { MIN_FEATURES = 16 };
    const struct wn_model_quality *quality = &report->model_quality;
    const struct wn_dataset *data = &report->data;
    const size_t unlabelled = data->n - report->labelled;
    const bool columns = report->columns || !report->scored;
    const bool known = !isnan(quality->evenness) && data->d >= 2;
    struct wn_text line = {0};
    bool texts = false;

    wn_text_format(out, "\nThe data\n");
    wn_text_format(&line, "%zu %s, %zu %s, %zu %s in column ", data->n,
                   wn_plural(data->n, "row", "rows"), data->d,
                   wn_plural(data->d, "feature", "features"), data->k,
                   wn_plural(data->k, "class", "classes"));
    wn_phrase_data_short(&line, data->label_column);
    wn_text_format(&line, ".");
    if (report->title_prefix) {
        struct wn_text prefix = {0};

        wn_text_add_visible(&prefix, data->label_name[0], report->title_prefix);
        wn_text_format(&line, " The names of all classes begin with ");
        wn_phrase_data_short(&line, prefix.bytes);
        wn_text_format(&line, ", which is left out here.");
        wn_text_free(&prefix);
    }
    wn_phrase_paragraph(out, line.bytes);
    wn_text_free(&line);
    /* A hint if the features look like a broken embedding, and the statistics
     * that it rests on if the report is verbose. Random features have equal
     * singular values (a table of noise with n = 2 d has an evenness of .988);
     * collapsed ones have a single large value. Text features are even by
     * construction, and few features may be. */
    for (size_t c = 0; c < data->columns; c++)
        texts |= strcmp(data->column_kind[c], "text") == 0;
    if (known && report->verbose)
        wn_phrase_say(out,
                      "Singular values of the features: entropy %.2f of the "
                      "maximum; the largest is %.0f %% of their sum.",
                      quality->evenness, 100 * quality->largest);
    if (known && quality->evenness > noise_evenness &&
        data->d >= MIN_FEATURES && !texts)
        wn_phrase_say(out, "The features look like random noise. If they are "
                           "an embedding, check how it was made.");
    else if (known && quality->largest > collapsed_ratio)
        wn_phrase_say(out, "The features lie almost on one line. If they are "
                           "an embedding, check how it was made.");
    if (unlabelled)
        wn_phrase_say(out, "%zu %s no label.", unlabelled,
                      wn_plural(unlabelled, "row has", "rows have"));
    if (report->missing || report->invalid)
        wn_phrase_say(out, "%llu missing and %llu invalid cells%s.",
                      (unsigned long long)report->missing,
                      (unsigned long long)report->invalid,
                      columns ? "" : "; --columns shows in which columns");
    put_defects(report, out);
    put_cleaning_rules(report, out);
    put_spellings(report, out);
    if (columns)
        put_columns(report, out);
}

/* --- the models ---------------------------------------------------------- */

/* What the data chose for each model, and how neighbours were found. */
static void put_computation(const struct wn_model_quality *quality,
                            struct wn_text *out)
{
    const char *metric = quality->metric ? quality->metric : "unknown";
    struct wn_grid grid;

    wn_grid_start(&grid, "model|>settings chosen from the data");
    for (size_t p = 0; p < quality->members; p++)
        if (quality->member[p].chosen) {
            wn_grid_add_text(&grid, quality->member[p].name);
            wn_grid_add_text(&grid, quality->member[p].chosen);
        }
    if (grid.cells || quality->neighbors || !isnan(quality->epoch) ||
        quality->kernels)
        wn_text_format(out, "\nHow it was computed\n");
    if (grid.cells)
        wn_grid_print(&grid, out);
    wn_grid_free(&grid);
    if (quality->neighbors && (isnan(quality->cells) || isnan(quality->probe)))
        wn_phrase_say(out,
                      "Neighbours: the %zu nearest of each row by %s "
                      "distance, searched among all rows.",
                      quality->neighbors, metric);
    else if (quality->neighbors)
        wn_phrase_say(out,
                      "Neighbours: the %zu nearest of each row by %s "
                      "distance, searched in %.0f of %.0f cells; in a sample "
                      "this found %.1f %% of the true ones.",
                      quality->neighbors, metric, quality->probe,
                      quality->cells, 100 * quality->recall);
    if (!isnan(quality->epoch) && !isnan(quality->epochs))
        wn_phrase_say(out, "Networks: el2n and grand after epoch %.0f of %.0f.",
                      quality->epoch, quality->epochs);
    if (quality->kernels)
        wn_phrase_say(out, "OpenBLAS kernels: %s.", quality->kernels);
}

/* The balanced accuracy, the class that is worst predicted, and how uneven the
 * classes are: an accuracy alone hides a small class. Where some are never
 * predicted, which another sentence says, those are the worst. */
static void put_classes_predicted(const struct wn_report *report,
                                  struct wn_text *out)
{
    enum { UNEVEN = 10 };
    const struct wn_class_line *worst = NULL, *largest = NULL, *smallest = NULL;
    struct wn_text text = {0};
    size_t present = 0, unpredicted = 0;

    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        if (!line->rows)
            continue;
        present++;
        if (isnan(line->precision))
            unpredicted++;
        if (!worst || line->f1 < worst->f1)
            worst = line;
        if (!largest || line->rows > largest->rows)
            largest = line;
        if (!smallest || line->rows < smallest->rows)
            smallest = line;
    }
    if (isnan(report->balanced) || present < 2)
        return;
    wn_text_format(&text,
                   "Balanced accuracy, the mean share of each class that is "
                   "predicted as it is labelled: %.1f %% (guessing: %.1f %%).",
                   100 * report->balanced, 100 / (double)present);
    if (!unpredicted) {
        wn_text_format(&text, " Worst predicted is ");
        wn_phrase_data_short(&text,
                             wn_report_title(report, (int32_t)worst->class));
        wn_text_format(&text, ": recall %.0f %%, precision %.0f %%, F1 %.2f.",
                       100 * worst->recall, 100 * worst->precision, worst->f1);
    }
    wn_phrase_paragraph(out, wn_text_of(&text));
    if (largest->rows >= UNEVEN * smallest->rows) {
        text.length = 0;
        wn_text_format(&text, "The classes are uneven: ");
        wn_phrase_data_short(&text,
                             wn_report_title(report, (int32_t)largest->class));
        wn_text_format(&text, " has %zu rows, %.0f times as many as ",
                       largest->rows,
                       (double)largest->rows / (double)smallest->rows);
        wn_phrase_data_short(&text,
                             wn_report_title(report, (int32_t)smallest->class));
        wn_text_format(&text,
                       " (%zu). Models see little of a small class, and an "
                       "accuracy says little about it.",
                       smallest->rows);
        wn_phrase_paragraph(out, wn_text_of(&text));
    }
    wn_text_free(&text);
}

void wn_model_quality_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_model_quality *quality = &report->model_quality;
    struct wn_grid grid;

    wn_grid_start(
        &grid,
        "~model|#log-loss|#accuracy|#calibration error|#share of the vote");
    for (size_t p = 0; p < quality->members; p++) {
        const struct wn_member *member = &quality->member[p];

        wn_grid_add_text(&grid, member->name);
        wn_grid_real(&grid, "%.4f", member->log_loss);
        wn_grid_real(&grid, "%.1f %%", 100 * member->accuracy);
        wn_grid_real(&grid, "%.1f %%", 100 * member->calibration);
        wn_grid_real(&grid, "%.2f", member->weight);
    }
    wn_grid_print_under(
        "How well the given labels are predicted, out of sample", &grid, out);
    if (quality->members) {
        /* The accuracy beside that of always answering the largest class, and
         * the classes that no row is predicted as. */
        const struct wn_member *last = &quality->member[quality->members - 1];
        struct wn_text text = {0};
        size_t never = 0;

        if (!isnan(last->accuracy))
            wn_phrase_say(out, "%s with the labels in %.1f %% of the rows.",
                          strcmp(last->name, "committee") == 0
                              ? "The committee agrees"
                          : strcmp(last->name, "brought") == 0
                              ? "The probabilities that you gave agree"
                              : "The model agrees",
                          100 * last->accuracy);
        if (!isnan(report->majority))
            wn_phrase_say(
                out, "Always answering the largest class agrees in %.1f %%.",
                100 * report->majority);
        put_classes_predicted(report, out);
        for (size_t c = 0; report->predicted && c < report->data.k; c++) {
            const struct wn_class_line *line = &report->class_line[c];

            if (line->predicted || !line->rows || never++ >= WN_MAX_CLASSES)
                continue;
            wn_text_format(&text, "%s", never > 1 ? ", " : "");
            wn_phrase_data_short(&text,
                                 wn_report_title(report, (int32_t)line->class));
            wn_text_format(&text, " (%zu %s)", line->rows,
                           wn_plural(line->rows, "row", "rows"));
        }
        if (never > WN_MAX_CLASSES)
            wn_text_format(&text, " and %zu more", never - WN_MAX_CLASSES);
        if (never) {
            struct wn_text line = {0};

            wn_text_format(&line, "Never predicted, for any row: %s.",
                           text.bytes);
            wn_phrase_paragraph(out, line.bytes);
            wn_text_free(&line);
        }
        wn_text_free(&text);
        wn_phrase_say(out, "Calibration error: mean gap between a model's "
                           "confidence and its accuracy.");
    }
    if (report->verbose)
        put_computation(quality, out);
}
