/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every format for people says in the same words: the headline, how many
 * labels are wrong, and the commands to run next. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/source.h"
#include "check/decide.h"
#include "check/row_kind.h"
#include "page/markup.h"
#include "render/phrases.h"
#include "report/history.h"
#include "util/memory.h"

/* "digits.csv", "a.csv and 2 more". */
static void put_source(const struct wn_report *report, struct wn_text *out)
{
    wn_phrase_data(out, wn_report_source(report));
    if (report->data.files > 1)
        wn_text_format(out, " and %zu more", report->data.files - 1);
}

/* "digits.csv: 1797 rows, est. 5.1 % (4.2-6.1) wrong labels, 93 flagged". */
void wn_sentence_headline(const struct wn_report *report, struct wn_text *out)
{
    const double rate = 100 * report->rate, low = 100 * report->rate_low,
                 high = 100 * report->rate_high;
    const struct wn_nights *nights = report->history;
    char text[3][16];

    if (!report->data.n && nights) {
        wn_phrase_data(out, report->file);
        wn_text_format(
            out, ": %s%zu %s",
            nights->count && nights->night->number > 1 ? "the last " : "",
            nights->count, wn_plural(nights->count, "night", "nights"));
        return;
    }
    put_source(report, out);
    wn_text_format(out, ": %zu %s", report->data.n,
                   wn_plural(report->data.n, "row", "rows"));
    if (!report->flagged) {
        wn_text_format(out, ", %zu %s, not %s yet", report->data.k,
                       wn_plural(report->data.k, "class", "classes"),
                       report->scored ? "flagged" : "scored");
        return;
    }
    if (report->claim == WN_CLAIM_NOTHING) {
        wn_text_format(out, ", these features do not predict this label; how "
                            "many labels are wrong cannot be told");
    } else if (isnan(rate)) {
        /* Nothing was estimated. */
    } else if (report->claim == WN_CLAIM_OVERLAP) {
        if (report->label_bit)
            wn_text_format(out, ", %zu %s to look at; the classes overlap, so",
                           report->label_rows,
                           wn_plural(report->label_rows, "row", "rows"));
        else
            wn_text_format(out, ", the classes overlap, so");
        wn_text_format(out, " between %s and %s %% of the labels may be wrong",
                       wn_phrase_end(report->rate_low, text[0]),
                       wn_phrase_end(report->rate_high, text[1]));
    } else if (report->claim == WN_CLAIM_EXPECTED) {
        wn_text_format(out, ", expected %.3g %%", rate);
        if (low < high)
            wn_text_format(out, " (%.3g-%.3g)", low, high);
        wn_text_format(out, " wrong labels");
    } else {
        wn_text_format(out, ", est. %s %%",
                       wn_phrase_percent(report->rate, text[0]));
        if (!isnan(low) && !isnan(high))
            wn_text_format(out, " (%s-%s)",
                           wn_phrase_percent(report->rate_low, text[1]),
                           wn_phrase_percent(report->rate_high, text[2]));
        wn_text_format(out, " wrong labels");
    }
    if (report->against) {
        const size_t flags = wn_comparison_new(report->against);

        wn_text_format(out, ", %zu new %s, %zu gone", flags,
                       wn_plural(flags, "flag", "flags"),
                       wn_comparison_ended(report->against));
        return;
    }
    const size_t flagged =
        report->label_bit ? report->label_rows : report->flagged_rows;
    /* The claim of overlap begins with this number. */
    if (report->claim == WN_CLAIM_OVERLAP
            ? !report->label_bit
            : report->claim != WN_CLAIM_NOTHING || flagged)
        wn_text_format(out, ", %zu flagged", flagged);
}

