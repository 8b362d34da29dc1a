/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv against a reader that goes byte by byte and does nothing clever,
 * on many small random files, for every size of block. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv/csv.h"
#include "csv/csv_foreach.h"
#include "util/hash.h"
#include "util/random.h"

enum { MOST_BYTES = 400, MOST_CELLS = 400, FILES = 6000 };

static char path[] = "/tmp/winnow-csv.XXXXXX";

static int make_file(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* --- the naive reader --------------------------------------------------- */

struct naive {
    char error[300]; /* empty if there is none */
    size_t records;  /* the header counts */
    struct {
        size_t offset, end, line, cells;
    } record[MOST_CELLS];
    struct {
        size_t record, length;
        char text[MOST_BYTES];
    } cell[MOST_CELLS];
    size_t cells;
};

static void naive_fail(struct naive *naive, size_t line, size_t field,
                       const char *text)
{
    static const char *const names[] = {"a", "b"};

    if (naive->records && field < 2)
        snprintf(naive->error, sizeof naive->error, "%s:%zu: column %s: %s",
                 path, line, names[field], text);
    else
        snprintf(naive->error, sizeof naive->error, "%s:%zu: field %zu: %s",
                 path, line, field + 1, text);
}

/* On line `line` of a field that was opened on line `opened`, 0: unquoted. */
static void naive_fail_here(struct naive *naive, size_t line, size_t opened,
                            size_t field, const char *text)
{
    char late[300];

    if (opened == 0 || opened == line) {
        naive_fail(naive, line, field, text);
        return;
    }
    snprintf(late, sizeof late,
             "%s, on line %zu of the quoted field that begins here; is its "
             "quote closed?",
             text, line);
    naive_fail(naive, opened, field, late);
}

static void naive_scan(struct naive *naive, const char *bytes, size_t length,
                       char delimiter)
{
    enum { BEGIN, PLAIN, QUOTED, CLOSED } state = BEGIN;
    size_t field = 0, line = 1, opened = 0, begin = 0, first = 1, size = 0;
    char text[MOST_BYTES];

    memset(naive, 0, sizeof *naive);
    for (size_t i = 0; i <= length; i++) {
        const int c = i < length ? (unsigned char)bytes[i] : -1;

        if (c == 0) {
            naive_fail_here(naive, line, opened, field,
                            "found a NUL byte, wanted text (is this file "
                            "binary?)");
            return;
        }
        if (state == QUOTED) {
            if (c == -1) {
                naive_fail(naive, opened, field,
                           "found the end of the file, wanted the quote that "
                           "closes the field opened here");
                return;
            }
            line += c == '\n';
            if (c == '"')
                state = CLOSED;
            else
                text[size++] = (char)c;
            continue;
        }
        if (state == CLOSED && c == '"') {
            text[size++] = '"';
            state = QUOTED;
            continue;
        }
        if (state == BEGIN && c == '"') {
            opened = line;
            state = QUOTED;
            continue;
        }
        if (c == '"') {
            bool blank = size > 0;

            for (size_t b = 0; b < size; b++)
                blank &= text[b] == ' ' || text[b] == '\t';
            naive_fail_here(
                naive, line, opened, field,
                blank ? "found a blank before a quote, wanted the quote right "
                        "after the delimiter"
                      : "found a quote inside an unquoted field, wanted the "
                        "whole field in quotes and \"\" for a quote");
            return;
        }
        if (c == '\r' && (i + 1 == length || bytes[i + 1] != '\n')) {
            naive_fail_here(
                naive, line, opened, field,
                "found a carriage return without a line feed, wanted "
                "LF or CR LF at the end of a line");
            return;
        }
        if (c != delimiter && c != '\r' && c != '\n' && c != -1) {
            if (state == CLOSED) {
                naive_fail_here(naive, line, opened, field,
                                "found text after the closing quote, wanted a "
                                "delimiter or the end of the line");
                return;
            }
            text[size++] = (char)c;
            state = PLAIN;
            continue;
        }
        /* A field has ended, unless the line is empty. */
        if (c == delimiter || field > 0 || state != BEGIN) {
            naive->cell[naive->cells].record = naive->records;
            naive->cell[naive->cells].length = size;
            memcpy(naive->cell[naive->cells++].text, text, size);
            field++;
        }
        state = BEGIN;
        size = opened = 0;
        if (c == delimiter)
            continue;
        if (c == '\r')
            i++;
        if (field) {
            naive->record[naive->records].offset = begin;
            naive->record[naive->records].end = i < length ? i + 1 : length;
            naive->record[naive->records].line = first;
            naive->record[naive->records++].cells = field;
        }
        field = 0;
        line++;
        begin = i + 1;
        first = line;
    }
}

/* The first error in the file is reported: a wrong number of fields, or what
 * the scan stopped at behind it. */
static void naive_read(struct naive *naive, const char *bytes, size_t length,
                       char delimiter)
{
    naive_scan(naive, bytes, length, delimiter);
    for (size_t r = 1; r < naive->records; r++)
        if (naive->record[r].cells != 2) {
            snprintf(naive->error, sizeof naive->error,
                     "%s:%zu: found %zu field%s, wanted 2", path,
                     naive->record[r].line, naive->record[r].cells,
                     naive->record[r].cells == 1 ? "" : "s");
            return;
        }
    if (naive->records == 1 && !naive->error[0])
        snprintf(naive->error, sizeof naive->error,
                 "%s: found a header and no rows, wanted at least one row",
                 path);
}

/* --- ours --------------------------------------------------------------- */

struct found {
    const struct naive *naive;
    size_t cell;
};

static int compare_row(void *context, size_t row, const struct wn_cell *cells,
                       struct wn_error *error)
{
    struct found *found = context;

    (void)error;
    for (size_t c = 0; c < 2; c++, found->cell++) {
        assert_int_equal(found->naive->cell[found->cell].record, row + 1);
        assert_int_equal(cells[c].length,
                         found->naive->cell[found->cell].length);
        assert_memory_equal(cells[c].text, found->naive->cell[found->cell].text,
                            cells[c].length);
    }
    return 0;
}

static void compare(const struct naive *naive, const char *bytes,
                    const struct wn_csv_form *form)
{
    struct wn_error error = {0};
    struct wn_csv *csv = wn_csv_open(path, form, &error);
    struct wn_csv_reader *reader = csv ? wn_csv_reader_new(csv) : NULL;
    struct found found = {naive, 2};
    const size_t rows = csv ? csv->rows : 0;
    int status = -1;

    if (reader)
        status = wn_csv_read(reader, 0, rows, compare_row, &found, &error);
    assert_string_equal(error.text, naive->error);
    assert_int_equal(status, naive->error[0] ? -1 : 0);
    for (size_t i = 0; i < rows && status == 0; i++) {
        const size_t begin = naive->record[i + 1].offset;
        size_t end = naive->record[i + 1].end;

        assert_int_equal(csv->offset[i], begin);
        assert_int_equal(csv->line[i], naive->record[i + 1].line);
        while (end > begin &&
               (bytes[end - 1] == '\n' || bytes[end - 1] == '\r'))
            end--;
        assert_int_equal(csv->hash[i],
                         wn_hash_bits(bytes + begin, end - begin));
        for (size_t c = 0; c < 2; c++) {
            size_t from, to;

            assert_int_equal(wn_field_find(bytes + begin, end - begin,
                                           form->delimiter, c, &from, &to),
                             0);
            assert_true(c == 0 ? from == 0
                               : bytes[begin + from - 1] == form->delimiter);
            assert_true(c == 1 ? to == end - begin
                               : bytes[begin + to] == form->delimiter);
        }
    }
    if (status == 0) {
        assert_int_equal(found.cell, naive->cells);
        assert_int_equal(csv->offset[rows], naive->record[rows].end);
    }
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
}

/* A header `a,b` and then soup; or fields that are mostly well-formed. */
static size_t cook(struct wn_random *random, char *bytes, bool wild)
{
    static const char soup[] = "a,\"\n\r 1\"\"\n,,x;";
    static const char *const fields[] = {
        "",        "1",          "\"\"",    "\"x\"\"y\"", "\"a\nb\"",
        " 2 ",     "\"a\r\nb\"", "\"x,y\"", "\"\"\"\"",   "long text",
        "\" q \"", "-1e5",       "\"\r\"",  "\"\n\n\""};
    static const char *const ends[] = {"\n", "\r\n", "\n\n", "\r\n\r\n", "\n"};
    size_t length = (size_t)sprintf(bytes, "a,b\n");

    for (size_t n = 1 + wn_random_below(random, wild ? 40 : 8); n; n--) {
        if (wild) {
            const uint64_t kind = wn_random_below(random, 200);

            bytes[length++] =
                kind == 0 ? '\0'
                          : soup[wn_random_below(random, sizeof soup - 1)];
            continue;
        }
        for (int c = 0; c < 2; c++) {
            const char *field =
                fields[wn_random_below(random, sizeof fields / sizeof *fields)];

            length +=
                (size_t)sprintf(bytes + length, "%s%s", c ? "," : "", field);
        }
        if (n > 1 || wn_random_below(random, 2))
            length += (size_t)sprintf(
                bytes + length, "%s",
                ends[wn_random_below(random, sizeof ends / sizeof *ends)]);
    }
    return length;
}

static void as_the_naive_reader(void **state)
{
    static const size_t blocks[] = {1, 2, 3, 7, 64, 1 << 20};
    static struct naive naive;
    size_t good = 0, bad = 0;

    (void)state;
    for (uint64_t f = 0; f < FILES; f++) {
        struct wn_csv_form form = wn_csv_default_form;
        struct wn_random random;
        char bytes[MOST_BYTES];

        wn_random_start(&random, 1, WN_RANDOM_SAMPLE, 0, f);
        const size_t length = cook(&random, bytes, f % 2);
        put(bytes, length);
        naive_read(&naive, bytes, length, form.delimiter);
        *(naive.error[0] ? &bad : &good) += 1;
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            form.block = blocks[b];
            form.threads = f % 64 ? 1 : 3;
            compare(&naive, bytes, &form);
        }
    }
    /* The soup must hold both kinds, or the test is none. */
    assert_true(good > FILES / 4);
    assert_true(bad > FILES / 4);
}

