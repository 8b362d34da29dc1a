/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/text_model.h: a column of text -> its terms -> a few dense features.
 *
 * Words are runs of two or more letters, digits, marks and underscores of any
 * script (PCRE2), ASCII capitals made small. Terms are words and pairs of
 * adjacent words, as 31-bit digests; and, if asked for, the grams of every
 * word: WN_GRAM consecutive characters of the word between two blanks, or all
 * of it if it is shorter, hashed into WN_GRAM_BUCKETS.
 *
 * A document is the vector of its term weights
 *
 *   (1 + log count) (1 + log((1 + N) / (1 + N with the term)))
 *
 * of length 1 (TF-IDF), projected on the leading singular vectors of a sample
 * of documents (latent semantic analysis, Deerwester et al. 1990), centred, and
 * divided by the standard deviation of the direction that varies most, so that
 * the directions keep their proportions. The vector of words first gets length
 * 1, that of grams length 1/2.
 *
 * Words and pairs in fewer than 1 of 700 documents, or in only one, are
 * dropped, and so are the rarest of the others beyond WN_TEXT_MODEL_TERMS.
 * Grams in fewer than 1 of 100 documents are dropped.
 *
 * Compared with: scikit-learn TfidfVectorizer and TruncatedSVD. */
#ifndef WN_ENCODE_TEXT_MODEL_H
#define WN_ENCODE_TEXT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* --- terms.c ------------------------------------------------------------ */

enum { WN_GRAM = 5, WN_GRAM_BUCKETS = 1 << 14 };
/* Digests from here on are grams. */
#define WN_TERMS_GRAM UINT32_C(0x80000000)

enum wn_grams { WN_GRAMS_WORDS = 1, WN_GRAMS_CHARS = 2, WN_GRAMS_BOTH = 3 };

struct wn_terms; /* splits texts into terms; one for each thread */

struct wn_terms *wn_terms_new(enum wn_grams grams);
void wn_terms_free(struct wn_terms *terms);
/* Split a text. Bytes that are not UTF-8 separate words. Errors: WN_EIO. */
int wn_terms_read(struct wn_terms *terms, const char *text, size_t length,
                  struct wn_error *error) WN_MUST_CHECK;
/* The digests of the different terms of the last text, in the order of their
 * first occurrence, and how often each occurs. Valid until the next call; the
 * caller may overwrite them. */
size_t wn_terms_count(const struct wn_terms *terms);
uint32_t *wn_terms_place(const struct wn_terms *terms);
float *wn_terms_often(const struct wn_terms *terms);

/* --- text_model.c ------------------------------------------------------- */

enum { WN_TEXT_MODEL_DOCUMENTS = 20000, WN_TEXT_MODEL_TERMS = 1 << 15 };

/* Documents as rows of a sparse matrix: document i has the terms start[i] ..
 * start[i+1]-1. */
struct wn_documents {
    size_t count;
    uint64_t *start; /* count + 1 */
    uint32_t *place; /* digest of the term; later its number */
    float *often;    /* its count in the document; later its weight */
    size_t start_capacity, place_capacity, often_capacity;
};

struct wn_text_model; /* what was learnt of a column */

/* The truncated SVD of linalg/svd.h. */
typedef int wn_text_model_svd(size_t rows, size_t columns,
                              const uint64_t *start, const uint32_t *column,
                              const float *value, size_t rank, int threads,
                              float *basis, double *square, size_t *found,
                              struct wn_error *error);

/* Learn at most `dims` directions from one or more documents, which are
 * overwritten. If no term occurs in two of them there are 0 features. */
struct wn_text_model *wn_text_model_fit(struct wn_documents *documents,
                                        size_t dims, wn_text_model_svd *svd,
                                        int threads,
                                        struct wn_error *error) WN_MUST_CHECK;
void wn_text_model_free(struct wn_text_model *model);
size_t wn_text_model_dims(const struct wn_text_model *model);
/* The features out[dims] of the text last read, whose terms are overwritten. */
void wn_text_model_apply(const struct wn_text_model *model,
                         struct wn_terms *terms, float *out);

#endif
