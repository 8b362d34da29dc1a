/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/claim.h: what may be said of the labels as a whole, and how many of
 * them may be flagged.
 *
 *   nothing   The models predict the labels no better than the class shares do:
 *             the mean gain, log p[y] - log share[y], is not above 0 at the
 *             1 % level, or is less than 1 % of the entropy of the shares. No
 *             label is flagged, and the noise rate cannot be told.
 *   overlap   The doubt of the models comes from classes that overlap rather
 *             than from errors spread over the classes (overlap_weight above
 *             1/2), and the interval of the noise rate reaches 0; or there are
 *             two classes and even the surest twentieth of the rows have a mean
 *             largest probability below .8. Labels are listed for review, at
 *             most 2 % of the rows; no action follows.
 *   expected  The user gave the share of wrong labels. The suspicions are
 *             shifted by one logit so that their mean is that share.
 *   reviewed  Verdicts of people say how many labels are wrong; see verdicts.h.
 *             wn_claim_make() does not make this claim, flag does.
 *   noise     Otherwise. With two classes and overlap_weight above 1/2, at most
 *             as many labels are flagged as the low end of the interval says,
 *             because one probability cannot tell overlap from noise. */
#ifndef WN_NOISE_CLAIM_H
#define WN_NOISE_CLAIM_H

#include <stddef.h>
#include <stdint.h>

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
    double gain;      /* nats a row */
    double gain_sd;   /* its standard error */
    double entropy;   /* of the class shares, nats */
    size_t max_flags; /* label issues allowed, the most suspicious first;
                         SIZE_MAX where the rule decides alone */
};

/* What the user knows; negative numbers where nothing was said. */
struct wn_expectation {
    double low, high; /* share of wrong labels, 0 .. 1 */
    double precision; /* minimum share of true errors among the flagged */
};

/* Judge label[n] by p (n x k) and the verdicts of wn_suspicion_find. With an
 * expectation the verdicts, the rate and its interval in `suspicion` change. */
void wn_claim_make(const int32_t *label, const struct wn_probability *p,
                   const struct wn_expectation *expectation,
                   struct wn_suspicion *suspicion, struct wn_claim *out);

#endif
