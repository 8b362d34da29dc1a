/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading audit files; see audit.h. */
#include "data/audit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/child.h"
#include "data/open.h"
#include "util/file.h"
#include "util/large.h"
#include "util/memory.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "arrays are stored and digested as they lie in memory");

enum { TRIAL_BYTES = 1 << 30, TRIAL_SECONDS = 2 };

const char *const wn_stage_name[] = {"data", "score", "flag"};
static const char *const stage_program[] = {"ingest", "score", "flag"};
static const char signature[8] = {'\211', 'H', 'D', 'F',
                                  '\r', '\n', '\032', '\n'};

int wn_audit_start(struct wn_error *error)
{
    return wn_store_start(error);
}

const char *wn_audit_name(const struct wn_audit *audit)
{
    return audit->name;
}

/* "x.h5: PATH: what", with errno in place of `what` where a read failed. */
static int fail_at(const struct wn_audit *audit, const char *path,
                   const char *what, struct wn_error *error)
{
    if (audit->store.failure) {
        errno = audit->store.failure;
        return wn_fail_errno(error, "%s: %s: cannot read", audit->name, path);
    }
    return wn_fail(error, WN_EDATA, "%s: %s: %s", audit->name, path, what);
}

/* Put the file's name in front of an error from below. */
static int named(const struct wn_audit *audit, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s", audit->name);
}

static int open_file(struct wn_audit *audit, const char *path,
                     struct wn_error *error)
{
    struct stat about;
    char first[sizeof signature];

    audit->name = wn_copy_text(wn_input_name(path),
                               strlen(wn_input_name(path)), error);
    if (!audit->name)
        return -1;
    audit->store.descriptor = wn_input_open(path, NULL, error);
    if (audit->store.descriptor < 0)
        return -1;
    if (fstat(audit->store.descriptor, &about))
        return wn_fail_errno(error, "%s: cannot look at", audit->name);
    audit->size = (uint64_t)about.st_size;
    if (audit->size < sizeof first)
        return wn_fail(error, WN_EDATA, "%s: found %llu bytes, wanted an "
                       "audit file", audit->name,
                       (unsigned long long)audit->size);
    if (wn_read_at(audit->store.descriptor, first, sizeof first, 0,
                   audit->name, error))
        return -1;
    if (memcmp(first, signature, sizeof first))
        return wn_fail(error, WN_EDATA, "%s: not an HDF5 file, wanted an "
                       "audit file", audit->name);
    return 0;
}

static int check_format(struct wn_audit *audit, struct wn_error *error)
{
    struct wn_attribute *list;
    size_t count;
    int status = 0;

    if (wn_attributes_read(audit->file, &list, &count, error))
        return named(audit, error);
    /* In byte order: format, format_version. */
    if (count < 1 || strcmp(list[0].name, "format") || list[0].number ||
        strcmp(list[0].text, "winnow-audit"))
        status = wn_fail(error, WN_EDATA, "%s: HDF5, but not a winnow audit "
                         "file", audit->name);
    else if (count != 2 || strcmp(list[1].name, "format_version") ||
             !list[1].number)
        status = wn_fail(error, WN_EDATA, "%s: wanted the attributes format "
                         "and format_version and no other", audit->name);
    else if (list[1].value != WN_FORMAT_VERSION)
        status = wn_fail(error, WN_EDATA, "%s: found format version %.15g, "
                         "wanted %d", audit->name, list[1].value,
                         WN_FORMAT_VERSION);
    wn_attributes_free(list, count);
    return status;
}

static int bind_extents(struct wn_audit *audit, struct wn_error *error)
{
    struct wn_symbols symbols = {0};

    for (size_t i = 0; i < audit->catalog.count; i++) {
        const struct wn_entry *entry = &audit->catalog.entry[i];

        if (!entry->group &&
            wn_layout_bind(wn_layout_find(entry->path), entry->path,
                           entry->extent, &symbols, error))
            return named(audit, error);
    }
    return 0;
}

