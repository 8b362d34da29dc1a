/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report and render: an audit of six rows, all numbers by hand; names that try
 * to control the terminal; audit files whose parts do not fit. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "array/hdf5.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "render/render.h"

enum { N = 6, K = 3, M = 2, C = 3 };

/* What is different about an audit. */
struct variant {
    enum wn_stage stage; /* the last one that is there */
    const char *source, *label_column;
    const char *class_name[K];
    const char *id;               /* N bytes, one a row */
    const char *issues, *actions; /* the attributes `names` */
    int64_t order[N];
    int32_t suggestion[N], neighbor[N * M];
    uint32_t issue[N];
    uint8_t action[N], reason[N];
    double rate[3];
    double claim; /* its attribute; 0: an audit without */
    uint64_t hash[N];
    const char *options; /* of flag */
    size_t near;         /* members of sets of near duplicates */
    int64_t near_row[4], near_partner[4];
    int32_t near_set[4];
};

/* clang-format off */
static const struct variant plain = {
    .stage = WN_FLAGS,
    .source = "folder/pets.csv",
    .label_column = "pet",
    .class_name = {"cat", "dog", "\xc3\xa5l"},
    .id = "abcdef",
    .issues = "label,duplicate,outlier",
    .actions = "keep,review,relabel,drop",
    .order = {2, 0, 1, 3, 4, 5},
    .suggestion = {-1, -1, 0, -1, -1, -1},
    .neighbor = {1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4},
    .issue = {2, 2, 1, 0, 0, 0},
    .action = {0, 3, 2, 0, 0, 0},
    .reason = {2, 0, 1, 2, 2, 2},
    .rate = {1.0 / 6, 0.05, 0.4},
    .hash = {1, 1, 2, 3, 4, 0xfedcba9876543210},
    .options = ""};
/* clang-format on */

static char path[] = "/tmp/winnow-report.XXXXXX";

static void must(int failed, const struct wn_error *error)
{
    if (failed)
        fail_msg("%s", error->text);
}

static void put(struct wn_audit_writer *writer, const char *name,
                enum wn_type type, size_t a, size_t b, const void *content)
{
    struct wn_error error = {0};

    must(wn_audit_write(writer, name, type, (size_t[3]){a, b, 0}, content,
                        &error),
         &error);
}

static void put_text(struct wn_audit_writer *writer, const char *name,
                     const char *attribute, const char *text)
{
    struct wn_error error = {0};

    must(wn_audit_write_text(writer, name, attribute, text, &error), &error);
}

static void put_number(struct wn_audit_writer *writer, const char *name,
                       const char *attribute, double number)
{
    struct wn_error error = {0};

    must(wn_audit_write_number(writer, name, attribute, number, &error),
         &error);
}

static void put_data(struct wn_audit_writer *writer,
                     const struct variant *variant)
{
    static const int32_t label[N] = {0, 0, 1, 1, 2, -1};
    static const uint64_t line[N] = {2, 3, 5, 6, 7, 8};
    static const uint64_t offset[N + 1] = {4, 8, 12, 18, 22, 26, 30};
    static const uint64_t id_offset[N + 1] = {0, 1, 2, 3, 4, 5, 6};
    static const char *const column[C] = {"legs", "pet", "name"};
    static const char *const kind[C] = {"numeric", "label", "id"};
    static const char *const rule[1] = {"missing"};
    static const uint64_t none[C], missing[C] = {1, 1, 0}, many[C] = {3, 3, 6};
    const double low[C] = {0.1, NAN, NAN}, high[C] = {4, NAN, NAN};
    static const float features[N] = {4, 4, 4, 3, 0, 0.1f};
    struct wn_error error = {0};

    put_text(writer, "data", "source", variant->source);
    put_text(writer, "data", "source_digest", "00");
    put_text(writer, "data", "label_column", variant->label_column);
    put_number(writer, "data", "source_size", 30);
    put(writer, "data/features", WN_F32, N, 1, features);
    put(writer, "data/label", WN_I32, N, 0, label);
    must(wn_audit_write_names(writer, "data/label_name", variant->class_name, K,
                              &error),
         &error);
    put(writer, "data/id", WN_U8, N, 0, variant->id);
    put(writer, "data/id_offset", WN_U64, N + 1, 0, id_offset);
    put(writer, "data/row_offset", WN_U64, N + 1, 0, offset);
    put(writer, "data/row_line", WN_U64, N, 0, line);
    put(writer, "data/row_hash", WN_U64, N, 0, variant->hash);
    must(wn_audit_write_names(writer, "data/column/name", column, C, &error),
         &error);
    must(wn_audit_write_names(writer, "data/column/kind", kind, C, &error),
         &error);
    put(writer, "data/column/missing", WN_U64, C, 0, missing);
    put(writer, "data/column/invalid", WN_U64, C, 0, none);
    put(writer, "data/column/distinct", WN_U64, C, 0, many);
    put(writer, "data/column/min", WN_F64, C, 0, low);
    put(writer, "data/column/max", WN_F64, C, 0, high);
    put(writer, "data/defect/row", WN_I64, 2, 0, (int64_t[]){5, 4});
    put(writer, "data/defect/column", WN_I32, 2, 0, (int32_t[]){1, 0});
    put(writer, "data/defect/rule", WN_I32, 2, 0, (int32_t[]){0, 0});
    must(wn_audit_write_names(writer, "data/defect/rule_name", rule, 1, &error),
         &error);
}

static void put_scores(struct wn_audit_writer *writer,
                       const struct variant *variant)
{
    static const float probability[N * K] = {
        0.8f, 0.1f, 0.1f, 0.7f, 0.2f, 0.1f, 0.9f, 0.05f, 0.05f,
        0.1f, 0.8f, 0.1f, 0.2f, 0.2f, 0.6f, 0.3f, 0.3f,  0.4f};
    static const float distance[N * M] = {0.5f, 1, 0.5f, 1, 1, 1,
                                          1,    2, 1,    2, 2, 2};
    static const float edge[N] = {0.1f, 0.2f, 1.25f, 0.1f, 0.3f, 0};
    static const float spread[N] = {0, 0, 0.5f, 0, 0, 0};
    static const float flat[N] = {1, 1, 1, 1, 1, 1};

    put(writer, "score/probability", WN_F32, N, K, probability);
    put(writer, "score/neighbor/index", WN_I32, N, M, variant->neighbor);
    put(writer, "score/neighbor/distance", WN_F32, N, M, distance);
    put(writer, "score/edge", WN_F32, N, 0, edge);
    put(writer, "score/edge_std", WN_F32, N, 0, spread);
    put(writer, "score/flat", WN_F32, N, 0, flat);
}