/* --- records that are left out ------------------------------------------- */

struct rejected {
    size_t count;
    enum wn_csv_break broken[MOST_BYTES];
    char first[400];
};

static void take_reject(void *context, enum wn_csv_break broken,
                        const char *text)
{
    struct rejected *rejected = context;

    if (rejected->count == 0)
        snprintf(rejected->first, sizeof rejected->first, "%s", text);
    rejected->broken[rejected->count++] = broken;
}

static int nothing(void *context, size_t row, const struct wn_cell *cells,
                   struct wn_error *error);

/* Rows and what was left out are in order, meet nowhere, and hold all bytes
 * but empty lines; every row can be read. */
static void check_parts(const struct wn_csv *csv, const char *bytes,
                        size_t length)
{
    struct wn_error error = {0};
    struct wn_csv_reader *reader = wn_csv_reader_new(csv);
    const size_t rows = csv->rows;
    size_t left, at = strlen("a,b\n"), row = 0, l = 0;
    const uint64_t *out = csv->left_out;
    left = csv->left_outs;

    assert_int_equal(wn_csv_read(reader, 0, rows, nothing, NULL, &error), 0);
    wn_csv_reader_free(reader);
    while (at < length) {
        if (l < left && out[2 * l] == at) {
            at = (size_t)out[2 * l++ + 1];
        } else if (row < rows && csv->offset[row] == at) {
            row++;
            at = row < rows ? (size_t)csv->offset[row] : length;
            if (l < left && out[2 * l] < at)
                at = (size_t)out[2 * l];
        } else {
            /* Only empty lines stand before the first record. */
            assert_true(bytes[at] == '\n' || bytes[at] == '\r');
            at++;
        }
    }
    assert_int_equal(row, rows);
    assert_int_equal(l, left);
}

