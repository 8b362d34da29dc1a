/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strike KIND AT COMMAND...: run a command and let one system call go wrong.
 *
 * The calls of the command and its children are counted from the moment a
 * program names itself (prctl), which all do before they read their options;
 * what the dynamic linker did before is its own. At call AT, from 1, of those
 * that KIND can strike:
 *
 *   fail   the call is not made and fails, as by a full disk, a broken one, or
 *          for want of memory, descriptors or processes
 *   short  a read or write takes half of its bytes
 *   break  a signal interrupts a read or write before its first byte
 *   kill   the process dies before the call (SIGKILL)
 *   power  the machine stops before the call: all processes die, each file in
 *          the working directory has what it had at its last fsync(), whatever
 *          its name is now, and what was renamed since the last fsync() of its
 *          directory has its old name
 *   cut    the same, but only calls that sync, rename, make or remove a file
 *          count; a number beyond the last stops the machine after the end
 *   count  nothing happens; for each KIND, the number of calls goes to
 *          standard output
 *
 * The exit status is that of the command, 128 and the signal if one ended it.
 * What was struck goes to the file strike.seen: the number of the call and the
 * system call. ptrace(2) on x86-64 only; exit 99 elsewhere. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __x86_64__ && defined PTRACE_GET_SYSCALL_INFO

enum kind { FAIL, SHORT, BREAK, KILL, POWER, CUT, COUNT };
static const char *const kinds[] = {"fail",  "short", "break", "kill",
                                    "power", "cut",   "count"};
static enum kind kind;
static long at, counted[COUNT];
static pid_t command;

/* Calls that can fail in an honest world, and how. */
static const struct {
    long number;
    int failure;
} failing[] = {{SYS_read, EIO},
               {SYS_pread64, EIO},
               {SYS_write, ENOSPC},
               {SYS_pwrite64, ENOSPC},
               {SYS_openat, EMFILE},
               {SYS_open, EMFILE},
               {SYS_lseek, EIO},
               {SYS_fstat, EIO},
               {SYS_stat, EIO},
               {SYS_newfstatat, EIO},
               {SYS_statx, EIO},
               {SYS_statfs, EIO},
               {SYS_ftruncate, EIO},
               {SYS_fallocate, ENOSPC},
               {SYS_fsync, EIO},
               {SYS_fdatasync, EIO},
               {SYS_rename, EIO},
               {SYS_renameat, EIO},
               {SYS_mmap, ENOMEM},
               {SYS_mremap, ENOMEM},
               {SYS_brk, 0},
               {SYS_clone, EAGAIN},
               {SYS_clone3, EAGAIN},
               {SYS_fork, EAGAIN},
               {SYS_vfork, EAGAIN},
               {SYS_flock, ENOLCK},
               {SYS_fchmod, EPERM},
               {SYS_fcntl, EMFILE},
               {SYS_dup, EMFILE},
               {SYS_pipe2, EMFILE},
               {SYS_getdents64, EIO},
               {SYS_readlink, EIO},
               {SYS_mkdir, ENOSPC},
               {SYS_madvise, ENOMEM},
               {SYS_memfd_create, EMFILE},
               {SYS_sysinfo, EPERM},
               {SYS_getcwd, ENOENT},
               {SYS_sched_getaffinity, EPERM}};

/* --- processes ------------------------------------------------------------ */

enum { PROCESSES = 4096 };
static struct process {
    pid_t id;
    bool armed;
    long struck; /* the result to give at the end of the call, or 0 */
    bool strikes;
    char from[PATH_MAX], to[PATH_MAX]; /* of a rename that has begun */
} process[PROCESSES];
static bool armed; /* any process is, or was */

static struct process *find(pid_t id)
{
    struct process *free_one = NULL;

    for (int p = 0; p < PROCESSES; p++) {
        if (process[p].id == id)
            return &process[p];
        if (!process[p].id && !free_one)
            free_one = &process[p];
    }
    if (!free_one)
        exit(98);
    *free_one = (struct process){.id = id};
    return free_one;
}

static void kill_all(void)
{
    for (int p = 0; p < PROCESSES; p++)
        if (process[p].id)
            kill(process[p].id, SIGKILL);
}

