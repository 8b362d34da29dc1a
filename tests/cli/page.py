# SPDX-License-Identifier: GPL-3.0-or-later
"""What page.t asks of report --format=html and --figure.

page.py same HARMLESS.html EVIL.html   the same elements and attributes?
page.py markdown EVIL.md               is all of it escaped?
page.py shape PAGE.html                is it whole, in order and by itself?
page.py data PAYLOADS OUT.csv          a table with PAYLOADS (yes or no) in
                                       headers, identifiers, labels and cells
page.py pictures PAGE.html DATA.csv N  each picture has the first N cells of
                                       its row, scaled by their range
page.py figures AUDIT.h5 DIR           the numbers in DIR/NAME.tsv, computed
                                       again from the audit file
Prints what is wrong, a line each; nothing if all is well."""
import math
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "col", "hr"}


class Shape(HTMLParser):
    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.kinds, self.stack, self.wrong = set(), [], []
        self.headings, self.ids, self.links, self.labels = [], [], [], []
        self.values, self.tables, self.figures = [], [], []
        with open(path, encoding="utf-8") as page:
            self.text = page.read()
        self.feed(self.text)
        self.close()

    def handle_startendtag(self, tag, attributes):
        self.start(tag, attributes)

    def handle_starttag(self, tag, attributes):
        self.start(tag, attributes)
        if tag not in VOID:
            self.stack.append(tag)

    def start(self, tag, attributes):
        self.kinds.add((tag, tuple(sorted(name for name, _ in attributes))))
        self.values += [value for _, value in attributes]
        own = dict(attributes)
        if not own.get("class", "x").replace(" ", "").isalnum():
            self.wrong.append("a class " + own["class"])
        if "id" in own:
            self.ids.append(own["id"])
        for name in ("href", "src"):
            if name in own:
                self.links.append(own[name])
        self.labels += own.get("aria-labelledby", "").split()
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag == "th" and "scope" not in own:
            self.wrong.append("a th without scope")
        if tag == "svg" and not own.get("aria-label"):
            self.wrong.append("an svg without a text")
        if tag in ("figure", "details", "svg", "figcaption"):
            self.figures.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append("</%s> closes nothing" % tag)


PAYLOADS = """<script>alert('PAYLOAD')</script>
"><img src=x onerror=alert('PAYLOAD')>
'><svg onload=alert('PAYLOAD')>
</title><script>PAYLOAD</script>
</style><script>PAYLOAD</script>
</svg><iframe src=javascript:alert('PAYLOAD')>
--><script>PAYLOAD</script><!--
]]><script>PAYLOAD</script>
<![CDATA[<script>PAYLOAD</script>]]>
<!--PAYLOAD
<?xml PAYLOAD?>
<!DOCTYPE PAYLOAD>
&lt;script&gt;PAYLOAD
&#60;script&#62;PAYLOAD
&amp;PAYLOAD;
&PAYLOAD
PAYLOAD" onmouseover="alert(1)
PAYLOAD' onfocus='alert(1)' autofocus='
PAYLOAD` onclick=`alert(1)
javascript:PAYLOAD
data:text/html,<script>PAYLOAD</script>
<a href="javascript:PAYLOAD">x</a>
<base href=PAYLOAD>
<meta http-equiv=refresh content="0;url=PAYLOAD">
<link rel=stylesheet href=PAYLOAD>
<form action=PAYLOAD><input name=q>
<math><mi xlink:href="PAYLOAD">
<table><td background=PAYLOAD>
<details open ontoggle=alert('PAYLOAD')>
</td></tr></table><h1>PAYLOAD</h1>
</main></body></html>PAYLOAD
<style>*{display:none}PAYLOAD</style>
<textarea>PAYLOAD
<plaintext>PAYLOAD
<x PAYLOAD=1/onclick=alert(1)>
\u202ePAYLOAD\u2066<b>
\u200b<\u200bscript>PAYLOAD
\x1b[31mPAYLOAD\x07<b>
{{PAYLOAD}}${PAYLOAD}<%=PAYLOAD%>
%3Cscript%3EPAYLOAD%3C/script%3E\\x3cscript\\x3e""".split("\n")