static void compare_lenient(const struct wn_csv *one,
                            const struct rejected *rejected,
                            struct wn_csv_form form)
{
    struct wn_error error = {0};
    struct rejected again = {0};
    size_t left, left_again;

    form.context = &again;
    struct wn_csv *two = wn_csv_open(path, &form, &error);
    if (!one) {
        assert_null(two);
        return;
    }
    assert_non_null(two);
    assert_int_equal(one->rows, two->rows);
    const size_t rows = one->rows;
    assert_memory_equal(one->offset, two->offset,
                        (rows + 1) * sizeof(uint64_t));
    assert_memory_equal(one->line, two->line, rows * sizeof(uint64_t));
    assert_memory_equal(one->hash, two->hash, rows * sizeof(uint64_t));
    const uint64_t *out = one->left_out;
    left = one->left_outs;
    const uint64_t *out_again = two->left_out;
    left_again = two->left_outs;
    assert_int_equal(left, left_again);
    if (left)
        assert_memory_equal(out, out_again, 2 * left * sizeof *out);
    assert_int_equal(rejected->count, again.count);
    assert_int_equal(rejected->count, left);
    assert_memory_equal(rejected->broken, again.broken,
                        left * sizeof *rejected->broken);
    assert_string_equal(rejected->first, again.first);
    wn_csv_close(two);
}

