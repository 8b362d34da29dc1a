/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz [-s SEED] [-t TRIALS] [-m MILLISECONDS] CORPUS TARGET...
 * fuzz -r FILE CORPUS TARGET: one run on the bytes of FILE
 * fuzz -l: the names of the targets
 *
 * Mutates seeds, those of the target's table row and the files in
 * CORPUS/TARGET, until TRIALS or the time is reached. Trial i is the same for
 * the same seeds, whatever came before. Trials run in a child; if it dies, or
 * takes five seconds for one, the bytes are written to fuzz-TARGET-TRIAL, the
 * child is replaced and the exit status is 1. One line a target on standard
 * output. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/random.h"

enum { SEEDS = 512, MOST = FUZZ_MOST, STEPS = 8, HANG = 5, DEATHS = 5 };

static struct fuzz_bytes seed[SEEDS];
static size_t seeds;

/* What the child tells. */
static struct shared {
    uint64_t trial, taken;
} * shared;

static void *need(void *memory)
{
    if (!memory) {
        perror("fuzz");
        exit(2);
    }
    return memory;
}

/* --- seeds -------------------------------------------------------------- */

static void add_seed(const char *bytes, size_t length)
{
    if (seeds == SEEDS || length > MOST / 2)
        return;
    seed[seeds].at = need(malloc(length + 1));
    memcpy(seed[seeds].at, bytes, length);
    seed[seeds++].length = length;
}

static struct fuzz_bytes load(const char *path)
{
    struct fuzz_bytes bytes = {need(malloc(MOST)), 0};
    FILE *file = need(fopen(path, "rb"));

    bytes.length = fread(bytes.at, 1, MOST, file);
    fclose(file);
    return bytes;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void load_seeds(const struct fuzz_target *target, const char *corpus)
{
    struct dirent **list;
    char path[4096];

    while (seeds)
        free(seed[--seeds].at);
    for (size_t i = 0; target->seed && target->seed[i]; i++)
        add_seed(target->seed[i], strlen(target->seed[i]));
    snprintf(path, sizeof path, "%s/%s", corpus, target->name);
    const int count = scandir(path, &list, visible, alphasort);

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", corpus, target->name,
                 list[i]->d_name);
        const struct fuzz_bytes bytes = load(path);

        add_seed(bytes.at, bytes.length);
        free(bytes.at);
        free(list[i]);
    }
    if (count >= 0)
        free(list);
    if (seeds == 0) {
        fprintf(stderr, "fuzz: %s: no seeds\n", target->name);
        exit(2);
    }
}

/* --- mutations ---------------------------------------------------------- */

static size_t below(struct wn_random *random, size_t most)
{
    return most ? (size_t)wn_random_below(random, most) : 0;
}

/* Put `with` in the place of `out` bytes at `at`. */
static void replace(struct fuzz_bytes *bytes, size_t at, size_t out,
                    const char *with, size_t length)
{
    if (bytes->length - out + length > MOST)
        return;
    memmove(bytes->at + at + length, bytes->at + at + out,
            bytes->length - at - out);
    memcpy(bytes->at + at, with, length);
    bytes->length = bytes->length - out + length;
}

/* A whole number of 1, 2, 4 or 8 bytes becomes one at some border. */
static void change_number(struct fuzz_bytes *bytes, struct wn_random *random)
{
    static const uint64_t border[] = {
        0,      1,      0x7f,       0x80,       0xff,           0x7fff,
        0x8000, 0xffff, 0x7fffffff, 0x80000000, UINT64_MAX / 2, UINT64_MAX};
    const size_t width = (size_t)1 << below(random, 4);
    uint64_t value;

    if (bytes->length < width)
        return;
    char *at = bytes->at + below(random, bytes->length - width + 1);
    memcpy(&value, at, width);
    switch (below(random, 4)) {
    case 0:
        value++;
        break;
    case 1:
        value--;
        break;
    default:
        value = border[below(random, sizeof border / sizeof *border)];
    }
    memcpy(at, &value, width);
}

static void mutate(struct fuzz_bytes *bytes, const struct fuzz_target *target,
                   struct wn_random *random)
{
    char piece[256];
    const size_t at = below(random, bytes->length + 1);
    const size_t left = bytes->length - at;
    size_t length =
        below(random, 1 + (left < sizeof piece ? left : sizeof piece));
    size_t tokens = 0;

    while (target->token && target->token[tokens])
        tokens++;
    switch (below(random, 8)) {
    case 0: /* a bit */
        if (left)
            bytes->at[at] ^= (char)(1 << below(random, 8));
        break;
    case 1: /* a byte */
        if (left)
            bytes->at[at] = (char)below(random, 256);
        break;
    case 2:
        change_number(bytes, random);
        break;
    case 3: /* less */
        replace(bytes, at, length, "", 0);
        break;
    case 4: /* the end cut off */
        if (below(random, 4) == 0)
            bytes->length = at;
        break;
    case 5: /* some of it elsewhere once more */
        memcpy(piece, bytes->at + at, length);
        replace(bytes, below(random, bytes->length + 1), 0, piece, length);
        break;
    case 6: { /* a piece of another seed */
        const struct fuzz_bytes *other = &seed[below(random, seeds)];
        const size_t from = below(random, other->length + 1);

        length = below(random, 1 + other->length - from);
        replace(bytes, at, below(random, 2) ? 0 : left, other->at + from,
                length);
        break;
    }
    default: /* a token, over what is there or between */
        if (tokens) {
            const char *token = target->token[below(random, tokens)];

            length = strlen(token);
            replace(bytes, at, length <= left && below(random, 2) ? length : 0,
                    token, length);
        }
    }
}

