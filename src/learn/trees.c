/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forest of extremely randomised trees; see trees.h.
 *
 * A batch of trees grows in parallel, then the votes of the batch are added row
 * by row in tree order, so that sums do not depend on threads.
 *
 * No tree is stored. The rows of a tree's sample and the rows outside it are
 * partitioned side by side, node by node; when a node becomes a leaf, the
 * outside rows that arrived there get its number and its class shares.
 *
 * The sample is sorted by class and partitions keep the order: a class is a run
 * of rows, whose weight left of a threshold is one vectorised sum. Deep in a
 * tree a node's rows lie far apart in every column: so all values of a node
 * with few rows are copied to a patch, where its whole subtree finds them, and
 * where a node's splits are evaluated side by side, one to a lane. */
#include "learn/trees.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/simd.h"
#include "util/spill.h"

enum {
    BATCH = 16,            /* trees that grow at a time */
    STEPS = 65535,         /* of a rounded feature */
    ROUND_CELLS = 1 << 19, /* values rounded at a time, of */
    ROUND_ROWS = 64,       /* rows or more */
    PATCH = 1 << 18,       /* bytes of a patch, within a second-level cache */
    PATCH_ROWS = 2048,     /* maximum rows of a patch */
    CELLS = 32             /* features whose range is found at a time */
};

/* clang-format off */
const struct wn_trees_options wn_trees_defaults = {
    .trees = 300, .candidates = 0, .min_rows = 2, .share = 1};
/* clang-format on */

/* What all trees read. */
struct forest {
    const struct wn_sample *sample;
    size_t candidates, min_rows;
    size_t patch, stride; /* rows of a patch; places from row to row */
    double share;
    double *low, *scale;    /* d: the minimum, steps in a unit */
    const uint16_t *column; /* d x n, each feature in even steps */
    const int32_t *order;   /* n: the rows by class, the unlabelled first */
};

/* One class's share of a leaf. */
struct class_share {
    int32_t label;
    float part;
};

/* A node: ranges of inside and outside, and how many features at the front of
 * tree->feature are known to be constant in it. */
struct node {
    size_t in_begin, in_end, out_begin, out_end, constant;
};

/* Where values are found: feature j of row i is value[i across + j down]. */
struct view {
    const uint16_t *value;
    size_t across, down;
    const int32_t *label;
    const float *times;
};

/* A tree while it grows, and its votes. */
struct tree {
    /* The votes: leaf[i] is row i's leaf, -1 if i was in the sample; the shares
     * of leaf l are share[first[l]] .. share[first[l + 1] - 1]. */
    _Alignas(64) int32_t *leaf; /* threads share no cache line of a tree */
    struct class_share *share;  /* n: no more than rows in the sample */
    size_t share_count;
    size_t *first; /* n + 1 */
    size_t first_count;
    /* Scratch. */
    int32_t *inside, *outside; /* rows, partitioned; in a patch its own */
    int32_t *moved;            /* n: rows that go to the right */
    float *times;              /* n: copies of a row in the sample x weight */
    int32_t *feature;          /* d, a permutation; constant ones in front */
    /* The node's rows side by side: a feature's values, times; run r, of one
     * class, ends before place end[r] and weighs total[r]; both k. */
    uint16_t *value;
    float *mass;
    size_t *end;
    double *total;
    struct view view;     /* of all rows, or of those of the patch */
    size_t patch_end;     /* where they end in `inside`; 0: there is no patch */
    uint16_t *patch;      /* its rows x stride */
    uint16_t *low, *high; /* stride: ranges of the node's rows, in a patch */
    int32_t *few; /* rows of the patch x WN_SIMD_LANES: values of the queue */
    int32_t *patch_label;
    float *patch_times;
    struct node *stack;
    size_t depth, capacity;
    struct wn_random random;
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

static void tree_new(struct tree *tree, const struct forest *forest,
                     struct wn_arena *own)
{
    const size_t n = forest->sample->n, d = forest->sample->d;
    const size_t k = forest->sample->k;
    const size_t stride = forest->stride, rows = forest->patch;

