#!/usr/bin/env python3
"""tests/docs.py [PROGRAM]: links and #anchors of all pages lead somewhere, docs/recipes.md names exactly the keys and
choices that the program knows, and each --option that a page gives to a command of ganymede is in its --help."""
import functools, pathlib, re, subprocess, sys
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(sys.argv[1] if sys.argv[1:] else ROOT / "build/release/ganymede").resolve()
BLOCKS = r"(?ms)^```.*?^```|^ {4}[^\n]*"  # of code
problems = []


@functools.cache
def ask(*words):
    return subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def anchors(page):
    """As GitHub makes them: small letters, no punctuation, hyphens for spaces, -1 behind the second of a name."""
    titles = re.findall(r"(?m)^#+ +(.*)", re.sub(BLOCKS, "", page.read_text()))
    names = [re.sub(r"\]\(.*?\)|[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    return [name + f"-{names[:i].count(name)}" * (name in names[:i]) for i, name in enumerate(names)]


def check_links(page, text):
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(BLOCKS + "|`[^`]*`", "", text)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not re.match(r"\w+:", link) and not (target.exists() and (not anchor or anchor in anchors(target))):
            problems.append(f"{page}: the link {link} leads nowhere")


@functools.cache
def commands(above=()):
    names = re.findall(r"(?m)^  ([a-z][\w-]*) ", ask(*above, "--help").partition("Subcommands:")[2])
    return {below for name in names for below in {(*above, name)} | commands((*above, name))}


def check_options(page, text):
    """Behind a command, in blocks and in `...`; an option alone in `...` may be of any command, or of `compare`."""
    alone = (ROOT / "experiments/benchmarks/compare.py").read_text() + "".join(ask(*c, "--help") for c in commands())
    for code in re.findall(r"(?m)^ {4}(?:.*\\\n)*.*|`[^`\n]+`", text):
        words = re.sub(r"\\\n| # .*|`", " ", code).split()
        programs = [i for i, word in enumerate(words) if re.fullmatch(r"(.*/)?ganymede", word)]
        words = words[programs[0] + 1:] if programs else words
        depth = max((n for n in (1, 2, 3) if tuple(words[:n]) in commands()), default=0)
        known = ask(*words[:depth], "--help") if depth else alone if programs or code.startswith("`--") else None
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", " ".join(words)):
            if known is not None and not re.search(rf"{option}(?![\w-])", known):
                problems.append(f"{page}: {option} is no option of ganymede {' '.join(words[:depth])}")


def answer(key):  # x is no key, and no value where one is checked
    recipe = {"sequence": "seqgan-tutorial", "cycle": "cyclegan"}.get(key.partition(".")[0], "mlp")
    return ask("recipe", "show", recipe, "--set", f"{key}=x")


def choices(key):
    return "".join(re.findall("expected one of: (.+)", answer(key))).split(", ")


def check_keys(page, text):
    rows = re.findall(r"(?m)^\| (`.*?) \| (.*) \|$", text)
    table = {key: meaning for keys, meaning in rows for key in re.findall("`(.*?)`", keys)}
    sections = [""]
    for section in sections:  # which grows meanwhile
        for key in (section + name for name in choices(section + "x")):
            row = table.get(key) or table.get(re.sub(r"^(gan|sequence|cycle)\.\w+\.", r"\1.*.", key))
            has_keys = "expected keys" in answer(key)
            if row is None and has_keys:
                sections.append(key + ".")
            elif missing := [name for name in choices(key + ".x" * has_keys)
                             if row is None or name and f"`{name}`" not in row]:
                problems.append(f"{page}: no row has the key {key} and its {', '.join(missing) or 'meaning'}")
    for key in table:
        one = re.sub(r"^(gan|sequence|cycle)\.\*", r"\1.generator", key).replace("network.*", "network.mlp")
        if "unknown key" in answer(one):
            problems.append(f"{page}: the program knows no key {key}")


for page in subprocess.check_output(["git", "-C", ROOT, "ls-files", "*.md"], text=True).split():
    for check in (check_links, check_options, *[check_keys] * (page == "docs/recipes.md")):
        check(ROOT / page, (ROOT / page).read_text())
sys.exit("\n".join(problems).replace(f"{ROOT}/", "") or 0)
