/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: in which form the dataset comes, and the forms that are no CSV. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "linalg/products.h"
#include "prog/ingest/ingest_arrays.h"
#include "util/file.h"
#include "util/memory.h"

enum { FIRST_BYTES = 8 };

/* --- reading ------------------------------------------------------------- */

/* The arrays that options name. */
static int read_arrays(struct arrays *arrays, bool inside,
                       struct wn_error *error)
{
    const struct wn_run *run = arrays->run;

    if (ingest_array(run, inside, "label", &arrays->label, error) ||
        ingest_array(run, inside, "label-names", &arrays->names, error) ||
        ingest_array(run, inside, "probability", &arrays->probability, error) ||
        ingest_array(run, inside, "id", &arrays->id, error))
        return -1;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (ingest_array(run, inside, wn_role_kinds[r].name, &arrays->role[r],
                         error))
            return -1;
    return 0;
}

static int need_label(const struct wn_run *run, const char *what,
                      struct wn_error *error)
{
    return wn_option_given(run->options, "label")
               ? 0
               : wn_fail(error, WN_EUSAGE, "--label=%s is wanted; see --help",
                         what);
}

/* Name the option that is missing, and the datasets it may take. */
static int fail_missing_dataset(const struct wn_run *run,
                                struct wn_error *error)
{
    struct wn_text list = {0};

    if (wn_hdf5_list(wn_run_input(run), ingest_hdf5_memory(run), &list,
                     error) == 0)
        wn_fail(error, WN_EUSAGE, "%s: wanted %s; the file has %s",
                wn_input_name(wn_run_input(run)),
                wn_option_given(run->options, "label")
                    ? "--features=/DATASET or --probability=/DATASET"
                    : "--label=/DATASET",
                wn_text_of(&list));
    wn_text_free(&list);
    return -1;
}

static int ingest_formats_read_hdf5(struct arrays *arrays,
                                    struct wn_error *error)
{
    const struct wn_run *run = arrays->run;

    arrays->beside.inside = true;
    if (!wn_option_given(run->options, "label") ||
        !(wn_option_given(run->options, "features") ||
          wn_option_given(run->options, "probability")))
        return fail_missing_dataset(run, error);
    if (ingest_array(run, true, "features", &arrays->features, error) ||
        read_arrays(arrays, true, error))
        return -1;
    return 0;
}

/* Whether standard input holds the features: nothing else does, and it was
 * known by its first bytes, or there are no probabilities to do without. */
static bool npy_by_stdin(const struct wn_run *run)
{
    return !wn_run_input(run) && !wn_option_given(run->options, "features") &&
           (strcmp(wn_option_text(run->options, "from"), "npy") ||
            !wn_option_given(run->options, "probability"));
}

/* The operand holds the features. */
static int read_npy(struct arrays *arrays, struct wn_error *error)
{
    const struct wn_run *run = arrays->run;
    const char *operand = wn_run_input(run);

    if (need_label(run, "FILE.npy", error))
        return -1;
    if (operand && wn_option_given(run->options, "features"))
        return wn_fail(error, WN_EUSAGE,
                       "%s and --features are one too many: "
                       "FILE is the array of features",
                       operand);
    if (operand || npy_by_stdin(run)
            ? wn_npy_read(operand, &arrays->features, error)
            : ingest_array(run, false, "features", &arrays->features, error))
        return -1;
    return read_arrays(arrays, false, error);
}

static int read_libsvm(struct arrays *arrays, struct wn_error *error)
{
    struct wn_libsvm *text = &arrays->text;

    if (wn_libsvm_read(wn_run_input(arrays->run), text, error))
        return -1;
    arrays->features = text->features;
    arrays->label = text->label;
    text->features = text->label = (struct wn_array){0};
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (wn_role_kinds[r].role == WN_ROLE_GROUP) {
            arrays->role[r] = text->group;
            text->group = (struct wn_array){0};
        }
    return 0;
}

/* --- the file that names the dataset ------------------------------------- */

/* What a file was when it was looked at. */
struct stamp {
    struct stat about;
};

static int stamp_file(const char *path, struct stamp *stamp,
                      struct wn_error *error)
{
    if (path ? stat(path, &stamp->about) : fstat(STDIN_FILENO, &stamp->about))
        return wn_fail_errno(error, "%s: cannot look at", wn_input_name(path));
    return 0;
}

