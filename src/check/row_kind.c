/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of rows from probabilities and neighbours; see row_kind.h. */
#include "check/row_kind.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "check/check_private.h"
#include "noise/confident.h"

const char wn_row_kind_names[] = "clear,wrong,ambiguous,rare,hard";

static const struct {
    const char *name, *title, *words;
} kinds[] = {
    {"clear", "clear", "the models and the neighbours agree with the label"},
    {"wrong", "wrong", "it lies deep in another class"},
    {"ambiguous", "ambiguous",
     "two classes are about as likely, or the neighbours are "
     "mixed"},
    {"rare", "rare", "few rows are like it, but they have its label"},
    {"hard", "hard but right",
     "the models prefer another class, but the neighbours, or you, say "
     "that the label is right"}};

enum { FEW = 20 };               /* rows of a rare class */
static const double tukey = 0.4; /* 1 / .4 - 1 = 1.5 interquartile ranges */
static const double doubtful = 0.25;

static enum wn_row_kind kind_of(const struct wn_evidence *evidence, size_t i,
                                bool flagged, double cut)
{
    const size_t k = evidence->k;
    const size_t m =
        evidence->neighbor && !evidence->ignores_neighbors ? evidence->m : 0;
    const float *p = evidence->probability + i * k;
    const int32_t y = evidence->label[i];
    size_t own = 0, others = 0;
    int32_t rival = -1;
    double distance = 0;

    if (flagged)
        return WN_ROW_WRONG;
    if (y < 0)
        return WN_ROW_CLEAR;
    for (int32_t c = 0; c < (int32_t)k; c++)
        if (c != y && (rival < 0 || p[c] > p[rival]))
            rival = c;
    for (size_t q = 0; q < m; q++) {
        const int32_t other = evidence->label[evidence->neighbor[i * m + q]];

        own += other == y;
        others += other == rival;
        distance += (double)evidence->distance[i * m + q] / (double)m;
    }
    const bool differs = p[rival] > p[y];
    const bool close = 2 * fminf(p[rival], p[y]) >= fmaxf(p[rival], p[y]);
    if (!differs && !close &&
        evidence->suspicion->verdict[i].suspicion < doubtful)
        return WN_ROW_CLEAR;
    if (!differs && m > 0 && own == m)
        return WN_ROW_CLEAR;
    if (evidence->trusted && evidence->trusted[i])
        return WN_ROW_HARD;
    if (own > 0 && 2 * own >= m &&
        (distance > cut || evidence->noise->count[y] < FEW))
        return WN_ROW_RARE;
    return differs && !close && own > others ? WN_ROW_HARD : WN_ROW_AMBIGUOUS;
}

void wn_row_kinds(const struct wn_evidence *evidence, const uint32_t *issue,
                  uint8_t *kind)
{
    const int label = wn_check_find("label");
    const double cut = evidence->neighbor
                           ? wn_outlier_cut(evidence->distance, evidence->n,
                                            evidence->m, tukey)
                           : INFINITY;

    memset(kind, WN_ROW_CLEAR, evidence->n);
    if (!evidence->noise || evidence->claim->kind == WN_CLAIM_NOTHING)
        return;
    for (size_t i = 0; i < evidence->n; i++)
        kind[i] = (uint8_t)kind_of(evidence, i, issue[i] >> label & 1, cut);
}

const char *wn_row_kind_title(const char *name)
{
    for (size_t r = 0; r < sizeof kinds / sizeof *kinds; r++)
        if (strcmp(kinds[r].name, name) == 0)
            return kinds[r].title;
    return name;
}

const char *wn_row_kind_words(const char *name)
{
    for (size_t r = 0; r < sizeof kinds / sizeof *kinds; r++)
        if (strcmp(kinds[r].name, name) == 0)
            return kinds[r].words;
    return "";
}
