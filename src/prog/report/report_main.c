/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report: show what an audit found, and why. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/exit_status.h"
#include "page/figure.h"
#include "prog/report/report_parts.h"
#include "render/grid.h"
#include "report/annotators.h"
#include "report/shown.h"
#include "report/slices.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

/* clang-format off */
static const struct wn_option own_rows[] = {
    {.topic = "What is shown",
     .name = "format",
     .kind = WN_CHOICE,
     .value = "FORM",
     .default_value = "text",
     .choices = wn_format_choices,
     .help = wn_format_help},
    {.topic = "Which rows",
     .name = "top",
     .kind = WN_TEXT,
     .value = "N",
     .help = "list the N most suspicious rows, all, flagged or ambiguous"},
    {.name = "sample",
     .kind = WN_WHOLE,
     .value = "N",
     .low = 1,
     .high = 0x1p31,
     .help = "list N of these rows, drawn at random"},
    {.topic = "What is said of a row",
     .name = "fields",
     .kind = WN_TEXT,
     .value = "FIELDS",
     .help = "say this of each row: rank,id,given,suspicion"},
    {.name = "with-source",
     .kind = WN_FLAG,
     .help = "write the source itself, with columns added, as csv or json"},
    {.name = "add",
     .kind = WN_TEXT,
     .value = "FIELDS",
     .help = "--with-source: these columns: suspicion,suggested"},
    {.topic = "What is shown",
     .name = "list-options",
     .kind = WN_FLAG,
     .help = "show the options that the audit was made with and stop"},
    {.topic = "What is said of a row",
     .name = "list-fields",
     .kind = WN_FLAG,
     .help = "show the names of the fields and stop"},
    {.topic = "Which rows",
     .name = "budget",
     .kind = WN_REAL,
     .value = "COST",
     .low = 0,
     .high = 1e15,
     .help = "list the labels whose review finds most for that cost"},
    {.name = "explain",
     .kind = WN_LIST,
     .value = "ROW",
     .help = "show everything about a row: 17, line:19 or id:TEXT"},
    {.topic = "Earlier audits",
     .name = "against",
     .kind = WN_TEXT,
     .value = "OLD",
     .help = "show what changed since the audit OLD"},
    {.name = "reference",
     .kind = WN_TEXT,
     .value = "FILE",
     .help = "show what drifted since that audit, not since OLD"},
    {.name = "min-rows",
     .kind = WN_WHOLE,
     .value = "N",
     .low = 0,
     .high = 0x1p53,
     .help = "let --fail-on pass where there are fewer than N rows"},
    {.name = "history",
     .kind = WN_TEXT,
     .value = "FILE",
     .help = "read the audits before this one, a line each"},
    {.name = "record",
     .kind = WN_TEXT,
     .value = "FILE",
     .help = "write the history there with this audit added"},
    {.name = "night",
     .kind = WN_TEXT,
     .value = "N@SECONDS",
     .help = "the number of this audit in it, and when it began"},
    {.name = "mail-subject",
     .kind = WN_FLAG,
     .help = "begin with a line for the subject of a mail"},
    {.name = "planted",
     .kind = WN_TEXT,
     .value = "BEFORE",
     .help = "count the errors of prune --plant found since the audit BEFORE"},
    {.topic = "Reviews",
     .name = "review-plan",
     .kind = WN_WHOLE,
     .value = "N",
     .low = 1,
     .high = 0x1p31,
     .help = "list N rows whose review says most, for flag --decisions"},
    {.name = "decisions-template",
     .kind = WN_FLAG,
     .help = "list the flagged rows in the form of flag --decisions"},
    {.name = "decisions-list",
     .kind = WN_FLAG,
     .help = "list what people decided, in the same form"},
    {.topic = "What is shown",
     .name = "figure",
     .kind = WN_TEXT,
     .value = "NAME",
     .help = "write one figure, as svg or tsv; help lists them"},
    {.name = "image",
     .kind = WN_TEXT,
     .value = "SHAPE",
     .help = "show rows of the page as pictures: 28x28, or 32x32x3 for colour"},
    {.name = "columns",
     .kind = WN_FLAG,
     .help = "show the columns of the source"},
    {.name = "slices",
     .kind = WN_TEXT,
     .value = "PATTERN",
     .help = "show where models are weak, by slices of these columns"},
    {.name = "clusters",
     .kind = WN_WHOLE,
     .value = "N",
     .low = 2,
     .high = 4096,
     .help = "the same by N clusters of the features"},
    {.name = "spreadsheet-safe",
     .kind = WN_FLAG,
     .help = "put ' before tsv, csv cells that look like a formula"},
    {0}};
