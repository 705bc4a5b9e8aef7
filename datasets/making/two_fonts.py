"""Emoji of one character each that two fonts draw, as two domains without pairs, and the pairs that are held out."""
import dataclasses

from making.emoji import colour_glyph, has_lines, ink, line_glyph, read_emoji, squared
from making.hash_order import in_hash_order

HELD_OUT_SHARE = 10  # a character in ten of those that both fonts have
MARGIN = 1           # white pixels around the ink, so that both drawings of a character lie in the same place


@dataclasses.dataclass
class Domains:
    line: list
    colour: list
    held_out: list  # of both domains


def split_characters():
    """No character is in two of the parts, so no picture of a training domain has its counterpart in the other. Half of
    the characters that both fonts have go to each domain; those that the colour font alone has, to colour."""
    single = [emoji for emoji in read_emoji() if emoji.character]
    in_both = in_hash_order([emoji for emoji in single if has_lines(emoji.character)], lambda emoji: emoji.character)
    held_out, rest = in_both[:len(in_both) // HELD_OUT_SHARE], in_both[len(in_both) // HELD_OUT_SHARE:]
    line, colour = rest[:len(rest) // 2], rest[len(rest) // 2:]
    return Domains(line, colour + [emoji for emoji in single if not has_lines(emoji.character)], held_out)


def draw_line(emoji, size):
    """Grey, size x size."""
    return squared(ink(line_glyph(emoji.character)), size, MARGIN)


def draw_colour(emoji, size):
    """RGB, size x size."""
    return squared(ink(colour_glyph(emoji.character)), size, MARGIN)
