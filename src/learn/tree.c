/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing one tree; see tree.h.
 *
 * The sample is sorted by class, and partitions keep the order: a class is a
 * run of rows, whose weight left of a threshold is one sum over lanes.
 * Deep in a tree a node's rows lie far apart in every column: so all values of
 * a node with few rows are copied to a patch, where its whole subtree finds
 * them, and where a node's features are judged side by side, one to a lane. */
#include "learn/tree.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/spill.h"
#include "util/memory.h"
#include "util/simd.h"

enum {
    PATCH = 1 << 18,   /* bytes of a patch: some of a second cache, */
    PATCH_ROWS = 2048, /* and most rows of it */
    CELLS = 32         /* features whose range is found at a time */
};

/* Ranges of inside and outside, and how many features at the front of
 * tree->feature are known to be constant here. */
struct wn_tree_node {
    size_t in_begin, in_end, out_begin, out_end, constant;
};

struct split {
    int32_t feature;
    uint16_t threshold; /* left: value <= threshold */
    double gain;
};

/* A node's weight, the sum of its squared class weights, its runs of a class
 * each, and how many of them weigh anything. */
struct content {
    double all, square;
    size_t runs, classes;
};

/* What a patch has room for: few rows, and from one to the next an odd number
 * of cache lines, so that a column's values do not meet in the same set. */
void wn_tree_lay(struct wn_forest *forest)
{
    forest->stride = ((forest->d + 31) / 32 | 1) * 32;
    forest->patch = PATCH / (forest->stride * sizeof(uint16_t));
    if (forest->patch > PATCH_ROWS)
        forest->patch = PATCH_ROWS;
}

void wn_tree_free(struct wn_tree *tree)
{
    wn_spill_free(tree->leaf);
    wn_spill_free(tree->share);
    wn_spill_free(tree->first);
    wn_spill_free(tree->inside);
    wn_spill_free(tree->outside);
    wn_spill_free(tree->times);
    free(tree->feature);
    wn_spill_free(tree->spare);
    wn_spill_free(tree->value);
    wn_spill_free(tree->mass);
    free(tree->patch);
    free(tree->low);
    free(tree->high);
    free(tree->few);
    free(tree->patch_label);
    free(tree->patch_times);
    free(tree->end);
    free(tree->total);
    free(tree->stack);
}

int wn_tree_open(struct wn_tree *tree, const struct wn_forest *forest)
{
    tree->leaf = wn_spill_new(forest->n, sizeof *tree->leaf);
    tree->share = wn_spill_new(forest->n, sizeof *tree->share);
    tree->first = wn_spill_new(forest->n + 1, sizeof *tree->first);
    tree->inside = wn_spill_new(forest->n, sizeof *tree->inside);
    tree->outside = wn_spill_new(forest->n, sizeof *tree->outside);
    tree->times = wn_spill_new(forest->n, sizeof *tree->times);
    tree->feature = wn_new(forest->d, sizeof *tree->feature);
    tree->spare = wn_spill_new(forest->n, sizeof *tree->spare);
    tree->value = wn_spill_new(forest->n, sizeof *tree->value);
    tree->mass = wn_spill_new(forest->n, sizeof *tree->mass);
    tree->patch = wn_new(wn_product(forest->patch, forest->stride, 1),
                         sizeof *tree->patch);
    tree->low = wn_new(forest->stride, sizeof *tree->low);
    tree->high = wn_new(forest->stride, sizeof *tree->high);
    tree->few =
        wn_new(wn_product(forest->patch, WN_SIMD_LANES, 1), sizeof *tree->few);
    tree->patch_label = wn_new(forest->patch, sizeof *tree->patch_label);
    tree->patch_times = wn_new(forest->patch, sizeof *tree->patch_times);
    tree->end = wn_new(forest->k, sizeof *tree->end);
    tree->total = wn_new(forest->k, sizeof *tree->total);
    return 0;
}