/* --- files as they were at their last sync ---------------------------------
 */

enum { FILES = 256 };
static struct file {
    dev_t device;
    ino_t number;
    char *bytes;
    size_t size;
} unsynced[FILES];

/* The open file `fd` of a process; -1 if it is not a regular one. */
static int open_of(pid_t id, int fd, struct stat *about)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", id, fd);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && (fstat(file, about) || !S_ISREG(about->st_mode))) {
        close(file);
        return -1;
    }
    return file;
}

static struct file *file_of(const struct stat *about)
{
    for (int f = 0; f < FILES; f++)
        if (unsynced[f].bytes && unsynced[f].device == about->st_dev &&
            unsynced[f].number == about->st_ino)
            return &unsynced[f];
    return NULL;
}

/* The file is about to be written: keep what it has. */
static void keep(pid_t id, int fd)
{
    struct stat about;
    const int file = open_of(id, fd, &about);

    for (int f = 0; file >= 0 && !file_of(&about) && f < FILES; f++)
        if (!unsynced[f].bytes) {
            unsynced[f] = (struct file){about.st_dev, about.st_ino,
                                        malloc((size_t)about.st_size + 1),
                                        (size_t)about.st_size};
            if (!unsynced[f].bytes ||
                pread(file, unsynced[f].bytes, unsynced[f].size, 0) < 0)
                exit(98);
        }
    if (file >= 0)
        close(file);
}

/* --- names as they were at the last sync of their directory ----------------
 */

enum { RENAMES = 64 };
static struct rename {
    char from[PATH_MAX], to[PATH_MAX];
    char *bytes; /* that the target had, in `size`; NULL: there was none */
    size_t size;
    mode_t mode;
} renamed[RENAMES];
static int renames;

/* The path word[name] of a call, in the directory word[folder], or the working
 * directory if that is below 0. */
static void read_path(pid_t id, const uint64_t *word, int folder, int name,
                      char out[PATH_MAX])
{
    char link[64], base[PATH_MAX], text[PATH_MAX] = "";
    const int fd = folder < 0 ? AT_FDCWD : (int)word[folder];

    snprintf(link, sizeof link, "/proc/%d/mem", id);
    const int memory = open(link, O_RDONLY | O_CLOEXEC);
    if (memory < 0 ||
        pread(memory, text, sizeof text - 1, (off_t)word[name]) < 1)
        exit(98);
    close(memory);
    if (fd == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/%d/cwd", id);
    else
        snprintf(link, sizeof link, "/proc/%d/fd/%d", id, fd);
    const ssize_t length = readlink(link, base, sizeof base - 1);
    base[length < 0 ? 0 : length] = '\0';
    if (snprintf(out, PATH_MAX, "%s%s%s", text[0] == '/' ? "" : base,
                 text[0] == '/' ? "" : "/", text) >= PATH_MAX)
        exit(98);
}

/* A rename begins: keep what its target has on disk. */
static void keep_name(struct process *one, const uint64_t *word, bool at_folder)
{
    struct rename *now = &renamed[renames];
    struct stat about;

    if (renames == RENAMES)
        exit(98);
    read_path(one->id, word, at_folder ? 0 : -1, at_folder, one->from);
    read_path(one->id, word, at_folder ? 2 : -1, at_folder ? 3 : 1, one->to);
    free(now->bytes);
    now->bytes = NULL;
    const int file = open(one->to, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) || !S_ISREG(about.st_mode)) {
        close(file);
        return;
    }
    const struct file *kept = file_of(&about);
    now->size = kept ? kept->size : (size_t)about.st_size;
    now->mode = about.st_mode;
    now->bytes = malloc(now->size + 1);
    if (!now->bytes)
        exit(98);
    if (kept)
        memcpy(now->bytes, kept->bytes, now->size);
    else if (pread(file, now->bytes, now->size, 0) != (ssize_t)now->size)
        exit(98);
    close(file);
}