bool wn_stage_holds(enum wn_stage stage, const char *path)
{
    const size_t length = strlen(wn_stage_name[stage]);

    return strncmp(path, wn_stage_name[stage], length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

static int add_lines(struct wn_audit *audit, const struct wn_entry *entry,
                     struct wn_lines *lines, struct wn_error *error)
{
    struct wn_attribute *list;
    size_t count;
    int status = 0;

    if (wn_audit_attributes(audit, entry->path, &list, &count, error))
        return -1;
    for (size_t a = 0; status == 0 && a < count; a++)
        if (strcmp(list[a].name, "digest"))
            status = wn_lines_attribute(lines, entry->path, &list[a], error);
    if (status == 0 && !entry->group)
        status = wn_lines_dataset(lines, entry->path, entry->digest, error);
    wn_attributes_free(list, count);
    return status;
}

static int check_digest(struct wn_audit *audit, enum wn_stage stage,
                        struct wn_error *error)
{
    const struct wn_entry *group =
        wn_catalog_find(&audit->catalog, wn_stage_name[stage]);
    struct wn_lines lines = {0};
    char found[WN_DIGEST_TEXT];
    int status = 0;

    if (!group)
        return 0;
    for (size_t i = 0; status == 0 && i < audit->catalog.count; i++)
        if (wn_stage_holds(stage, audit->catalog.entry[i].path))
            status = add_lines(audit, &audit->catalog.entry[i], &lines, error);
    if (status == 0)
        status = wn_lines_digest(&lines, found, error);
    if (status == 0 && strcmp(found, group->digest))
        status = fail_at(audit, group->path,
                         "its digest does not fit: changed or damaged", error);
    wn_lines_free(&lines);
    return status;
}

/* Each stage says from which digest it was computed; a file put together from
 * parts of several audits is refused here. */
static int check_chain(struct wn_audit *audit, enum wn_stage stage,
                       struct wn_error *error)
{
    const char *path = wn_stage_name[stage];

    if (!wn_audit_has_stage(audit, stage))
        return 0;
    if (!wn_audit_has_stage(audit, stage - 1))
        return fail_at(audit, path, "without the stage before it", error);
    char *input = wn_audit_text(audit, path, "input", error);
    if (!input && error->code)
        return -1;
    const int same =
        !input || strcmp(input, wn_audit_digest(audit, stage - 1)) == 0;
    free(input);
    return same ? 0
                : fail_at(audit, path, "was computed from other content than "
                          "this file's", error);
}

static int check_need(const struct wn_audit *audit, enum wn_stage need,
                      struct wn_error *error)
{
    for (enum wn_stage stage = WN_DATA; stage <= need; stage++)
        if (!wn_audit_has_stage(audit, stage))
            return wn_fail(error, WN_EDATA, "%s: has no group %s; run %s "
                           "first", audit->name, wn_stage_name[stage],
                           stage_program[stage]);
    return 0;
}

/* All that is looked at before any data is read. */
static int look_through(struct wn_audit *audit, struct wn_error *error)
{
    audit->file = wn_store_open(&audit->store, audit->name, error);
    if (audit->file < 0 || check_format(audit, error))
        return -1;
    if (wn_inspect(audit->file, audit->size, &audit->catalog, error))
        return named(audit, error);
    if (bind_extents(audit, error))
        return -1;
    for (enum wn_stage stage = WN_DATA; stage <= WN_FLAGS; stage++)
        if (check_digest(audit, stage, error) ||
            (stage > WN_DATA && check_chain(audit, stage, error)))
            return -1;
    return 0;
}

struct trial {
    struct wn_audit *audit;
    struct wn_error *error; /* shared */
};

static void try_it(void *context)
{
    const struct trial *trial = context;

    /* What it returns is what the error says. */
    (void)!look_through(trial->audit, trial->error);
}

/* First in a child, which a crafted file may crash or keep busy; this process
 * does the same only after it has gone well there. */
static int look_safely(struct wn_audit *audit, struct wn_error *error)
{
    struct wn_error *told = wn_child_share(sizeof *told, error);
    struct trial trial = {audit, told};
    int status;

    if (!told)
        return -1;
    status = wn_child_run(audit->name, TRIAL_BYTES,
                          TRIAL_SECONDS + (audit->size >> 30), try_it, &trial,
                          error);
    if (status == 0 && told->code) {
        *error = *told;
        status = -1;
    }
    munmap(told, sizeof *told);
    return status ? -1 : look_through(audit, error);
}

struct wn_audit *wn_audit_open(const char *path, enum wn_stage need,
                               struct wn_error *error)
{
    struct wn_audit *audit = wn_new(1, sizeof *audit, error);

    if (!audit)
        return NULL;
    audit->store.descriptor = -1;
    audit->file = audit->rows = H5I_INVALID_HID;
    if (open_file(audit, path, error) || look_safely(audit, error) ||
        check_need(audit, need, error)) {
        wn_audit_close(audit);
        return NULL;
    }
    return audit;
}

void wn_audit_close(struct wn_audit *audit)
{
    if (!audit)
        return;
    if (audit->rows >= 0)
        H5Dclose(audit->rows);
    if (audit->file >= 0)
        H5Fclose(audit->file);
    if (audit->store.descriptor >= 0)
        close(audit->store.descriptor);
    wn_catalog_free(&audit->catalog);
    free(audit->rows_path);
    free(audit->name);
    free(audit);
}

bool wn_audit_has_stage(const struct wn_audit *audit, enum wn_stage stage)
{
    return wn_audit_has(audit, wn_stage_name[stage]);
}

bool wn_audit_has(const struct wn_audit *audit, const char *path)
{
    return wn_catalog_find(&audit->catalog, path) != NULL;
}

const char *wn_audit_digest(const struct wn_audit *audit, enum wn_stage stage)
{
    const struct wn_entry *entry =
        wn_catalog_find(&audit->catalog, wn_stage_name[stage]);

    return entry ? entry->digest : NULL;
}

void wn_names_free(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

int wn_audit_list(const struct wn_audit *audit, const char *group,
                  char ***names, size_t *count, struct wn_error *error)
{
    const size_t length = strlen(group);

    *count = 0;
    *names = wn_new(audit->catalog.count, sizeof **names, error);
    if (!*names)
        return -1;
    for (size_t i = 0; i < audit->catalog.count; i++) {
        const struct wn_entry *entry = &audit->catalog.entry[i];
        const char *name = entry->path + length + 1;

        if (entry->group || strncmp(entry->path, group, length) ||
            entry->path[length] != '/' || strchr(name, '/'))
            continue;
        (*names)[*count] = wn_copy_text(name, strlen(name), error);
        if (!(*names)[*count]) {
            wn_names_free(*names, *count);
            *names = NULL;
            *count = 0;
            return -1;
        }
        ++*count;
    }
    return 0;
}

static const struct wn_entry *find_dataset(const struct wn_audit *audit,
                                           const char *path,
                                           struct wn_error *error)
{
    const struct wn_entry *entry = wn_catalog_find(&audit->catalog, path);

    if (entry && !entry->group)
        return entry;
    fail_at(audit, path, "is not in the file", error);
    return NULL;
}

int wn_audit_shape(const struct wn_audit *audit, const char *path, int *rank,
                   size_t extent[3], struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    *rank = entry->rank;
    memcpy(extent, entry->extent, sizeof entry->extent);
    return 0;
}

static size_t content_size(const struct wn_entry *entry)
{
    return entry->width * entry->extent[0] * entry->extent[1] *
           entry->extent[2];
}

/* Read everything and hold it against the digest. */
static void *read_content(const struct wn_audit *audit,
                          const struct wn_entry *entry,
                          struct wn_error *error)
{
    const size_t size = content_size(entry);
    const hid_t set = H5Dopen2(audit->file, entry->path, H5P_DEFAULT);
    const hid_t type = wn_type_open(entry->type, entry->width);
    char *content = wn_large_new(size, 1, error);
    struct wn_hash *hash = NULL;
    char found[WN_DIGEST_TEXT];
    int status = -1;

    if (!content)
        goto done;
    if (set < 0 || type < 0 ||
        (size && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content) <
                     0)) {
        fail_at(audit, entry->path, "damaged, cannot be read", error);
        goto done;
    }
    hash = wn_digest_begin(entry->type, entry->width, entry->rank,
                           entry->extent, error);
    if (!hash)
        goto done;
    wn_hash_add(hash, content, size);
    wn_hash_text(hash, found);
    wn_hash_free(hash);
    status = strcmp(found, entry->digest)
                 ? fail_at(audit, entry->path,
                           "its digest does not fit: changed or damaged",
                           error)
                 : 0;
done:
    if (set >= 0)
        H5Dclose(set);
    if (type >= 0)
        H5Tclose(type);
    if (status) {
        wn_large_free(content);
        content = NULL;
    }
    return content;
}

static int check_wanted(const struct wn_audit *audit,
                        const struct wn_entry *entry, enum wn_type type,
                        const size_t extent[3], struct wn_error *error)
{
    if (entry->type != (int)type)
        return wn_fail(error, WN_EDATA, "%s: %s: found %s, wanted %s",
                       audit->name, entry->path, wn_type_name(entry->type),
                       wn_type_name((int)type));
    for (int r = 0; r < entry->rank; r++)
        if (entry->extent[r] != extent[r])
            return wn_fail(error, WN_EDATA,
                           "%s: %s: found extent %zu, wanted %zu",
                           audit->name, entry->path, entry->extent[r],
                           extent[r]);
    return 0;
}

void *wn_audit_read(const struct wn_audit *audit, const char *path,
                    enum wn_type type, const size_t extent[3],
                    struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry || check_wanted(audit, entry, type, extent, error))
        return NULL;
    return read_content(audit, entry, error);
}

/* The dataset of wn_audit_read_rows() stays open: its chunk in HDF5's cache
 * then serves the next rows too. */
static int hold_rows(struct wn_audit *audit, const struct wn_entry *entry,
                     struct wn_error *error)
{
    if (audit->rows >= 0 && strcmp(audit->rows_path, entry->path) == 0)
        return 0;
    if (audit->rows >= 0)
        H5Dclose(audit->rows);
    free(audit->rows_path);
    audit->rows_path = wn_copy_text(entry->path, strlen(entry->path), error);
    audit->rows = audit->rows_path
                      ? H5Dopen2(audit->file, entry->path, H5P_DEFAULT)
                      : H5I_INVALID_HID;
    if (!audit->rows_path)
        return -1;
    return audit->rows >= 0 ? 0 : fail_at(audit, entry->path, "damaged",
                                          error);
}

int wn_entry_read(const struct wn_audit *audit, const struct wn_entry *entry,
                  size_t begin, size_t end, void *out, struct wn_error *error)
{
    /* What is held open is no part of what the file is. */
    struct wn_audit *holder = (struct wn_audit *)audit;
    if (begin == end || content_size(entry) == 0)
        return 0;
    if (hold_rows(holder, entry, error))
        return -1;
    const bool good =
        wn_rows_move(audit->rows, entry->type, entry->width, entry->rank,
                     entry->extent, begin, end - begin, out, NULL);

    return good ? 0 : fail_at(audit, entry->path, "damaged, cannot be read",
                              error);
}

int wn_audit_read_rows(const struct wn_audit *audit, const char *path,
                       size_t begin, size_t end, size_t columns, float *out,
                       struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    const size_t found = wn_product(entry->extent[1], entry->extent[2], 1);
    if (entry->rank < 2 || entry->type != WN_F32 || found != columns)
        return wn_fail(error, WN_EDATA,
                       "%s: %s: found rows of %zu %s, wanted %zu f32",
                       audit->name, path, found, wn_type_name(entry->type),
                       columns);
    assert(begin <= end && end <= entry->extent[0]);
    return wn_entry_read(audit, entry, begin, end, out, error);
}

long wn_audit_read_bytes(const struct wn_audit *audit, const char *path,
                         size_t begin, size_t end, void *out,
                         struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    if (entry->rank != 1 || entry->type != WN_U8)
        return fail_at(audit, path, "does not hold bytes", error);
    if (end > entry->extent[0])
        end = entry->extent[0];
    if (begin > end)
        begin = end;
    return wn_entry_read(audit, entry, begin, end, out, error)
               ? -1
               : (long)(end - begin);
}

int wn_audit_read_names(const struct wn_audit *audit, const char *path,
                        char ***names, size_t *count, struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);
    char *content = NULL;
    int status = -1;

    *names = NULL;
    *count = 0;
    if (!entry)
        return -1;
    if (entry->type != WN_NAMES)
        return fail_at(audit, path, "does not hold names", error);
    content = read_content(audit, entry, error);
    if (!content)
        return -1;
    *names = wn_new(entry->extent[0], sizeof **names, error);
    if (!*names)
        goto done;
    for (; *count < entry->extent[0]; ++*count) {
        const char *name = content + *count * entry->width;

        (*names)[*count] =
            wn_copy_text(name, strnlen(name, entry->width), error);
        if (!(*names)[*count])
            goto done;
    }
    status = 0;
done:
    if (status) {
        wn_names_free(*names, *count);
        *names = NULL;
        *count = 0;
    }
    wn_large_free(content);
    return status;
}

