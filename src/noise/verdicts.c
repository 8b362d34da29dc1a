/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strata, rate, suspicions and flags from verdicts; see verdicts.h. */
#include "noise/verdicts.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/spill.h"

#define Z90 1.6448536269514722
#define PRIOR_VERDICTS 4.0  /* in all strata together */
#define PRIOR_A_CHOSEN 0.25 /* more for each verdict on a chosen row */
#define SURPRISE 0.02       /* of a label, whatever its base suspicion */
#define LEAST_FLAGGED 0.15
#define FLAT_SD 100.0
#define SLOPE_SD 0.55
#define GIVEN_SD 0.7
#define OTHER_SD 0.5

static const double cut[WN_STRATA] = {0.03, 0.1, 0.25, 0.5, 1};
static const double first_plan[WN_STRATA] = {.15, .2, .225, .225, .2};

/* --- strata -------------------------------------------------------------- */

size_t wn_strata_find(const int32_t *label, const uint8_t *trusted,
                      const struct wn_verdict *base, size_t n, uint8_t *stratum,
                      size_t *place)
{
    uint32_t *order = wn_spill_new(n, sizeof *order);
    size_t open = 0, r = 0, h = 0;

    wn_order(&base->suspicion, WN_VERDICT_STRIDE, true, n, order);

    for (size_t i = 0; i < n; i++)
        open += label[i] >= 0 && !(trusted && trusted[i]);
    memset(stratum, 0, n);
    for (size_t at = 0; at < n; at++) {
        const size_t i = order[at];

        if (label[i] < 0 || (trusted && trusted[i]))
            continue;
        while (h + 1 < WN_STRATA && (double)r >= cut[h] * (double)open)
            h++;
        stratum[i] = (uint8_t)(h + 1);
        if (place)
            place[i] = r;
        r++;
    }
    wn_spill_free(order);
    return open;
}

void wn_strata_plan(const size_t all[WN_STRATA], const size_t open[WN_STRATA],
                    const size_t planned[WN_STRATA],
                    const size_t wrong[WN_STRATA], size_t count,
                    size_t plan[WN_STRATA])
{
    size_t before = 0;

    for (int h = 0; h < WN_STRATA; h++) {
        plan[h] = 0;
        before += planned[h];
    }
    for (; count; count--) {
        int best = -1;
        double most = -1;

        for (int h = 0; h < WN_STRATA; h++) {
            const double m = (double)(planned[h] + plan[h]);
            const double q =
                ((double)wrong[h] + 0.5) / ((double)planned[h] + 1);
            /* Without verdicts, the share that is farthest behind is next. */
            const double need =
                before ? (double)all[h] * sqrt(q * (1 - q) / (m * (m + 1) + .5))
                       : first_plan[h] / (m + 0.5);

            if (plan[h] < open[h] && need > most) {
                most = need;
                best = h;
            }
        }
        if (best < 0)
            return;
        plan[best]++;
    }
}

/* --- the stratified estimate --------------------------------------------- */

/* Sums of a stratum, or of several joined. */
struct stratum {
    double rows;   /* not chosen by a person for review */
    double chosen; /* chosen by a person, and wrong */
    double planned, wrong;
};

static void sum_strata(const struct wn_known *known, const uint8_t *stratum,
                       size_t n, struct stratum *sum)
{
    for (size_t i = 0; i < n; i++) {
        if (!stratum[i])
            continue;
        struct stratum *one = &sum[stratum[i] - 1];
        const bool decided = known->wrong[i] >= 0;

        if (decided && !known->planned[i]) {
            one->chosen += known->wrong[i];
            continue;
        }
        one->rows++;
        one->planned += decided;
        one->wrong += decided && known->wrong[i];
    }
}

/* The number of wrong labels among the open rows. A stratum without a planned
 * verdict is joined with the one before it, the first with the next. */
static double stratified_wrong(const struct stratum *sum)
{
    struct stratum joined = {0};
    double wrong = 0;

    for (size_t h = 0; h < WN_STRATA; h++) {
        if (joined.planned > 0 && sum[h].planned > 0) {
            wrong += joined.rows * joined.wrong / joined.planned;
            joined = (struct stratum){0};
        }
        wrong += sum[h].chosen;
        joined.rows += sum[h].rows;
        joined.planned += sum[h].planned;
        joined.wrong += sum[h].wrong;
    }
    return joined.planned > 0
               ? wrong + joined.rows * joined.wrong / joined.planned
               : wrong;
}

/* --- suspicion ----------------------------------------------------------- */

enum { INTERCEPT, PLACE, BASE, CLASSES }; /* the first coefficients */

/* The regression and what it reads. Classes without a verdict have the
 * coefficient 0, that is, none. */
