/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/libsvm.h: the text format of LIBSVM and LIBLINEAR.
 *
 *   row     = label [qid:NUMBER] *(index:value) [# comment] (LF / CR LF)
 *   label   = a number; "+1" and "1" are the same class, "1"
 *   index   = 0 .. WN_LIBSVM_INDEX, ascending in a row; a missing one is 0
 *
 * The first feature has index 1, or 0 if index 0 occurs, as in files of
 * scikit-learn. Blanks and TABs separate. Empty lines and lines that begin with
 * # are not rows. Errors name the line. Format: README of LIBSVM. */
#ifndef WN_ARRAY_LIBSVM_H
#define WN_ARRAY_LIBSVM_H

#include "array/array.h"
#include "util/hash.h"

enum { WN_LIBSVM_INDEX = 1 << 20 };

struct wn_libsvm {
    size_t rows;
    struct wn_array features; /* rows x highest index */
    struct wn_array label;    /* text */
    struct wn_array group;    /* text: the qid; {0} if rows have none */
    char delimiter;           /* blank or TAB, as after the first label */
    uint64_t *offset;         /* rows + 1: where each row begins; the end */
    uint64_t *line;           /* line number of each row, from 1 */
    uint64_t *hash;           /* XXH3 of the bytes of each row */
    uint64_t size;            /* of the file in bytes */
    char digest[WN_DIGEST_TEXT];
};

/* Read `path` (NULL or "-": standard input). WN_EDATA names the line. On
 * failure there is nothing to free. */
int wn_libsvm_read(const char *path, struct wn_libsvm *libsvm,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_libsvm_free(struct wn_libsvm *libsvm);

#endif
