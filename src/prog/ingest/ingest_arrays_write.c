/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: a dataset of arrays, as the stage /data of an audit file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/features.h"
#include "encode/user_probability.h"
#include "encode/array_column.h"
#include "prog/ingest/ingest_arrays.h"
#include "util/file.h"
#include "util/memory.h"

/* The part of "x.h5: /x" that stands in the file, or the file. */
static const char *place_of(const struct wn_array *array)
{
    const char *colon = strstr(array->name, ": ");
    const char *slash = strrchr(array->name, '/');

    if (colon)
        return colon + 2;
    return slash ? slash + 1 : array->name;
}

/* --- rows: features, and what a row is known by ------------------------- */

/* A row that goes out; `bytes` are what its hash is made of. */
struct outgoing {
    struct wn_array_rows rows;
    float *encoded;
    uint64_t *hash;
    double *bytes; /* the row's numbers, then its class's name */
};

static void free_outgoing(struct outgoing *out)
{
    wn_array_rows_free(&out->rows);
    free(out->encoded);
    free(out->hash);
    free(out->bytes);
}

/* XXH3 of the row's numbers as f64 and the name of its class. */
static uint64_t hash_row(const struct arrays *arrays, struct outgoing *out,
                         const double *in, size_t d, size_t i)
{
    const size_t class = (size_t)arrays->code[i];
    const size_t length = arrays->classes.value[class].length;

    memcpy(out->bytes, in, d * sizeof *in);
    memcpy(out->bytes + d, wn_dictionary_text(&arrays->classes, class), length);
    return wn_hash_bits(out->bytes, d * sizeof *in + length);
}

static int open_outgoing(const struct arrays *arrays,
                         const struct wn_array *array, struct outgoing *out)
{
    const size_t d = array->columns;

    out->encoded = wn_new(d, sizeof *out->encoded);
    out->hash = wn_new(arrays->n, sizeof *out->hash);
    out->bytes = wn_new(d + WN_NAME_BYTES / 8 + 1, sizeof *out->bytes);
    wn_array_rows_open(&out->rows, array);
    return 0;
}

static void widen(struct arrays *arrays, const double *in, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        arrays->low = fmin(arrays->low, in[j]);
        arrays->high = fmax(arrays->high, in[j]);
    }
}

/* The features, encoded; with --link they stay where they are and are only
 * looked at. */
static int put_features(struct arrays *arrays, struct outgoing *out,
                        struct wn_error *error)
{
    const struct wn_array *array = &arrays->features;
    const size_t d = array->columns, extent[3] = {arrays->n, d, 0};

    if (!arrays->link && wn_audit_write_begin(arrays->writer, "data/features",
                                              WN_F32, extent, error))
        return -1;
    for (size_t i = 0; i < arrays->n; i++) {
        const size_t from = arrays_row(arrays, i);
        const double *in = wn_array_row(&out->rows, from, error);

        if (!in ||
            wn_rescale_row(&arrays->rescale, array, from, in, out->encoded,
                           error) ||
            (!arrays->link &&
             wn_audit_write_append(arrays->writer, 1, out->encoded, error)))
            return -1;
        widen(arrays, in, d);
        out->hash[i] = hash_row(arrays, out, in, d, i);
    }
    return arrays->link ? 0 : wn_audit_write_end(arrays->writer, error);
}

static int put_link(const struct arrays *arrays, struct wn_error *error)
{
    struct wn_audit_writer *writer = arrays->writer;
    char digest[WN_DIGEST_TEXT];

    if (!arrays->link)
        return 0;
    return wn_features_digest(&arrays->features, arrays->keep, arrays->n,
                              digest, error) ||
                   wn_audit_write_text(writer, "data", "link", arrays->source,
                                       error) ||
                   wn_audit_write_text(writer, "data", "link_array",
                                       place_of(&arrays->features), error) ||
                   wn_audit_write_text(writer, "data", "link_digest", digest,
                                       error)
               ? -1
               : 0;
}

