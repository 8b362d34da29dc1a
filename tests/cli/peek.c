/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peek FILE DATASET TYPE: its numbers (u8, i32, u32, u64, i64, f32 or f64), 9
 * digits, a row a line. peek FILE PATH ATTRIBUTE: a text. peek --open FILE...:
 * a line for each, "opened" or why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/hdf5.h"
#include "audit/audit.h"
#include "util/text.h"

static double value_of(enum wn_type type, const void *content, size_t at)
{
    switch (type) {
    case WN_U8:
        return ((const uint8_t *)content)[at];
    case WN_I32:
        return ((const int32_t *)content)[at];
    case WN_U32:
        return ((const uint32_t *)content)[at];
    case WN_U64:
        return (double)((const uint64_t *)content)[at];
    case WN_I64:
        return (double)((const int64_t *)content)[at];
    case WN_F32:
        return (double)((const float *)content)[at];
    default:
        return ((const double *)content)[at];
    }
}

static int print(const struct wn_audit *audit, const char *path,
                 enum wn_type type, struct wn_error *error)
{
    size_t shape[3], extent[3] = {0};
    int rank;

    if (wn_audit_shape(audit, path, &rank, shape, error))
        return -1;
    memcpy(extent, shape, (size_t)rank * sizeof *extent);
    void *content = wn_audit_read(audit, path, type, extent, error);
    if (!content)
        return -1;
    const size_t columns = shape[1] * shape[2];
    for (size_t i = 0; i < shape[0]; i++)
        for (size_t j = 0; j < columns; j++)
            printf("%.9g%c", value_of(type, content, i * columns + j),
                   j + 1 < columns ? ' ' : '\n');
    free(content);
    return 0;
}

static int show(char **argv, struct wn_error *error)
{
    static const struct {
        const char *name;
        enum wn_type type;
    } types[] = {{"u8", WN_U8},   {"i32", WN_I32}, {"u32", WN_U32},
                 {"u64", WN_U64}, {"i64", WN_I64}, {"f32", WN_F32},
                 {"f64", WN_F64}};
    int status = -1;

    if (wn_hdf5_start(error))
        return -1;
    struct wn_audit *audit = wn_audit_open(argv[1], WN_DATA, error);
    if (!audit)
        return -1;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        if (strcmp(argv[3], types[t].name) == 0) {
            status = print(audit, argv[2], types[t].type, error);
            goto done;
        }
    char *text = wn_audit_text(audit, argv[2], argv[3], error);
    if (text) {
        puts(text);
        free(text);
        status = 0;
    }
done:
    wn_audit_close(audit);
    return status;
}

static int open_each(char **path, struct wn_error *error)
{
    if (wn_hdf5_start(error))
        return -1;
    for (; *path; path++) {
        struct wn_error refused = {0};
        struct wn_text text = {0};
        struct wn_audit *audit = wn_audit_open(*path, WN_DATA, &refused);

        wn_text_add_visible(&text, refused.text, strlen(refused.text));
        puts(audit ? "opened" : wn_text_of(&text));
        wn_text_free(&text);
        wn_audit_close(audit);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct wn_error error = {0};

    if (argc > 2 && strcmp(argv[1], "--open") == 0
            ? open_each(argv + 2, &error)
            : argc != 4 || show(argv, &error)) {
        fprintf(stderr, "peek: %s\n", error.text);
        return 2;
    }
    return 0;
}