static void put_flags(struct wn_audit_writer *writer,
                      const struct variant *variant)
{
    static const float suspicion[N] = {0.1f, 0.1f, 0.97f, 0.05f, 0.01f, 0};
    static const float quality[N] = {0.8f, 0.7f, 0.05f, 0.8f, 0.6f, 1};
    static const double threshold[K] = {0.75, 0.425, 2};
    static const double joint[K * K] = {0.4, 0, 0, 0.2, 0.2, 0, 0, 0, 0.2};
    static const int64_t counts[] = {1, 2, 0, 3};
    static const int64_t confident[K * K] = {2, 0, 0, 1, 1, 0, 0, 0, 1};
    static const double noise[K * K] = {0.75, 0, 0, 0.25, 1, 0, 0, 0, 1};
    static const double inverse[K * K] = {1, 0.5, 0, 0, 0.5, 0, 0, 0, 1};
    /* 1 - (.5 .5 + .75 .5) */
    static const double neighbor[K * K] = {0.5, 0.25, 0, 0.5, 0.75, 0, 0, 0, 1};
    static const double prior[K] = {0.5, 0.5, 0};

    put(writer, "flag/issue", WN_U32, N, 0, variant->issue);
    put_text(writer, "flag/issue", "names", variant->issues);
    put_text(writer, "flag/issue", "ran", "label,duplicate");
    put(writer, "flag/suspicion", WN_F32, N, 0, suspicion);
    put(writer, "flag/label_quality", WN_F32, N, 0, quality);
    put(writer, "flag/order", WN_I64, N, 0, variant->order);
    put(writer, "flag/suggestion", WN_I32, N, 0, variant->suggestion);
    put(writer, "flag/action", WN_U8, N, 0, variant->action);
    put_text(writer, "flag/action", "names", variant->actions);
    put(writer, "flag/reason", WN_U8, N, 0, variant->reason);
    put_text(writer, "flag/reason", "names", "duplicate,better_label,nothing");
    float distance[4] = {0};
    struct wn_near_sets near = {.rows = variant->near,
                                .row = (int64_t *)variant->near_row,
                                .set = (int32_t *)variant->near_set,
                                .partner = (int64_t *)variant->near_partner,
                                .distance = distance};
    struct wn_error near_error = {0};
    must(wn_near_sets_write(&near, writer, &near_error), &near_error);
    put(writer, "flag/noise/threshold", WN_F64, K, 0, threshold);
    put(writer, "flag/noise/posterior_joint", WN_F64, K, K, joint);
    put(writer, "flag/noise/confident_joint", WN_I64, K, K, confident);
    put(writer, "flag/noise/noise_matrix", WN_F64, K, K, noise);
    put(writer, "flag/noise/inverse_noise_matrix", WN_F64, K, K, inverse);
    put(writer, "flag/noise/neighbor_matrix", WN_F64, K, K, neighbor);
    put(writer, "flag/noise/neighbor_prior", WN_F64, K, 0, prior);
    put(writer, "flag/noise/issue_counts", WN_I64, 4, 0, counts);
    put_number(writer, "flag/noise/issue_counts", "health", 0.8);
    put(writer, "flag/noise/rate", WN_F64, 3, 0, variant->rate);
    if (variant->claim > 0) {
        put_number(writer, "flag/noise/rate", "claim", variant->claim);
        put_number(writer, "flag/noise/rate", "gain", 0.25);
        put_number(writer, "flag/noise/rate", "gain_sd", 0.03125);
        put_number(writer, "flag/noise/rate", "overlap_weight", 0.75);
    }
}

/* Write the stages of `variant` to `path`, one upon the other. */
static void write_audit(const struct variant *variant)
{
    static void (*const fill[])(struct wn_audit_writer *,
                                const struct variant *) = {put_data, put_scores,
                                                           put_flags};
    struct wn_error error = {0};

    unlink(path); /* an earlier variant may have been read */
    for (enum wn_stage stage = WN_DATA; stage <= variant->stage; stage++) {
        struct wn_audit *from = NULL;

        if (stage > WN_DATA) {
            from = wn_audit_open(path, stage - 1, &error);
            must(!from, &error);
        }
        unlink(path); /* what was read is not replaced */
        struct wn_audit_writer *writer =
            wn_audit_create(path, true, from, stage, &error);
        must(!writer, &error);
        fill[stage](writer, variant);
        must(wn_audit_provenance(
                 writer, "test", stage == WN_FLAGS ? variant->options : "",
                 from ? wn_audit_digest(from, stage - 1) : "00", &error),
             &error);
        must(wn_audit_finish(writer, &error), &error);
        wn_audit_close(from);
    }
}

/* The report on a variant, in one of the forms; free(). */
static char *
render_variant(const struct variant *variant, struct wn_report *report,
               void (*form)(const struct wn_report *, struct wn_text *))
{
    struct wn_error error = {0};
    struct wn_text text = {0};

    write_audit(variant);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit, &error);
    must(wn_report_load(report, audit, &error), &error);
    form(report, &text);
    wn_report_free(report);
    wn_audit_close(audit);
    return text.bytes;
}

static char *explain_variant(const struct variant *variant,
                             struct wn_report *report, const char *row,
                             void (*form)(const struct wn_report *,
                                          const struct wn_explanation *, size_t,
                                          struct wn_text *))
{
    struct wn_error error = {0};
    struct wn_text text = {0};
    struct wn_explanation explanation;
    size_t i;

    write_audit(variant);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit, &error);
    must(wn_report_load(report, audit, &error), &error);
    must(wn_explain_find_row(report, row, &i, &error), &error);
    must(wn_explain_load(&explanation, report, audit, i, &error), &error);
    form(report, &explanation, 1, &text);
    wn_explain_free(&explanation);
    wn_report_free(report);
    wn_audit_close(audit);
    return text.bytes;
}

/* A report as `report x.h5` makes it. */
static struct wn_report report_options(void)
{
    return (struct wn_report){.program = "report", .file = "x.h5"};
}

static void expect_text(char *found, const char *wanted)
{
    assert_string_equal(found, wanted);
    free(found);
}

static void text_report_is_complete(void **state)
{
    struct wn_report report = report_options();

    (void)state;
    expect_text(
        render_variant(&plain, &report, wn_text_report),
        "pets.csv: 6 rows, est. 16.7 % (5.0-40.0) wrong labels, 1 flagged\n"
        "\n"
        "  About 1 of 5 labels (16.7 %) are probably wrong; with 90 % "
        "confidence\n"
        "  between 0 and 2 (5.0 to 40.0 %). 1 row is flagged as suspect. Not "
        "every\n"
        "  suspect label is wrong, and some wrong labels are not flagged.\n"
        "\n"
        "Look at this first\n"
        "  ! 2 rows (33 %) are exact copies of earlier rows. A model that is "
        "tested on\n"
        "    copies of its training rows looks better than it is.\n"
        "\n"
        "Next\n"
        "  decide row by row           review x.h5\n"
        "  why, with its neighbours    report x.h5 --explain=2\n"
        "  every row with findings     report x.h5 --top=flagged\n"
        "  the rows worth keeping      prune x.h5 --source=FILE > "
        "clean.csv\n"
        "\n"
        "Most suspicious rows: 3 of 3 with findings\n"
        "  row  line  id  given  suggested  suspicion  scores  reasons\n"
        "    2     5  c   dog    cat            0.970  1 of 2  label\n"
        "    0     2  a   cat    -              0.100  0 of 2  duplicate\n"
        "    1     3  b   cat    -              0.100  0 of 2  duplicate\n"
        "  row counts from 0, line from 1. scores: how many of 2 methods also "
        "rank this\n"
        "  row among the 1 worst.\n"
        "\n"
        "What the checks found\n"
        "  check      rows  what it found\n"
        "  label         1  the label is probably wrong\n"
        "  duplicate     2  an exact copy of another row\n"
        "  outlier       -  was not run\n"
        "\n"
        "Proposed actions, in rows\n"
        "  keep 4, review 0, relabel 1, drop 1\n"
        "\n"
        "How noisy the labels are\n"
        "  class  rows  est. wrong  share  flagged\n"
        "  dog       2           -      -        1  too few rows to say\n"
        "  cat       2           -      -        0  too few rows to say\n"
        "  \xc3\xa5l        1           -      -        0  too few rows to "
        "say\n"
        "\n"
        "  given  looks like  flagged  est. wrong\n"
        "  dog    cat               1           1\n"
        "\n"
        "The data\n"
        "  6 rows, 1 feature, 3 classes in column pet.\n"
        "  1 row has no label.\n"
        "  2 missing and 0 invalid cells; --columns shows in which columns.\n"
        "\n"
        "Missing and invalid cells\n"
        "  rule     cells  first at line  in column\n"
        "  missing      2              7  legs\n");
}

