/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: a dataset of arrays: check that they fit together, choose the rows
 * that are kept, and write the stage /data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/features.h"
#include "clean/label_type.h"
#include "encode/array_column.h"
#include "encode/user_probability.h"
#include "prog/ingest/ingest.h"
#include "util/memory.h"
#include "util/spill.h"

enum { MAX_ROWS = 5 /* in a message */ };

static size_t source_row(const struct arrays *arrays, size_t i)
{
    return arrays->keep ? (size_t)arrays->keep[i] : i;
}

void ingest_arrays_free(struct arrays *arrays)
{
    wn_array_free(&arrays->features);
    wn_array_free(&arrays->label);
    wn_libsvm_free(&arrays->text);
    wn_array_free(&arrays->names);
    for (size_t s = 0; s < arrays->brought; s++)
        wn_array_free(&arrays->probability[s]);
    wn_array_free(&arrays->id);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        wn_array_free(&arrays->role[r]);
    ingest_side_arrays_free(&arrays->side);
    wn_dictionary_free(&arrays->classes);
    wn_roles_free(&arrays->roles);
    wn_rescale_free(&arrays->rescale);
    wn_audit_abandon(arrays->writer);
    free(arrays->source);
    free(arrays->keep);
    free(arrays->code);
    free(arrays->order);
}

/* --- labels and roles ---------------------------------------------------- */

static int read_labels(struct arrays *arrays, struct wn_error *error)
{
    const struct wn_array *label = &arrays->label;
    const struct wn_array *probability = arrays->probability;
    const struct wn_array *dynamics = &arrays->side.dynamics;
    const size_t known = probability->name ? probability->columns
                         : dynamics->name  ? dynamics->extent[2]
                                           : 0;
    const char *how = wn_option_text(arrays->run->options, "missing-label");
    const size_t rows = arrays->rows;
    struct wn_text list = {0};
    size_t *place, missing = 0;

    arrays->code = wn_new(arrays->rows, sizeof *arrays->code);
    if (wn_array_column_names(label, arrays->names.name ? &arrays->names : NULL,
                              known, &arrays->classes, arrays->code, &place,
                              error))
        return -1;
    arrays->order = place ? place : ingest_class_order(&arrays->classes);
    /* Keep the rows with a label, or name the first without. */
    for (size_t i = 0; i < rows; i++)
        if (arrays->code[i] < 0 && missing++ < MAX_ROWS)
            wn_text_format(&list, "%s%zu", missing > 1 ? ", " : "", i);
    arrays->n = rows - missing;
    if (missing && strcmp(how, "drop"))
        wn_fail(error, WN_EDATA,
                "%s: found no label in %zu row%s (%s%s), wanted one in all; "
                "--missing-label=drop leaves them out",
                label->name, missing, missing == 1 ? "" : "s",
                wn_text_of(&list), missing > MAX_ROWS ? ", ..." : "");
    else if (arrays->n == 0)
        wn_fail(error, WN_EDATA,
                "%s: found no label in any row, wanted one in some rows",
                label->name);
    wn_text_free(&list);
    if (error->code)
        return -1;
    if (missing)
        arrays->keep = wn_new(arrays->n, sizeof *arrays->keep);
    for (size_t i = 0, kept = 0; i < rows && missing; i++)
        if (arrays->code[i] >= 0) {
            arrays->code[kept] = arrays->code[i];
            arrays->keep[kept++] = i;
        }
    arrays->side.keep = arrays->keep;
    const size_t k = arrays->classes.count;
    if (!known && !arrays->names.name &&
        strcmp(wn_option_text(arrays->run->options, "label-type"), "auto") ==
            0 &&
        wn_labels_check(&arrays->classes, arrays->n, label->name, error))
        return -1;
    for (size_t s = 0; s < arrays->brought; s++)
        if (probability[s].columns != k)
            return wn_fail(error, WN_EDATA,
                           "%s: found %zu classes, wanted %zu as in the label",
                           probability[s].name, probability[s].columns, k);
    return 0;
}

static int read_roles(struct arrays *arrays, struct wn_error *error)
{
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &arrays->roles.of[r];

        if (!arrays->role[r].name)
            continue;
        if (wn_array_column_role(&arrays->role[r], &wn_role_kinds[r], values,
                                 error))
            return -1;
        for (size_t i = 0; arrays->keep && i < arrays->n; i++) {
            const size_t row = arrays->keep[i];

            if (values->code)
                values->code[i] = values->code[row];
            if (values->flag)
                values->flag[i] = values->flag[row];
            if (values->amount)
                values->amount[i] = values->amount[row];
        }
    }
    return 0;
}

