/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words by a scan of ASCII, by PCRE2 beyond ASCII; see text_model.h. */
#include "encode/text_model.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

enum { WORD_BYTES = 64, MIN_SLOTS = 256 };

struct wn_terms {
    enum wn_grams grams;
    pcre2_code *code;
    pcre2_match_data *found;
    char *copy; /* of a text that is not UTF-8 */
    size_t copy_capacity;
    uint32_t *place;
    float *often;
    size_t count, place_capacity, often_capacity;
    uint32_t *slot; /* open addressing: index in `place` + 1, 0 = free */
    size_t slots;   /* a power of two, more than twice the count */
    size_t slot_capacity;
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

/* The slot of a digest, or the free one where it would be. Digests need no
 * further mixing. */
static uint32_t *terms_find_slot(struct wn_terms *terms, uint32_t place)
{
    const size_t mask = terms->slots - 1;
    size_t s = place & mask;

    while (terms->slot[s] && terms->place[terms->slot[s] - 1] != place)
        s = (s + 1) & mask;
    return &terms->slot[s];
}

static void set_slots(struct wn_terms *terms, size_t slots)
{
    wn_grow(&terms->slot, &terms->slot_capacity, slots, sizeof *terms->slot);
    memset(terms->slot, 0, slots * sizeof *terms->slot);
    terms->slots = slots;
    for (size_t i = 0; i < terms->count; i++)
        *terms_find_slot(terms, terms->place[i]) = (uint32_t)i + 1;
}

static void add_term(struct wn_terms *terms, uint32_t place)
{
    uint32_t *slot = terms_find_slot(terms, place);

    if (*slot) {
        terms->often[*slot - 1]++;
        return;
    }
    wn_grow(&terms->place, &terms->place_capacity, terms->count + 1,
            sizeof *terms->place);
    wn_grow(&terms->often, &terms->often_capacity, terms->count + 1,
            sizeof *terms->often);
    terms->place[terms->count] = place;
    terms->often[terms->count++] = 1;
    *slot = (uint32_t)terms->count;
    if (2 * terms->count >= terms->slots)
        set_slots(terms, 2 * terms->slots);
}

/* --- words -------------------------------------------------------------- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* The first word at or after *begin, where no word crosses *begin: 1 and its
 * bytes *begin .. *end-1; 0 if there is none. */
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
    size_t begin = 0, end = 0, slots = MIN_SLOTS;
    int found;

    while (slots < length / 2)
        slots *= 2;
    terms->count = 0;
    set_slots(terms, slots);
    /* If some byte is not UTF-8, blanks replace all bytes beyond ASCII. */
    if (!wn_text_is_utf8(text, length)) {
        wn_grow(&terms->copy, &terms->copy_capacity, length, 1);
        for (size_t i = 0; i < length; i++)
            terms->copy[i] =
                (char)((unsigned char)text[i] < 128 ? text[i] : ' ');
        text = terms->copy;
    }
    for (; (found = find_word(terms, text, length, &begin, &end, error)) == 1;
         begin = end) {
        char word[WORD_BYTES + 2]; /* its beginning, between two blanks */
        const size_t size = end - begin < WORD_BYTES ? end - begin : WORD_BYTES;

        word[0] = word[size + 1] = ' ';
        for (size_t i = 0; i < size; i++) {
            const char c = text[begin + i];

            word[i + 1] = (char)(c >= 'A' && c <= 'Z' ? c | 32 : c);
        }
        if (terms->grams & WN_GRAMS_CHARS) {
            /* The grams of the word between blanks. */
            const size_t whole = size + 2;
            size_t from = 0, past = 0, characters = 0;

            while (past < whole) {
                for (past++; past < whole && !begins_character(word[past]);)
                    past++;
                if (++characters < WN_GRAM && past < whole)
                    continue;
                const uint32_t bucket =
                    wn_hash_bits(word + from, past - from) % WN_GRAM_BUCKETS;
                /* An odd factor scatters the buckets without collisions. */
                add_term(terms, bucket * UINT32_C(0x9e3779b1) % WN_TERMS_GRAM |
                                    WN_TERMS_GRAM);
                for (from++; from < past && !begins_character(word[from]);)
                    from++;
                characters = WN_GRAM - 1;
            }
        }
        if (!(terms->grams & WN_GRAMS_WORDS))
            continue;
        const uint64_t hash = wn_hash_bits(word + 1, size);

        add_term(terms, (uint32_t)(hash >> 33));
        if (last) {
            const uint64_t mixed = last * UINT64_C(0x9e3779b97f4a7c15) + hash;
            const uint64_t pair =
                (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);

            add_term(terms, (uint32_t)(pair >> 33));
        }
        last = hash;
    }
    return found;
}
