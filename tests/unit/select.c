/* SPDX-License-Identifier: GPL-3.0-or-later */
/* select: fields and filters on a report of six rows, all by hand. */
#include "unit.h"

#include <string.h>

#include "select/select.h"

enum { N = 6, K = 3 };

static char *class_name[K] = {"cat", "dog", "11"};
static char *action_name[] = {"keep", "review", "relabel", "drop"};
static char *check_name[] = {"label", "duplicate", "outlier"};
static char *kind_name[] = {"clear", "wrong"};
static char *annotator_name[] = {"anna", "bert, the second"};
static char ids[] = "a1b22it's";

/* clang-format off */
static struct wn_score score[] = {
    {.name = "el2n",
     .value = (float[N]){0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f},
     .spread = (float[N]){0, 0, 0, 1, 1, 1}, .spread_name = "el2n_std",
     .cut = 0.5f},
    {.name = "margin", .value = (float[N]){6, 5, 4, 3, 2, 1}, .cut = 5}};

/* Records: r0, left out, r1, r2, left out twice, r3, r4, r5. */
static const struct wn_report animals = {
    .data = {.n = N, .k = K,
             .label = (int32_t[N]){0, 1, 2, 0, -1, 1},
             .label_name = class_name,
             .id = ids, .id_offset = (uint64_t[N + 1]){0, 2, 5, 5, 5, 5, 9},
             .row_offset = (uint64_t[N + 1]){10, 30, 40, 70, 80, 90, 99},
             .row_line = (uint64_t[N]){2, 4, 5, 8, 9, 10},
             .row_hash = (uint64_t[N]){1, 2, 3, 4, 5, 0xfedcba9876543210},
             .left_out = (uint64_t[]){20, 30, 50, 60, 60, 70}, .left_outs = 3,
             .annotator = (int32_t[N]){0, 1, 0, 1, -1, 0},
             .annotator_name = annotator_name, .annotators = 2},
    .flagged = true, .scores = 2, .score = score,
    .checks = 3, .check_name = check_name, .label_bit = 1,
    .actions = 4, .action_name = action_name,
    .kinds = 2, .kind_name = kind_name,
    .issue = (uint32_t[N]){1, 2, 3, 0, 4, 1},
    .suspicion = (float[N]){0.9f, 0.1f, 0.3f, 0, NAN, 1},
    .suggestion = (int32_t[N]){1, -1, 0, -1, -1, 2},
    .action = (uint8_t[N]){2, 3, 1, 0, 1, 2},
    .kind = (uint8_t[N]){1, 0, 1, 0, 0, 1},
    .rank = (size_t[N]){2, 4, 3, 5, 6, 1}};
/* clang-format on */

/* "101100": the rows of a filter, or what is wrong with it. */
static const char *rows(const char *text)
{
    static char out[1500];
    struct wn_error error = {0};
    uint8_t chosen[N];

    memset(chosen, 1, sizeof chosen);
    if (wn_filter_choose(&animals, "where", text, chosen, &error)) {
        assert_int_equal(error.code, WN_EUSAGE);
        snprintf(out, sizeof out, "%s\n%s", error.text, error.excerpt);
    } else {
        for (size_t i = 0; i < N; i++)
            out[i] = chosen[i] ? '1' : '0';
        out[N] = '\0';
    }
    return out;
}

static void numbers_compare_as_printed(void **state)
{
    (void)state;
    assert_string_equal(rows("suspicion>0.1"), "101001");
    assert_string_equal(rows("suspicion >= 0.1"), "111001");
    assert_string_equal(rows("suspicion=0.1"), "010000");
    assert_string_equal(rows("suspicion<=0.1"), "010100");
    assert_string_equal(rows("suspicion<.1"), "000100");
    /* An empty field is not equal to anything. */
    assert_string_equal(rows("suspicion!=0.1"), "101111");
    assert_string_equal(rows("not suspicion>0.1"), "010110");
    assert_string_equal(rows("suspicion"), "111001");
    assert_string_equal(rows("rank<=3"), "101001");
    assert_string_equal(rows("el2n>0.25 and el2n_std=0"), "001000");
    assert_string_equal(rows("weight<0.5"), "100001");
    assert_string_equal(rows("line=8"), "000100");
}

static void texts_compare_by_bytes(void **state)
{
    (void)state;
    assert_string_equal(rows("given=cat"), "100100");
    assert_string_equal(rows("given!=cat"), "011011");
    assert_string_equal(rows("given=''"), "000010");
    assert_string_equal(rows("not suggested"), "010110");
    assert_string_equal(rows("id='it''s'"), "000001");
    assert_string_equal(rows("id=\"it's\""), "000001");
    assert_string_equal(rows("id~'^[ab]'"), "110000");
    assert_string_equal(rows("id~2"), "010000");
    assert_string_equal(rows("annotator='bert, the second'"), "010100");
    assert_string_equal(rows("hash=fedcba9876543210"), "000001");
    /* Only the class 11 is a number. */
    assert_string_equal(rows("given>9"), "001000");
    assert_string_equal(rows("given<=11.0"), "001000");
}

static void lists_are_searched(void **state)
{
    (void)state;
    assert_string_equal(rows("issues=label"), "101001");
    assert_string_equal(rows("issues=duplicate"), "011000");
    assert_string_equal(rows("issues!=label"), "010110");
    assert_string_equal(rows("issues=''"), "000100");
    assert_string_equal(rows("issues"), "111011");
    assert_string_equal(rows("agree=el2n"), "000011");
    assert_string_equal(rows("agree=margin and not agree=el2n"), "110000");
    assert_string_equal(rows("flagged"), "101001");
}

