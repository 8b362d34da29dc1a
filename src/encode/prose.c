/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words to terms, terms to TF-IDF, TF-IDF to a few directions; see prose.h. */
#include "encode/prose.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

enum { DIGIT_BITS = 11, DIGIT = 1 << DIGIT_BITS, FEW = 64 };
enum { WORD_BYTES = 64, RARE = 700 };

struct wn_terms {
    pcre2_code *code;
    pcre2_match_data *found;
    char *copy; /* of a text that is not UTF-8 */
    size_t copy_room;
    uint32_t *place, *spare;
    float *often;
    size_t count, place_room, spare_room, often_room;
};

struct wn_prose {
    struct term {
        uint32_t place, number; /* number + 1, 0 = a free slot */
    } *slot;       /* open addressing */
    size_t slots;  /* a power of two */
    float *rarity; /* terms */
    float *basis;  /* terms x dims */
    float *mean;   /* dims */
    float factor;
    size_t terms, dims;
};

/* --- terms -------------------------------------------------------------- */

struct wn_terms *wn_terms_new(struct wn_error *error)
{
    static const char word[] = "[\\p{L}\\p{M}\\p{N}_]{2,}";
    struct wn_terms *terms = wn_new(1, sizeof *terms, error);
    PCRE2_SIZE at;
    int code;

    if (!terms)
        return NULL;
    terms->code = pcre2_compile((PCRE2_SPTR)word, PCRE2_ZERO_TERMINATED,
                                PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code,
                                &at, NULL);
    if (terms->code) {
        /* Without a just-in-time compiler it is only slower. */
        (void)pcre2_jit_compile(terms->code, PCRE2_JIT_COMPLETE);
        terms->found =
            pcre2_match_data_create_from_pattern(terms->code, NULL);
    }
    if (terms->found)
        return terms;
    wn_fail(error, WN_ENOMEM, "no memory for a pattern");
    wn_terms_free(terms);
    return NULL;
}

void wn_terms_free(struct wn_terms *terms)
{
    if (!terms)
        return;
    pcre2_match_data_free(terms->found);
    pcre2_code_free(terms->code);
    free(terms->copy);
    free(terms->place);
    free(terms->spare);
    free(terms->often);
    free(terms);
}

size_t wn_terms_count(const struct wn_terms *terms)
{
    return terms->count;
}

const uint32_t *wn_terms_place(const struct wn_terms *terms)
{
    return terms->place;
}

const float *wn_terms_often(const struct wn_terms *terms)
{
    return terms->often;
}

static uint64_t hash_word(const char *text, size_t length)
{
    char small[WORD_BYTES];

    if (length > WORD_BYTES)
        length = WORD_BYTES;
    for (size_t i = 0; i < length; i++)
        small[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 32
                                                           : text[i]);
    return wn_hash_bits(small, length);
}