int ingest_arrays_prepare(struct arrays *arrays, struct wn_error *error)
{
    const struct wn_options *options = arrays->run->options;
    const char *features = wn_option_text(options, "features");
    const char *scale = wn_option_text(options, "scale");
    const struct wn_array *x = &arrays->features;
    const struct wn_array *probability = arrays->probability;

    /* The features of a link cannot be scaled, and must be found again. */
    arrays->link = wn_option_on(options, "link");
    if (arrays->link && wn_option_given(options, "scale") &&
        strcmp(scale, "none"))
        return wn_fail(error, WN_EUSAGE,
                       "--link leaves the features as they are; wanted "
                       "--scale=none");
    if (arrays->link &&
        (strcmp(arrays->format, "hdf5") || !features || strchr(features, ':') ||
         strcmp(arrays->source, "-") == 0))
        return wn_fail(error, WN_EUSAGE,
                       "--link wants --features of an HDF5 file that is no "
                       "pipe");
    arrays->rows = arrays->side.rows = arrays->label.rows;
    if (arrays->rows == 0)
        return wn_fail(error, WN_EDATA, "%s: found no rows",
                       arrays->label.name);
    const struct wn_array *all[2 + WN_ROLE_KINDS + WN_BROUGHT_MAX] = {
        x, &arrays->id};
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        all[2 + r] = &arrays->role[r];
    for (size_t s = 0; s < WN_BROUGHT_MAX; s++)
        all[2 + WN_ROLE_KINDS + s] = &probability[s];
    for (size_t a = 0; a < sizeof all / sizeof *all; a++)
        if (all[a]->name &&
            ingest_check_rows(all[a], all[a]->rows, arrays->rows, error))
            return -1;
    if (x->name && (x->text || x->columns == 0))
        return wn_fail(error, WN_EDATA, "%s: found %s, wanted numbers", x->name,
                       x->text ? "text" : "no columns");
    for (size_t s = 0; s < arrays->brought; s++)
        if (probability[s].text || probability[s].rank != 2)
            return wn_fail(error, WN_EDATA,
                           "%s: wanted numbers, rows x classes",
                           probability[s].name);
    if (ingest_side_arrays_read(&arrays->side, error))
        return -1;
    /* Labels, row numbers and the groups of libsvm, one epoch of the user's
     * network, a sample of the features, the ids twice. */
    const struct wn_array *dynamics = &arrays->side.dynamics;
    const double row_bytes =
        (arrays->text.rows ? 28 : 24) +
        4 * (double)(dynamics->name ? dynamics->extent[2] : 0);
    const double other =
        64e6 + 32 * (double)x->columns + 2 * (double)arrays->id.bytes;
    if (ingest_check_memory(arrays->run, arrays->rows, row_bytes, other,
                            x->columns, "features", error) ||
        read_labels(arrays, error) || read_roles(arrays, error))
        return -1;
    if (!x->name)
        return 0;
    /* The place of the choice in the list is its number. */
    const char *at = strstr(wn_rescale_choices, arrays->link ? "none" : scale);
    enum wn_rescale_how how = WN_RESCALE_NONE;
    for (const char *c = wn_rescale_choices; c < at; c++)
        how += *c == '|';
    return wn_rescale_fit(&arrays->rescale, how, x, arrays->keep, arrays->n,
                          error);
}

/* --- features and probabilities ------------------------------------------ */

/* The dataset in "x.h5: /x", or the file without its directories. */
static const char *place_of(const struct wn_array *array)
{
    const char *colon = strstr(array->name, ": ");
    const char *slash = strrchr(array->name, '/');

    if (colon)
        return colon + 2;
    return slash ? slash + 1 : array->name;
}

/* Rows on their way into the audit file. */
struct outgoing {
    struct wn_array_rows rows;
    float *encoded;
    uint64_t *hash; /* n */
    double *bytes;  /* the row's numbers, then the name of its class */
};

static void open_outgoing(const struct arrays *arrays,
                          const struct wn_array *array, struct outgoing *out)
{
    const size_t d = array->columns;

    out->encoded = wn_new(d, sizeof *out->encoded);
    out->hash = wn_new(arrays->n, sizeof *out->hash);
    out->bytes = wn_new(d + WN_NAME_BYTES / 8 + 1, sizeof *out->bytes);
    wn_array_rows_open(&out->rows, array);
}

