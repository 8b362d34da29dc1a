/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest(1): the options; a CSV file to the stage /data of an audit file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "encode/rescale.h"
#include "linalg/svd.h"
#include "prog/ingest/ingest.h"
#include "util/memory.h"

/* clang-format off */
static const struct wn_option first_rows[] = {
    {.topic = "Label and roles of columns",
     .name = "label", .letter = 'l', .kind = WN_TEXT, .value = "COLUMN",
     .recorded = true, .help = "label column (required)"},
    {.name = "id", .kind = WN_TEXT, .value = "COLUMN", .recorded = true,
     .help = "column of row ids; not a feature"},
    {.topic = "Arrays, and what other models said",
     .name = "probability", .kind = WN_LIST, .value = "PATTERN",
     .recorded = true,
     .help = "columns of class probabilities; the group in PATTERN is the "
             "class, as in p_(.*)"},
    {.topic = "The file",
     .name = "from", .kind = WN_CHOICE, .value = "FORM",
     .default_value = "auto", .choices = "auto|csv|jsonl|hdf5|npy|libsvm",
     .recorded = true,
     .help = "format of the input; see winnow-arrays(5)"},
    {.topic = "Arrays, and what other models said",
     .name = "features", .kind = WN_TEXT, .value = "ARRAY",
     .help = "HDF5 and .npy: features, rows x features"},
    {.name = "label-names", .kind = WN_TEXT, .value = "ARRAY",
     .help = "HDF5 and .npy: class names, which labels index from 0"},
    {.name = "scale", .kind = WN_CHOICE, .value = "HOW",
     .default_value = "auto", .choices = wn_rescale_choices, .recorded = true,
     .help = "scaling of array features"},
    {.name = "link", .kind = WN_FLAG, .recorded = true,
     .help = "leave the features in the HDF5 file, which must not change"},
    {.name = "features-b", .kind = WN_TEXT, .value = "PATTERN",
     .recorded = true,
     .help = "columns, or an array, that are a second block of features to "
             "compare with the first"},
    {.name = "dynamics", .kind = WN_TEXT, .value = "ARRAY",
     .help = "outputs of your own network, epochs x rows x classes"},
    {.topic = "Columns to features",
     .name = "ignore", .kind = WN_LIST, .value = "PATTERN", .recorded = true,
     .help = "ignore columns whose whole name matches; repeatable"},
    {.name = "kind", .kind = WN_LIST, .value = "PATTERN:KIND",
     .recorded = true,
     .help = "kind of the columns whose whole name matches: numeric, boolean, "
             "date, categorical, text, identifier or ignore; the last match "
             "counts"},
    {.topic = "The file",
     .name = "rules", .kind = WN_TEXT, .value = "FILE",
     .help = "apply the cleaning rules in FILE; see winnow-rules(5)"},
    {.name = "no-keep-source", .kind = WN_FLAG,
     .help = "do not store the bytes of a pipe, which prune needs"},
    {.name = "no-header", .kind = WN_FLAG, .recorded = true,
     .help = "the first record is data; columns are called c1, c2, ..."},
    {.name = "na", .kind = WN_LIST, .value = "TOKEN", .recorded = true,
     .help = "treat cells equal to TOKEN as missing; repeatable"},
    {.topic = "Label and roles of columns",
     .name = "missing-label", .kind = WN_CHOICE, .value = "HOW",
     .default_value = "reject", .choices = "reject|drop", .recorded = true,
     .help = "rows without a label: refuse the file, or leave them out"},
    {.name = "label-type", .kind = WN_CHOICE, .value = "TYPE",
     .default_value = "auto", .choices = "auto|class|ordinal", .recorded = true,
     .help = "labels are classes, even if they look like measurements, or "
             "whole numbers in order"},
    {.name = "classes", .kind = WN_TEXT, .value = "FILE", .recorded = true,
     .help = "allow only the classes in FILE, one a line"},
    {.topic = "Columns to features",
     .name = "one-hot", .kind = WN_WHOLE, .value = "N", .default_value = "64",
     .low = 2, .high = 65535, .recorded = true,
     .help = "one-hot encode columns of up to N values, hash larger ones"},
    {.name = "text-dims", .kind = WN_WHOLE, .value = "N",
     .default_value = "128", .low = 1, .high = 4096, .recorded = true,
     .help = "number of features of a text column"},
    {.name = "text-grams", .kind = WN_CHOICE, .value = "WHAT",
     .default_value = "words", .choices = "words|chars|both", .recorded = true,
     .help = "terms of texts: words and pairs, character n-grams, or both"},
    {.topic = "The file",
     .name = "delimiter", .letter = 'd', .kind = WN_TEXT, .value = "C",
     .default_value = ",", .recorded = true,
     .help = "field delimiter (one byte, or 'tab')"},
    {.name = "encoding", .kind = WN_TEXT, .value = "NAME", .recorded = true,
     .help = "encoding of the text, as latin1 or UTF-16 (default: UTF-8)"},
    {.name = "file-column", .kind = WN_TEXT, .value = "NAME",
     .recorded = true,
     .help = "a column with the names of the files (default for several: "
             "file)"},
    {.name = "decimal", .kind = WN_CHOICE, .value = "C",
     .default_value = ".", .choices = ".|,", .recorded = true,
     .help = "decimal sign of numbers: a point, or a comma as in 1.234,5"},
    {.name = "sniff", .kind = WN_FLAG,
     .help = "detect the delimiter and the header; without --label, print "
             "them and stop"},
    {.topic = "Broken and large records",
     .name = "lenient", .kind = WN_FLAG, .recorded = true,
     .help = "leave out malformed records, with a note for each"},
    {.name = "rejects", .kind = WN_TEXT, .value = "FILE",
     .help = "write the records that --lenient leaves out to FILE, unchanged"},
    {.name = "max-rejects", .kind = WN_TEXT, .value = "N",
     .help = "refuse the file if --lenient leaves out more, as 20 or 1%"},
    {.name = "max-field", .kind = WN_SIZE, .value = "SIZE",
     .default_value = "16M", .low = 1, .high = 2147483647,
     .recorded = true,
     .help = "maximum bytes of a field"},
    {.name = "max-columns", .kind = WN_WHOLE, .value = "N",
     .default_value = "65535", .low = 1, .high = 1048576,
     .recorded = true,
     .help = "maximum number of columns"},
    {.name = "max-record", .kind = WN_SIZE, .value = "SIZE",
     .default_value = "1G", .low = 1, .high = 2147483647,
     .recorded = true,
     .help = "maximum bytes of a record"},
    {.name = "max-spool", .kind = WN_SIZE, .value = "SIZE",
     .low = 1, .high = 0x1p62,
     .help = "maximum bytes of a temporary file (default: nine tenths of what "
             "is free)"},
    {0}};
