/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/: errors, text, memory, random numbers, digests. */
#include "unit.h"

#include <stdio.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/error.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/free_memory.h"
#include "util/text.h"
#include "util/parallel.h"

static void errors_grow_in_front(void **state)
{
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(wn_fail(&error, WN_EDATA, "row %d", 17), -1);
    wn_fail(&error, WN_EIO, "%s", "letters.h5");
    assert_string_equal(error.text, "letters.h5: row 17");
    assert_int_equal(error.code, WN_EDATA);
    assert_int_equal(wn_code_status(error.code), 2);
    assert_int_equal(wn_code_status(WN_EBUSY), 75);
}

static void long_errors_are_cut(void **state)
{
    struct wn_error error = {0};
    char *big = malloc(5000);

    (void)state;
    memset(big, 'x', 4999);
    big[4999] = '\0';
    wn_fail(&error, WN_EDATA, "%s", big);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    wn_fail(&error, WN_EDATA, "front");
    assert_memory_equal(error.text, "front: xxx", 10);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    wn_fail(&error, WN_EDATA, "%s", big);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    free(big);
}

static void no_byte_drives_a_terminal(void **state)
{
    /* found, wanted; hand-made after Unicode's control and bidi lists */
    static const char *const pair[][2] = {
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\033]52;c;x\007", "\\x1b]52;c;x\\x07"},
        {"a\rb\nc\td", "a\\x0db\\x0ac\\x09d"},
        {"\xc2\x9b"
         "2J",
         "\\x9b2J"},
        {"\x9b"
         "2J",
         "\\x9b2J"},
        {"\xe2\x80\xae"
         "evil",
         "\\u202eevil"},
        {"\x7f", "\\x7f"},
        {"co\xc2\xad"
         "op",
         "co\\xadop"},
        {"\xe1\xa0\x8e", "\\u180e"},
        {"a\xe2\x81\xa0"
         "b\xe2\x81\xa4"
         "c",
         "a\\u2060b\\u2064c"},
        {"\xf3\xa0\x81\x81", "\\U000e0041"},
        {"\xf3\xa0\x82\x80", "\xf3\xa0\x82\x80"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xe2\x82", "\\xe2\\x82"},
        {"", ""}};

    (void)state;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        struct wn_text text = {0};

        wn_text_add_visible(&text, pair[i][0], strlen(pair[i][0]));
        assert_string_equal(wn_text_of(&text), pair[i][1]);
        wn_text_free(&text);
    }
    static const char *const word[][2] = {
        {"a-b_c.h5", "a-b_c.h5"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$(rm x);\033[2J", "'$(rm x);\\x1b[2J'"},
        {"~", "'~'"}};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        struct wn_text text = {0};

        wn_text_add_shell(&text, word[i][0], strlen(word[i][0]));
        assert_string_equal(wn_text_of(&text), word[i][1]);
        wn_text_free(&text);
    }
    struct wn_text lines = {0};
    wn_text_add(&lines, "a\tb\n\033[2J\0\n", 10);
    wn_text_make_lines_visible(&lines);
    assert_string_equal(lines.bytes, "a\tb\n\\x1b[2J\\x00\n");
    wn_text_free(&lines);
    assert_true(wn_text_is_utf8("\xe2\x82\xac", 3));
    assert_false(wn_text_is_utf8("\xe2\x82\xac", 2));
}

static jmp_buf back;
static char said[100];

static void jump_back(const char *message)
{
    snprintf(said, sizeof said, "%s", message);
    longjmp(back, 1);
}

static void products_know_overflow(void **state)
{

    (void)state;
    assert_int_equal(wn_product(3, 4, 5), 60);
    assert_true(wn_product(SIZE_MAX / 2, 3, 1) == SIZE_MAX);
    wn_die_handler(jump_back);
    if (setjmp(back) == 0)
        free(wn_new(SIZE_MAX / 4, 8));
    else
        assert_string_equal(said,
                            "no memory for 4611686018427387903 x 8 bytes");
    wn_die_handler(NULL);
}

static void new_memory_is_zero_and_grows(void **state)
{
    int *array = NULL;
    size_t room = 0;

    (void)state;
    for (size_t size = 1; size < 300000; size *= 3) {
        unsigned char *block = wn_new(size, 1);

        assert_non_null(block);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        free(block);
    }
    for (size_t i = 0; i < 1000; i++) {
        wn_grow(&array, &room, i + 1, sizeof *array);
        array[i] = (int)i;
    }
    assert_int_equal(array[999], 999);
    assert_true(room >= 1000);
    wn_die_handler(jump_back);
    if (setjmp(back) == 0) {
        wn_grow(&array, &room, SIZE_MAX / 2, sizeof *array);
        fail();
    }
    wn_die_handler(NULL);
    assert_int_equal(array[0], 0);
    free(array);
}

