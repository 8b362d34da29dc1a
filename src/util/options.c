/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines from tables; see options.h. */
#include "util/options.h"

#include <assert.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"

/* clang-format off */
const struct wn_option wn_option_output = {
    .topic = "Output",
    .name = "output", .letter = 'o', .kind = WN_TEXT, .value = "FILE",
    .help = "write to FILE instead of standard output"};
const struct wn_option wn_option_in_place = {
    .topic = "Output",
    .name = "in-place", .letter = 'i', .kind = WN_FLAG,
    .help = "replace FILE by the result"};
const struct wn_option wn_option_force = {
    .topic = "Output",
    .name = "force", .letter = 'f', .kind = WN_FLAG,
    .help = "replace an existing output file"};
const struct wn_option wn_option_as = {
    .topic = "Output",
    .name = "as", .kind = WN_TEXT, .value = "NAME",
    .help = "call the audit file NAME in what is printed"};
const struct wn_option wn_option_threads = {
    .topic = "Running",
    .name = "threads", .letter = 'j', .kind = WN_WHOLE, .value = "N",
    .low = 1, .high = 4096,
    .help = "use N threads (default: all processors)"};
const struct wn_option wn_option_memory = {
    .topic = "Running",
    .name = "memory", .kind = WN_SIZE, .value = "SIZE",
    .low = 1 << 20, .high = 0x1p62,
    .help = "stay below SIZE of memory or refuse, e.g. 512M"};
const struct wn_option wn_option_seed = {
    .topic = "Running",
    .name = "seed", .kind = WN_WHOLE, .value = "N", .default_value = "0",
    .low = 0, .high = 0x1p53, .recorded = true,
    .help = "start the random numbers from N"};
const struct wn_option wn_option_source = {
    .topic = "The source",
    .name = "source", .kind = WN_LIST, .value = "FILE",
    .help = "the audited file, if it is not where it was"};
const struct wn_option wn_option_show = {
    .topic = "The source",
    .name = "show", .kind = WN_TEXT, .value = "PATTERN",
    .help = "show the cells of columns whose names match PATTERN"};
const struct wn_option wn_option_no_values = {
    .topic = "The source",
    .name = "no-values", .kind = WN_FLAG,
    .help = "show no cells of the source and no identifiers"};
const struct wn_option wn_option_color = {
    .topic = "Running",
    .name = "color", .kind = WN_CHOICE, .value = "WHEN",
    .default_value = "auto", .choices = "auto|always|never",
    .help = "colour the text: auto, on a terminal; always; never"};
const struct wn_option wn_option_quiet = {
    .topic = "Running",
    .name = "quiet", .letter = 'q', .kind = WN_FLAG,
    .help = "print errors only"};
const struct wn_option wn_option_verbose = {
    .topic = "Running",
    .name = "verbose", .letter = 'v', .kind = WN_FLAG,
    .help = "print what is being done"};
const struct wn_option wn_option_help = {
    .topic = "Running",
    .name = "help", .letter = 'h', .kind = WN_FLAG,
    .help = "show this help and stop"};
const struct wn_option wn_option_version = {
    .topic = "Running",
    .name = "version", .letter = 'V', .kind = WN_FLAG,
    .help = "show the version and stop"};
/* clang-format on */

struct setting {
    bool given;
    const char **values; /* as typed; one, except for a list */
    size_t count, capacity;
};

struct wn_options {
    const struct wn_option *rows;
    size_t row_count;
    struct setting *settings;
    char **operands;
    size_t operand_count;
};

static size_t options_count_rows(const struct wn_option *rows)
{
    size_t count = 0;

    while (rows[count].name)
        count++;
    return count;
}

void wn_option_add(struct wn_option *table, size_t capacity,
                   const struct wn_option *row)
{
    const size_t count = options_count_rows(table);

    assert(count + 1 < capacity);
    table[count] = *row;
}

void wn_option_add_rows(struct wn_option *table, size_t capacity,
                        const struct wn_option *rows)
{
    for (; rows && rows->name; rows++)
        wn_option_add(table, capacity, rows);
}

static int check_value(const struct wn_option *row, const char *text,
                       struct wn_error *error)
{
    double value;
    uint64_t bytes;

