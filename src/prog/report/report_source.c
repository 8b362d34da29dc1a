/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report --with-source: the records of the audited file, byte for byte, with
 * what the audit says of each behind it. */
#include <stdlib.h>
#include <string.h>

#include "audit/source.h"
#include "prog/report/report_parts.h"
#include "util/file.h"

static const char usual[] =
    "rank,suspicion,issues,action,reason,suggested,p_suggested,kind";

int report_source_check(const struct wn_options *options,
                        const struct wn_format *format, struct wn_error *error)
{
    static const char *const excluded[] = {
        "fields", "columns",   "explain",         "figure",
        "show",   "no-values", "spreadsheet-safe"};

    if (!wn_option_on(options, "with-source"))
        return wn_option_given(options, "add")
                   ? wn_fail(error, WN_EUSAGE, "--add wants --with-source too")
                   : 0;
    if (format->report != wn_csv_report && format->report != wn_json_report)
        return wn_fail(error, WN_EUSAGE,
                       "--with-source wants --format=csv, or json for JSON "
                       "Lines");
    for (size_t o = 0; o < sizeof excluded / sizeof *excluded; o++)
        if (wn_option_given(options, excluded[o]))
            return wn_fail(error, WN_EUSAGE,
                           "--with-source and --%s exclude each other",
                           excluded[o]);
    return 0;
}

/* All records in their order, those that ingest left out, too. */
static int copy_all(const struct wn_report *report,
                    const struct wn_row_fields *fields,
                    struct wn_source *source, struct wn_sink *sink,
                    struct wn_error *error)
{
    const size_t n = report->data.n;
    struct wn_text cells = {0}, empty = {0};
    int status = 0;

    wn_row_fields_empty(fields, report, &empty);
    for (size_t i = 0; i < n && status == 0; i++) {
        cells.length = 0;
        wn_row_fields_cells(fields, report, i, &cells);
        status = wn_source_copy_left_out(source, i, &empty, sink, error) ||
                         wn_source_copy_changed(source, i, NULL, 0, &cells,
                                                sink, error)
                     ? -1
                     : 0;
    }
    if (status == 0)
        status = wn_source_copy_left_out(source, n, &empty, sink, error);
    wn_text_free(&cells);
    wn_text_free(&empty);
    return status;
}

/* Chosen rows, in the order of the report. */
static int copy_listed(const struct wn_report *report,
                       const struct wn_row_fields *fields,
                       struct wn_source *source, struct wn_sink *sink,
                       struct wn_error *error)
{
    struct wn_text cells = {0};
    size_t count;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FIRST, SIZE_MAX, &count);
    int status = 0;

    for (size_t r = 0; r < count && status == 0; r++) {
        cells.length = 0;
        wn_row_fields_cells(fields, report, (size_t)rows[r], &cells);
        status = wn_source_copy_changed(source, (size_t)rows[r], NULL, 0,
                                        &cells, sink, error);
    }
    wn_text_free(&cells);
    free(rows);
    return status;
}

/* Copy into an output that is open. */
static int fill(const struct wn_report *report,
                const struct wn_row_fields *fields, struct wn_source *source,
                struct wn_output *output, struct wn_error *error)
{
    const bool all = report->rows == WN_ROWS_DEFAULT && !report->chosen &&
                     !report->sample && !report->against;
    struct wn_sink *sink =
        wn_sink_new(wn_output_descriptor(output), wn_output_name(output));
    struct wn_text head = {0};
    int status;

    wn_row_fields_head(fields, report, &head);
    status = wn_source_copy_head(source, &head, sink, error);
    if (status == 0)
        status =
            (all ? copy_all : copy_listed)(report, fields, source, sink, error);
    if (status == 0)
        status = wn_sink_flush(sink, error);
    if (status == 0)
        status = wn_source_check(source, error);
    wn_text_free(&head);
    wn_sink_free(sink);
    return status;
}

int report_source_write(const struct wn_run *run,
                        const struct wn_report *report,
                        const struct wn_audit *audit, struct wn_error *error)
{
    const struct wn_options *options = run->options;
    const char *list = wn_option_text(options, "add");
    const char *form = report->data.form;
    struct wn_row_fields fields = {0};
    struct wn_source *source = NULL;
    struct wn_output *output = NULL;
    int status = -1;

    if (form && strcmp(form, "jsonl"))
        return wn_fail(error, WN_EUSAGE,
                       "--with-source wants an audit of CSV or JSON Lines; "
                       "this one is of form %s: join the table of "
                       "--format=csv --fields=record,suspicion by the place "
                       "in the source",
                       form);
    if (strcmp(wn_option_text(options, "format"), form ? "json" : "csv"))
        return wn_fail(error, WN_EUSAGE,
                       "--with-source writes the form of the source, wanted "
                       "--format=%s",
                       form ? "json" : "csv");
    if (!list && !report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--with-source: nothing has been flagged yet; run flag, "
                       "or --add columns");
    if (list && wn_row_fields_add(&fields, report, "add", list, error))
        goto done;
    if (!list)
        wn_row_fields_usual(&fields, report, usual);
    const struct wn_source_where where = wn_run_source(run);
    source =
        wn_source_open(&report->data, audit, &where, WN_SOURCE_WHOLE, error);
    if (!source)
        goto done;
    output = wn_output_open(wn_option_text(options, "output"),
                            wn_option_on(options, "force"), error);
    if (output && fill(report, &fields, source, output, error) == 0) {
        status = wn_output_commit(output, error);
        output = NULL;
    }
done:
    wn_output_abandon(output);
    wn_source_close(source);
    wn_row_fields_free(&fields);
    return status;
}
