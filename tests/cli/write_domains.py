"""Writes folders of PNG pictures of 16 x 16 in two domains: grey bars, and colours. Usage: write_domains.py FOLDER."""
import pathlib
import struct
import sys
import zlib


def write_png(file, rows, channels):
    """Rows of bytes, of 1 channel or 3."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", len(rows[0]) // channels, len(rows), 8, 2 if channels == 3 else 0, 0, 0, 0)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                     chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))) + chunk(b"IEND", b""))


def main():
    root = pathlib.Path(sys.argv[1])
    for domain, channels, count in (("grey", 1, 12), ("colours", 3, 20)):
        (root / domain).mkdir(parents=True)
        for i in range(count):
            bar = [[255 * (x // 2 % 8 == i % 8) for x in range(16)] for _ in range(16)]
            rows = [[value if channel == i % channels else 255 - value for value in row for channel in range(channels)]
                    for row in bar]
            write_png(root / domain / f"picture {i}.png", rows, channels)
    (root / "large").mkdir()
    write_png(root / "large" / "wide.png", [[0] * 20] * 16, 1)


if __name__ == "__main__":
    main()