/* clang-format on */

static const struct wn_option *const last_rows[] = {
    &wn_option_output, &wn_option_force,  &wn_option_threads,
    &wn_option_memory, &wn_option_quiet,  &wn_option_verbose,
    &wn_option_help,   &wn_option_version};

enum { CAPACITY = 64 };
static struct wn_option rows[CAPACITY];

const struct wn_option *ingest_options(void)
{
    return rows;
}

/* How the CSV file is to be read. */
static int make_form(const struct wn_run *run, struct wn_csv_form *form,
                     struct wn_error *error)
{
    const struct wn_options *options = run->options;
    const char *delimiter = wn_option_text(options, "delimiter");

    *form = wn_csv_default_form;
    form->no_header = wn_option_on(options, "no-header");
    form->encoding = wn_option_text(options, "encoding");
    if (form->encoding && (strcasecmp(form->encoding, "utf-8") == 0 ||
                           strcasecmp(form->encoding, "utf8") == 0))
        form->encoding = NULL;
    form->decimal_comma = *wn_option_text(options, "decimal") == ',';
    form->sniff = wn_option_on(options, "sniff");
    form->keep_decimal = wn_option_given(options, "decimal");
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
    if (strcmp(delimiter, "tab") == 0 || strcmp(delimiter, "\\t") == 0)
        delimiter = "\t";
    if (strlen(delimiter) != 1 || strchr("\"\r\n", *delimiter))
        return wn_fail(error, WN_EUSAGE,
                       "--delimiter: found '%s', wanted tab or one byte other "
                       "than a quote and a line end",
                       delimiter);
    form->delimiter = wn_option_given(options, "delimiter") ? *delimiter : '\0';
    return 0;
}