/* Two words in order, as one. */
static uint64_t pair(uint64_t first, uint64_t second)
{
    const uint64_t mixed = first * UINT64_C(0x9e3779b97f4a7c15) + second;

    return (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

static int add_place(struct wn_terms *terms, uint64_t hash,
                     struct wn_error *error)
{
    if (wn_grow(&terms->place, &terms->place_room, terms->count + 1,
                sizeof *terms->place, error))
        return -1;
    terms->place[terms->count++] = (uint32_t)(hash >> 32);
    return 0;
}

static void sort_by(const uint32_t *from, uint32_t *to, size_t count,
                    int shift)
{
    size_t at[DIGIT + 1] = {0};

    for (size_t i = 0; i < count; i++)
        at[(from[i] >> shift) % DIGIT + 1]++;
    for (size_t b = 1; b < DIGIT; b++)
        at[b] += at[b - 1];
    for (size_t i = 0; i < count; i++)
        to[at[(from[i] >> shift) % DIGIT]++] = from[i];
}

/* Ascending; `spare` is as long. */
static void sort_places(uint32_t *place, uint32_t *spare, size_t count)
{
    if (count > FEW) {
        sort_by(place, spare, count, 0);
        sort_by(spare, place, count, DIGIT_BITS);
        sort_by(place, spare, count, 2 * DIGIT_BITS);
        memcpy(place, spare, count * sizeof *place);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const uint32_t moved = place[i];
        size_t at = i;

        for (; at > 0 && place[at - 1] > moved; at--)
            place[at] = place[at - 1];
        place[at] = moved;
    }
}

/* Sort the places and count equal ones. */
static int count_terms(struct wn_terms *terms, struct wn_error *error)
{
    size_t kept = 0;

    if (wn_grow(&terms->spare, &terms->spare_room, terms->count,
                sizeof *terms->spare, error) ||
        wn_grow(&terms->often, &terms->often_room, terms->count,
                sizeof *terms->often, error))
        return -1;
    sort_places(terms->place, terms->spare, terms->count);
    for (size_t i = 0; i < terms->count; i++) {
        if (kept && terms->place[kept - 1] == terms->place[i]) {
            terms->often[kept - 1]++;
            continue;
        }
        terms->place[kept] = terms->place[i];
        terms->often[kept++] = 1;
    }
    terms->count = kept;
    return 0;
}

/* A copy in which blanks stand for what is not UTF-8: for all bytes beyond
 * ASCII, if there is one such byte. */
static const char *make_utf8(struct wn_terms *terms, const char *text,
                             size_t length, struct wn_error *error)
{
    if (wn_text_is_utf8(text, length))
        return text;
    if (wn_grow(&terms->copy, &terms->copy_room, length, 1, error))
        return NULL;
    for (size_t i = 0; i < length; i++)
        terms->copy[i] = (char)((unsigned char)text[i] < 128 ? text[i] : ' ');
    return terms->copy;
}

int wn_terms_read(struct wn_terms *terms, const char *text, size_t length,
                  struct wn_error *error)
{
    const PCRE2_SIZE *bound = pcre2_get_ovector_pointer(terms->found);
    uint64_t last = 0;
    size_t at = 0;
    int code;

    terms->count = 0;
    text = make_utf8(terms, text, length, error);
    if (!text)
        return -1;
    while ((code = pcre2_match(terms->code, (PCRE2_SPTR)text, length, at,
                               PCRE2_NO_UTF_CHECK, terms->found, NULL)) > 0) {
        const uint64_t hash = hash_word(text + bound[0], bound[1] - bound[0]);

        if (add_place(terms, hash, error) ||
            (last && add_place(terms, pair(last, hash), error)))
            return -1;
        last = hash;
        at = bound[1];
    }
    if (code != PCRE2_ERROR_NOMATCH)
        return wn_fail(error, WN_ENOMEM, "words cannot be found (PCRE2 %d)",
                       code);
    return count_terms(terms, error);
}

/* --- fitting ------------------------------------------------------------ */

/* The slot of a place, or the free one where it would be. The places are
 * digests: their bits need no mixing. */
static struct term *find_slot(const struct wn_prose *prose, uint32_t place)
{
    const size_t mask = prose->slots - 1;
    size_t s = place & mask;

    while (prose->slot[s].number && prose->slot[s].place != place)
        s = (s + 1) & mask;
    return &prose->slot[s];
}

/* How many of the sorted places occur `least` times or more; with `number`,
 * they are numbered in order. */
static size_t count_common(struct wn_prose *prose, const uint32_t *place,
                           size_t count, size_t least, size_t documents,
                           bool number)
{
    size_t terms = 0;

    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && place[next] == place[i];)
            next++;
        if (next - i < least)
            continue;
        if (number) {
            prose->rarity[terms] = (float)(
                1 + log((1 + (double)documents) / (1 + (double)(next - i))));
            *find_slot(prose, place[i]) =
                (struct term){place[i], (uint32_t)terms + 1};
        }
        terms++;
    }
    return terms;
}

/* Number the terms that enough documents have. */
static int number_terms(struct wn_prose *prose, size_t documents,
                        const uint64_t *start, const uint32_t *place,
                        struct wn_error *error)
{
    const size_t count = (size_t)start[documents];
    uint32_t *sorted = wn_new(2 * count, sizeof *sorted, error);
    size_t least = documents / RARE + 1 > 2 ? documents / RARE + 1 : 2;

    if (!sorted)
        return -1;
    if (count)
        memcpy(sorted, place, count * sizeof *sorted);
    sort_places(sorted, sorted + count, count);
    while ((prose->terms = count_common(prose, sorted, count, least,
                                        documents, false)) > WN_PROSE_TERMS)
        least++;
    for (prose->slots = 4; prose->slots < 2 * prose->terms;)
        prose->slots *= 2;
    prose->slot = wn_new(prose->slots, sizeof *prose->slot, error);
    prose->rarity = wn_new(prose->terms, sizeof *prose->rarity, error);
    if (prose->slot && prose->rarity)
        count_common(prose, sorted, count, least, documents, true);
    free(sorted);
    return prose->slot && prose->rarity ? 0 : -1;
}

/* Keep the terms that have a number, as weights of a vector of length 1.
 * Returns how many there are. `place` becomes their numbers; in place, if
 * out_place is place. */