void wn_sentence_subject(const struct wn_report *report, struct wn_text *out)
{
    const size_t count = report->against ? wn_comparison_new(report->against)
                         : report->label_bit ? report->label_rows
                                             : report->flagged_rows;
    const char *fresh = report->against ? "new " : "";
    char text[3][32];

    put_source(report, out);
    wn_count_text((double)report->data.n, text[0]);
    wn_count_text((double)count, text[1]);
    wn_text_format(out, ": %s %s, %s %s%s", text[0],
                   wn_plural(report->data.n, "row", "rows"), text[1], fresh,
                   wn_plural(count, "suspect", "suspects"));
    if (report->claim == WN_CLAIM_NOTHING)
        wn_text_format(out, ", the features do not predict the label");
    else if (report->claim == WN_CLAIM_OVERLAP)
        wn_text_format(out, ", %s-%s %% may be wrong",
                       wn_phrase_end(report->rate_low, text[0]),
                       wn_phrase_end(report->rate_high, text[1]));
    else if (!isnan(report->rate)) {
        wn_text_format(out, ", est. %s %%",
                       wn_phrase_percent(report->rate, text[0]));
        if (!isnan(report->rate_low) && !isnan(report->rate_high))
            wn_text_format(out, " (%s-%s)",
                           wn_phrase_percent(report->rate_low, text[1]),
                           wn_phrase_percent(report->rate_high, text[2]));
        wn_text_format(out, " wrong");
    }
}

/* What may be said of the labels as a whole, and what the flags mean then. */
void wn_sentence_rate(const struct wn_report *report, struct wn_text *out)
{
    const double labels = (double)report->labelled;
    const double low = 100 * report->rate_low, high = 100 * report->rate_high;
    const char *flagged = wn_plural(report->label_rows, "row is", "rows are");
    char interval[200] = "", text[3][16];

    if (report->claim == WN_CLAIM_NOTHING) {
        wn_text_format(
            out,
            "Models of these features predict the label no better "
            "than the shares of the classes alone do. So they cannot "
            "tell a wrong label from a right one: %s, and how many "
            "are wrong cannot be told.",
            report->label_rows ? "the flags say little"
                               : "no label is flagged");
        return;
    }
    if (isnan(report->rate)) {
        wn_text_format(out, "No estimate of wrong labels: it needs class "
                            "probabilities, which this audit does not have.");
        return;
    }
    if (report->claim == WN_CLAIM_OVERLAP) {
        wn_text_format(
            out,
            "The classes overlap: rows with much the same features "
            "have different labels. From features and labels alone, "
            "that looks like wrong labels, so between %.0f and %.0f "
            "of %zu labels (%s to %s %%) may be wrong. %zu %s "
            "flagged: a flag is a reason to look at the row. Relabel "
            "and drop are proposed for no more labels than are "
            "wrong at least. If you know which share is wrong, say "
            "so to flag with --expect=RATE.",
            report->rate_low * labels, report->rate_high * labels,
            report->labelled, wn_phrase_end(report->rate_low, text[0]),
            wn_phrase_end(report->rate_high, text[1]), report->label_rows,
            flagged);
        return;
    }
    if (report->claim == WN_CLAIM_EXPECTED) {
        if (low < high)
            snprintf(interval, sizeof interval, " (%.3g to %.3g %%)", low,
                     high);
        wn_text_format(
            out,
            "You expect %.3g %%%s of the labels to be wrong: about "
            "%zu of %zu. The data did not estimate this share; the "
            "suspicions are scaled to it. %zu %s flagged as suspect. "
            "Not every suspect label is wrong, and some wrong labels "
            "are not flagged.",
            100 * report->rate, interval, report->expected, report->labelled,
            report->label_rows, flagged);
        return;
    }
    if (!isnan(low) && !isnan(high))
        snprintf(interval, sizeof interval,
                 "; with 90 %% confidence between %.0f and %.0f (%s to %s %%)",
                 report->rate_low * labels, report->rate_high * labels,
                 wn_phrase_percent(report->rate_low, text[0]),
                 wn_phrase_percent(report->rate_high, text[1]));
    wn_text_format(out,
                   "About %zu of %zu labels (%s %%) are probably wrong%s. "
                   "%zu %s flagged as suspect. Not every suspect label is "
                   "wrong, and some wrong labels are not flagged.",
                   report->expected, report->labelled,
                   wn_phrase_percent(report->rate, text[2]), interval,
                   report->label_rows, flagged);
}

