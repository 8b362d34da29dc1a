/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: find the format of the input; read HDF5, .npy and libsvm. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "linalg/products.h"
#include "prog/ingest/ingest.h"
#include "util/memory.h"

enum { SIGNATURE_BYTES = 8, JSON_BYTES = 64 };

/* --- reading arrays ------------------------------------------------------ */

/* The arrays that options name, without the features. */
static int read_arrays(struct arrays *arrays, bool inside,
                       struct wn_error *error)
{
    const struct wn_run *run = arrays->run;
    size_t sets;

    wn_option_list(run->options, "probability", &sets);
    if (sets > WN_BROUGHT_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "--probability: found %zu, wanted at most %d", sets,
                       WN_BROUGHT_MAX);
    for (; arrays->brought < sets; arrays->brought++)
        if (ingest_array_of(run, inside, "probability", arrays->brought,
                            &arrays->probability[arrays->brought], error))
            return -1;
    if (ingest_array(run, inside, "label", &arrays->label, error) ||
        ingest_array(run, inside, "label-names", &arrays->names, error) ||
        ingest_array(run, inside, "id", &arrays->id, error))
        return -1;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (ingest_array(run, inside, wn_role_kinds[r].name, &arrays->role[r],
                         error))
            return -1;
    return 0;
}

static int ingest_formats_read_hdf5(struct arrays *arrays,
                                    struct wn_error *error)
{
    const struct wn_run *run = arrays->run;
    struct wn_text list = {0};