static void text_report_of_unfinished_audits(void **state)
{
    struct wn_report report = {.program = "winnow-report", .file = "it's.h5"};
    struct variant variant = plain;

    (void)state;
    variant.stage = WN_DATA;
    expect_text(
        render_variant(&variant, &report, wn_text_report),
        "pets.csv: 6 rows, 3 classes, not scored yet\n"
        "\n"
        "Next\n"
        "  judge every label           winnow-score -i 'it'\\''s.h5'\n"
        "  decide which rows to see    winnow-flag -i 'it'\\''s.h5'\n"
        "\n"
        "The data\n"
        "  6 rows, 1 feature, 3 classes in column pet.\n"
        "  1 row has no label.\n"
        "  2 missing and 0 invalid cells.\n"
        "\n"
        "Missing and invalid cells\n"
        "  rule     cells  first at line  in column\n"
        "  missing      2              7  legs\n"
        "\n"
        "Columns\n"
        "  column  kind     missing  invalid  distinct  alone  values\n"
        "  legs    numeric        1        0         3      -  0.1 .. 4\n"
        "  pet     label          1        0         3      -  -\n"
        "  name    id             0        0         6      -  -\n");
    variant.stage = WN_SCORE;
    report = (struct wn_report){.program = "report"};
    char *text = render_variant(&variant, &report, wn_text_report);
    assert_non_null(strstr(text, "3 classes, not flagged yet\n"));
    assert_non_null(strstr(
        text,
        "\nNext, with the audit kept in a file "
        "(--output=FILE.h5)\n  decide which rows to see    flag -i FILE.h5\n"));
    assert_null(strstr(text, "Columns"));
    free(text);
}

static void claims_decide_what_is_said(void **state)
{
    static const struct {
        enum wn_claim_kind claim;
        const char *headline, *json;
        const char *rate_text;      /* below the headline */
        const char *labels, *found; /* of "How noisy" and of the checks */
        bool rate;                  /* is it a metric? */
    } cases[] = {
        {WN_CLAIM_OVERLAP,
         "pets.csv: 6 rows, 1 row to look at; the classes overlap, so between "
         "5 and 40 % of the labels may be wrong\n",
         "\"wrong\":{\"low\":0.05,\"high\":0.4,\"rate\":null,\"rows\":null},"
         "\"claim\":\"overlap\",\"gain\":0.25,"
         "\"overlap_weight\":0.75,",
         "  The classes overlap: rows with much the same features have "
         "different labels.\n"
         "  From features and labels alone, that looks like wrong labels, so "
         "between 0\n"
         "  and 2 of 5 labels (5 to 40 %) may be wrong. 1 row is flagged: a "
         "flag is a\n"
         "  reason to look at the row. Relabel and drop are proposed for no "
         "more labels\n"
         "  than are wrong at least. If you know which share is wrong, say so "
         "to flag\n"
         "  with --expect=RATE.\n",
         "\nHow noisy the labels are\n"
         "  Gain of the models over the class shares: 0.25 nats a row, "
         "standard error\n"
         "  0.031.\n"
         "  Weight of overlap, or of errors that follow the features, against "
         "evenly\n"
         "  spread errors: 0.75.\n"
         "  Other counts of wrong labels: confident learning 40.0 %, by the "
         "labels of\n"
         "  nearest rows alone 37.5 %.\n"
         "\n"
         "  class  rows  flagged\n"
         "  dog       2        1  too few rows to say\n"
         "  cat       2        0  too few rows to say\n"
         "  \xc3\xa5l        1        0  too few rows to say\n"
         "\n"
         "  given  looks like  flagged\n"
         "  dog    cat               1\n",
         "\nWhat the checks found\n"
         "  check      rows  what it found\n"
         "  label         1  the label looks wrong, but the classes overlap\n",
         false},
        {WN_CLAIM_NOTHING,
         "pets.csv: 6 rows, these features do not predict this label; how many "
         "labels are wrong cannot be told, 1 flagged\n",
         "\"wrong\":null,\"claim\":\"nothing\",\"gain\":0.25,",
         "  Models of these features predict the label no better than the "
         "shares "
         "of the\n"
         "  classes alone do. So they cannot tell a wrong label from a right "
         "one: the\n"
         "  flags say little, and how many are wrong cannot be told.\n",
         "\nHow noisy the labels are\n"
         "  Gain of the models over the class shares: 0.25 nats a row, "
         "standard error\n"
         "  0.031.\n",
         "\nWhat the checks found\n"
         "  check      rows  what it found\n"
         "  label         1  named by the rule; the features do not predict "
         "labels\n",
         false},
        {WN_CLAIM_EXPECTED,
         "pets.csv: 6 rows, expected 16.7 % (5-40) wrong labels, 1 flagged\n",
         "\"rows\":1},\"claim\":\"expected\",",
         "  You expect 16.7 % (5 to 40 %) of the labels to be wrong: about 1 "
         "of "
         "5. The\n"
         "  data did not estimate this share; the suspicions are scaled to it. "
         "1 row is\n"
         "  flagged as suspect. Not every suspect label is wrong, and some "
         "wrong labels\n"
         "  are not flagged.\n",
         "\nHow noisy the labels are\n", "\nWhat the checks found\n", true}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct variant variant = plain;
        struct wn_report report = report_options();

        variant.claim = cases[c].claim;
        report.verbose = true;
        char *text = render_variant(&variant, &report, wn_text_report);
        assert_memory_equal(text, cases[c].headline, strlen(cases[c].headline));
        assert_memory_equal(text + strlen(cases[c].headline) + 1,
                            cases[c].rate_text, strlen(cases[c].rate_text));
        assert_non_null(strstr(text, cases[c].labels));
        assert_non_null(strstr(text, cases[c].found));
        free(text);
        report = report_options();
        text = render_variant(&variant, &report, wn_json_report);
        assert_non_null(strstr(text, cases[c].json));
        /* The expected errors of a class are the sum of its suspicions. */
        if (cases[c].claim == WN_CLAIM_EXPECTED) {
            const char *dog =
                strstr(text, "\"f1\":0.6666666666666666,\"wrong\":1.02");

            assert_non_null(dog);
        }
        free(text);
        report = report_options();
        text = render_variant(&variant, &report, wn_prometheus_report);
        assert_int_equal(strstr(text, "winnow_wrong_ratio{") != NULL,
                         cases[c].rate);
        assert_int_equal(strstr(text, "winnow_wrong_ratio_low{") != NULL,
                         cases[c].claim != WN_CLAIM_NOTHING);
        assert_int_equal(strstr(text, "winnow_class_wrong_rows") != NULL,
                         cases[c].rate);
        free(text);
    }
}

