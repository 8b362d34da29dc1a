/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: what any input puts into /data in the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

int ingest_put(struct wn_audit_writer *writer, const char *path,
               enum wn_type type, size_t count, const void *content,
               struct wn_error *error)
{
    const size_t extent[3] = {count, 0, 0};

    return wn_audit_write(writer, path, type, extent, content, error);
}

int ingest_put_codes(struct wn_audit_writer *writer, const char *path, size_t n,
                     const int32_t *code, const char *names_path,
                     const struct wn_dictionary *names, struct wn_error *error)
{
    const size_t k = names->count;
    char **name = wn_new(k, sizeof *name);
    int status = name ? 0 : -1;

    for (size_t c = 0; c < k && status == 0; c++) {
        name[c] =
            wn_copy_text(wn_dictionary_text(names, c), names->value[c].length);
        status = name[c] ? 0 : -1;
    }
    if (status == 0)
        status =
            ingest_put(writer, path, WN_I32, n, code, error) ||
                    wn_audit_write_names(writer, names_path,
                                         (const char *const *)name, k, error)
                ? -1
                : 0;
    if (name)
        wn_names_free(name, k);
    return status;
}

int ingest_put_roles(struct wn_audit_writer *writer,
                     const struct wn_roles *roles, size_t n,
                     struct wn_error *error)
{
    char path[32], names[40];
    int status = 0;

    for (size_t r = 0; r < WN_ROLE_KINDS && status == 0; r++) {
        const struct wn_role_values *values = &roles->of[r];

        snprintf(path, sizeof path, "data/%s", wn_role_kinds[r].name);
        snprintf(names, sizeof names, "%s_name", path);
        if (values->code)
            status = ingest_put_codes(writer, path, n, values->code, names,
                                      &values->names, error);
        if (values->flag)
            status = ingest_put(writer, path, WN_U8, n, values->flag, error);
        if (values->amount)
            status = ingest_put(writer, path, WN_F32, n, values->amount, error);
    }
    return status;
}

/* What cannot be read again. */
static bool came_by_pipe(const struct wn_run *run)
{
    const char *path = wn_run_input(run);
    struct stat about;

    return !path || (stat(path, &about) == 0 && !S_ISREG(about.st_mode));
}

int ingest_put_source(const struct wn_run *run, struct wn_audit_writer *writer,
                      uint64_t size,
                      int (*read)(const void *from, uint64_t at, size_t length,
                                  char *out, struct wn_error *error),
                      const void *from, struct wn_error *error)
{
    enum { PIECE = 1 << 20 };
    const size_t extent[3] = {(size_t)size, 0, 0};
    int status = 0;

    if (wn_option_on(run->options, "no-keep-source") || !came_by_pipe(run))
        return 0;
    char *piece = wn_new(PIECE, 1);
    if (!piece || wn_audit_write_begin(writer, "data/source_bytes", WN_U8,
                                       extent, error)) {
        free(piece);
        return -1;
    }
    for (uint64_t at = 0; at < size && status == 0; at += PIECE) {
        const size_t length =
            size - at < PIECE ? (size_t)(size - at) : (size_t)PIECE;

        status = read(from, at, length, piece, error) ||
                         wn_audit_write_append(writer, length, piece, error)
                     ? -1
                     : 0;
    }
    free(piece);
    return status ? -1 : wn_audit_write_end(writer, error);
}

const char *ingest_source_name(const char *path)
{
    if (!path)
        return "-";
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return *path == '/' ? strrchr(path, '/') + 1 : path;
}