static void free_outgoing(struct outgoing *out)
{
    wn_array_rows_free(&out->rows);
    free(out->encoded);
    free(out->hash);
    free(out->bytes);
    *out = (struct outgoing){0};
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

/* Encode and name the features; those of a link are only read. */
static int write_features(struct arrays *arrays, struct outgoing *out,
                          struct wn_error *error)
{
    const struct wn_array *array = &arrays->features;
    const size_t d = array->columns, extent[3] = {arrays->n, d, 0};
    const char *slash = strrchr(array->name, '/');
    const char *stem = slash ? slash + 1 : array->name;

    if (!arrays->link && wn_audit_write_begin(arrays->writer, "data/features",
                                              WN_F32, extent, error))
        return -1;
    arrays->min = INFINITY;
    arrays->max = -INFINITY;
    for (size_t i = 0; i < arrays->n; i++) {
        const size_t from = source_row(arrays, i);
        const double *in = wn_array_row(&out->rows, from, error);

        if (!in ||
            wn_rescale_row(&arrays->rescale, array, from, in, out->encoded,
                           error) ||
            (!arrays->link &&
             wn_audit_write_append(arrays->writer, 1, out->encoded, error)))
            return -1;
        for (size_t j = 0; j < d; j++) {
            arrays->min = fmin(arrays->min, in[j]);
            arrays->max = fmax(arrays->max, in[j]);
        }
        out->hash[i] = hash_row(arrays, out, in, d, i);
    }
    if (!arrays->link && wn_audit_write_end(arrays->writer, error))
        return -1;
    /* x#0, x#1, ... for /group/x or x.npy; the indices for libsvm */
    size_t length =
        strcmp(arrays->format, "npy") ? strlen(stem) : strcspn(stem, ".");
    if (length > WN_NAME_BYTES / 2)
        length = WN_NAME_BYTES / 2;
    char **name = wn_new(d, sizeof *name);
    for (size_t j = 0; j < d; j++) {
        struct wn_text text = {0};

        if (arrays->text.rows)
            wn_text_format(&text, "%zu", j + 1);
        else
            wn_text_format(&text, "%.*s#%zu", (int)length, stem, j);
        name[j] = text.bytes;
    }
    const int status =
        wn_audit_write_names(arrays->writer, "data/feature_name",
                             (const char *const *)name, d, error);
    wn_names_free(name, d);
    return status;
}

/* Of set s: to `all`, or where that is NULL, to the audit file. */
static int ingest_arrays_write_probability(struct arrays *arrays, size_t s,
                                           struct outgoing *out, float *all,
                                           struct wn_error *error)
{
    const struct wn_array *array = &arrays->probability[s];
    const size_t k = array->columns, extent[3] = {arrays->n, k, 0};
    double *in = wn_new(k, sizeof *in);
    int status = all ? 0
                     : wn_audit_write_begin(arrays->writer, "data/probability",
                                            WN_F32, extent, error);

    for (size_t i = 0; i < arrays->n && status == 0; i++) {
        const size_t from = source_row(arrays, i);
        const double *row = wn_array_row(&out->rows, from, error);
        size_t at = 0;
        double sum = 0;

        if (!row) {
            status = -1;
            break;
        }
        for (size_t c = 0; c < k; c++)
            in[c] = row[arrays->order[c]];
        switch (wn_user_probability_row(in, k, out->encoded, &at, &sum)) {
        case 0:
            if (all)
                memcpy(all + (s * arrays->n + i) * k, out->encoded,
                       k * sizeof *all);
            else
                status = wn_audit_write_append(arrays->writer, 1, out->encoded,
                                               error);
            out->hash[i] = hash_row(arrays, out, row, k, i);
            break;
        case 1:
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu, column %zu: found %g, wanted a "
                             "probability",
                             array->name, from, arrays->order[at], in[at]);
            break;
        default:
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found probabilities that sum to "
                             "%.6g, wanted 1",
                             array->name, from, sum);
        }
    }
    free(in);
    return status ? -1 : all ? 0 : wn_audit_write_end(arrays->writer, error);
}

/* --- rows ---------------------------------------------------------------- */

/* Row hashes are those of the features, or without features those of the
 * probabilities. */