static void json_line_by_line(void **state)
{
    struct wn_report report = report_options();

    (void)state;
    expect_text(
        render_variant(&plain, &report, wn_json_report),
        "{\"schema\":\"winnow-report/1\",\"content\":\"report\",\"version\":"
        "\"" PACKAGE_VERSION "\"}\n"
        "{\"record\":\"summary\",\"source\":\"pets.csv\",\"label\":\"pet\","
        "\"rows\":6,\"labelled\":5,\"features\":1,"
        "\"singular_evenness\":null,\"singular_ratio\":null,"
        "\"classes\":3,\"majority\":0.4,"
        "\"balanced_accuracy\":0.8333333333333334,\"missing\":2,"
        "\"invalid\":0,\"scored\":true,\"flagged\":true,\"kinds\":{},\"wrong\":"
        "{\"low\":0.05,\"high\":0.4,\"rate\":0.16666666666666666,"
        "\"rows\":1},"
        "\"claim\":\"noise\",\"gain\":null,\"overlap_weight\":null,"
        "\"confident_learning\":{\"off_diagonal\":1,"
        "\"off_diagonal_calibrated\":2,\"batched\":0,\"batched_calibrated\":3,"
        "\"health\":0.8,\"neighbor_rate\":0.375},"
        "\"mismatch\":null,\"flagged_rows\":3,\"label_rows\":1,\"issues\":{"
        "\"label\":1,"
        "\"duplicate\":2,\"outlier\":null},\"equal_by_chance\":null,"
        "\"equal_at_floor\":null,\"actions\":{\"keep\":4,"
        "\"review\":0,\"relabel\":1,\"drop\":1},\"reviews\":null}\n"
        "{\"record\":\"computed\",\"kernels\":null,\"epoch\":null,"
        "\"epochs\":null,\"neighbors\":2,\"metric\":null,\"method\":null,"
        "\"recall\":null,\"cells\":null,\"probe\":null,"
        "\"singular_entropy\":null}\n"
        "{\"record\":\"class\",\"class\":\"dog\",\"rows\":2,"
        "\"predicted\":1,\"recall\":0.5,\"precision\":1,"
        "\"f1\":0.6666666666666666,\"wrong\":1.02,\"label_rows\":1,\"too_few\":"
        "true,"
        "\"threshold\":0.425}\n"
        "{\"record\":\"class\",\"class\":\"cat\",\"rows\":2,"
        "\"predicted\":3,\"recall\":1,"
        "\"precision\":0.6666666666666666,\"f1\":0.8,\"wrong\":0.2,\"label_"
        "rows\":0,\"too_few\":true,"
        "\"threshold\":0.75}\n"
        "{\"record\":\"class\",\"class\":\"\\u00E5l\",\"rows\":1,"
        "\"predicted\":2,\"recall\":1,\"precision\":1,\"f1\":1,"
        "\"wrong\":0.01,\"label_rows\":0,\"too_few\":true,"
        "\"threshold\":null}\n"
        "{\"record\":\"pair\",\"given\":\"dog\",\"suggested\":\"cat\","
        "\"label_rows\":1,\"wrong\":1}\n"
        "{\"record\":\"confident\",\"given\":\"cat\",\"true\":\"cat\","
        "\"rows\":2,\"noise\":0.75,\"inverse_noise\":1}\n"
        "{\"record\":\"confident\",\"given\":\"dog\",\"true\":\"cat\","
        "\"rows\":1,\"noise\":0.25,\"inverse_noise\":0.5}\n"
        "{\"record\":\"confident\",\"given\":\"dog\",\"true\":\"dog\","
        "\"rows\":1,\"noise\":1,\"inverse_noise\":0.5}\n"
        "{\"record\":\"confident\",\"given\":\"\\u00E5l\",\"true\":"
        "\"\\u00E5l\",\"rows\":1,\"noise\":1,\"inverse_noise\":1}\n"
        "{\"record\":\"row\",\"row\":2,\"source_record\":2,\"line\":5,\"id\":"
        "\"c\",\"hash\":"
        "\"0000000000000002\",\"given\":\"dog\",\"rival\":\"cat\",\"rank\":1,"
        "\"suggested\":"
        "\"cat\",\"suspicion\":0.97,\"quality\":0.05,\"action\":\"relabel\","
        "\"kind\":null,"
        "\"issues\":[\"label\"],\"agree\":[\"edge\"],\"scores\":{\"edge\":"
        "1.25,\"edge_std\":0.5,\"flat\":1}}\n"
        "{\"record\":\"row\",\"row\":0,\"source_record\":0,\"line\":2,\"id\":"
        "\"a\",\"hash\":"
        "\"0000000000000001\",\"given\":\"cat\",\"rival\":\"dog\",\"rank\":2,"
        "\"suggested\":"
        "null,\"suspicion\":0.1,\"quality\":0.8,\"action\":\"keep\",\"kind\":"
        "null,"
        "\"issues\":[\"duplicate\"],\"agree\":[],\"scores\":{\"edge\":0.1,"
        "\"edge_std\":0,\"flat\":1}}\n"
        "{\"record\":\"row\",\"row\":1,\"source_record\":1,\"line\":3,\"id\":"
        "\"b\",\"hash\":"
        "\"0000000000000001\",\"given\":\"cat\",\"rival\":\"dog\",\"rank\":3,"
        "\"suggested\":"
        "null,\"suspicion\":0.1,\"quality\":0.7,\"action\":\"drop\",\"kind\":"
        "null,"
        "\"issues\":[\"duplicate\"],\"agree\":[],\"scores\":{\"edge\":0.2,"
        "\"edge_std\":0,\"flat\":1}}\n"
        "{\"complete\":true,\"lines\":15}\n");
}

#define HEAD                                                                   \
    "rank\trow\tline\tid\thash\tgiven\trival\tsuggested\t"                     \
    "suspicion\tquality\taction\tkind\tissues\tagree"

