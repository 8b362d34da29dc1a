/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time and memory of a command: measure RESULT COMMAND...
 *
 * Writes "seconds MiB" to the file RESULT: wall time, and the largest resident
 * set of the command or of one of its children. A line "work SECONDS" that the
 * command wrote to RESULT itself stands for the wall time, for peers that have
 * to load an interpreter first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure RESULT COMMAND...\n");
        return 2;
    }
    remove(argv[1]);
    setenv("BENCH_RESULT", argv[1], 1);
    const double begin = now();
    const pid_t child = fork();
    int status;

    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    while (child < 0 || waitpid(child, &status, 0) < 0)
        if (child < 0 || errno != EINTR)
            return 2;
    double seconds = now() - begin;
    struct rusage usage;
    FILE *file = fopen(argv[1], "r");

    getrusage(RUSAGE_CHILDREN, &usage);
    if (file) {
        if (fscanf(file, "work %lf", &seconds) != 1)
            seconds = -1;
        fclose(file);
    }
    file = fopen(argv[1], "w");
    if (!file)
        return 2;
    fprintf(file, "%.3f %.0f\n", seconds, (double)usage.ru_maxrss / 1024);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
