"""Checks the sources: includes against layering.txt, #pragma once, and that each source is built.

layering.py [REPOSITORY]              prints file:line and the broken rule; exit code 1 if there is one
layering.py [REPOSITORY] --self-test  plants violations in a copy and checks that each is found
"""

import pathlib
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
EVERYTHING = "everything"
HEADERS = {".hpp", ".h", ".cuh"}
SOURCES = {".cpp", ".cc", ".c", ".cu"}


@dataclass
class Folder:
    may_use: list[str]  # folders and headers
    own_headers: list[str]  # "mpi.h", or "spdlog/" for all below it


def read_rules(file: pathlib.Path) -> tuple[dict[str, Folder], list[str]]:
    folders: dict[str, Folder] = {}
    problems = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, may_use, own_headers = (column.split() for column in line.split("|"))
        for used in may_use:
            if used != EVERYTHING and used not in folders and room_of(used, folders) is None:
                problems.append(f"{file.name}:{number}: {name[0]} may use {used}, which does not stand above it")
        folders[name[0]] = Folder(may_use, own_headers)
    return folders, problems


def files_below(folder: pathlib.Path, suffixes: set[str]) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes)


def matches(header: str, pattern: str) -> bool:
    return header.startswith(pattern) if pattern.endswith("/") else header == pattern


def room_of(path: str, folders: dict[str, Folder]) -> str | None:
    """The folder that layering.txt names and the file belongs to, of several the deepest."""
    above = [parent.as_posix() for parent in pathlib.PurePosixPath(path).parents]
    return next((folder for folder in above if folder in folders), None)


def check_include(folder: str, header: str, folders: dict[str, Folder], quoted: bool) -> str | None:
    """The rule that this include breaks."""
    used = room_of(header, folders)
    if used:
        may_use = folders[folder].may_use
        if used == folder or used in may_use or header in may_use or EVERYTHING in may_use:
            return None
        return f"{folder}/ may not use {header}; it may use: {', '.join(may_use) or 'nothing'}"
    if quoted:
        return f'"{header}" is no path from src/; write "<folder>/<file>"'
    owners = [name for name, rules in folders.items() if any(matches(header, own) for own in rules.own_headers)]
    if owners and folder not in owners:
        return f"<{header}> may be included in {'/ and '.join(owners)}/ only"
    return None


def check_file(path: pathlib.Path, folder: str, folders: dict[str, Folder], root: pathlib.Path) -> list[str]:
    name = path.relative_to(root)
    lines = path.read_text().splitlines()
    problems = []
    for number, line in enumerate(lines, 1):
        if found := INCLUDE.match(line):
            if broken := check_include(folder, found[1], folders, '"' in line.split("include", 1)[1][:3]):
                problems.append(f"{name}:{number}: {broken}")
    if path.suffix in HEADERS and "#pragma once" not in lines:
        problems.append(f"{name}:1: #pragma once is missing")
    return problems


def words_of(cmake: pathlib.Path) -> set[str]:
    if not cmake.is_file():
        return set()
    text = re.sub(r"#.*", "", cmake.read_text())
    return set(re.split(r'[\s()"]+', text))


def check_built(root: pathlib.Path) -> list[str]:
    problems = []
    added_folders = words_of(root / "src/CMakeLists.txt")
    for path in files_below(root / "src", SOURCES):
        library = next(above for above in path.parents if (above / "CMakeLists.txt").exists())
        if path.relative_to(library).as_posix() not in words_of(library / "CMakeLists.txt"):
            problems.append(f"{path.relative_to(root)}:1: no CMakeLists.txt builds this file")
        elif (folder := library.relative_to(root / "src").as_posix()) not in added_folders:
            problems.append(f"{path.relative_to(root)}:1: src/CMakeLists.txt does not add {folder}/")
    built_tests = set().union(*map(words_of, [root / "tests/CMakeLists.txt", *root.glob("tests/*/*.cmake")]))
    for path in files_below(root / "tests", SOURCES):
        if not {path.name, path.relative_to(root / "tests").as_posix()} & built_tests:
            problems.append(f"{path.relative_to(root)}:1: no CMakeLists.txt builds this file")
    return problems


def check(root: pathlib.Path) -> list[str]:
    folders, problems = read_rules(root / "tests/layering.txt")
    for path in files_below(root / "src", HEADERS | SOURCES):
        folder = room_of(path.relative_to(root / "src").as_posix(), folders)
        if folder:
            problems += check_file(path, folder, folders, root)
        else:
            name = path.relative_to(root / "src").parent.as_posix()
            problems.append(f"{path.relative_to(root)}:1: layering.txt does not name the folder {name}/")
    return problems + check_built(root)


# What is planted, as (file, text to append), and what must be said of it.
PLANTED = [
    ("src/base/clock.hpp", '#include "storage/json_file.hpp"', "base/ may not use storage/json_file.hpp"),
    ("src/base/clock.hpp", "#include <storage/json_file.hpp>", "base/ may not use storage/json_file.hpp"),
    ("src/procedures/procedure.hpp", '#include "data/loading/batch_loader.hpp"', "procedures/ may not use data/loading/"),
    ("src/procedures/procedure.hpp", '#include "procedures/adversarial/round.hpp"', "may not use procedures/adversarial/"),
    ("src/data/samples/field.hpp", '#include "data/format/dataset_index.hpp"', "data/samples/ may not use data/format/"),
    ("src/procedures/procedure.hpp", '#include "../cli/command.hpp"', "is no path from src/"),
    ("src/training/trainer.cpp", "#  include <mpi.h>", "<mpi.h> may be included in distributed/mpi/ only"),
    ("src/cli/main.cpp", "#include <nlohmann/json.hpp>", "<nlohmann/json.hpp> may be included in storage/ only"),
    ("src/base/planted.hpp", "// no guard", "#pragma once is missing"),
    ("src/base/planted.cpp", "// not built", "no CMakeLists.txt builds this file"),
    ("src/planted/planted.hpp", "#pragma once", "layering.txt does not name the folder planted/"),
    ("tests/cli/planted_test.cpp", "// not built", "no CMakeLists.txt builds this file"),
    ("tests/layering.txt", "stray | nowhere |", "which does not stand above it"),
]


def self_test(root: pathlib.Path) -> list[str]:
    problems = []
    for file, text, expected in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for tree in ("src", "tests"):
                shutil.copytree(root / tree, copy / tree)
            path = copy / file
            path.parent.mkdir(exist_ok=True)
            before = path.read_text() if path.exists() else ""
            path.write_text(before + text + "\n")
            place = f"{path.name}:{len(before.splitlines()) + 1}: "
            found = sorted(set(check(copy)) - set(check(root)))
            if len(found) != 1 or place not in found[0] or expected not in found[0]:
                problems.append(f"planted in {file}: {text}\n  expected: {place}{expected}\n  found: {found}")
    return problems


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--self-test"]
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent).resolve()
    problems = self_test(root) if "--self-test" in sys.argv else check(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