double wn_tree_bytes(size_t n, size_t d, size_t k)
{
    /* leaf, inside, outside, spare, times, mass, value, share, first. */
    const double row = 4 * sizeof(int32_t) + 2 * sizeof(float) +
                       sizeof(uint16_t) + sizeof(struct wn_tree_share) +
                       sizeof(size_t);

    return row * (double)n + 8 * (double)d + 16 * (double)k + PATCH +
           4.0 * (WN_SIMD_LANES + 2) * PATCH_ROWS;
}

/* Draw the sample. Copies of a row count once as a row and in `times`. */
static void tree_draw_sample(const struct wn_forest *forest,
                             struct wn_tree *tree, size_t *in, size_t *out)
{
    const size_t units = forest->groups ? forest->groups : forest->n;
    const size_t draws = (size_t)ceil(forest->share * (double)units);

    memset(tree->times, 0, forest->n * sizeof *tree->times);
    /* tree->leaf serves as the count of draws per unit until rows use it. */
    memset(tree->leaf, 0, forest->n * sizeof *tree->leaf);
    for (size_t u = 0; u < draws; u++)
        tree->leaf[wn_random_below(&tree->random, units)]++;
    *in = *out = 0;
    for (size_t r = 0; r < forest->n; r++) {
        const size_t i = (size_t)forest->order[r];
        const size_t unit = forest->groups ? (size_t)forest->group[i] : i;
        const float weight = forest->weight ? forest->weight[i] : 1;

        if (tree->leaf[unit] && forest->label[i] >= 0) {
            tree->times[i] = (float)tree->leaf[unit] * weight;
            tree->inside[(*in)++] = (int32_t)i;
        } else {
            tree->outside[(*out)++] = (int32_t)i;
        }
    }
    for (size_t i = 0; i < forest->n; i++)
        tree->leaf[i] = -1;
}

/* Lay the node's rows side by side and sum up their classes. */
static struct content tree_look_at(struct wn_tree *tree,
                                   const struct wn_tree_node *node)
{
    const int32_t *row = tree->inside + node->in_begin;
    const size_t rows = node->in_end - node->in_begin;
    struct content content = {0};
    int32_t last = -1;

    for (size_t r = 0; r < rows; r++) {
        const int32_t class = tree->view.label[row[r]];

        tree->mass[r] = tree->view.times[row[r]];
        if (class != last)
            tree->total[content.runs++] = 0;
        last = class;
        tree->total[content.runs - 1] += (double)tree->mass[r];
        tree->end[content.runs - 1] = r + 1;
    }
    for (size_t run = 0; run < content.runs; run++) {
        content.classes += tree->total[run] > 0;
        content.all += tree->total[run];
        content.square += tree->total[run] * tree->total[run];
    }
    return content;
}

WN_MULTIVERSION static void find_range(const uint16_t *value, size_t count,
                                       uint16_t *low, uint16_t *high)
{
    uint16_t least = UINT16_MAX, most = 0;

    for (size_t r = 0; r < count; r++) {
        least = value[r] < least ? value[r] : least;
        most = value[r] > most ? value[r] : most;
    }
    *low = least;
    *high = most;
}

/* What lies at or below a threshold: its weight, the sum of its squared class
 * weights, and that of class weights there times those of the node. */
struct side {
    double all, square, cross;
};

WN_MULTIVERSION static struct side weigh_left(const struct wn_tree *tree,
                                              size_t runs, uint16_t threshold)
{
    struct side side = {0};
    size_t r = 0;

    for (size_t run = 0; run < runs; run++) {
        const size_t end = tree->end[run];
        float lane[WN_SIMD_LANES] = {0};
        double left = 0;

        if (end - r >= WN_SIMD_LANES) {
            for (; r + WN_SIMD_LANES <= end; r += WN_SIMD_LANES) {
#pragma omp simd
                for (size_t l = 0; l < WN_SIMD_LANES; l++)
                    lane[l] +=
                        tree->value[r + l] <= threshold ? tree->mass[r + l] : 0;
            }
            for (size_t l = 0; l < WN_SIMD_LANES; l++)
                left += (double)lane[l];
        }
        for (; r < end; r++)
            left += tree->value[r] <= threshold ? (double)tree->mass[r] : 0;
        side.all += left;
        side.square += left * left;
        side.cross += left * tree->total[run];
    }
    return side;
}

