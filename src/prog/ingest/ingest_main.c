/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest(1): a CSV file into the stage /data of an audit file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/rescale.h"
#include "linalg/svd.h"
#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

/* clang-format off */
static const struct wn_option first_rows[] = {
    {.name = "label", .letter = 'l', .kind = WN_TEXT, .value = "COLUMN",
     .recorded = true, .help = "the column that holds the label (required)"},
    {.name = "id", .kind = WN_TEXT, .value = "COLUMN", .recorded = true,
     .help = "the column that names the rows; no feature"},
    {.name = "probability", .kind = WN_TEXT, .value = "PATTERN",
     .recorded = true,
     .help = "columns with the probability of the class that the pattern's "
             "group names, as p_(.*)"},
    {.name = "from", .kind = WN_CHOICE, .value = "FORM",
     .standard = "auto", .choices = "auto|csv|hdf5|npy|libsvm",
     .recorded = true,
     .help = "what the input is; see winnow-arrays(5)"},
    {.name = "features", .kind = WN_TEXT, .value = "ARRAY",
     .help = "of HDF5 and .npy: rows x features"},
    {.name = "label-names", .kind = WN_TEXT, .value = "ARRAY",
     .help = "of HDF5 and .npy: class names, which the labels index"},
    {.name = "scale", .kind = WN_CHOICE, .value = "HOW",
     .standard = "auto", .choices = wn_rescale_choices, .recorded = true,
     .help = "bring the features of arrays to one scale"},
    {.name = "link", .kind = WN_FLAG, .recorded = true,
     .help = "leave the features in the HDF5 file; they must not change"},
    {.name = "features-b", .kind = WN_TEXT, .value = "PATTERN",
     .recorded = true,
     .help = "columns, or an array, that are a second block of features, which "
             "should agree with the first"},
    {.name = "dynamics", .kind = WN_TEXT, .value = "ARRAY",
     .help = "epochs x rows x classes that your own network gave"},
    {.name = "ignore", .kind = WN_LIST, .value = "PATTERN", .recorded = true,
     .help = "leave out columns whose whole name matches; repeatable"},
    {.name = "kind", .kind = WN_LIST, .value = "PATTERN:KIND",
     .recorded = true,
     .help = "columns whose whole name matches are numeric, boolean, date, "
             "categorical, text, identifier or ignore; the last match counts"},
    {.name = "rules", .kind = WN_TEXT, .value = "FILE",
     .help = "apply the cleaning rules in FILE, see winnow-rules(5)"},
    {.name = "no-keep-source", .kind = WN_FLAG,
     .help = "do not keep the bytes of a pipe, which prune wants"},
    {.name = "no-header", .kind = WN_FLAG, .recorded = true,
     .help = "the first record is a row; columns are called c1, c2, ..."},
    {.name = "na", .kind = WN_LIST, .value = "TOKEN", .recorded = true,
     .help = "cells that are TOKEN are missing, as empty ones are; repeatable"},
    {.name = "missing-label", .kind = WN_CHOICE, .value = "HOW",
     .standard = "reject", .choices = "reject|drop", .recorded = true,
     .help = "rows without a label: refuse the file, or leave them out"},
    {.name = "classes", .kind = WN_TEXT, .value = "FILE", .recorded = true,
     .help = "FILE has the classes there may be, one a line"},
    {.name = "one-hot", .kind = WN_WHOLE, .value = "N", .standard = "64",
     .low = 2, .high = 65535, .recorded = true,
     .help = "one-hot encode columns of up to N values, hash larger ones"},
    {.name = "text-dims", .kind = WN_WHOLE, .value = "N", .standard = "128",
     .low = 1, .high = 4096, .recorded = true,
     .help = "give a text column N features"},
    {.name = "text-grams", .kind = WN_CHOICE, .value = "WHAT",
     .standard = "words", .choices = "words|chars|both", .recorded = true,
     .help = "terms of texts: words and pairs, parts of words (chars), both"},
    {.name = "delimiter", .letter = 'd', .kind = WN_TEXT, .value = "C",
     .standard = ",", .recorded = true,
     .help = "the byte between fields, or tab"},
    {.name = "sniff", .kind = WN_FLAG,
     .help = "find out the delimiter and whether there is a header; without "
             "--label, print them and stop"},
    {.name = "lenient", .kind = WN_FLAG, .recorded = true,
     .help = "leave out records that are malformed, and say so"},
    {.name = "rejects", .kind = WN_TEXT, .value = "FILE",
     .help = "write what --lenient leaves out to FILE, byte for byte"},
    {.name = "max-field", .kind = WN_SIZE, .value = "SIZE",
     .standard = "16M", .low = 1, .high = 2147483647,
     .recorded = true,
     .help = "refuse a field of more bytes"},
    {.name = "max-columns", .kind = WN_WHOLE, .value = "N",
     .standard = "65535", .low = 1, .high = 1048576,
     .recorded = true,
     .help = "refuse a table of more columns"},
    {.name = "max-record", .kind = WN_SIZE, .value = "SIZE",
     .standard = "1G", .low = 1, .high = 2147483647,
     .recorded = true,
     .help = "refuse a record of more bytes"},
    {0}};
