#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The screen of review in a pseudo-terminal: keys, questions, sizes, signals,
# and what comes out of the program on the way.
. "${WN_SOURCE:-.}/tests/tap.sh"

if ! ldd "$build/review" 2>/dev/null | grep -q ncurses; then
    echo '1..0 # SKIP built without ncurses'
    exit 0
fi
if ! python3 -c 'import pty' 2>/dev/null; then
    echo '1..0 # SKIP python3 is not installed'
    exit 0
fi
# Classes of wide characters, identifiers that would drive a terminal.
awk 'BEGIN { srand(5); print "key,a,b,y"
    y[0] = "cat"; y[1] = "cow"; y[2] = "\346\227\245\346\234\254"
    for (i = 0; i < 120; i++) { c = i % 3
        printf "k%d\033[2J\302\233\033]0;x\007,%.3f,%.3f,%s\n", i, rand() + c, rand() - c,
            y[i % 17 == 3 ? (c + 1) % 3 : c] } }' >odd.csv
ingest -q --label=y --id=key odd.csv | score -q --methods=none | flag -q -o odd.h5

cat >drive.py <<'END'
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

def start(size, term="xterm", *options):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM=term, LC_ALL="C.UTF-8")
        # A shell in the background, as of make -j, ignores it for all below.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # ncurses keeps memory of a terminal that it does not know.
        if term == "no-such-terminal":
            os.environ["ASAN_OPTIONS"] = (
                os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.execvp("review", ["review", *options, "odd.h5"])
    return pid, terminal

def read(terminal, wanted=None, quiet=0.2):
    """All that comes until `wanted` was among it and nothing more comes."""
    out, end = b"", time.time() + 20
    while time.time() < end:
        seen = wanted is None or wanted.encode() in out
        if select.select([terminal], [], [], quiet)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:
                break
            if not more:
                break
            out += more
        elif seen:
            break
    return out.decode(errors="replace")

def lines():
    with open("odd.decisions.tsv", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t")[7] for line in file][1:]

def keys(terminal, text, wanted=None, more=0):
    """Type; wait until `wanted` is shown and the file has `more` lines."""
    before, end = len(lines()), time.time() + 20
    os.write(terminal, text.encode())
    out = read(terminal, wanted)
    while len(lines()) < before + more and time.time() < end:
        out += read(terminal)
    return out

count = 0
def ok(good, name):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)

def end_of(pid):
    return os.waitpid(pid, 0)[1]

ALT_ON, ALT_OFF = "\x1b[?1049h", "\x1b[?1049l"

pid, terminal = start((24, 80), "xterm", "--where=given = cat", "--top=30")
first = read(terminal, "quit")
mode = termios.tcgetattr(terminal)[3]
ok(ALT_ON in first and "Label:" in first and "Suspicion:" in first,
   "the page is on a screen of its own")
ok(not mode & termios.ECHO and not mode & termios.ICANON, "keys come at once")
keys(terminal, "o", more=1)
keys(terminal, "w", more=1)
ok(lines() == ["ok", "wrong"], "each key is a line")
keys(terminal, "b", "taken back", 1)
ok(lines() == ["ok", "wrong", "none"], "b takes back")
out = keys(terminal, "r", "relabel to")
ok("relabel to [" in out, "r asks for a class")
keys(terminal, "\x1b")
ok(lines() == ["ok", "wrong", "none"], "Escape leaves the question")
keys(terminal, "rxx\x7f\x7f\u65e5\r", more=1)
ok(lines()[3:] == ["relabel:\u65e5\u672c"],
   "a class is typed, mended, and found by its beginning")
keys(terminal, "rc\r", "classes begin")
keys(terminal, "n\u00fcber\x7fx\r", "noted", 1)
keys(terminal, "/given = cat\r", "rows")
keys(terminal, "/given = \r", "wanted a value")
keys(terminal, "/\r", "rows")
with open("odd.decisions.tsv", encoding="utf-8") as file:
    ok("\u00fcbex" in file.read(), "a note of wide characters is typed and mended")
out = keys(terminal, "?", "take the last")
ok("What the keys do" in out, "? explains the keys")
for size in ((15, 60), (5, 20), (1, 1), (50, 200), (24, 80)):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    os.kill(pid, signal.SIGWINCH)
    out = keys(terminal, " " if size[0] > 1 else "\x1b[B")
before = len(lines())
keys(terminal, "u", more=1)
ok(len(lines()) == before + 1, "it works at any size")
last = keys(terminal, "q", "Next:")
ok(ALT_OFF in last and "flag -i --decisions=odd.decisions.tsv odd.h5" in last,
   "q leaves the screen and says what comes next")
ok(end_of(pid) == 0, "and ends with 0")

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    pid, terminal = start((24, 80))
    read(terminal, "quit")
    before = len(lines())
    keys(terminal, "o", more=1)
    os.kill(pid, number)
    out = read(terminal)
    ok(ALT_OFF in out and os.WTERMSIG(end_of(pid)) == number and
       len(lines()) == before + 1,
       f"{number.name} ends it, the terminal is clean, the verdict is there")
pid, terminal = start((24, 80))
read(terminal, "quit")
before = len(lines())
keys(terminal, "o", more=1)
os.close(terminal)
for _ in range(100):
    if os.waitpid(pid, os.WNOHANG)[0]:
        break
    time.sleep(0.1)
else:
    os.kill(pid, signal.SIGKILL)
    ok(False, "it ends when the terminal goes")
ok(len(lines()) == before + 1, "nothing is lost when the terminal goes")

for term in ("screen", "vt100", "linux"):
    pid, terminal = start((24, 80), term)
    out = read(terminal, "quit")
    out += keys(terminal, "q", "Next:")
    ok("Label:" in out and end_of(pid) == 0, f"TERM={term}")
for term in ("dumb", "", "no-such-terminal"):
    pid, terminal = start((24, 80), term)
    out = read(terminal, "verdict (")
    out += keys(terminal, "q\n", "Next:")
    ok("\x1b" not in out.replace("\\x1b", "") and end_of(pid) == 0,
       f"TERM={term or 'nothing'}: plain lines")
pid, terminal = start((24, 80), "xterm", "--plain")
out = read(terminal, "verdict (")
ok("\x1b" not in out, "--plain: plain lines")
keys(terminal, "q\n")
end_of(pid)

# Sequences of the terminal's own are the only ones.
pid, terminal = start((24, 80))
out = read(terminal, "quit")
out += keys(terminal, "sss")
rest = re.sub(r"\x1b(\[[?>]?[0-9;]*[a-zA-Z]|[()][0AB]|[78=>])", "", out)
ok(not re.search(r"[\x00-\x07\x0b\x0e-\x1f\x7f-\x9f]", rest.replace("\x0f", "").replace("\x0e", "")) and
   "\x1b[2J" not in rest, "what data hold drives nothing")
ok("\\x1b[2J" in out, "they are shown as escapes")
keys(terminal, "q")
end_of(pid)
print(f"1..{count}")
END
python3 drive.py