int wn_audit_attributes(const struct wn_audit *audit, const char *path,
                        struct wn_attribute **list, size_t *count,
                        struct wn_error *error)
{
    const hid_t object = H5Oopen(audit->file, path, H5P_DEFAULT);
    int status;

    if (object < 0)
        return fail_at(audit, path, "damaged", error);
    status = wn_attributes_read(object, list, count, error);
    H5Oclose(object);
    return status ? wn_fail(error, WN_EDATA, "%s: %s", audit->name, path) : 0;
}

/* One attribute, moved out of the list; name is NULL if there is none. */
static int take_attribute(const struct wn_audit *audit, const char *path,
                          const char *name, struct wn_attribute *taken,
                          struct wn_error *error)
{
    struct wn_attribute *list;
    size_t count;

    *taken = (struct wn_attribute){0};
    if (!wn_audit_has(audit, path))
        return fail_at(audit, path, "is not in the file", error);
    if (wn_audit_attributes(audit, path, &list, &count, error))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0) {
            *taken = list[i];
            list[i] = (struct wn_attribute){0};
        }
    wn_attributes_free(list, count);
    return 0;
}

char *wn_audit_text(const struct wn_audit *audit, const char *path,
                    const char *attribute, struct wn_error *error)
{
    struct wn_attribute taken;

    if (take_attribute(audit, path, attribute, &taken, error))
        return NULL;
    free(taken.name);
    if (taken.name && !taken.text)
        wn_fail(error, WN_EDATA, "%s: %s: attribute %s: found a number, "
                "wanted text", audit->name, path, attribute);
    return taken.text;
}

int wn_audit_number(const struct wn_audit *audit, const char *path,
                    const char *attribute, double *value,
                    struct wn_error *error)
{
    struct wn_attribute taken;

    if (take_attribute(audit, path, attribute, &taken, error))
        return -1;
    const bool found = taken.name != NULL;
    free(taken.name);
    free(taken.text);
    if (!found || !taken.number)
        return wn_fail(error, WN_EDATA, "%s: %s: attribute %s: %s, wanted a "
                       "number", audit->name, path, attribute,
                       found ? "found text" : "is missing");
    *value = taken.value;
    return 0;
}
