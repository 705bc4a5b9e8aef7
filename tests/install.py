#!/usr/bin/env python3
"""tests/install.py BUILD WAY: what is installed checks the machine, trains on two ranks and draws samples.

    tree       `cmake --install`, moved; where root may mount, without the checkout
    packages   the archive and the Debian package, each in a Debian that has Open MPI at most and no network

Exits with 77 where a bare Debian cannot be made: that needs root, debootstrap and Debian's packages."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTAINER = ROOT / "launch/container/ganymede.def"
JOURNEY = """set -e
export PATH=$PREFIX/bin:$PATH
cd "$(mktemp -d)"
"$(dirname "$(realpath "$(command -v ganymede)")")/../share/ganymede/launch/check"
ganymede recipe list | grep '^remedy-none/quick '
ganymede dataset make ring --samples 2000 --out data/ring
ganymede-mpirun -n 2 ganymede train remedy-none/quick --run runs/first --threads 1 --set train.steps=20
ganymede sample runs/first --count 100 --out samples.png
test -s samples.png
"""
ENTER = """ip link set lo up
mount -t proc proc "$0/proc"
mount -t sysfs sysfs "$0/sys"
mount --rbind /dev "$0/dev"
exec chroot "$0" "$@" """


def run(command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {result.returncode}\n{result.stdout}")
    return result.stdout


def require(what):
    if not what:
        print("SKIP: a bare Debian needs root, network namespaces, debootstrap and Debian's packages")
        sys.exit(77)


def succeeds(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def check_complaints(prefix, folder):
    """launch/check on a machine without MPI and with an old glibc, as its loader would tell."""
    lines = ["libmpi.so.40 => not found", "libpng16.so.16 => not found",
             "ganymede: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ganymede)"]
    for name, lines in (("ldd", lines), ("mpirun", ["HYDRA build details:"])):
        file = folder / "old" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
        file.chmod(0o755)
    found = subprocess.run([prefix / "share/ganymede/launch/check"], stderr=subprocess.PIPE, text=True,
                           env={**os.environ, "PATH": f"{folder}/old:{os.environ['PATH']}"})
    expected = ["no libmpi.so.40", "no libpng16.so.16", "libc.so.6 is too old: it has no GLIBC_2.34", "mpirun is HYDRA"]
    if found.returncode != 1 or not all(words in found.stderr for words in expected):
        sys.exit(f"launch/check: exit code {found.returncode}, expected 1 and {expected}:\n{found.stderr}")


def check_tree(build, folder):
    run(["cmake", "--install", build, "--prefix", folder / "first"])
    prefix = (folder / "first").rename(folder / "moved")
    libraries = run(["ldd", prefix / "bin/ganymede"])
    outside = [line for line in libraries.splitlines() if "libtorch" in line and f"{prefix}/" not in line]
    if outside or str(ROOT) in libraries:
        sys.exit(f"libraries of the checkout:\n{libraries}")
    check_complaints(prefix, folder)
    hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$1" && mount -t tmpfs none "$2" && exec sh -c "$0"']
    hidden = succeeds(["unshare", "--mount", "mount", "-t", "tmpfs", "none", folder])
    print("without the checkout" if hidden else "the checkout is not hidden: that needs root")
    command = [*hide, JOURNEY, build, ROOT] if hidden else ["sh", "-c", JOURNEY]
    print(run(command, cwd=folder, env={**os.environ, "PREFIX": str(prefix), "TMPDIR": str(folder)}))


def inside(debian, *command, network=False):
    """The command there; without a network, unless asked for. All of its processes end with it."""
    spaces = ["--mount", "--pid", "--fork", *["--net"] * (not network)]
    return ["unshare", *spaces, "sh", "-ec", ENTER, debian, *command]


def container_steps():
    """Those of the container, behind its copy of the archive."""
    return re.search(r"(?m)^%post\n((?: .*\n)+)", CONTAINER.read_text())[1]


def check_packages(build, folder):
    require(os.geteuid() == 0 and shutil.which("debootstrap") and succeeds(["unshare", "--mount", "--net", "true"]))
    debian = folder / "debian"
    require(succeeds(["debootstrap", "--variant=minbase", "bookworm", debian]))
    other = folder / "other"
    run(["cp", "-a", debian, other])
    for kind in ("TGZ", "DEB"):
        run(["cpack", "--config", build / "CPackConfig.cmake", "-G", kind, "-B", folder / "packages"], cwd=folder)
    [archive] = (folder / "packages").glob("*.tar.gz")
    [package] = (folder / "packages").glob("*.deb")
    print(f"{archive.name}: {archive.stat().st_size / 1e6:.0f} MB, {package.name}: {package.stat().st_size / 1e6:.0f} MB")

    shutil.copy(archive, debian / "opt")
    run(inside(debian, "sh", "-ec", container_steps(), network=True))
    print(run(inside(debian, "env", "PREFIX=/usr/local", "sh", "-c", JOURNEY)))

    shutil.copy(package, other / "tmp/ganymede.deb")
    install = "apt-get update && apt-get install -y --no-install-recommends /tmp/ganymede.deb"
    run(inside(other, "sh", "-ec", install, network=True))
    print(run(inside(other, "env", "PREFIX=/usr", "sh", "-c", JOURNEY)))


build = pathlib.Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as temporary:
    {"tree": check_tree, "packages": check_packages}[sys.argv[2]](build, pathlib.Path(temporary))