    switch (row->kind) {
    case WN_WHOLE:
    case WN_REAL:
        if (!wn_number_parse(text, strlen(text), &value) ||
            (row->kind == WN_WHOLE && value != floor(value)))
            return wn_fail(error, WN_EUSAGE, "--%s: found '%s', wanted a %s",
                           row->name, text,
                           row->kind == WN_WHOLE ? "whole number" : "number");
        if (value < row->low || value > row->high)
            return wn_fail(error, WN_EUSAGE,
                           "--%s: found %s, wanted %.15g to %.15g", row->name,
                           text, row->low, row->high);
        return 0;
    case WN_SIZE:
        if (!wn_size_parse(text, &bytes))
            return wn_fail(error, WN_EUSAGE,
                           "--%s: found '%s', wanted a size such as 512M or 2G",
                           row->name, text);
        if ((double)bytes < row->low || (double)bytes > row->high)
            return wn_fail(error, WN_EUSAGE,
                           "--%s: found %s, wanted at %s %.0f bytes", row->name,
                           text, (double)bytes < row->low ? "least" : "most",
                           (double)bytes < row->low ? row->low : row->high);
        return 0;
    case WN_SUBSET:
        if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0)
            return 0;
        for (const char *at = text;; at++) {
            const size_t size = strcspn(at, ",");

            if (wn_text_place(row->choices, '|', at, size) < 0)
                return wn_fail(error, WN_EUSAGE,
                               "--%s: found '%.*s', wanted some of %s, or all, "
                               "or none",
                               row->name, (int)size, at, row->choices);
            at += size;
            if (!*at)
                return 0;
        }
    case WN_CHOICE:
        if (wn_text_place(row->choices, '|', text, strlen(text)) >= 0)
            return 0;
        return wn_fail(error, WN_EUSAGE, "--%s: found '%s', wanted one of %s",
                       row->name, text, row->choices);
    default:
        return 0;
    }
}

static void add_value(struct setting *setting, const char *text)
{
    wn_grow(&setting->values, &setting->capacity, setting->count + 1,
            sizeof *setting->values);
    setting->values[setting->count++] = text;
}

/* The row of a code of getopt_long(): a letter, or 256 + row. */
static size_t row_of_code(const struct wn_options *options, int code)
{
    size_t r = 0;

    if (code >= 256)
        return (size_t)code - 256;
    while (r < options->row_count && options->rows[r].letter != code)
        r++;
    return r;
}

/* The error for a code of '?' or ':'. */
static int fail_option(int argc, char **argv, int code,
                       const struct wn_options *options, struct wn_error *error)
{
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

    if (code == ':') {
        const size_t r = row_of_code(options, optopt);

        return wn_fail(error, WN_EUSAGE, "--%s requires a value; see --help",
                       r < options->row_count ? options->rows[r].name : word);
    }
    if (optopt >= 256)
        return wn_fail(error, WN_EUSAGE, "--%s takes no value; see --help",
                       options->rows[optopt - 256].name);
    if (optopt)
        return wn_fail(error, WN_EUSAGE, "unknown option -%c; see --help",
                       optopt);
    return wn_fail(error, WN_EUSAGE,
                   "unknown or ambiguous option %s; see --help", word);
}