/* --sniff without --label. */
static int print_sniffed(const struct wn_run *run, struct wn_csv_form *form,
                         struct wn_error *error)
{
    struct wn_text text = {0};
    size_t columns;

    if (wn_csv_sniff(wn_run_input(run), form, &columns, error))
        return -1;
    wn_csv_form_options(form, &text);
    wn_text_format(&text, "\n");
    const int status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                                    "standard output", error);
    if (status == 0)
        wn_log_note(run->log, "%s: %zu columns, %s header",
                    wn_input_name(wn_run_input(run)), columns,
                    form->no_header ? "no" : "and a");
    wn_text_free(&text);
    return status;
}

/* Note what --sniff or a line "sep=;" found, and record it as if the user had
 * given it. */
static void record_sniffed(struct wn_run *run, const struct wn_csv *csv)
{
    const struct wn_csv_form *form = &csv->form;
    static char delimiter[2];
    struct wn_text text = {0};

    if (!form->sniff &&
        (wn_option_given(run->options, "delimiter") || !csv->sep_line))
        return;
    delimiter[0] = form->delimiter;
    wn_option_set(run->options, "delimiter",
                  form->delimiter == '\t' ? "tab" : delimiter);
    if (form->decimal_comma)
        wn_option_set(run->options, "decimal", ",");
    if (form->sniff && form->no_header)
        wn_option_set(run->options, "no-header", NULL);
    wn_csv_form_options(form, &text);
    wn_log_note(run->log, "%s: found %s", csv->name, text.bytes);
    wn_text_free(&text);
}

/* Open the operand, or several of them as one table. */
static struct wn_csv *open_files(const struct wn_run *run,
                                 const struct wn_csv_form *form,
                                 struct wn_error *error)
{
    const size_t count = wn_option_operands(run->options);
    const char *column = wn_option_text(run->options, "file-column");
    struct wn_csv *csv = NULL;

    if (count < 2 && !column)
        return wn_csv_open(wn_run_input(run), form, error);
    const char **path = wn_new(count, sizeof *path);
    if (count == 0 || form->json_lines || form->encoding)
        wn_fail(error, WN_EUSAGE,
                "several files, and --file-column, want CSV files in UTF-8%s",
                form->json_lines ? "; cat puts JSON Lines together"
                : form->encoding ? "; iconv makes such files"
                                 : "");
    for (size_t f = 0; f < count; f++) {
        path[f] = wn_option_operand(run->options, f);
        if (strcmp(path[f], "-") == 0)
            wn_fail(error, WN_EUSAGE,
                    "several files, and --file-column, want files: found -");
    }
    if (!error->code)
        csv = wn_csv_open_several(path, count, column ? column : "file", form,
                                  error);
    free(path);
    return csv;
}

static void read_table_options(const struct wn_run *run, struct wn_table *table)
{
    const struct wn_options *options = run->options;
    const char *grams = wn_option_text(options, "text-grams");
    table->threads = run->threads;
    table->log = run->log;
    table->one_hot = (size_t)wn_option_number(options, "one-hot");
    table->text_grams = strcmp(grams, "chars") == 0  ? WN_GRAMS_CHARS
                        : strcmp(grams, "both") == 0 ? WN_GRAMS_BOTH
                                                     : WN_GRAMS_WORDS;
    table->text_dims = (size_t)wn_option_number(options, "text-dims");
    table->text_svd = wn_svd_basis;
    table->any_classes =
        strcmp(wn_option_text(options, "label-type"), "auto") != 0;
    table->na = wn_option_list(options, "na", &table->na_count);
}

