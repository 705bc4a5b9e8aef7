"""Where the scripts of `datasets/` put datasets, and the program that writes them. A failure ends the script."""
import os
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path(__file__).resolve().parent.parent.parent / "launch/ganymede"
DATA = pathlib.Path(os.environ.get("GANYMEDE_DATA", "data"))
SCRIPT = pathlib.Path(sys.argv[0]).name


def all_there(names):
    return all((DATA / name).exists() for name in names)


def require_files(*files):
    """Those of the Debian packages that a dataset is made from."""
    for file in files:
        if not file.exists():
            sys.exit(f"{SCRIPT}: {file} is missing; docs/datasets.md names the Debian packages")


def picture_size():
    """The one argument of a script that draws: pixels of a side, 32 unless told otherwise."""
    size = sys.argv[1] if sys.argv[1:] else "32"
    if len(sys.argv) > 2 or size not in ("32", "64"):
        sys.exit(f"{SCRIPT}: found '{' '.join(sys.argv[1:])}', expected 32 or 64, the pixels of a picture's side")
    return int(size)


def import_dataset(name, *arguments):
    """Runs `ganymede dataset import ARGUMENTS --out ...` for the dataset `name`, if it is not there yet."""
    if all_there([name]):
        return
    (DATA / name).parent.mkdir(parents=True, exist_ok=True)
    status = subprocess.run([PROGRAM, "dataset", "import", *map(str, arguments), "--out", DATA / name]).returncode
    if status != 0:
        sys.exit(status)