struct wn_options *wn_options_parse(const struct wn_program *program, int argc,
                                    char **argv, struct wn_error *error)
{
    struct wn_options *options = wn_new(1, sizeof *options);
    bool help = false;
    int code, status = 0;

    options->rows = program->rows;
    options->row_count = options_count_rows(program->rows);
    options->settings = wn_new(options->row_count, sizeof *options->settings);
    struct option *longs = wn_new(options->row_count + 1, sizeof *longs);
    char *shorts = wn_new(2 * options->row_count + 2, 1), *at = shorts;
    *at++ = ':';
    for (size_t r = 0; r < options->row_count; r++) {
        const struct wn_option *row = &options->rows[r];
        const bool flag = row->kind == WN_FLAG;

        longs[r] =
            (struct option){row->name, flag ? no_argument : required_argument,
                            NULL, 256 + (int)r};
        if (row->letter)
            *at++ = row->letter;
        if (row->letter && !flag)
            *at++ = ':';
    }
    opterr = 0;
    optind = 0; /* glibc: start afresh, so that tests can parse twice */
    while (status == 0 &&
           (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == ':' || code == '?') {
            status = fail_option(argc, argv, code, options, error);
            break;
        }
        const size_t r = row_of_code(options, code);
        const struct wn_option *row = &options->rows[r];
        struct setting *setting = &options->settings[r];

        setting->given = true;
        if (row->kind == WN_FLAG)
            continue;
        if (row->kind != WN_LIST && setting->count)
            status =
                wn_fail(error, WN_EUSAGE, "--%s was given twice: '%s' and '%s'",
                        row->name, setting->values[0], optarg);
        else
            status = check_value(row, optarg, error);
        if (status == 0)
            add_value(setting, optarg);
    }
    options->operands = argv + optind;
    options->operand_count = (size_t)(argc - optind);
    free(longs);
    free(shorts);
    for (size_t r = 0; r < options->row_count; r++)
        if (options->settings[r].given &&
            (strcmp(options->rows[r].name, "help") == 0 ||
             strcmp(options->rows[r].name, "version") == 0))
            help = true;
    if (help)
        return options;
    if (status == 0 && options->operand_count < program->min_operands)
        status =
            wn_fail(error, WN_EUSAGE, "an operand is missing: %s; see --help",
                    program->synopsis);
    if (status == 0 && options->operand_count > program->max_operands)
        status =
            wn_fail(error, WN_EUSAGE, "unexpected operand '%s'; see --help",
                    options->operands[program->max_operands]);
    if (status) {
        wn_options_free(options);
        return NULL;
    }
    return options;
}

void wn_options_free(struct wn_options *options)
{
    if (!options)
        return;
    for (size_t r = 0; r < options->row_count; r++)
        free(options->settings[r].values);
    free(options->settings);
    free(options);
}

static size_t find_row(const struct wn_options *options, const char *name)
{
    size_t r = 0;

    while (r < options->row_count && strcmp(options->rows[r].name, name))
        r++;
    assert(r < options->row_count);
    return r;
}

bool wn_option_given(const struct wn_options *options, const char *name)
{
    return options->settings[find_row(options, name)].given;
}

bool wn_option_on(const struct wn_options *options, const char *name)
{
    return wn_option_given(options, name);
}

static const char *options_value_of(const struct wn_options *options, size_t r)
{
    const struct setting *setting = &options->settings[r];

    return setting->count ? setting->values[setting->count - 1]
                          : options->rows[r].default_value;
}

void wn_option_set(struct wn_options *options, const char *name,
                   const char *text)
{
    struct setting *setting = &options->settings[find_row(options, name)];

    if (text)
        add_value(setting, text);
    setting->given = true;
}

void wn_option_replace(struct wn_options *options, const char *name, size_t i,
                       const char *text)
{
    options->settings[find_row(options, name)].values[i] = text;
}

const char *wn_option_text(const struct wn_options *options, const char *name)
{
    return options_value_of(options, find_row(options, name));
}

int wn_option_choice(const struct wn_options *options, const char *name)
{
    const size_t r = find_row(options, name);
    const char *text = options_value_of(options, r);
    const int place =
        wn_text_place(options->rows[r].choices, '|', text, strlen(text));

    assert(place >= 0);
    return place;
}

double wn_option_number(const struct wn_options *options, const char *name)
{
    const size_t r = find_row(options, name);
    const char *text = options_value_of(options, r);
    double value = 0;
    uint64_t bytes = 0;

    if (!text)
        return 0;
    if (options->rows[r].kind == WN_SIZE)
        return wn_size_parse(text, &bytes) ? (double)bytes : 0;
    return wn_number_parse(text, strlen(text), &value) ? value : 0;
}

bool wn_option_holds(const struct wn_options *options, const char *name,
                     const char *member)
{
    const char *text = wn_option_text(options, name);

    /* `none` is no member. */
    return text && (strcmp(text, "all") == 0 ||
                    wn_text_place(text, ',', member, strlen(member)) >= 0);
}

const char *const *wn_option_list(const struct wn_options *options,
                                  const char *name, size_t *count)
{
    const struct setting *setting = &options->settings[find_row(options, name)];

    *count = setting->count;
    return setting->values;
}