/* clang-format on */

static const struct wn_option *const last_rows[] = {
    &wn_option_show,   &wn_option_no_values, &wn_option_source,
    &wn_option_color,  &wn_option_fail_on,   &wn_option_seed,
    &wn_option_output, &wn_option_force,     &wn_option_as,
    &wn_option_quiet,  &wn_option_verbose,   &wn_option_help,
    &wn_option_version};

/* wn_choice_options, own_rows and last_rows. */
enum { CAPACITY = 50 };
static struct wn_option rows[CAPACITY];

static const char *const tables[] = {"review-plan", "decisions-template",
                                     "decisions-list", "planted", NULL};

/* Which of the tables is asked for; NULL for none. */
static const char *which_table(const struct wn_options *options)
{
    for (size_t t = 0; tables[t]; t++)
        if (wn_option_given(options, tables[t]))
            return tables[t];
    return NULL;
}

/* The first option of each row excludes the others. */
enum { MOST = 20 };
static const char *const excluded[][MOST] = {
    {"explain", "reference", "figure", "against", "budget", "top", "columns",
     "history", "spreadsheet-safe", "list", "class", "where", "sample",
     "fields"},
    {"slices", "explain", "no-values", "columns", "with-source", "review-plan",
     "decisions-template", "decisions-list", "planted"},
    {"clusters", "explain", "no-values", "columns", "with-source",
     "review-plan", "decisions-template", "decisions-list", "planted"},
    {"figure", "explain", "against", "budget", "top", "columns", "list",
     "class", "where", "sample", "fields", "show", "image"},
    {"budget", "top"},
    {"review-plan", "decisions-template", "decisions-list", "planted", "figure",
     "format", "explain", "against", "budget", "top", "columns", "fail-on",
     "history", "min-rows", "fields", "list", "class", "where"},
    {"decisions-template", "decisions-list", "planted", "figure", "format",
     "explain", "against", "budget", "top", "columns", "fail-on", "history",
     "fields"},
    {"decisions-list", "planted", "figure", "format", "explain", "against",
     "budget", "top", "columns", "fail-on", "history", "fields", "list",
     "class", "where", "sample"},
    {"planted", "figure", "format", "explain", "against", "budget", "top",
     "columns", "fail-on", "history", "fields", "list", "class", "where",
     "sample"}};

/* Options that have no effect beside another one are errors. */
static int check_options(const struct wn_options *options,
                         const struct wn_format *format, struct wn_error *error)
{
    const char *const table = which_table(options);
    const bool lists = format->lists || wn_option_given(options, "figure");
    const bool page = format->report == wn_html_report;
    const bool sheet =
        format->report == wn_tsv_report || format->report == wn_csv_report;
    const struct {
        const char *option;
        bool goes; /* with the format */
    } formats[] = {{"top", lists},
                   {"budget", lists},
                   {"columns", lists},
                   {"list", lists},
                   {"class", lists},
                   {"where", lists},
                   {"sample", lists},
                   {"fields", lists && format->fields},
                   {"slices", lists},
                   {"clusters", lists},
                   {"explain", format->explain},
                   {"show", table || format->cells != WN_CELLS_NEVER},
                   {"columns", !page && format->report != wn_markdown_report},
                   {"mail-subject", format->report == wn_text_report}};

    for (size_t e = 0; e < sizeof excluded / sizeof *excluded; e++)
        for (size_t o = 1; o < MOST && excluded[e][o]; o++)
            if (wn_option_given(options, excluded[e][0]) &&
                wn_option_given(options, excluded[e][o]))
                return wn_fail(error, WN_EUSAGE,
                               "--%s and --%s exclude each other",
                               excluded[e][0], excluded[e][o]);
    for (size_t o = 0; o < sizeof formats / sizeof *formats; o++)
        if (wn_option_given(options, formats[o].option) && !formats[o].goes)
            return wn_fail(error, WN_EUSAGE,
                           "--%s does not go with --format=%s",
                           formats[o].option, format->name);
    if (wn_option_given(options, "show") && table)
        return wn_fail(error, WN_EUSAGE, "--show does not go with --%s", table);
    if (wn_option_given(options, "show") && wn_option_on(options, "no-values"))
        return wn_fail(error, WN_EUSAGE,
                       "--show and --no-values exclude each other");
    if (wn_option_given(options, "seed") &&
        !wn_option_given(options, "review-plan") &&
        !wn_option_given(options, "sample"))
        return wn_fail(error, WN_EUSAGE,
                       "--seed wants --review-plan or --sample too");
    if (wn_option_given(options, "image") &&
        (!page || wn_option_on(options, "no-values")))
        return wn_fail(error, WN_EUSAGE,
                       "--image applies to --format=html only, without "
                       "--no-values");
    if (wn_option_on(options, "spreadsheet-safe") && !sheet && !table)
        return wn_fail(error, WN_EUSAGE,
                       "--spreadsheet-safe applies to --format=tsv and csv "
                       "only");
    return 0;
}

