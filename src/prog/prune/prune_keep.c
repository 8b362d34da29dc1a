/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: how many rows stay by their scores, and in which order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "knn/kmeans.h"
#include "noise/order_statistics.h"
#include "prog/prune/prune_work.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

/* A score by its name, from /score or /flag; n numbers, no NaN. */
static float *read_score(const struct prune *prune, const char *option,
                         struct wn_error *error)
{
    static const char *const folders[] = {"score", "flag"};
    const char *name = prune_text(prune, option);
    float *score = NULL;

    for (int f = 0; f < 2 && !score; f++) {
        struct wn_text path = {0};
        size_t extent[3] = {0};
        int rank = 0;

        wn_text_format(&path, "%s/%s", folders[f], name);
        if (wn_audit_has(prune->audit, path.bytes) &&
            wn_audit_shape(prune->audit, path.bytes, &rank, extent, error) ==
                0 &&
            rank == 1)
            score =
                wn_audit_read(prune->audit, path.bytes, WN_F32, extent, error);
        wn_text_free(&path);
        if (error->code)
            return NULL;
    }
    if (!score)
        wn_fail(error, WN_EUSAGE,
                "--%s: %s has no score '%s', one number a "
                "row",
                option, wn_audit_name(prune->audit), name);
    for (size_t i = 0; score && i < prune->dataset.n; i++)
        if (isnan(score[i])) {
            wn_fail(error, WN_EDATA, "%s: score %s: row %zu: not a number",
                    wn_audit_name(prune->audit), name, i);
            free(score);
            score = NULL;
        }
    return score;
}

/* The kept rows in ascending (or descending) order of score, equal scores in
 * the order of rows; score NULL: all are equal. */
static struct wn_ranked *rank_rows(const struct prune *prune,
                                   const float *score, bool descending)
{
    struct wn_ranked *ranked = wn_new(prune->kept, sizeof *ranked);
    size_t count = 0;

    for (size_t i = 0; i < prune->dataset.n; i++)
        if (!prune->removed[i]) {
            const double value = score ? (double)score[i] : 0;

            ranked[count++] =
                (struct wn_ranked){descending ? -value : value, i};
        }
    wn_rank(ranked, count);
    return ranked;
}

/* --balance=cluster: the strata are clusters of the features by k-means. */
static int prune_cluster(struct prune *prune, struct wn_error *error)
{
    enum { MOST = 256, BLOCK = 256 };
    const size_t n = prune->dataset.n;
    struct wn_features *features = NULL;
    size_t d;
    char what[80];
    int status = -1;

    if (wn_features_width(prune->audit, &d, error))
        return -1;
    const double half = sqrt((double)n / 2);
    prune->strata =
        wn_option_given(prune->run->options, "clusters")
            ? (size_t)wn_option_number(prune->run->options, "clusters")
            : (size_t)ceil(fmin(half, MOST));
    if (prune->strata > n)
        return wn_fail(error, WN_EUSAGE,
                       "--clusters: found %zu, wanted at most %zu for %zu rows",
                       prune->strata, n, n);
    snprintf(what, sizeof what, "%zu rows of %zu features", n, d);
    if (wn_run_check_memory(prune->run,
                            (double)n * (4 * (double)d + 16) +
                                4 * (double)prune->strata * (double)(d + BLOCK),
                            what, error))
        return -1;
    features = wn_features_open(prune->audit, error);
    if (!features)
        return -1;
    float *x = wn_new(wn_product(n, d, 1), sizeof *x);
    if (wn_features_read(features, 0, n, x, error) == 0) {
        prune->stratum =
            wn_arena_new(&prune->chosen, sizeof *prune->stratum, n, 1);
        wn_kmeans_clusters(x, n, d, prune->strata, prune->run->threads,
                           prune->run->log, prune->stratum);
        status = 0;
    }
    wn_features_close(features);
    free(x);
    return status;
}

/* A share of 0 to 1, "50%", or a whole number of rows from 2 on. */
struct amount {
    double share;
    size_t rows; /* SIZE_MAX: a share */
};

static int read_amount(const struct prune *prune, const char *option,
                       bool counts, struct amount *out, struct wn_error *error)
{
    const char *text = prune_text(prune, option);
    const size_t length = strlen(text);
    const bool percent = length > 1 && text[length - 1] == '%';

    out->rows = SIZE_MAX;
    if (wn_number_parse(text, length - percent, &out->share)) {
        if (percent)
            out->share /= 100;
        if (out->share >= 0 && out->share <= 1)
            return 0;
        if (counts && !percent && out->share >= 2 && out->share < 0x1p53 &&
            out->share == floor(out->share)) {
            out->rows = (size_t)out->share;
            return 0;
        }
    }
    return wn_fail(error, WN_EUSAGE,
                   "--%s: found '%s', wanted a share from 0 to 1, as .3 or "
                   "30%%%s",
                   option, text,
                   counts ? ", or a whole number of rows above 1" : "");
}

static size_t round_share(double share, size_t n)
{
    return (size_t)floor(share * (double)n + .5);
}

