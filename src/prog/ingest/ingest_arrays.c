/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: arrays that fit together, which of their rows stay, the labels. */
#include <stdlib.h>
#include <string.h>

#include "encode/array_column.h"
#include "prog/ingest/ingest_arrays.h"
#include "util/memory.h"

enum { ROWS_TOLD = 5, CLASSES_FEW = 100 };

void arrays_free(struct arrays *arrays)
{
    wn_array_free(&arrays->features);
    wn_array_free(&arrays->label);
    wn_libsvm_free(&arrays->text);
    wn_array_free(&arrays->names);
    wn_array_free(&arrays->probability);
    wn_array_free(&arrays->id);
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        wn_array_free(&arrays->role[r]);
    ingest_beside_free(&arrays->beside);
    wn_dictionary_free(&arrays->classes);
    wn_roles_free(&arrays->roles);
    wn_rescale_free(&arrays->rescale);
    wn_audit_abandon(arrays->writer);
    free(arrays->source);
    free(arrays->label_place);
    free(arrays->keep);
    free(arrays->code);
    free(arrays->order);
}

static int ingest_arrays_check_rows(const struct arrays *arrays,
                                    struct wn_error *error)
{
    const struct wn_array *all[] = {&arrays->features, &arrays->probability,
                                    &arrays->id};

    for (size_t a = 0; a < sizeof all / sizeof *all; a++)
        if (all[a]->name &&
            ingest_check_rows(all[a], all[a]->rows, arrays->rows, error))
            return -1;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (arrays->role[r].name &&
            ingest_check_rows(&arrays->role[r], arrays->role[r].rows,
                              arrays->rows, error))
            return -1;
    if (arrays->features.name &&
        (arrays->features.text || arrays->features.columns == 0))
        return wn_fail(error, WN_EDATA, "%s: found %s, wanted numbers",
                       arrays->features.name,
                       arrays->features.text ? "text" : "no columns");
    if (arrays->probability.name &&
        (arrays->probability.text || arrays->probability.rank != 2))
        return wn_fail(error, WN_EDATA, "%s: wanted numbers, rows x classes",
                       arrays->probability.name);
    return 0;
}

/* Refuse at once what would need more than --memory: labels, roles and places
 * of rows, a sample of features, one epoch of a network. */
static int ingest_arrays_check_memory(const struct arrays *arrays,
                                      struct wn_error *error)
{
    const struct wn_array *x = &arrays->features;
    const struct wn_array *dynamics = &arrays->beside.dynamics;
    const double rows = (double)arrays->rows;
    double need = 64e6 + 24 * rows + 32 * (double)x->columns;
    struct wn_text what = {0};
    int status;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        need += arrays->role[r].name ? 4 * rows : 0;
    need += 2 * (double)arrays->id.bytes;
    if (dynamics->name)
        need += 4 * rows * (double)dynamics->extent[2];
    status = wn_text_format(&what, "%zu rows of %zu features", arrays->rows,
                            x->columns);
    if (status == 0)
        status =
            wn_run_check_memory(arrays->run, need, wn_text_of(&what), error);
    wn_text_free(&what);
    return status;
}

/* How many classes the user's probabilities speak of. */
static size_t classes_known(const struct arrays *arrays)
{
    if (arrays->probability.name)
        return arrays->probability.columns;
    if (arrays->beside.dynamics.name)
        return arrays->beside.dynamics.extent[2];
    return 0;
}

/* Name the first rows without a label. */
static int ingest_arrays_fail_unlabelled(const struct arrays *arrays,
                                         struct wn_error *error)
{
    struct wn_text rows = {0};
    size_t missing = 0;
    int status = 0;

    for (size_t i = 0; i < arrays->rows && status == 0; i++)
        if (arrays->code[i] < 0 && missing++ < ROWS_TOLD)
            status = wn_text_format(&rows, "%s%zu", missing > 1 ? ", " : "", i);
    if (status == 0)
        wn_fail(error, WN_EDATA,
                "%s: found no label in %zu row%s (%s%s), "
                "wanted one in all; --missing-label=drop leaves them out",
                arrays->label.name, missing, missing == 1 ? "" : "s",
                wn_text_of(&rows), missing > ROWS_TOLD ? ", ..." : "");
    wn_text_free(&rows);
    return -1;
}

