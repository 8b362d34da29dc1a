/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: classes that differ in how they are spelt only. The labels are kept;
 * the person is told, with the rule that makes them one. */
#include <stdlib.h>

#include "clean/variants.h"
#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

enum { TOLD = 10, SHOWN = 60 };

struct spelling {
    const struct wn_run *run;
    const char *source, *column;
    const struct wn_dictionary *classes;
};

static int ingest_spelling_shown(const struct wn_value *value)
{
    return (int)(value->length < SHOWN ? value->length : SHOWN);
}

static int ingest_spelling_tell(const struct spelling *spelling, size_t c,
                                size_t of)
{
    const struct wn_dictionary *classes = spelling->classes;
    const struct wn_value *old = &classes->value[c];
    const struct wn_value *new = &classes->value[of];
    const char *column = spelling->column;
    struct wn_text rule = {0};

    wn_variants_write_rule(&rule, column ? column : "label",
                           wn_dictionary_text(classes, c), old->length,
                           wn_dictionary_text(classes, of), new->length);
    wn_log_note(spelling->run->talk,
                "%s: column %s: '%.*s' (%llu) is a spelling of '%.*s' "
                "(%llu); rule: %s",
                spelling->source, column ? column : "label",
                ingest_spelling_shown(old), wn_dictionary_text(classes, c),
                (unsigned long long)old->count, ingest_spelling_shown(new),
                wn_dictionary_text(classes, of), (unsigned long long)new->count,
                wn_text_of(&rule));
    wn_text_free(&rule);
    return 0;
}

int ingest_spelling(const struct wn_run *run, struct wn_audit_writer *writer,
                    const char *source, const char *column,
                    const struct wn_dictionary *classes, struct wn_error *error)
{
    const struct spelling spelling = {run, source, column, classes};
    int32_t *same = wn_new(classes->count, sizeof *same);
    size_t found = 0;
    int status = 0;

    wn_variants_find(classes, same);

    for (size_t c = 0; c < classes->count && status == 0; c++) {
        const size_t of = (size_t)same[c];

        if (of != c && found++ < TOLD)
            status = ingest_spelling_tell(&spelling, c, of);
    }
    if (status == 0 && found > TOLD)
        wn_log_note(run->talk,
                    "%s: %zu more classes are spellings of others; report "
                    "shows them",
                    source, found - TOLD);
    if (status == 0 && found)
        status = ingest_put(writer, "data/label_same", WN_I32, classes->count,
                            same, error);
    free(same);
    return status;
}