static void tsv_row_by_row(void **state)
{
    struct wn_report report = report_options();
    struct variant variant = plain;

    (void)state;
    expect_text(
        render_variant(&plain, &report, wn_tsv_report), HEAD
        "\tedge\tedge_std\tflat\trecord\n"
        "1\t2\t5\tc\t0000000000000002\tdog\tcat\tcat\t0.97\t0.05\trelabel\t\t"
        "label\tedge\t1.25\t0.5\t1\t2\n"
        "2\t0\t2\ta\t0000000000000001\tcat\tdog\t\t0.1\t0."
        "8\tkeep\t\tduplicate\t"
        "\t0.1\t0\t1\t0\n"
        "3\t1\t3\tb\t0000000000000001\tcat\tdog\t\t0.1\t0."
        "7\tdrop\t\tduplicate\t"
        "\t0.2\t0\t1\t1\n"
        "4\t3\t6\td\t0000000000000003\tdog\tcat\t\t0.05\t0.8\tkeep\t\t\t\t0."
        "1\t0"
        "\t1\t3\n"
        "5\t4\t7\te\t0000000000000004\t\xc3\xa5l\tcat\t\t0.01\t0."
        "6\tkeep\t\t\t\t"
        "0.3\t0\t1\t4\n"
        "6\t5\t8\tf\tfedcba9876543210\t\t\xc3\xa5l\t\t0\t1\tkeep\t\t\t\t0\t0\t1"
        "\t5\n");
    variant.stage = WN_DATA;
    report = report_options();
    report.rows = WN_ROWS_FIRST;
    report.top = 1;
    expect_text(
        render_variant(&variant, &report, wn_tsv_report),
        HEAD "\trecord\n\t0\t2\ta\t0000000000000001\tcat\t\t\t\t\t\t\t\t\t0\n");
    report = report_options();
    report.columns = true;
    expect_text(render_variant(&variant, &report, wn_tsv_report),
                "column\tkind\tmissing\tinvalid\tdistinct\tmin\tmax\tmedian\t"
                "distinct_about\talone\tnote\ttop\n"
                "legs\tnumeric\t1\t0\t3\t0.1\t4\t\t0\t\t\t\n"
                "pet\tlabel\t1\t0\t3\t\t\t\t0\t\t\t\n"
                "name\tid\t0\t0\t6\t\t\t\t0\t\t\t\n");
}

static void explains_one_row(void **state)
{
    struct wn_report report = report_options();

    (void)state;
    expect_text(
        explain_variant(&plain, &report, "line:5", wn_text_explain),
        "pets.csv: row 2, line 5, id c\n"
        "\n"
        "  given label       dog\n"
        "  suggested label   cat\n"
        "  suspicion         0.970, rank 1 of 6\n"
        "  proposed action   relabel: probably wrong, and another label is "
        "sure enough\n"
        "\n"
        "  Models that did not see this label give cat 0.900 and the given "
        "label 0.050.\n"
        "  0.750 or more counts as sure for class cat. Of the 2 nearest rows 0 "
        "carry\n"
        "  the given label, 2 carry cat. 1 of 2 methods rank it among the 1 "
        "worst rows,\n"
        "  the estimated number of wrong labels.\n"
        "\n"
        "Checks\n"
        "  check      flags it  because\n"
        "  label      yes       the label is probably wrong\n"
        "  duplicate  no\n"
        "  outlier    -\n"
        "\n"
        "Class probabilities, from models that did not see this row's "
        "label\n"
        "  class  probability  threshold\n"
        "  cat         0.9000     0.7500  sure\n"
        "  dog         0.0500     0.4250  the given label\n"
        "  \xc3\xa5l          0.0500          -\n"
        "\n"
        "The row and its nearest rows\n"
        "  row  line  distance  label  id\n"
        "    2     5  this row  dog    c\n"
        "    0     2         1  cat    a\n"
        "    1     3         1  cat    b\n"
        "\n"
        "Scores, higher = more suspicious; percentile: percent of rows "
        "with a lower score\n"
        "  score  value  spread  percentile  what it is\n"
        "  edge    1.25     0.5        91.7\n"
        "  flat       1       -        50.0\n");
    report = report_options();
    expect_text(
        explain_variant(&plain, &report, "id:c", wn_json_explain),
        "{\"schema\":\"winnow-report/1\",\"content\":\"explanation\","
        "\"version\":\"" PACKAGE_VERSION "\"}\n"
        "{\"record\":\"explanation\",\"row\":2,\"source_record\":2,\"line\":5,"
        "\"id\":\"c\","
        "\"hash\":\"0000000000000002\",\"given\":\"dog\",\"rival\":\"cat\","
        "\"rank\":1,"
        "\"suggested\":\"cat\",\"suspicion\":0.97,\"quality\":0.05,"
        "\"action\":\"relabel\",\"kind\":null,\"issues\":[\"label\"],\"agree\":"
        "["
        "\"edge\"],\"checks\":{\"label\":true,\"duplicate\":false,"
        "\"outlier\":null},\"defects\":[],\"probabilities\":[{\"class\":"
        "\"cat\","
        "\"probability\":0.9,\"threshold\":0.75},{\"class\":\"dog\","
        "\"probability\":0.05,\"threshold\":0.425},{\"class\":"
        "\"\\u00E5l\",\"probability\":0.05,\"threshold\":null}],"
        "\"neighbors\":[{\"row\":0,\"line\":2,\"id\":\"a\",\"label\":"
        "\"cat\",\"distance\":1},{\"row\":1,\"line\":3,\"id\":\"b\","
        "\"label\":\"cat\",\"distance\":1}],\"scores\":{\"edge\":{"
        "\"value\":1.25,\"percentile\":91.66666666666667,\"spread\":0.5,"
        "\"evidence\":null},"
        "\"flat\":{\"value\":1,\"percentile\":50,\"spread\":null,"
        "\"evidence\":null}}}\n"
        "{\"complete\":true,\"lines\":3}\n");
}

/* Clipboard, clear screen, a C1 introducer, right-to-left override, a lone
 * carriage return, a tab, a line feed, a formula, bytes that are not UTF-8. */
/* clang-format off */
static const struct variant hostile = {
    .stage = WN_FLAGS,
    .source = "a\x1b[2J\n.csv",
    .label_column = "\x1b]52;c;QUJD\x07\r",
    .class_name = {"\x1b[2J\ttab\\", "=cmd\nx\xc2\x9b",
                   "\xe2\x80\xae"
                   "hostile"},
    .id = "\x9b\x1b\r\n\t\xff",
    .issues = "label,duplicate,outlier",
    .actions = "keep,review,relabel,drop",
    .order = {2, 0, 1, 3, 4, 5},
    .suggestion = {-1, -1, 0, -1, -1, -1},
    .neighbor = {1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4},
    .issue = {2, 2, 1, 0, 0, 0},
    .rate = {1.0 / 6, 0.05, 0.4},
    .hash = {1, 1, 2, 3, 4, 0xfedcba9876543210},
    .options = ""};
/* clang-format on */

/* The text has no control character (C0, C1, bidirectional) but the line feed
 * and, with `tabs`, the tab. */
static void is_harmless(const char *text, bool tabs)
{
    assert_true(wn_text_is_utf8(text, strlen(text)));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    for (const char *at = text; *at; at++)
        assert_true(*at == '\n' || (tabs && *at == '\t') ||
                    ((unsigned char)*at >= ' ' && *at != 0x7f));
}

