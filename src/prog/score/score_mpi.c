/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score-mpi: the ranks of an MPI job as a team (util/units.h).
 *
 * Every rank reads the audit file and does the same work, but for units and
 * blocks, which the ranks divide; all results go to all ranks in a fixed order,
 * so that all know the same afterwards. The first rank alone writes. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "prog/score/score_work.h"
#include "util/file.h"

enum {
    SMALL = 1 << 16,   /* bytes sent at once; larger ones when all are ready */
    CHUNK = 1 << 30,   /* of a call, whose count is an int */
    BUSY_TESTS = 2000, /* before a wait sleeps, */
    MAX_SLEEP = 500000 /* nanoseconds, at most */
};

static struct wn_team team;

/* Waiting ranks leave the processor to those that work: MPI spins. */
static void wait_for(MPI_Request *request)
{
    struct timespec sleep = {.tv_nsec = 20000};
    int done = 0;

    for (int tests = 0; MPI_Test(request, &done, MPI_STATUS_IGNORE), !done;
         tests++)
        if (tests > BUSY_TESTS) {
            nanosleep(&sleep, NULL);
            sleep.tv_nsec = sleep.tv_nsec * 3 / 2 + 1;
            if (sleep.tv_nsec > MAX_SLEEP)
                sleep.tv_nsec = MAX_SLEEP;
        }
}

/* MPI's own handler of errors ends the job. */
static void share(void *bytes, size_t length, size_t owner)
{
    MPI_Request request;
    char *at = bytes;

    if (length <= SMALL) {
        MPI_Ibcast(at, (int)length, MPI_BYTE, (int)owner, MPI_COMM_WORLD,
                   &request);
        wait_for(&request);
        return;
    }
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    wait_for(&request);
    for (; length; length -= length < CHUNK ? length : CHUNK, at += CHUNK)
        MPI_Bcast(at, length < CHUNK ? (int)length : CHUNK, MPI_BYTE,
                  (int)owner, MPI_COMM_WORLD);
}

static void exchange(const void *send, void *receive, size_t each)
{
    MPI_Request request;

    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    wait_for(&request);
    MPI_Alltoall(send, (int)each, MPI_INT32_T, receive, (int)each, MPI_INT32_T,
                 MPI_COMM_WORLD);
}

static void lower(float *values, size_t count)
{
    MPI_Request request;

    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    wait_for(&request);
    MPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT, MPI_MIN,
                  MPI_COMM_WORLD);
}

/* mpirun ends all ranks where one has ended, and says which that was. Say where
 * this one stood, and leave nothing half-written. */
static void stop(int signal)
{
    char line[200];
    const int length =
        snprintf(line, sizeof line,
                 "score-mpi: rank %zu of %zu: stopped by signal %d in stage "
                 "%s\n",
                 team.rank, team.ranks, signal, team.stage);

    if (team.rank == 0) {
        wn_output_remove_parts();
        (void)!write(STDERR_FILENO, line, (size_t)length);
    }
    _exit(128 + signal);
}

struct wn_team *score_open_team(struct wn_run *run)
{
    static char name[64];
    const size_t length = strlen(run->name);
    int given, rank, ranks;

    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    /* The output names the program score, as it has score's bytes. */
    snprintf(name, sizeof name, "%s", run->name);
    if (length > 4 && length < sizeof name &&
        strcmp(name + length - 4, "-mpi") == 0)
        name[length - 4] = '\0';
    run->name = name;
    team = (struct wn_team){.rank = (size_t)rank,
                            .ranks = (size_t)ranks,
                            .share = share,
                            .exchange = exchange,
                            .lower = lower,
                            .stage = "read"};
    signal(SIGTERM, stop);
    if (rank > 0)
        run->log->level = WN_QUIET;
    return &team;
}

void score_close_team(const struct wn_run *run, int status,
                      const struct wn_error *error)
{
    char done = 0;

    if (status < 0) {
        /* What fails on all ranks is told by the first. */
        if (team.rank)
            sleep(2);
        wn_log_error(run->log, error);
        fflush(stderr);
        MPI_Abort(MPI_COMM_WORLD, wn_code_status(error->code));
    }
    if (team.ranks > 1)
        share(&done, 1, 0); /* the others wait for the first, which writes */
    MPI_Finalize();
}
