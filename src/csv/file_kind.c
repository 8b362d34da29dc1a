/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of other kinds, known by their first bytes: what they are, and the
 * command that makes a table of them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "csv/csv_private.h"
#include "util/file.h"

/* In a command {} is the file and {.} its name without the last extension. */
#define OFFICE "libreoffice --headless --convert-to csv {}"
#define PANDAS(reader)                                                         \
    "python3 -c 'import pandas, sys; pandas.read_" reader                      \
    "(sys.argv[1]).to_csv(sys.argv[2], index=False)' {} {.}.csv"

static const struct {
    size_t at; /* where the bytes stand */
    const char *bytes;
    size_t length;
    const char *what, *command;
} kinds[] = {
    {0, "\xff\xfe", 2, "UTF-16 text, wanted UTF-8: --encoding=UTF-16", NULL},
    {0, "\xfe\xff", 2, "UTF-16 text, wanted UTF-8: --encoding=UTF-16", NULL},
    {0, "\x1f\x8b", 2, "gzip data, wanted text", "zcat {} >{.}"},
    {0, "\x28\xb5\x2f\xfd", 4, "zstd data, wanted text", "zstdcat {} >{.}"},
    {0,
     "\xfd"
     "7zXZ",
     5, "xz data, wanted text", "xzcat {} >{.}"},
    {4, "1AY&SY", 6, "bzip2 data, wanted text", "bzcat {} >{.}"},
    {30, "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", 54,
     "a spreadsheet (ODS), wanted CSV", OFFICE},
    {30, "[Content_Types].xml", 19, "a spreadsheet (XLSX), wanted CSV", OFFICE},
    {30, "_rels/", 6, "a spreadsheet (XLSX), wanted CSV", OFFICE},
    {30, "docProps/", 9, "a spreadsheet (XLSX), wanted CSV", OFFICE},
    {30, "xl/", 3, "a spreadsheet (XLSX), wanted CSV", OFFICE},
    {0, "PK\x03\x04", 4, "a zip archive, wanted CSV", "unzip -p {} >{.}"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,
     "a spreadsheet (XLS), wanted CSV", OFFICE},
    {0, "PAR1", 4, "a Parquet file, wanted CSV", PANDAS("parquet")},
    {0, "ARROW1", 6, "a Feather (Arrow) file, wanted CSV", PANDAS("feather")},
    {0, "ORC", 3, "an ORC file, wanted CSV", PANDAS("orc")},
    {0, "SQLite format 3", 15, "an SQLite database, wanted CSV",
     "sqlite3 -csv -header {} 'select * from TABLE' >{.}.csv"},
    {0, "\x89HDF\r\n\x1a\n", 8, "an HDF5 file, wanted CSV", NULL},
    {0, "%PDF-", 5, "a PDF document, wanted CSV", NULL},
    {0, "<?xml", 5, "XML, wanted CSV", PANDAS("xml")},
};
enum { TEXTS = 2 }; /* the first ones are text of another encoding */
static const char arff[] =
    "sed '1,/^@data/Id; /^%/d' {} >{.}.csv, and --no-header";

/* Whether the text, after comments and empty lines, begins as ARFF does. */
static bool is_arff(const char *text, const char *end)
{
    static const char word[] = "@relation";

    while (text < end && strchr("%\r\n", *text)) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));

        if (!feed)
            return false;
        text = feed + 1;
    }
    return (size_t)(end - text) >= sizeof word - 1 &&
           strncasecmp(text, word, sizeof word - 1) == 0;
}

/* Whether the text is a JSON array of objects or, with `open` {, an object. */
static bool is_json(const char *text, const char *end, char open)
{
    if (text == end || *text++ != open)
        return false;
    while (text < end && strchr(" \t\r\n", *text))
        text++;
    return text < end && *text == (open == '[' ? '{' : '"');
}

static int fail_kind(const char *path, const char *what, const char *command,
                     struct wn_error *error)
{
    const char *name = path;

    if (strcmp(path, wn_input_name(NULL)) == 0)
        path = "FILE";
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash + 1 : path, '.');
    const size_t stem = dot ? (size_t)(dot - path) : strlen(path);
    struct wn_text text = {0};

    while (command && *command) {
        const bool file = strncmp(command, "{}", 2) == 0;

        if (file || strncmp(command, "{.}", 3) == 0) {
            wn_text_add_shell(&text, path, file ? strlen(path) : stem);
            command += file ? 2 : 3;
        } else {
            wn_text_add(&text, command++, 1);
        }
    }
    wn_fail(error, WN_EDATA, "%s: found %s%s%s", name, what,
            text.length ? ": " : "", wn_text_of(&text));
    wn_text_free(&text);
    return -1;
}

int wn_csv_check_kind(const struct wn_window *file,
                      const struct wn_csv_form *form, struct wn_error *error)
{
    const char *text = file->bytes, *end = text + file->length;
    /* A header may begin with such letters, too, but it has no NUL byte. */
    const bool binary = memchr(text, '\0', file->length) != NULL;

    for (size_t i = form->encoding ? TEXTS : 0;
         i < sizeof kinds / sizeof *kinds; i++)
        if (file->length >= kinds[i].at + kinds[i].length &&
            memcmp(text + kinds[i].at, kinds[i].bytes, kinds[i].length) == 0 &&
            (binary || !isalpha((unsigned char)*kinds[i].bytes)))
            return fail_kind(file->name, kinds[i].what, kinds[i].command,
                             error);
    if (is_arff(text, end))
        return fail_kind(file->name, "an ARFF file, wanted CSV", arff, error);
    if (is_json(text, end, '['))
        return fail_kind(file->name, "a JSON array, wanted CSV or JSON Lines",
                         "jq -c '.[]' {} >{.}.jsonl", error);
    if (!form->json_lines && is_json(text, end, '{'))
        return wn_fail(error, WN_EDATA,
                       "%s: found JSON Lines, wanted CSV: --from=jsonl",
                       file->name);
    return 0;
}

bool wn_csv_looks_like_json(const char *text, size_t length)
{
    return is_json(text, text + length, '{');
}