static void no_name_controls_the_terminal(void **state)
{
    struct wn_report report = {.program = "report", .file = "\x1b[2J\n'.h5"};
    char *text = render_variant(&hostile, &report, wn_text_report);

    (void)state;
    is_harmless(text, false);
    assert_memory_equal(text, "a\\x1b[2J\\x0a.csv: 6 rows", 24);
    assert_non_null(strstr(text, "'\\x1b[2J\\x0a'\\''.h5'"));
    free(text);
    report = report_options();
    text = explain_variant(&hostile, &report, "2", wn_text_explain);
    is_harmless(text, false);
    free(text);
    report = report_options();
    text = render_variant(&hostile, &report, wn_tsv_report);
    is_harmless(text, true);
    size_t fields = 0, lines = 0;
    for (const char *at = text; *at; at++) {
        fields += *at == '\t' || *at == '\n';
        lines += *at == '\n';
    }
    assert_int_equal(lines, N + 1);
    assert_int_equal(fields, (N + 1) * 18);
    assert_non_null(strstr(text, "\t\\x1b[2J\\ttab\\\\\t"));
    assert_non_null(strstr(text, "\t=cmd\\nx\\x9b\t"));
    free(text);
    report = report_options();
    report.spreadsheet = true;
    text = render_variant(&hostile, &report, wn_tsv_report);
    assert_non_null(strstr(text, "\t'=cmd\\nx"));
    assert_null(strstr(text, "\t=cmd"));
    assert_non_null(strstr(text, "\t'\\t\t")); /* the identifier TAB */
    free(text);
}

/* Every line is JSON of ASCII, and gives back the names it was made from. */
static void json_survives_any_name(void **state)
{
    struct wn_report report = report_options();
    char *text = render_variant(&hostile, &report, wn_json_report);
    size_t seen = 0;

    (void)state;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_error_t error;
        json_t *object = json_loads(line, 0, &error);
        const char *id, *class;

        assert_non_null(object);
        for (const char *at = line; *at; at++)
            assert_in_range((unsigned char)*at, ' ', '~');
        id = json_string_value(json_object_get(object, "id"));
        class = json_string_value(json_object_get(object, "class"));
        if (id && json_integer_value(json_object_get(object, "row")) == 0)
            seen += strcmp(id, "\\x9b") == 0;
        for (size_t c = 0; class && c < K; c++)
            seen += strcmp(class, hostile.class_name[c]) == 0;
        json_decref(object);
    }
    assert_int_equal(seen, K + 1);
    free(text);
}

static void refuses(const struct variant *variant, const char *wanted)
{
    struct wn_error error = {0};
    struct wn_report report = {0};

    write_audit(variant);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit, &error);
    assert_int_equal(wn_report_load(&report, audit, &error), -1);
    assert_int_equal(error.code, WN_EDATA);
    if (!strstr(error.text, wanted))
        fail_msg("found '%s', wanted '%s'", error.text, wanted);
    assert_null(report.issue);
    wn_audit_close(audit);
}

static void codes_out_of_range_are_refused(void **state)
{
    struct variant variant = plain;

    (void)state;
    variant.order[3] = 2;
    refuses(&variant, "row 3 of flag/order is 2, out of range");
    variant = plain;
    variant.order[0] = N;
    refuses(&variant, "flag/order: row 0: found 6, wanted 0 to 5");
    variant = plain;
    variant.suggestion[1] = K;
    refuses(&variant, "flag/suggestion: row 1: found 3, wanted -1 to 2");
    variant = plain;
    variant.issue[5] = 8;
    refuses(&variant, "flag/issue: row 5: found 8, wanted 0 to 7");
    variant = plain;
    variant.action[5] = 4;
    refuses(&variant, "flag/action: row 5: found 4, wanted 0 to 3");
    variant = plain;
    variant.rate[0] = 1e300;
    refuses(&variant, "flag/noise/rate: row 0: found 1e+300, wanted 0 to 1");
    variant = plain;
    variant.claim = 5;
    refuses(&variant, "flag/noise/rate: claim is 5, out of range");
    variant = plain;
    variant.actions = "keep,\x1b[2J";
    refuses(&variant, "is no name");
    variant.actions = "keep,a\"b";
    refuses(&variant, "is no name");
}

/* Sets of near duplicates are numbered in order, of two rows or more, without a
 * row in common, and a partner is another row of the set. */
static void sets_must_be_sets(void **state)
{
    const struct variant sets = {.near = 4,
                                 .near_row = {0, 3, 1, 2},
                                 .near_set = {0, 0, 1, 1},
                                 .near_partner = {3, 0, 2, 1}};
    struct variant good = plain, variant;
    struct wn_report report = report_options();

    (void)state;
    good.near = sets.near;
    memcpy(good.near_row, sets.near_row, sizeof sets.near_row);
    memcpy(good.near_set, sets.near_set, sizeof sets.near_set);
    memcpy(good.near_partner, sets.near_partner, sizeof sets.near_partner);
    char *text = explain_variant(&good, &report, "3", wn_text_explain);
    assert_non_null(strstr(text, "  nearly equal      set 0 with 0\n"
                                 "  nearest of these  row 0, distance 0; row 0 "
                                 "should stay\n"));
    free(text);
    variant = good;
    variant.near_set[0] = variant.near_set[1] = 1;
    refuses(&variant, "element 0 of flag/set/set is 1, wanted sets of two or "
                      "more, in order");
    variant = good;
    variant.near_set[3] = 2;
    refuses(&variant, "element 2 of flag/set/set is 1, wanted sets of two");
    variant = good;
    variant.near_row[2] = 3;
    refuses(&variant,
            "element 2 of flag/set/row is 3, wanted a row of no other "
            "set");
    variant = good;
    variant.near_partner[1] = 1;
    refuses(&variant, "element 1 of flag/set/partner is 1, wanted another row");
    variant = good;
    variant.near_partner[1] = 3;
    refuses(&variant, "element 1 of flag/set/partner is 3, wanted another row");
    variant = good;
    variant.near_row[3] = N;
    refuses(&variant, "flag/set/row: row 3: found 6, wanted 0 to 5");
}

static void neighbors_must_be_rows(void **state)
{
    struct variant variant = plain;
    struct wn_error error = {0};
    struct wn_report report = {0};
    struct wn_explanation explanation;

    (void)state;
    variant.neighbor[5] = N;
    write_audit(&variant);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit || wn_report_load(&report, audit, &error), &error);
    assert_int_equal(wn_explain_load(&explanation, &report, audit, 2, &error),
                     -1);
    assert_non_null(strstr(
        error.text, "score/neighbor/index: row 2: found 6, wanted 0 to 5"));
    wn_report_free(&report);
    wn_audit_close(audit);
}

