/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/terms by hand: which words there are, counted; and words that the
 * scan of ASCII and PCRE2 find in turn. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/text_model.h"

static struct wn_terms *terms;

static void take(const char *text)
{
    struct wn_error error = {0};

    assert_int_equal(wn_terms_read(terms, text, strlen(text), &error), 0);
}

/* How often the text has the only word of `word`. */
static int often(const char *text, const char *word)
{
    take(word);
    assert_int_equal(wn_terms_count(terms), 1);
    const uint32_t place = wn_terms_place(terms)[0];

    take(text);
    for (size_t i = 0; i < wn_terms_count(terms); i++)
        if (wn_terms_place(terms)[i] == place)
            return (int)wn_terms_often(terms)[i];
    return 0;
}

static size_t distinct(const char *text)
{
    take(text);
    return wn_terms_count(terms);
}

static void words_of_ascii(void **state)
{
    (void)state;
    assert_int_equal(distinct(""), 0);
    assert_int_equal(distinct("a I ... - 7"), 0);
    assert_int_equal(often("the film, THE Film; the_film x the", "the"), 3);
    assert_int_equal(often("the film, THE Film; the_film x the", "film"), 2);
    /* the, film, the_film; the film, film the, film the_film, the_film the */
    assert_int_equal(distinct("the film, THE Film; the_film x the"), 7);
    assert_int_equal(often("it isn't 1984", "isn"), 1);
    assert_int_equal(often("it isn't 1984", "1984"), 1);
}

static void words_of_other_scripts(void **state)
{
    (void)state;
    assert_int_equal(often("caf\xc3\xa9 noir, noir", "caf\xc3\xa9"), 1);
    assert_int_equal(often("caf\xc3\xa9 noir, noir", "noir"), 2);
    assert_int_equal(often("caf\xc3\xa9", "caf"), 0);
    assert_int_equal(often("\xc3\xa9tat \xc3\xa9 tat", "tat"), 1);
    /* A combining mark belongs to its word; a dash or a curly quote ends it. */
    assert_int_equal(often("cafe\xcc\x81s", "cafe"), 0);
    assert_int_equal(often("so\xe2\x80\x94then it\xe2\x80\x99s", "so"), 1);
    assert_int_equal(often("so\xe2\x80\x94then it\xe2\x80\x99s", "then"), 1);
    assert_int_equal(distinct("\xe7\x8c\xab\xe7\x8a\xac \xe7\x8c\xab"), 1);
    /* What is not UTF-8 parts words, as all beyond ASCII does then. */
    assert_int_equal(often("big\xff"
                           "cat caf\xc3\xa9",
                           "big"),
                     1);
    assert_int_equal(often("big\xff"
                           "cat caf\xc3\xa9",
                           "caf"),
                     1);
}

/* A long text after a short one, and the other way round. */
static void many_words(void **state)
{
    enum { WORDS = 5000, ROOM = 8 };
    char *text = malloc(WORDS * ROOM + 1);

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < WORDS; i++)
        snprintf(text + (size_t)i * ROOM, ROOM + 1, "w%06d ", i);
    assert_int_equal(distinct("one two"), 3);
    assert_int_equal(distinct(text), 2 * WORDS - 1);
    assert_int_equal(distinct("one two"), 3);
    free(text);
}

/* The terms that are grams, and all their counts. */
static void grams(struct wn_terms *taker, const char *text, size_t *count,
                  float *sum)
{
    struct wn_error error = {0};

    *count = 0;
    *sum = 0;
    assert_int_equal(wn_terms_read(taker, text, strlen(text), &error), 0);
    for (size_t i = 0; i < wn_terms_count(taker); i++)
        if (wn_terms_place(taker)[i] >= WN_TERMS_GRAM) {
            ++*count;
            *sum += wn_terms_often(taker)[i];
        }
}

static void parts_of_words(void **state)
{
    struct wn_terms *chars = wn_terms_new(WN_GRAMS_CHARS);
    struct wn_terms *both = wn_terms_new(WN_GRAMS_BOTH);
    size_t count;
    float sum;

    (void)state;
    assert_non_null(chars);
    assert_non_null(both);
    /* " at "; " art "; " movi", "movie", "ovie ". */
    grams(chars, "at", &count, &sum);
    assert_int_equal(count, 1);
    grams(chars, "art", &count, &sum);
    assert_int_equal(count, 1);
    grams(chars, "movie", &count, &sum);
    assert_int_equal(count, 3);
    assert_int_equal(wn_terms_count(chars), 3);
    grams(chars, "movie Movies", &count, &sum);
    assert_int_equal(count, 5); /* and "ovies", "vies " */
    assert_true(sum == 7);
    /* Characters, not bytes: " " + three of two bytes + " ". */
    grams(chars, "Ã©tÃ©", &count, &sum);
    assert_int_equal(count, 1);
    grams(both, "movie at", &count, &sum);
    assert_int_equal(count, 4);
    assert_int_equal(wn_terms_count(both), 4 + 3);
    grams(terms, "movie at", &count, &sum);
    assert_int_equal(count, 0);
    wn_terms_free(chars);
    wn_terms_free(both);
}

static int begin(void **state)
{

    (void)state;
    terms = wn_terms_new(WN_GRAMS_WORDS);
    return terms ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    wn_terms_free(terms);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_ascii),
        cmocka_unit_test(words_of_other_scripts),
        cmocka_unit_test(many_words),
        cmocka_unit_test(parts_of_words),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
