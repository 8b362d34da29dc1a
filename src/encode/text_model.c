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
    size_t words, terms, dims; /* the first `words` terms are not grams */
};

struct common {
    uint32_t place, documents;
};

/* --- fitting ------------------------------------------------------------ */

/* A step of a radix sort: by the digit at bit `shift`. */
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

/* The slot of a digest, or the free one where it would be. Digests need no
 * further mixing. */
static struct term *text_model_find_slot(const struct wn_text_model *model,
                                         uint32_t place)
{
    const size_t mask = model->slots - 1;
    size_t s = place & mask;

    while (model->slot[s].number && model->slot[s].place != place)
        s = (s + 1) & mask;
    return &model->slot[s];
}

/* Count the sorted digests that occur at least `min` times; list them in
 * common[], unless it is NULL. */
static size_t find_common(const uint32_t *place, size_t count, size_t min,
                          struct common *common)
{
    size_t terms = 0;

    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && place[next] == place[i];)
            next++;
        if (next - i < min)
            continue;
        if (common)
            common[terms] = (struct common){place[i], (uint32_t)(next - i)};
        terms++;
    }
    return terms;
}

/* Number the terms first .. first+count-1, the most frequent first, so that the
 * rows of the basis in frequent use are adjacent; at[documents + 1] is scratch.
 */
static void number_common(struct wn_text_model *model,
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

        model->rarity[number] =
            (float)(1 + log((1 + (double)documents) / (1 + (double)with)));
        *text_model_find_slot(model, common[t].place) =
            (struct term){common[t].place, (uint32_t)number + 1};
    }
}

/* Choose the terms that enough documents have, and number them. */
static void number_terms(struct wn_text_model *model,
                         const struct wn_documents *from)
{
    const size_t documents = from->count;
    const size_t count = (size_t)from->start[documents];
    const size_t min_grams = documents / RARE_GRAM + 2;
    uint32_t *sorted = wn_new(count, sizeof *sorted);
    uint32_t *scratch = wn_new(count, sizeof *scratch);
    size_t *at = wn_new(documents + 1, sizeof *at);
    size_t min = documents / RARE + 1 > 2 ? documents / RARE + 1 : 2;
    size_t split = 0;

    if (count)
        memcpy(sorted, from->place, count * sizeof *sorted);
    text_model_sort_by(sorted, scratch, count, 0);
    text_model_sort_by(scratch, sorted, count, DIGIT_BITS);
    text_model_sort_by(sorted, scratch, count, 2 * DIGIT_BITS);
    free(sorted);
    sorted = scratch;
    while (split < count && sorted[split] < WN_TERMS_GRAM)
        split++;
    while ((model->words = find_common(sorted, split, min, NULL)) >
           WN_TEXT_MODEL_TERMS)
        min++;
    const size_t grams =
        find_common(sorted + split, count - split, min_grams, NULL);
    model->terms = model->words + grams;
    for (model->slots = 4; model->slots < 2 * model->terms;)
        model->slots *= 2;
    model->slot = wn_new(model->slots, sizeof *model->slot);
    model->rarity = wn_new(model->terms, sizeof *model->rarity);
    struct common *common = wn_new(model->terms, sizeof *common);
    find_common(sorted, split, min, common);
    find_common(sorted + split, count - split, min_grams,
                common + model->words);
    number_common(model, common, 0, model->words, documents, at);
    number_common(model, common, model->words, grams, documents, at);
    free(sorted);
    free(at);
    free(common);
}

/* Keep the numbered terms: digests become numbers, counts become weights. The
 * vector of words gets length 1, that of grams 1/2. Returns how many terms
 * remain. */
static size_t text_model_weigh(const struct wn_text_model *model, size_t count,
                               uint32_t *place, float *often)
{
    double square[2] = {0}, share[2];
    size_t kept = 0;

    for (size_t e = 0; e < count; e++) {
        const uint32_t number = text_model_find_slot(model, place[e])->number;

        if (number == 0)
            continue;
        const float damped = often[e] < FEW ? model->damped[(size_t)often[e]]
                                            : 1 + logf(often[e]);
        const float weight = damped * model->rarity[number - 1];

        place[kept] = number - 1;
        often[kept++] = weight;
        square[number > model->words] += (double)weight * (double)weight;
    }
    share[0] = 1 / sqrt(square[0]);
    share[1] = .5 / sqrt(square[1]);
    for (size_t e = 0; e < kept; e++)
        often[e] = (float)((double)often[e] * share[place[e] >= model->words]);
    return kept;
}