def data(evil, path):
    """Two numbers tell the four classes apart; each tenth label is wrong."""
    import csv
    import random

    draw = random.Random(1)
    name = [p if evil == "yes" else "name %d" % i
            for i, p in enumerate(PAYLOADS)]
    assert len(PAYLOADS) == 40
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["key", "x", name[1], "text " + name[3], "kind " + name[5],
                      "who", "label"])
        for i in range(240):
            truth = i % 4
            label = truth if i % 10 else (truth + 1) % 4
            out.writerow(["%d %s" % (i, name[i % 40]),
                          "%.3f" % (truth % 2 * 4 + draw.gauss(0, 1)),
                          "%.3f" % (truth // 2 * 4 + draw.gauss(0, 1)),
                          "%s some words %d" % (name[i % 37], i),
                          name[7 + i % 5], name[20 + i % 6], name[label * 2]])


def same(harmless, evil):
    known, found = Shape(harmless), Shape(evil)
    for kind in sorted(found.kinds - known.kinds):
        print("an element that data made:", *kind)
    for line in found.wrong + found.stack:
        print(line)
    # Every payload has this word; it must be there, and only as text.
    if found.text.count("PAYLOAD") < 60:
        print("too few payloads on the page:", found.text.count("PAYLOAD"))
    for bad in ("<script", "<img", "<iframe", "javascript:alert(", "onerror=\""):
        for value in found.links:
            if bad in value:
                print("a link:", value)
        if bad.startswith("<") and bad in found.text.lower():
            print("in the text:", bad)


def markdown(path):
    """Outside of the fence nothing of the data has a meaning."""
    import re

    with open(path, encoding="utf-8") as page:
        text = page.read()
    if text.count("PAYLOAD") < 20:
        print("too few payloads:", text.count("PAYLOAD"))
    body, fence = re.split(r"\n(?=`{3,}sh\n)", text)
    if len(re.findall(r"^`{3,}", fence, re.M)) != 2:
        print("not one fence")
    cells = 0
    for line in body.split("\n"):
        plain = re.sub(r"\\[\\`*_\[\]<>|~&@#!$%^:.]", "", line)
        if re.search(r"[<>`\\*_&@\[\]~^]|://|www\.", plain.lower()):
            print("has a meaning:", line)
        columns = plain.count("|")
        if columns and cells and columns != cells:
            print("%d cells, not %d: %s" % (columns, cells, line))
        cells = columns


def shape(path):
    page = Shape(path)
    text = page.text
    for line in page.wrong + ["<%s> is open" % tag for tag in page.stack]:
        print(line)
    if page.headings[:1] != [1] or page.headings.count(1) != 1:
        print("headings:", page.headings)
    for one, two in zip(page.headings, page.headings[1:]):
        if two > one + 1:
            print("h%d after h%d" % (two, one))
    if len(set(page.ids)) != len(page.ids):
        print("an id stands twice")
    for link in page.links:
        if not (link.startswith("#") and link[1:] in page.ids) and \
                not link.startswith("data:image/png;base64,"):
            print("a link out of the page:", link)
    for label in page.labels:
        if label not in page.ids:
            print("no element", label)
    for link in page.links:
        text = text.replace(link, "")
    for word in ("http:", "https:", "<script", "@import", "url(", "//"):
        if word in text:
            print("found", word)
    for word in ("<!DOCTYPE html>", "default-src 'none'".replace("'", "&#39;"),
                 "prefers-color-scheme:dark", "@media print", "<main ",
                 "<nav ", "<header", "<footer", 'lang="en"'):
        if word not in text:
            print("no", word)
    for tag in ("svg", "details", "figcaption"):
        if page.figures.count(tag) < page.figures.count("figure"):
            print("a figure without", tag)
    if len(page.text.encode()) > 2 << 20:
        print("more than 2 MiB")


def decode(url):
    """The bytes of a grey PNG, row by row."""
    import base64
    import struct
    import zlib

    data = base64.b64decode(url.split(",")[1])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert crc == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 0)
        if kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, above, out = zlib.decompress(packed), bytes(width), b""
    for r in range(height):
        code, line = raw[r * (width + 1)], bytearray(
            raw[r * (width + 1) + 1:(r + 1) * (width + 1)])
        for c in range(width):
            a = line[c - 1] if c else 0
            b, d = above[c], above[c - 1] if c else 0
            paeth = min((abs(b - d), 0, a), (abs(a - d), 1, b),
                        (abs(a + b - 2 * d), 2, d))[2]
            line[c] = (line[c] + [0, a, b, (a + b) // 2, paeth][code]) % 256
        above = bytes(line)
        out += above
    return out


def pictures(path, table, size):
    import csv
    import re

    with open(path, encoding="utf-8") as page:
        found = re.findall(r'<img src="([^"]*)" alt="Row ([0-9]*), labelled '
                           r'([^"]*)"', page.read())
    with open(table, encoding="utf-8", newline="") as file:
        cells = [[float(v) for v in row] for row in list(csv.reader(file))[1:]]
    size = int(size)
    used = [cells[int(row)][:size] for _, row, _ in found]
    low, high = min(map(min, used)), max(map(max, used))
    for (url, row, label), values in zip(found, used):
        if int(label) != cells[int(row)][size]:
            print("row", row, "labelled", label)
        if list(decode(url)) != [int(255 * (v - low) / (high - low) + .5)
                                 for v in values]:
            print("the picture of row", row)
    if len(found) != 150:
        print(len(found), "pictures")


# --- figures -----------------------------------------------------------------

def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return rows[0], rows[1:]


def compare(name, found, wanted):
    """Rows of texts and numbers; None stands for an empty cell."""
    if len(found) != len(wanted):
        print("%s: found %d rows, wanted %d" % (name, len(found), len(wanted)))
        return
    for r, (cells, values) in enumerate(zip(found, wanted)):
        for c, (cell, value) in enumerate(zip(cells, values)):
            if isinstance(value, str) or value is None:
                good = cell == (value or "")
            else:
                good = cell != "" and math.isclose(
                    float(cell), value, rel_tol=1e-6, abs_tol=1e-9)
            if not good:
                print("%s: row %d, column %d: found %s, wanted %s"
                      % (name, r, c, cell, value))
                return


def nights(path):
    """A row for each night, and for each day between two that has none."""
    import csv
    from datetime import datetime

    lines, before = [], None
    with open(path, encoding="utf-8") as file:
        for night in csv.DictReader(file):
            day = datetime.strptime(night["when"][:10], "%Y-%m-%d")
            for _ in range((day - before).days - 1 if before else 0):
                lines.append(["no audit", len(lines)] + [None] * 5)
            before = day
            lines.append([night["when"][:10], len(lines)] + [
                float(night[key]) if night[key] else None for key in
                ("rows", "rate", "rate_low", "rate_high", "new")])
    return lines


def figures(audit, folder):
    import os

    import h5py
    import numpy as np
    from scipy.stats import beta

    file = h5py.File(audit, "r")
    n = len(file["data/label"])
    label = file["data/label"][:]
    names = [name.decode() for name in file["data/label_name"][:]]
    k = len(names)
    p = file["score/probability"][:].astype(float)
    s = file["flag/suspicion"][:].astype(float)
    checks = file["flag/issue"].attrs["names"]
    checks = (checks.decode() if isinstance(checks, bytes) else checks)
    bit = checks.split(",").index("label")
    flagged = (file["flag/issue"][:] >> bit & 1).astype(bool)
    rate, low, high = file["flag/noise/rate"][:]
    claim = int(file["flag/noise/rate"].attrs["claim"])
    labelled = label >= 0
    likely = p.argmax(1)
    decided = np.zeros(n, bool)
    if "flag/decided/row" in file:
        decided[file["flag/decided/row"][:]] = True

    def share_interval(hits, count):
        return (beta.ppf(.025, hits, count - hits + 1) if hits else 0.,
                beta.ppf(.975, hits + 1, count - hits) if hits < count else 1.)

    def expected(rows):
        """The wrong labels among rows, with the 90 % interval."""
        less = low / rate * s[rows]
        more = 1 - (1 - high) / (1 - rate) * (1 - s[rows])
        z = 1.6448536269514722
        return (s[rows].sum(),
                max(less.sum() - z * math.sqrt((less * (1 - less)).sum()), 0),
                min(more.sum() + z * math.sqrt((more * (1 - more)).sum()),
                    len(s[rows])))

    def sets(which, titles):
        lines = []
        for c, title in enumerate(titles):
            rows = (which == c) & labelled
            count = rows.sum()
            if not count:
                continue
            known = claim not in (1, 2) and count >= 20
            wrong = [v / count for v in expected(rows)] if known else [None] * 3
            rank = (s[rows].sum() if claim not in (1, 2) else
                    flagged[rows].sum()) / count - (count < 20)
            lines.append((-rank, c, [title, count, flagged[rows].sum(),
                                     flagged[rows].mean()] + wrong))
        return [line for _, _, line in sorted(lines, key=lambda l: l[:2])]

    wanted = {}
    bins = np.minimum((s * 25).astype(int), 24)
    wanted["suspicion"] = [
        [b / 25, (b + 1) / 25, (labelled & (bins == b)).sum(),
         (labelled & flagged & (bins == b)).sum()] for b in range(25)]
    # Of more than 12 classes, the 11 that are confused most, and the rest.
    place, sides = np.arange(k), list(names)
    if k > 12:
        doubt = [(labelled & (label != likely) & (
            (label == c) | (likely == c))).sum() for c in range(k)]
        first = sorted(range(k), key=lambda c: (-doubt[c], c))[:11]
        place[:] = 11
        place[first] = np.arange(11)
        sides = [names[c] for c in first] + ["%d other classes" % (k - 11)]
    given = np.where(labelled, place[label], -1)
    wanted["matrix"] = [
        [sides[g], sides[t], (rows := (given == g) & (place[likely] == t)).sum(),
         (rows & flagged).sum()]
        for g in range(len(sides)) for t in range(len(sides))]
    wanted["classes"] = sets(label, names)
    for role in ("annotator", "split", "group"):
        if "data/" + role in file:
            wanted[role + "s"] = sets(
                file["data/" + role][:],
                [x.decode() for x in file["data/%s_name" % role][:]])
    # No item has two votes here: annotators.t has those that do.
    for line in wanted.get("annotators", []):
        line += [None, None]
    best = file["score/probability"][:].max(1)
    bins = np.minimum((best.astype(float) * 15).astype(int), 14)
    wanted["reliability"] = []
    for b in range(15):
        rows = labelled & (bins == b)
        if rows.any():
            agree = (likely[rows] == label[rows]).sum()
            wanted["reliability"].append(
                [b / 15, (b + 1) / 15, rows.sum(), p.max(1)[rows].mean(),
                 agree / rows.sum(), *share_interval(agree, rows.sum())])
    cost = file["data/cost"][:].astype(float) if "data/cost" in file else \
        np.ones(n)
    place = np.empty(n, int)
    place[file["flag/order"][:]] = np.arange(n)
    todo = np.flatnonzero((s >= .0005) & ~decided)
    with np.errstate(divide="ignore"):
        worth = s[todo] / cost[todo]
    todo = todo[np.lexsort((place[todo], -worth))]
    wanted["yield"] = [[0] * 5]
    ends = sorted({math.ceil(len(todo) * (j + 1) / 60) for j in range(60)})
    for end in ends:
        rows = todo[:end]
        wanted["yield"].append([end, cost[rows].sum(), *expected(rows)])
    kinds = file["flag/kind"].attrs["names"]
    kinds = (kinds.decode() if isinstance(kinds, bytes) else kinds).split(",")
    counts = [(file["flag/kind"][:] == c).sum() for c in range(len(kinds))]
    _, found = read(os.path.join(folder, "kinds.tsv"))
    wanted["kinds"] = [[found[c - 1][0], found[c - 1][1], counts[c],
                        counts[c] / n] for c in range(1, len(kinds))]
    if "flag/noise/mismatch" in file:
        depth = file["flag/noise/mismatch"][:]
        so_far = depth.cumsum(0)
        wanted["depth"] = [
            [so_far[u, 0] / so_far[-1, 0], depth[u, 0], depth[u, 1] / depth[u, 0],
             depth[u, 2] / depth[u, 0], so_far[u, 1] / so_far[u, 0]]
            for u in range(40) if depth[u, 0] > 0]
    model = file["score/probability"].attrs
    members = model["members"]
    members = members.decode() if isinstance(members, bytes) else members
    wanted["models"] = []
    for member in members.split(",") + ["committee"]:
        value = [model.get(member + "_" + w) for w in (
            "accuracy", "log_loss", "calibration_error", "weight")]
        wanted["models"].append(
            [member] + [None if v is None or math.isnan(v) else float(v)
                        for v in value])
    if "score/confidence" in file:
        # The nearest of all hexagons, by brute force.
        x = file["score/variability"][:].astype(float) * 48
        y = (1 - file["score/confidence"][:].astype(float)) * 31
        q, r = np.meshgrid(np.arange(26), np.arange(32))
        cx, cy = (q + (r % 2) / 2).ravel(), r.ravel()
        cell = {}
        for i in np.flatnonzero(labelled):
            at = ((cx - x[i]) ** 2 + .75 * (cy - y[i]) ** 2).argmin()
            have = cell.setdefault(at, [0, 0])
            have[0] += 1
            have[1] += flagged[i]
        wanted["map"] = [[cx[at] / 48, cy[at] / 31, *cell[at]]
                         for at in sorted(cell)]
    if decided.any():
        verdict = file["flag/decided/verdict"][:]
        words = file["flag/decided/verdict"].attrs["names"]
        words = (words.decode() if isinstance(words, bytes) else words).split(",")
        wrong = np.isin(verdict, [words.index("wrong"), words.index("relabel")])
        told = wrong | (verdict == words.index("ok"))
        base = file["flag/decided/suspicion"][:].astype(float)
        bins = np.minimum((base * 5).astype(int), 4)
        wanted["verdicts"] = []
        for b in range(5):
            rows = told & (bins == b)
            if rows.any():
                hits = wrong[rows].sum()
                wanted["verdicts"].append(
                    [b / 5, (b + 1) / 5, rows.sum(), base[rows].mean(),
                     hits / rows.sum(), *share_interval(hits, rows.sum())])
    if os.path.exists(os.path.join(folder, "history")):
        wanted["nights"] = nights(os.path.join(folder, "history"))
    for file_name in os.listdir(folder):
        if file_name.endswith(".tsv") and file_name[:-4] not in wanted:
            print("not computed again:", file_name)
    for name, rows in wanted.items():
        path = os.path.join(folder, name + ".tsv")
        compare(name, read(path)[1], rows)
    print("compared:", *sorted(wanted), file=sys.stderr)


{"data": data, "same": same, "pictures": pictures, "markdown": markdown, "shape": shape, "figures": figures}[sys.argv[1]](*sys.argv[2:])
