/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/source_rows: the cells of rows of a CSV file with all that makes
 * records hard to cut; and what is said where the file is gone, shorter, edited
 * at the same length, or in the audit itself. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "audit/source_rows.h"

static const char audit_path[] = "source_rows.h5", csv_path[] = "pets.csv",
                  cut_path[] = "other.csv", edited_path[] = "ed\x1b.csv";
/* BOM, CR LF, a quoted line feed, quotes in a cell, a record left out, a blank
 * line, a control byte, no final line feed. */
static const char content[] = "\xef\xbb\xbfid;kind;x\r\n"
                              "1;cat;\"0;5\"\r\n"
                              "2;dog;\"a \"\"b\"\"\nc\"\r\n"
                              "left;out\r\n"
                              "3;\"cat\";\r\n\r\n"
                              "4;dog;\x1b[2J";
static const char *const cells[4][3] = {{"1", "cat", "0;5"},
                                        {"2", "dog", "a \"b\"\nc"},
                                        {"3", "cat", ""},
                                        {"4", "dog", "\x1b[2J"}};

static void pass_over(void *context, enum wn_csv_break broken, const char *text)
{
    (void)context;
    (void)broken;
    (void)text;
}

/* The audit of `content`; `keep`: with its bytes. */
static void write_audit(bool keep)
{
    static const char *const names[] = {"id", "kind", "x"};
    static const char *const kinds[] = {"id", "label", "text"};
    static const uint64_t none[3];
    static const double nan_[3];
    struct wn_error error = {0};
    struct wn_csv_form form = wn_csv_default_form;
    size_t left;

    unit_put(csv_path, content, sizeof content - 1);
    form.delimiter = ';';
    form.reject = pass_over;
    struct wn_csv *csv = wn_csv_open(csv_path, &form, &error);
    unit_must(!csv, &error);
    assert_int_equal(csv->rows, 4);
    const uint64_t *left_out = csv->left_out;
    left = csv->left_outs;
    assert_int_equal(left, 1);
    unlink(audit_path);
    struct wn_audit_writer *writer =
        wn_audit_create(audit_path, true, NULL, WN_DATA, &error);
    unit_must(!writer, &error);
    const struct {
        const char *path;
        enum wn_type type;
        size_t extent[3];
        const void *content;
    } sets[] = {{"data/row_offset", WN_U64, {5}, csv->offset},
                {"data/row_line", WN_U64, {4}, csv->line},
                {"data/row_hash", WN_U64, {4}, csv->hash},
                {"data/left_out", WN_U64, {1, 2}, left_out},
                {"data/label", WN_I32, {4}, (int32_t[]){0, 1, 0, 1}},
                {"data/column/missing", WN_U64, {3}, none},
                {"data/column/invalid", WN_U64, {3}, none},
                {"data/column/distinct", WN_U64, {3}, none},
                {"data/column/min", WN_F64, {3}, nan_},
                {"data/column/max", WN_F64, {3}, nan_},
                {"data/source_bytes", WN_U8, {sizeof content - 1}, content}};
    for (size_t s = 0; s < sizeof sets / sizeof *sets - !keep; s++)
        unit_must(wn_audit_write(writer, sets[s].path, sets[s].type,
                                 sets[s].extent, sets[s].content, &error),
                  &error);
    unit_must(
        wn_audit_write_names(writer, "data/label_name",
                             (const char *const[]){"cat", "dog"}, 2, &error) ||
            wn_audit_write_names(writer, "data/column/name", names, 3,
                                 &error) ||
            wn_audit_write_names(writer, "data/column/kind", kinds, 3,
                                 &error) ||
            wn_audit_write_text(writer, "data", "source", keep ? "-" : csv_path,
                                &error) ||
            wn_audit_write_text(writer, "data", "source_digest", csv->digest,
                                &error) ||
            wn_audit_write_text(writer, "data", "delimiter", ";", &error) ||
            wn_audit_write_number(writer, "data", "source_size",
                                  (double)(sizeof content - 1), &error) ||
            wn_audit_provenance(writer, "ingest", "", NULL, &error) ||
            wn_audit_finish(writer, &error),
        &error);
    wn_csv_close(csv);
}