/* Errors that stand everywhere, against overlap: where the models are surest,
 * only the former are left. Or the classes do not overlap. */
void wn_sentence_depths(const struct wn_report *report, struct wn_text *out)
{
    char text[3][16], ends[2][16], even[64];

    if (!report->by_depth || isnan(report->even))
        return;
    wn_phrase_percent(report->even_low, ends[0]);
    wn_phrase_percent(report->even_high, ends[1]);
    if (report->claim == WN_CLAIM_OVERLAP)
        snprintf(even, sizeof even, "between %s and %s %%", ends[0], ends[1]);
    else
        snprintf(even, sizeof even, "%s %% (%s to %s)",
                 wn_phrase_percent(report->even, text[0]), ends[0], ends[1]);
    wn_text_format(
        out,
        "The label differs from the prediction in %s %% of the surest tenth of "
        "the rows, in %s %% of the surest half and in %s %% of all. So wrong "
        "labels that stand everywhere are %s; ",
        wn_phrase_percent(wn_report_mismatch(report, WN_DEPTHS / 10), text[0]),
        wn_phrase_percent(wn_report_mismatch(report, WN_DEPTHS / 2), text[1]),
        wn_phrase_percent(report->mismatch, text[2]), even);
    if (report->cluster_errors > 0)
        wn_text_format(
            out,
            "but the rows of each class lie in a cluster of their own, with "
            "few rows between, and %s %% of the labels (%s %% or more) "
            "contradict it. They count as wrong, wherever they stand.",
            wn_phrase_percent(report->cluster_errors, text[0]),
            wn_phrase_percent(report->cluster_low, text[1]));
    else
        wn_text_format(out, "the rest is overlap of the classes or errors that "
                            "follow the features, which look alike.");
}

/* Equal rows that are not one record entered twice. */
void wn_sentence_equal(const struct wn_report *report, struct wn_text *out)
{
    if (report->chance_rows > 0)
        wn_text_format(out,
                       "%.0f rows equal others no more often than chance "
                       "explains: they are not counted as duplicates.",
                       report->chance_rows);
    if (report->floor_rows > 0)
        wn_text_format(
            out,
            "%s%.0f equal rows have the most frequent value in every "
            "column, as where nothing was measured: they are not "
            "counted as duplicates.",
            out->length ? " " : "", report->floor_rows);
}

/* --- a row --------------------------------------------------------------- */

void wn_suspect_make(const struct wn_report *report, size_t i,
                     struct wn_suspect *suspect)
{
    const int32_t suggestion = report->suggestion[i];
    const bool rival =
        report->rival && suggestion < 0 && report->issue[i] & report->label_bit;
    const char *kind = wn_report_kind(report, i);
    struct wn_text *why = &suspect->why;

    *suspect =
        (struct wn_suspect){.action = report->action_name[report->action[i]]};
    wn_phrase_data_short(&suspect->given,
                         wn_report_class(report, report->data.label[i]));
    if (rival)
        wn_text_add(&suspect->suggested, "(", 1);
    wn_phrase_data_short(
        &suspect->suggested,
        wn_report_class(report, rival ? report->rival[i] : suggestion));
    if (rival)
        wn_text_add(&suspect->suggested, ")", 1);
    wn_phrase_suspicion(report, i, suspect->suspicion);
    wn_report_issues(report, i, ", ", why);
    if (report->reason && report->action[i])
        wn_text_format(why, "%s%s", why->length ? "; " : "",
                       wn_reason_words(report->reason_name[report->reason[i]]));
    if (kind && strcmp(kind, "clear") && strcmp(kind, "wrong") &&
        report->claim != WN_CLAIM_NOTHING)
        wn_text_format(why, "%s%s: %s", why->length ? "; " : "",
                       wn_row_kind_title(kind), wn_row_kind_words(kind));
}