/* A figure is one thing in one of two forms. */
static int check_figure(const struct wn_options *options,
                        const struct wn_format *format, struct wn_error *error)
{
    const char *name = wn_option_text(options, "figure");

    if (!name && !format->report)
        return wn_fail(error, WN_EUSAGE,
                       "--format=%s wants --figure=NAME; --figure=help lists "
                       "the names",
                       format->name);
    if (name && wn_option_given(options, "format") && format->report &&
        strcmp(format->name, "tsv"))
        return wn_fail(error, WN_EUSAGE,
                       "--figure: found --format=%s, wanted svg or tsv",
                       format->name);
    if (name && strcmp(name, "slices") &&
        (wn_option_given(options, "slices") ||
         wn_option_given(options, "clusters")))
        return wn_fail(error, WN_EUSAGE,
                       "--figure=%s does not show --slices or --clusters",
                       name);
    if (name && !wn_figure_find(name) && strcmp(name, "help"))
        return wn_fail(error, WN_EUSAGE,
                       "--figure: found '%s', which is none; --figure=help "
                       "lists the names",
                       name);
    return 0;
}

/* Which rows to list. */
static int read_options(const struct wn_options *options,
                        const struct wn_format *format,
                        struct wn_report *report, struct wn_error *error)
{
    /* Options that may ask for any field. */
    static const char *const wide[] = {
        "where",  "fields", "add",    "list-fields", "with-source",
        "budget", "figure", "slices", "clusters"};
    const char *top = wn_option_text(options, "top");
    const char *image = wn_option_text(options, "image");
    double value;

    if (check_options(options, format, error) ||
        report_night_check(options, format, error) ||
        check_figure(options, format, error) ||
        report_source_check(options, format, error) ||
        (image && wn_image_parse(image, &report->image, error)))
        return -1;
    /* Roles and probabilities take memory. */
    for (size_t o = 0; o < sizeof wide / sizeof *wide; o++)
        report->roles |= wn_option_given(options, wide[o]);
    report->roles |= format->report == wn_html_report;
    report->sample = (size_t)wn_option_number(options, "sample");
    report->seed = (uint64_t)wn_option_number(options, "seed");
    if (wn_option_given(options, "budget")) {
        report->rows = WN_ROWS_BUDGET;
        report->budget = wn_option_number(options, "budget");
    } else if (top && strcmp(top, "flagged") == 0) {
        report->rows = WN_ROWS_FLAGGED;
    } else if (top && strcmp(top, "ambiguous") == 0) {
        report->rows = WN_ROWS_AMBIGUOUS;
    } else if (top) {
        report->rows = WN_ROWS_FIRST;
        report->top = SIZE_MAX;
        if (strcmp(top, "all") == 0)
            return 0;
        if (!wn_number_parse(top, strlen(top), &value) || value < 0 ||
            value > 0x1p53 || value != (double)(uint64_t)value)
            return wn_fail(error, WN_EUSAGE,
                           "--top: found '%s', wanted a number of rows, all, "
                           "flagged or ambiguous",
                           top);
        report->top = (size_t)value;
    }
    return 0;
}

