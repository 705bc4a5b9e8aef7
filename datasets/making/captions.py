"""Captions of emoji: their Unicode names as words, and which of them are held out."""
import collections
import re
import unicodedata

from making.hash_order import in_hash_order

WRITTEN_OUT = {"keycap: #": "keycap hash", "keycap: *": "keycap asterisk", "&": "and", "’": ""}
HELD_OUT_OF_A_KIND = 150  # captions with a skin tone, which are the easier ones; and as many without
LEAST_USES = 3            # of each word of a held-out caption in the captions that are trained on


def caption_of(name):
    """Words of small letters a to z and digits: "flag: Côte d’Ivoire" is "flag cote divoire"."""
    name = name.lower()
    for sign, words in WRITTEN_OUT.items():
        name = name.replace(sign, words)
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join(re.findall("[a-z0-9]+", "".join(letters)))


def bag_of(caption):
    return tuple(sorted(caption.split()))


def choose_held_out(pictures):
    """From captions with their pictures (bytes) a set of captions, each a new combination of words: every word occurs
    in LEAST_USES captions that stay; no caption that stays has the same words in another order, or the same picture."""
    uses = collections.Counter(word for caption in pictures for word in set(caption.split()))
    bags = collections.Counter(map(bag_of, pictures))
    alike = collections.Counter(pictures.values())
    held_out = set()
    for has_skin_tone in (False, True):
        wanted = len(held_out) + HELD_OUT_OF_A_KIND
        for caption in in_hash_order(pictures):
            words = set(caption.split())
            if (len(held_out) < wanted and ("skin" in words) == has_skin_tone and bags[bag_of(caption)] == 1
                    and alike[pictures[caption]] == 1 and all(uses[word] > LEAST_USES for word in words)):
                held_out.add(caption)
                uses.subtract(words)
    return held_out
