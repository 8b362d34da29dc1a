/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutations that know the grammar: of CSV by records, columns and cells, of
 * cleaning rules by lines. Parsers take most of what comes out, so that what
 * lies behind them is reached. */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "util/random.h"
#include "util/text.h"

static size_t below(struct wn_random *random, size_t most)
{
    return (size_t)wn_random_below(random, most);
}

#define ONE_OF(random, list) list[below(random, sizeof(list) / sizeof *(list))]

static void put(struct wn_text *out, const char *text)
{
    wn_text_add(out, text, strlen(text));
}

/* The text becomes the bytes, unless that is too much. */
static void give(struct wn_text *out, struct fuzz_bytes *bytes)
{
    if (out->length <= FUZZ_MOST) {
        memcpy(bytes->at, wn_text_of(out), out->length);
        bytes->length = out->length;
    }
    wn_text_free(out);
}

/* --- CSV ------------------------------------------------------------------ */

enum { ROWS = 512, FIELDS = 4096 };

struct table {
    const char *text;
    size_t rows, first[ROWS + 1]; /* the fields of row r begin at first[r] */
    size_t begin[FIELDS], end[FIELDS];
};

static void put_cell(struct wn_text *out, struct wn_random *random)
{
    static const char *const cells[] = {"",
                                        "0",
                                        "-1.5e3",
                                        "1e308",
                                        "007",
                                        "NA",
                                        "2024-02-29",
                                        "29.02.2024 12:00",
                                        "yes",
                                        "no",
                                        "x",
                                        "y",
                                        "\"a \"\"b\"\", c\"",
                                        "\" \"",
                                        "\xc3\xa9",
                                        "\xff",
                                        "\"x\ny\"",
                                        "one two three four",
                                        "\"1,5\"",
                                        " 1 ",
                                        "=1+1",
                                        "\"\r\n\"",
                                        "\xe2\x80\xae",
                                        "0x10",
                                        "1.7e-320"};

    switch (below(random, 8)) {
    case 0:
    case 1:
        wn_text_format(out, "%llu",
                       (unsigned long long)wn_random_bits(random) >>
                           below(random, 64));
        break;
    case 2:
        wn_text_format(out, "%.3g", 100 * wn_random_unit(random) - 50);
        break;
    case 3:
        wn_text_format(out, "w%zu", below(random, 5));
        break;
    case 4:
        if (below(random, 16) == 0) {
            for (size_t i = below(random, 400); i > 0; i--)
                put(out, "long ");
            break;
        }
        /* fallthrough */
    default:
        put(out, ONE_OF(random, cells));
    }
}

static void make_table(struct fuzz_bytes *bytes, struct wn_random *random)
{
    const size_t columns = 2 + below(random, 4), rows = 2 + below(random, 12);
    struct wn_text out = {0};

    for (size_t r = 0; r <= rows; r++)
        for (size_t c = 0; c < columns; c++) {
            if (c + 1 == columns)
                put(&out, r == 0             ? "label\n"
                          : below(random, 2) ? "x\n"
                                             : "y\n");
            else if (r == 0)
                wn_text_format(&out, "c%zu,", c);
            else {
                put_cell(&out, random);
                put(&out, ",");
            }
        }
    give(&out, bytes);
}

/* Split at commas and line feeds outside quotes; false if it does not begin
 * with a header of plain names. */
static bool split(struct table *table, const struct fuzz_bytes *bytes)
{
    size_t fields = 0;
    bool quoted = false;

    *table = (struct table){.text = bytes->at};
    for (size_t at = 0, begin = 0; at < bytes->length; at++) {
        const char c = bytes->at[at];

        quoted ^= c == '"';
        if (table->rows == 0 &&
            (c == '"' || c == '\r' || c == '\0' || (c & 0x80)))
            return false;
        if (quoted || (c != ',' && c != '\n'))
            continue;
        if (fields == FIELDS || table->rows == ROWS)
            break;
        if (table->rows == 0 && at == begin)
            return false;
        table->begin[fields] = begin;
        table->end[fields++] = at;
        begin = at + 1;
        if (c == '\n')
            table->first[++table->rows] = fields;
    }
    return table->rows > 1 && table->first[1] > 1;
}

