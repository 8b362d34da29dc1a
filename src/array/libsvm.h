/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/libsvm.h: text of LIBSVM and LIBLINEAR.
 *
 *   row     = label [qid:NUMBER] *(index:value) [# comment] (LF / CR LF)
 *   label   = a number; "+1" and "1" are the same class, "1"
 *   index   = 0 .. WN_LIBSVM_INDEX, ascending in a row; others are 0
 *
 * The first feature is index 1, or 0 where that occurs, as scikit-learn writes
 * it. Blanks and TABs stand between. A line that is empty or begins with # is
 * no row. Anything else is refused with its line. Format: README of LIBSVM. */
#ifndef WN_ARRAY_LIBSVM_H
#define WN_ARRAY_LIBSVM_H

#include "array/array.h"
#include "util/hash.h"

enum { WN_LIBSVM_INDEX = 1 << 20 };

struct wn_libsvm {
    size_t rows;
    struct wn_array features, label; /* rows x highest index; text */
    struct wn_array group;           /* the qid, if all rows have one */
    char delimiter;                  /* what stands behind a label */
    uint64_t *offset;      /* rows + 1: where each row begins; the end */
    uint64_t *line, *hash; /* of each row: from 1; XXH3 of its bytes */
    uint64_t size;         /* bytes of the file */
    char digest[WN_DIGEST_TEXT];
};

/* Read `path`, standard input if NULL. WN_EDATA with line. On failure there is
 * nothing to free. */
int wn_libsvm_read(const char *path, struct wn_libsvm *libsvm,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_libsvm_free(struct wn_libsvm *libsvm);

#endif
