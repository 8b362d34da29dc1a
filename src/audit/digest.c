/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of stages and of datasets; see digest.h. */
#include "audit/digest.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"

static int add_line(struct wn_digest *digest, struct wn_text *text, int status)
{
    if (status) {
        wn_text_free(text);
        return -1;
    }
    wn_grow(&digest->line, &digest->room, digest->count + 1,
            sizeof *digest->line);
    digest->line[digest->count++] = text->bytes;
    return 0;
}

int wn_digest_dataset(struct wn_digest *digest, const char *path,
                      const char *content)
{
    struct wn_text text = {0};
    const int status = wn_text_format(&text, "%s %s\n", path, content);

    return add_line(digest, &text, status);
}

int wn_digest_attribute(struct wn_digest *digest, const char *path,
                        const struct wn_attribute *attribute)
{
    struct wn_text text = {0};
    const int status =
        attribute->number
            ? wn_text_format(&text, "%s@%s %.17g\n", path, attribute->name,
                             attribute->value)
            : wn_text_format(&text, "%s@%s %zu:%s\n", path, attribute->name,
                             strlen(attribute->text), attribute->text);

    return add_line(digest, &text, status);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int wn_digest_text(struct wn_digest *digest, char out[WN_DIGEST_TEXT])
{
    struct wn_hash *hash = wn_hash_new();

    if (digest->count)
        qsort(digest->line, digest->count, sizeof *digest->line, compare_lines);
    for (size_t i = 0; i < digest->count; i++)
        wn_hash_add(hash, digest->line[i], strlen(digest->line[i]));
    wn_hash_text(hash, out);
    wn_hash_free(hash);
    return 0;
}

void wn_digest_free(struct wn_digest *digest)
{
    for (size_t i = 0; i < digest->count; i++)
        free(digest->line[i]);
    free(digest->line);
    *digest = (struct wn_digest){0};
}

struct wn_hash *wn_digest_begin(const struct wn_hdf5_shape *shape)
{
    struct wn_hash *hash = wn_hash_new();
    struct wn_text text = {0};
    int status = hash ? 0 : -1;

    if (status == 0)
        status = shape->type == WN_NAMES
                     ? wn_text_format(&text, "names:%zu", shape->width)
                     : wn_text_format(&text, "%s", wn_type_name(shape->type));
    for (int r = 0; status == 0 && r < shape->rank; r++)
        status =
            wn_text_format(&text, "%s%zu", r ? "," : " ", shape->extent[r]);
    if (status == 0)
        status = wn_text_add(&text, "\n", 1);
    if (status == 0) {
        wn_hash_add(hash, text.bytes, text.length);
    } else {
        wn_hash_free(hash);
        hash = NULL;
    }
    wn_text_free(&text);
    return hash;
}