/* A directory is synced: the names in it are on disk. */
static void sync_names(const struct stat *folder)
{
    int left = 0;

    for (int r = 0; r < renames; r++) {
        char path[PATH_MAX];
        struct stat about;

        snprintf(path, sizeof path, "%s", renamed[r].to);
        *(strrchr(path, '/') + 1) = '\0';
        if (stat(path, &about) == 0 && about.st_dev == folder->st_dev &&
            about.st_ino == folder->st_ino)
            continue;
        const struct rename kept = renamed[left];
        renamed[left++] = renamed[r];
        renamed[r] = kept;
    }
    renames = left;
}

/* Take the other renames back, the last one first. */
static void lose_names(void)
{
    while (renames > 0) {
        const struct rename *last = &renamed[--renames];
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s", last->from);
        *strrchr(path, '/') = '\0';
        mkdir(path, 0700); /* that was removed later */
        if (rename(last->to, last->from))
            exit(98);
        if (!last->bytes)
            continue;
        const int fd =
            open(last->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, last->mode);
        if (fd < 0 || write(fd, last->bytes, last->size) != (ssize_t)last->size)
            exit(98);
        close(fd);
    }
}

static void synced(pid_t id, int fd)
{
    struct stat about;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", id, fd);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        sync_names(&about);
    const int file = open_of(id, fd, &about);
    struct file *kept = file >= 0 ? file_of(&about) : NULL;

    if (kept) {
        free(kept->bytes);
        kept->bytes = NULL;
    }
    if (file >= 0)
        close(file);
}

/* Take back what was not synced, in a directory and those in it. */
static void lose(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        char name[PATH_MAX];
        struct stat about;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (lstat(name, &about))
            continue;
        if (S_ISDIR(about.st_mode))
            lose(name);
        const struct file *kept =
            S_ISREG(about.st_mode) ? file_of(&about) : NULL;
        if (kept) {
            const int fd = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC);

            if (fd < 0 ||
                write(fd, kept->bytes, kept->size) != (ssize_t)kept->size)
                exit(98);
            close(fd);
        }
    }
    if (folder)
        closedir(folder);
}

/* --- calls ------------------------------------------------------------------
 */

static void tell(long call)
{
    FILE *seen = fopen("strike.seen", "w");

    if (seen) {
        fprintf(seen, "%ld %ld\n", at, call);
        fclose(seen);
    }
}

/* Whether KIND could strike the call; for FAIL its result. */
static bool can_strike(enum kind which,
                       const struct __ptrace_syscall_info *call, long *result)
{
    const long number = (long)call->entry.nr;
    const uint64_t *word = call->entry.args;

    if (which == CUT)
        return number == SYS_fsync || number == SYS_fdatasync ||
               number == SYS_rename || number == SYS_renameat ||
               number == SYS_renameat2 || number == SYS_linkat ||
               number == SYS_unlink || number == SYS_unlinkat ||
               number == SYS_rmdir || number == SYS_mkdir;
    /* Messages still come out. */
    if ((number == SYS_write || number == SYS_fcntl) && word[0] == 2)
        return which >= KILL;
    if (which == FAIL)
        for (size_t f = 0; f < sizeof failing / sizeof *failing; f++)
            if (failing[f].number == number) {
                *result = -failing[f].failure;
                return number != SYS_brk || word[0];
            }
    *result = -EINTR;
    if (which == SHORT || which == BREAK)
        return (number == SYS_read || number == SYS_write ||
                number == SYS_pread64 || number == SYS_pwrite64) &&
               word[2] > 1;
    /* Waking a thread changes nothing outside the process. */
    return which >= KILL && number != SYS_exit_group && number != SYS_futex;
}

