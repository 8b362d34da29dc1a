/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of targets, and what they share. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/sandbox.h"
#include "audit/audit.h"

static const char *const csv_tokens[] = {
    "\"",           "\"\"",     ",",     "\n",      "\r\n",
    "\r",           "\"\n\"",   ",\"",   "\",",     "\n\n",
    "\xef\xbb\xbf", "\xc3\xa9", "1e308", "a,b,c\n", NULL};
static const char *const csv_seeds[] = {
    "a,b,c\n1,2,3\n4,\"5\n6\",7\n\n8,9,10\n",
    "n,l\r\n\"a \"\"b\"\"\",x\r\n\r\n\"c\r\nd\",y", NULL};

static const char *const json_seeds[] = {
    "{\"a\":1,\"b\":\"x\",\"y\":\"p\"}\n{\"b\":\"\\u00e9 "
    "\\ud83d\\ude00\",\"y\":null}\n",
    "{\"n\":{\"m\":[1,2.5e-3,{\"k\":true}]},\"l\":\"q\"}\r\n\r\n{\"l\":"
    "\"\\\"\\n\"}",
    "{\"a.b\": -0, \"c\": [[], {}, false]}", NULL};
static const char *const json_tokens[] = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "\"a\"",
                                          "\"",
                                          "\\u",
                                          "\\ud800",
                                          "\\udc00",
                                          "null",
                                          "true",
                                          "false",
                                          "1e9",
                                          "\n",
                                          "\\",
                                          "\"a\":",
                                          "NaN",
                                          "[[[[[[",
                                          "{\"a\":{\"b\":",
                                          "\xc3\xa9",
                                          "\\n",
                                          "-",
                                          "\xef\xbb\xbf",
                                          NULL};
static const char *const encoding_seeds[] = {
    "0a,b\n\xe9,2\n\"x\ny\",3\n",           "3a,b\n\x83\x5c,\x82\xa0\n1,2\n",
    "4a,b\n\x81\x30\x81\x30,\xc4\xe3\n1,2", "7a,b\n\x88\x62,\x88\xa5\n1,2\n",
    "5\x81\x6b\x82\x25\xf1\x6b\xf2\x25",    NULL};
static const char *const encoding_tokens[] = {
    "\n",       "\"",   ",",    "\xe9", "\xff\xfe", "\x81\x30\x81\x30",
    "\x88\x62", "\x25", "\x6b", "\x80", NULL};

static const char *const number_seeds[] = {"0",
                                           "-1.5e-3",
                                           " 12345678901234567890 ",
                                           "0.1",
                                           "1e400",
                                           ".5",
                                           "5.",
                                           "4.9406564584124654e-324",
                                           "1.7976931348623157e308",
                                           "+00012.50",
                                           NULL};
static const char *const number_tokens[] = {
    "e", "E-",  "+",   "-",     ".",    "0000000000", "99999999999999999999",
    " ", "inf", "nan", "0x1p3", "e308", "e-324",      NULL};

static const char *const date_seeds[] = {"2024-02-29",
                                         "29.02.2024",
                                         "2/29/2024 23:59:60",
                                         "1.1.0001",
                                         "2024-02-29T12:34:56.789+05:30",
                                         " 1999/12/31 00:00 Z ",
                                         NULL};
static const char *const date_tokens[] = {
    "-",     "/",    ".",    ":",  "T",  "Z",  "+14:00",
    "-0000", "9999", "0000", "29", "31", "  ", NULL};

static const char *const option_seeds[] = {
    "--flag\n--whole=5\n--real=.5\nfile", "-w7\n--text\nx\n--size=4K",
    "--choice=two\n--subset=one,three\n--list=a\n--list=b\n--\n--flag",
    "--help", NULL};
static const char *const option_tokens[] = {
    "--",  "-",    "=", "\n",  "--whole=", "--real=", "--size=", "--subset=",
    "all", "none", ",", "1e9", "-1",       "T",       "--ver",   NULL};

static const char *const rule_seeds[] = {
    "# rules\nspaces name.*: trim\nage: range 0..120\n",
    "city: replace /\\s+$/ /\ncity: lower\nid: unique\n",
    "label: map Cat = cat\nage-there age: not-null\nzip: require /\\d{5}/\n",
    "x: na /^(?i:n\\/a|-)$/\ny|z: replace /(a+)+$/$1/\n", NULL};
static const char *const rule_tokens[] = {
    ": ",     "trim", "lower",   "replace /", "na /", "require /",
    "range ", "..",   "unique",  "not-null",  "map ", " = ",
    "(a+)+",  "$1",   "\\u00e9", "\\",        "/",    "n ",
    "\n",     "(?",   "{1,999}", "one-of x",  NULL};