/* The published test vector of xoshiro256** for state 1, 2, 3, 4; and the first
 * numbers of a stream as computed by a separate statement in Python. */
static void random_numbers_are_xoshiro(void **state)
{
    struct wn_random random = {{1, 2, 3, 4}};

    (void)state;
    assert_true(wn_random_bits(&random) == 11520);
    assert_true(wn_random_bits(&random) == 0);
    assert_true(wn_random_bits(&random) == 1509978240);
    assert_true(wn_random_bits(&random) == UINT64_C(1215971899390074240));
    wn_random_start(&random, 7, WN_RANDOM_FOLDS, 2, 3);
    assert_true(wn_random_bits(&random) == UINT64_C(0xea6325ff979bedb2));
    assert_true(wn_random_bits(&random) == UINT64_C(0x59fe8b0bc607c49f));
    assert_true(wn_random_bits(&random) == UINT64_C(0x56f472573e015b5c));
}

static void random_numbers_are_spread(void **state)
{
    struct wn_random random;
    double sum = 0, square = 0;
    int count[7] = {0};
    int32_t order[100];
    enum { DRAWS = 70000 };

    (void)state;
    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const double x = wn_random_normal(&random);

        sum += x;
        square += x * x;
        count[wn_random_below(&random, 7)]++;
    }
    /* five standard errors: mean 0 +- 1/sqrt N, variance 1 +- sqrt(2/N) */
    assert_true(sum / DRAWS < 0.019 && sum / DRAWS > -0.019);
    assert_true(square / DRAWS < 1.027 && square / DRAWS > 0.973);
    for (int i = 0; i < 7; i++)
        assert_in_range(count[i], 9530, 10470);
    for (int32_t i = 0; i < 100; i++)
        order[i] = i;
    wn_random_shuffle(&random, order, 100);
    int seen[100] = {0}, moved = 0;
    for (int i = 0; i < 100; i++) {
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > 80);
}

/* XXH3 of the empty input, as published with the algorithm. */
static void digests_are_xxh3(void **state)
{
    struct wn_hash *hash = wn_hash_new();
    char whole[WN_DIGEST_TEXT], pieces[WN_DIGEST_TEXT];

    (void)state;
    assert_non_null(hash);
    wn_hash_text(hash, whole);
    assert_string_equal(whole, "99aa06d3014798d86001c324468d497f");
    assert_true(wn_hash_bits(NULL, 0) == UINT64_C(0x2d06800538d394c2));
    wn_hash_add(hash, "pipeline", 8);
    wn_hash_text(hash, whole);
    wn_hash_free(hash);
    hash = wn_hash_new();
    wn_hash_add(hash, "pipe", 4);
    wn_hash_add(hash, "line", 4);
    wn_hash_text(hash, pieces);
    wn_hash_free(hash);
    assert_string_equal(whole, pieces);
}

static void blocks_cover_all_rows_once(void **state)
{
    (void)state;
    assert_int_equal(wn_block_count(0), 0);
    for (size_t n = 1; n < 1000; n += 37) {
        size_t rows = 0;

        for (size_t b = 0; b < wn_block_count(n); b++) {
            assert_int_equal(wn_block_begin(b), rows);
            rows = wn_block_end(b, n);
        }
        assert_int_equal(rows, n);
    }
}

static char root[] = "room-XXXXXX";