static int explain(const struct wn_run *run, const struct wn_format *format,
                   const struct wn_report *report, const struct wn_audit *audit,
                   struct wn_text *text, struct wn_error *error)
{
    size_t count, loaded = 0, row;
    const char *const *asked = wn_option_list(run->options, "explain", &count);
    struct wn_explanation *all = wn_new(count, sizeof *all);
    int status = 0;

    while (loaded < count && status == 0) {
        status = wn_explain_find_row(report, asked[loaded], &row, error);
        if (status == 0)
            status = wn_explain_load(&all[loaded], report, audit, row, error);
        loaded += status == 0;
    }
    if (status == 0)
        format->explain(report, all, count, text);
    for (size_t e = 0; e < loaded; e++)
        wn_explain_free(&all[e]);
    free(all);
    return status;
}

/* --planted. */
static int report_planted(const struct wn_run *run,
                          const struct wn_report *report, struct wn_text *text,
                          struct wn_error *error)
{
    struct wn_planted planted;

    if (wn_planted_count(report, wn_option_text(run->options, "planted"),
                         &planted, error))
        return -1;
    wn_text_format(
        text,
        "%zu of %zu labels changed, %zu of them flagged (recall "
        "%.2f)\n%zu other rows flagged that were not before "
        "(precision %.2f)\n",
        planted.planted, planted.rows, planted.found,
        planted.planted ? (double)planted.found / (double)planted.planted : NAN,
        planted.others,
        planted.found + planted.others
            ? (double)planted.found / (double)(planted.found + planted.others)
            : NAN);
    wn_text_format(text,
                   "estimated %.1f %% wrong (%.1f to %.1f); %.1f %% planted, "
                   "estimated %.1f %% before\n",
                   100 * report->rate, 100 * report->rate_low,
                   100 * report->rate_high,
                   100 * (double)planted.planted / (double)planted.rows,
                   100 * planted.before);
    return 0;
}

/* --review-plan, --decisions-template or --decisions-list. */
static int put_table(const struct wn_run *run, const struct wn_report *report,
                     struct wn_text *text, struct wn_error *error)
{
    const struct wn_options *options = run->options;
    const char *table = which_table(options);
    int64_t *chosen = NULL;
    size_t count = 0;

    if (!report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: nothing has been flagged yet; run flag", table);
    if (wn_option_given(options, "planted"))
        return report_planted(run, report, text, error);
    if (wn_option_given(options, "decisions-list")) {
        wn_decided_tsv(report, wn_run_clock(), text);
        return 0;
    }
    if (wn_option_given(options, "review-plan")) {
        const size_t wanted = (size_t)wn_option_number(options, "review-plan");

        if (!report->decided.stratum)
            return wn_fail(error, WN_EUSAGE,
                           "--review-plan: %s has no flag/stratum; run flag "
                           "again, on an audit with class probabilities",
                           report->file ? report->file : "the audit");
        chosen =
            wn_review_plan(report, wanted,
                           (uint64_t)wn_option_number(options, "seed"), &count);
        if (count < wanted)
            wn_log_note(run->log,
                        "--review-plan: only %zu labels are without "
                        "a verdict",
                        count);
        wn_decisions_tsv(report, chosen, count, true, text);
    } else {
        chosen = wn_report_rows(report, WN_ROWS_FIRST, SIZE_MAX, &count);
        wn_decisions_tsv(report, chosen, count, false, text);
    }
    free(chosen);
    return 0;
}

/* Load the audit and, for --against, the older one. */
static int load_report(const struct wn_run *run, const struct wn_audit *audit,
                       struct wn_report *report,
                       struct wn_annotators *annotators,
                       struct wn_comparison *against, struct wn_error *error)
{
    const char *old = wn_option_text(run->options, "against");