/* x#0, x#1, ... of /group/x or x.npy; of libsvm its indices. */
static int name_features(const struct arrays *arrays, struct wn_error *error)
{
    const size_t d = arrays->features.columns;
    const char *whole = arrays->features.name, *slash = strrchr(whole, '/');
    const char *stem = slash ? slash + 1 : whole;
    const size_t length =
        strcmp(arrays->form, "npy") ? strlen(stem) : strcspn(stem, ".");
    char **name = wn_new(d, sizeof *name);
    struct wn_text text = {0};
    int status = name ? 0 : -1;

    for (size_t j = 0; j < d && status == 0; j++) {
        text.length = 0;
        status = arrays->text.rows ? wn_text_format(&text, "%zu", j + 1)
                                   : wn_text_format(&text, "%.*s#%zu",
                                                    length < WN_NAME_BYTES / 2
                                                        ? (int)length
                                                        : WN_NAME_BYTES / 2,
                                                    stem, j);
        if (status == 0)
            name[j] = wn_copy_text(text.bytes, text.length);
        status = status || !name[j] ? -1 : 0;
    }
    if (status == 0)
        status = wn_audit_write_names(arrays->writer, "data/feature_name",
                                      (const char *const *)name, d, error);
    wn_text_free(&text);
    if (name)
        wn_names_free(name, d);
    return status;
}

static int put_probability(struct arrays *arrays, struct outgoing *out,
                           struct wn_error *error)
{
    const struct wn_array *array = &arrays->probability;
    const size_t k = array->columns, extent[3] = {arrays->n, k, 0};
    double *in = wn_new(k, sizeof *in);
    int status = in ? wn_audit_write_begin(arrays->writer, "data/probability",
                                           WN_F32, extent, error)
                    : -1;

    for (size_t i = 0; i < arrays->n && status == 0; i++) {
        const size_t from = arrays_row(arrays, i);
        const double *row = wn_array_row(&out->rows, from, error);
        size_t at = 0;
        double sum = 0;

        for (size_t c = 0; row && c < k; c++)
            in[c] = row[arrays->order[c]];
        switch (row ? wn_user_probability_row(in, k, out->encoded, &at, &sum)
                    : 3) {
        case 0:
            status =
                wn_audit_write_append(arrays->writer, 1, out->encoded, error);
            out->hash[i] = hash_row(arrays, out, row, k, i);
            break;
        case 1:
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu, column %zu: "
                             "found %g, wanted a probability",
                             array->name, from, arrays->order[at], in[at]);
            break;
        case 2:
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found "
                             "probabilities that sum to %.6g, wanted 1",
                             array->name, from, sum);
            break;
        default:
            status = -1;
        }
    }
    free(in);
    return status ? -1 : wn_audit_write_end(arrays->writer, error);
}

/* Where a row stands: its line, or its number in the arrays, from 0. */
static int put_places(struct arrays *arrays, const uint64_t *hash,
                      struct wn_error *error)
{
    const size_t n = arrays->n;
    uint64_t *place;
    int status;

    if (arrays->text.rows)
        return ingest_put(arrays->writer, "data/row_offset", WN_U64, n + 1,
                          arrays->text.offset, error) ||
                       ingest_put(arrays->writer, "data/row_line", WN_U64, n,
                                  arrays->text.line, error) ||
                       ingest_put(arrays->writer, "data/row_hash", WN_U64, n,
                                  arrays->text.hash, error)
                   ? -1
                   : 0;
    place = wn_new(n, sizeof *place);
    for (size_t i = 0; place && i < n; i++)
        place[i] = arrays_row(arrays, i);
    status = place && ingest_put(arrays->writer, "data/row_line", WN_U64, n,
                                 place, error) == 0
                 ? ingest_put(arrays->writer, "data/row_hash", WN_U64, n, hash,
                              error)
                 : -1;
    free(place);
    return status;
}

/* Both blocks know rows by their content: features where there are some. */
static int ingest_arrays_write_put_rows(struct arrays *arrays,
                                        struct wn_error *error)
{
    struct outgoing features = {0}, probability = {0};
    const bool any = arrays->features.name;
    int status = 0;

    if (arrays->probability.name)
        status = open_outgoing(arrays, &arrays->probability, &probability) ||
                 put_probability(arrays, &probability, error);
    if (status == 0 && any)
        status = open_outgoing(arrays, &arrays->features, &features) ||
                 put_features(arrays, &features, error) ||
                 name_features(arrays, error);
    if (status == 0)
        status =
            put_places(arrays, any ? features.hash : probability.hash, error);
    free_outgoing(&features);
    free_outgoing(&probability);
    return status ? -1 : 0;
}

/* --- labels, ids --------------------------------------------------------- */

