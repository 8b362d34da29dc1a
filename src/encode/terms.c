/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words by a scan of ASCII, and by PCRE2 where there is more; see terms.h. */
#include "encode/terms.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

enum { WORD_BYTES = 64, FEWEST_SLOTS = 256 };

struct wn_terms {
    enum wn_grams grams;
    pcre2_code *code;
    pcre2_match_data *found;
    char *copy; /* of a text that is not UTF-8 */
    size_t copy_room;
    uint32_t *place;
    float *often;
    size_t count, place_room, often_room;
    uint32_t *slot; /* open addressing: index in `place` + 1, 0 = free */
    size_t slots;   /* a power of two, more than twice the count */
    size_t slot_room;
    bool in_word[256];
};

struct wn_terms *wn_terms_new(enum wn_grams grams)
{
    static const char word[] = "[\\p{L}\\p{M}\\p{N}_]{2,}";
    struct wn_terms *terms = wn_new(1, sizeof *terms);
    PCRE2_SIZE at;
    int code;

    terms->grams = grams;
    for (int c = 0; c < 128; c++)
        terms->in_word[c] = (c >= '0' && c <= '9') || c == '_' ||
                            ((c | 32) >= 'a' && (c | 32) <= 'z');
    terms->code =
        pcre2_compile((PCRE2_SPTR)word, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    if (terms->code) {
        /* Without a just-in-time compiler it is only slower. */
        (void)pcre2_jit_compile(terms->code, PCRE2_JIT_COMPLETE);
        terms->found = pcre2_match_data_create_from_pattern(terms->code, NULL);
    }
    if (!terms->found)
        wn_die("no memory for a pattern");
    return terms;
}

void wn_terms_free(struct wn_terms *terms)
{
    if (!terms)
        return;
    pcre2_match_data_free(terms->found);
    pcre2_code_free(terms->code);
    free(terms->copy);
    free(terms->place);
    free(terms->often);
    free(terms->slot);
    free(terms);
}

size_t wn_terms_count(const struct wn_terms *terms)
{
    return terms->count;
}

uint32_t *wn_terms_place(const struct wn_terms *terms)
{
    return terms->place;
}

float *wn_terms_often(const struct wn_terms *terms)
{
    return terms->often;
}

/* --- counting ----------------------------------------------------------- */

/* The slot of a place, or the free one where it would be. The places are
 * digests: their bits need no mixing. */
static uint32_t *terms_find_slot(struct wn_terms *terms, uint32_t place)
{
    const size_t mask = terms->slots - 1;
    size_t s = place & mask;

    while (terms->slot[s] && terms->place[terms->slot[s] - 1] != place)
        s = (s + 1) & mask;
    return &terms->slot[s];
}

static int set_slots(struct wn_terms *terms, size_t slots)
{
    wn_grow(&terms->slot, &terms->slot_room, slots, sizeof *terms->slot);
    memset(terms->slot, 0, slots * sizeof *terms->slot);
    terms->slots = slots;
    for (size_t i = 0; i < terms->count; i++)
        *terms_find_slot(terms, terms->place[i]) = (uint32_t)i + 1;
    return 0;
}

static int add_place(struct wn_terms *terms, uint32_t place)
{
    uint32_t *slot = terms_find_slot(terms, place);

    if (*slot) {
        terms->often[*slot - 1]++;
        return 0;
    }
    wn_grow(&terms->place, &terms->place_room, terms->count + 1,
            sizeof *terms->place);
    if (wn_grow(&terms->often, &terms->often_room, terms->count + 1,
                sizeof *terms->often))
        return -1;
    terms->place[terms->count] = place;
    terms->often[terms->count++] = 1;
    *slot = (uint32_t)terms->count;
    return 2 * terms->count < terms->slots ? 0
                                           : set_slots(terms, 2 * terms->slots);
}

/* --- words -------------------------------------------------------------- */

/* The word between two blanks, capitals of ASCII made small, its first
 * WORD_BYTES bytes: returns how many bytes there are. */
static size_t make_small(const char *text, size_t length,
                         char out[WORD_BYTES + 2])
{
    if (length > WORD_BYTES)
        length = WORD_BYTES;
    out[0] = out[length + 1] = ' ';
    for (size_t i = 0; i < length; i++)
        out[i + 1] =
            (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 32 : text[i]);
    return length + 2;
}

static int terms_add_word(struct wn_terms *terms, uint64_t hash)
{
    return add_place(terms, (uint32_t)(hash >> 33));
}

static int add_gram(struct wn_terms *terms, const char *text, size_t length)
{
    const uint32_t bucket = wn_hash_bits(text, length) % WN_GRAM_BUCKETS;

    /* An odd factor scatters buckets over the slots and lets none meet. */
    return add_place(terms, bucket * UINT32_C(0x9e3779b1) % WN_TERMS_GRAM |
                                WN_TERMS_GRAM);
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* The grams of a word between blanks. */
static int add_grams(struct wn_terms *terms, const char *word, size_t length)
{
    size_t begin = 0, end = 0, characters = 0;

    while (end < length) {
        for (end++; end < length && !begins_character(word[end]);)
            end++;
        if (++characters < WN_GRAM && end < length)
            continue;
        if (add_gram(terms, word + begin, end - begin))
            return -1;
        for (begin++; begin < end && !begins_character(word[begin]);)
            begin++;
        characters = WN_GRAM - 1;
    }
    return 0;
}

/* Two words in order, as one. */
static uint64_t pair(uint64_t first, uint64_t second)
{
    const uint64_t mixed = first * UINT64_C(0x9e3779b97f4a7c15) + second;

    return (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

/* A copy in which blanks stand for what is not UTF-8: for all bytes beyond
 * ASCII, if there is one such byte. */
static const char *make_utf8(struct wn_terms *terms, const char *text,
                             size_t length)
{
    if (wn_text_is_utf8(text, length))
        return text;
    wn_grow(&terms->copy, &terms->copy_room, length, 1);
    for (size_t i = 0; i < length; i++)
        terms->copy[i] = (char)((unsigned char)text[i] < 128 ? text[i] : ' ');
    return terms->copy;
}

/* The first word at or after *begin, which no word's end crosses: 1, its bytes
 * are *begin .. *end-1; 0 if there is none. */
static int find_word(struct wn_terms *terms, const char *text, size_t length,
                     size_t *begin, size_t *end, struct wn_error *error)
{
    const unsigned char *byte = (const unsigned char *)text;
    const PCRE2_SIZE *bound = pcre2_get_ovector_pointer(terms->found);
    size_t at = *begin, past;
    int code;

    for (;; at = past) {
        while (at < length && byte[at] < 128 && !terms->in_word[byte[at]])
            at++;
        for (past = at; past < length && terms->in_word[byte[past]];)
            past++;
        if (past < length && byte[past] >= 128)
            break;
        if (past - at == 1)
            continue;
        *begin = at;
        *end = past;
        return past > at;
    }
    code = pcre2_match(terms->code, (PCRE2_SPTR)text, length, at,
                       PCRE2_NO_UTF_CHECK, terms->found, NULL);
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    if (code < 0)
        return wn_fail(error, WN_EIO, "words cannot be found (PCRE2 %d)", code);
    *begin = bound[0];
    *end = bound[1];
    return 1;
}

int wn_terms_read(struct wn_terms *terms, const char *text, size_t length,
                  struct wn_error *error)
{
    uint64_t last = 0;
    size_t begin = 0, end = 0, slots = FEWEST_SLOTS;
    int found;

    while (slots < length / 2)
        slots *= 2;
    terms->count = 0;
    set_slots(terms, slots);
    text = make_utf8(terms, text, length);
    for (; (found = find_word(terms, text, length, &begin, &end, error)) == 1;
         begin = end) {
        char word[WORD_BYTES + 2];
        const size_t size = make_small(text + begin, end - begin, word);

        if (terms->grams & WN_GRAMS_CHARS && add_grams(terms, word, size))
            return -1;
        if (!(terms->grams & WN_GRAMS_WORDS))
            continue;
        const uint64_t hash = wn_hash_bits(word + 1, size - 2);

        if (terms_add_word(terms, hash) ||
            (last && terms_add_word(terms, pair(last, hash))))
            return -1;
        last = hash;
    }
    return found;
}