/* The bytes of a trial; seeds themselves come first. */
static void make_trial(const struct fuzz_target *target, uint64_t number,
                       uint64_t trial, struct fuzz_bytes *bytes)
{
    struct wn_random random;

    wn_random_start(&random, number, WN_RANDOM_SAMPLE, 0, trial);
    const struct fuzz_bytes *from =
        &seed[trial < seeds ? trial : below(&random, seeds)];
    memcpy(bytes->at, from->at, from->length);
    bytes->length = from->length;
    if (trial < seeds)
        return;
    /* One trial in eight is of plain bytes, if there are tokens for it: where a
     * shape comes alone only whole files lead anywhere. */
    const bool shaped = target->shape && (!target->token || below(&random, 8));
    for (size_t step = 1 + below(&random, STEPS); step > 0; step--)
        if (shaped)
            target->shape(bytes, &random);
        else
            mutate(bytes, target, &random);
}

/* --- trials ------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void set_alarm(int seconds)
{
    const struct itimerval timer = {.it_value.tv_sec = seconds};

    setitimer(ITIMER_REAL, &timer, NULL);
}

/* A copy of just the size and a NUL, so that reading past its end is seen. */
static int run_once(const struct fuzz_target *target, struct fuzz_bytes bytes)
{
    char *exact = need(malloc(bytes.length + 1));

    memcpy(exact, bytes.at, bytes.length);
    exact[bytes.length] = '\0';
    set_alarm(HANG);
    const int taken = target->run(exact, bytes.length);
    set_alarm(0);
    free(exact);
    return taken;
}

static void run_trials(const struct fuzz_target *target, uint64_t number,
                       uint64_t trials, double until)
{
    struct fuzz_bytes bytes = {need(malloc(MOST)), 0};

    for (; shared->trial < trials && now() < until; shared->trial++) {
        make_trial(target, number, shared->trial, &bytes);
        shared->taken += (uint64_t)run_once(target, bytes);
    }
    free(bytes.at);
}

/* Keep the bytes of the trial in which a child died. */
static void keep_trial(const struct fuzz_target *target, uint64_t number,
                       int status)
{
    struct fuzz_bytes bytes = {need(malloc(MOST)), 0};
    char path[64];

    make_trial(target, number, shared->trial, &bytes);
    snprintf(path, sizeof path, "fuzz-%s-%llu", target->name,
             (unsigned long long)shared->trial);
    FILE *file = need(fopen(path, "wb"));
    if (fwrite(bytes.at, 1, bytes.length, file) != bytes.length || fclose(file))
        perror(path);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        fprintf(stderr, "fuzz: %s took more than %d s\n", path, HANG);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "fuzz: %s: %s\n", path, strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "fuzz: %s: exit %d\n", path, WEXITSTATUS(status));
    free(bytes.at);
}

/* Deaths. */
static int fuzz(const struct fuzz_target *target, const char *corpus,
                uint64_t number, uint64_t trials, double seconds)
{
    const double until = now() + seconds;
    int deaths = 0;

    load_seeds(target, corpus);
    shared->trial = shared->taken = 0;
    while (shared->trial < trials && now() < until && deaths < DEATHS) {
        int status;
        const pid_t child = fork();

        if (child == 0) {
            run_trials(target, number, trials, until);
            exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0) {
            perror("fuzz");
            exit(2);
        }
        if (status == 0)
            break;
        keep_trial(target, number, status);
        deaths++;
        shared->trial++;
    }
    printf("%s: %llu trials, %llu taken, %d failed\n", target->name,
           (unsigned long long)shared->trial, (unsigned long long)shared->taken,
           deaths);
    fflush(stdout);
    return deaths;
}

int main(int argc, char **argv)
{
    uint64_t number = 1, trials = UINT64_MAX;
    double seconds = 1e9;
    const char *again = NULL;
    int letter, deaths = 0;

    while ((letter = getopt(argc, argv, "s:t:m:r:l")) != -1) {
        switch (letter) {
        case 's':
            number = strtoull(optarg, NULL, 10);
            break;
        case 't':
            trials = strtoull(optarg, NULL, 10);
            break;
        case 'm':
            seconds = strtod(optarg, NULL) / 1000;
            break;
        case 'r':
            again = optarg;
            break;
        case 'l':
            for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
                puts(t->name);
            return 0;
        default:
            return 2;
        }
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (argc - optind < 2 || shared == MAP_FAILED) {
        fputs("usage: fuzz [-s SEED] [-t TRIALS] [-m MILLISECONDS] [-r FILE] "
              "CORPUS TARGET...\n",
              stderr);
        return 2;
    }
    /* As wn_program_reexec(): OpenMP reads it when it is loaded. */
    if (!getenv("GOMP_SPINCOUNT") && setenv("GOMP_SPINCOUNT", "100", 0) == 0)
        execv("/proc/self/exe", argv);
    fuzz_start();
    for (int i = optind + 1; i < argc; i++) {
        const struct fuzz_target *target = fuzz_find(argv[i]);

        if (!target) {
            fprintf(stderr, "fuzz: no target '%s'\n", argv[i]);
            return 2;
        }
        if (again) {
            struct fuzz_bytes bytes = load(again);

            printf("%d\n", run_once(target, bytes));
            free(bytes.at);
            continue;
        }
        deaths += fuzz(target, argv[optind], number, trials, seconds);
    }
    return deaths != 0;
}