struct model {
    const struct wn_known *known;
    const struct wn_probability *p;
    const struct wn_verdict *base; /* n */
    const uint8_t *stratum;        /* n */
    const size_t *place;           /* n */
    size_t open;

    size_t size;
    double *b, *precision; /* size: coefficients, 1 / prior variance */
    size_t *given, *other; /* k: the coefficient of each class */
};

/* A verdict, or one of the prior. */
struct observation {
    double place, base;  /* logits */
    size_t given, other; /* coefficients, 0 for a class without a verdict */
    size_t other_class;
    double wrong, weight;
};

static double logit_of(double suspicion)
{
    const double s = fmin(fmax(suspicion, 1e-6), 1 - 1e-6);

    return log(s / (1 - s));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The likeliest class besides the given one. */
static size_t other_class(const struct wn_probability *p, size_t i,
                          size_t given)
{
    size_t best = given ? 0 : 1;

    for (size_t c = best + 1; c < p->k; c++)
        if (c != given &&
            wn_probability_at(p, i, c) > wn_probability_at(p, i, best))
            best = c;
    return best;
}

/* What the regression sees of a row. */
static struct observation observe(const struct model *model, size_t i)
{
    const double open = (double)model->open, place = (double)model->place[i];
    const size_t given = (size_t)model->known->label[i];
    const size_t other = other_class(model->p, i, given);

    return (struct observation){.place = log((open - place) / (place + 1)),
                                .base = logit_of(model->base[i].suspicion),
                                .given = model->given[given],
                                .other = model->other[other],
                                .other_class = other,
                                .weight = 1};
}

static double predict(const struct model *model, const struct observation *o)
{
    double x = model->b[INTERCEPT] + model->b[PLACE] * o->place +
               model->b[BASE] * o->base;

    x += o->given ? model->b[o->given] : 0;
    x += o->other ? model->b[o->other] : 0;
    return sigmoid(x);
}

/* The logarithm of what p gives to y, 0 .. 1. */
static double log_score(double p, double y)
{
    return y * log(fmax(p, 1e-12)) + (1 - y) * log(fmax(1 - p, 1e-12));
}

/* Newton's method. The loss is strictly convex; steps are at most 5 long.
 * Leaves the Cholesky factor of the Hessian in `hessian`, size x size. Returns
 * the logarithm of the evidence by Laplace's approximation, but for a constant
 * of the prior. */
static double fit(const struct observation *all, size_t count,
                  struct model *model, double *hessian)
{
    enum { STEPS = 100 };
    const size_t size = model->size;
    double *step = wn_new(size, sizeof *step);
    struct wn_error error = {0};
    double evidence = 0;

    memset(model->b, 0, size * sizeof *model->b);
    for (int round = 0; round < STEPS; round++) {
        double longest = 0;

        memset(hessian, 0, size * size * sizeof *hessian);
        for (size_t j = 0; j < size; j++) {
            step[j] = -model->precision[j] * model->b[j];
            hessian[j * size + j] = model->precision[j];
        }
        for (size_t o = 0; o < count; o++) {
            const double q = predict(model, &all[o]);
            const size_t at[] = {INTERCEPT, PLACE, BASE, all[o].given,
                                 all[o].other};
            const double value[] = {1, all[o].place, all[o].base,
                                    all[o].given > 0, all[o].other > 0};

            for (int x = 0; x < 5; x++) {
                step[at[x]] += all[o].weight * (all[o].wrong - q) * value[x];
                for (int y = 0; y < 5; y++)
                    hessian[at[x] * size + at[y]] +=
                        all[o].weight * q * (1 - q) * value[x] * value[y];
            }
        }
        /* The prior makes it positive definite. */
        if (wn_cholesky(hessian, size, &error))
            break;
        wn_cholesky_solve(hessian, size, step, 1, 1);
        for (size_t j = 0; j < size; j++)
            longest = fmax(longest, fabs(step[j]));
        for (size_t j = 0; j < size; j++)
            model->b[j] += step[j] * fmin(1, 5 / longest);
        if (longest < 1e-9)
            break;
    }
    for (size_t o = 0; o < count; o++)
        evidence +=
            all[o].weight * log_score(predict(model, &all[o]), all[o].wrong);
    for (size_t j = 0; j < size; j++)
        evidence -= model->precision[j] * model->b[j] * model->b[j] / 2 +
                    log(hessian[j * size + j]);
    free(step);
    return evidence;
}

/* Give the classes that verdicts have coefficients, and all of them priors. */
static void start_model(struct model *model)
{
    const size_t k = model->p->k;

    model->size = CLASSES;
    model->given = wn_new(k, sizeof *model->given);
    model->other = wn_new(k, sizeof *model->other);
    for (size_t i = 0; i < model->p->n; i++) {
        if (!model->stratum[i] || model->known->wrong[i] < 0)
            continue;
        const size_t given = (size_t)model->known->label[i];
        const size_t other = other_class(model->p, i, given);

        if (!model->given[given])
            model->given[given] = model->size++;
        if (!model->other[other])
            model->other[other] = model->size++;
    }
    model->b = wn_new(model->size, sizeof *model->b);
    model->precision = wn_new(model->size, sizeof *model->precision);
    model->precision[INTERCEPT] = 1 / (FLAT_SD * FLAT_SD);
    model->precision[PLACE] = 1 / (SLOPE_SD * SLOPE_SD);
    model->precision[BASE] = model->precision[PLACE];
    for (size_t c = 0; c < k; c++) {
        if (model->given[c])
            model->precision[model->given[c]] = 1 / (GIVEN_SD * GIVEN_SD);
        if (model->other[c])
            model->precision[model->other[c]] = 1 / (OTHER_SD * OTHER_SD);
    }
}

/* The verdicts, and behind them *priors of the prior; *count in all. `score` is
 * the logarithm of what the base suspicions give to the verdicts. */
static struct observation *list_observations(const struct model *model,
                                             size_t *priors, size_t *count,
                                             double *score)
{
    struct observation prior[WN_STRATA] = {{0}}, *all = NULL;
    double rows[WN_STRATA] = {0}, chosen = 0;
    size_t capacity = 0;

    *count = 0;
    *score = 0;
    for (size_t i = 0; i < model->p->n; i++) {
        if (!model->stratum[i])
            continue;
        struct observation one = observe(model, i);
        const size_t h = model->stratum[i] - 1u;

        prior[h].place += one.place;
        prior[h].base += one.base;
        prior[h].wrong += model->base[i].suspicion;
        rows[h]++;
        if (model->known->wrong[i] < 0)
            continue;
        one.wrong = model->known->wrong[i];
        chosen += !model->known->planned[i];
        *score +=
            log_score(SURPRISE / 2 + (1 - SURPRISE) * model->base[i].suspicion,
                      one.wrong);
        wn_grow(&all, &capacity, *count + 1, sizeof *all);
        all[(*count)++] = one;
    }
    const size_t verdicts = *count;
    for (int h = 0; h < WN_STRATA; h++)
        if (rows[h] > 0) {
            wn_grow(&all, &capacity, *count + 1, sizeof *all);
            all[(*count)++] = (struct observation){
                .place = prior[h].place / rows[h],
                .base = prior[h].base / rows[h],
                .wrong = prior[h].wrong / rows[h],
                .weight =
                    (PRIOR_VERDICTS + PRIOR_A_CHOSEN * chosen) / WN_STRATA};
        }
    *priors = *count - verdicts;
    return all;
}

/* The suspicion of every open row, 1 or 0 where it is known, and 0 for other
 * rows. *sum is the sum of the regression's p, *variance its variance: that of
 * the coefficients, and of the labels that nobody looked at. Of a class without
 * a verdict only the prior is known. */
static void find_suspicions(struct model *model, double *out, double *sum,
                            double *variance)
{
    const size_t n = model->p->n, k = model->p->k;
    size_t count, priors;
    double score;

    start_model(model);
    struct observation *all = list_observations(model, &priors, &count, &score);
    const size_t size = model->size;
    double *hessian = wn_new(wn_product(size, size, 1), sizeof *hessian);
    double *gradient = wn_new(size, sizeof *gradient);
    double *solved = wn_new(size, sizeof *solved);
    double *given = wn_new(k, sizeof *given);
    double *other = wn_new(k, sizeof *other);
    const double prior = fit(all + (count - priors), priors, model, hessian);
    const double evidence = fit(all, count, model, hessian) - prior;
    const double base = sigmoid(score - evidence);
    *sum = *variance = 0;
    for (size_t i = 0; i < n; i++) {
        if (!model->stratum[i])
            continue;
        if (model->known->wrong[i] >= 0) {
            out[i] = model->known->wrong[i];
            *sum += out[i];
            continue;
        }
        const struct observation one = observe(model, i);
        const double q = predict(model, &one), slope = q * (1 - q);

        out[i] = base * model->base[i].suspicion + (1 - base) * q;
        *sum += q;
        *variance += slope;
        gradient[INTERCEPT] += slope;
        gradient[PLACE] += slope * one.place;
        gradient[BASE] += slope * one.base;
        *(one.given ? &gradient[one.given] : &given[model->known->label[i]]) +=
            slope;
        *(one.other ? &gradient[one.other] : &other[one.other_class]) += slope;
    }
    memcpy(solved, gradient, size * sizeof *solved);
    wn_cholesky_solve(hessian, size, solved, 1, 1);
    for (size_t j = 0; j < size; j++)
        *variance += gradient[j] * solved[j];
    for (size_t c = 0; c < k; c++)
        *variance += given[c] * given[c] * GIVEN_SD * GIVEN_SD +
                     other[c] * other[c] * OTHER_SD * OTHER_SD;
    free(all);
    free(hessian);
    free(gradient);
    free(solved);
    free(given);
    free(other);
    free(model->b);
    free(model->precision);
    free(model->given);
    free(model->other);
}

/* --- the rate --------------------------------------------------------------
 */

/* The interval of a share with that mean and standard error, on the logit
 * scale. */
static void share_around(double mean, double sd, double *low, double *high)
{
    const double x = log(mean / (1 - mean));
    const double half = Z90 * sd / (mean * (1 - mean));

    *low = mean <= 0 || mean >= 1 ? mean : sigmoid(x - half);
    *high = mean <= 0 || mean >= 1 ? mean : sigmoid(x + half);
}

void wn_verdicts_find(const struct wn_known *known,
                      const struct wn_probability *p,
                      const struct wn_verdict *base, double low, double high,
                      double precision, struct wn_verdicts *out)
{
    const size_t n = p->n;
    uint8_t *stratum = wn_spill_new(n, 1);
    size_t *place = wn_spill_new(n, sizeof *place);
    struct model model = {.known = known,
                          .p = p,
                          .base = base,
                          .stratum = stratum,
                          .place = place,
                          .open = wn_strata_find(known->label, known->trusted,
                                                 base, n, stratum, place)};
    struct stratum sum[WN_STRATA] = {{0}};
    double labelled = 0, planned = 0;

    *out = (struct wn_verdicts){.low = low, .high = high};
    for (size_t i = 0; i < n; i++) {
        labelled += known->label[i] >= 0;
        out->reviewed += stratum[i] && known->wrong[i] >= 0;
        out->wrong += stratum[i] && known->wrong[i] > 0;
    }
    out->labelled = (size_t)labelled;
    sum_strata(known, stratum, n, sum);
    for (int h = 0; h < WN_STRATA; h++)
        planned += sum[h].planned;
    if (out->reviewed >= WN_MIN_VERDICTS) {
        out->suspicion = wn_spill_new(n, sizeof *out->suspicion);
        double total, variance;

        find_suspicions(&model, out->suspicion, &total, &variance);
        share_around(total / labelled, sqrt(variance) / labelled, &out->low,
                     &out->high);
        for (size_t i = 0; i < n; i++)
            out->rate += out->suspicion[i] / labelled;
        /* Without a wrong label, nothing says that there is one. */
        if (out->wrong == 0)
            out->low = 0;
        const bool honest = planned >= WN_MIN_VERDICTS;
        const double share = stratified_wrong(sum) / labelled;

        out->low = fmin(out->low, fmin(out->rate, honest ? share : low));
        out->high = fmax(out->high, fmax(out->rate, honest ? share : high));
        out->flags =
            wn_rank_flags(out->suspicion, 1, n, precision, LEAST_FLAGGED);
    }
    /* What is known is certain. */
    out->low = fmax(out->low, (double)out->wrong / labelled);
    out->high =
        fmin(out->high, 1 - (double)(out->reviewed - out->wrong) / labelled);
    wn_spill_free(stratum);
    wn_spill_free(place);
}

void wn_verdicts_free(struct wn_verdicts *verdicts)
{
    wn_spill_free(verdicts->suspicion);
    *verdicts = (struct wn_verdicts){0};
}

/* --- an exact interval --------------------------------------------------- */

/* P(X <= hits) for X of the binomial distribution (count, share). Terms are
 * added from hits on, away from the mean, until they do not matter: about as
 * many as the deviation is large. */
static double binomial_below(size_t hits, size_t count, double share)
{
    const double n = (double)count, odds = share / (1 - share);
    const bool below = (double)hits <= n * share;
    double at = (double)hits + (below ? 0 : 1), sum = 0;
    double term = exp(lgamma(n + 1) - lgamma(at + 1) - lgamma(n - at + 1) +
                      at * log(share) + (n - at) * log1p(-share));

    while (at >= 0 && at <= n && term > sum * DBL_EPSILON / 16) {
        sum += term;
        term *= below ? at / ((n - at + 1) * odds) : (n - at) / (at + 1) * odds;
        at += below ? -1 : 1;
    }
    return below ? sum : 1 - sum;
}

/* The share at which P(X <= hits) falls to `tail`, by bisection. */
static double share_with_tail(size_t hits, size_t count, double tail)
{
    double low = 0, high = 1;

    for (int step = 0; step < 50; step++) {
        const double middle = (low + high) / 2;

        if (binomial_below(hits, count, middle) > tail)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void wn_share_interval(size_t hits, size_t count, double level, double *low,
                       double *high)
{
    const double tail = (1 - level) / 2;

    *low = hits == 0 ? 0 : share_with_tail(hits - 1, count, 1 - tail);
    *high = hits == count ? 1 : share_with_tail(hits, count, tail);
}
