"""Emoji as Unicode lists them, drawn in colour by Noto Color Emoji and as black lines by Symbola."""
import dataclasses
import functools
import pathlib
import re
import sys

try:
    from PIL import Image, ImageChops, ImageDraw, ImageFont
except ImportError:
    sys.exit(f"{sys.executable} has no Pillow; run launch/setup, which installs it for /usr/bin/python3")

LIST = pathlib.Path("/usr/share/unicode/emoji/emoji-test.txt")
COLOUR_FONT = pathlib.Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
LINE_FONT = pathlib.Path("/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf")
COLOUR_WIDTH, COLOUR_HEIGHT = 136, 128  # of its bitmaps,
COLOUR_POINTS = 109                     # which have this one size
LINE_POINTS = 160                       # outlines: more than twice the largest picture, to be averaged
COMPARED_POINTS = 32                    # to tell one glyph from another
MOST_ASPECT = 3                         # width of a line glyph in its size
PRESENTATION = "\ufe0f"                 # asks for colour where a character is text too
IN_NO_FONT = "\U0010ffff"               # is no character, and never will be


@dataclasses.dataclass(frozen=True)
class Emoji:
    text: str  # one character or several, which a font draws as one glyph
    name: str  # such as "waving hand: dark skin tone"

    @property
    def character(self):
        """The one character that it is, or an empty string."""
        bare = self.text.replace(PRESENTATION, "")
        return bare if len(bare) == 1 else ""

    @property
    def file_name(self):
        """Its code points, as in 1F44B-1F3FF.png."""
        return "-".join(f"{ord(character):04X}" for character in self.text) + ".png"


def read_emoji():
    """All that are recommended for general interchange, in Unicode's order."""
    rows = re.findall(r"(?m)^([0-9A-F ]+?) *; fully-qualified *# \S+ E[\d.]+ (.+)$", LIST.read_text(encoding="utf-8"))
    return [Emoji("".join(chr(int(code, 16)) for code in codes.split()), name) for codes, name in rows]


@functools.cache
def colour_font():
    return ImageFont.truetype(str(COLOUR_FONT), COLOUR_POINTS)


@functools.cache
def line_font(points=LINE_POINTS):
    return ImageFont.truetype(str(LINE_FONT), points)


@functools.cache
def line_mask(character):
    mask = line_font(COMPARED_POINTS).getmask(character)
    return mask.size, bytes(mask)


def has_lines(character):
    """Whether the line font has the character: it draws all others alike."""
    return line_mask(character) != line_mask(IN_NO_FONT)


def colour_glyph(text):
    """RGB [128 rows, 136 columns] on white; an error unless the font draws the text as one glyph."""
    font = colour_font()
    left, top, right, bottom = font.getbbox(text)
    if (right - left, bottom - top) != (COLOUR_WIDTH, COLOUR_HEIGHT):
        sys.exit(f"{COLOUR_FONT} draws {ascii(text)} as {right - left} x {bottom - top} pixels; expected one glyph of "
                 f"{COLOUR_WIDTH} x {COLOUR_HEIGHT}. Pillow joins characters into one only if it was built with Raqm")
    picture = Image.new("RGB", (COLOUR_WIDTH, COLOUR_HEIGHT), "white")
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, embedded_color=True)
    return picture


def line_glyph(text):
    """Grey on white, with room around the ink."""
    picture = Image.new("L", (MOST_ASPECT * LINE_POINTS, 2 * LINE_POINTS), "white")
    ImageDraw.Draw(picture).text((LINE_POINTS // 2, LINE_POINTS // 4), text, font=line_font(), fill="black")
    return picture


def squared(picture, size, margin=0):
    """The picture in the middle of a white square of size x size pixels, `margin` of them free on each side."""
    side = max(picture.size)
    square = Image.new(picture.mode, (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    inner = square.resize((size - 2 * margin, size - 2 * margin), Image.LANCZOS)
    framed = Image.new(picture.mode, (size, size), "white")
    framed.paste(inner, (margin, margin))
    return framed


def ink(picture):
    """The part of a picture that is not white."""
    return picture.crop(ImageChops.invert(picture).getbbox())
