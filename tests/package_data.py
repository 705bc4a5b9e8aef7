#!/usr/bin/env python3
"""tests/package_data.py PROGRAM: what the scripts in datasets/ make of Debian's packages."""
import collections
import pathlib
import runpy
import sys
import tempfile

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "datasets"))
from making import captions, couplets, emoji, importing, two_fonts  # noqa: E402

RECORDS = {
    "tang300": "\x1b[32m《甲・并序》\x1b[m\n\x1b[33m作者：某\x1b[m\n序者五字也，亦是散文也。余不赘言矣，已。\n  \n"
               "一二三四五，六七八九十。\n甲乙丙丁戊，己庚辛壬癸？\n%\n"
               "《乙》\n作者：某\n一二三四五，六七八九十。\n子丑寅卯辰巳午，未申酉戌亥天地。\n%\n",
    "song100": "题目:《丙》\n作者:某\n东西南北中，春夏秋冬年。\n%    \n题目:《丁》\n作者:某\n金木水火土，日月星辰风。\n",
    "chinese": "有钱道真语，无钱语不真。\n    --《增广贤文》\n%\n甲乙丙丁戊，己庚辛壬水。\n    -- 某《甲》\n%\n"
               "山川草木虫，鱼鸟兽人仙。\n    -- 某《甲》\n%\n这是一句话，不是一首诗。\n",
}


def expect(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def check_records():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in RECORDS.items():
            pathlib.Path(folder, name).write_text(text, encoding="utf-8")
        poems = couplets.read_poems(pathlib.Path(folder))
    expect("poems of the records", [len(found) for _, found in poems], [2, 1, 1, 1, 1])
    # A line of the quotation is in the first poem, and its title is that of the other quotation.
    expect("whole poems of the records", sorted(map(len, couplets.whole_poems(poems))), [1, 1, 4])


def check_couplets():
    poems = couplets.whole_poems(couplets.read_poems())
    training, held_out = couplets.split_couplets(poems)
    both = training + held_out
    expect("poems and couplets", (len(poems), len(training), len(held_out)), (311, 737, 158))
    expect("couplets that are there twice", len(both) - len(set(both)), 0)
    expect("couplets of another length", [couplet for couplet in both if len(couplet) != 10], [])
    expect("a spring morning", both.count("春眠不觉晓处处闻啼鸟"), 1)
    lines = [{line for couplet in part for line in (couplet[:5], couplet[5:])} for part in (training, held_out)]
    expect("lines both trained on and held out", lines[0] & lines[1], set())
    part_of = {couplet: part for part in (training, held_out) for couplet in part}
    divided = [poem for poem in poems if len({id(part_of[couplet]) for couplet in poem}) > 1]
    expect("poems both trained on and held out", divided, [])
    expect("the split of the poems in another order", couplets.split_couplets(poems[::-1]), [training, held_out])


def check_captions():
    expect("a caption", captions.caption_of("flag: Côte d’Ivoire"), "flag cote divoire")
    expect("a caption", captions.caption_of("Japanese “free of charge” button"), "japanese free of charge button")
    expect("a caption", captions.caption_of("keycap: *"), "keycap asterisk")
    found = {captions.caption_of(one.name): emoji.colour_glyph(one.text) for one in emoji.read_emoji()}
    expect("emoji, each with its own caption", (len(emoji.read_emoji()), len(found)), (3655, 3655))
    blank = [caption for caption, picture in found.items() if numpy.ptp(numpy.array(picture)) < 50]
    expect("blank pictures", blank, [])
    pictures = {caption: picture.tobytes() for caption, picture in found.items()}
    held_out = captions.choose_held_out(pictures)
    expect("captions held out", len(held_out), 300)
    expect("those with a skin tone", sum("skin" in caption.split() for caption in held_out), 150)
    kept = set(pictures) - held_out
    uses = collections.Counter(word for caption in kept for word in set(caption.split()))
    rare = {word for caption in held_out for word in caption.split() if uses[word] < captions.LEAST_USES}
    expect("words of held-out captions that are rare in the others", rare, set())
    expect("held-out captions that only order the words of another anew",
           set(map(captions.bag_of, held_out)) & set(map(captions.bag_of, kept)), set())
    shared = {pictures[caption] for caption in kept}
    expect("held-out captions of a picture that another has",
           [caption for caption in held_out if pictures[caption] in shared], [])
    backwards = dict(reversed(pictures.items()))
    expect("the choice from captions in another order", captions.choose_held_out(backwards), held_out)


def images_of(name):
    with h5py.File(importing.DATA / name / "shard_00000.h5") as shard:
        return shard["images"][:]


def make(script):
    sys.argv = [script]
    runpy.run_path(str(ROOT / "datasets" / script), run_name="__main__")


def is_cut(one):
    grey = numpy.array(emoji.line_glyph(one.character))
    return min(grey[[0, -1]].min(), grey[:, [0, -1]].min()) < 255


def check_domains(program):
    domains = two_fonts.split_characters()
    sizes = [len(part) for part in (domains.line, domains.colour, domains.held_out)]
    expect("characters of lines, of colour, held out", sizes, [513, 750, 114])
    parts = domains.line + domains.colour + domains.held_out
    expect("characters in two parts", len(parts) - len({one.character for one in parts}), 0)
    expect("line glyphs that the edge cuts", [one.name for one in domains.line + domains.held_out if is_cut(one)], [])
    with tempfile.TemporaryDirectory() as folder:
        importing.PROGRAM, importing.DATA = pathlib.Path(program).resolve(), pathlib.Path(folder)
        make("line-to-colour")
        made = [images_of(f"line-to-colour/{name}") for name in ("line", "colour", "line-held-out", "colour-held-out")]
        make("line-to-colour")  # again: they are there, and stay as they are
    expect("shapes", [images.shape for images in made],
           [(513, 1, 32, 32), (750, 3, 32, 32), (114, 1, 32, 32), (114, 3, 32, 32)])
    expect("blank pictures", [numpy.flatnonzero(numpy.ptp(images, axis=(1, 2, 3)) < 50).tolist() for images in made],
           [[], [], [], []])
    for place, one in enumerate(sorted(domains.held_out, key=lambda one: one.file_name)):
        line, colour = numpy.array(two_fonts.draw_line(one, 32)), numpy.array(two_fonts.draw_colour(one, 32))
        expect(f"sample {place} is {one.name} in both held-out datasets",
               ((made[2][place][0] == line).all(), (made[3][place] == colour.transpose(2, 0, 1)).all()), (True, True))


if __name__ == "__main__":
    check_records()
    check_couplets()
    check_captions()
    check_domains(*sys.argv[1:])