size_t wn_option_operands(const struct wn_options *options)
{
    return options->operand_count;
}

const char *wn_option_operand(const struct wn_options *options, size_t i)
{
    return options->operands[i];
}

int wn_options_describe(const struct wn_options *options, struct wn_text *text)
{
    for (size_t r = 0; r < options->row_count; r++) {
        const struct wn_option *row = &options->rows[r];
        const struct setting *setting = &options->settings[r];
        const char *single = options_value_of(options, r);
        const char *const *values = setting->values;
        size_t count = setting->count;

        if (!row->recorded)
            continue;
        if (row->kind != WN_LIST) {
            if (row->kind == WN_FLAG)
                single = setting->given ? "yes" : "no";
            values = &single;
            count = single != NULL;
        }
        for (size_t v = 0; v < count; v++) {
            wn_text_format(text, "%s%s=", text->length ? " " : "", row->name);
            /* One word, so that the provenance splits at blanks. */
            for (const char *at = values[v]; *at; at++)
                if (*at == ' ' || *at == '\\')
                    wn_text_format(text, "\\x%02x", (unsigned char)*at);
                else
                    wn_text_add(text, at, 1);
        }
    }
    return 0;
}

static const char *topic_of(const struct wn_option *rows, size_t r)
{
    while (r > 0 && !rows[r].topic)
        r--;
    return rows[r].topic ? rows[r].topic : "Options";
}

static bool is_of_topic(const struct wn_option *rows, size_t r,
                        const char *topic)
{
    return strcmp(topic_of(rows, r), topic) == 0;
}

static void help_row(const struct wn_option *row, struct wn_text *text)
{
    enum { INDENT = 26, WIDTH = 80 }; /* bytes: the text is ASCII */
    const size_t start = text->length;
    struct wn_text words = {0};

    if (row->letter)
        wn_text_format(text, "  -%c, ", row->letter);
    else
        wn_text_add(text, "      ", 6);
    wn_text_format(text, "--%s%s%s", row->name, row->value ? "=" : "",
                   row->value ? row->value : "");
    size_t used = text->length - start;
    if (used >= INDENT - 1)
        wn_text_format(text, "\n%*s", INDENT, "");
    else
        wn_text_format(text, "%*s", INDENT - (int)used, "");
    wn_text_format(&words, "%s", row->help);
    if (row->default_value)
        wn_text_format(&words, " (default: %s)", row->default_value);
    /* Wrap the words; the default value stays in one piece. */
    used = INDENT;
    for (const char *at = words.bytes; *at; at += strspn(at, " ")) {
        const size_t length = *at == '(' ? strlen(at) : strcspn(at, " ");
        const bool first = at == words.bytes;
        const bool fits = first || used + 1 + length < WIDTH;

        if (!fits)
            wn_text_format(text, "\n%*s", INDENT, "");
        else if (!first)
            wn_text_add(text, " ", 1);
        wn_text_add(text, at, length);
        used = (fits ? used + !first : INDENT) + length;
        at += length;
    }
    wn_text_add(text, "\n", 1);
    wn_text_free(&words);
}

void wn_options_help(const struct wn_program *program, const char *name,
                     struct wn_text *text)
{
    const struct wn_option *rows = program->rows;

    wn_text_format(text, "usage: %s %s\n%s\n", name, program->synopsis,
                   program->brief);
    for (size_t r = 0; rows[r].name; r++) {
        const char *topic = topic_of(rows, r);
        size_t first = 0;

        while (!is_of_topic(rows, first, topic))
            first++;
        if (first < r)
            continue;
        wn_text_format(text, "\n%s:\n", topic);
        for (size_t s = r; rows[s].name; s++)
            if (is_of_topic(rows, s, topic))
                help_row(&rows[s], text);
    }
    wn_text_format(text, "\nThe manual: man %s\n", name);
}

void wn_options_list(const struct wn_program *program, struct wn_text *text)
{
    for (const struct wn_option *row = program->rows; row->name; row++)
        wn_text_format(text, "%s %c %s\n", row->name,
                       row->letter ? row->letter : '-',
                       row->value ? row->value : "-");
}
