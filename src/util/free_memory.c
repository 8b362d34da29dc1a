/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free memory; see free_memory.h. */
#include "util/free_memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH = 4096, LINE = 512 };

static FILE *open_under(const char *root, const char *folder, const char *name)
{
    char path[PATH];

    if (snprintf(path, sizeof path, "%s%s%s", root, folder, name) >= PATH)
        return NULL;
    return fopen(path, "re");
}

/* The number after `key` at the beginning of a line; the first line's if key is
 * "". -1 if there is none ("max", no file). */
static double free_memory_read_number(const char *root, const char *folder,
                                      const char *name, const char *key)
{
    FILE *file = open_under(root, folder, name);
    char line[LINE];
    double number = -1;

    while (file && number < 0 && fgets(line, sizeof line, file)) {
        char *text = line + strlen(key), *end = line;

        if (strncmp(line, key, strlen(key)) == 0)
            number = strtod(text, &end);
        if (end <= text)
            number = -1;
        if (!*key)
            break;
    }
    if (file)
        fclose(file);
    return number;
}

static void lower_to(struct wn_free_memory *memory, double bytes,
                     const char *what)
{
    if (bytes < memory->bytes)
        *memory =
            (struct wn_free_memory){.bytes = fmax(bytes, 0), .what = what};
}

/* The files of a version of control groups. */
static const struct {
    const char *mark; /* before the group's path in /proc/self/cgroup */
    const char *folder, *limit, *used, *inactive, *active;
} versions[] = {{"::", "/sys/fs/cgroup", "/memory.max", "/memory.current",
                 "inactive_file ", "active_file "},
                {":memory:", "/sys/fs/cgroup/memory", "/memory.limit_in_bytes",
                 "/memory.usage_in_bytes", "total_inactive_file ",
                 "total_active_file "}};

double wn_anonymous_memory(void)
{
    const double kilobytes =
        free_memory_read_number("", "/proc/self/status", "", "RssAnon:");

    return kilobytes < 0 ? 0 : 1024 * kilobytes;
}

struct wn_free_memory wn_free_memory_find(const char *root)
{
    struct wn_free_memory memory = {.bytes = INFINITY, .what = ""};
    const double available =
        free_memory_read_number(root, "/proc/meminfo", "", "MemAvailable:");
    const double pages =
        free_memory_read_number(root, "/proc/self/statm", "", "");
    struct rlimit limit;

    if (available >= 0)
        lower_to(&memory, available * 1024, "this machine has");
    /* Ask the process's group and its ancestors. A container may show only some
     * of them, but always the top one. Page cache counts as free. */
    for (size_t v = 0; v < sizeof versions / sizeof *versions; v++) {
        FILE *file = open_under(root, "/proc/self/cgroup", "");
        char line[LINE], folder[PATH];

        while (file && fgets(line, sizeof line, file)) {
            char *path = strstr(line, versions[v].mark);

            if (!path || strlen(line) == sizeof line - 1)
                continue;
            path += strlen(versions[v].mark);
            path[strcspn(path, "\n")] = '\0';
            for (;;) {
                snprintf(folder, sizeof folder, "%s%s", versions[v].folder,
                         path);
                const double most = free_memory_read_number(
                    root, folder, versions[v].limit, "");
                const double used =
                    free_memory_read_number(root, folder, versions[v].used, "");
                const double inactive = free_memory_read_number(
                    root, folder, "/memory.stat", versions[v].inactive);
                const double active = free_memory_read_number(
                    root, folder, "/memory.stat", versions[v].active);

                if (most >= 0 && used >= 0)
                    lower_to(&memory,
                             most - used + fmax(inactive, 0) + fmax(active, 0),
                             "the control group has");
                char *last = strrchr(path, '/');
                if (!last)
                    break;
                *last = '\0';
            }
        }
        if (file)
            fclose(file);
    }
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        pages >= 0) {
        const double bytes =
            (double)limit.rlim_cur - pages * (double)sysconf(_SC_PAGESIZE);
        const int addresses = bytes < memory.bytes;

        lower_to(&memory, bytes, "ulimit -v leaves");
        memory.addresses = addresses;
    }
    return memory;
}
