/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fuzzing: one target for each parser of what comes from outside.
 *
 * A target takes any bytes, which a NUL follows. It must come back, without a
 * crash, within five seconds; what it takes for granted of the parser it
 * asserts by fuzz_need().
 * fuzz.c feeds targets from seeds by a mutator of its own, libfuzzer.c by
 * clang's libFuzzer. */
#ifndef WN_TESTS_FUZZ_H
#define WN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wn_random;

enum { FUZZ_MOST = 1 << 20 }; /* bytes of one input */
struct fuzz_bytes {
    char *at; /* with room for FUZZ_MOST */
    size_t length;
};

struct fuzz_target {
    const char *name;
    /* 1 if the parser took the bytes, 0 if it refused them. */
    int (*run)(const char *bytes, size_t length);
    const char *const *seed;  /* texts, NULL at the end; beside the files in
                                 CORPUS/NAME */
    const char *const *token; /* what mutations put in, NULL at the end */
    /* A mutation that knows the format, for most trials; NULL: none. */
    void (*shape)(struct fuzz_bytes *bytes, struct wn_random *random);
};

/* Ends with {0}. */
extern const struct fuzz_target fuzz_targets[];
const struct fuzz_target *fuzz_find(const char *name);

/* Once, before the first run. */
void fuzz_start(void);

void fuzz_shape_csv(struct fuzz_bytes *bytes, struct wn_random *random);
void fuzz_shape_rules(struct fuzz_bytes *bytes, struct wn_random *random);
void fuzz_shape_audit(struct fuzz_bytes *bytes, struct wn_random *random);

int fuzz_csv(const char *bytes, size_t length);
int fuzz_jsonl(const char *bytes, size_t length);
int fuzz_encoding(const char *bytes, size_t length);
int fuzz_number(const char *bytes, size_t length);
int fuzz_date(const char *bytes, size_t length);
int fuzz_options(const char *bytes, size_t length);
int fuzz_rules(const char *bytes, size_t length);
int fuzz_filter(const char *bytes, size_t length);
int fuzz_libsvm(const char *bytes, size_t length);
int fuzz_npy(const char *bytes, size_t length);
int fuzz_audit(const char *bytes, size_t length);
int fuzz_mended(const char *bytes, size_t length);
int fuzz_foreign(const char *bytes, size_t length);
int fuzz_anndata(const char *bytes, size_t length);
int fuzz_table(const char *bytes, size_t length);

/* While it is set, no child looks at a file first: what it would have done is
 * left out. */
extern bool fuzz_uncaged;

/* A path under which the bytes can be read, until the next call. */
const char *fuzz_file(const char *bytes, size_t length);

/* Stop with a message, as a crash, unless it holds. */
#define fuzz_need(holds)                                                       \
    ((holds) ? (void)0 : fuzz_fail(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *what, const char *file, int line);

#endif