/* clang-format on */

static const struct wn_option *const last_rows[] = {
    &wn_option_output, &wn_option_force,  &wn_option_threads,
    &wn_option_memory, &wn_option_quiet,  &wn_option_verbose,
    &wn_option_help,   &wn_option_version};

/* The option table: ours, the shared ones. */
enum { ROOM = 64 };
static struct wn_option rows[ROOM];

static void ingest_main_make_rows(void)
{
    wn_option_add_rows(rows, ROOM, first_rows);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        const struct wn_option row = {.name = wn_role_kinds[r].name,
                                      .kind = WN_TEXT,
                                      .value = "COLUMN",
                                      .recorded = true,
                                      .help = wn_role_kinds[r].help};

        wn_option_add(rows, ROOM, &row);
    }
    for (size_t s = 0; s < sizeof last_rows / sizeof *last_rows; s++)
        wn_option_add(rows, ROOM, last_rows[s]);
}

static int parse_delimiter(const struct wn_run *run, char *delimiter,
                           struct wn_error *error)
{
    const char *text = wn_option_text(run->options, "delimiter");

    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1 || strchr("\"\r\n", *text))
        return wn_fail(error, WN_EUSAGE,
                       "--delimiter: found '%s', wanted one byte that is no "
                       "quote or line end, or tab",
                       text);
    *delimiter = *text;
    return 0;
}

/* Of what the columns with a role hold, a row. */
static double role_bytes(const struct wn_run *run)
{
    double bytes = 0;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (wn_option_given(run->options, wn_role_kinds[r].name))
            bytes += sizeof(int32_t);
    return bytes;
}

static enum wn_grams choose_grams(const struct wn_run *run)
{
    const char *text = wn_option_text(run->options, "text-grams");

    return strcmp(text, "chars") == 0  ? WN_GRAMS_CHARS
           : strcmp(text, "both") == 0 ? WN_GRAMS_BOTH
                                       : WN_GRAMS_WORDS;
}

/* Refuse at once what would need more than --memory: the index of the records,
 * two words for each cell of the survey's sample, and each thread's blocks. */
static int ingest_main_check_memory(const struct wn_run *run,
                                    const struct wn_csv *csv,
                                    struct wn_error *error)
{
    const double n = (double)wn_csv_rows(csv);
    const double columns = (double)wn_csv_columns(csv);
    const double most_sampled =
        columns * fmin(n, (double)wn_sample_rows(wn_csv_columns(csv)));
    char what[100];

    snprintf(what, sizeof what, "%.0f rows of %.0f columns", n, columns);
    return wn_run_check_memory(run,
                               40 * n + role_bytes(run) * n +
                                   16 * most_sampled + 8e6 * run->threads +
                                   16e6,
                               what, error);
}

static int write_audit(struct gathered *gathered, struct rejects *rejects,
                       struct wn_error *error)
{
    struct wn_audit_writer *writer;

    if (ingest_write(gathered, error) ||
        wn_csv_unchanged(gathered->table->csv, error) ||
        ingest_reject_end(rejects, gathered->table->csv, error) ||
        ingest_tell(gathered))
        return -1;
    writer = gathered->writer;
    gathered->writer = NULL;
    if (wn_audit_finish(writer, error))
        return -1;
    ingest_tell_rows(gathered);
    return 0;
}

/* How the file is to be read. */
static int make_form(const struct wn_run *run, struct wn_csv_form *form,
                     struct wn_error *error)
{
    const struct wn_options *options = run->options;

    *form = wn_csv_default_form;
    form->no_header = wn_option_on(options, "no-header");
    form->sniff = wn_option_on(options, "sniff");
    form->label = wn_option_text(options, "label");
    if (form->sniff && wn_option_given(options, "delimiter"))
        return wn_fail(error, WN_EUSAGE,
                       "--sniff and --delimiter exclude each other");
    form->max_field = (size_t)wn_option_number(options, "max-field");
    form->max_columns = (size_t)wn_option_number(options, "max-columns");
    form->max_record = (size_t)wn_option_number(options, "max-record");
    form->threads = run->threads;
    if (wn_option_given(options, "memory"))
        form->memory = (uint64_t)wn_option_number(options, "memory");
    return parse_delimiter(run, &form->delimiter, error);
}

