/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child under limits; see sandbox.h. */
#include "array/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/memory.h"

void *wn_sandbox_share(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED)
        wn_die("no memory to share with a child process");
    return block;
}

int wn_sandbox_seconds(uint64_t seconds)
{
    struct rusage used;
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};

    if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
        return -1;
    limit.rlim_cur =
        (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds + 1;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_CPU, &limit);
}

/* A sanitizer would not bear a limit on its addresses. */
static void limit_memory(uint64_t memory)
{
#if defined WN_SANITIZERS
    (void)memory;
#else
    unsigned long long pages = 0;
    struct rlimit limit;
    FILE *self = fopen("/proc/self/statm", "r");

    if (self && fscanf(self, "%llu", &pages) == 1 &&
        getrlimit(RLIMIT_AS, &limit) == 0) {
        const rlim_t most =
            (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + memory;

        if (most < limit.rlim_cur) {
            limit.rlim_cur = most;
            setrlimit(RLIMIT_AS, &limit);
        }
    }
    if (self)
        fclose(self);
#endif
}

/* No core file of a child that was to be let die. */
static void quieten(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    signal(SIGXCPU, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
}

/* What a child exits with when it runs out of memory. */
enum { NO_MEMORY = 3 };

static void exit_without_memory(const char *message)
{
    (void)message;
    _exit(NO_MEMORY);
}

int wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                   void (*work)(void *context), void *context,
                   struct wn_error *error)
{
    int status = 0;
    const pid_t child = fork();

    if (child < 0)
        return wn_fail_errno(error, "%s: cannot start a process", name);
    if (child == 0) {
        wn_die_handler(exit_without_memory);
        quieten();
        limit_memory(memory);
        if (wn_sandbox_seconds(seconds))
            _exit(1);
        work(context);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return wn_fail_errno(error, "%s: cannot wait for a process", name);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return wn_fail(error, WN_EDATA,
                       "%s: the HDF5 library does not come "
                       "to an end with it: damaged or crafted",
                       name);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY)
        return wn_fail(error, WN_EDATA,
                       "%s: found data that need more than %.0f MiB to read",
                       name, (double)memory / 0x1p20);
    if (status)
        return wn_fail(error, WN_EDATA,
                       "%s: the HDF5 library fails on it "
                       "(%s): damaged or crafted",
                       name,
                       WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                           : "it stopped");
    return 0;
}
