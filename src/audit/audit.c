/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening an audit file and checking it; see audit.h. audit_read.c reads what
 * it holds. */
#include "audit/audit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/sandbox.h"
#include "audit/audit_private.h"
#include "util/file.h"
#include "util/memory.h"

_Static_assert(sizeof(size_t) == 8, "a size_t holds every extent of HDF5");

enum { CHECK_BYTES = 1 << 30, CHECK_SECONDS = 2 };

const char *const wn_stage_name[] = {"data", "score", "flag"};
static const char *const stage_program[] = {"ingest", "score", "flag"};
static const char signature[8] = {'\211', 'H',  'D',    'F',
                                  '\r',   '\n', '\032', '\n'};

bool wn_stage_holds(enum wn_stage stage, const char *path)
{
    const size_t length = strlen(wn_stage_name[stage]);

    return strncmp(path, wn_stage_name[stage], length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

const char *wn_audit_name(const struct wn_audit *audit)
{
    return audit->name;
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

int wn_audit_fail(const struct wn_audit *audit, const char *path,
                  const char *what, struct wn_error *error)
{
    if (audit->store.failure) {
        errno = audit->store.failure;
        return wn_fail_errno(error, "%s: %s: cannot read", audit->name, path);
    }
    return wn_fail(error, WN_EDATA, "%s: %s: %s", audit->name, path, what);
}

/* Put the name of the file in front of an error. */
static int prefix_name(const struct wn_audit *audit, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s", audit->name);
}

/* Compare the digest of a stage with its datasets and attributes. */
static int check_digest(struct wn_audit *audit, enum wn_stage stage,
                        struct wn_error *error)
{
    const struct wn_entry *group =
        wn_catalog_find(&audit->catalog, wn_stage_name[stage]);
    struct wn_digest lines = {0};
    char found[WN_DIGEST_TEXT];
    int status = 0;

    if (!group)
        return 0;
    for (size_t i = 0; status == 0 && i < audit->catalog.count; i++) {
        const struct wn_entry *entry = &audit->catalog.entry[i];
        struct wn_attribute *list;
        size_t count;

        if (!wn_stage_holds(stage, entry->path))
            continue;
        status = wn_audit_attributes(audit, entry->path, &list, &count, error);
        if (status)
            break;
        for (size_t a = 0; a < count; a++) {
            if (strcmp(list[a].name, "digest"))
                wn_digest_attribute(&lines, entry->path, &list[a]);
            if (status == 0 &&
                wn_layout_check_attribute(entry->path, list[a].name,
                                          list[a].text, error))
                status = prefix_name(audit, error);
        }
        if (!entry->group)
            wn_digest_dataset(&lines, entry->path, entry->digest);
        wn_attributes_free(list, count);
    }
    wn_digest_text(&lines, found);
    if (status == 0 && strcmp(found, group->digest))
        status =
            wn_audit_fail(audit, group->path,
                          "its digest does not fit: changed or damaged", error);
    wn_digest_free(&lines);
    return status;
}

/* Refuse a file that has some datasets of a set that belongs together. */
static int check_together(const struct wn_audit *audit, struct wn_error *error)
{
    const struct wn_together *set = wn_layout_together;
    char path[2][128]; /* of the last dataset that is there, or not */

    for (; set->group; set++) {
        size_t found = 0, missing = 0;

        for (const char *at = set->names; *at; at += *at == ' ') {
            const int length = (int)strcspn(at, " ");
            char one[128];

            snprintf(one, sizeof one, "%s/%.*s", set->group, length, at);
            const bool there = wn_audit_has(audit, one);
            found += there;
            missing += !there;
            memcpy(path[!there], one, sizeof one);
            at += length;
        }
        if (found && missing)
            return wn_fail(error, WN_EDATA, "%s: has %s and no %s", audit->name,
                           path[0], path[1]);
    }
    return 0;
}

/* Check everything that can be checked before data is read. */
static int check_file(struct wn_audit *audit, struct wn_error *error)
{
    struct wn_attribute *list;
    size_t count;
    int status = 0;

    audit->file = wn_hdf5_open(&audit->store, audit->name, error);
    if (audit->file < 0)
        return -1;
    if (wn_attributes_read(audit->file, &list, &count, error))
        return prefix_name(audit, error);
    /* In byte order: format, format_version. */
    if (count < 1 || strcmp(list[0].name, "format") || list[0].number ||
        strcmp(list[0].text, "winnow-audit"))
        status = wn_fail(error, WN_EDATA,
                         "%s: HDF5, but not a winnow audit file", audit->name);
    else if (count != 2 || strcmp(list[1].name, "format_version") ||
             !list[1].number)
        status = wn_fail(error, WN_EDATA,
                         "%s: wanted the attributes format and format_version "
                         "and no other",
                         audit->name);
    else if (list[1].value != WN_FORMAT_VERSION)
        status = wn_fail(error, WN_EDATA,
                         "%s: found format version %.15g, wanted %d",
                         audit->name, list[1].value, WN_FORMAT_VERSION);
    wn_attributes_free(list, count);
    if (status)
        return -1;

    if (wn_inspect(audit->file, audit->size, &audit->catalog, error))
        return prefix_name(audit, error);
    for (size_t i = 0; i < audit->catalog.count; i++) {
        const struct wn_entry *entry = &audit->catalog.entry[i];

        if (!entry->group &&
            wn_layout_bind(wn_layout_find(entry->path), entry->path,
                           entry->shape.extent, &audit->symbols, error))
            return prefix_name(audit, error);
    }
    if (check_together(audit, error))
        return -1;
    for (enum wn_stage stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        const char *path = wn_stage_name[stage];

        if (check_digest(audit, stage, error))
            return -1;
        /* Each stage records the digest of the stage that it was computed from:
         * refuse a file that was put together from several audits. */
        if (stage == WN_DATA || !wn_audit_has_stage(audit, stage))
            continue;
        if (!wn_audit_has_stage(audit, stage - 1))
            return wn_audit_fail(audit, path, "without the stage before it",
                                 error);
        char *input = wn_audit_text(audit, path, "input", error);
        if (!input && error->code)
            return -1;
        const bool same =
            !input || strcmp(input, wn_audit_digest(audit, stage - 1)) == 0;
        free(input);
        if (!same)
            return wn_audit_fail(
                audit, path, "was computed from other content than this file's",
                error);
    }
    return 0;
}

static void check_in_child(void *context, struct wn_error *error)
{
    /* The status says no more than *error. */
    (void)!check_file(context, error);
}

struct wn_audit *wn_audit_open(const char *path, enum wn_stage need,
                               struct wn_error *error)
{
    struct wn_audit *audit = wn_new(1, sizeof *audit);
    char first[sizeof signature];
    int status;

    assert(need <= WN_FLAGS);
    audit->store.descriptor = -1;
    audit->file = audit->rows = H5I_INVALID_HID;
    audit->name =
        wn_copy_text(wn_input_name(path), strlen(wn_input_name(path)));
    audit->store.descriptor = wn_input_open(path, NULL, error);
    if (audit->store.descriptor < 0)
        goto failed;
    if (wn_file_size(audit->store.descriptor, audit->name, &audit->size, error))
        goto failed;
    if (audit->size < sizeof first) {
        wn_fail(error, WN_EDATA, "%s: found %llu bytes, wanted an audit file",
                audit->name, (unsigned long long)audit->size);
        goto failed;
    }
    if (wn_read_at(audit->store.descriptor, first, sizeof first, 0, audit->name,
                   error))
        goto failed;
    if (memcmp(first, signature, sizeof first)) {
        wn_fail(error, WN_EDATA, "%s: not an HDF5 file, wanted an audit file",
                audit->name);
        goto failed;
    }
    /* A malicious file may crash a child or keep it busy; this process repeats
     * the checks only after they went well there. */
    status = wn_sandbox_run(audit->name, CHECK_BYTES,
                            CHECK_SECONDS + (audit->size >> 30),
                            (const int[]){audit->store.descriptor, -1}, 0,
                            check_in_child, audit, error);
    if (status == 0)
        status = check_file(audit, error);
    for (enum wn_stage stage = WN_DATA; status == 0 && stage <= need; stage++)
        if (!wn_audit_has_stage(audit, stage))
            status = wn_fail(error, WN_EDATA,
                             "%s: has no group %s; run %s first", audit->name,
                             wn_stage_name[stage], stage_program[stage]);
    if (status == 0)
        return audit;
failed:
    wn_audit_close(audit);
    return NULL;
}

void wn_audit_rename(struct wn_audit *audit, const char *name)
{
    free(audit->name);
    audit->name = wn_copy_text(name, strlen(name));
}

void wn_audit_release(const struct wn_audit *audit)
{
    wn_input_release(audit->store.descriptor);
}

void wn_audit_close(struct wn_audit *audit)
{
    if (!audit)
        return;
    wn_hdf5_close(audit->rows);
    if (audit->file >= 0)
        H5Fclose(audit->file);
    if (audit->store.descriptor >= 0)
        close(audit->store.descriptor);
    wn_catalog_free(&audit->catalog);
    free(audit->rows_path);
    free(audit->chunk);
    free(audit->name);
    free(audit);
}

bool wn_audit_is_spread(char *const *names, size_t count, const char *name)
{
    static const char end[] = "_std";
    const size_t size = strlen(name);

    if (size < sizeof end || strcmp(name + size - (sizeof end - 1), end))
        return false;
    const size_t length = size - (sizeof end - 1);
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}