/* The stratum of a row: all rows are one, unless classes or clusters are. */
static size_t stratum_of(const struct prune *prune, size_t row)
{
    return prune->stratum ? (size_t)prune->stratum[row] : 0;
}

/* Strata for --per-class, --balance and --order=balanced: the classes, rows
 * without a label being the last, or clusters. */
static int make_strata(struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    const char *order = prune_text(prune, "order");
    const bool balance = wn_option_given(prune->run->options, "balance");

    prune->strata = 1;
    if (!balance && !prune_on(prune, "per-class") &&
        !(order && strcmp(order, "balanced") == 0))
        return 0;
    if (balance && wn_option_choice(prune->run->options, "balance") == 1)
        return prune_cluster(prune, error);
    if (!data->label)
        return wn_fail(error, WN_EDATA, "%s: has no labels",
                       wn_audit_name(prune->audit));
    prune->strata = data->k + 1;
    prune->stratum =
        wn_arena_new(&prune->chosen, sizeof *prune->stratum, data->n, 1);
    for (size_t i = 0; i < data->n; i++)
        prune->stratum[i] =
            data->label[i] < 0 ? (int32_t)data->k : data->label[i];
    return 0;
}

/* Rows of each stratum, all or only those that are still kept. */
static size_t *count_strata(const struct prune *prune, bool kept)
{
    size_t *count = wn_new(prune->strata, sizeof *count);

    for (size_t i = 0; i < prune->dataset.n; i++)
        count[stratum_of(prune, i)] += !kept || !prune->removed[i];
    return count;
}

/* --balance: how many rows of each stratum stay, `total` in all: the same
 * number of each, or all of a smaller stratum.
 *   quota  in: the rows of each stratum; out: those that stay */
static void balance_quotas(size_t *quota, size_t strata, size_t total)
{
    size_t level = 0, left = total;

    /* Raise the common number until the total is used up. */
    for (;;) {
        size_t open = 0, least = SIZE_MAX;

        for (size_t c = 0; c < strata; c++)
            if (quota[c] > level) {
                open++;
                least = quota[c] - level < least ? quota[c] - level : least;
            }
        if (!open)
            break;
        const size_t step = left / open < least ? left / open : least;
        level += step;
        left -= step * open;
        if (step < least)
            break;
    }
    for (size_t c = 0; c < strata; c++)
        if (quota[c] > level) {
            const bool one = left > 0;

            quota[c] = level + one;
            left -= one;
        }
}

/* What --keep and --balance leave of each stratum. */
static int find_quotas(const struct prune *prune, size_t **out,
                       struct wn_error *error)
{
    const struct wn_options *options = prune->run->options;
    const bool balance = wn_option_given(options, "balance");
    const bool given = wn_option_given(options, "keep");
    struct amount amount = {1, SIZE_MAX};
    size_t *quota = *out = count_strata(prune, balance);
    size_t least = SIZE_MAX, strata = 0;

    if (given && read_amount(prune, "keep", true, &amount, error))
        return -1;
    if (amount.rows != SIZE_MAX && !balance && prune_on(prune, "per-class"))
        return wn_fail(error, WN_EUSAGE,
                       "--keep: found '%s', wanted a share with --per-class; "
                       "--balance=class takes a number of rows",
                       prune_text(prune, "keep"));
    if (balance) {
        if (wn_option_choice(options, "balance") == 0)
            quota[prune->dataset.k] = 0; /* no label is no class */
        for (size_t c = 0; c < prune->strata; c++)
            if (quota[c]) {
                strata++;
                least = quota[c] < least ? quota[c] : least;
            }
        balance_quotas(quota, prune->strata,
                       amount.rows != SIZE_MAX ? amount.rows
                       : given ? round_share(amount.share, prune->dataset.n)
                               : wn_product(least, strata, 1));
        return 0;
    }
    for (size_t c = 0; c < prune->strata; c++) {
        const bool some = prune->stratum && quota[c] > 0 && amount.share > 0;

        quota[c] = amount.rows != SIZE_MAX
                       ? amount.rows
                       : round_share(amount.share, quota[c]);
        if (some && quota[c] == 0)
            quota[c] = 1;
    }
    return 0;
}

/* --skip-hardest: leave out the share of the rows with the highest scores, of
 * each stratum. */
static int skip_hardest(struct prune *prune, const float *score,
                        struct wn_error *error)
{
    struct amount amount;

    if (!wn_option_given(prune->run->options, "skip-hardest"))
        return 0;
    if (read_amount(prune, "skip-hardest", false, &amount, error))
        return -1;
    const size_t before = prune->kept;
    size_t *quota = count_strata(prune, false);
    struct wn_ranked *ranked = rank_rows(prune, score, true);
    for (size_t c = 0; c < prune->strata; c++)
        quota[c] = round_share(amount.share, quota[c]);
    for (size_t r = 0; r < before; r++) {
        size_t *left = &quota[stratum_of(prune, ranked[r].row)];

        if (*left == 0)
            continue;
        --*left;
        prune_remove(prune, ranked[r].row);
    }
    prune->skipped = before - prune->kept;
    free(ranked);
    free(quota);
    return 0;
}