static int ingest_arrays_write_rows(struct arrays *arrays,
                                    struct wn_error *error)
{
    struct outgoing features = {0}, probability = {0};
    const bool any = arrays->features.name;
    const struct wn_libsvm *text = &arrays->text;
    struct wn_audit_writer *writer = arrays->writer;
    const size_t n = arrays->n;
    int status = 0;

    float *brought =
        arrays->brought > 1
            ? wn_spill_new(
                  wn_product(arrays->brought, n, arrays->probability->columns),
                  sizeof *brought)
            : NULL;
    for (size_t s = 0; s < arrays->brought && status == 0; s++) {
        free_outgoing(&probability);
        open_outgoing(arrays, &arrays->probability[s], &probability);
        status = ingest_arrays_write_probability(arrays, s, &probability,
                                                 brought, error);
    }
    if (status == 0 && brought)
        status = ingest_write_brought(arrays->run, writer, brought, n,
                                      arrays->probability->columns, error);
    wn_spill_free(brought);
    if (status == 0 && any) {
        open_outgoing(arrays, &arrays->features, &features);
        status = write_features(arrays, &features, error);
    }
    /* The place of each row: in text its offset and line, else its number in
     * the arrays, from 0. */
    uint64_t *place = wn_new(n, sizeof *place);
    for (size_t i = 0; i < n; i++)
        place[i] = text->rows ? text->line[i] : source_row(arrays, i);
    if (status == 0 && text->rows)
        status = wn_audit_write_vector(writer, "data/row_offset", n + 1,
                                       text->offset, error);
    if (status == 0)
        status =
            wn_audit_write_vector(writer, "data/row_line", n, place, error);
    if (status == 0)
        status = wn_audit_write_vector(writer, "data/row_hash", n,
                                       text->rows ? text->hash
                                       : any      ? features.hash
                                                  : probability.hash,
                                       error);
    free(place);
    free_outgoing(&features);
    free_outgoing(&probability);
    return status;
}