static void precedence_is_that_of_logic(void **state)
{
    (void)state;
    /* or binds weaker than and, not stronger than both. */
    assert_string_equal(rows("given=dog or given=cat and flagged"), "110001");
    assert_string_equal(rows("(given=dog or given=cat) and flagged"), "100001");
    assert_string_equal(rows("not given=dog and not flagged"), "000110");
    assert_string_equal(rows("not (given=dog and not flagged)"), "101111");
    assert_string_equal(rows("NOT given=dog AND not(flagged)"), "000110");
    assert_string_equal(rows("not not flagged"), "101001");
    assert_string_equal(rows(" row=0 or row=1 or row=2\tor\nrow=3"), "111100");
}

static void errors_show_the_place(void **state)
{
    char deep[300] = "", caret[60];

    (void)state;
    assert_string_equal(rows("sucpicion>0.9"),
                        "--where: found 'sucpicion', wanted a field; is "
                        "'suspicion' meant?\n  sucpicion>0.9\n  ^");
    assert_string_equal(rows("row=1 and given=cta"),
                        "--where: found 'cta', wanted cat, dog, 11; is 'cat' "
                        "meant?\n  row=1 and given=cta\n                  ^");
    assert_string_equal(rows("row=x"), "--where: found 'x', wanted a number\n"
                                       "  row=x\n      ^");
    assert_string_equal(rows("(row=1"), "--where: found the end, wanted and, "
                                        "or or )\n  (row=1\n        ^");
    assert_string_equal(rows(""), "--where: found the end, wanted a field, "
                                  "not or (\n  \n  ^");
    assert_string_equal(rows("row=1 row=2"),
                        "--where: found 'row=2', wanted and, or or the end\n"
                        "  row=1 row=2\n        ^");
    assert_string_equal(rows("id='a"),
                        "--where: found ''a', wanted a quote at its end\n"
                        "  id='a\n     ^");
    assert_non_null(strstr(rows("id~'('"), "missing closing parenthesis"));
    assert_non_null(strstr(rows("row~1"), "wanted a field of text before ~"));
    assert_non_null(strstr(rows("given<b"), "found 'b', wanted a number"));
    assert_non_null(strstr(rows("quality>0"), "the audit has no quality"));
    assert_non_null(strstr(rows("row=="), "wanted a value"));
    /* The caret counts characters, and a long text is cut. */
    assert_string_equal(rows("id='\xc3\xa9\xc3\xa9' x"),
                        "--where: found 'x', wanted and, or or the end\n"
                        "  id='\xc3\xa9\xc3\xa9' x\n          ^");
    memset(deep, '(', 101);
    assert_non_null(strstr(rows(deep), "at most 100 levels"));
    memset(deep, ' ', 200);
    memcpy(deep + 200, "oops", 5);
    snprintf(caret, sizeof caret, "\n%52s^", "");
    assert_non_null(strstr(rows(deep), caret));
}

static void many_comparisons_are_too_many(void **state)
{
    enum { TERMS = 6000 };
    char *text = malloc(TERMS * 9 + 1);
    size_t length = 0;

    (void)state;
    for (size_t t = 0; t < TERMS; t++)
        length += (size_t)snprintf(text + length, 10, "row=%zu or ", t % 3);
    assert_non_null(strstr(rows(text), "wanted at most 5000 comparisons"));
    text[4000 * 9 - 4] = '\0';
    assert_string_equal(rows(text), "111000");
    free(text);
}

static const char *row_of(const char *list, size_t i)
{
    static char out[1500];
    struct wn_row_fields fields = {0};
    struct wn_text text = {0};
    struct wn_error error = {0};

    if (wn_row_fields_add(&fields, &animals, "fields", list, &error)) {
        snprintf(out, sizeof out, "%s\n%s", error.text, error.excerpt);
    } else {
        for (size_t f = 0; f < fields.count; f++) {
            wn_text_format(&text, "%s|", f ? "" : "|");
            wn_row_field_text(&fields.field[f], &animals, i, &text);
        }
        snprintf(out, sizeof out, "%s", wn_text_of(&text));
    }
    wn_text_free(&text);
    wn_row_fields_free(&fields);
    return out;
}

static void fields_are_texts(void **state)
{
    (void)state;
    assert_string_equal(row_of("record,row,line,id", 0), "||0|0|2|a1");
    assert_string_equal(row_of("record,row", 1), "||2|1");
    assert_string_equal(row_of("record,row,id", 2), "||3|2|");
    assert_string_equal(row_of("record,row", 3), "||6|3");
    assert_string_equal(row_of("record,row", 5), "||8|5");
    assert_string_equal(row_of("given,suggested,suspicion,weight,action", 0),
                        "||cat|dog|0.9|0.100000024|relabel");
    assert_string_equal(row_of("given,suspicion,issues,annotator", 4),
                        "||||outlier|");
    assert_string_equal(row_of("issues,agree,kind", 2),
                        "||label,duplicate||wrong");
    assert_string_equal(row_of("rank,scores", 3), "||5|0.4|1|3");
    assert_string_equal(row_of("rank,rank", 0),
                        "--fields: found 'rank' again\n  rank,rank\n       ^");
    assert_string_equal(row_of("row,,rank", 0),
                        "--fields: found '', wanted a field; --list-fields "
                        "shows them\n  row,,rank\n      ^");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_as_printed),
        cmocka_unit_test(texts_compare_by_bytes),
        cmocka_unit_test(lists_are_searched),
        cmocka_unit_test(precedence_is_that_of_logic),
        cmocka_unit_test(errors_show_the_place),
        cmocka_unit_test(many_comparisons_are_too_many),
        cmocka_unit_test(fields_are_texts)};

    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
