/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the work would take if only the library did it: floor WHAT...
 *
 *   floor csv FILE          libcsv alone over the file, nothing kept
 *   floor sgemm M N K TIMES one M x K by K x N product of floats, TIMES over
 *
 * The product counts its own time, as the peers do: filling its arguments is
 * no work. */
#include <cblas.h>
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void count(void *text, size_t length, void *cells)
{
    (void)text;
    (void)length;
    ++*(size_t *)cells;
}

static int read_csv(const char *path)
{
    static char buffer[1 << 18];
    FILE *file = fopen(path, "rb");
    struct csv_parser parser;
    size_t cells = 0, got;
    int status = 2;

    if (!file || csv_init(&parser, CSV_STRICT | CSV_APPEND_NULL))
        return 2;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        if (csv_parse(&parser, buffer, got, count, NULL, &cells) != got)
            goto done;
    status = csv_fini(&parser, count, NULL, &cells) || ferror(file) ? 2 : 0;
    printf("%zu cells\n", cells);
done:
    csv_free(&parser);
    fclose(file);
    return status;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *filled(size_t count)
{
    float *x = malloc(count * sizeof *x);

    for (size_t i = 0; x && i < count; i++)
        x[i] = (float)(i % 61) / 61 - .5f;
    return x;
}

static int multiply(int m, int n, int k, int times)
{
    const char *result = getenv("BENCH_RESULT");
    float *a = filled((size_t)m * (size_t)k);
    float *b = filled((size_t)k * (size_t)n);
    float *c = filled((size_t)m * (size_t)n);

    if (!a || !b || !c)
        return 2;
    const double begin = now();

    for (int t = 0; t < times; t++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k,
                    b, n, 0, c, n);
    const double seconds = now() - begin;
    FILE *file = result ? fopen(result, "w") : NULL;

    printf("%.1f GFLOP/s\n", 2e-9 * m * n * k * times / seconds);
    if (file) {
        fprintf(file, "work %.6f\n", seconds);
        fclose(file);
    }
    free(a);
    free(b);
    free(c);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "csv") == 0)
        return read_csv(argv[2]);
    if (argc == 6 && strcmp(argv[1], "sgemm") == 0)
        return multiply(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]),
                        atoi(argv[5]));
    fprintf(stderr, "usage: floor csv FILE | floor sgemm M N K TIMES\n");
    return 2;
}