static int write_ids(struct arrays *arrays, struct wn_error *error)
{
    const size_t n = arrays->n;
    struct wn_text all = {0}, kept = {0};
    uint64_t *offset = wn_new(arrays->rows + 1, sizeof *offset);
    uint64_t *end = wn_new(n + 1, sizeof *end);
    int status = wn_array_column_text(&arrays->id, &all, offset, error);

    for (size_t i = 0; i < n && status == 0; i++) {
        const size_t row = source_row(arrays, i);

        wn_text_add(&kept, wn_text_of(&all) + offset[row],
                    offset[row + 1] - offset[row]);
        end[i + 1] = kept.length;
    }
    if (status == 0)
        status =
            wn_audit_write_vector(arrays->writer, "data/id_offset", n + 1, end,
                                  error) ||
                    wn_audit_write_vector(arrays->writer, "data/id",
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

enum { MAX_ARRAYS = 3 + WN_BROUGHT_MAX + WN_ROLE_KINDS };

struct profile {
    size_t count;
    const char *name[MAX_ARRAYS], *kind[MAX_ARRAYS];
    uint64_t none[MAX_ARRAYS], distinct[MAX_ARRAYS];
    double min[MAX_ARRAYS], max[MAX_ARRAYS];
    const struct wn_array *array[MAX_ARRAYS];
};

static void add_array(struct profile *profile, const struct arrays *arrays,
                      const struct wn_array *array, const char *kind,
                      uint64_t distinct)
{
    const size_t at = profile->count;

    if (!array->name)
        return;
    /* All arrays of a libsvm file have the same name. */
    profile->name[at] = arrays->text.rows ? kind : place_of(array);
    profile->kind[at] = kind;
    profile->distinct[at] = distinct;
    profile->min[at] = profile->max[at] = NAN;
    profile->array[at] = array;
    profile->count++;
}

/* The label goes first, where prune expects it for text. */
static int write_columns(const struct arrays *arrays, struct profile *p,
                         struct wn_error *error)
{
    add_array(p, arrays, &arrays->label, "label", arrays->classes.count);
    add_array(p, arrays, &arrays->features, "numeric", 0);
    if (arrays->features.name) {
        p->min[1] = arrays->min;
        p->max[1] = arrays->max;
    }
    add_array(p, arrays, &arrays->id, "id", 0);
    for (size_t s = 0; s < arrays->brought; s++)
        add_array(p, arrays, &arrays->probability[s], "probability", 0);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        add_array(p, arrays, &arrays->role[r], wn_role_kinds[r].name,
                  arrays->roles.of[r].names.count);
    const struct wn_vector vectors[] = {{"data/column/name", p->name},
                                        {"data/column/kind", p->kind},
                                        {"data/column/missing", p->none},
                                        {"data/column/invalid", p->none},
                                        {"data/column/distinct", p->distinct},
                                        {"data/column/min", p->min},
                                        {"data/column/max", p->max}};
    return wn_audit_write_vectors(arrays->writer, p->count, vectors, 7, error);
}

/* --- provenance ---------------------------------------------------------- */

/* A line for an array that is in the input and not in another file. */
static void list_array(const struct arrays *arrays,
                       const struct wn_array *array, const char *kind,
                       struct wn_text *text)
{
    const char *input = wn_input_name(wn_run_input(arrays->run));
    const size_t length = strlen(input);

    if (array->name && strncmp(array->name, input, length) == 0 &&
        array->name[length] == ':')
        wn_text_format(text, "%s%s %s", text->length ? "\n" : "", kind,
                       place_of(array));
}

static int write_array_provenance(struct arrays *arrays,
                                  const struct profile *profile,
                                  struct wn_error *error)
{
    struct wn_audit_writer *writer = arrays->writer;
    struct wn_text list = {0};
    char digest[WN_DIGEST_TEXT];

    /* Which dataset of the input has which role: prune writes them again. */
    for (size_t a = 0; a < profile->count; a++)
        list_array(arrays, profile->array[a], profile->kind[a], &list);
    list_array(arrays, &arrays->side.features_b, "features_b", &list);
    list_array(arrays, &arrays->names, "names", &list);
    const struct provenance provenance = {
        .form = arrays->format,
        .arrays = wn_text_of(&list),
        .source = arrays->source,
        .digest = arrays->digest,
        .size = arrays->size,
        .rows = arrays->rows,
        .label = arrays->text.rows ? "label" : place_of(&arrays->label),
        .delimiter = arrays->text.delimiter};
    const int status =
        ingest_write_provenance(arrays->run, &provenance, writer, error);
    wn_text_free(&list);
    if (status || !arrays->link)
        return status;
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

/* --- all of it ----------------------------------------------------------- */

int ingest_arrays_write(struct arrays *arrays, struct wn_error *error)
{
    const size_t n = arrays->n, rows = arrays->rows;
    const size_t d = arrays->features.columns, k = arrays->classes.count;
    struct wn_log *log = arrays->run->log;
    struct wn_audit_writer *writer =
        wn_run_create(arrays->run, NULL, WN_DATA, error);
    struct profile profile = {0};

    if (!writer)
        return -1;
    arrays->writer = writer;
    if (ingest_arrays_write_rows(arrays, error) ||
        ingest_write_codes(writer, "data/label", n, arrays->code,
                           "data/label_name", &arrays->classes, error) ||
        ingest_write_variants(arrays->run, writer, arrays->source, NULL,
                              &arrays->classes, error) ||
        (arrays->id.name && write_ids(arrays, error)) ||
        ingest_write_roles(writer, &arrays->roles, n, error) ||
        ingest_side_arrays_write(&arrays->side, n, arrays->order, k, writer,
                                 error) ||
        write_columns(arrays, &profile, error))
        return -1;
    /* Keep the bytes of a pipe, from which prune makes its output. Without an
     * operand, the source may also be a file that an option names. */
    if (!wn_run_input(arrays->run) && strcmp(arrays->source, "-") == 0) {
        const int descriptor = wn_input_open(NULL, NULL, error);

        if (descriptor < 0)
            return -1;
        const int status =
            ingest_write_source(arrays->run, writer, descriptor,
                                wn_input_name(NULL), arrays->size, error);
        close(descriptor);
        if (status)
            return -1;
    }
    if (write_array_provenance(arrays, &profile, error))
        return -1;
    if (d)
        wn_log_verbose(log, "%s: scale: %s", arrays->features.name,
                       arrays->rescale.how == WN_RESCALE_EVEN     ? "even"
                       : arrays->rescale.how == WN_RESCALE_ROBUST ? "robust"
                                                                  : "none");
    wn_log_note(log,
                "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
                "%zu class%s",
                arrays->source, rows, n, rows - n, d, d == 1 ? "" : "s", k,
                k == 1 ? "" : "es");
    return 0;
}