/* Open the rows; the reason, or "". */
struct opened {
    struct wn_audit *audit;
    struct wn_dataset dataset;
    struct wn_source_rows *rows;
    struct wn_row_cells cells;
};

static void open_rows(struct opened *opened, const char *given)
{
    struct wn_error error = {0};

    *opened = (struct opened){0};
    opened->audit = wn_audit_open(audit_path, WN_DATA, &error);
    unit_must(!opened->audit ||
                  wn_dataset_load(&opened->dataset, opened->audit, ~0u, &error),
              &error);
    opened->rows =
        wn_source_rows_open(&opened->dataset, opened->audit,
                            &(struct wn_source_where){.audit_path = audit_path,
                                                      .given = &given,
                                                      .givens = given != NULL});
}

static void close_rows(struct opened *opened)
{
    wn_row_cells_free(&opened->cells);
    wn_source_rows_close(opened->rows);
    wn_dataset_free(&opened->dataset);
    wn_audit_close(opened->audit);
}

static void check_row(struct opened *opened, size_t row)
{
    assert_true(wn_source_rows_read(opened->rows, row, &opened->cells));
    assert_int_equal(opened->cells.count, 3);
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(opened->cells.cell[c].length, strlen(cells[row][c]));
        assert_memory_equal(opened->cells.cell[c].text, cells[row][c],
                            strlen(cells[row][c]));
    }
}

static void cells_come_back(void **state)
{
    static const size_t order[] = {3, 0, 2, 1, 1};
    struct opened opened;

    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        write_audit(keep);
        if (keep)
            unlink(csv_path);
        open_rows(&opened, NULL);
        assert_null(wn_source_rows_reason(opened.rows));
        assert_int_equal(wn_source_rows_columns(opened.rows), 3);
        assert_string_equal(wn_source_rows_column(opened.rows, 2), "x");
        assert_string_equal(wn_source_rows_kind(opened.rows, 1), "label");
        for (size_t i = 0; i < sizeof order / sizeof *order; i++)
            check_row(&opened, order[i]);
        assert_null(wn_source_rows_reason(opened.rows));
        close_rows(&opened);
    }
}

static void reason_is(struct opened *opened, const char *part)
{
    const char *reason = wn_source_rows_reason(opened->rows);

    assert_non_null(reason);
    if (!strstr(reason, part))
        fail_msg("found '%s', wanted '%s' in it", reason, part);
}

static void other_sources_are_refused(void **state)
{
    char edited[sizeof content];
    struct opened opened;

    (void)state;
    write_audit(false);
    unlink(csv_path);
    open_rows(&opened, NULL);
    reason_is(&opened, "cannot find the audited file");
    assert_false(wn_source_rows_read(opened.rows, 0, &opened.cells));
    assert_int_equal(opened.cells.count, 0);
    assert_int_equal(wn_source_rows_columns(opened.rows), 0);
    close_rows(&opened);

    unit_put(cut_path, content, sizeof content - 2);
    open_rows(&opened, cut_path);
    reason_is(&opened, "changed since the audit: found 77 bytes, wanted 78");
    close_rows(&opened);

    unit_put(csv_path, "", 0);
    open_rows(&opened, NULL);
    reason_is(&opened, "changed since the audit: found 0 bytes");
    close_rows(&opened);

    /* One cell of the same length: the other rows are still shown. */
    memcpy(edited, content, sizeof content);
    *strstr(edited, "cat") = 'b';
    unit_put(edited_path, edited, sizeof content - 1);
    open_rows(&opened, edited_path);
    assert_null(wn_source_rows_reason(opened.rows));
    check_row(&opened, 1);
    assert_false(wn_source_rows_read(opened.rows, 0, &opened.cells));
    reason_is(&opened, "ed\\x1b.csv: row 0 changed since the audit");
    check_row(&opened, 2);
    close_rows(&opened);
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(audit_path) || unlink(csv_path) || unlink(cut_path) ||
           unlink(edited_path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_back),
        cmocka_unit_test(other_sources_are_refused)};
    struct wn_error error = {0};

    unit_must(wn_hdf5_start(&error), &error);
    return cmocka_run_group_tests_name("source_rows", tests, NULL,
                                       remove_files);
}
