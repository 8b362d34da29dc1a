/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: records that are left out are noted, counted and written to a file.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog/ingest/ingest.h"
#include "util/memory.h"
#include "util/number.h"

static void take_reject(void *context, enum wn_csv_break broken,
                        const char *text)
{
    struct rejects *rejects = context;
    struct wn_log *log = rejects->run->log;

    if (!rejects->first)
        rejects->first = wn_copy_text(text, strlen(text));
    if (rejects->count[broken]++ < WN_INGEST_NOTES)
        wn_log_note(log, "%s", text);
    else
        wn_log_verbose(log, "%s", text);
}

/* Refuse the file if more records were left out than --max-rejects. */
static int check_limit(const struct rejects *rejects, const struct wn_csv *csv,
                       size_t kept, struct wn_error *error)
{
    const char *most = wn_option_text(rejects->run->options, "max-rejects");
    uint64_t total = 0;

    for (int b = 0; b < WN_BREAKS; b++)
        total += rejects->count[b];
    const double all = (double)(kept + total);
    if (!most || total == 0 ||
        (double)total <=
            (rejects->percent ? rejects->limit / 100 * all : rejects->limit))
        return 0;
    return wn_fail(error, WN_EDATA,
                   "%s: found %llu of %.0f records to leave out (%.3g %%), "
                   "wanted at most %s (--max-rejects); the first: %s",
                   csv->name, (unsigned long long)total, all,
                   100 * (double)total / all, most, rejects->first);
}

int ingest_rejects_begin(struct rejects *rejects, const struct wn_run *run,
                         struct wn_csv_form *form, struct wn_error *error)
{
    const struct wn_options *options = run->options;
    const char *path = wn_option_text(options, "rejects");
    const char *output = wn_option_text(options, "output");
    const char *input = wn_run_input(run);
    struct stat one, two;
    const char *most = wn_option_text(options, "max-rejects");
    const size_t length = most ? strlen(most) : 0;

    rejects->run = run;
    if (!wn_option_on(options, "lenient"))
        return path || most
                   ? wn_fail(error, WN_EUSAGE, "--%s: wanted --lenient with it",
                             path ? "rejects" : "max-rejects")
                   : 0;
    /* "20" or "1%" */
    rejects->percent = length && most[length - 1] == '%';
    if (most &&
        (!wn_number_parse(most, length - rejects->percent, &rejects->limit) ||
         rejects->limit < 0 ||
         (!rejects->percent && rejects->limit != floor(rejects->limit))))
        return wn_fail(error, WN_EUSAGE,
                       "--max-rejects: found '%.80s', wanted a number of "
                       "records or a share, as in 1%%",
                       most);
    form->reject = take_reject;
    form->context = rejects;
    if (!path)
        return 0;
    const bool standard = strcmp(path, "-") == 0;
    if (strcmp(path, output ? output : "-") == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--rejects: %s is where the audit file goes",
                       standard ? "standard output" : path);
    /* --force must not replace the input by its rejects. */
    if (!standard && stat(path, &one) == 0 &&
        (input ? stat(input, &two) : fstat(STDIN_FILENO, &two)) == 0 &&
        one.st_dev == two.st_dev && one.st_ino == two.st_ino)
        return wn_fail(error, WN_EUSAGE, "--rejects: %s is the input", path);
    rejects->output =
        wn_output_open(path, wn_option_on(options, "force"), error);
    return rejects->output ? 0 : -1;
}

int ingest_rejects_leave_out(struct ingest *ingest, struct wn_error *error)
{
    const struct wn_options *options = ingest->run->options;
    const bool lenient = wn_option_on(options, "lenient");
    const struct wn_table *table = &ingest->table;
    struct wn_csv *csv = ingest->csv;
    const size_t n = csv->rows;
    size_t kept = n;

    if (!lenient && strcmp(wn_option_text(options, "missing-label"), "drop"))
        return 0;
    uint8_t *out = wn_new(n, 1);
    int status = wn_prescan(table, out, lenient ? take_reject : NULL,
                            &ingest->rejects, error);
    for (size_t row = 0; row < n && status == 0; row++)
        kept -= out[row];
    if (status == 0 && kept == 0)
        status =
            wn_fail(error, WN_EDATA,
                    "%s: column %.120s: found no label in any row, wanted one "
                    "in some rows",
                    csv->name, csv->column[table->label_column]);
    if (status == 0 && kept < n)
        wn_csv_leave_out(csv, out);
    if (status == 0)
        status = check_limit(&ingest->rejects, csv, kept, error);
    free(out);
    return status;
}

int ingest_rejects_finish(struct rejects *rejects, const struct wn_csv *csv,
                          struct wn_error *error)
{
    struct wn_output *output = rejects->output;
    struct wn_text text = {0};

    /* "f.csv: rejected: 7 wrong number of fields, 1 NUL byte" */
    for (int b = 0; b < WN_BREAKS; b++)
        if (rejects->count[b])
            wn_text_format(&text, "%s %llu %s", text.length ? "," : "",
                           (unsigned long long)rejects->count[b],
                           wn_csv_break_names[b]);
    if (text.length)
        wn_log_note(rejects->run->log, "%s: rejected:%s", csv->name,
                    text.bytes);
    wn_text_free(&text);
    if (!output)
        return 0;
    if (wn_csv_write_left_out(csv, wn_output_descriptor(output),
                              wn_output_name(output), error))
        return -1;
    rejects->output = NULL;
    return wn_output_commit(output, error);
}

void ingest_rejects_abandon(struct rejects *rejects)
{
    wn_output_abandon(rejects->output);
    rejects->output = NULL;
    free(rejects->first);
    rejects->first = NULL;
}
