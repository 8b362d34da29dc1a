/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading decisions and finding their rows; see decisions.h. */
#include "audit/decisions.h"

#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "util/date.h"
#include "util/dictionary.h"
#include "util/hash.h"
#include "util/memory.h"

enum { MAX_NOTE = 1000 }; /* bytes of a text that is kept */

const char wn_decision_names[] = "none,ok,wrong,relabel,unsure,drop,keep";

const char *const wn_decision_word[WN_DECISION_KINDS] = {
    [WN_UNDECIDED] = "none",     [WN_SAID_OK] = "ok",
    [WN_SAID_WRONG] = "wrong",   [WN_SAID_RELABEL] = "relabel:",
    [WN_SAID_UNSURE] = "unsure", [WN_SAID_DROP] = "drop",
    [WN_SAID_KEEP] = "keep"};

/* The columns that are read, in any order; others are context for people. */
enum column { VERDICT, HASH, ID, ROW, WHO, WHEN, NOTE, STRATUM, COLUMNS };
static const char *const column_names[COLUMNS] = {
    "verdict", "hash", "id", "row", "who", "when", "note", "stratum"};

/* How a line names its row. */
enum key_kind { BY_HASH, BY_ID, BY_ROW };

/* What a line names its row by: the hash, the hash of the identifier, or the
 * row. Two words, so that it has no padding. */
struct key {
    uint64_t kind, value;
};

/* A line with a verdict. */
struct line {
    struct wn_decided decided; /* its row is not known yet */
    struct key key;
    uint64_t id; /* the hash of the identifier, with BY_HASH, too */
    bool has_id;
    bool used; /* a row has this key */
};

struct lines {
    const struct wn_dataset *dataset;
    const struct wn_csv *csv; /* the file that is being read */
    long column[COLUMNS];     /* its places; -1 none */
    struct line *line;
    size_t count, capacity;
};

/* The text of a cell without the blanks at its ends; "" where there is no such
 * column. */
static struct wn_cell cell_of(const struct lines *lines,
                              const struct wn_cell *cells, enum column column)
{
    struct wn_cell cell = {"", 0};

    if (lines->column[column] >= 0)
        cell = cells[lines->column[column]];
    wn_text_trim(&cell.text, &cell.length);
    return cell;
}

static bool equals(const struct wn_cell *cell, const char *text)
{
    return cell->length == strlen(text) &&
           memcmp(cell->text, text, cell->length) == 0;
}

/* Sixteen hexadecimal digits, after an h that keeps a spreadsheet from taking
 * them for a number. */
static bool parse_hash(struct wn_cell cell, uint64_t *hash)
{
    if (cell.length && cell.text[0] == 'h') {
        cell.text++;
        cell.length--;
    }
    *hash = 0;
    for (size_t at = 0; at < cell.length; at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, cell.text[at], 16);

        if (!digit)
            return false;
        *hash = *hash << 4 | (uint64_t)(digit - digits);
    }
    return cell.length == 16;
}

