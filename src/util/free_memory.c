/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that is left; see free_memory.h. */
#include "util/free_memory.h"

#include <math.h>
#include <stdio.h>
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

/* The number after `key` at the beginning of a line, "" for the first line;
 * -1 where there is none ("max", no file). */
static double free_memory_read_number(const char *root, const char *folder,
                                      const char *name, const char *key)
{
    FILE *file = open_under(root, folder, name);
    char line[LINE];
    double number = -1;

    while (file && number < 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) ||
            sscanf(line + strlen(key), "%lf", &number) != 1)
            number = -1;
        if (!*key)
            break;
    }
    if (file)
        fclose(file);
    return number;
}

static void narrow(struct wn_free_memory *room, double bytes, const char *what)
{
    if (bytes >= room->bytes)
        return;
    *room = (struct wn_free_memory){.bytes = fmax(bytes, 0), .what = what};
}

/* The files of a version of control groups. */
struct groups {
    const char *mark; /* before the group's path in /proc/self/cgroup */
    const char *folder, *limit, *used, *cache, *idle;
};

static const struct groups versions[] = {
    {"::", "/sys/fs/cgroup", "/memory.max", "/memory.current", "inactive_file ",
     "active_file "},
    {":memory:", "/sys/fs/cgroup/memory", "/memory.limit_in_bytes",
     "/memory.usage_in_bytes", "total_inactive_file ", "total_active_file "}};

/* What one group leaves, with the page cache that it would give up. */
static void ask_group(struct wn_free_memory *room, const char *root,
                      const struct groups *version, const char *folder)
{
    const double limit =
        free_memory_read_number(root, folder, version->limit, "");
    const double used =
        free_memory_read_number(root, folder, version->used, "");

    if (limit < 0 || used < 0)
        return;
    const double idle =
        free_memory_read_number(root, folder, "/memory.stat", version->cache);
    const double active =
        free_memory_read_number(root, folder, "/memory.stat", version->idle);

    narrow(room, limit - used + fmax(idle, 0) + fmax(active, 0),
           "the control group has");
}

/* A group and all it is in; inside of a container only some of them are
 * there, at least the top one. */
static void ask_groups(struct wn_free_memory *room, const char *root,
                       const struct groups *version)
{
    FILE *file = open_under(root, "/proc/self/cgroup", "");
    char line[LINE], folder[PATH];

    while (file && fgets(line, sizeof line, file)) {
        char *path = strstr(line, version->mark);

        if (!path || strlen(line) == sizeof line - 1)
            continue;
        path += strlen(version->mark);
        path[strcspn(path, "\n")] = '\0';
        for (;;) {
            char *last = strrchr(path, '/');

            snprintf(folder, sizeof folder, "%s%s", version->folder, path);
            ask_group(room, root, version, folder);
            if (!last)
                break;
            *last = '\0';
        }
    }
    if (file)
        fclose(file);
}

static void ask_limit(struct wn_free_memory *room, const char *root)
{
    struct rlimit limit;
    const double pages =
        free_memory_read_number(root, "/proc/self/statm", "", "");

    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY ||
        pages < 0)
        return;
    const double bytes =
        (double)limit.rlim_cur - pages * (double)sysconf(_SC_PAGESIZE);

    if (bytes < room->bytes) {
        narrow(room, bytes, "ulimit -v leaves");
        room->addresses = 1;
    }
}

double wn_anonymous_memory(void)
{
    const double kilobytes =
        free_memory_read_number("", "/proc/self/status", "", "RssAnon:");

    return kilobytes < 0 ? 0 : 1024 * kilobytes;
}

struct wn_free_memory wn_free_memory_find(const char *root)
{
    struct wn_free_memory room = {.bytes = INFINITY, .what = ""};
    const double available =
        free_memory_read_number(root, "/proc/meminfo", "", "MemAvailable:");

    if (available >= 0)
        narrow(&room, available * 1024, "this machine has");
    for (size_t v = 0; v < sizeof versions / sizeof *versions; v++)
        ask_groups(&room, root, &versions[v]);
    ask_limit(&room, root);
    return room;
}
