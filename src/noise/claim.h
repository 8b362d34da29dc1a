/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/claim.h: what may be said of the labels as a whole, and how many of
 * them may be flagged.
 *
 *   nothing   The models predict the labels no better than the class shares do:
 *             the mean gain, log p[y] - log share[y], is not above 0 at the
 *             1 % level, or is less than 1 % of the entropy of the shares. No
 *             label is flagged, and the noise rate cannot be told.
 *   noise     At least half of the labels that differ from the prediction are
 *             explained by errors that stand everywhere (overlap.h), or by
 *             errors that contradict clusters of the features (clusters.h); and
 *             not more than half of all labels differ.
 *   overlap   They do not: the rest is overlap of the classes, or errors that
 *             follow the features.
 *   expected  The user gave the share of wrong labels. The suspicions are
 *             shifted by one logit so that their mean is that share.
 *   reviewed  Verdicts of people say how many labels are wrong; see verdicts.h.
 *             wn_claim_make() does not make this claim, flag does.
 *
 * In all but `nothing` the expected number of wrong labels of any rows is the
 * sum of their suspicions; the rate is their mean. With noise or overlap a
 * logistic curve of the posterior of suspicion.h is fitted to what the depth of
 * each row says of it, and a part of the mismatches that even errors do not
 * explain counts as errors: one in three, or two in three where the low end is
 * 1 % or more, or so many that all errors together are those that clusters of
 * the features show. No suspicion is above what a depth gives, or .7 where that
 * is less. The low end of the interval is that of the even errors or of the
 * clusters, whichever is higher; the high end reaches, by the share of
 * mismatches that even errors do not explain, to 1.26 times the mismatches, or
 * 1.5 times where clusters show errors. Rows in classes of fewer than 20 rows
 * prove nothing: they lower the low end in proportion, and raise the high end
 * by what m rows that all look right leave open, 1 - .05^(1/m). Sampling
 * errors are those of the rows without copies. Where the low end is below 1 %,
 * at most 2 % of the rows are flagged, and no action follows; elsewhere no more
 * actions than the low end says. */
#ifndef WN_NOISE_CLAIM_H
#define WN_NOISE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "noise/clusters.h"
#include "noise/overlap.h"
#include "noise/probability.h"
#include "noise/suspicion.h"

enum wn_claim_kind {
    WN_CLAIM_NOISE,
    WN_CLAIM_OVERLAP,
    WN_CLAIM_NOTHING,
    WN_CLAIM_EXPECTED,
    WN_CLAIM_REVIEWED
};
/* Their names in that order, comma-separated, as the audit file has them. */
extern const char wn_claim_names[];

struct wn_claim {
    enum wn_claim_kind kind;
    double gain;        /* nats a row */
    double gain_sd;     /* its standard error */
    double entropy;     /* of the class shares, nats */
    size_t max_flags;   /* label issues allowed, the most suspicious first;
                           SIZE_MAX where the rule decides alone */
    size_t max_actions; /* labels to relabel or drop, likewise */
    struct wn_overlap overlap;   /* empty where it was not asked */
    struct wn_clusters clusters; /* as they were given */
    double overlap_weight;       /* the share of mismatches that neither even
                                    errors nor clusters explain; 0 without
                                    overlap */
};

/* What the user knows, negative numbers where nothing was said; and what is
 * known of the rows. */
struct wn_expectation {
    double low, high; /* share of wrong labels, 0 .. 1 */
    double precision; /* minimum share of true errors among the flagged */
    bool brought;     /* the probabilities are the user's, not score's */
    double copied;    /* share of the rows that are copies of others, below 1 */
};

/* Judge label[n] by p (n x k), the clusters of the features and the verdicts of
 * wn_suspicion_find. If the user expects something, the verdicts, the rate and
 * its interval in `suspicion` change. */
void wn_claim_make(const int32_t *label, const struct wn_probability *p,
                   const struct wn_clusters *clusters,
                   const struct wn_expectation *expectation, int threads,
                   struct wn_suspicion *suspicion, struct wn_claim *out);

#endif
