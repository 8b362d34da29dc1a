/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What text calls the classes: by the part of their names that tells them
 * apart, in a few terminal cells, and never two alike. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "render/grid.h"
#include "render/phrases.h"
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

/* Which of the classes have a title that another has, too; free(). */
static bool *find_twins(char *const *title, size_t k)
{
    struct title *all = wn_new(k, sizeof *all);
    bool *twin = wn_new(k, sizeof *twin);

    for (size_t c = 0; c < k; c++)
        all[c] = (struct title){title[c], c};
    qsort(all, k, sizeof *all, wn_text_ascending);
    for (size_t i = 1; i < k; i++)
        if (strcmp(all[i].text, all[i - 1].text) == 0)
            twin[all[i].class] = twin[all[i - 1].class] = true;
    free(all);
    return twin;
}

char **wn_class_titles(char *const *name, size_t k, size_t cells,
                       size_t *prefix)
{
    char **title = wn_new(k, sizeof *title);

    *prefix = common_path(name, k);
    for (size_t c = 0; c < k; c++) {
        const char *text = name[c] + *prefix;
        size_t length = strlen(text);

        wn_text_trim(&text, &length);
        title[c] = wn_copy_text(text, length);
    }
    bool *twin = find_twins(title, k);
    for (size_t c = 0; c < k; c++) {
        struct wn_text whole = {0}, cut = {0};

        /* As it is, in quotes, where it differs in blanks alone. */
        if (twin[c] || !*title[c])
            wn_text_format(&whole, "\"%s\"", name[c] + *prefix);
        wn_phrase_data_cut(&cut, whole.length ? whole.bytes : title[c], cells);
        free(title[c]);
        title[c] = wn_copy_text(wn_text_of(&cut), cut.length);
        wn_text_free(&whole);
        wn_text_free(&cut);
    }
    free(twin);
    twin = find_twins(title, k);
    for (size_t c = 0; c < k; c++) {
        struct wn_text numbered = {0}, end = {0};

        if (!twin[c])
            continue;
        wn_text_format(&end, "#%zu", c);
        wn_cells_add(&numbered, title[c], strlen(title[c]),
                     cells > end.length + 1 ? cells - end.length : 1);
        wn_text_add(&numbered, end.bytes, end.length);
        wn_text_free(&end);
        free(title[c]);
        title[c] = numbered.bytes;
    }
    free(twin);
    return title;
}
