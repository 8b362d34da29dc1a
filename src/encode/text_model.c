/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words to terms, terms to TF-IDF, TF-IDF to a few directions; see
 * text_model.h. */
#include "encode/text_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

enum { DIGIT_BITS = 11, DIGIT = 1 << DIGIT_BITS, FEW = 64 };
enum { RARE = 700, RARE_GRAM = 100 };

struct wn_text_model {
    struct term {
        uint32_t place, number; /* number + 1, 0 = a free slot */
    } * slot;                   /* open addressing */
    size_t slots;               /* a power of two */
    float *rarity;              /* terms */
    float *basis;               /* terms x dims */
    float *mean;                /* dims */
    float factor;
    float damped[FEW];         /* 1 + log count */
    size_t words, terms, dims; /* the first `words` terms are no grams */
};

struct common {
    uint32_t place, documents;
};

/* --- fitting ------------------------------------------------------------ */

static void text_model_sort_by(const uint32_t *from, uint32_t *to, size_t count,
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
    text_model_sort_by(place, spare, count, 0);
    text_model_sort_by(spare, place, count, DIGIT_BITS);
    text_model_sort_by(place, spare, count, 2 * DIGIT_BITS);
    memcpy(place, spare, count * sizeof *place);
}

/* The slot of a place, or the free one where it would be. The places are
 * digests: their bits need no mixing. */
static struct term *text_model_find_slot(const struct wn_text_model *prose,
                                         uint32_t place)
{
    const size_t mask = prose->slots - 1;
    size_t s = place & mask;

    while (prose->slot[s].number && prose->slot[s].place != place)
        s = (s + 1) & mask;
    return &prose->slot[s];
}

/* The terms among the sorted places that occur `least` times or more: how
 * many there are, and, where `common` is not NULL, which and how often. */
static size_t find_common(const uint32_t *place, size_t count, size_t least,
                          struct common *common)
{
    size_t terms = 0;

    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && place[next] == place[i];)
            next++;
        if (next - i < least)
            continue;
        if (common)
            common[terms] = (struct common){place[i], (uint32_t)(next - i)};
        terms++;
    }
    return terms;
}

/* Give the terms first .. first+count-1 their numbers, the most frequent first,
 * so that what is read often lies together; at[documents + 1] is room. */
static void number_common(struct wn_text_model *prose,
                          const struct common *common, size_t first,
                          size_t count, size_t documents, size_t *at)
{
    memset(at, 0, (documents + 1) * sizeof *at);
    at[0] = first;
    for (size_t t = first; t < first + count; t++)
        at[documents - common[t].documents + 1]++;
    for (size_t i = 1; i <= documents; i++)
        at[i] += at[i - 1];
    for (size_t t = first; t < first + count; t++) {
        const uint32_t with = common[t].documents;
        const size_t number = at[documents - with]++;

        prose->rarity[number] =
            (float)(1 + log((1 + (double)documents) / (1 + (double)with)));
        *text_model_find_slot(prose, common[t].place) =
            (struct term){common[t].place, (uint32_t)number + 1};
    }
}

/* Choose the terms that enough documents have, and number them. */
static int number_terms(struct wn_text_model *prose,
                        const struct wn_documents *from)
{
    const size_t documents = from->count;
    const size_t count = (size_t)from->start[documents];
    const size_t rare = documents / RARE_GRAM + 2;
    uint32_t *sorted = wn_new(wn_product(2, count, 1), sizeof *sorted);
    size_t *at = wn_new(documents + 1, sizeof *at);
    size_t least = documents / RARE + 1 > 2 ? documents / RARE + 1 : 2;
    size_t split = 0, grams;
    struct common *common = NULL;
    int status = -1;

    if (count)
        memcpy(sorted, from->place, count * sizeof *sorted);
    sort_places(sorted, sorted + count, count);
    while (split < count && sorted[split] < WN_TERMS_GRAM)
        split++;
    while ((prose->words = find_common(sorted, split, least, NULL)) >
           WN_TEXT_MODEL_TERMS)
        least++;
    grams = find_common(sorted + split, count - split, rare, NULL);
    prose->terms = prose->words + grams;
    for (prose->slots = 4; prose->slots < 2 * prose->terms;)
        prose->slots *= 2;
    prose->slot = wn_new(prose->slots, sizeof *prose->slot);
    prose->rarity = wn_new(prose->terms, sizeof *prose->rarity);
    common = wn_new(prose->terms, sizeof *common);
    if (!common)
        goto done;
    find_common(sorted, split, least, common);
    find_common(sorted + split, count - split, rare, common + prose->words);
    number_common(prose, common, 0, prose->words, documents, at);
    number_common(prose, common, prose->words, grams, documents, at);
    status = 0;
done:
    free(sorted);
    free(at);
    free(common);
    return status;
}

/* Keep the terms that have a number, as weights: places become numbers, counts
 * weights. The vector of words has length 1, that of grams half of it. Returns
 * how many terms there are. */
