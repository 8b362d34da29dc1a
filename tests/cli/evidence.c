/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evidence FROM OUT K M: an audit file with the scores of standard input: K
 * probabilities a row, then M times neighbour and distance; K or M may be 0,
 * then that dataset is absent. */
#include <stdio.h>
#include <stdlib.h>

#include "array/hdf5.h"
#include "audit/audit.h"

enum { MOST = 20000 };

static float probability[MOST], distance[MOST];
static int32_t neighbor[MOST];

static size_t read_rows(size_t k, size_t m)
{
    for (size_t n = 0; n < MOST / (k + m + 1); n++) {
        for (size_t c = 0; c < k; c++)
            if (scanf("%f", &probability[n * k + c]) != 1)
                return n;
        for (size_t q = 0; q < m; q++)
            if (scanf("%d %f", &neighbor[n * m + q], &distance[n * m + q]) != 2)
                return n;
    }
    return 0;
}

static int write_scores(struct wn_audit_writer *writer, size_t n, size_t k,
                        size_t m, struct wn_error *error)
{
    const size_t by_class[3] = {n, k, 0}, by_neighbor[3] = {n, m, 0};

    if (k && wn_audit_write(writer, "score/probability", WN_F32, by_class,
                            probability, error))
        return -1;
    if (m && (wn_audit_write(writer, "score/neighbor/index", WN_I32,
                             by_neighbor, neighbor, error) ||
              wn_audit_write(writer, "score/neighbor/distance", WN_F32,
                             by_neighbor, distance, error)))
        return -1;
    return 0;
}

static int make(char **argv, struct wn_error *error)
{
    const size_t k = (size_t)atoi(argv[3]), m = (size_t)atoi(argv[4]);
    const size_t n = read_rows(k, m);
    struct wn_audit_writer *writer = NULL;

    if (wn_hdf5_start(error))
        return -1;
    struct wn_audit *from = wn_audit_open(argv[1], WN_DATA, error);
    if (from)
        writer = wn_audit_create(argv[2], true, from, WN_SCORE, error);
    wn_audit_close(from);
    if (!writer)
        return -1;
    if (write_scores(writer, n, k, m, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}

int main(int argc, char **argv)
{
    struct wn_error error = {0};

    if (argc != 5 || make(argv, &error)) {
        fprintf(stderr, "evidence: %s\n", error.text);
        return 2;
    }
    return 0;
}