void fuzz_shape_csv(struct fuzz_bytes *bytes, struct wn_random *random)
{
    enum {
        CELL,
        CELLS,
        LESS,
        TWICE,
        SWAP,
        NARROWER,
        WIDER,
        BROKEN,
        LINES,
        CHANGES
    };
    static const char *const breaks[] = {",", "\"", "a\"b", "\r", ",\"open"};
    static struct table table;
    struct wn_text out = {0};

    if (!split(&table, bytes)) {
        make_table(bytes, random);
        return;
    }
    const size_t change = below(random, CHANGES);
    const size_t columns = table.first[1];
    const size_t row = 1 + below(random, table.rows - 1);
    const size_t other = 1 + below(random, table.rows - 1);
    const size_t column = below(random, columns);

    for (size_t r = 0; r < table.rows; r++) {
        const size_t from = change != SWAP ? r
                            : r == row     ? other
                            : r == other   ? row
                                           : r;
        const size_t first = table.first[from], end = table.first[from + 1];

        if (change == LESS && r == row && table.rows > 2)
            continue;
        for (int copies = 1 + (change == TWICE && r == row); copies; copies--) {
            for (size_t f = first, fields = 0; f < end; f++) {
                const size_t c = f - first;

                if (change == NARROWER && c == column && columns > 2)
                    continue;
                put(&out, fields++ ? "," : "");
                if ((change == CELL && r == row && c == column) ||
                    (change == CELLS && r && c == column && below(random, 2)))
                    put_cell(&out, random);
                else
                    wn_text_add(&out, table.text + table.begin[f],
                                table.end[f] - table.begin[f]);
                if (change == WIDER && c == column && r == 0)
                    wn_text_format(&out, ",n%zu", below(random, 1000000));
                else if (change == WIDER && c == column) {
                    put(&out, ",");
                    put_cell(&out, random);
                }
            }
            if (change == BROKEN && r == row)
                put(&out, ONE_OF(random, breaks));
            put(&out, change == LINES && r == row ? "\r\n\n" : "\n");
        }
    }
    give(&out, bytes);
}

/* --- cleaning rules --------------------------------------------------------
 */

static void put_pattern(struct wn_text *out, struct wn_random *random)
{
    static const char *const atoms[] = {
        "a",           ".",      "\\d",      "\\s+",  "[a-z]", "(a|b)",
        "(?:x)",       "\\/",    "x{1,3}",   "(a+)",  "$",     "\\bw",
        "[^,]",        "(?i:n)", "\xc3\xa9", "\\w*?", "(?=a)", "-",
        "[[:alpha:]]", "\\x41",  "(?<!b)"};

    put(out, "/");
    for (size_t i = 1 + below(random, 4); i > 0; i--)
        put(out, ONE_OF(random, atoms));
    put(out, "/");
}

static void put_rule(struct wn_text *out, struct wn_random *random)
{
    static const char *const columns[] = {
        "a", "name.*", ".*", "\"post code\"", "x|y", "c[0-9]", "label"};
    static const char *const plain[] = {"trim", "lower", "unique", "not-null"};
    static const char *const words[] = {"Cat", "\"c at\"", "\xc3\x84", "1",
                                        "b-c"};
    static const char *const with[] = {"/", "$1/", "x/", "-$1-/", "$$/", " /"};

    wn_text_format(out, "r%zu ", below(random, 1000000));
    put(out, ONE_OF(random, columns));
    put(out, ": ");
    switch (below(random, 6)) {
    case 0:
        wn_text_format(out, "range %zu..%zu", below(random, 9),
                       9 + below(random, 9));
        break;
    case 1:
        put(out, "replace ");
        /* $1 wants a group. */
        if (below(random, 2)) {
            put(out, "/(");
            put(out, "a.?)/");
            put(out, ONE_OF(random, with));
        } else {
            put_pattern(out, random);
            put(out, "-/");
        }
        break;
    case 2:
        put(out, below(random, 2) ? "na " : "require ");
        put_pattern(out, random);
        if (below(random, 2))
            put(out, "i");
        break;
    case 3:
        put(out, "map ");
        put(out, ONE_OF(random, words));
        put(out, " = ");
        put(out, ONE_OF(random, words));
        break;
    default:
        put(out, ONE_OF(random, plain));
    }
    put(out, below(random, 8) ? "\n" : " # why\r\n");
}

void fuzz_shape_rules(struct fuzz_bytes *bytes, struct wn_random *random)
{
    const size_t change = below(random, 4),
                 at = below(random, bytes->length + 1);
    struct wn_text out = {0};
    size_t begin = at, end = at;

    /* The line around `at`. */
    while (begin > 0 && bytes->at[begin - 1] != '\n')
        begin--;
    while (end < bytes->length && bytes->at[end++] != '\n')
        continue;
    wn_text_add(&out, bytes->at, begin);
    if (change > 0)
        put_rule(&out, random);
    if (change < 2)
        begin = end; /* in its place */
    wn_text_add(&out, bytes->at + begin, bytes->length - begin);
    give(&out, bytes);
}
