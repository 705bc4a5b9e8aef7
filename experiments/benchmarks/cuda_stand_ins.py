"""Stand-ins for the CUDA libraries that PyTorch's wheel is linked to, some 2 GB: on a machine without a GPU the
loader wants them there, and nobody calls them.

    cuda_stand_ins.py SITE_PACKAGES

For each such library that is not installed this builds a small one that defines the symbols PyTorch looks up in it.
Whoever did call one of them would crash: never use these beside a GPU.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
from collections import defaultdict

CUDA_LIBRARY = re.compile(r"lib(cublas|cublasLt|cudnn|cufft|cufile|curand|cusparse|cusparseLt|nccl|nvshmem_host)\.so")
CUDA_SYMBOL = re.compile(r"(cublas|cudnn|cufft|cuFile|curand|cusparse|nccl|nvshmem)")
# Names of symbol versions that are not the library's own name.
VERSION_OWNERS = {"NVSHMEM": "libnvshmem_host.so.3"}
UNVERSIONED_OWNER = "libnccl.so.2"  # any library will do: the loader looks in all of them


def output_of(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def needed_libraries(library):
    names = re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-d", library))
    return {name for name in names if CUDA_LIBRARY.match(name)}


def wanted_symbols(library):
    """(name, version or None) of each symbol of CUDA that the library leaves undefined."""
    for line in output_of("nm", "-D", "--undefined-only", library).splitlines():
        name, _, version = line.split()[-1].partition("@")
        if CUDA_SYMBOL.match(name):
            yield name, version.lstrip("@") or None


def build(path, version, symbols):
    with tempfile.TemporaryDirectory() as folder:
        source, script = pathlib.Path(folder, "symbols.c"), pathlib.Path(folder, "versions.map")
        source.write_text("".join(f"char {name};\n" for name in sorted(symbols)))
        script.write_text(f"{version} {{ *; }};\n" if version else "{ global: *; };\n")
        output_of("gcc", "-shared", "-nostdlib", f"-Wl,-soname,{path.name}", f"-Wl,--version-script={script}", source,
                  "-o", path)


def main():
    packages = pathlib.Path(sys.argv[1])
    needed, versions, symbols = set(), {}, defaultdict(set)
    for library in sorted((packages / "torch" / "lib").glob("libtorch*.so")):
        needed |= needed_libraries(library)
        for name, version in wanted_symbols(library):
            owner = VERSION_OWNERS.get(version, version or UNVERSIONED_OWNER)
            versions[owner] = version
            symbols[owner].add(name)
    for name in sorted(needed):
        if not list(packages.glob(f"nvidia/*/lib/{name}")):
            build(packages / "nvidia" / "cu13" / "lib" / name, versions.get(name), symbols[name])


if __name__ == "__main__":
    main()