/* --sniff without --label. */
static int print_sniffed(const struct wn_run *run, struct wn_csv_form *form,
                         struct wn_error *error)
{
    struct wn_text text = {0};
    size_t columns;
    int status = -1;

    if (wn_csv_sniff(wn_run_input(run), form, &columns, error))
        return -1;
    wn_csv_form_options(form, &text);
    wn_text_format(&text, "\n");
    if (wn_write_all(STDOUT_FILENO, text.bytes, text.length, "standard output",
                     error))
        goto done;
    wn_log_note(run->talk, "%s: %zu columns, %s header",
                wn_input_name(wn_run_input(run)), columns,
                form->no_header ? "no" : "and a");
    status = 0;
done:
    wn_text_free(&text);
    return status;
}

/* Say what was sniffed, and let it be recorded as if it had been said. */
static int settle_sniffed(struct wn_run *run, const struct wn_csv *csv)
{
    const struct wn_csv_form *form = wn_csv_form(csv);
    static char delimiter[2];
    struct wn_text text = {0};

    if (!form->sniff)
        return 0;
    delimiter[0] = form->delimiter;
    if (wn_option_set(run->options, "delimiter",
                         form->delimiter == '\t' ? "tab" : delimiter) ||
        (form->no_header &&
         wn_option_set(run->options, "no-header", NULL))) {
        wn_text_free(&text);
        return -1;
    }
    wn_csv_form_options(form, &text);
    wn_log_note(run->talk, "%s: found %s", wn_csv_name(csv), text.bytes);
    wn_text_free(&text);
    return 0;
}

static int read_beside(struct gathered *gathered, struct wn_error *error)
{
    gathered->beside =
        (struct beside){.run = gathered->run,
                        .columns = gathered->table->second_block > 0,
                        .rows = wn_csv_rows(gathered->table->csv)};
    return ingest_beside_read(&gathered->beside, error);
}

const struct wn_option *ingest_option_rows(void)
{
    return rows;
}

/* Rules first: they may give a row its label. What is left out then takes no
 * part in them. */
static int clean_rows(struct gathered *gathered, struct rejects *rejects,
                      struct wn_csv *csv, struct wn_error *error)
{
    const size_t before = wn_csv_rows(csv);

    if (ingest_clean(gathered, csv, error) ||
        ingest_reject_rows(rejects, csv, gathered->table, error))
        return -1;
    return wn_csv_rows(csv) < before ? ingest_clean(gathered, csv, error) : 0;
}

int ingest_csv(struct wn_run *run, struct wn_error *error)
{
    struct wn_csv_form form;
    struct wn_table table = {.threads = run->threads, .log = run->talk};
    struct gathered gathered = {.run = run, .table = &table};
    struct rejects rejects = {0};
    struct wn_csv *csv = NULL;
    int status = -1;

    if (!wn_option_given(run->options, "label") &&
        !wn_option_on(run->options, "sniff"))
        return wn_fail(error, WN_EUSAGE,
                       "--label=COLUMN is wanted; see --help");
    if (make_form(run, &form, error) ||
        ingest_reject_begin(&rejects, run, &form, error))
        return -1;
    if (!form.label) {
        ingest_reject_abandon(&rejects);
        return print_sniffed(run, &form, error);
    }
    table.one_hot = (size_t)wn_option_number(run->options, "one-hot");
    table.text_grams = choose_grams(run);
    table.text_dims = (size_t)wn_option_number(run->options, "text-dims");
    table.text_svd = wn_svd_basis;
    table.na = wn_option_list(run->options, "na", &table.na_count);
    table.csv = csv = wn_csv_open(wn_run_input(run), &form, error);
    if (csv && settle_sniffed(run, csv) == 0 &&
        ingest_main_check_memory(run, csv, error) == 0 &&
        ingest_roles(run, &table, error) == 0 &&
        ingest_classes(run, &table, error) == 0 &&
        clean_rows(&gathered, &rejects, csv, error) == 0 &&
        wn_survey(&table, &gathered.roles, error) == 0 &&
        read_beside(&gathered, error) == 0)
        status = write_audit(&gathered, &rejects, error);
    ingest_free(&gathered);
    ingest_reject_abandon(&rejects);
    if (csv)
        wn_table_free(&table);
    wn_csv_close(csv);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Read a dataset, encode its columns, begin an audit file.",
        .synopsis = "--label=COLUMN [OPTION...] [FILE]",
        .rows = rows,
        .most = 1};

    wn_program_reexec(argv, false);
    ingest_main_make_rows();
    return wn_program_main(&program, argc, argv, ingest_any);
}