/* Judge a split. Gini: the higher
 * sum_c left_c^2/left + sum_c right_c^2/right, the purer. With t the node's
 * class weights, sum right_c^2 = sum t_c^2 - 2 sum t_c left_c + sum left_c^2.
 */
static void tree_judge(const struct content *content, struct side left,
                       int32_t feature, uint16_t threshold, struct split *best)
{
    const double right = content->all - left.all;
    const double right2 = content->square - 2 * left.cross + left.square;
    const double gain = (left.all > 0 ? left.square / left.all : 0) +
                        (right > 0 ? right2 / right : 0);

    if (gain > best->gain)
        *best = (struct split){feature, threshold, gain};
}

/* The least and the greatest values of a node's rows in the patch. */
WN_MULTIVERSION static void find_ranges(const struct wn_forest *forest,
                                        struct wn_tree *tree,
                                        const struct wn_tree_node *node)
{
    for (size_t j = 0; j < forest->d; j += CELLS) {
        uint16_t least[CELLS], most[CELLS];

        memset(least, 255, sizeof least);
        memset(most, 0, sizeof most);
        for (size_t r = node->in_begin; r < node->in_end; r++) {
            const uint16_t *value =
                tree->patch + (size_t)tree->inside[r] * forest->stride + j;

#pragma omp simd
            for (size_t l = 0; l < CELLS; l++) {
                least[l] = value[l] < least[l] ? value[l] : least[l];
                most[l] = value[l] > most[l] ? value[l] : most[l];
            }
        }
        memcpy(tree->low + j, least, sizeof least);
        memcpy(tree->high + j, most, sizeof most);
    }
}

/* Splits that wait to be judged together. */
struct queue {
    size_t count;
    int32_t feature[WN_SIMD_LANES], threshold[WN_SIMD_LANES];
};

/* As weigh_left(), a split to a lane. */
WN_MULTIVERSION static void weigh_few(const struct wn_tree *tree, size_t runs,
                                      const struct queue *queue,
                                      struct side *side)
{
    double all[WN_SIMD_LANES] = {0}, square[WN_SIMD_LANES] = {0},
           cross[WN_SIMD_LANES] = {0};
    size_t r = 0;

    for (size_t run = 0; run < runs; run++) {
        const double total = tree->total[run];
        float left[WN_SIMD_LANES] = {0};

        for (; r < tree->end[run]; r++) {
            const int32_t *value = tree->few + r * WN_SIMD_LANES;
            const float mass = tree->mass[r];

#pragma omp simd
            for (size_t l = 0; l < WN_SIMD_LANES; l++)
                left[l] += value[l] <= queue->threshold[l] ? mass : 0;
        }
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++) {
            all[l] += (double)left[l];
            square[l] += (double)left[l] * (double)left[l];
            cross[l] += (double)left[l] * total;
        }
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        side[l] = (struct side){all[l], square[l], cross[l]};
}

/* Judge what waits, in its order. */
static void judge_queue(const struct wn_forest *forest, struct wn_tree *tree,
                        const struct wn_tree_node *node,
                        const struct content *content, struct queue *queue,
                        struct split *best)
{
    const int32_t *row = tree->inside + node->in_begin;
    const size_t rows = node->in_end - node->in_begin;
    struct side side[WN_SIMD_LANES];

    for (size_t r = 0; r < rows; r++) {
        const uint16_t *value = tree->patch + (size_t)row[r] * forest->stride;

        for (size_t s = 0; s < queue->count; s++)
            tree->few[r * WN_SIMD_LANES + s] = value[queue->feature[s]];
    }
    weigh_few(tree, content->runs, queue, side);
    for (size_t s = 0; s < queue->count; s++)
        tree_judge(content, side[s], queue->feature[s],
                   (uint16_t)queue->threshold[s], best);
    queue->count = 0;
}

/* A feature's least and greatest value in a node outside of a patch, whose
 * values are left in tree->value. */