    tree->leaf = wn_arena_spill(own, sizeof *tree->leaf, n, 1);
    tree->share = wn_arena_spill(own, sizeof *tree->share, n, 1);
    tree->first = wn_arena_spill(own, sizeof *tree->first, n + 1, 1);
    tree->inside = wn_arena_spill(own, sizeof *tree->inside, n, 1);
    tree->outside = wn_arena_spill(own, sizeof *tree->outside, n, 1);
    tree->times = wn_arena_spill(own, sizeof *tree->times, n, 1);
    tree->feature = wn_arena_new(own, sizeof *tree->feature, d, 1);
    tree->moved = wn_arena_spill(own, sizeof *tree->moved, n, 1);
    tree->value = wn_arena_spill(own, sizeof *tree->value, n, 1);
    tree->mass = wn_arena_spill(own, sizeof *tree->mass, n, 1);
    tree->patch = wn_arena_new(own, sizeof *tree->patch, rows, stride);
    tree->low = wn_arena_new(own, sizeof *tree->low, stride, 1);
    tree->high = wn_arena_new(own, sizeof *tree->high, stride, 1);
    tree->few = wn_arena_new(own, sizeof *tree->few, rows, WN_SIMD_LANES);
    tree->patch_label = wn_arena_new(own, sizeof(int32_t), rows, 1);
    tree->patch_times = wn_arena_new(own, sizeof(float), rows, 1);
    tree->end = wn_arena_new(own, sizeof *tree->end, k, 1);
    tree->total = wn_arena_new(own, sizeof *tree->total, k, 1);
}

double wn_trees_bytes(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    /* leaf, inside, outside, moved, times, mass, value, share, first. */
    const double row = 4 * sizeof(int32_t) + 2 * sizeof(float) +
                       sizeof(uint16_t) + sizeof(struct class_share) +
                       sizeof(size_t);
    const double tree = row * n + 8 * d + 16 * (double)sample->k + PATCH +
                        4.0 * (WN_SIMD_LANES + 2) * PATCH_ROWS;

    return 2 * n * d + 4 * n + BATCH * tree;
}

WN_MULTIVERSION static void find_range(const uint16_t *value, size_t count,
                                       uint16_t *low, uint16_t *high)
{
    uint16_t min = UINT16_MAX, max = 0;

    for (size_t r = 0; r < count; r++) {
        min = value[r] < min ? value[r] : min;
        max = value[r] > max ? value[r] : max;
    }
    *low = min;
    *high = max;
}

/* What lies at or below a threshold: its weight, the sum of its squared class
 * weights, and that of class weights there times those of the node. */
struct side {
    double all, square, cross;
};

WN_MULTIVERSION static struct side weigh_left(const struct tree *tree,
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

/* Take a split if it is the best so far. Gini: the higher
 * sum_c left_c^2/left + sum_c right_c^2/right, the purer. With t the node's
 * class weights, sum right_c^2 = sum t_c^2 - 2 sum t_c left_c + sum left_c^2.
 */
static void consider_split(const struct content *content, struct side left,
                           int32_t feature, uint16_t threshold,
                           struct split *best)
{
    const double right = content->all - left.all;
    const double right2 = content->square - 2 * left.cross + left.square;
    const double gain = (left.all > 0 ? left.square / left.all : 0) +
                        (right > 0 ? right2 / right : 0);

    if (gain > best->gain)
        *best = (struct split){feature, threshold, gain};
}

/* The ranges of all features over a node's rows in the patch. */
WN_MULTIVERSION static void find_ranges(const struct forest *forest,
                                        struct tree *tree,
                                        const struct node *node)
{
    for (size_t j = 0; j < forest->sample->d; j += CELLS) {
        uint16_t min[CELLS], max[CELLS];

        memset(min, 255, sizeof min);
        memset(max, 0, sizeof max);
        for (size_t r = node->in_begin; r < node->in_end; r++) {
            const uint16_t *value =
                tree->patch + (size_t)tree->inside[r] * forest->stride + j;

#pragma omp simd
            for (size_t l = 0; l < CELLS; l++) {
                min[l] = value[l] < min[l] ? value[l] : min[l];
                max[l] = value[l] > max[l] ? value[l] : max[l];
            }
        }
        memcpy(tree->low + j, min, sizeof min);
        memcpy(tree->high + j, max, sizeof max);
    }
}

/* Splits that wait to be evaluated together. */
struct queue {
    size_t count;
    int32_t feature[WN_SIMD_LANES], threshold[WN_SIMD_LANES];
};

/* As weigh_left(), a split to a lane. */
WN_MULTIVERSION static void weigh_few(const struct tree *tree, size_t runs,
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

/* Evaluate the queue, in its order. */
static void consider_queue(const struct forest *forest, struct tree *tree,
                           const struct node *node,
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
        consider_split(content, side[s], queue->feature[s],
                       (uint16_t)queue->threshold[s], best);
    queue->count = 0;
}

/* The best of `candidates` features, each with a random threshold; false when
 * there is none. In a patch splits are queued and evaluated together. Features
 * found constant move to the front, where the children skip them. */
static bool choose_split(const struct forest *forest, struct tree *tree,
                         struct node *node, const struct content *content,
                         struct split *best)
{
    const int32_t *row = tree->inside + node->in_begin;
    const size_t rows = node->in_end - node->in_begin;
    size_t tried = 0, end = forest->sample->d;
    struct queue queue = {0};

    *best = (struct split){-1, 0, -DBL_MAX};
    if (tree->patch_end)
        find_ranges(forest, tree, node);
    while (tried < forest->candidates && end > node->constant) {
        const size_t at =
            node->constant +
            (size_t)wn_random_below(&tree->random, end - node->constant);
        const int32_t feature = tree->feature[at];
        uint16_t low, high;

        if (tree->patch_end) {
            low = tree->low[feature];
            high = tree->high[feature];
        } else {
            const uint16_t *value =
                tree->view.value + (size_t)feature * tree->view.down;

            for (size_t r = 0; r < rows; r++)
                tree->value[r] = value[row[r]];
            find_range(tree->value, rows, &low, &high);
        }
        if (low >= high) {
            tree->feature[at] = tree->feature[node->constant];
            tree->feature[node->constant++] = feature;
            continue;
        }
        tried++;
        end--;
        tree->feature[at] = tree->feature[end];
        tree->feature[end] = feature;
        const uint16_t threshold =
            (uint16_t)(low +
                       wn_random_below(&tree->random, (uint64_t)(high - low)));
        if (tree->patch_end) {
            queue.feature[queue.count] = feature;
            queue.threshold[queue.count++] = threshold;
            if (queue.count == WN_SIMD_LANES)
                consider_queue(forest, tree, node, content, &queue, best);
        } else {
            consider_split(content, weigh_left(tree, content->runs, threshold),
                           feature, threshold, best);
        }
    }
    if (queue.count)
        consider_queue(forest, tree, node, content, &queue, best);
    return best->feature >= 0;
}

/* Move rows at or below the threshold to the front; both parts keep their
 * order. Returns where the second starts. */
static size_t partition(int32_t *row, size_t begin, size_t end,
                        const uint16_t *value, size_t across,
                        uint16_t threshold, int32_t *scratch)
{
    size_t kept = begin, moved = 0;

    /* The side is unpredictable: arithmetic instead of a branch. */
    for (size_t r = begin; r < end; r++) {
        const int32_t i = row[r];
        const bool left = value[(size_t)i * across] <= threshold;

        row[kept] = i;
        scratch[moved] = i;
        kept += left;
        moved += !left;
    }
    memcpy(row + kept, scratch, moved * sizeof *row);
    return kept;
}

static void push(struct tree *tree, struct node node)
{
    wn_grow(&tree->stack, &tree->capacity, tree->depth + 1,
            sizeof *tree->stack);
    tree->stack[tree->depth++] = node;
}

static void leave_patch(const struct forest *forest, struct tree *tree)
{
    tree->patch_end = 0;
    tree->view = (struct view){.value = forest->column,
                               .across = 1,
                               .down = forest->sample->n,
                               .label = forest->sample->label,
                               .times = tree->times};
}

/* A row in even steps. */
WN_MULTIVERSION static void round_row(const float *x, const double *low,
                                      const double *scale, size_t d,
                                      uint16_t *out)
{
#pragma omp simd
    for (size_t j = 0; j < d; j++)
        out[j] = (uint16_t)(int32_t)(((double)x[j] - low[j]) * scale[j] + 0.5);
}

/* Copy the node to a patch if it is the first with few rows; leave the patch if
 * the node is beyond it: subtrees are grown whole, one after the other. */
static void enter_node(const struct forest *forest, struct tree *tree,
                       const struct node *node)
{
    const struct wn_sample *sample = forest->sample;
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

        round_row(sample->x + i * sample->d, forest->low, forest->scale,
                  sample->d, tree->patch + r * forest->stride);
        tree->patch_label[r] = sample->label[i];
        tree->patch_times[r] = tree->times[i];
        *row = (int32_t)r;
    }
    tree->patch_end = node->in_end;
    tree->view = (struct view){.value = tree->patch,
                               .across = forest->stride,
                               .down = 1,
                               .label = tree->patch_label,
                               .times = tree->patch_times};
}

/* Split the node on top of the stack or make it a leaf. */
static void grow_node(const struct forest *forest, struct tree *tree)
{
    struct node node = tree->stack[--tree->depth];
    struct split split;

    /* Without outside rows nobody reads the leaf. */
    if (node.out_begin == node.out_end)
        return;
    enter_node(forest, tree, &node);
    /* Copy the node's rows side by side and sum up their classes. */
    const int32_t *row = tree->inside + node.in_begin;
    const size_t rows = node.in_end - node.in_begin;
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
    if (content.classes <= 1 ||
        node.in_end - node.in_begin < forest->min_rows ||
        !choose_split(forest, tree, &node, &content, &split)) {
        for (size_t run = 0; run < content.runs; run++)
            if (tree->total[run] > 0) {
                const size_t r = node.in_begin + tree->end[run] - 1;

                tree->share[tree->share_count++] = (struct class_share){
                    tree->view.label[tree->inside[r]],
                    (float)(tree->total[run] / content.all)};
            }
        for (size_t r = node.out_begin; r < node.out_end; r++)
            tree->leaf[tree->outside[r]] = (int32_t)tree->first_count;
        tree->first[++tree->first_count] = tree->share_count;
        return;
    }
    const size_t feature = (size_t)split.feature;
    const size_t in =
        partition(tree->inside, node.in_begin, node.in_end,
                  tree->view.value + feature * tree->view.down,
                  tree->view.across, split.threshold, tree->moved);
    const size_t out = partition(tree->outside, node.out_begin, node.out_end,
                                 forest->column + feature * forest->sample->n,
                                 1, split.threshold, tree->moved);
    push(tree,
         (struct node){in, node.in_end, out, node.out_end, node.constant});
    push(tree,
         (struct node){node.in_begin, in, node.out_begin, out, node.constant});
}

/* Draw the sample of tree `number` and grow it. */
static void grow_tree(const struct forest *forest, struct tree *tree,
                      size_t number)
{
    const struct wn_sample *sample = forest->sample;
    const size_t n = sample->n, units = sample->group ? sample->groups : n;
    const size_t draws = (size_t)ceil(forest->share * (double)units);
    struct node root = {0};

    /* Copies of a row count once as a row and in `times`. tree->leaf is the
     * count of draws per unit until rows use it. */
    wn_random_start(&tree->random, sample->seed, WN_RANDOM_TREES, number, 0);
    memset(tree->times, 0, n * sizeof *tree->times);
    memset(tree->leaf, 0, n * sizeof *tree->leaf);
    for (size_t u = 0; u < draws; u++)
        tree->leaf[wn_random_below(&tree->random, units)]++;
    for (size_t r = 0; r < n; r++) {
        const size_t i = (size_t)forest->order[r];
        const size_t unit = sample->group ? (size_t)sample->group[i] : i;
        const float weight = sample->weight ? sample->weight[i] : 1;

        if (tree->leaf[unit] && sample->label[i] >= 0) {
            tree->times[i] = (float)tree->leaf[unit] * weight;
            tree->inside[root.in_end++] = (int32_t)i;
        } else {
            tree->outside[root.out_end++] = (int32_t)i;
        }
    }
    for (size_t i = 0; i < n; i++)
        tree->leaf[i] = -1;
    leave_patch(forest, tree);
    for (size_t j = 0; j < sample->d; j++)
        tree->feature[j] = (int32_t)j;
    tree->share_count = tree->first_count = 0;
    tree->first[0] = 0;
    push(tree, root);
    while (tree->depth)
        grow_node(forest, tree);
}

/* Round the features to even steps, column by column, from as many rows at a
 * time as stay in a cache. Fills forest->low and ->scale. */
static void round_features(const struct forest *forest, uint16_t *column)
{
    const float *x = forest->sample->x;
    const size_t n = forest->sample->n, d = forest->sample->d;
    const size_t fit = ROUND_CELLS / d;
    const size_t step = fit > ROUND_ROWS ? fit : ROUND_ROWS;
    float *low = wn_new(d, sizeof *low), *high = wn_new(d, sizeof *high);

#pragma omp parallel num_threads(forest->sample->threads)
    {
        const size_t teams = (size_t)omp_get_num_threads();
        const size_t own = (size_t)omp_get_thread_num();
        const size_t begin = d * own / teams, end = d * (own + 1) / teams;

        for (size_t j = begin; j < end; j++)
            low[j] = high[j] = x[j];
        for (size_t i = 1; i < n; i++)
            for (size_t j = begin; j < end; j++) {
                const float value = x[i * d + j];

                low[j] = value < low[j] ? value : low[j];
                high[j] = value > high[j] ? value : high[j];
            }
        for (size_t j = begin; j < end; j++) {
            const double range = (double)high[j] - (double)low[j];

            forest->low[j] = (double)low[j];
            forest->scale[j] = range > 0 ? STEPS / range : 0;
        }
        for (size_t first = 0; first < n; first += step)
            for (size_t j = begin; j < end; j++) {
                const size_t last = n - first < step ? n : first + step;
                const double shift = forest->low[j], scale = forest->scale[j];

                for (size_t i = first; i < last; i++)
                    column[j * n + i] =
                        (uint16_t)(((double)x[i * d + j] - shift) * scale +
                                   0.5);
            }
    }
    free(low);
    free(high);
}

/* Trees and their votes, in order. */
struct grove {
    const struct forest *forest;
    struct tree *trees; /* BATCH */
    float *probability;
    size_t begin, end; /* the rows whose votes are counted here */
};

/* Add the votes of `count` trees: rows in parallel, the trees of a row in
 * order. */
static void add_votes(const struct grove *grove, const struct tree *trees,
                      size_t count)
{
    const struct wn_sample *sample = grove->forest->sample;
    const size_t k = sample->k;

#pragma omp parallel for schedule(static) num_threads(sample->threads)
    for (size_t i = grove->begin; i < grove->end; i++)
        for (size_t t = 0; t < count; t++) {
            const struct tree *tree = &trees[t];
            const int32_t l = tree->leaf[i];
            const size_t end = l < 0 ? 0 : tree->first[l + 1];

            for (size_t s = l < 0 ? 0 : tree->first[l]; s < end; s++)
                grove->probability[i * k + (size_t)tree->share[s].label] +=
                    tree->share[s].part;
        }
}

/* The unit of a tree: first[] and its end, the shares, leaf[]. */
static int compute_tree(void *context, size_t t, struct wn_text *out,
                        struct wn_error *error)
{
    const struct grove *grove = context;
    struct tree *tree = &grove->trees[omp_get_thread_num()];

    (void)error;
    grow_tree(grove->forest, tree, t);
    wn_text_add(out, (const char *)&tree->first_count, sizeof(size_t));
    wn_text_add(out, (const char *)tree->first,
                (tree->first_count + 1) * sizeof *tree->first);
    wn_text_add(out, (const char *)tree->share,
                tree->share_count * sizeof *tree->share);
    wn_text_add(out, (const char *)tree->leaf,
                grove->forest->sample->n * sizeof *tree->leaf);
    return 0;
}

static int use_tree(void *context, size_t t, const char *bytes, size_t length)
{
    const struct grove *grove = context;
    const size_t n = grove->forest->sample->n, k = grove->forest->sample->k;
    const size_t rows = n * sizeof(int32_t), size = sizeof(size_t);
    struct tree tree = {0};

    (void)t;
    if (length < rows + 2 * size)
        return -1;
    memcpy(&tree.first_count, bytes, size);
    if (tree.first_count > (length - rows) / size - 2)
        return -1;
    tree.first = (size_t *)(bytes + size);
    tree.share = (struct class_share *)(tree.first + tree.first_count + 1);
    tree.leaf = (int32_t *)(bytes + length - rows);
    tree.share_count =
        (size_t)((char *)tree.leaf - (char *)tree.share) / sizeof *tree.share;
    if ((char *)(tree.share + tree.share_count) != (char *)tree.leaf ||
        tree.first[tree.first_count] != tree.share_count)
        return -1;
    for (size_t l = 0; l < tree.first_count; l++)
        if (tree.first[l] > tree.first[l + 1])
            return -1;
    for (size_t s = 0; s < tree.share_count; s++)
        if (tree.share[s].label < 0 || (size_t)tree.share[s].label >= k ||
            !(tree.share[s].part >= 0 && tree.share[s].part <= 1))
            return -1;
    for (size_t i = 0; i < n; i++)
        if (tree.leaf[i] < -1 || tree.leaf[i] >= (int64_t)tree.first_count)
            return -1;
    add_votes(grove, &tree, 1);
    return 0;
}

/* Take the trees from the units of the sample; each rank of a team counts the
 * votes of its rows. */
static int vote_by_units(const struct grove *grove, size_t trees,
                         struct wn_error *error)
{
    const struct wn_sample *sample = grove->forest->sample;
    const size_t n = sample->n, k = sample->k;
    const size_t ranks = wn_units_ranks(sample->units);
    char stage[WN_UNITS_STAGE];

    snprintf(stage, sizeof stage, "trees %u", (unsigned)sample->pass);
    const struct wn_units_job job = {
        .stage = stage,
        .count = trees,
        .longest = sizeof(size_t) * (n + 2) +
                   n * (sizeof(struct class_share) + sizeof(int32_t)),
        .first = 3,
        .threads = sample->threads < BATCH ? sample->threads : BATCH,
        .context = (void *)grove,
        .compute = compute_tree,
        .use = use_tree};
    const int status = wn_units_run(sample->units, &job, error);
    for (size_t r = 0; status == 0 && r < ranks; r++)
        wn_units_share(sample->units, grove->probability + n * r / ranks * k,
                       (n * (r + 1) / ranks - n * r / ranks) * k *
                           sizeof *grove->probability,
                       r);
    return status;
}

int wn_trees(const struct wn_sample *sample,
             const struct wn_trees_options *options, float *probability,
             struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, k = sample->k;
    struct wn_arena own = {0};
    uint16_t *column = wn_arena_spill(&own, sizeof *column, n, d);
    int32_t *order = wn_arena_spill(&own, sizeof *order, n, 1);
    size_t *begin = wn_arena_new(&own, sizeof *begin, k + 1, 1);
    struct forest forest = {.sample = sample,
                            .candidates = options->candidates,
                            .min_rows = options->min_rows,
                            .share = options->share,
                            .low = wn_arena_new(&own, sizeof *forest.low, d, 1),
                            .scale =
                                wn_arena_new(&own, sizeof *forest.scale, d, 1),
                            .column = column,
                            .order = order};
    struct tree trees[BATCH] = {0};
    const double even = 1.0 / (double)k;

    wn_order_by_bucket(sample->label, n, k, begin, order);
    if (forest.candidates == 0)
        forest.candidates = (size_t)lrint(sqrt((double)d));
    /* From row to row of a patch an odd number of cache lines, so that a
     * column's values do not fall into the same cache set. */
    forest.stride = ((d + 31) / 32 | 1) * 32;
    forest.patch = PATCH / (forest.stride * sizeof(uint16_t));
    if (forest.patch > PATCH_ROWS)
        forest.patch = PATCH_ROWS;
    for (size_t t = 0; t < BATCH; t++)
        tree_new(&trees[t], &forest, &own);
    round_features(&forest, column);
    memset(probability, 0, n * k * sizeof *probability);
    const size_t ranks = wn_units_ranks(sample->units);
    const size_t rank = wn_units_rank(sample->units);
    const struct grove grove = {&forest, trees, probability, n * rank / ranks,
                                n * (rank + 1) / ranks};
    const int status =
        sample->units ? vote_by_units(&grove, options->trees, error) : 0;
    for (size_t first = 0; !sample->units && first < options->trees;
         first += BATCH) {
        const size_t left = options->trees - first;
        const size_t count = left < BATCH ? left : BATCH;

        wn_log_progress(sample->log, "trees", first, options->trees);
#pragma omp parallel for schedule(dynamic) num_threads(sample->threads)
        for (size_t t = 0; t < count; t++)
            grow_tree(&forest, &trees[t], first + t);
        add_votes(&grove, trees, count);
    }
    wn_log_progress(sample->log, "trees", options->trees, options->trees);
    /* One even vote more, and each row's votes as shares of their sum. */
#pragma omp parallel for schedule(static) num_threads(sample->threads)
    for (size_t i = 0; i < n; i++) {
        float *row = probability + i * k;
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += (double)row[c] + even;
        for (size_t c = 0; c < k; c++)
            row[c] = (float)(((double)row[c] + even) / sum);
    }
    for (size_t t = 0; t < BATCH; t++)
        free(trees[t].stack);
    wn_arena_free(&own);
    return status;
}