static void begin_call(struct process *one,
                       const struct __ptrace_syscall_info *call)
{
    const long number = (long)call->entry.nr;
    const uint64_t *word = call->entry.args;
    long result = 0;
    bool strikes = false;

    if (number == SYS_prctl && word[0] == PR_SET_NAME)
        one->armed = armed = true;
    for (enum kind k = FAIL; k < COUNT; k++)
        if ((k < KILL ? one->armed : armed) && can_strike(k, call, &result) &&
            ++counted[k] == at && k == kind)
            strikes = true;
    if (strikes)
        can_strike(kind, call, &result);
    if (strikes) {
        struct user_regs_struct words;

        tell(number);
        ptrace(PTRACE_GETREGS, one->id, NULL, &words);
        switch (kind) {
        case FAIL:
        case BREAK:
            words.orig_rax = (unsigned long long)-1;
            ptrace(PTRACE_SETREGS, one->id, NULL, &words);
            one->strikes = true;
            one->struck = result;
            break;
        case SHORT:
            words.rdx = (words.rdx + 1) / 2;
            ptrace(PTRACE_SETREGS, one->id, NULL, &words);
            break;
        case KILL:
            kill(one->id, SIGKILL);
            break;
        default:
            kill_all();
        }
        return;
    }
    if (kind != POWER && kind != CUT)
        return;
    if (number == SYS_write || number == SYS_pwrite64 ||
        number == SYS_ftruncate || number == SYS_writev)
        keep(one->id, (int)word[0]);
    if (number == SYS_fsync || number == SYS_fdatasync)
        synced(one->id, (int)word[0]);
    if (number == SYS_rename || number == SYS_renameat ||
        number == SYS_renameat2)
        keep_name(one, word, number != SYS_rename);
}

static void end_call(struct process *one, long result)
{
    struct user_regs_struct words;

    if (one->from[0] && result == 0) {
        memcpy(renamed[renames].from, one->from, PATH_MAX);
        memcpy(renamed[renames++].to, one->to, PATH_MAX);
    }
    one->from[0] = '\0';
    if (!one->strikes)
        return;
    one->strikes = false;
    ptrace(PTRACE_GETREGS, one->id, NULL, &words);
    words.rax = (unsigned long long)one->struck;
    ptrace(PTRACE_SETREGS, one->id, NULL, &words);
}

/* A process stopped: look why; the signal that it gets when it goes on. */
static int look(struct process *one, int status)
{
    struct __ptrace_syscall_info call;
    const int signal = WSTOPSIG(status), event = status >> 16;

    if (signal == (SIGTRAP | 0x80)) {
        if (ptrace(PTRACE_GET_SYSCALL_INFO, one->id, sizeof call, &call) > 0) {
            if (call.op == PTRACE_SYSCALL_INFO_ENTRY)
                begin_call(one, &call);
            else if (call.op == PTRACE_SYSCALL_INFO_EXIT)
                end_call(one, (long)call.exit.rval);
        }
        return 0;
    }
    if (event == PTRACE_EVENT_EXEC)
        one->armed = false;
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
        event == PTRACE_EVENT_CLONE) {
        unsigned long child;

        if (ptrace(PTRACE_GETEVENTMSG, one->id, NULL, &child) == 0)
            find((pid_t)child)->armed = one->armed;
    }
    return event || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

int main(int argc, char **argv)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int status, last = 98;
    pid_t id;

    while (kind < COUNT && (argc < 4 || strcmp(argv[1], kinds[kind])))
        kind++;
    at = argc < 4 ? 0 : strtol(argv[2], NULL, 10);
    if (argc < 4) {
        fputs("usage: strike fail|short|break|kill|power|cut|count AT "
              "COMMAND...\n",
              stderr);
        return 98;
    }
    command = fork();
    if (command == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            _exit(99);
        raise(SIGSTOP);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    if (waitpid(command, &status, 0) < 0 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, command, NULL, options))
        return 99;
    find(command);
    ptrace(PTRACE_SYSCALL, command, NULL, NULL);
    while ((id = waitpid(-1, &status, __WALL)) > 0) {
        struct process *one = find(id);

        if (WIFSTOPPED(status)) {
            ptrace(PTRACE_SYSCALL, id, NULL, look(one, status));
            continue;
        }
        if (id == command)
            last = WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        *one = (struct process){0};
    }
    if (kind == POWER || kind == CUT) {
        lose(".");
        lose_names();
    }
    if (kind == COUNT)
        for (enum kind k = FAIL; k < COUNT; k++)
            printf("%s %ld\n", kinds[k], counted[k]);
    return last;
}

#else

int main(void)
{
    return 99;
}

#endif