static size_t text_model_weigh(const struct wn_text_model *prose, size_t count,
                               uint32_t *place, float *often)
{
    double square[2] = {0}, share[2];
    size_t kept = 0;

    for (size_t e = 0; e < count; e++) {
        const uint32_t number = text_model_find_slot(prose, place[e])->number;

        if (number == 0)
            continue;
        const float damped = often[e] < FEW ? prose->damped[(size_t)often[e]]
                                            : 1 + logf(often[e]);
        const float weight = damped * prose->rarity[number - 1];

        place[kept] = number - 1;
        often[kept++] = weight;
        square[number > prose->words] += (double)weight * (double)weight;
    }
    share[0] = 1 / sqrt(square[0]);
    share[1] = .5 / sqrt(square[1]);
    for (size_t e = 0; e < kept; e++)
        often[e] = (float)((double)often[e] * share[place[e] >= prose->words]);
    return kept;
}

/* Means of the directions, and the factor that brings the largest standard
 * deviation to 1; square[c] is the sum of squares along direction c. */
static int center(struct wn_text_model *prose,
                  const struct wn_documents *documents, const double *square,
                  struct wn_error *error)
{
    const size_t dims = prose->dims;
    double *total = wn_new(prose->terms, sizeof *total);
    double *sum = wn_new(dims, sizeof *sum);
    double most = 0;

    prose->mean = wn_new(dims, sizeof *prose->mean);
    if (!total || !sum || !prose->mean) {
        free(total);
        free(sum);
        return -1;
    }
    for (uint64_t e = 0; e < documents->start[documents->count]; e++)
        total[documents->place[e]] += (double)documents->often[e];
    for (size_t t = 0; t < prose->terms; t++)
        for (size_t c = 0; c < dims; c++)
            sum[c] += total[t] * (double)prose->basis[t * dims + c];
    for (size_t c = 0; c < dims; c++) {
        const double mean = sum[c] / (double)documents->count;

        prose->mean[c] = (float)mean;
        most = fmax(most, square[c] / (double)documents->count - mean * mean);
    }
    prose->factor = most > 0 ? (float)(1 / sqrt(most)) : 0;
    free(total);
    free(sum);
    return 0;
}

/* The documents as weights, one behind the other. */
static void weigh_all(const struct wn_text_model *prose,
                      struct wn_documents *documents, int threads)
{
    uint64_t *start = documents->start, end = 0;
    uint32_t *place = documents->place;
    float *often = documents->often;
    size_t *kept = wn_new(documents->count, sizeof *kept);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < documents->count; i++)
        kept[i] = text_model_weigh(prose, (size_t)(start[i + 1] - start[i]),
                                   place + start[i], often + start[i]);
    for (size_t i = 0; i < documents->count; i++) {
        if (kept[i]) {
            memmove(place + end, place + start[i], kept[i] * sizeof *place);
            memmove(often + end, often + start[i], kept[i] * sizeof *often);
        }
        start[i] = end;
        end += kept[i];
    }
    start[documents->count] = end;
    free(kept);
}

static int text_model_fit(struct wn_text_model *prose,
                          struct wn_documents *documents, size_t dims,
                          wn_text_model_svd *svd, int threads,
                          struct wn_error *error)
{
    double *square = wn_new(dims, sizeof *square);
    int status = -1;

    for (int i = 1; i < FEW; i++)
        prose->damped[i] = 1 + logf((float)i);
    if (number_terms(prose, documents))
        goto done;
    weigh_all(prose, documents, threads);
    if (prose->terms == 0) {
        status = 0;
        goto done;
    }
    if (dims > prose->terms)
        dims = prose->terms;
    prose->basis =
        wn_new(wn_product(prose->terms, dims, 1), sizeof *prose->basis);
    if (svd(documents->count, prose->terms, documents->start, documents->place,
            documents->often, dims, threads, prose->basis, square, &prose->dims,
            error))
        goto done;
    /* Directions that are not there take no room. */
    float *wide = prose->basis;
    for (size_t t = 0; t < prose->terms && prose->dims < dims; t++)
        memmove(wide + t * prose->dims, wide + t * dims,
                prose->dims * sizeof *wide);
    status = center(prose, documents, square, error);
done:
    free(square);
    return status;
}

struct wn_text_model *wn_text_model_fit(struct wn_documents *documents,
                                        size_t dims, wn_text_model_svd *svd,
                                        int threads, struct wn_error *error)
{
    struct wn_text_model *prose = wn_new(1, sizeof *prose);

    if (prose &&
        text_model_fit(prose, documents, dims, svd, threads, error) == 0)
        return prose;
    wn_text_model_free(prose);
    return NULL;
}

void wn_text_model_free(struct wn_text_model *prose)
{
    if (!prose)
        return;
    free(prose->slot);
    free(prose->rarity);
    free(prose->basis);
    free(prose->mean);
    free(prose);
}

size_t wn_text_model_dims(const struct wn_text_model *prose)
{
    return prose->factor > 0 ? prose->dims : 0;
}

void wn_text_model_apply(const struct wn_text_model *prose,
                         struct wn_terms *terms, float *out)
{
    const size_t dims = prose->dims;
    uint32_t *number = wn_terms_place(terms);
    float *often = wn_terms_often(terms);
    const size_t count =
        text_model_weigh(prose, wn_terms_count(terms), number, often);

    for (size_t c = 0; c < dims; c++)
        out[c] = -prose->mean[c];
    for (size_t e = 0; e < count; e++) {
        const float *from = prose->basis + number[e] * dims;
        const float weight = often[e];

#pragma omp simd
        for (size_t c = 0; c < dims; c++)
            out[c] += weight * from[c];
    }
    for (size_t c = 0; c < dims; c++)
        out[c] *= prose->factor;
}
