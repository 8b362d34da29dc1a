/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of boolean.h. */
#include "encode/boolean.h"

#include <string.h>
#include <strings.h>

#include "util/text.h"

int wn_boolean_word(const char *text, size_t length)
{
    /* Pairs of no and yes. */
    static const char *const words[] = {"0", "1",  "f",   "t",     "n",
                                        "y", "no", "yes", "false", "true"};

    wn_text_trim(&text, &length);
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strlen(words[w]) == length &&
            strncasecmp(words[w], text, length) == 0)
            return (int)w;
    return -1;
}

int wn_boolean_parse(const char *text, size_t length)
{
    const int word = wn_boolean_word(text, length);

    return word < 0 ? -1 : word & 1;
}
