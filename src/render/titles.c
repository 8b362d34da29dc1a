/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What text calls the classes: by the part of their names that tells them
 * apart, in a few terminal cells, and never two alike. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "render/grid.h"
#include "render/render.h"
#include "util/memory.h"

/* The bytes of a prefix like a path's that all names share, up to its last
 * separator: "plantae/angiosperms/". It has a letter, so that 12:30 and 12:45
 * stay what they are, and something follows it in every name. */
static size_t common_path(char *const *name, size_t k)
{
    size_t length = k > 1 ? strlen(name[0]) : 0;
    bool letter = false;

    for (size_t c = 1; c < k; c++)
        for (size_t at = 0; at < length; at++)
            if (name[c][at] != name[0][at])
                length = at;
    while (length && !strchr("/\\|:>", name[0][length - 1]))
        length--;
    for (size_t at = 0; at < length; at++)
        letter = letter || isalpha((unsigned char)name[0][at]) ||
                 (unsigned char)name[0][at] >= 0x80;
    for (size_t c = 0; c < k; c++)
        if (!name[c][length + strspn(name[c] + length, " \t")])
            return 0;
    return letter ? length : 0;
}

struct title {
    const char *text;
    size_t class;
};

struct titles {
    char *const *name;
    char **title;
    size_t prefix, cells;
};

/* Call take() for every class whose title another has, too. */
static void each_twin(struct titles *titles, size_t k,
                      void (*take)(struct titles *titles, size_t class))
{
    struct title *all = wn_new(k, sizeof *all);
    bool *twin = wn_new(k, sizeof *twin);

    for (size_t c = 0; c < k; c++)
        all[c] = (struct title){titles->title[c], c};
    qsort(all, k, sizeof *all, wn_text_ascending);
    for (size_t i = 1; i < k; i++)
        if (strcmp(all[i].text, all[i - 1].text) == 0)
            twin[all[i].class] = twin[all[i - 1].class] = true;
    for (size_t c = 0; c < k; c++)
        if (twin[c])
            take(titles, c);
    free(all);
    free(twin);
}

/* The name as it is, in quotes, for one that differs in blanks alone. */
static void quote_title(struct titles *titles, size_t class)
{
    struct wn_text text = {0};

    wn_text_format(&text, "\"%s\"", titles->name[class] + titles->prefix);
    free(titles->title[class]);
    titles->title[class] = text.bytes;
}

static void number_title(struct titles *titles, size_t class)
{
    struct wn_text text = {0}, end = {0};

    wn_text_format(&end, "#%zu", class);
    wn_cells_add(&text, titles->title[class], strlen(titles->title[class]),
                 titles->cells > end.length + 1 ? titles->cells - end.length
                                                : 1);
    wn_text_add(&text, end.bytes, end.length);
    wn_text_free(&end);
    free(titles->title[class]);
    titles->title[class] = text.bytes;
}

char **wn_class_titles(char *const *name, size_t k, size_t cells,
                       size_t *prefix)
{
    struct titles titles = {name, wn_new(k, sizeof *titles.title),
                            common_path(name, k), cells};

    for (size_t c = 0; c < k; c++) {
        const char *text = name[c] + titles.prefix;
        size_t length = strlen(text);

        wn_text_trim(&text, &length);
        titles.title[c] = wn_copy_text(text, length);
        if (!length)
            quote_title(&titles, c);
    }
    each_twin(&titles, k, quote_title);
    for (size_t c = 0; c < k; c++) {
        struct wn_text visible = {0}, cut = {0};

        wn_text_add_visible(&visible, titles.title[c], strlen(titles.title[c]));
        wn_cells_add(&cut, wn_text_of(&visible), visible.length, cells);
        free(titles.title[c]);
        titles.title[c] = wn_copy_text(wn_text_of(&cut), cut.length);
        wn_text_free(&visible);
        wn_text_free(&cut);
    }
    each_twin(&titles, k, number_title);
    *prefix = titles.prefix;
    return titles.title;
}