/* The class called text[0..length), or -1. */
static int32_t find_class(const struct wn_dataset *dataset, const char *text,
                          size_t length)
{
    size_t low = 0, high = dataset->k;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        const char *name = dataset->label_name[middle];
        const int order = wn_text_compare(name, strlen(name), text, length);

        if (order == 0)
            return (int32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* Our own tables have the visible form of a name. */
    for (size_t c = 0; c < dataset->k; c++) {
        const char *name = dataset->label_name[c];
        struct wn_text shown = {0};

        wn_text_add_visible(&shown, name, strlen(name));
        const bool same = wn_text_compare(wn_text_of(&shown), shown.length,
                                          text, length) == 0;
        wn_text_free(&shown);
        if (same)
            return (int32_t)c;
    }
    return -1;
}

static int fail_cell(const struct lines *lines, size_t row, enum column column,
                     const struct wn_cell *cell, const char *wanted,
                     struct wn_error *error)
{
    struct wn_text found = {0};

    const size_t shown = (size_t)wn_text_shown(cell->length);

    wn_text_add_visible(&found, cell->text, shown);
    wn_csv_fail(lines->csv, row, (size_t)lines->column[column], error,
                "found '%s', wanted %s", wn_text_of(&found), wanted);
    wn_text_free(&found);
    return -1;
}

/* The verdict of a line; WN_UNDECIDED for "none". `whole` is the cell with the
 * blanks at its ends. */
static int read_verdict(const struct lines *lines, size_t row,
                        const struct wn_cell *cell, struct wn_cell whole,
                        struct wn_decided *decided, struct wn_error *error)
{
    const char *relabel = wn_decision_word[WN_SAID_RELABEL];
    const size_t prefix = strlen(relabel);

    decided->class = -1;
    if (cell->length >= prefix && memcmp(cell->text, relabel, prefix) == 0) {
        struct wn_cell name = {cell->text + prefix, 0};

        /* A class may end in a blank. */
        name.length = (size_t)(whole.text + whole.length - name.text);
        decided->decision = WN_SAID_RELABEL;
        decided->class = find_class(lines->dataset, name.text, name.length);
        wn_text_trim(&name.text, &name.length);
        if (decided->class < 0 && name.length)
            decided->class = find_class(lines->dataset, name.text, name.length);
        return decided->class >= 0
                   ? 0
                   : fail_cell(lines, row, VERDICT, cell,
                               "relabel: and a class of the audit", error);
    }
    for (int d = 0; d < WN_DECISION_KINDS; d++)
        if (d != WN_SAID_RELABEL && equals(cell, wn_decision_word[d])) {
            decided->decision = (enum wn_decision)d;
            return 0;
        }
    return fail_cell(lines, row, VERDICT, cell,
                     "ok, wrong, relabel:CLASS, unsure, drop, keep or none",
                     error);
}

/* Which row the line is about. */
static int read_key(const struct lines *lines, size_t row,
                    const struct wn_cell *cells, struct line *line,
                    struct wn_error *error)
{
    const struct wn_cell hash = cell_of(lines, cells, HASH);
    const struct wn_cell id = cell_of(lines, cells, ID);
    const struct wn_cell number = cell_of(lines, cells, ROW);
    double value;

    line->has_id = id.length > 0;
    line->id = wn_hash_bits(id.text, id.length);
    if (hash.length) {
        line->key.kind = BY_HASH;
        return parse_hash(hash, &line->key.value)
                   ? 0
                   : fail_cell(lines, row, HASH, &hash,
                               "16 hexadecimal digits, perhaps after an h",
                               error);
    }
    if (id.length) {
        line->key.kind = BY_ID;
        line->key.value = line->id;
        if (lines->dataset->id)
            return 0;
        return fail_cell(lines, row, ID, &id,
                         "a hash or a row, because the audit has no "
                         "identifiers",
                         error);
    }
    line->key.kind = BY_ROW;
    if (number.length == 0)
        return wn_csv_fail(lines->csv, row, (size_t)lines->column[VERDICT],
                           error, "the line names no row by hash, id or row");
    if (!wn_number_parse(number.text, number.length, &value) || value < 0 ||
        value >= (double)lines->dataset->n || value != (double)(size_t)value)
        return fail_cell(lines, row, ROW, &number, "a row of the audit, from 0",
                         error);
    line->key.value = (uint64_t)value;
    return 0;
}

/* A text that is kept; `wanted` says what a date or a note must be. */
static int read_text(const struct lines *lines, size_t row, enum column column,
                     const struct wn_cell *cells, char **text,
                     struct wn_error *error)
{
    const struct wn_cell cell = cell_of(lines, cells, column);
    struct wn_date date;

    if (cell.length > MAX_NOTE || memchr(cell.text, '\0', cell.length) ||
        !wn_text_is_utf8(cell.text, cell.length))
        return fail_cell(lines, row, column, &cell,
                         "at most 1,000 bytes of UTF-8", error);
    if (column == WHEN && cell.length &&
        !wn_date_parse(cell.text, cell.length, WN_YEAR_FIRST, &date))
        return fail_cell(lines, row, column, &cell, "a date such as 2024-02-29",
                         error);
    *text = wn_copy_text(cell.text, cell.length);
    return 0;
}

static int read_line(void *context, size_t row, const struct wn_cell *cells,
                     struct wn_error *error)
{
    struct lines *lines = context;
    const struct wn_cell verdict = cell_of(lines, cells, VERDICT);

    /* Files are joined by cat, headers and all. */
    if (verdict.length == 0 || equals(&verdict, column_names[VERDICT]))
        return 0;
    wn_grow(&lines->line, &lines->capacity, lines->count + 1,
            sizeof *lines->line);
    struct line *line = &lines->line[lines->count];
    *line = (struct line){0};
    if (read_verdict(lines, row, &verdict, cells[lines->column[VERDICT]],
                     &line->decided, error))
        return -1;
    lines->count++;
    line->decided.planned = cell_of(lines, cells, STRATUM).length > 0;
    return read_key(lines, row, cells, line, error) ||
                   read_text(lines, row, WHO, cells, &line->decided.who,
                             error) ||
                   read_text(lines, row, WHEN, cells, &line->decided.when,
                             error) ||
                   read_text(lines, row, NOTE, cells, &line->decided.note,
                             error)
               ? -1
               : 0;
}

static int read_file(const char *file, struct lines *lines,
                     struct wn_error *error)
{
    struct wn_csv_form form = wn_csv_default_form;
    int status = -1;

    form.delimiter = '\t';
    form.no_rows = true;
    struct wn_csv *csv = wn_csv_open(file, &form, error);
    if (!csv)
        return -1;
    lines->csv = csv;
    for (int c = 0; c < COLUMNS; c++)
        lines->column[c] = wn_csv_find(csv, column_names[c]);
    struct wn_csv_reader *reader = wn_csv_reader_new(csv);
    if (lines->column[VERDICT] < 0)
        wn_fail(error, WN_EDATA,
                "%s:1: found no column verdict, wanted a header of columns "
                "separated by tabs",
                csv->name);
    else if (lines->column[HASH] < 0 && lines->column[ID] < 0 &&
             lines->column[ROW] < 0)
        wn_fail(error, WN_EDATA,
                "%s:1: found no column hash, id or row, wanted at least one",
                csv->name);
    else if (csv->rows == 0 ||
             wn_csv_read(reader, 0, csv->rows, read_line, lines, error) == 0)
        status = wn_csv_unchanged(csv, error);
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
    return status;
}

static size_t add_key(struct wn_dictionary *keys, struct key key)
{
    return wn_dictionary_add(keys, (const char *)&key, sizeof key, 1, 0);
}

static long find_key(const struct wn_dictionary *keys, struct key key)
{
    return wn_dictionary_find(keys, (const char *)&key, sizeof key);
}

/* Add the verdict of a line about row i. A row that has the label which the
 * verdict asks for is right by now. */
static void add_decided(struct wn_decisions *out, size_t *capacity,
                        const struct line *line,
                        const struct wn_dataset *dataset, size_t i)
{
    wn_grow(&out->list, capacity, out->count + 1, sizeof *out->list);
    struct wn_decided *decided = &out->list[out->count++];

    *decided = line->decided;
    decided->row = i;
    decided->who = wn_copy_text(decided->who, strlen(decided->who));
    decided->when = wn_copy_text(decided->when, strlen(decided->when));
    decided->note = wn_copy_text(decided->note, strlen(decided->note));
    if (decided->decision == WN_SAID_RELABEL && dataset->label &&
        dataset->label[i] == decided->class) {
        decided->decision = WN_SAID_OK;
        decided->class = -1;
    }
}

/* Count the verdicts on rows that changed or are not there: the last line of
 * each key that no row has. Of an identifier: `there`, a row has it; `judged`,
 * and that row has a verdict. */
static void count_unmatched(const struct wn_dictionary *keys,
                            struct line *const *last, const bool *there,
                            const bool *judged, struct wn_decisions *out)
{
    for (size_t v = 0; v < keys->count; v++) {
        const struct line *line = last[v];

        if (!line || line->used || line->decided.decision == WN_UNDECIDED)
            continue;
        const long id =
            line->has_id ? find_key(keys, (struct key){BY_ID, line->id}) : -1;
        if (id < 0 || !there[id])
            out->gone++;
        else if (!judged[id])
            out->stale++;
    }
}

/* Give each row the last line about it, and count the other verdicts. */
static void match_lines(struct lines *lines, struct wn_decisions *out)
{
    const struct wn_dataset *dataset = lines->dataset;
    const size_t most = 2 * lines->count; /* keys, with those of identifiers */
    struct wn_dictionary keys = {0};
    /* Of each key: its last line; of an identifier also its last line with a
     * hash, whether a row has it, and whether such a row has a verdict. */
    struct line **last = wn_new(most, sizeof *last);
    struct line **hashed = wn_new(most, sizeof *hashed);
    bool *there = wn_new(most, sizeof *there);
    bool *judged = wn_new(most, sizeof *judged);
    size_t capacity = 0;

    for (size_t l = 0; l < lines->count; l++) {
        struct line *line = &lines->line[l];

        last[add_key(&keys, line->key)] = line;
        if (line->has_id) {
            const size_t id = add_key(&keys, (struct key){BY_ID, line->id});

            if (line->key.kind == BY_HASH)
                hashed[id] = line;
        }
    }
    for (size_t i = 0; i < dataset->n; i++) {
        const uint64_t at = dataset->id ? dataset->id_offset[i] : 0;
        const long found[] = {
            find_key(&keys, (struct key){BY_HASH, dataset->row_hash[i]}),
            find_key(&keys, (struct key){BY_ROW, i}),
            dataset->id
                ? find_key(
                      &keys,
                      (struct key){
                          BY_ID, wn_hash_bits(dataset->id + at,
                                              dataset->id_offset[i + 1] - at)})
                : -1};
        const long own = found[2];
        struct line *line = NULL;

        if (own >= 0)
            there[own] = true;
        for (int f = 0; f < 3; f++) {
            struct line *one = found[f] < 0 ? NULL : last[found[f]];

            if (one)
                one->used = true;
            if (one && (!line || one > line))
                line = one;
        }
        /* Somebody gave the row the label that the verdict asks for, which
         * changed its hash. */
        struct line *asked = own >= 0 ? hashed[own] : NULL;
        if (asked && !asked->used && (!line || asked > line) &&
            asked->decided.decision == WN_SAID_RELABEL && dataset->label &&
            dataset->label[i] == asked->decided.class) {
            asked->used = true;
            asked->decided.planned = false; /* no draw of this label */
            line = asked;
        }
        if (!line || line->decided.decision == WN_UNDECIDED)
            continue;
        add_decided(out, &capacity, line, dataset, i);
        if (own >= 0)
            judged[own] = true;
    }
    count_unmatched(&keys, last, there, judged, out);
    wn_dictionary_free(&keys);
    free(there);
    free(judged);
    free(hashed);
    free(last);
}

int wn_decisions_read(const char *const *files, size_t count,
                      const struct wn_dataset *dataset,
                      struct wn_decisions *out, struct wn_error *error)
{
    struct lines lines = {.dataset = dataset};
    int status = 0;

    *out = (struct wn_decisions){0};
    for (size_t f = 0; status == 0 && f < count; f++)
        status = read_file(files[f], &lines, error);
    if (status == 0)
        match_lines(&lines, out);
    for (size_t l = 0; l < lines.count; l++) {
        free(lines.line[l].decided.who);
        free(lines.line[l].decided.when);
        free(lines.line[l].decided.note);
    }
    free(lines.line);
    return status;
}

void wn_decisions_free(struct wn_decisions *decisions)
{
    for (size_t d = 0; d < decisions->count; d++) {
        free(decisions->list[d].who);
        free(decisions->list[d].when);
        free(decisions->list[d].note);
    }
    free(decisions->list);
    *decisions = (struct wn_decisions){0};
}
