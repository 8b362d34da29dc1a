/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process under limits; see sandbox.h. */
#include "array/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/memory.h"

/* Exit statuses of a child that did not finish. */
enum { NO_LIMIT = 1, NO_MEMORY = 3 };

void *wn_sandbox_share(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED)
        wn_die("no memory to share with a child process");
    return block;
}

void wn_sandbox_seconds(uint64_t seconds)
{
    struct rusage used;
    struct rlimit limit;

    if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
        _exit(NO_LIMIT);
    limit.rlim_cur =
        (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds + 1;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CPU, &limit))
        _exit(NO_LIMIT);
}

static void exit_without_memory(const char *message)
{
    (void)message;
    _exit(NO_MEMORY);
}

/* In the child: close all descriptors above 2 but those in `keep`, a list that
 * ends with -1. */
static void close_others(const int *keep)
{
    unsigned from = 3;

    for (;;) {
        unsigned next = ~0u; /* the lowest to keep from `from` on */

        for (const int *k = keep; *k >= 0; k++)
            if ((unsigned)*k >= from && (unsigned)*k < next)
                next = (unsigned)*k;
        /* An old kernel without this call leaves them open. */
        if (next > from)
            close_range(from, next - 1, 0);
        if (next == ~0u)
            return;
        from = next + 1;
    }
}

/* In the child: die with the parent, gain no privileges, and go without the
 * descriptors of other work. */
static void cage(pid_t parent, const int *keep)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _exit(NO_LIMIT);
    close_others(keep);
}

int wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                   const int *keep,
                   void (*work)(void *context, struct wn_error *error),
                   void *context, struct wn_error *error)
{
    struct wn_error *reported = wn_sandbox_share(sizeof *reported);
    const pid_t parent = getpid(), child = fork();
    int status = 0;

    if (child == 0) {
        /* The child is expected to die: it leaves no core file. */
        const struct rlimit none = {0, 0};
        struct rlimit limit;
        char pages[64]; /* in memory, and more numbers */
        FILE *self = fopen("/proc/self/statm", "r");

        wn_die_handler(exit_without_memory);
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGXCPU, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        if (self && fgets(pages, sizeof pages, self) &&
            getrlimit(RLIMIT_AS, &limit) == 0) {
            const rlim_t max = (rlim_t)strtoull(pages, NULL, 10) *
                                   (rlim_t)sysconf(_SC_PAGESIZE) +
                               memory;

#if !defined WN_SANITIZERS /* these reserve far more addresses */
            if (max < limit.rlim_cur) {
                limit.rlim_cur = max;
                setrlimit(RLIMIT_AS, &limit);
            }
#endif
            (void)max;
        }
        if (self)
            fclose(self);
        cage(parent, keep);
        wn_sandbox_seconds(seconds);
        work(context, reported);
        _exit(0);
    }
    if (child < 0)
        wn_fail_errno(error, "%s: cannot start a process", name);
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            wn_fail_errno(error, "%s: cannot wait for a process", name);
            break;
        }
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        wn_fail(error, WN_EDATA,
                "%s: the HDF5 library timed out reading it: the file is "
                "damaged or malicious",
                name);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY)
        wn_fail(error, WN_EDATA,
                "%s: found data that need more than %.0f MiB to read", name,
                (double)memory / 0x1p20);
    else if (status)
        wn_fail(error, WN_EDATA,
                "%s: the HDF5 library crashed on it (%s): the file is damaged "
                "or malicious",
                name,
                WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                    : "it stopped");
    else if (reported->code)
        *error = *reported;
    munmap(reported, sizeof *reported);
    return error->code ? -1 : 0;
}