static int put_ids(struct arrays *arrays, struct wn_error *error)
{
    const size_t n = arrays->n;
    struct wn_text all = {0}, kept = {0};
    uint64_t *offset = wn_new(arrays->rows + 1, sizeof *offset);
    uint64_t *end = wn_new(n + 1, sizeof *end);
    int status = offset && end
                     ? wn_array_column_text(&arrays->id, &all, offset, error)
                     : -1;

    for (size_t i = 0; i < n && status == 0; i++) {
        const size_t row = arrays_row(arrays, i);

        status = wn_text_add(&kept, wn_text_of(&all) + offset[row],
                             offset[row + 1] - offset[row]);
        end[i + 1] = kept.length;
    }
    if (status == 0)
        status = ingest_put(arrays->writer, "data/id_offset", WN_U64, n + 1,
                            end, error) ||
                         ingest_put(arrays->writer, "data/id", WN_U8,
                                    kept.length, wn_text_of(&kept), error)
                     ? -1
                     : 0;
    wn_text_free(&all);
    wn_text_free(&kept);
    free(offset);
    free(end);
    return status;
}

/* --- the column table: one row an array ---------------------------------- */

enum { ARRAYS_MOST = 4 + WN_ROLE_KINDS };

struct profile {
    size_t count;
    const char *name[ARRAYS_MOST], *kind[ARRAYS_MOST];
    uint64_t none[ARRAYS_MOST], distinct[ARRAYS_MOST];
    double low[ARRAYS_MOST], high[ARRAYS_MOST];
    const struct wn_array *array[ARRAYS_MOST];
};

static void add_array(struct profile *profile, const struct arrays *arrays,
                      const struct wn_array *array, const char *kind,
                      uint64_t distinct)
{
    const size_t at = profile->count;

    if (!array->name)
        return;
    /* In text of libsvm all have the same name. */
    profile->name[at] = arrays->text.rows ? kind : place_of(array);
    profile->kind[at] = kind;
    profile->distinct[at] = distinct;
    profile->low[at] = profile->high[at] = NAN;
    profile->array[at] = array;
    profile->count++;
}

/* The label first: prune finds it there in text. */
static void fill_profile(const struct arrays *arrays, struct profile *profile)
{
    add_array(profile, arrays, &arrays->label, "label", arrays->classes.count);
    add_array(profile, arrays, &arrays->features, "numeric", 0);
    if (profile->count > 1) {
        profile->low[1] = arrays->low;
        profile->high[1] = arrays->high;
    }
    add_array(profile, arrays, &arrays->id, "id", 0);
    add_array(profile, arrays, &arrays->probability, "probability", 0);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        add_array(profile, arrays, &arrays->role[r], wn_role_kinds[r].name,
                  arrays->roles.of[r].names.count);
}

static int ingest_arrays_write_put_columns(struct arrays *arrays,
                                           struct wn_error *error)
{
    struct wn_audit_writer *writer = arrays->writer;
    struct profile p = {0};

    fill_profile(arrays, &p);
    return wn_audit_write_names(writer, "data/column/name", p.name, p.count,
                                error) ||
                   wn_audit_write_names(writer, "data/column/kind", p.kind,
                                        p.count, error) ||
                   ingest_put(writer, "data/column/missing", WN_U64, p.count,
                              p.none, error) ||
                   ingest_put(writer, "data/column/invalid", WN_U64, p.count,
                              p.none, error) ||
                   ingest_put(writer, "data/column/distinct", WN_U64, p.count,
                              p.distinct, error) ||
                   ingest_put(writer, "data/column/min", WN_F64, p.count, p.low,
                              error) ||
                   ingest_put(writer, "data/column/max", WN_F64, p.count,
                              p.high, error)
               ? -1
               : 0;
}

/* --- provenance ---------------------------------------------------------- */

/* Whether an array stands in the input, not in another file. */
static bool is_inside(const struct arrays *arrays, const struct wn_array *array)
{
    const char *input = wn_input_name(wn_run_input(arrays->run));
    const size_t length = strlen(input);

    return array->name && strncmp(array->name, input, length) == 0 &&
           array->name[length] == ':';
}

static int list_array(const struct arrays *arrays, const struct wn_array *array,
                      const char *kind, struct wn_text *text)
{
    return is_inside(arrays, array)
               ? wn_text_format(text, "%s%s %s", text->length ? "\n" : "", kind,
                                place_of(array))
               : 0;
}

/* Which dataset of the input has which role, a line each: what prune writes
 * again. */