static void broken_cells_are_named(void **state)
{
    struct wn_report report = report_options();
    char *text = explain_variant(&plain, &report, "5", wn_text_explain);

    (void)state;
    assert_non_null(strstr(text, "\nMissing and invalid cells\n"
                                 "  column  what is wrong\n"
                                 "  pet     missing\n"));
    assert_non_null(strstr(text, "given label       -\n"));
    free(text);
    report = report_options();
    text = explain_variant(&plain, &report, "5", wn_json_explain);
    assert_non_null(strstr(text, ",\"defects\":[{\"column\":\"pet\","
                                 "\"rule\":\"missing\"}],"));
    free(text);
}

static void rows_are_found(void **state)
{
    static const struct {
        const char *text, *wanted;
        size_t row;
    } cases[] = {
        {"0", NULL, 0},
        {"5", NULL, 5},
        {"line:2", NULL, 0},
        {"line:8", NULL, 5},
        {"id:d", NULL, 3},
        {"6", "--explain: found row 6, wanted 0 to 5", 0},
        {"-1", "found '-1', wanted a row number from 0, line:N or id:TEXT", 0},
        {"1.5", "found '1.5', wanted", 0},
        {"line:x", "--explain=line:x: found no whole number, wanted line:N", 0},
        {"line:1", "no row begins on line 1", 0},
        {"line:4", "no row begins on line 4; row 1 begins on line 3", 0},
        {"id:z", "--explain=id:z: no row has that identifier", 0},
        {"id:a", "--explain=id:a: rows 0 and 4 both have that identifier", 0}};
    struct variant variant = plain;
    struct wn_error error = {0};
    struct wn_report report = {0};

    (void)state;
    variant.id = "abcdaf";
    write_audit(&variant);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit || wn_report_load(&report, audit, &error), &error);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t row = N;
        struct wn_error own = {0};
        const int status =
            wn_explain_find_row(&report, cases[c].text, &row, &own);

        assert_int_equal(status, cases[c].wanted ? -1 : 0);
        if (cases[c].wanted && !strstr(own.text, cases[c].wanted))
            fail_msg("found '%s', wanted '%s'", own.text, cases[c].wanted);
        if (!cases[c].wanted)
            assert_int_equal(row, cases[c].row);
    }
    wn_report_free(&report);
    wn_audit_close(audit);
}

/* By hand. Then: rows 0, 2, 3, 5 flagged, 0 and 1 copies of each other. Now row
 * 0 is old 2, 1 and 2 are the copies, 3 is old 3 with other content, 4 is old
 * 4, 5 was not there and old 5 is gone; 0, 2, 4, 5 are flagged. */
static void comparison_finds_new_and_gone_flags(void **state)
{
    struct variant old = plain, new = plain;
    struct wn_error error = {0};
    struct wn_report report = {0};
    struct wn_comparison against;

    (void)state;
    memcpy(old.hash, (uint64_t[]){10, 10, 12, 13, 14, 15}, sizeof old.hash);
    memcpy(old.issue, (uint32_t[]){1, 0, 1, 3, 2, 1}, sizeof old.issue);
    old.options = "rule=a sure=0.8 ignore=x ignore=y seed=1";
    memcpy(new.hash, (uint64_t[]){12, 10, 10, 99, 14, 77}, sizeof new.hash);
    memcpy(new.issue, (uint32_t[]){1, 2, 1, 0, 1, 1}, sizeof new.issue);
    new.id = "cabdez";
    new.options = "rule=b ignore=x ignore=y ignore=z seed=1 issues=all";
    write_audit(&new);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    must(!audit || wn_report_load(&report, audit, &error), &error);
    write_audit(&old); /* the open file stays what it is */
    must(wn_comparison_load(&against, &report, audit, path, &error), &error);
    wn_audit_close(audit);
    assert_memory_equal(
        against.change,
        ((uint8_t[N]){WN_STILL_FLAGGED, WN_NOT_FLAGGED, WN_NEW_FLAG,
                      WN_NOT_FLAGGED, WN_NEW_FLAG, WN_NEW_ROW}),
        N);
    assert_memory_equal(against.now, ((int64_t[N]){1, 2, 0, 3, 4, -1}),
                        sizeof(int64_t[N]));
    assert_int_equal(against.gones[WN_CLEARED], 1);
    assert_int_equal(against.gones[WN_EDITED], 1);
    assert_int_equal(against.gones[WN_REMOVED], 1);
    assert_int_equal(against.causes.count, 4);
    assert_string_equal(against.causes.line[0], "flag: rule=b, was rule=a");
    assert_string_equal(against.causes.line[1], "flag: ignore=z, was not set");
    assert_string_equal(against.causes.line[2],
                        "flag: issues=all, was not set");
    assert_string_equal(against.causes.line[3], "flag: not set, was sure=0.8");
    report.against = &against;
    struct wn_text text = {0};
    report.program = "report";
    wn_text_report(&report, &text);
    assert_non_null(strstr(text.bytes, " wrong labels, 3 new flags, 3 gone\n"));
    assert_non_null(
        strstr(text.bytes, "\nNew flags, most suspicious first: 3 of 3\n"));
    assert_non_null(
        strstr(text.bytes,
               "\nFlags that are gone: 3 of 3\n"
               "  why      row then  line then  row now  given then  id\n"
               "  cleared         0          2        1  cat         a\n"
               "  edited          3          6        3  dog         d\n"
               "  removed         5          8        -  -           f\n"));
    wn_text_free(&text);
    wn_comparison_free(&against);
    wn_report_free(&report);
}

/* By hand: the rank of a value is the number above it and half of those equal
 * to it, itself included. Four ones rank 2, so they are in a top 2, not in a
 * top 1. */
static void ties_count_half(void **state)
{
    static const struct {
        float value[N];
        size_t expected, agree;
    } cases[] = {{{1, 1, 1, 1, 0, 0}, 2, 4},    {{1, 1, 1, 1, 0, 0}, 1, 0},
                 {{5, 4, 3, 2, 1, 0}, 2, 2},    {{5, 4, 4, 4, 1, 0}, 2, 1},
                 {{5, 4, 4, 4, 1, 0}, 3, 4},    {{7, 7, 7, 7, 7, 7}, 2, 0},
                 {{NAN, 1, 2, NAN, 3, 0}, 1, 1}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct wn_score score = {.value = (float *)cases[c].value};
        struct wn_report report = {
            .data = {.n = N}, .scores = 1, .score = &score};
        size_t agree = 0;

        report.expected = cases[c].expected;
        wn_report_count(&report);
        for (size_t i = 0; i < N; i++)
            agree += wn_scores_agree(&report, i);
        assert_int_equal(agree, cases[c].agree);
        wn_arena_free(&report.arena);
    }
}

static void wraps_the_last_column(void)
{
    struct wn_text out = {0};
    struct wn_grid grid;
    char word[80];

    memset(word, 'w', sizeof word);
    memcpy(word + 68, " end of it.", 12);
    wn_grid_start(&grid, "check|>why");
    wn_grid_add_text(&grid, "a");
    wn_grid_add_text(&grid, word);
    wn_grid_add_text(&grid, "b");
    wn_grid_add_text(&grid, "");
    wn_grid_print(&grid, &out);
    assert_string_equal(
        out.bytes,
        "  check  why\n"
        "  a      "
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\n"
        "         end of it.\n"
        "  b\n");
    wn_text_free(&out);
}