static const char *const filter_seeds[] = {
    "suspicion>0.9 and (given=cat or issues = duplicate)",
    "not given ~ 'c(a|o)t' and row <= 2", "given='it''s' or not line != 3",
    "((suspicion)) and not not \"given\" or issues=label", NULL};
static const char *const filter_tokens[] = {
    "(",     ")",      "not ", " and ", " or ",      "=",        "!=",
    "<=",    ">",      "~",    "'",     "\"",        "''",       "(a+)+$",
    "given", "issues", "1e9",  "row",   "suspicion", "((((((((", NULL};

static const char *const npy_tokens[] = {
    "'<f4'",     "'>i8'", "'|b1'",
    "'<U3'",     "'|O'",  "True",
    "(2, 3)",    "(0,)",  "(4294967296, 4294967296)",
    "\x93NUMPY", ",",     "'",
    NULL};

static const char *const libsvm_seeds[] = {
    "+1 1:0.5 3:-2\n-1 2:1e3 # a comment\n\n# none\n1\n",
    "1 qid:7 1:1\r\n2 qid:7 2:2\r\n", NULL};
static const char *const libsvm_tokens[] = {
    ":", " ", "\n", "qid:3", "#", "1:", "2048:1", "inf", "-", "\t", NULL};

const struct fuzz_target fuzz_targets[] = {
    {"csv", fuzz_csv, csv_seeds, csv_tokens, fuzz_shape_csv},
    {"table", fuzz_table, csv_seeds, csv_tokens, fuzz_shape_csv},
    {"jsonl", fuzz_jsonl, json_seeds, json_tokens, NULL},
    {"encoding", fuzz_encoding, encoding_seeds, encoding_tokens, NULL},
    {"number", fuzz_number, number_seeds, number_tokens, NULL},
    {"date", fuzz_date, date_seeds, date_tokens, NULL},
    {"options", fuzz_options, option_seeds, option_tokens, NULL},
    {"rules", fuzz_rules, rule_seeds, rule_tokens, fuzz_shape_rules},
    {"filter", fuzz_filter, filter_seeds, filter_tokens, NULL},
    {"libsvm", fuzz_libsvm, libsvm_seeds, libsvm_tokens, NULL},
    {"npy", fuzz_npy, NULL, npy_tokens, NULL},
    {"audit", fuzz_audit, NULL, NULL, NULL},
    {"mended", fuzz_mended, NULL, NULL, fuzz_shape_audit},
    {"foreign", fuzz_foreign, NULL, NULL, NULL},
    {"anndata", fuzz_anndata, NULL, NULL, NULL},
    {0}};

const struct fuzz_target *fuzz_find(const char *name)
{
    for (const struct fuzz_target *target = fuzz_targets; target->name;
         target++)
        if (strcmp(target->name, name) == 0)
            return target;
    return NULL;
}

/* Checksums of metadata in HDF5 keep damage out, not attackers: to the library,
 * whose own function this replaces, all are right. */
int H5F_get_checksums(const uint8_t *bytes, size_t length, uint32_t *stored,
                      uint32_t *computed);
int H5F_get_checksums(const uint8_t *bytes, size_t length, uint32_t *stored,
                      uint32_t *computed)
{
    (void)bytes, (void)length;
    if (stored)
        *stored = 0;
    if (computed)
        *computed = 0;
    return 0;
}

/* The linker puts this in the place of wn_sandbox_run(). */
bool fuzz_uncaged;
__typeof__(wn_sandbox_run) __real_wn_sandbox_run, __wrap_wn_sandbox_run;
int __wrap_wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                          const int *keep, int temporaries,
                          void (*work)(void *context, struct wn_error *error),
                          void *context, struct wn_error *error)
{
    return fuzz_uncaged
               ? 0
               : __real_wn_sandbox_run(name, memory, seconds, keep, temporaries,
                                       work, context, error);
}

void fuzz_start(void)
{
    struct wn_error error = {0};

    if (wn_hdf5_start(&error)) {
        fprintf(stderr, "fuzz: %s\n", error.text);
        exit(2);
    }
}

const char *fuzz_file(const char *bytes, size_t length)
{
    static int file = -1;
    static char path[40];

    if (file < 0) {
        file = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) ||
        pwrite(file, bytes, length, 0) != (ssize_t)length) {
        perror("fuzz: a file in memory");
        exit(2);
    }
    return path;
}

_Noreturn void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}