static int check_stamp(const char *path, const struct stamp *before,
                       struct wn_error *error)
{
    struct stamp now;

    if (stamp_file(path, &now, error))
        return -1;
    if (now.about.st_size == before->about.st_size &&
        now.about.st_mtim.tv_sec == before->about.st_mtim.tv_sec &&
        now.about.st_mtim.tv_nsec == before->about.st_mtim.tv_nsec)
        return 0;
    return wn_fail(error, WN_EDATA, "%s: changed while being read",
                   wn_input_name(path));
}

static int digest_source(struct arrays *arrays, const char *path,
                         struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    struct stat about;
    int status = -1;

    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, &about))
        wn_fail_errno(error, "%s: cannot look at", wn_input_name(path));
    else
        status = wn_file_digest(descriptor, wn_input_name(path),
                                (uint64_t)about.st_size, arrays->digest, error);
    arrays->size = (uint64_t)about.st_size;
    close(descriptor);
    return status;
}

/* The input, or without one the file of the features or the labels. */
static const char *source_path(const struct wn_run *run, const char *form)
{
    const char *path = wn_run_input(run);

    if (strcmp(form, "npy") || path || npy_by_stdin(run))
        return path;
    path = wn_option_text(run->options, "features");
    return path ? path : wn_option_text(run->options, "label");
}

static int need_content(const struct arrays *arrays, struct wn_error *error)
{
    return arrays->features.name || arrays->probability.name
               ? 0
               : wn_fail(error, WN_EUSAGE,
                         "--features or --probability is "
                         "wanted; see --help");
}

/* All but CSV is read more than once. */
static int check_regular(const char *path, const struct stamp *stamp,
                         struct wn_error *error)
{
    return !path || S_ISREG(stamp->about.st_mode) ||
                   S_ISDIR(stamp->about.st_mode)
               ? 0
               : wn_fail(error, WN_EDATA,
                         "%s: is a pipe or a device, wanted a "
                         "file, or its bytes on standard input",
                         path);
}

static int ingest_as(struct wn_run *run, const char *form,
                     int (*read)(struct arrays *, struct wn_error *),
                     struct wn_error *error)
{
    struct arrays arrays = {.run = run, .form = form, .beside = {.run = run}};
    const char *path = source_path(run, form);
    const char *name = ingest_source_name(path);
    struct stamp stamp = {0};
    int status = -1;

    arrays.source = wn_copy_text(name, strlen(name));
    if (arrays.source && stamp_file(path, &stamp, error) == 0 &&
        check_regular(path, &stamp, error) == 0 && read(&arrays, error) == 0 &&
        need_content(&arrays, error) == 0 &&
        digest_source(&arrays, path, error) == 0 &&
        arrays_prepare(&arrays, error) == 0 &&
        arrays_write(&arrays, error) == 0 &&
        check_stamp(path, &stamp, error) == 0) {
        struct wn_audit_writer *writer = arrays.writer;

        arrays.writer = NULL;
        status = wn_audit_finish(writer, error);
    }
    arrays_free(&arrays);
    return status;
}

static int ingest_hdf5(struct wn_run *run, struct wn_error *error)
{
    return ingest_as(run, "hdf5", ingest_formats_read_hdf5, error);
}

static int ingest_npy(struct wn_run *run, struct wn_error *error)
{
    return ingest_as(run, "npy", read_npy, error);
}

static int ingest_libsvm(struct wn_run *run, struct wn_error *error)
{
    return ingest_as(run, "libsvm", read_libsvm, error);
}

/* --- the forms ----------------------------------------------------------- */

static const char *const csv_never[] = {"features", "label-names", "scale",
                                        "link", NULL};
static const char *const array_only[] = {
    "from",          "label",          "label-names", "features", "features-b",
    "dynamics",      "probability",    "id",          "scale",    "link",
    "missing-label", "no-keep-source", NULL};
static const char *const text_only[] = {"from",  "features-b",     "dynamics",
                                        "scale", "no-keep-source", NULL};

enum { CSV, HDF5, NPY, LIBSVM, FORMS };