    report->program = run->name;
    report->file = wn_option_text(run->options, "as");
    if (!report->file)
        report->file = wn_run_input(run);
    report->columns = wn_option_on(run->options, "columns");
    report->verbose = wn_option_on(run->options, "verbose");
    report->subject = wn_option_on(run->options, "mail-subject");
    report->spreadsheet = wn_option_on(run->options, "spreadsheet-safe");
    report->roles |= wn_audit_has(audit, "data/annotator");
    if (wn_report_load(report, audit, error) ||
        wn_annotators_find(annotators, report, audit, error))
        return -1;
    report->annotators = annotators;
    if (report->rows == WN_ROWS_BUDGET && !report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--budget: nothing has been flagged yet; run flag");
    if (wn_option_given(run->options, "fail-on") && !report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: nothing has been flagged yet; run flag");
    if (old && wn_comparison_load(against, report, audit, old, error))
        return -1;
    report->against = old ? against : NULL;
    return 0;
}

/* How text looks, and where cells come from, if they are shown. */
static int prepare_look(const struct wn_run *run,
                        const struct wn_format *format,
                        struct wn_report *report, struct wn_comparison *against,
                        const struct wn_audit *audit, struct wn_error *error)
{
    /* Of a line, what other columns of the list of suspects need. */
    enum { OTHERS = 48, TITLE_MIN = 12, TITLE_MAX = 40 };
    const struct wn_options *options = run->options;
    const struct wn_shown_request request = {
        .where = wn_run_source(run),
        .pattern = wn_option_text(options, "show")};
    const bool explained = wn_option_given(options, "explain");
    const bool asked = request.pattern || explained;
    struct wn_report *const titled[] = {report, &against->old};
    size_t width;

    wn_width_set(wn_run_width(run));
    width = wn_width() > OTHERS ? (wn_width() - OTHERS) / 2 : 0;
    width = width < TITLE_MIN ? TITLE_MIN : width;
    for (size_t r = 0; r < (report->against ? 2 : 1); r++)
        titled[r]->class_title = wn_class_titles(
            titled[r]->data.label_name, titled[r]->data.k,
            width > TITLE_MAX ? TITLE_MAX : width, &titled[r]->title_prefix);
    if (wn_option_on(options, "no-values")) {
        wn_report_hide_values(report);
        wn_report_hide_values(&against->old);
        return 0;
    }
    if (which_table(options) || wn_option_given(options, "figure") ||
        (!explained &&
         (report->columns ||
          (wn_option_given(options, "fields") && !request.pattern) ||
          format->cells > (asked ? WN_CELLS_ASKED : WN_CELLS_SHOWN))))
        return 0;
    report->shown = wn_shown_open(report, audit, &request, error);
    return report->shown ? wn_shown_check_image(report, error) : -1;
}

/* --list, --class, --where and --fields. A template for decisions has rows
 * that are left to do; unless others are chosen, labels that look wrong. */
static int choose_rows(const struct wn_run *run, struct wn_report *report,
                       uint8_t **chosen, struct wn_row_fields *fields,
                       struct wn_error *error)
{
    const bool template = wn_option_on(run->options, "decisions-template");
    const char *list = wn_option_text(run->options, "fields");

    if (wn_choice_read(report, run->options, chosen, error) ||
        (list && wn_row_fields_add(fields, report, "fields", list, error)))
        return -1;
    const bool any = *chosen != NULL;
    if (template && !any)
        *chosen = wn_new(report->data.n, 1);
    for (size_t i = 0; *chosen && i < report->data.n; i++) {
        if (template)
            (*chosen)[i] =
                (any ? (*chosen)[i] : wn_report_is_flagged(report, i)) &&
                !(report->decided.of && report->decided.of[i]);
        report->chosen_rows += (*chosen)[i];
    }
    report->chosen = *chosen;
    report->fields = list ? fields : NULL;
    return 0;
}

/* --slices and --clusters. */
static int find_slices(const struct wn_run *run, struct wn_report *report,
                       const struct wn_audit *audit, struct wn_slices *slices,
                       struct wn_error *error)
{
    const struct wn_options *options = run->options;
    const struct wn_slices_request request = {
        .where = wn_run_source(run),
        .pattern = wn_option_text(options, "slices"),
        .clusters = (size_t)wn_option_number(options, "clusters"),
        .log = run->log};

    if (!request.pattern && !request.clusters)
        return 0;
    if (wn_slices_find(slices, report, audit, &request, error))
        return -1;
    report->slices = slices;
    return 0;
}

/* Where a long list goes piece by piece. */
struct draining {
    const struct wn_format *format;
    struct wn_error *error;
    int status;
};

static void drain(void *context, struct wn_text *out)
{
    struct draining *draining = context;

    if (!draining->format->escapes)
        wn_text_make_lines_visible(out);
    if (draining->status == 0)
        draining->status = wn_write_all(STDOUT_FILENO, out->bytes, out->length,
                                        "standard output", draining->error);
    out->length = 0;
}

/* What the options ask for, as text; nothing with --with-source, which
 * report_source_write() writes. */
static int make_text(const struct wn_run *run, const struct wn_format *format,
                     struct wn_report *report, struct wn_audit *audit,
                     struct wn_text *text, struct wn_error *error)
{
    const char *figure = wn_option_text(run->options, "figure");
    struct draining draining = {.format = format, .error = error};
    int status = 0;

    if (!wn_run_output(run)) {
        report->drain = drain;
        report->drain_context = &draining;
    }
    if (wn_option_on(run->options, "list-options"))
        wn_origin_list(report, text);
    else if (wn_option_on(run->options, "list-fields"))
        wn_row_fields_list(report, text);
    else if (which_table(run->options))
        status = put_table(run, report, text, error);
    else if (figure)
        status = wn_figure_print(report, wn_figure_find(figure),
                                 format->report == wn_tsv_report, text, error);
    else if (wn_option_given(run->options, "explain"))
        status = explain(run, format, report, audit, text, error);
    else if (!wn_option_on(run->options, "with-source"))
        format->report(report, text);
    /* Formats escape what they quote; this holds where one forgets. */
    if (!format->escapes)
        wn_text_make_lines_visible(text);
    if (format->report == wn_text_report && !which_table(run->options) &&
        wn_run_color(run))
        wn_text_color(text);
    report->drain = NULL;
    report->drain_context = NULL;
    return status ? status : draining.status;
}

/* 1 if the findings reach --fail-on, 0 if not, -1 on failure. */
static int report_main_work(struct wn_run *run, struct wn_error *error)
{
    const struct wn_format *format =
        &wn_formats[wn_option_choice(run->options, "format")];
    struct wn_report report = {0};
    struct wn_comparison against = {0};
    struct wn_drift drift = {0};
    struct wn_nights history = {0};
    struct wn_trend trend = {0};
    struct wn_annotators annotators = {0};
    struct wn_slices slices = {0};
    struct wn_row_fields fields = {0};
    struct wn_audit *audit = NULL;
    struct wn_text text = {0};
    uint8_t *chosen = NULL;
    int findings = 0, status = -1;

    if (read_options(run->options, format, &report, error))
        return -1;
    const char *figure = wn_option_text(run->options, "figure");
    if (figure && strcmp(figure, "help") == 0) {
        wn_figure_list(&text);
        status = wn_run_print(run, &text, error);
        goto done;
    }
    if (!report_night_alone(run->options)) {
        audit = wn_run_open(run, WN_DATA, error);
        if (!audit ||
            load_report(run, audit, &report, &annotators, &against, error) ||
            report_drift_load(run, audit, &report, &drift, error))
            goto done;
    }
    if (report_night_load(run, &report, wn_run_clock(), &history, &trend,
                          error) ||
        (audit && (prepare_look(run, format, &report, &against, audit, error) ||
                   choose_rows(run, &report, &chosen, &fields, error) ||
                   find_slices(run, &report, audit, &slices, error))))
        goto done;
    if (wn_option_given(run->options, "fail-on"))
        findings = report_find_reached(run, &report, error);
    if (findings < 0)
        goto done;
    if (make_text(run, format, &report, audit, &text, error) ||
        report_night_record(run, &history, error))
        goto done;
    if (wn_option_on(run->options, "with-source")
            ? report_source_write(run, &report, audit, error) == 0
            : wn_run_print(run, &text, error) == 0)
        status = findings;
done:
    wn_nights_free(&history);
    wn_drift_free(&drift);
    wn_annotators_free(&annotators);
    wn_slices_free(&slices);
    wn_row_fields_free(&fields);
    free(chosen);
    wn_text_free(&text);
    wn_shown_close(report.shown);
    wn_comparison_free(&against);
    wn_report_free(&report);
    wn_audit_close(audit);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Show what an audit found, and why.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .max_operands = 1};

    wn_option_add_rows(rows, CAPACITY, wn_choice_options);
    wn_option_add_rows(rows, CAPACITY, own_rows);
    for (size_t r = 0; r < sizeof last_rows / sizeof *last_rows; r++)
        wn_option_add(rows, CAPACITY, last_rows[r]);
    return wn_program_main(&program, argc, argv, report_main_work);
}
