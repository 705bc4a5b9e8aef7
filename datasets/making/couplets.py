"""Couplets of classical Chinese poems in five-character lines, from the texts of Debian's package fortunes-zh.

`tang300` and `song100` hold poems under a line that begins with 作者 (author); `chinese` holds prose and proverbs, and
among them quotations, whose last line is `-- author《title》`.
"""
import pathlib
import re

from making.hash_order import in_hash_order

FORTUNES = pathlib.Path("/usr/share/games/fortunes")
COLLECTIONS, QUOTATIONS = ["tang300", "song100"], "chinese"
COLOUR = re.compile("\x1b\\[[0-9;]*m")
END_OF_RECORD = re.compile(r"(?m)^%[ \t]*$")
AUTHOR = re.compile("(?m)^作者[：:].*$")
SOURCE = re.compile(r"(?m)^\s*--\s*([^\s《].*《.+》)\s*\Z")  # proverbs name a book, but no author
LEFT_OUT = {"陈毅《青松》", "苏轼《稼说送张琥》"}  # of 1960, and prose
BLANK_LINE = re.compile(r"\n\s*\n")  # parts a preface in prose from its poem, and the poems of a cycle
PUNCTUATION = re.compile(r"[，。、；：！？“”‘’\s]+")
LINE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]{5}")
HELD_OUT_SHARE = 5  # a poem in five


def couplets_of(stanza):
    """The couplets, ten characters each, of a stanza all of whose lines have five characters; of any other, none."""
    lines = [line for line in PUNCTUATION.split(stanza) if line]
    if len(lines) % 2 or not all(map(LINE.fullmatch, lines)):
        return []
    return [first + second for first, second in zip(lines[::2], lines[1::2])]


def read_poems(folder=FORTUNES):
    """Pairs of a poem's source (author and title of a quotation, else empty) and its couplets, where it has some."""
    poems = []
    for name in [*COLLECTIONS, QUOTATIONS]:
        text = COLOUR.sub("", (folder / name).read_text(encoding="utf-8"))
        for record in map(str.strip, END_OF_RECORD.split(text)):
            found = (SOURCE if name == QUOTATIONS else AUTHOR).search(record)
            if not found or (name == QUOTATIONS and found[1] in LEFT_OUT):
                continue
            source, body = (found[1], record[:found.start()]) if name == QUOTATIONS else ("", record[found.end():])
            couplets = [couplet for stanza in BLANK_LINE.split(body) for couplet in couplets_of(stanza)]
            if couplets:
                poems.append((source, couplets))
    return poems


def whole_poems(poems):
    """The couplets of each poem, none twice. Records with a source or a line in common are of one poem: `chinese`
    quotes what the collections have too, now and then with another character in one of the two lines."""
    whole, poem_of = {}, {}
    for number, (source, couplets) in enumerate(poems):
        lines = {line for couplet in couplets for line in (couplet[:5], couplet[5:])}
        signs = lines | ({source} if source else set())
        joined = sorted({poem_of[sign] for sign in signs if sign in poem_of})
        whole[number] = (set(), [])
        for part in [*(whole.pop(other) for other in joined), (signs, couplets)]:
            whole[number][0].update(part[0])
            whole[number][1].extend(part[1])
        poem_of.update(dict.fromkeys(whole[number][0], number))
    return [list(dict.fromkeys(couplets)) for _, couplets in whole.values()]


def split_couplets(poems):
    """The couplets to train on, and those held out: whole poems, so that no line of a held-out poem is trained on."""
    ordered = in_hash_order(poems, lambda couplets: min(couplets))
    count = len(ordered) // HELD_OUT_SHARE
    return [[couplet for poem in part for couplet in poem] for part in (ordered[count:], ordered[:count])]
