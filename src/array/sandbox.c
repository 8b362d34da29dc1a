/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process under limits; see sandbox.h. */
#include "array/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/file.h"
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

/* In the child: close all descriptors but those in `keep`, a list that ends
 * with -1, and the temporary files. */
static void close_others(const int *keep, const int *temporary)
{
    unsigned from = 0;

    for (;;) {
        unsigned next = ~0u; /* the lowest to keep from `from` on */

        for (const int *k = keep; *k >= 0; k++)
            if ((unsigned)*k >= from && (unsigned)*k < next)
                next = (unsigned)*k;
        for (int t = 0; t < WN_RESERVE; t++)
            if (temporary[t] >= 0 && (unsigned)temporary[t] >= from &&
                (unsigned)temporary[t] < next)
                next = (unsigned)temporary[t];
        /* An old kernel without this call leaves them open. */
        if (next > from)
            close_range(from, next - 1, 0);
        if (next == ~0u)
            return;
        from = next + 1;
    }
}

#if defined WN_COVERAGE
void __gcov_dump(void);
#endif

#if !defined WN_SANITIZERS /* their reports need more of the system */
/* What the child still asks of the system: the descriptors that it has, memory
 * (qsort() asks how much the machine has), and its end. */
static const int in_child[] = {
    SCMP_SYS(read),         SCMP_SYS(pread64),       SCMP_SYS(write),
    SCMP_SYS(pwrite64),     SCMP_SYS(lseek),         SCMP_SYS(_llseek),
    SCMP_SYS(fstat),        SCMP_SYS(fstat64),       SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),    SCMP_SYS(statx),         SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),  SCMP_SYS(close),         SCMP_SYS(mmap),
    SCMP_SYS(mmap2),        SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(mprotect),     SCMP_SYS(madvise),       SCMP_SYS(brk),
    SCMP_SYS(futex),        SCMP_SYS(clock_gettime), SCMP_SYS(getrusage),
    SCMP_SYS(prlimit64),    SCMP_SYS(getrlimit),     SCMP_SYS(setrlimit),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),     SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),       SCMP_SYS(getcwd),        SCMP_SYS(gettid),
    SCMP_SYS(sysinfo),      SCMP_SYS(exit),          SCMP_SYS(exit_group)};

/* All that Landlock of any version can forbid. */
static const uint64_t file_access =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;

/* In the child: no file beyond the open descriptors, by Landlock where the
 * kernel has it, and no other system call than those above. A kernel without
 * filters goes without: the limits hold there, too. */
static void confine(void)
{
    struct landlock_ruleset_attr nothing = {.handled_access_fs = file_access};
    const int rules =
        (int)syscall(SYS_landlock_create_ruleset, &nothing, sizeof nothing, 0);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

    if (rules >= 0) {
        syscall(SYS_landlock_restrict_self, rules, 0);
        close(rules);
    }
    for (size_t i = 0; i < sizeof in_child / sizeof *in_child; i++)
        if (!filter || seccomp_rule_add(filter, SCMP_ACT_ALLOW, in_child[i], 0))
            _exit(NO_LIMIT);
    /* abort() and raise(): signals to itself. */
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                         SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)))
        _exit(NO_LIMIT);
    seccomp_load(filter);
    seccomp_release(filter);
}
#endif

/* In the child: die with the parent, gain no privileges, and go without the
 * descriptors of other work, files and most of the system. */
static void cage(pid_t parent, const int *keep, const int *temporary)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _exit(NO_LIMIT);
    close_others(keep, temporary);
    wn_temporary_only(temporary);
#if !defined WN_SANITIZERS
    confine();
#endif
}

static int fail_memory(const char *name, uint64_t memory,
                       struct wn_error *error)
{
    return wn_fail(error, WN_EDATA,
                   "%s: found data that need more than %.0f MiB to read, "
                   "wanted a larger --memory",
                   name, (double)memory / 0x1p20);
}

static int run_once(const char *name, uint64_t memory, uint64_t seconds,
                    const int *keep, int temporaries,
                    void (*work)(void *context, struct wn_error *error),
                    void *context, struct wn_error *error)
{
    struct wn_error *reported;
    const pid_t parent = getpid();
    int status = 0, temporary[WN_RESERVE];

    wn_temporary_reserve(temporary, temporaries);
    reported = wn_sandbox_share(sizeof *reported);
    const pid_t child = fork();
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
        cage(parent, keep, temporary);
        wn_sandbox_seconds(seconds);
        work(context, reported);
#if defined WN_COVERAGE
        __gcov_dump(); /* _exit() would lose what was counted */
#endif
        _exit(0);
    }
    if (child < 0)
        wn_fail_errno(error, "%s: cannot start a process", name);
    for (int t = 0; t < WN_RESERVE; t++)
        if (temporary[t] >= 0)
            close(temporary[t]);
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
        fail_memory(name, memory, error);
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

/* A library that gets no memory says that the file is damaged. So where work
 * fails under a small limit it is tried with more: if it succeeds then, memory
 * was what it lacked. Its results are of no use in any case. */
int wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                   const int *keep, int temporaries,
                   void (*work)(void *context, struct wn_error *error),
                   void *context, struct wn_error *error)
{
    const uint64_t enough = (uint64_t)1 << 30;
    struct wn_error second = {0};

    if (run_once(name, memory, seconds, keep, temporaries, work, context,
                 error) == 0)
        return 0;
    if (memory >= enough || error->code != WN_EDATA ||
        run_once(name, enough, seconds, keep, temporaries, work, context,
                 &second))
        return -1;
    error->code = WN_OK;
    return fail_memory(name, memory, error);
}