    arrays->side.inside = true;
    if (wn_option_given(run->options, "label") &&
        (wn_option_given(run->options, "features") ||
         wn_option_given(run->options, "probability")))
        return ingest_array(run, true, "features", &arrays->features, error)
                   ? -1
                   : read_arrays(arrays, true, error);
    /* List the datasets that the missing option could name. */
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

/* Whether standard input holds the features: no option names them, and the
 * format was found from the first bytes, or there are no probabilities that
 * could do without features. */
static bool is_npy_on_stdin(const struct wn_run *run)
{
    return !wn_run_input(run) && !wn_option_given(run->options, "features") &&
           (strcmp(wn_option_text(run->options, "from"), "npy") ||
            !wn_option_given(run->options, "probability"));
}

/* The operand is the array of features. */
static int read_npy(struct arrays *arrays, struct wn_error *error)
{
    const struct wn_run *run = arrays->run;
    const char *operand = wn_run_input(run);

    if (!wn_option_given(run->options, "label"))
        return wn_fail(error, WN_EUSAGE,
                       "--label=FILE.npy is wanted; see --help");
    if (operand && wn_option_given(run->options, "features"))
        return wn_fail(error, WN_EUSAGE,
                       "found %s and --features, wanted one: FILE is the array "
                       "of features",
                       operand);
    if (operand || is_npy_on_stdin(run)
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

static int stat_source(const char *path, struct stat *about,
                       struct wn_error *error)
{
    if (path ? stat(path, about) : fstat(STDIN_FILENO, about))
        return wn_fail_errno(error, "%s: cannot read its size and times",
                             wn_input_name(path));
    return 0;
}

static int ingest_as(struct wn_run *run, const char *format,
                     int (*read)(struct arrays *, struct wn_error *),
                     struct wn_error *error)
{
    struct arrays arrays = {.run = run, .format = format, .side = {.run = run}};
    const char *path = wn_run_input(run);
    struct stat about, now;
    int status = -1;

    /* Without an operand, the file of the features or the labels. */
    if (!path && strcmp(format, "npy") == 0 && !is_npy_on_stdin(run)) {
        path = wn_option_text(run->options, "features");
        if (!path)
            path = wn_option_text(run->options, "label");
    }
    const char *name = ingest_source_name(path);
    arrays.source = wn_copy_text(name, strlen(name));
    if (stat_source(path, &about, error))
        goto done;
    /* All formats but CSV are read more than once. */
    if (path && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {
        wn_fail(error, WN_EDATA,
                "%s: is a pipe or a device, wanted a file, or its bytes on "
                "standard input",
                path);
        goto done;
    }
    if (read(&arrays, error))
        goto done;
    if (!arrays.features.name && !arrays.brought) {
        wn_fail(error, WN_EUSAGE,
                "--features or --probability is wanted; see --help");
        goto done;
    }
    wn_log_stage(run->log, "read");
    const int descriptor = wn_input_open(path, NULL, error);
    if (descriptor < 0)
        goto done;
    arrays.size = (uint64_t)about.st_size;
    status = wn_file_digest(descriptor, wn_input_name(path), arrays.size,
                            arrays.digest, error);
    close(descriptor);
    if (status || ingest_arrays_prepare(&arrays, error) ||
        ingest_arrays_write(&arrays, error) || stat_source(path, &now, error)) {
        status = -1;
        goto done;
    }
    if (now.st_size != about.st_size ||
        now.st_mtim.tv_sec != about.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != about.st_mtim.tv_nsec) {
        status = wn_fail(error, WN_EDATA, "%s: changed while being read",
                         wn_input_name(path));
        goto done;
    }
    wn_log_stage(run->log, "write");
    struct wn_audit_writer *writer = arrays.writer;
    arrays.writer = NULL;
    status = wn_audit_finish(writer, error);
done:
    ingest_arrays_free(&arrays);
    return status;
}

/* --- the formats --------------------------------------------------------- */

static const char *const not_csv[] = {"features", "label-names", "scale",
                                      "link", NULL};
static const char *const not_json[] = {
    "features",  "label-names", "scale", "link",
    "delimiter", "no-header",   "sniff", "encoding",
    "decimal",   "file-column", NULL};
static const char *const for_arrays[] = {
    "from",           "label",    "label-names",   "features",
    "features-b",     "dynamics", "probability",   "id",
    "scale",          "link",     "missing-label", "label-type",
    "no-keep-source", NULL};
static const char *const for_libsvm[] = {
    "from",  "features-b",     "dynamics", "label-type",
    "scale", "no-keep-source", NULL};

enum { CSV, JSON, HDF5, NPY, LIBSVM, FORMATS };

/* One row a format. */
static const struct format {
    const char *name;            /* --from=NAME */
    const char *signature;       /* its first bytes; NULL: --from only */
    size_t length;               /* of the signature */
    const char *const *excluded; /* options that do not apply, or: */
    const char *const *allowed;  /* those that do, besides shared ones */
    bool roles;                  /* whether those of roles.h apply */
    int (*read)(struct arrays *arrays, struct wn_error *error);
} formats[FORMATS] = {
    [CSV] = {"csv", NULL, 0, not_csv, NULL, true, NULL},
    [JSON] = {"jsonl", NULL, 0, not_json, NULL, true, NULL},
    [HDF5] = {"hdf5", "\211HDF\r\n\032\n", 8, NULL, for_arrays, true,
              ingest_formats_read_hdf5},
    [NPY] = {"npy", "\223NUMPY", 6, NULL, for_arrays, true, read_npy},
    [LIBSVM] = {"libsvm", NULL, 0, NULL, for_libsvm, false, read_libsvm}};

static bool contains(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* A pipe can be read only once, so a copy of its bytes becomes standard input.
 */
static int spool_stdin(struct wn_error *error)
{
    bool spooled;
    const int descriptor = wn_input_open(NULL, &spooled, error);

    if (descriptor < 0)
        return -1;
    if (spooled && dup2(descriptor, STDIN_FILENO) < 0)
        wn_fail_errno(error, "standard input: cannot keep a copy");
    close(descriptor);
    return error->code ? -1 : 0;
}

/* Whether a file's name says that it is JSON Lines. */
static bool is_called_json(const char *path)
{
    const char *dot = path ? strrchr(path, '.') : NULL;

    return dot &&
           (strcasecmp(dot, ".jsonl") == 0 || strcasecmp(dot, ".ndjson") == 0);
}

int ingest_any(struct wn_run *run, struct wn_error *error)
{
    static const char *const shared[] = {
        "output",  "force", "threads", "memory",    "quiet",
        "verbose", "help",  "version", "max-spool", NULL};
    const char *from = wn_option_text(run->options, "from");
    const char *path = wn_run_input(run);
    const char *features = wn_option_text(run->options, "features");
    const struct format *format = NULL;
    char first[JSON_BYTES] = {0};
    struct stat about;

    if (wn_option_given(run->options, "memory"))
        wn_memory_limit((uint64_t)wn_option_number(run->options, "memory"));
    if (wn_option_given(run->options, "max-spool"))
        wn_temporary_limit(
            (uint64_t)wn_option_number(run->options, "max-spool"));
    for (size_t f = 0; f < FORMATS; f++)
        if (strcmp(formats[f].name, from) == 0)
            format = &formats[f];
    if (format && format->read && !path &&
        (format != &formats[NPY] || is_npy_on_stdin(run)) && spool_stdin(error))
        return -1;
    /* The format by the first bytes, else CSV. A named pipe is CSV: looking at
     * its bytes would remove them. */
    const bool look =
        !format && (path ? stat(path, &about) || S_ISREG(about.st_mode)
                         : !isatty(STDIN_FILENO));
    if (!format && !path && features && *features != '/') {
        format = &formats[NPY];
    } else if (look) {
        if (!path && spool_stdin(error))
            return -1;
        const int descriptor = wn_input_open(path, NULL, error);
        if (descriptor < 0)
            return -1;
        const size_t size = fstat(descriptor, &about) == 0 &&
                                    about.st_size < (off_t)sizeof first
                                ? (size_t)about.st_size
                                : sizeof first;
        if (wn_read_at(descriptor, first, size, 0, wn_input_name(path),
                       error) == 0)
            for (size_t f = 0; f < FORMATS && size >= SIGNATURE_BYTES; f++)
                if (formats[f].signature &&
                    memcmp(first, formats[f].signature, formats[f].length) == 0)
                    format = &formats[f];
        if (!format &&
            (wn_csv_looks_like_json(first, size) || is_called_json(path)))
            format = &formats[JSON];
        close(descriptor);
        if (error->code)
            return -1;
    }
    if (!format)
        format = &formats[CSV];
    /* Reject options that do not apply to the format. */
    for (const struct wn_option *row = ingest_options(); row->name; row++) {
        bool applies = format->excluded
                           ? !contains(format->excluded, row->name)
                           : contains(shared, row->name) ||
                                 contains(format->allowed, row->name);

        for (size_t r = 0; r < WN_ROLE_KINDS && format->roles; r++)
            applies = applies || strcmp(wn_role_kinds[r].name, row->name) == 0;
        if (!applies && wn_option_given(run->options, row->name))
            return wn_fail(error, WN_EUSAGE,
                           "--%s does not apply to input of form %s", row->name,
                           format->name);
    }
    if (format->read && wn_option_operands(run->options) > 1)
        return wn_fail(
            error, WN_EUSAGE, "found %zu files of form %s, wanted one%s",
            wn_option_operands(run->options), format->name,
            format == &formats[LIBSVM] ? "; cat puts them together" : "");
    wn_linear_start();
    return format->read ? ingest_as(run, format->name, format->read, error)
                        : ingest_csv(run, format == &formats[JSON], error);
}