/* Whatever is wrong with a file, the same is left out for every size of block
 * and any number of threads. */
static void lenient_is_the_same(void **state)
{
    static const size_t blocks[] = {1, 2, 3, 7, 64};
    size_t good = 0, with = 0;

    (void)state;
    for (uint64_t f = 1; f < FILES; f += 2) {
        struct wn_csv_form form = wn_csv_default_form;
        struct wn_error error = {0};
        struct wn_random random;
        struct rejected rejected = {0};
        char bytes[MOST_BYTES];

        wn_random_start(&random, 2, WN_RANDOM_SAMPLE, 0, f);
        const size_t length = cook(&random, bytes, true);
        put(bytes, length);
        form.reject = take_reject;
        form.context = &rejected;
        struct wn_csv *csv = wn_csv_open(path, &form, &error);
        good += csv != NULL;
        with += csv && rejected.count;
        if (csv)
            check_parts(csv, bytes, length);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            form.block = blocks[b];
            form.threads = f % 64 == 1 ? 3 : 1;
            compare_lenient(csv, &rejected, form);
        }
        wn_csv_close(csv);
    }
    assert_true(good > FILES / 8);
    assert_true(with > FILES / 16);
}

static void expect(const char *bytes, size_t length,
                   const struct wn_csv_form *form, const char *text)
{
    struct wn_error error = {0};
    char wanted[300];

    put(bytes, length);
    assert_null(wn_csv_open(path, form, &error));
    assert_int_equal(error.code, WN_EDATA);
    snprintf(wanted, sizeof wanted, "%s%s", path, text);
    assert_string_equal(error.text, wanted);
}

static void limits(void **state)
{
    struct wn_csv_form form = wn_csv_default_form;
    static const char long_field[] = "a,b\n1,2\n3,\"xxxxxxxxx\"\n";
    static const char long_plain[] = "a,b\n1,2\nxxxxxxxxxxx,4\n";
    static const char open_quote[] = "a,b\n1,2\n3,\"xxx\n4,5\n6,7\n8,9\n";
    static const char long_record[] = "a,b,c\n12345,12345,12345\n";
    static const char many[] = "a,b,c,d\n1,2,3,4\n";

    (void)state;
    form.max_field = 10;
    for (form.block = 1; form.block < 64; form.block *= 2) {
        expect(long_field, strlen(long_field), &form,
               ":3: column b: found a field of more than 10 bytes, wanted at "
               "most that (--max-field); is its quote closed?");
        expect(long_plain, strlen(long_plain), &form,
               ":3: column a: found a field of more than 10 bytes, wanted at "
               "most that (--max-field)");
        expect(open_quote, strlen(open_quote), &form,
               ":3: column b: found a field of more than 10 bytes, wanted at "
               "most that (--max-field); is its quote closed?");
    }
    form = wn_csv_default_form;
    form.max_record = 16;
    for (form.block = 1; form.block < 64; form.block *= 2)
        expect(long_record, strlen(long_record), &form,
               ":2: found a record of more than 16 bytes, wanted at most "
               "that (--max-record)");
    form = wn_csv_default_form;
    form.max_columns = 3;
    expect(many, strlen(many), &form,
           ":1: found 4 columns, wanted at most 3 (--max-columns)");
}

static int nothing(void *context, size_t row, const struct wn_cell *cells,
                   struct wn_error *error)
{
    (void)context;
    (void)row;
    (void)cells;
    (void)error;
    return 0;
}

/* Between the scan and the reading, as a job that rewrites its file would. */
static void file_that_changes(void **state)
{
    struct wn_error error = {0};
    static const char text[] = "a,b\n1,2\n3,4\n";

    (void)state;
    put(text, strlen(text));
    struct wn_csv *csv = wn_csv_open(path, &wn_csv_default_form, &error);
    assert_non_null(csv);
    struct wn_csv_reader *reader = wn_csv_reader_new(csv);
    assert_non_null(reader);
    assert_int_equal(wn_csv_unchanged(csv, &error), 0);
    assert_int_equal(truncate(path, 6), 0);
    assert_int_equal(wn_csv_read(reader, 0, 2, nothing, NULL, &error), -1);
    assert_int_equal(error.code, WN_EIO);
    assert_non_null(strstr(error.text, ": ended at byte "));
    error = (struct wn_error){0};
    assert_int_equal(wn_csv_unchanged(csv, &error), -1);
    assert_non_null(strstr(error.text, ": changed while it was being read"));
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
}