struct wn_text_model *wn_text_model_fit(struct wn_documents *documents,
                                        size_t dims, wn_text_model_svd *svd,
                                        int threads, struct wn_error *error)
{
    struct wn_text_model *model = wn_new(1, sizeof *model);
    uint64_t *start = documents->start, used = 0;
    uint32_t *place = documents->place;
    float *often = documents->often;
    size_t *kept = wn_new(documents->count, sizeof *kept);
    double *square;
    int status;

    for (int i = 1; i < FEW; i++)
        model->damped[i] = 1 + logf((float)i);
    number_terms(model, documents);
    /* Turn all documents into weights and close the gaps. */
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < documents->count; i++)
        if (start[i] < start[i + 1]) /* without any term `place` is NULL */
            kept[i] = text_model_weigh(model, (size_t)(start[i + 1] - start[i]),
                                       place + start[i], often + start[i]);
    for (size_t i = 0; i < documents->count; i++) {
        if (kept[i]) {
            memmove(place + used, place + start[i], kept[i] * sizeof *place);
            memmove(often + used, often + start[i], kept[i] * sizeof *often);
        }
        start[i] = used;
        used += kept[i];
    }
    start[documents->count] = used;
    free(kept);
    if (model->terms == 0)
        return model;
    if (dims > model->terms)
        dims = model->terms;
    square = wn_new(dims, sizeof *square);
    model->basis =
        wn_new(wn_product(model->terms, dims, 1), sizeof *model->basis);
    status = svd(documents->count, model->terms, start, place, often, dims,
                 threads, model->basis, square, &model->dims, error);
    if (status == 0) {
        float *basis = model->basis;

        /* Remove the columns of directions that were not found. */
        for (size_t t = 0; t < model->terms && model->dims < dims; t++)
            memmove(basis + t * model->dims, basis + t * dims,
                    model->dims * sizeof *basis);
        /* The means of the directions, and the factor that makes the largest
         * standard deviation 1. */
        double *total = wn_new(model->terms, sizeof *total);
        double *sum = wn_new(model->dims, sizeof *sum), max = 0;
        model->mean = wn_new(model->dims, sizeof *model->mean);
        for (uint64_t e = 0; e < used; e++)
            total[place[e]] += (double)often[e];
        for (size_t t = 0; t < model->terms; t++)
            for (size_t c = 0; c < model->dims; c++)
                sum[c] += total[t] * (double)basis[t * model->dims + c];
        for (size_t c = 0; c < model->dims; c++) {
            const double mean = sum[c] / (double)documents->count;

            model->mean[c] = (float)mean;
            max = fmax(max, square[c] / (double)documents->count - mean * mean);
        }
        model->factor = max > 0 ? (float)(1 / sqrt(max)) : 0;
        free(total);
        free(sum);
    }
    free(square);
    if (status == 0)
        return model;
    wn_text_model_free(model);
    return NULL;
}

void wn_text_model_free(struct wn_text_model *model)
{
    if (!model)
        return;
    free(model->slot);
    free(model->rarity);
    free(model->basis);
    free(model->mean);
    free(model);
}

size_t wn_text_model_dims(const struct wn_text_model *model)
{
    return model->factor > 0 ? model->dims : 0;
}

void wn_text_model_apply(const struct wn_text_model *model,
                         struct wn_terms *terms, float *out)
{
    const size_t dims = model->dims;
    uint32_t *number = wn_terms_place(terms);
    float *often = wn_terms_often(terms);
    const size_t count =
        text_model_weigh(model, wn_terms_count(terms), number, often);

    for (size_t c = 0; c < dims; c++)
        out[c] = -model->mean[c];
    for (size_t e = 0; e < count; e++) {
        const float *from = model->basis + number[e] * dims;
        const float weight = often[e];

#pragma omp simd
        for (size_t c = 0; c < dims; c++)
            out[c] += weight * from[c];
    }
    for (size_t c = 0; c < dims; c++)
        out[c] *= model->factor;
}