static void find_one(struct wn_tree *tree, const struct wn_tree_node *node,
                     int32_t feature, uint16_t *low, uint16_t *high)
{
    const int32_t *row = tree->inside + node->in_begin;
    const size_t rows = node->in_end - node->in_begin;
    const uint16_t *value =
        tree->view.value + (size_t)feature * tree->view.down;

    for (size_t r = 0; r < rows; r++)
        tree->value[r] = value[row[r]];
    find_range(tree->value, rows, low, high);
}

/* Judge one feature with a random threshold, or queue it for that in a patch.
 * False: constant here. */
static bool try_feature(const struct wn_forest *forest, struct wn_tree *tree,
                        const struct wn_tree_node *node,
                        const struct content *content, int32_t feature,
                        struct queue *queue, struct split *best)
{
    uint16_t low, high;

    if (tree->patch_end) {
        low = tree->low[feature];
        high = tree->high[feature];
    } else {
        find_one(tree, node, feature, &low, &high);
    }
    if (low >= high)
        return false;
    const uint16_t threshold =
        (uint16_t)(low +
                   wn_random_below(&tree->random, (uint64_t)(high - low)));
    if (!tree->patch_end) {
        tree_judge(content, weigh_left(tree, content->runs, threshold), feature,
                   threshold, best);
        return true;
    }
    queue->feature[queue->count] = feature;
    queue->threshold[queue->count++] = threshold;
    if (queue->count == WN_SIMD_LANES)
        judge_queue(forest, tree, node, content, queue, best);
    return true;
}

/* The best of `candidates` random splits; false when there is none. Features
 * found constant move to the front, where the children look past them. */
static bool choose_split(const struct wn_forest *forest, struct wn_tree *tree,
                         struct wn_tree_node *node,
                         const struct content *content, struct split *best)
{
    size_t tried = 0, end = forest->d;
    struct queue queue = {0};

    *best = (struct split){-1, 0, -DBL_MAX};
    if (tree->patch_end)
        find_ranges(forest, tree, node);
    while (tried < forest->candidates && end > node->constant) {
        const size_t at =
            node->constant +
            (size_t)wn_random_below(&tree->random, end - node->constant);
        const int32_t feature = tree->feature[at];

        if (try_feature(forest, tree, node, content, feature, &queue, best)) {
            tried++;
            end--;
            tree->feature[at] = tree->feature[end];
            tree->feature[end] = feature;
        } else {
            tree->feature[at] = tree->feature[node->constant];
            tree->feature[node->constant++] = feature;
        }
    }
    if (queue.count)
        judge_queue(forest, tree, node, content, &queue, best);
    return best->feature >= 0;
}

/* Rows at or below the threshold to the front, in their order; returns where
 * the rest is, in its order too. */
static size_t partition(int32_t *row, size_t begin, size_t end,
                        const uint16_t *value, size_t across,
                        uint16_t threshold, int32_t *spare)
{
    size_t kept = begin, moved = 0;

    /* Which side is a coin toss: arithmetic, not a branch to mispredict. */
    for (size_t r = begin; r < end; r++) {
        const int32_t i = row[r];
        const bool left = value[(size_t)i * across] <= threshold;

        row[kept] = i;
        spare[moved] = i;
        kept += left;
        moved += !left;
    }
    memcpy(row + kept, spare, moved * sizeof *row);
    return kept;
}

static void make_leaf(struct wn_tree *tree, const struct wn_tree_node *node,
                      const struct content *content)
{
    for (size_t run = 0; run < content->runs; run++)
        if (tree->total[run] > 0) {
            const size_t r = node->in_begin + tree->end[run] - 1;

            tree->share[tree->share_count++] = (struct wn_tree_share){
                tree->view.label[tree->inside[r]],
                (float)(tree->total[run] / content->all)};
        }
    for (size_t r = node->out_begin; r < node->out_end; r++)
        tree->leaf[tree->outside[r]] = (int32_t)tree->first_count;
    tree->first_count++;
    tree->first[tree->first_count] = tree->share_count;
}

