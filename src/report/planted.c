/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An audit of data with planted errors, against the audit without them. */
#include "audit/audit.h"
#include "report/report.h"

#include <math.h>
#include <string.h>

int wn_planted_count(const struct wn_report *report, const char *file,
                     struct wn_planted *out, struct wn_error *error)
{
    struct wn_audit *audit = wn_audit_open(file, WN_FLAGS, error);
    struct wn_report before = {0};
    int status = audit ? wn_report_load(&before, audit, error) : -1;

    *out = (struct wn_planted){0};
    if (status == 0 && (!report->flagged || !before.flagged))
        status = wn_fail(error, WN_EUSAGE,
                         "--planted: both audits want to be flagged");
    if (status == 0 && before.data.n != report->data.n)
        status = wn_fail(error, WN_EUSAGE,
                         "--planted: found %zu rows, and %zu in %s: wanted two "
                         "audits of the same rows",
                         report->data.n, before.data.n, file);
    for (size_t i = 0; status == 0 && i < report->data.n; i++) {
        const char *now = wn_report_class(report, report->data.label[i]);
        const char *then = wn_report_class(&before, before.data.label[i]);
        const bool planted = now && then && strcmp(now, then) != 0;
        const bool flagged = wn_report_is_flagged(report, i);

        out->rows += now != NULL;
        out->planted += planted;
        out->found += planted && flagged;
        out->others += !planted && flagged && !wn_report_is_flagged(&before, i);
    }
    out->before = before.rate;
    wn_report_free(&before);
    wn_audit_close(audit);
    return status;
}