static size_t weigh(const struct wn_prose *prose, size_t count,
                    const uint32_t *place, const float *often,
                    uint32_t *out_number, float *out_weight)
{
    double square = 0;
    size_t kept = 0;

    for (size_t e = 0; e < count; e++) {
        const uint32_t number = find_slot(prose, place[e])->number;

        if (number == 0)
            continue;
        const float weight =
            (1 + logf(often[e])) * prose->rarity[number - 1];
        out_number[kept] = number - 1;
        out_weight[kept++] = weight;
        square += (double)weight * (double)weight;
    }
    for (size_t e = 0; e < kept; e++)
        out_weight[e] = (float)((double)out_weight[e] / sqrt(square));
    return kept;
}

/* Means of the directions, and the factor that brings the largest standard
 * deviation to 1. */
static int center(struct wn_prose *prose, size_t documents,
                  const uint64_t *start, const uint32_t *number,
                  const float *weight, struct wn_error *error)
{
    const size_t dims = prose->dims;
    double *sum = wn_new(3 * dims, sizeof *sum, error);
    double most = 0;

    prose->mean = wn_new(dims, sizeof *prose->mean, error);
    if (!sum || !prose->mean) {
        free(sum);
        return -1;
    }
    double *square = sum + dims, *one = square + dims;
    for (size_t i = 0; i < documents; i++) {
        memset(one, 0, dims * sizeof *one);
        for (uint64_t e = start[i]; e < start[i + 1]; e++) {
            const float *from = prose->basis + number[e] * dims;

#pragma omp simd
            for (size_t c = 0; c < dims; c++)
                one[c] += (double)(weight[e] * from[c]);
        }
        for (size_t c = 0; c < dims; c++) {
            sum[c] += one[c];
            square[c] += one[c] * one[c];
        }
    }
    for (size_t c = 0; c < dims; c++) {
        const double mean = sum[c] / (double)documents;

        prose->mean[c] = (float)mean;
        most = fmax(most, square[c] / (double)documents - mean * mean);
    }
    prose->factor = most > 0 ? (float)(1 / sqrt(most)) : 0;
    free(sum);
    return 0;
}

static int fit(struct wn_prose *prose, size_t documents,
               const uint64_t *start, uint32_t *place, float *often,
               size_t dims, wn_prose_svd *svd, int threads,
               struct wn_error *error)
{
    uint64_t *begin = wn_new(documents + 1, sizeof *begin, error);
    float *wide;
    int status = -1;

    if (!begin || number_terms(prose, documents, start, place, error))
        goto done;
    for (size_t i = 0; i < documents; i++)
        begin[i + 1] =
            begin[i] + weigh(prose, (size_t)(start[i + 1] - start[i]),
                             place + start[i], often + start[i],
                             place + begin[i], often + begin[i]);
    if (prose->terms == 0) {
        status = 0;
        goto done;
    }
    if (dims > prose->terms)
        dims = prose->terms;
    prose->basis = wn_new(wn_product(prose->terms, dims, 1),
                          sizeof *prose->basis, error);
    if (!prose->basis || svd(documents, prose->terms, begin, place, often,
                             dims, threads, prose->basis, &prose->dims, error))
        goto done;
    /* Directions that are not there take no room. */
    wide = prose->basis;
    for (size_t t = 0; t < prose->terms && prose->dims < dims; t++)
        memmove(wide + t * prose->dims, wide + t * dims,
                prose->dims * sizeof *wide);
    status = center(prose, documents, begin, place, often, error);
done:
    free(begin);
    return status;
}

struct wn_prose *wn_prose_fit(size_t documents, const uint64_t *start,
                              uint32_t *place, float *often, size_t dims,
                              wn_prose_svd *svd, int threads,
                              struct wn_error *error)
{
    struct wn_prose *prose = wn_new(1, sizeof *prose, error);

    if (prose && fit(prose, documents, start, place, often, dims, svd,
                     threads, error) == 0)
        return prose;
    wn_prose_free(prose);
    return NULL;
}

void wn_prose_free(struct wn_prose *prose)
{
    if (!prose)
        return;
    free(prose->slot);
    free(prose->rarity);
    free(prose->basis);
    free(prose->mean);
    free(prose);
}

size_t wn_prose_dims(const struct wn_prose *prose)
{
    return prose->factor > 0 ? prose->dims : 0;
}

void wn_prose_apply(const struct wn_prose *prose, struct wn_terms *terms,
                    float *out)
{
    const size_t dims = prose->dims;
    const size_t count = weigh(prose, terms->count, terms->place,
                               terms->often, terms->place, terms->often);

    for (size_t c = 0; c < dims; c++)
        out[c] = -prose->mean[c];
    for (size_t e = 0; e < count; e++) {
        const float *from = prose->basis + terms->place[e] * dims;
        const float weight = terms->often[e];

#pragma omp simd
        for (size_t c = 0; c < dims; c++)
            out[c] += weight * from[c];
    }
    for (size_t c = 0; c < dims; c++)
        out[c] *= prose->factor;
}
