/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune --plant: wrong labels on purpose, to see how many an audit finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise/order_statistics.h"
#include "prog/prune/prune_work.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/random.h"

/* Where errors fall and what they say. */
enum kind {
    EVEN,   /* on any row, any other class */
    LIKELY, /* on any row, its most probable other class */
    NEAR    /* the same, on rows for which the two are nearly as probable */
};
enum { KINDS = 3, BLOCK = 256 };
static const char *const kind_names[KINDS] = {"even", "likely", "near"};

/* "near:5%" or "near:0.05". */
static int parse_plant(const struct prune *prune, enum kind *kind,
                       double *share, struct wn_error *error)
{
    const char *text = prune_text(prune, "plant");
    const char *colon = strchr(text, ':');

    for (int name = 0; colon && name < KINDS; name++) {
        const size_t length = strlen(colon + 1);
        const bool percent = length && colon[length] == '%';

        if (strlen(kind_names[name]) != (size_t)(colon - text) ||
            strncmp(kind_names[name], text, (size_t)(colon - text)) ||
            !wn_number_parse(colon + 1, length - percent, share))
            continue;
        *share /= percent ? 100 : 1;
        *kind = (enum kind)name;
        if (*share > 0 && *share < 1)
            return 0;
    }
    return wn_fail(error, WN_EUSAGE,
                   "--plant: found '%s', wanted even, likely or near, a colon "
                   "and a share below 1, as in near:5%%",
                   text);
}

/* The rows that may get a wrong label: they have a label that is not suspicious
 * or trusted. Their most probable other class goes into prune->suggestion, and
 * by how much the label is more probable into `ranked`. */
static size_t find_candidates(struct prune *prune, struct wn_ranked *ranked,
                              size_t *labelled, struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    const size_t n = data->n, k = data->k, extent[3] = {n, 0, 0};
    const char *trust = "data/trusted", *path = "score/probability";
    struct wn_arena own = {0};
    float *p = wn_arena_new(&own, sizeof *p, BLOCK, k);
    const uint8_t *suspect =
        wn_arena_keep(&own, prune_label_issues(prune, error));
    const uint8_t *trusted = NULL;
    size_t count = 0;

    if (suspect && wn_audit_has(prune->audit, trust))
        trusted = wn_arena_keep(
            &own, wn_audit_read(prune->audit, trust, WN_U8, extent, error));
    if (!error->code && !wn_audit_has(prune->audit, path))
        wn_fail(error, WN_EDATA, "--plant: %s has no probabilities",
                wn_audit_name(prune->audit));
    int status = suspect && !error->code ? 0 : -1;
    for (size_t i = 0; i < n && status == 0; i++) {
        const int32_t y = data->label[i];
        const float *row = p + i % BLOCK * k;
        int32_t best = -1;

        if (i % BLOCK == 0)
            status =
                wn_audit_read_rows(prune->audit, path, i,
                                   i + BLOCK < n ? i + BLOCK : n, k, p, error);
        *labelled += y >= 0;
        if (status || y < 0 || (trusted && trusted[i]) || suspect[i])
            continue;
        for (int32_t c = 0; c < (int32_t)k; c++)
            if (c != y && (best < 0 || row[c] > row[best]))
                best = c;
        prune->suggestion[i] = best;
        ranked[count++] =
            (struct wn_ranked){(double)row[y] - (double)row[best], i};
    }
    wn_arena_free(&own);
    return status ? 0 : count;
}

int prune_plant(struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    const uint64_t seed =
        (uint64_t)wn_option_number(prune->run->options, "seed");
    enum kind kind = EVEN;
    double share = 0;
    size_t labelled = 0;
    struct wn_random random;

    if (parse_plant(prune, &kind, &share, error))
        return -1;
    if (!data->label || data->k < 2)
        return wn_fail(error, WN_EDATA,
                       "--plant: %s has no labels of two classes or more",
                       wn_audit_name(prune->audit));
    prune->suggestion =
        wn_arena_new(&prune->chosen, sizeof *prune->suggestion, data->n, 1);
    prune->relabel = wn_arena_new(&prune->chosen, 1, data->n, 1);
    struct wn_ranked *ranked = wn_new(data->n, sizeof *ranked);
    size_t count = find_candidates(prune, ranked, &labelled, error);
    size_t errors = (size_t)(share * (double)labelled + .5);
    if (kind == NEAR) {
        wn_rank(ranked, count);
        count = count < 2 * errors ? count : 2 * errors;
    }
    errors = errors < count ? errors : count;
    int32_t *order = wn_new(count, sizeof *order);
    wn_random_start(&random, seed, WN_RANDOM_PLANT, (uint64_t)kind, 0);
    wn_random_order(&random, order, count);
    for (size_t e = 0; e < errors; e++) {
        const size_t i = ranked[order[e]].row;

        prune->relabel[i] = 1;
        if (kind == EVEN)
            prune->suggestion[i] =
                (int32_t)(((uint64_t)data->label[i] + 1 +
                           wn_random_below(&random, data->k - 1)) %
                          data->k);
    }
    prune->changed = errors;
    free(order);
    free(ranked);
    return error->code ? -1 : 0;
}
