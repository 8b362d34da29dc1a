/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all programs share; see program.h. */
#include "prog/program.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "array/hdf5.h"
#include "util/file.h"
#include "util/spill.h"
#include "util/free_memory.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/parallel.h"

#define SMALL 128e6 /* bytes; a smaller need is not checked */

void wn_program_reexec(char **argv, bool changed)
{
    if (!getenv("OMP_WAIT_POLICY") && !getenv("GOMP_SPINCOUNT") &&
        setenv("GOMP_SPINCOUNT", "1000", 0) == 0)
        changed = true;
    if (!getenv("OPENBLAS_NUM_THREADS") &&
        setenv("OPENBLAS_NUM_THREADS", "1", 0) == 0)
        changed = true;
    if (changed)
        execv("/proc/self/exe", argv);
}

static bool has_row(const struct wn_program *program, const char *name)
{
    for (const struct wn_option *row = program->rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

static const char *running; /* the program's name, for end_at_once() */

/* The handler of wn_die(). */
static void end_at_once(const char *message)
{
    struct wn_error error = {.code = WN_EIO};
    struct wn_log log;

    wn_output_remove_parts();
    wn_log_open(&log, running);
    snprintf(error.text, sizeof error.text, "%s", message);
    wn_log_error(&log, &error);
    _exit(2);
}

/* What holds for the whole process of the program `name`. */
static void start_process(const char *name)
{
    prctl(PR_SET_NAME, name); /* else ps(1) shows "exe" */
#ifdef __GLIBC__
    /* Else glibc keeps freed arrays of up to 32 MiB in its heap, and which of
     * the next ones fit into the holes depends on the order in which threads
     * freed them: score has its peak 6 % higher, and another one each time.
     * With that bound alone glibc would return each free MiB at once, and
     * products of matrices would ask for theirs again every time. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
    /* Writing beyond a limit on file sizes is an error like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    wn_file_standard();
    running = name;
    wn_die_handler(end_at_once);
}

int wn_program_main(const struct wn_program *program, int argc, char **argv,
                    wn_work *work)
{
    const char *path = argc > 0 && argv[0] ? argv[0] : "winnow";
    const char *slash = strrchr(path, '/');
    struct wn_error error = {0};
    struct wn_text text = {0}; /* that --help and the like ask for */
    struct wn_log log;
    struct wn_run run = {
        .name = slash ? slash + 1 : path, .log = &log, .threads = 1};
    struct rusage use;
    int status = -1;

    wn_program_reexec(argv, false);
    start_process(run.name);
    run.continues = has_row(program, "in-place");
    run.renames = has_row(program, "as");
    wn_log_open(&log, run.name);
    /* The hidden words for the driver: --options; --visible TEXT, which is TEXT
     * as messages show it; --recorded, what is recorded without options; and,
     * as the last, --check-options, which says whether the options before it
     * are right. */
    const bool check =
        argc > 2 && strcmp(argv[argc - 1], "--check-options") == 0;
    if (argc == 2 && strcmp(argv[1], "--options") == 0) {
        wn_options_list(program, &text);
    } else if (argc == 3 && strcmp(argv[1], "--visible") == 0) {
        wn_text_add_visible(&text, argv[2], strlen(argv[2]));
    } else if (argc == 2 && strcmp(argv[1], "--recorded") == 0) {
        argv[1] = argv[0]; /* an operand, where one is wanted */
        run.options = wn_options_parse(program, argc, argv, &error);
        if (!run.options)
            goto done;
        wn_options_describe(run.options, &text);
        wn_text_add(&text, "\n", 1);
    } else {
        if (check)
            argv[argc - 1] = argv[0]; /* an operand, where one is wanted */
        run.options = wn_options_parse(program, argc, argv, &error);
        if (!run.options || check) {
            status = run.options ? 0 : -1;
            goto done;
        }
        if (wn_option_on(run.options, "help"))
            wn_options_help(program, run.name, &text);
        else if (wn_option_on(run.options, "version"))
            wn_text_format(&text, "%s (winnow) %s\n", run.name,
                           PACKAGE_VERSION);
    }
    if (text.length || !run.options) {
        status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                              "standard output", &error);
        goto done;
    }
    if (has_row(program, "quiet") && wn_option_on(run.options, "quiet"))
        log.level = WN_QUIET;
    else if (wn_option_on(run.options, "verbose"))
        log.level = WN_VERBOSE;
    if (has_row(program, "threads"))
        run.threads = wn_threads((int)wn_option_number(run.options, "threads"));
    if (wn_hdf5_start(&error) == 0)
        status = work(&run, &error);
done:
    if (status < 0) {
        wn_log_error(&log, &error);
        status = wn_code_status(error.code);
    } else if (getrusage(RUSAGE_SELF, &use) == 0) {
        wn_log_verbose(&log, "used %.0f MiB at most",
                       ceil((double)use.ru_maxrss / 1024));
    }
    wn_text_free(&text);
    wn_options_free(run.options);
    return status;
}

const char *wn_run_input(const struct wn_run *run)
{
    const char *path = wn_option_operands(run->options)
                           ? wn_option_operand(run->options, 0)
                           : NULL;

    return path && strcmp(path, "-") ? path : NULL;
}

const char *wn_run_output(const struct wn_run *run)
{
    const char *path = wn_option_text(run->options, "output");

    return path && strcmp(path, "-") ? path : NULL;
}

bool wn_run_is_terminal(const struct wn_run *run)
{
    return !wn_run_output(run) && isatty(STDOUT_FILENO);
}

struct wn_source_where wn_run_source(const struct wn_run *run)
{
    struct wn_source_where where = {.audit_path = wn_run_input(run)};

    where.given = wn_option_list(run->options, "source", &where.givens);
    return where;
}

struct wn_audit *wn_run_open(const struct wn_run *run, enum wn_stage need,
                             struct wn_error *error)
{
    const char *path = wn_run_input(run);

    if (!path && isatty(STDIN_FILENO)) {
        wn_fail(error, WN_EUSAGE,
                "no FILE, and standard input is a terminal; see --help");
        return NULL;
    }
    struct wn_audit *audit = wn_audit_open(path, need, error);
    if (audit && run->renames && wn_option_given(run->options, "as"))
        wn_audit_rename(audit, wn_option_text(run->options, "as"));
    if (audit && run->continues)
        wn_audit_release(audit);
    return audit;
}

int wn_run_limit_memory(const struct wn_run *run, double need, double anonymous,
                        const char *what, struct wn_error *error)
{
    const double limit = wn_option_number(run->options, "memory");

    if (wn_option_given(run->options, "memory")) {
        if (need <= limit)
            return 0;
        if (anonymous > limit)
            return wn_fail(error, WN_EUSAGE,
                           "--memory: %s need %.0f MiB, wanted at most %.0f "
                           "MiB",
                           what, ceil(anonymous / 0x1p20),
                           floor(limit / 0x1p20));
        wn_log_verbose(run->log,
                       "--memory: %s need %.0f MiB; large arrays go into files",
                       what, ceil(need / 0x1p20));
        wn_spill_start(limit);
        return 0;
    }
    /* Refuse work that needs more memory than is free, and name the --memory
     * that would make it fit if `anonymous` allows one. */
    if (need < SMALL)
        return 0;
    const struct wn_free_memory memory = wn_free_memory_find("");
    const double free = floor(memory.bytes / 0x1p20);
    const double share = floor(0.8 * free); /* others need some, too */

    if (need > memory.bytes && !memory.addresses && anonymous <= share * 0x1p20)
        return wn_fail(error, WN_EUSAGE,
                       "%s need %.0f MiB, %s %.0f free: --memory=%.0fM puts "
                       "large arrays into files",
                       what, ceil(need / 0x1p20), memory.what, free, share);
    if (need > memory.bytes)
        return wn_fail(error, WN_EUSAGE, "%s need %.0f MiB, %s %.0f free", what,
                       ceil(need / 0x1p20), memory.what, free);
    if (need > 0.9 * memory.bytes)
        wn_log_note(run->log, "%s need up to %.0f MiB, %s %.0f free", what,
                    ceil(need / 0x1p20), memory.what, free);
    return 0;
}

int wn_run_check_memory(const struct wn_run *run, double need, const char *what,
                        struct wn_error *error)
{
    return wn_run_limit_memory(run, need, need, what, error);
}

/* Where the output goes: NULL for standard output. */
static int find_target(const struct wn_run *run, bool has_in_place,
                       const char **path, bool *force, struct wn_error *error)
{
    *path = wn_option_text(run->options, "output");
    *force = wn_option_on(run->options, "force");
    if (!has_in_place || !wn_option_on(run->options, "in-place"))
        return 0;
    if (*path)
        return wn_fail(error, WN_EUSAGE,
                       "--in-place and --output exclude each other");
    *path = wn_run_input(run);
    *force = true;
    if (!*path)
        return wn_fail(error, WN_EUSAGE,
                       "--in-place wants a FILE, not standard input");
    return 0;
}

int wn_run_check_output(const struct wn_run *run, struct wn_error *error)
{
    const char *path;
    bool force;

    return find_target(run, true, &path, &force, error)
               ? -1
               : wn_audit_try(path, force, error);
}

struct wn_audit_writer *wn_run_create(const struct wn_run *run,
                                      const struct wn_audit *from,
                                      enum wn_stage stage,
                                      struct wn_error *error)
{
    struct wn_audit_writer *writer = NULL;
    struct wn_text options = {0};
    const char *path;
    bool force;

    if (find_target(run, from != NULL, &path, &force, error))
        return NULL;
    wn_options_describe(run->options, &options);
    writer = wn_audit_create(path, force, from, stage, error);
    if (writer && from &&
        wn_audit_provenance(writer, run->name, wn_text_of(&options),
                            wn_audit_digest(from, stage - 1), error)) {
        wn_audit_abandon(writer);
        writer = NULL;
    }
    wn_text_free(&options);
    return writer;
}

double wn_run_clock(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    double now;

    return epoch && wn_number_parse(epoch, strlen(epoch), &now)
               ? now
               : (double)time(NULL);
}

size_t wn_run_width(const struct wn_run *run)
{
    enum { USUAL = 80, MOST = 10000 };
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    double value;

    if (wn_run_is_terminal(run) &&
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return columns && wn_number_parse(columns, strlen(columns), &value) &&
                   value >= 1 && value <= MOST
               ? (size_t)value
               : USUAL;
}

bool wn_run_color(const struct wn_run *run)
{
    const char *when = wn_option_text(run->options, "color");
    const char *none = getenv("NO_COLOR"), *kind = getenv("TERM");

    if (strcmp(when, "auto"))
        return strcmp(when, "always") == 0;
    return wn_run_is_terminal(run) && !(none && *none) && kind &&
           strcmp(kind, "dumb");
}

int wn_run_print(const struct wn_run *run, const struct wn_text *text,
                 struct wn_error *error)
{
    struct wn_output *output;
    const char *path;
    bool force;

    if (find_target(run, false, &path, &force, error))
        return -1;
    if (!path || strcmp(path, "-") == 0)
        return wn_write_all(STDOUT_FILENO, text->bytes, text->length,
                            "standard output", error);
    output = wn_output_open(path, force, error);
    if (!output)
        return -1;
    if (wn_write_all(wn_output_descriptor(output), text->bytes, text->length,
                     wn_output_name(output), error)) {
        wn_output_abandon(output);
        return -1;
    }
    return wn_output_commit(output, error);
}