/* Which rows have a label, and are kept. */
static int keep_labelled(struct arrays *arrays, struct wn_error *error)
{
    const bool drop =
        strcmp(wn_option_text(arrays->run->options, "missing-label"), "drop") ==
        0;

    for (size_t i = 0; i < arrays->rows; i++)
        arrays->n += arrays->code[i] >= 0;
    if (arrays->n == arrays->rows)
        return 0;
    if (!drop)
        return ingest_arrays_fail_unlabelled(arrays, error);
    if (arrays->n == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found no label in it, wanted one "
                       "in some rows",
                       arrays->label.name);
    arrays->keep = wn_new(arrays->n, sizeof *arrays->keep);
    arrays->n = 0;
    for (size_t i = 0; i < arrays->rows; i++)
        if (arrays->code[i] >= 0) {
            arrays->code[arrays->n] = arrays->code[i];
            arrays->keep[arrays->n++] = i;
        }
    arrays->beside.keep = arrays->keep;
    return 0;
}

static int read_labels(struct arrays *arrays, struct wn_error *error)
{
    size_t *place;

    arrays->code = wn_new(arrays->rows, sizeof *arrays->code);
    if (wn_array_column_names(&arrays->label,
                              arrays->names.name ? &arrays->names : NULL,
                              classes_known(arrays), &arrays->classes,
                              arrays->code, &place, error))
        return -1;
    arrays->order = place ? place : ingest_class_order(&arrays->classes);
    if (!arrays->order || keep_labelled(arrays, error))
        return -1;
    if (arrays->classes.count > CLASSES_FEW &&
        arrays->classes.count > arrays->n / 2)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu different labels in "
                       "%zu rows, wanted classes with several rows each",
                       arrays->label.name, arrays->classes.count, arrays->n);
    if (arrays->probability.name &&
        arrays->probability.columns != arrays->classes.count)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu classes, wanted %zu "
                       "as in the label",
                       arrays->probability.name, arrays->probability.columns,
                       arrays->classes.count);
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

static enum wn_rescale_how scale_asked(const struct arrays *arrays)
{
    const char *asked =
        arrays->link ? "none" : wn_option_text(arrays->run->options, "scale");
    const char *at = strstr(wn_rescale_choices, asked);
    enum wn_rescale_how how = WN_RESCALE_NONE;

    for (const char *c = wn_rescale_choices; c < at; c++)
        how += *c == '|';
    return how;
}

/* What stays where it is cannot be changed, and has to be found again. */
static int ingest_arrays_check_link(struct arrays *arrays,
                                    struct wn_error *error)
{
    const struct wn_options *options = arrays->run->options;
    const char *features = wn_option_text(options, "features");

    arrays->link = wn_option_on(options, "link");
    if (!arrays->link)
        return 0;
    if (wn_option_given(options, "scale") &&
        strcmp(wn_option_text(options, "scale"), "none"))
        return wn_fail(error, WN_EUSAGE,
                       "--link leaves the features as they "
                       "are; wanted --scale=none");
    if (strcmp(arrays->form, "hdf5") || !features || strchr(features, ':') ||
        strcmp(arrays->source, "-") == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--link wants --features of an HDF5 "
                       "file that is no pipe");
    return 0;
}

int arrays_prepare(struct arrays *arrays, struct wn_error *error)
{
    if (ingest_arrays_check_link(arrays, error))
        return -1;
    arrays->rows = arrays->beside.rows = arrays->label.rows;
    if (arrays->rows == 0)
        return wn_fail(error, WN_EDATA, "%s: found no rows",
                       arrays->label.name);
    if (ingest_arrays_check_rows(arrays, error) ||
        ingest_beside_read(&arrays->beside, error) ||
        ingest_arrays_check_memory(arrays, error) ||
        read_labels(arrays, error) || read_roles(arrays, error))
        return -1;
    return arrays->features.name
               ? wn_rescale_fit(&arrays->rescale, scale_asked(arrays),
                                &arrays->features, arrays->keep, arrays->n,
                                error)
               : 0;
}