int ingest_csv(struct wn_run *run, bool json_lines, struct wn_error *error)
{
    const struct wn_options *options = run->options;
    struct wn_csv_form form;
    struct ingest ingest = {.run = run};
    struct wn_table *table = &ingest.table;
    int status = -1;

    if (!wn_option_given(options, "label") && !wn_option_on(options, "sniff"))
        return wn_fail(error, WN_EUSAGE,
                       "--label=COLUMN is wanted; see --help");
    if (make_form(run, &form, error))
        return -1;
    form.json_lines = json_lines;
    if (ingest_rejects_begin(&ingest.rejects, run, &form, error))
        return -1;
    if (!form.label) {
        ingest_rejects_abandon(&ingest.rejects);
        return print_sniffed(run, &form, error);
    }
    read_table_options(run, table);
    ingest.csv = open_files(run, &form, error);
    table->csv = ingest.csv;
    if (!ingest.csv)
        goto done;
    wn_log_stage(run->log, "index");
    record_sniffed(run, ingest.csv);
    /* The index of the records; two words for each cell of the survey's sample,
     * and each thread's blocks. */
    const size_t rows_before = ingest.csv->rows;
    const size_t columns = ingest.csv->columns;
    const double sampled =
        fmin((double)rows_before, (double)wn_sample_rows(columns));
    const double other =
        (16 * sampled + 1000 + 1000 * run->threads) * (double)columns +
        8e6 * run->threads + 16e6;
    if (ingest_check_memory(run, rows_before, 40, other, columns, "columns",
                            error) ||
        ingest_roles(run, table, error) || ingest_classes(run, table, error))
        goto done;
    /* Rules go first because they may give a row its label. Rows that are left
     * out then take no part in them, so the rules are applied again. */
    if (ingest_clean(&ingest, error) ||
        ingest_rejects_leave_out(&ingest, error) ||
        (ingest.csv->rows < rows_before && ingest_clean(&ingest, error)))
        goto done;
    wn_log_stage(run->log, "clean");
    if (wn_survey(table, &ingest.roles, error))
        goto done;
    wn_log_stage(run->log, "survey");
    ingest.side.run = run;
    ingest.side.from_columns = table->second_block > 0;
    ingest.side.rows = ingest.csv->rows;
    if (ingest_side_arrays_read(&ingest.side, error) ||
        ingest_write(&ingest, error) || wn_csv_unchanged(ingest.csv, error))
        goto done;
    wn_log_stage(run->log, "encode");
    if (ingest_rejects_finish(&ingest.rejects, ingest.csv, error))
        goto done;
    ingest_log_columns(&ingest);
    if (ingest_write_hints(&ingest, error))
        goto done;
    struct wn_audit_writer *writer = ingest.writer;
    ingest.writer = NULL;
    status = wn_audit_finish(writer, error);
    if (status == 0)
        ingest_log_rows(&ingest);
done:
    ingest_free(&ingest);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Read a dataset, encode its columns, begin an audit file.",
        .synopsis = "--label=COLUMN [OPTION...] [FILE...]",
        .rows = rows,
        .max_operands = 4096};

    wn_option_add_rows(rows, CAPACITY, first_rows);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        const struct wn_option row = {.topic = "Label and roles of columns",
                                      .name = wn_role_kinds[r].name,
                                      .kind = WN_TEXT,
                                      .value = "COLUMN",
                                      .recorded = true,
                                      .help = wn_role_kinds[r].help};

        wn_option_add(rows, CAPACITY, &row);
    }
    for (size_t s = 0; s < sizeof last_rows / sizeof *last_rows; s++)
        wn_option_add(rows, CAPACITY, last_rows[s]);
    return wn_program_main(&program, argc, argv, ingest_any);
}