void wn_suspect_free(struct wn_suspect *suspect)
{
    wn_text_free(&suspect->given);
    wn_text_free(&suspect->suggested);
    wn_text_free(&suspect->why);
}

/* --- warnings ------------------------------------------------------------ */

static void warn_of_columns(const struct wn_report *report,
                            struct wn_lines *list)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text text = {0};

    for (size_t c = 0; data->column_note && c < data->columns; c++) {
        if (strcmp(data->column_note[c], "predicts the label") != 0)
            continue;
        wn_phrase_data_short(&text, data->column_name[c]);
        wn_text_format(&text, " alone predicts the label");
        if (data->column_alone && !isnan(data->column_alone[c]))
            wn_text_format(&text, " (%.0f %%)", 100 * data->column_alone[c]);
        wn_text_format(&text, ". Is it a copy of the label? If so: --ignore=");
        wn_text_add_shell(&text, data->column_name[c],
                          strlen(data->column_name[c]));
        wn_lines_add(list, "%s", text.bytes);
        text.length = 0;
    }
    for (size_t i = 0; i < data->hints; i++) {
        text.length = 0;
        wn_phrase_data(&text, data->hint[i]);
        wn_lines_add(list, "%s", wn_text_of(&text));
    }
    wn_text_free(&text);
}

/* The rows of the check `name`, 0 if it did not run; *bit is its bit. */
static size_t rows_of_check(const struct wn_report *report, const char *name,
                            uint32_t *bit)
{
    for (size_t c = 0; c < report->checks && c < 32; c++)
        if (strcmp(report->check_name[c], name) == 0) {
            *bit = (uint32_t)1 << c;
            return report->check_rows[c];
        }
    *bit = 0;
    return 0;
}

bool wn_is_of_the_order(const struct wn_report *report, size_t i)
{
    uint32_t bit;

    return report->flagged &&
           rows_of_check(report, "order_dependence", &bit) > 0 &&
           report->issue[i] == bit;
}

static void warn_of_rows(const struct wn_report *report, struct wn_lines *list)
{
    static const double many = .05;
    const struct wn_dataset *data = &report->data;
    uint32_t bit;
    size_t i = 0;

    if (data->left_outs)
        wn_lines_add(list,
                     "%zu of %zu records of the source are not in this "
                     "audit: they are malformed, or have no label.",
                     data->left_outs, data->n + data->left_outs);
    if (!report->flagged)
        return;
    const size_t copies = rows_of_check(report, "duplicate", &bit);
    if ((double)copies >= many * (double)data->n && copies)
        wn_lines_add(list,
                     "%zu rows (%.0f %%) are exact copies of earlier rows. A "
                     "model that is tested on copies of its training rows "
                     "looks better than it is.",
                     copies, 100 * (double)copies / (double)data->n);
    const size_t conflicts = rows_of_check(report, "conflict", &bit);
    if (conflicts)
        wn_lines_add(list,
                     "%zu %s the same features as another row, and another "
                     "label.",
                     conflicts, wn_plural(conflicts, "row has", "rows have"));
    if (rows_of_check(report, "order_dependence", &bit)) {
        while (i < data->n && !(report->issue[i] & bit))
            i++;
        wn_lines_add(list,
                     "The file seems sorted or in batches (strongest around "
                     "row %zu). Shuffle it before you split it.",
                     i);
    }
}

struct wn_lines wn_warnings(const struct wn_report *report)
{
    struct wn_lines list = {0};
    size_t spellings;

    warn_of_columns(report, &list);
    warn_of_rows(report, &list);
    free(wn_spellings(report, &spellings));
    if (spellings)
        wn_lines_add(
            &list,
            "%zu class %s of another, with other capitals, blanks or "
            "accents.",
            spellings,
            wn_plural(spellings, "name is a spelling", "names are spellings"));
    return list;
}

/* --- commands ------------------------------------------------------------ */

struct command_list {
    const struct wn_report *report;
    struct wn_command *command;
    size_t count;
};