static int list_arrays(const struct arrays *arrays, struct wn_text *text)
{
    struct profile p = {0};

    fill_profile(arrays, &p);
    for (size_t a = 0; a < p.count; a++)
        if (list_array(arrays, p.array[a], p.kind[a], text))
            return -1;
    return list_array(arrays, &arrays->beside.features_b, "features_b", text) ||
                   list_array(arrays, &arrays->names, "names", text)
               ? -1
               : 0;
}

static int put_provenance(struct arrays *arrays, struct wn_error *error)
{
    struct wn_audit_writer *writer = arrays->writer;
    const char delimiter[2] = {arrays->text.delimiter, '\0'};
    struct wn_text options = {0}, list = {0};
    int status = -1;

    if (wn_options_describe(arrays->run->options, &options) ||
        list_arrays(arrays, &list) ||
        wn_audit_provenance(writer, arrays->run->name, wn_text_of(&options),
                            arrays->digest, error) ||
        wn_audit_write_text(writer, "data", "task", "classification", error) ||
        wn_audit_write_text(writer, "data", "form", arrays->form, error) ||
        wn_audit_write_text(writer, "data", "arrays", wn_text_of(&list),
                            error) ||
        wn_audit_write_text(writer, "data", "source", arrays->source, error) ||
        wn_audit_write_text(writer, "data", "source_digest", arrays->digest,
                            error) ||
        wn_audit_write_number(writer, "data", "source_size",
                              (double)arrays->size, error) ||
        wn_audit_write_number(writer, "data", "source_rows",
                              (double)arrays->rows, error) ||
        wn_audit_write_text(
            writer, "data", "label_column",
            arrays->text.rows ? "label" : place_of(&arrays->label), error) ||
        (*delimiter &&
         wn_audit_write_text(writer, "data", "delimiter", delimiter, error)))
        goto done;
    status = 0;
done:
    wn_text_free(&options);
    wn_text_free(&list);
    return status;
}

static int read_input(const void *descriptor, uint64_t at, size_t length,
                      char *out, struct wn_error *error)
{
    return wn_read_at(*(const int *)descriptor, out, length, at,
                      wn_input_name(NULL), error);
}

/* The input, if it was a pipe: without it there would be nothing to prune. A
 * list of files is no input. */
static int put_source(const struct arrays *arrays, struct wn_error *error)
{
    int descriptor, status;

    if (wn_run_input(arrays->run) || strcmp(arrays->source, "-"))
        return 0;
    descriptor = wn_input_open(NULL, NULL, error);
    if (descriptor < 0)
        return -1;
    status = ingest_put_source(arrays->run, arrays->writer, arrays->size,
                               read_input, &descriptor, error);
    close(descriptor);
    return status;
}

static void ingest_arrays_write_tell(const struct arrays *arrays)
{
    const size_t left = arrays->rows - arrays->n, d = arrays->features.columns;
    const size_t k = arrays->classes.count;

    if (d)
        wn_log_verbose(arrays->run->talk, "%s: scale: %s",
                       arrays->features.name,
                       arrays->rescale.how == WN_RESCALE_EVEN     ? "even"
                       : arrays->rescale.how == WN_RESCALE_ROBUST ? "robust"
                                                                  : "none");
    wn_log_note(arrays->run->talk,
                "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
                "%zu class%s",
                arrays->source, arrays->rows, arrays->n, left, d,
                d == 1 ? "" : "s", k, k == 1 ? "" : "es");
}

int arrays_write(struct arrays *arrays, struct wn_error *error)
{
    const size_t n = arrays->n;

    arrays->writer = wn_run_create(arrays->run, NULL, WN_DATA, error);
    arrays->low = INFINITY;
    arrays->high = -INFINITY;
    if (!arrays->writer || ingest_arrays_write_put_rows(arrays, error) ||
        ingest_put_codes(arrays->writer, "data/label", n, arrays->code,
                         "data/label_name", &arrays->classes, error) ||
        ingest_spelling(arrays->run, arrays->writer, arrays->source, NULL,
                        &arrays->classes, error) ||
        (arrays->id.name && put_ids(arrays, error)) ||
        ingest_put_roles(arrays->writer, &arrays->roles, n, error) ||
        ingest_beside_write(&arrays->beside, n, arrays->order,
                            arrays->classes.count, arrays->writer, error) ||
        ingest_arrays_write_put_columns(arrays, error) ||
        put_source(arrays, error) || put_provenance(arrays, error) ||
        put_link(arrays, error))
        return -1;
    ingest_arrays_write_tell(arrays);
    return 0;
}