/* One row a form. */
static const struct form {
    const char *name;      /* --from=NAME */
    const char *signature; /* its first bytes; NULL: only if asked for */
    size_t length;
    const char *const *never; /* options that do not apply, or */
    const char *const *only;  /* those that do, beside the shared ones; */
    bool roles;               /* and those of roles.h */
    int (*ingest)(struct wn_run *run, struct wn_error *error);
} forms[FORMS] = {
    [CSV] = {"csv", NULL, 0, csv_never, NULL, true, ingest_csv},
    [HDF5] = {"hdf5", "\211HDF\r\n\032\n", 8, NULL, array_only, true,
              ingest_hdf5},
    [NPY] = {"npy", "\223NUMPY", 6, NULL, array_only, true, ingest_npy},
    [LIBSVM] = {"libsvm", NULL, 0, NULL, text_only, false, ingest_libsvm}};

static bool is_in(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static bool is_role(const char *name)
{
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (strcmp(wn_role_kinds[r].name, name) == 0)
            return true;
    return false;
}

static bool is_shared(const char *name)
{
    static const char *const shared[] = {"output", "force",   "threads",
                                         "memory", "quiet",   "verbose",
                                         "help",   "version", NULL};

    return is_in(shared, name);
}

/* An option that cannot apply is an error. */
static int ingest_formats_check_options(const struct wn_run *run,
                                        const struct form *form,
                                        struct wn_error *error)
{
    for (const struct wn_option *row = ingest_option_rows(); row->name; row++) {
        const bool applies = form->never
                                 ? !is_in(form->never, row->name)
                                 : is_shared(row->name) ||
                                       is_in(form->only, row->name) ||
                                       (form->roles && is_role(row->name));

        if (!applies && wn_option_given(run->options, row->name))
            return wn_fail(error, WN_EUSAGE,
                           "--%s does not apply to input of "
                           "form %s",
                           row->name, form->name);
    }
    return 0;
}

/* A pipe can be read once only: what was in it becomes standard input. */
static int hold_input(struct wn_error *error)
{
    bool spooled;
    const int descriptor = wn_input_open(NULL, &spooled, error);

    if (descriptor < 0)
        return -1;
    if (spooled && dup2(descriptor, STDIN_FILENO) < 0)
        wn_fail_errno(error, "standard input: cannot keep");
    close(descriptor);
    return error->code ? -1 : 0;
}

/* The form by the first bytes; CSV if nothing tells. A named pipe is not
 * looked at: that would take bytes out of it. */
static int recognise(const struct wn_run *run, const struct form **form,
                     struct wn_error *error)
{
    const char *path = wn_run_input(run);
    char first[FIRST_BYTES] = {0};
    struct stat about;
    int descriptor;

    *form = &forms[CSV];
    if (!path && wn_option_given(run->options, "features") &&
        *wn_option_text(run->options, "features") != '/') {
        *form = &forms[NPY];
        return 0;
    }
    if (path ? stat(path, &about) == 0 && !S_ISREG(about.st_mode)
             : isatty(STDIN_FILENO))
        return 0;
    if (!path && hold_input(error))
        return -1;
    descriptor = wn_input_open(path, NULL, error);
    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, &about) == 0 &&
        about.st_size >= (off_t)sizeof first &&
        wn_read_at(descriptor, first, sizeof first, 0, wn_input_name(path),
                   error) == 0)
        for (size_t f = 0; f < FORMS; f++)
            if (forms[f].signature &&
                memcmp(first, forms[f].signature, forms[f].length) == 0)
                *form = &forms[f];
    close(descriptor);
    return error->code ? -1 : 0;
}

int ingest_any(struct wn_run *run, struct wn_error *error)
{
    const char *asked = wn_option_text(run->options, "from");
    const struct form *form = NULL;

    for (size_t f = 0; f < FORMS; f++)
        if (strcmp(forms[f].name, asked) == 0)
            form = &forms[f];
    if (form && form != &forms[CSV] && !wn_run_input(run) &&
        (form != &forms[NPY] || npy_by_stdin(run)) && hold_input(error))
        return -1;
    if ((!form && recognise(run, &form, error)) ||
        ingest_formats_check_options(run, form, error))
        return -1;
    wn_linear_start();
    return form->ingest(run, error);
}