char *wn_sibling_command(const struct wn_report *report, const char *program,
                         const char *before, const char *after, const char *to)
{
    static const char own[] = "report";
    const char *called = report->program ? report->program : own;
    const char *file = report->file ? report->file : "FILE.h5";
    const char *found = NULL;
    struct wn_text word = {0}, line = {0};

    for (const char *at = called; (at = strstr(at, own)); at++)
        found = at;
    if (found)
        wn_text_add(&word, called, (size_t)(found - called));
    wn_text_format(&word, "%s%s", program, found ? found + strlen(own) : "");
    wn_text_add_shell(&line, word.bytes, word.length);
    wn_text_format(&line, "%s %s", before, *file == '-' ? "./" : "");
    wn_text_add_shell(&line, file, strlen(file));
    wn_text_format(&line, "%s%s", after, to ? " > " : "");
    if (to)
        wn_text_add_shell(&line, to, strlen(to));
    wn_text_free(&word);
    return line.bytes;
}

static void add_command(struct command_list *list, const char *program,
                        const char *before, const char *after, const char *to,
                        const char *purpose)
{
    list->command[list->count++] = (struct wn_command){
        purpose, wn_sibling_command(list->report, program, before, after, to)};
}

/* Whether a few verdicts would tell much that flag cannot: the classes overlap,
 * or the interval is wider than five points and than the estimate. */
static bool wants_review(const struct wn_report *report)
{
    const double width = report->rate_high - report->rate_low;

    return report->label_bit && report->decided.stratum &&
           !report->decided.count &&
           (report->claim == WN_CLAIM_OVERLAP ||
            (report->claim == WN_CLAIM_NOISE && width > 0.05 &&
             width > report->rate));
}

size_t wn_next_commands(const struct wn_report *report,
                        struct wn_command command[WN_COMMANDS])
{
    struct command_list list = {report, command, 0};
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    enum { MAX_LENGTH = 8 };
    const struct wn_dataset *data = &report->data;
    const char *suffix = "csv", *dot;
    char after[64], clean[64];
    size_t first = 0, length;

    if (!report->flagged) {
        if (!report->scored)
            add_command(&list, "score", " -i", "", NULL, "judge every label");
        add_command(&list, "flag", " -i", "", NULL, "decide which rows to see");
        return list.count;
    }
    if (!report->flagged_rows) {
        add_command(&list, "report", "", " --top=20", NULL,
                    "the most suspicious rows");
        return list.count;
    }
    if (wants_review(report)) {
        add_command(&list, "review", " --order=plan", "", NULL,
                    "40 labels to judge");
    } else if (report->action_rows[WN_KEEP] < data->n) {
        add_command(&list, "review", "", "", NULL, "decide row by row");
    }
    while (!report->issue[report->order[first]])
        first++;
    snprintf(after, sizeof after, " --explain=%lld",
             (long long)report->order[first]);
    add_command(&list, "report", "", after, NULL, "why, with its neighbours");
    add_command(&list, "report", "", " --top=flagged", NULL,
                "every row with findings");
    /* The suffix of the source, or of its form. */
    dot = data->source ? strrchr(data->source, '.') : NULL;
    length = dot ? strspn(dot + 1, plain) : 0;
    if (length && length <= MAX_LENGTH && !dot[1 + length])
        suffix = dot + 1;
    else if (data->form)
        suffix = strcmp(data->form, "hdf5") == 0 ? "h5" : data->form;
    snprintf(clean, sizeof clean, "clean.%s", suffix);
    add_command(&list, "prune", "",
                report->source_kept || wn_source_is_there(data, report->file)
                    ? ""
                    : " --source=FILE",
                clean, "the rows worth keeping");
    return list.count;
}

const char *wn_sentence_no_rows(const struct wn_report *report, size_t findings)
{
    const bool usual = report->rows == WN_ROWS_DEFAULT;

    return report->chosen             ? "No row is chosen."
           : usual && report->against ? "No flag is new."
           : !findings                ? "No check found anything."
           : usual ? "People decided about every row with a finding."
                   : "No row is listed.";
}