static void make_folder(const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void write_file(const char *name, const char *text)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void remove_all(const char *const *names, size_t count)
{
    char path[200];

    for (size_t i = count; i-- > 0;) {
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(root), 0);
}

/* Files as Linux writes them: a machine with 3000 kB, a group that has less,
 * in one that has less still, and the older version of groups; nothing known
 * without them. */
static void room_is_the_least_of_all(void **state)
{
    static const char *const names[] = {
        "proc",
        "proc/self",
        "sys",
        "sys/fs",
        "sys/fs/cgroup",
        "sys/fs/cgroup/memory",
        "sys/fs/cgroup/memory/old",
        "sys/fs/cgroup/outer",
        "sys/fs/cgroup/outer/inner",
        "proc/meminfo",
        "proc/self/cgroup",
        "sys/fs/cgroup/outer/memory.max",
        "sys/fs/cgroup/outer/memory.current",
        "sys/fs/cgroup/outer/memory.stat",
        "sys/fs/cgroup/outer/inner/memory.max",
        "sys/fs/cgroup/outer/inner/memory.current",
        "sys/fs/cgroup/memory/old/memory.limit_in_bytes",
        "sys/fs/cgroup/memory/old/memory.usage_in_bytes"};
    enum { FOLDERS = 9 };

    (void)state;
    assert_non_null(mkdtemp(root));
    assert_true(wn_free_memory_find(root).bytes > 1e300);
    for (int i = 0; i < FOLDERS; i++)
        make_folder(names[i]);
    write_file(names[9], "MemTotal: 9000 kB\nMemFree: 7 kB\n"
                         "MemAvailable:    3000 kB\n");
    assert_true(wn_free_memory_find(root).bytes == 3000 * 1024.);
    assert_string_equal(wn_free_memory_find(root).what, "this machine has");
    write_file(names[10], "2:cpu:/\n1:memory:/old\n0::/outer/inner\n");
    write_file(names[11], "2500000\n");
    write_file(names[12], "1000000\n");
    write_file(names[14], "max\n");
    write_file(names[15], "400000\n");
    assert_true(wn_free_memory_find(root).bytes == 1500000);
    assert_string_equal(wn_free_memory_find(root).what,
                        "the control group has");
    write_file(names[13], "anon 7\ninactive_file 300000\nactive_file 5\n");
    assert_true(wn_free_memory_find(root).bytes == 1800005);
    write_file(names[14], "500000\n");
    assert_true(wn_free_memory_find(root).bytes == 100000);
    write_file(names[16], "9223372036854771712\n");
    write_file(names[17], "350000\n");
    assert_true(wn_free_memory_find(root).bytes == 100000);
    write_file(names[16], "300000\n");
    assert_true(wn_free_memory_find(root).bytes == 0);
    assert_false(wn_free_memory_find(root).addresses);
    remove_all(names, sizeof names / sizeof *names);
}

/* Against one pass over the rows a bucket; bucket 3 is empty. */
static void rows_go_by_bucket(void **state)
{
    enum { N = 500, BUCKETS = 7 };
    int32_t bucket[N], order[N];
    size_t begin[BUCKETS + 1], at = 0;
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 1, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        bucket[i] = (int32_t)wn_random_below(&random, BUCKETS + 1) - 1;
        bucket[i] += bucket[i] == 3;
    }
    wn_order_by_bucket(bucket, N, BUCKETS, begin, order);
    for (int32_t b = -1; b < BUCKETS; b++) {
        if (b >= 0)
            assert_int_equal(begin[b], at);
        for (int i = 0; i < N; i++)
            if (bucket[i] == b)
                assert_int_equal(order[at++], i);
    }
    assert_int_equal(begin[BUCKETS], N);
    assert_int_equal(at, N);
}

static void rows_go_by_hash(void **state)
{
    struct wn_hashed_row rows[] = {
        {UINT64_MAX, 0, 0}, {5, 2, 1}, {5, -1, 2}, {5, 2, 3}, {0, 9, 4}};
    const size_t wanted[] = {4, 2, 1, 3, 0};

    (void)state;
    wn_order_by_hash(rows, 5);
    for (int r = 0; r < 5; r++)
        assert_int_equal(rows[r].row, wanted[r]);
}

/* The sanitizers see what is not freed, or freed twice. */
static void arenas_own_zeroed_arrays(void **state)
{
    struct wn_arena arena = {0};

    (void)state;
    for (size_t a = 1; a < 100; a++) {
        int32_t *small = wn_arena_new(&arena, sizeof *small, a, 3);
        double *large = wn_arena_spill(&arena, sizeof *large, a, 1000);

        assert_int_equal(small[3 * a - 1], 0);
        assert_true(large[1000 * a - 1] == 0);
        small[0] = 1;
    }
    assert_null(wn_arena_keep(&arena, NULL));
    void *kept = malloc(8);
    assert_ptr_equal(wn_arena_keep(&arena, kept), kept);
    wn_arena_free(&arena);
    assert_int_equal(arena.count, 0);
    wn_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_grow_in_front),
        cmocka_unit_test(long_errors_are_cut),
        cmocka_unit_test(no_byte_drives_a_terminal),
        cmocka_unit_test(products_know_overflow),
        cmocka_unit_test(new_memory_is_zero_and_grows),
        cmocka_unit_test(random_numbers_are_xoshiro),
        cmocka_unit_test(random_numbers_are_spread),
        cmocka_unit_test(digests_are_xxh3),
        cmocka_unit_test(rows_go_by_bucket),
        cmocka_unit_test(rows_go_by_hash),
        cmocka_unit_test(arenas_own_zeroed_arrays),
        cmocka_unit_test(blocks_cover_all_rows_once),
        cmocka_unit_test(room_is_the_least_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
