/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features in the audit file or in the user's HDF5 file; see features.h. */
#include "audit/features.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "array/hdf5.h"
#include "audit/audit_private.h"
#include "audit/source.h"
#include "util/memory.h"
#include "util/text.h"

struct wn_features {
    const struct wn_audit *audit;
    size_t n, d;
    struct wn_array array; /* of the linked file; {0} without a link */
    struct wn_array_rows rows;
    uint64_t *keep; /* the n rows of the array that were audited */
};

int wn_features_width(const struct wn_audit *audit, size_t *d,
                      struct wn_error *error)
{
    const char *path = "data/features";
    char *link;

    *d = 0;
    if (wn_audit_has(audit, path))
        return wn_audit_extent(audit, path, 1, d, error);
    link = wn_audit_text(audit, "data", "link", error);
    if (!link)
        return error->code ? -1 : 0;
    free(link);
    if (wn_audit_extent(audit, "data/feature_name", 0, d, error))
        return -1;
    return *d ? 0
              : wn_fail(error, WN_EDATA,
                        "%s: data: a link without data/feature_name",
                        wn_audit_name(audit));
}

int wn_features_digest(const struct wn_array *array, const uint64_t *keep,
                       size_t n, char out[WN_DIGEST_TEXT],
                       struct wn_error *error)
{
    const size_t d = array->columns;
    const struct wn_hdf5_shape shape = {WN_F32, sizeof(float), 2, {n, d, 1}};
    struct wn_array_rows rows;
    struct wn_hash *hash = wn_digest_begin(&shape);
    float *row = wn_new(d, sizeof *row);
    int status = 0;

    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < n && status == 0; i++) {
        const size_t from = keep ? keep[i] : i;
        const double *wide = wn_array_row(&rows, from, error);

        status = wide ? 0 : -1;
        for (size_t j = 0; j < d && status == 0; j++) {
            row[j] = (float)wide[j];
            if (!(fabs(wide[j]) <= FLT_MAX))
                status = wn_fail(error, WN_EDATA,
                                 "%s: row %zu, column %zu: not a number within "
                                 "those of 4 bytes",
                                 array->name, from, j);
        }
        wn_hash_add(hash, row, d * sizeof *row);
    }
    wn_hash_text(hash, out);
    wn_hash_free(hash);
    wn_array_rows_free(&rows);
    free(row);
    return status;
}

/* Check that the linked array still has the rows that were audited. */
static int check_link(struct wn_features *features, const char *digest,
                      struct wn_error *error)
{
    const struct wn_audit *audit = features->audit;
    const struct wn_array *array = &features->array;
    const size_t extent[3] = {features->n, 0, 0};
    char found[WN_DIGEST_TEXT];

    features->keep =
        wn_audit_read(audit, "data/row_line", WN_U64, extent, error);
    if (!features->keep)
        return -1;
    for (size_t i = 0; i < features->n; i++)
        if (features->keep[i] >= array->rows)
            return wn_fail(error, WN_EDATA,
                           "%s: has %zu rows, and %s wants row %llu",
                           array->name, array->rows, wn_audit_name(audit),
                           (unsigned long long)features->keep[i]);
    if (array->text || array->columns != features->d)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu columns%s, wanted %zu of numbers as when "
                       "it was audited",
                       array->name, array->columns,
                       array->text ? " of text" : "", features->d);
    if (wn_features_digest(array, features->keep, features->n, found, error))
        return -1;
    return strcmp(found, digest) == 0
               ? 0
               : wn_fail(error, WN_EDATA,
                         "%s: changed since the audit: found digest %s, wanted "
                         "%s",
                         array->name, found, digest);
}

struct wn_features *wn_features_open(const struct wn_audit *audit,
                                     struct wn_error *error)
{
    static const char *const names[] = {"link", "link_array", "link_digest"};
    struct wn_features *features = wn_new(1, sizeof *features);
    const char *name = wn_audit_name(audit);
    char *text[3] = {NULL};
    struct wn_text path = {0};
    struct stat about;
    bool found = false;
    int status;

    features->audit = audit;
    status = wn_audit_extent(audit, "data/label", 0, &features->n, error) ||
             wn_features_width(audit, &features->d, error);
    if (status || wn_audit_has(audit, "data/features"))
        goto done;
    for (int t = 0; t < 3 && status == 0; t++) {
        text[t] = wn_audit_text(audit, "data", names[t], error);
        if (!text[t])
            status = error->code
                         ? -1
                         : wn_fail(error, WN_EDATA,
                                   "%s: has neither data/features nor the "
                                   "attribute %s",
                                   name, names[t]);
    }
    for (int which = 0; which < 3 && status == 0 && !found; which++)
        found = wn_source_place(text[0], name, which, &path) &&
                stat(path.bytes, &about) == 0 && S_ISREG(about.st_mode);
    if (status == 0 && !found)
        status = wn_fail(error, WN_EIO,
                         "%s: cannot find the file that holds the features of "
                         "%s, neither from here nor beside it",
                         text[0], name);
    if (status == 0)
        status = wn_hdf5_read(path.bytes, (const char **)&text[1], 1,
                              WN_HDF5_BYTES, &features->array, error);
    if (status == 0)
        status = check_link(features, text[2], error);
    if (status == 0)
        wn_array_rows_open(&features->rows, &features->array);
    for (int t = 0; t < 3; t++)
        free(text[t]);
    wn_text_free(&path);
done:
    if (status == 0)
        return features;
    wn_features_close(features);
    return NULL;
}

int wn_features_read(struct wn_features *features, size_t begin, size_t end,
                     float *out, struct wn_error *error)
{
    const size_t d = features->d;

    if (!features->array.name)
        return wn_audit_read_rows(features->audit, "data/features", begin, end,
                                  d, out, error);
    for (size_t i = begin; i < end; i++) {
        const double *row =
            wn_array_row(&features->rows, features->keep[i], error);

        if (!row)
            return -1;
        for (size_t j = 0; j < d; j++)
            out[(i - begin) * d + j] = (float)row[j];
    }
    return 0;
}

void wn_features_close(struct wn_features *features)
{
    if (!features)
        return;
    wn_array_rows_free(&features->rows);
    wn_array_free(&features->array);
    free(features->keep);
    free(features);
}
