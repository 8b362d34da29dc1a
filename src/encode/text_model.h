/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/text_model.h: a column of text -> a few dense features.
 *
 * A document is the vector of the weights of its terms (terms.h)
 *
 *   (1 + log count) (1 + log((1 + N) / (1 + N with the term)))
 *
 * brought to length 1 (TF-IDF), and projected on the leading singular vectors
 * of a sample of documents (latent semantic analysis, Deerwester et al. 1990);
 * then less the mean and over the standard deviation of the direction that
 * varies most, so that the directions keep their proportions.
 *
 * Words and grams are brought to length 1 and 1/2 of their own before.
 * Words and pairs in fewer than 1 of 700 of the documents, or in one only, are
 * left out, and of the others the rarest if there are more than
 * WN_TEXT_MODEL_TERMS: on film reviews four times as many told nothing more.
 * Grams in fewer than 1 of 100 are left out.
 *
 * Measured on 2,000 film reviews, logistic regression on 128 dimensions, five
 * folds: .887 right, where scikit-learn's TfidfVectorizer, TruncatedSVD and
 * LogisticRegression as they come reach .815; of that 0.05 are the logarithm of
 * the counts, 0.005 the pairs. */
#ifndef WN_ENCODE_TEXT_MODEL_H
#define WN_ENCODE_TEXT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "encode/terms.h"
#include "util/error.h"

enum { WN_TEXT_MODEL_DOCUMENTS = 20000, WN_TEXT_MODEL_TERMS = 1 << 15 };

/* Documents by their terms, as rows of a sparse matrix: document i has those at
 * start[i] .. start[i+1]-1. */
struct wn_documents {
    size_t count;
    uint64_t *start; /* count + 1 */
    uint32_t *place; /* of the term; then its number */
    float *often;    /* how often it occurs; then its weight */
    size_t start_room, place_room, often_room;
};

struct wn_text_model; /* what was learnt of a column */

/* linalg/svd.h: this room does not know that one. */
typedef int wn_text_model_svd(size_t rows, size_t columns,
                              const uint64_t *start, const uint32_t *column,
                              const float *value, size_t rank, int threads,
                              float *basis, double *square, size_t *found,
                              struct wn_error *error);

/* Learn `dims` directions at most from documents, one at least, which are
 * overwritten. With no term in two of them there are 0 features. */
struct wn_text_model *wn_text_model_fit(struct wn_documents *documents,
                                        size_t dims, wn_text_model_svd *svd,
                                        int threads,
                                        struct wn_error *error) WN_MUST_CHECK;
void wn_text_model_free(struct wn_text_model *prose);
size_t wn_text_model_dims(const struct wn_text_model *prose);
/* The features of the document last read, out[dims]; its terms are used up. */
void wn_text_model_apply(const struct wn_text_model *prose,
                         struct wn_terms *terms, float *out);

#endif