/* Where a line would have to break in words, it begins anew below. */
static void puts_a_narrow_last_column_below(void)
{
    struct wn_text out = {0};
    struct wn_grid grid;
    char name[60];

    memset(name, 'n', sizeof name);
    wn_grid_start(&grid, "column|>values");
    wn_grid_add(&grid, name, sizeof name);
    wn_grid_add_text(&grid, "Married-civ-spouse 14976, ...");
    wn_grid_add_text(&grid, "b");
    wn_grid_add_text(&grid, "1 .. 30 .. 90");
    wn_grid_print(&grid, &out);
    assert_string_equal(
        out.bytes,
        "  column                                                        "
        "values\n"
        "  nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n"
        "      Married-civ-spouse 14976, ...\n"
        "  b                                                             "
        "1 .. 30 .. 90\n");
    wn_text_free(&out);
}

static void tables_fit_the_terminal(void **state)
{
    char wide[300];
    struct wn_text out = {0};
    struct wn_grid grid;

    (void)state;
    memset(wide, 'x', sizeof wide);
    wn_grid_start(&grid, "#n|~a|~b");
    wn_grid_format(&grid, "%d", 10);
    wn_grid_add(&grid, wide, sizeof wide);
    wn_grid_add_text(&grid, "\xe6\x97\xa5\xe6\x9c\xac");
    wn_grid_format(&grid, "%d", 7);
    wn_grid_add_text(&grid, "e\xcc\x81t\xcc\x81");
    wn_grid_add_text(&grid, NULL);
    wn_grid_print(&grid, &out);
    assert_string_equal(
        out.bytes,
        "   n  a                                                               "
        "      b\n"
        "  10  "
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "  \xe6\x97\xa5\xe6\x9c\xac\n"
        "   7  e\xcc\x81t\xcc\x81                                              "
        " "
        "                     -\n");
    wn_text_free(&out);
    wraps_the_last_column();
    puts_a_narrow_last_column_below();
    assert_int_equal(wn_cells("\xf0\x9f\x90\x88z", 5), 3);
    assert_int_equal(wn_cells_prefix("\xe6\x97\xa5\xe6\x9c\xac", 6, 3), 3);
    /* Six combining marks: four stay. */
    assert_int_equal(wn_cells_prefix("a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
                                     "\xcc\x81"
                                     "b",
                                     14, 9),
                     9);
}

/* Text cut in the middle, counted in cells by hand. */
static void long_text_keeps_its_ends(void **state)
{
    static const char wide[] = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
                               "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";
    static const struct {
        const char *text;
        size_t cells;
        const char *wanted;
    } cases[] = {{"abcdefghij", 10, "abcdefghij"},
                 {"abcdefghij", 9, "abc...hij"},
                 {"abcdefghij", 8, "abc...ij"},
                 {"abcdefghij", 4, "a..."},
                 {"abcdefghij", 3, "abc"},
                 {"", 4, ""},
                 {wide, 12, wide},
                 /* four cells on each side hold two characters, three one */
                 {wide, 11,
                  "\xe6\x97\xa5\xe6\x9c\xac..."
                  "\xe6\x9c\xac\xe8\xaa\x9e"},
                 {wide, 10, "\xe6\x97\xa5\xe6\x9c\xac...\xe8\xaa\x9e"},
                 {wide, 9, "\xe6\x97\xa5...\xe8\xaa\x9e"}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct wn_text out = {0};

        wn_cells_add(&out, cases[c].text, strlen(cases[c].text),
                     cases[c].cells);
        assert_string_equal(wn_text_of(&out), cases[c].wanted);
        wn_text_free(&out);
    }
}

static void titles_tell_classes_apart(void **state)
{
    enum { NAMES = 3 };
    static const struct {
        char *name[NAMES];
        const char *wanted[NAMES];
        size_t prefix;
    } cases[] = {{{"plants/iris/a", "plants/iris/b", "plants/fern/c"},
                  {"iris/a", "iris/b", "fern/c"},
                  7},
                 {{"pos", "pos ", "neg"}, {"\"pos\"", "\"pos \"", "neg"}, 0},
                 {{" >50K", " <=50K", "\t?"}, {">50K", "<=50K", "?"}, 0},
                 {{"12:30", "12:45", "12:50"}, {"12:30", "12:45", "12:50"}, 0},
                 {{"a/", "a/b", "a/c"}, {"a/", "a/b", "a/c"}, 0},
                 {{"a\x1b[2J", "a\\x1b[2J", " "},
                  {"a\\x1b[2J#0", "a\\x1b[2J#1", "\" \""},
                  0},
                 {{"aaaaaaaaaa1aaaaaaaaaa", "aaaaaaaaaa2aaaaaaaaaa", "b"},
                  {"aaaa...aaa#0", "aaaa...aaa#1", "b"},
                  0}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t prefix;
        char **title = wn_class_titles(cases[c].name, NAMES, 12, &prefix);

        for (size_t k = 0; k < NAMES; k++)
            assert_string_equal(title[k], cases[c].wanted[k]);
        assert_int_equal(prefix, cases[c].prefix);
        wn_names_free(title, NAMES);
    }
}

static int setup(void **state)
{
    struct wn_error error = {0};
    const int descriptor = mkstemp(path);

    (void)state;
    return descriptor < 0 || close(descriptor) || wn_hdf5_start(&error);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

/* Three and two digits, and no exponent. */
static void small_shares_are_plain_decimals(void **state)
{
    static const struct {
        double share;
        const char *percent, *end;
    } cases[] = {{0, "0.0", "0"},
                 {2.41e-7, "0.0000241", "0.000024"},
                 {1e-6, "0.0001", "0.0001"},
                 {5e-4, "0.05", "0.05"},
                 {3e-16, "0", "0"},
                 {0.02, "2.0", "2"},
                 {0.25, "25.0", "25"}};
    char text[16];

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        assert_string_equal(wn_phrase_percent(cases[c].share, text),
                            cases[c].percent);
        assert_string_equal(wn_phrase_end(cases[c].share, text), cases[c].end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_report_is_complete),
        cmocka_unit_test(text_report_of_unfinished_audits),
        cmocka_unit_test(claims_decide_what_is_said),
        cmocka_unit_test(json_line_by_line),
        cmocka_unit_test(tsv_row_by_row),
        cmocka_unit_test(explains_one_row),
        cmocka_unit_test(no_name_controls_the_terminal),
        cmocka_unit_test(json_survives_any_name),
        cmocka_unit_test(codes_out_of_range_are_refused),
        cmocka_unit_test(sets_must_be_sets),
        cmocka_unit_test(neighbors_must_be_rows),
        cmocka_unit_test(broken_cells_are_named),
        cmocka_unit_test(rows_are_found),
        cmocka_unit_test(comparison_finds_new_and_gone_flags),
        cmocka_unit_test(ties_count_half),
        cmocka_unit_test(tables_fit_the_terminal),
        cmocka_unit_test(long_text_keeps_its_ends),
        cmocka_unit_test(small_shares_are_plain_decimals),
        cmocka_unit_test(titles_tell_classes_apart),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
