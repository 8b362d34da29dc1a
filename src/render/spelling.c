/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes that are spellings of others, each with the rule that mends it. */
#include "render/spelling.h"

#include <stdlib.h>
#include <string.h>

#include "clean/parse.h"
#include "render/phrases.h"
#include "util/memory.h"

int wn_spellings(const struct wn_report *report, struct wn_spelling **spelling,
                 size_t *count)
{
    const struct wn_dataset *data = &report->data;
    size_t *rows = wn_new(data->k, sizeof *rows);
    struct wn_spelling *list = wn_new(data->k, sizeof *list);

    *count = 0;
    if (!rows || !list) {
        free(rows);
        free(list);
        return -1;
    }
    for (size_t i = 0; data->label && i < data->n; i++)
        if (data->label[i] >= 0)
            rows[data->label[i]]++;
    for (size_t c = 0; data->label_same && c < data->k; c++) {
        const size_t of = (size_t)data->label_same[c];

        if (of != c)
            list[(*count)++] = (struct wn_spelling){c, of, rows[c], rows[of]};
    }
    free(rows);
    *spelling = list;
    return 0;
}

int wn_spelling_rule(const struct wn_report *report,
                     const struct wn_spelling *spelling, struct wn_text *rule)
{
    const char *old = report->data.label_name[spelling->class];
    const char *new = report->data.label_name[spelling->of];
    const char *column = report->data.label_column;

    return wn_clean_rules_write_map(rule, column ? column : "label", old,
                                    strlen(old), new, strlen(new));
}

static int spelling_put_spelling(const struct wn_report *report,
                                 const struct wn_spelling *spelling,
                                 struct wn_text *out)
{
    struct wn_text rule = {0};
    int status = -1;

    if (wn_spelling_rule(report, spelling, &rule) == 0 &&
        wn_text_add(out, "  ", 2) == 0 &&
        wn_text_add_visible(out, wn_text_of(&rule), rule.length) == 0)
        status = wn_text_format(
            out, "   # %zu %s, %zu so spelt\n", spelling->rows,
            wn_plural(spelling->rows, "row", "rows"), spelling->of_rows);
    wn_text_free(&rule);
    return status;
}

int wn_spellings_text(const struct wn_report *report, struct wn_text *out)
{
    struct wn_spelling *spelling = NULL;
    size_t count;
    int status = -1;

    if (wn_spellings(report, &spelling, &count))
        return -1;
    if (count &&
        wn_text_format(out, "\nSpellings of one class, and the rules that mend "
                            "them\n"))
        goto done;
    for (size_t s = 0; s < count && s < WN_TOP_ROWS; s++)
        if (spelling_put_spelling(report, &spelling[s], out))
            goto done;
    status =
        count > WN_TOP_ROWS
            ? wn_text_format(out, "  and %zu more; --format=json has all\n",
                             count - WN_TOP_ROWS)
            : 0;
done:
    free(spelling);
    return status;
}