static void field_is_written(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {{"plain", "plain"},   {"", ""},
                {"a,b", "\"a,b\""},   {"\"", "\"\"\"\""},
                {"a\nb", "\"a\nb\""}, {" x ", " x "},
                {"a\rb", "\"a\rb\""}, {"a;b", "a;b"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wn_text text = {0};

        wn_field_write(&text, rows[i].in, strlen(rows[i].in), ',');
        assert_string_equal(wn_text_of(&text), rows[i].out);
        wn_text_free(&text);
    }
}

/* --- several visitors of one reading ------------------------------------ */

enum { VISITED = 10000 };

struct sum {
    uint64_t rows, numbers;
};

static void *start_sum(void *shared)
{
    (void)shared;
    return calloc(1, sizeof(struct sum));
}

static int add_row(void *state, size_t row, const struct wn_cell *cells,
                   struct wn_error *error)
{
    struct sum *sum = state;
    double number;

    (void)error;
    assert_true(wn_number_parse(cells[0].text, cells[0].length, &number));
    assert_int_equal(row, (uint64_t)number);
    sum->rows++;
    sum->numbers += (uint64_t)number;
    return 0;
}

static int join_sum(void *shared, void *state, size_t begin, size_t end,
                    struct wn_error *error)
{
    struct sum *all = shared, *sum = state;

    (void)error;
    assert_int_equal(all->rows, begin);
    all->rows += sum->rows;
    all->numbers += sum->numbers;
    assert_int_equal(all->rows, end);
    *sum = (struct sum){0};
    return 0;
}

/* Marks rows in place; a row marked 2 is an error. */
static int mark_row(void *state, size_t row, const struct wn_cell *cells,
                    struct wn_error *error)
{
    uint8_t *const *marks = state;

    (void)cells;
    if ((*marks)[row] == 2)
        return wn_fail(error, WN_EDATA, "row %zu", row);
    (*marks)[row] = 1;
    return 0;
}

static void *start_marks(void *shared)
{
    uint8_t **marks = calloc(1, sizeof *marks);

    *marks = shared;
    return marks;
}

static void visitors_share_a_reading(void **state)
{
    static char text[VISITED * 8];
    static uint8_t marks[VISITED];
    size_t length = (size_t)snprintf(text, sizeof text, "a\n");
    struct wn_error error = {0};
    struct sum all = {0};
    const struct wn_csv_visitor visitors[] = {
        {.shared = marks, .start = start_marks, .row = mark_row, .stop = free},
        {.shared = &all,
         .start = start_sum,
         .row = add_row,
         .finish = join_sum,
         .stop = free}};

    (void)state;
    for (int i = 0; i < VISITED; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%d\n", i);
    put(text, length);
    struct wn_csv *csv = wn_csv_open(path, &wn_csv_default_form, &error);
    assert_non_null(csv);
    for (int threads = 1; threads < 4; threads++) {
        const struct wn_csv_pass pass = {
            .csv = csv, .threads = threads, .rows = 64};

        all = (struct sum){0};
        memset(marks, 0, sizeof marks);
        assert_int_equal(wn_csv_foreach(&pass, visitors, 2, &error), 0);
        assert_int_equal(all.rows, VISITED);
        assert_int_equal(all.numbers, (uint64_t)VISITED * (VISITED - 1) / 2);
        assert_null(memchr(marks, 0, sizeof marks));
        marks[7000] = marks[9000] = 2;
        all = (struct sum){0};
        assert_int_equal(wn_csv_foreach(&pass, visitors, 2, &error), -1);
        assert_string_equal(error.text, "row 7000");
        error = (struct wn_error){0};
    }
    wn_csv_close(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_naive_reader),
        cmocka_unit_test(lenient_is_the_same),
        cmocka_unit_test(limits),
        cmocka_unit_test(file_that_changes),
        cmocka_unit_test(field_is_written),
        cmocka_unit_test(visitors_share_a_reading),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
