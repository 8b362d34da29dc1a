/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules and their lists of values, from files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean/parse.h"
#include "util/file.h"
#include "util/memory.h"

enum { RULES_BYTES = 1 << 24, LIST_BYTES = 1 << 28, VALUE_BYTES = 1 << 20 };

/* All of a file of at most `most` bytes. */
static char *read_file(const char *path, size_t most, size_t *length,
                       struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    struct stat about;
    char *text = NULL;

    if (descriptor < 0)
        return NULL;
    if (fstat(descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot look at", path);
    } else if ((uint64_t)about.st_size > most) {
        wn_fail(error, WN_EDATA, "%s: found %llu bytes, wanted at most %zu",
                path, (unsigned long long)about.st_size, most);
    } else {
        *length = (size_t)about.st_size;
        text = wn_new(*length + 1, 1);
        if (text && wn_read_at(descriptor, text, *length, 0, path, error)) {
            free(text);
            text = NULL;
        }
    }
    close(descriptor);
    return text;
}

static int rule_file_add_value(struct wn_dictionary *values, const char *path,
                               size_t number, const char *text, size_t length,
                               struct wn_error *error)
{
    if (length && text[length - 1] == '\r')
        length--;
    if (length == 0)
        return 0;
    if (length > VALUE_BYTES)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found a value of %zu bytes, "
                       "wanted at most %d",
                       path, number, length, VALUE_BYTES);
    return wn_dictionary_add(values, text, length, 1, number, error) < 0 ? -1
                                                                         : 0;
}

static int rule_file_read_list(struct wn_clean_rule *rule, const char *path,
                               struct wn_error *error)
{
    size_t length = 0, number = 0;
    char *text = read_file(path, LIST_BYTES, &length, error);
    int status = text ? 0 : -1;

    for (const char *at = text, *end = text ? text + length : NULL;
         status == 0 && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        status = rule_file_add_value(&rule->values, path, ++number, at,
                                     (size_t)((stop ? stop : end) - at), error);
        at = stop ? stop + 1 : end;
    }
    if (status == 0 && rule->values.count == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: found no values, wanted one a line", path);
    free(text);
    return status;
}

static int read_lists(struct wn_clean_rules *cleaning, struct wn_error *error)
{
    const char *slash = strrchr(cleaning->file, '/');
    const int folder = slash ? (int)(slash + 1 - cleaning->file) : 0;
    struct wn_text path = {0};
    int status = 0;

    for (size_t r = 0; r < cleaning->count && status == 0; r++) {
        struct wn_clean_rule *rule = &cleaning->rule[r];

        if (strcmp(rule->action->name, "one-of"))
            continue;
        path.length = 0;
        status = wn_text_format(&path, "%.*s%s", *rule->old == '/' ? 0 : folder,
                                cleaning->file, rule->old);
        if (status == 0 && rule_file_read_list(rule, path.bytes, error))
            status = wn_fail(error, error->code, "%s:%zu", cleaning->file,
                             rule->line);
    }
    wn_text_free(&path);
    return status;
}

int wn_clean_rules_read(struct wn_clean_rules *cleaning, const char *path,
                        struct wn_error *error)
{
    size_t length = 0;
    char *text = read_file(path, RULES_BYTES, &length, error);
    int status = -1;

    if (text && wn_clean_rules_parse(cleaning, path, text, length, error) == 0)
        status = read_lists(cleaning, error);
    free(text);
    return status;
}