/* --keep: of the rows still kept, keep those with the lowest score (--highest:
 * the highest), so that at most round(share n) are left, or a number of them.
 * --per-class does this for each class, rows without a label being one more; a
 * class with rows keeps one unless the share is 0. --balance keeps as many of
 * each class or cluster. --skip-hardest comes before. */
int prune_keep(struct prune *prune, struct wn_error *error)
{
    const struct wn_options *options = prune->run->options;
    const bool keep =
        wn_option_given(options, "keep") || wn_option_given(options, "balance");
    size_t *quota = NULL;
    int status = -1;

    if (make_strata(prune, error))
        return -1;
    if (!keep && !wn_option_given(options, "skip-hardest"))
        return 0;
    float *score = read_score(prune, "by", error);
    if (!score || skip_hardest(prune, score, error) ||
        (keep && find_quotas(prune, &quota, error)))
        goto done;
    const size_t before = prune->kept;
    struct wn_ranked *ranked =
        rank_rows(prune, score, prune_on(prune, "highest"));
    for (size_t r = 0; keep && r < before; r++) {
        size_t *left = &quota[stratum_of(prune, ranked[r].row)];

        if (*left)
            --*left;
        else
            prune_remove(prune, ranked[r].row);
    }
    prune->unkept = before - prune->kept;
    free(ranked);
    status = 0;
done:
    free(score);
    free(quota);
    return status;
}

/* Put ranked rows in turns of the strata: the r-th of s rows of one comes at
 * (r + 1/2) / s of the way. So each stretch has the strata in the shares of the
 * whole. */
static void take_turns(const struct prune *prune, struct wn_ranked *ranked)
{
    size_t *size = count_strata(prune, true);
    size_t *seen = wn_new(prune->strata, sizeof *seen);

    for (size_t r = 0; r < prune->kept; r++) {
        const size_t c = stratum_of(prune, ranked[r].row);

        ranked[r].key = (float)(((double)seen[c]++ + .5) / (double)size[c]);
    }
    wn_rank(ranked, prune->kept);
    free(size);
    free(seen);
}

int prune_order(struct prune *prune, struct wn_error *error)
{
    static const char *const words[] = {"easy", "hard", "balanced"};
    enum { EASY, HARD, BALANCED, WORDS };
    const char *order = prune_text(prune, "order");
    float *score = NULL;
    int word = 0;

    while (order && word < WORDS && strcmp(order, words[word]))
        word++;
    if (order &&
        !(score = read_score(prune, word < WORDS ? "by" : "order", error)))
        return -1;
    const bool hard_first = order && word == HARD;
    struct wn_ranked *ranked =
        rank_rows(prune, score, prune_on(prune, "descending") != hard_first);
    if (order && word == BALANCED)
        take_turns(prune, ranked);
    prune->order =
        wn_arena_new(&prune->chosen, sizeof *prune->order, prune->kept, 1);
    for (size_t r = 0; r < prune->kept; r++)
        prune->order[r] = ranked[r].row;
    free(ranked);
    free(score);
    return 0;
}

/* --class-floor: where a class would have fewer than N of its own rows left,
 * bring rows back, in the order in which --by keeps them. */
int prune_floor(struct prune *prune, struct wn_error *error)
{
    const int32_t *label = prune->dataset.label;
    const size_t n = prune->dataset.n, k = prune->dataset.k;
    const size_t floor = prune_class_floor(prune);

    if (floor == 0 || !label)
        return 0;
    size_t *missing = wn_new(k, sizeof *missing);
    bool any = false;
    for (size_t i = 0; i < n; i++) /* first the rows of each class ... */
        if (label[i] >= 0 && missing[label[i]] < floor)
            missing[label[i]]++;
    for (size_t i = 0; i < n; i++) /* ... then without those that stay */
        if (label[i] >= 0 && missing[label[i]] && !prune->removed[i] &&
            !(prune->relabel && prune->relabel[i]))
            missing[label[i]]--;
    for (size_t c = 0; c < k; c++)
        any |= missing[c] > 0;
    float *score = any ? read_score(prune, "by", error) : NULL;
    if (any && score) {
        struct wn_ranked *lost = wn_new(n, sizeof *lost);

        for (size_t i = 0; i < n; i++)
            lost[i] = (struct wn_ranked){prune_on(prune, "highest")
                                             ? -(double)score[i]
                                             : (double)score[i],
                                         i};
        wn_rank(lost, n);
        for (size_t r = 0; r < n; r++) {
            const size_t row = lost[r].row;
            const bool relabelled = prune->relabel && prune->relabel[row];

            if (label[row] < 0 || !missing[label[row]] ||
                (!prune->removed[row] && !relabelled))
                continue;
            missing[label[row]]--;
            prune->kept += prune->removed[row];
            prune->removed[row] = 0;
            if (relabelled) {
                prune->relabel[row] = 0;
                prune->changed--;
            }
            prune->restored++;
        }
        free(lost);
    }
    free(missing);
    free(score);
    return any && !score ? -1 : 0;
}