static int push(struct wn_tree *tree, const struct wn_tree_node *node)
{
    wn_grow(&tree->stack, &tree->room, tree->depth + 1, sizeof *tree->stack);
    tree->stack[tree->depth++] = *node;
    return 0;
}

static void leave_patch(const struct wn_forest *forest, struct wn_tree *tree)
{
    tree->patch_end = 0;
    tree->view = (struct wn_tree_view){.value = forest->column,
                                       .across = 1,
                                       .down = forest->n,
                                       .label = forest->label,
                                       .times = tree->times};
}

/* A row in even steps. */
WN_MULTIVERSION static void cut_row(const float *x, const double *low,
                                    const double *scale, size_t d,
                                    uint16_t *out)
{
#pragma omp simd
    for (size_t j = 0; j < d; j++)
        out[j] = (uint16_t)(int32_t)(((double)x[j] - low[j]) * scale[j] + 0.5);
}

/* Into a patch where the node is the first with few rows; out of one where it
 * is past it: subtrees are grown whole, one after the other. */
static void enter(const struct wn_forest *forest, struct wn_tree *tree,
                  const struct wn_tree_node *node)
{
    const size_t rows = node->in_end - node->in_begin;

    if (node->in_begin < tree->patch_end)
        return;
    if (tree->patch_end)
        leave_patch(forest, tree);
    if (rows > forest->patch)
        return;
    for (size_t r = 0; r < rows; r++) {
        int32_t *row = &tree->inside[node->in_begin + r];
        const size_t i = (size_t)*row;

        cut_row(forest->x + i * forest->d, forest->low, forest->scale,
                forest->d, tree->patch + r * forest->stride);
        tree->patch_label[r] = forest->label[i];
        tree->patch_times[r] = tree->times[i];
        *row = (int32_t)r;
    }
    tree->patch_end = node->in_end;
    tree->view = (struct wn_tree_view){.value = tree->patch,
                                       .across = forest->stride,
                                       .down = 1,
                                       .label = tree->patch_label,
                                       .times = tree->patch_times};
}

/* Split the node on top of the stack or make it a leaf. */
static int grow_node(const struct wn_forest *forest, struct wn_tree *tree)
{
    struct wn_tree_node node = tree->stack[--tree->depth];
    struct split split;
    /* Where no outside row arrived, nobody will ask. */
    if (node.out_begin == node.out_end)
        return 0;
    enter(forest, tree, &node);
    const struct content content = tree_look_at(tree, &node);

    if (content.classes <= 1 || node.in_end - node.in_begin < forest->least ||
        !choose_split(forest, tree, &node, &content, &split)) {
        make_leaf(tree, &node, &content);
        return 0;
    }
    const size_t feature = (size_t)split.feature;
    const size_t in =
        partition(tree->inside, node.in_begin, node.in_end,
                  tree->view.value + feature * tree->view.down,
                  tree->view.across, split.threshold, tree->spare);
    const size_t out = partition(tree->outside, node.out_begin, node.out_end,
                                 forest->column + feature * forest->n, 1,
                                 split.threshold, tree->spare);
    const struct wn_tree_node right = {in, node.in_end, out, node.out_end,
                                       node.constant};
    const struct wn_tree_node left = {node.in_begin, in, node.out_begin, out,
                                      node.constant};
    if (push(tree, &right))
        return -1;
    push(tree, &left);
    return 0;
}

int wn_tree_grow(const struct wn_forest *forest, struct wn_tree *tree,
                 size_t number)
{
    struct wn_tree_node root = {0};

    wn_random_start(&tree->random, forest->seed, WN_RANDOM_TREES, number, 0);
    tree_draw_sample(forest, tree, &root.in_end, &root.out_end);
    leave_patch(forest, tree);
    for (size_t j = 0; j < forest->d; j++)
        tree->feature[j] = (int32_t)j;
    tree->share_count = tree->first_count = 0;
    tree->first[0] = 0;
    push(tree, &root);
    while (tree->depth)
        if (grow_node(forest, tree))
            return -1;
    return 0;
}
