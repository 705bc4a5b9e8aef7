"""Numpy copy of Ganymede's counter-based random streams (src/base/random_stream.cpp, random_tensor.cpp).

Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
  key     = (seed bits 0-31, seed bits 32-63)
  counter = (element / 4, place, step, stream), each 32 bits
  element e of a place is word e % 4 of its block
  stream  = purpose << 24 | network << 20 | layer << 12 | pass << 8 | critic iteration
A place is a row of the global batch; a parameter's initial values are one place, place 0.

Words become floats like this:
  uniform: (word >> 8) * 2^-24, exact in float32
  normal:  Box-Muller on the words (2k, 2k+1), in float64, rounded to float32 at the end. The series below
           keep the order of operations of the C++ code, and numpy fuses none of them, so the bits are equal.

Run as a script, this checks Philox against its published vectors and writes random_streams.json.
"""

import enum
import json
import pathlib
from dataclasses import asdict, dataclass

import numpy as np

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
CHUNK_BLOCKS = 1 << 15  # the temporaries of so many blocks stay in the processor's cache


class Purpose(enum.IntEnum):
    INITIALIZE = 1
    SHUFFLE = 2
    NOISE = 3
    DROPOUT = 4
    SAMPLE = 5
    AUGMENT = 6
    SYNTHESIZE = 7
    LABEL = 8
    INTERPOLATE = 9
    POWER_ITERATION = 10
    TEST = 255


class NetworkId(enum.IntEnum):
    NONE = 0
    GENERATOR = 1
    DISCRIMINATOR = 2
    CLASSIFIER = 3
    ENCODER = 4


class Pass(enum.IntEnum):
    NONE = 0
    REAL = 1
    FAKE = 2
    JUDGED = 3  # the fake batch again, in the generator's own step
    PENALTY = 4  # the points at which a penalty takes the gradient
    MATCHED = 5  # the real batch again, whose features the generator's step matches
    MISMATCHED = 6  # the real batch again, with captions of others


# Of the sequence procedure, whose numbers may be those of the adversarial one's.
class SequencePurpose(enum.IntEnum):
    TOKENS = 3
    SAMPLE = 5
    ROLLOUT = 8


class SequencePass(enum.IntEnum):
    DISCRIMINATOR = 1  # tokens for its update
    GENERATOR = 2  # tokens for its update
    REAL = 3
    FAKE = 4


@dataclass(frozen=True)
class StreamId:
    purpose: int
    network: int = NetworkId.NONE
    layer: int = 0
    pass_: int = Pass.NONE
    critic_iteration: int = 0

    def word(self):
        fields = ((self.purpose, 24, 8), (self.network, 20, 4), (self.layer, 12, 8), (self.pass_, 8, 4),
                  (self.critic_iteration, 0, 8))
        for value, _, bits in fields:
            assert 0 <= value < 1 << bits, self
        return sum(int(value) << shift for value, shift, _ in fields)


def philox4x32(counter, key):
    """Ten rounds on four uint32 arrays of one shape and two Python ints; returns four uint32 arrays."""
    c0, c1, c2, c3 = counter
    key0, key1 = key
    for _ in range(10):
        product0 = MULTIPLIERS[0] * c0.astype(np.uint64)
        product1 = MULTIPLIERS[1] * c2.astype(np.uint64)
        c0 = (product1 >> np.uint64(32)).astype(np.uint32) ^ c1 ^ np.uint32(key0)
        c1 = product1.astype(np.uint32)  # the low half
        c2 = (product0 >> np.uint64(32)).astype(np.uint32) ^ c3 ^ np.uint32(key1)
        c3 = product0.astype(np.uint32)
        key0 = (key0 + KEY_INCREMENTS[0]) & 0xFFFFFFFF
        key1 = (key1 + KEY_INCREMENTS[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def word_to_uniform(words):
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def series_log(x):
    """x = 2^e m with m in [2/3, 4/3), then 2 atanh((m - 1) / (m + 1)) by its series."""
    bits = x.view(np.uint64)
    exponent = (bits >> np.uint64(52)).astype(np.int64) - 1023
    m = ((bits & np.uint64(0x000FFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000)).view(np.float64)
    large = m > 4.0 / 3.0
    m = np.where(large, m * 0.5, m)
    exponent = exponent + large
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    total = np.zeros_like(s)
    for k in range(19, 0, -2):
        total = total * s2 + 1.0 / k
    return 2.0 * s * total + exponent.astype(np.float64) * 0.6931471805599453


def series_cos_sin(t):
    """cos and sin of 2 pi t for t in [0, 1): the quarter turn by its number, the rest by Taylor series."""
    quarter = np.floor(4.0 * t + 0.5)
    angle = (4.0 * t - quarter) * 1.5707963267948966
    square = angle * angle
    cosine, sine = np.zeros_like(t), np.zeros_like(t)
    for k in range(7, 0, -1):
        cosine = (cosine + 1.0) * (-square / float((2 * k - 1) * (2 * k)))
        sine = (sine + 1.0) * (-square / float((2 * k) * (2 * k + 1)))
    cosine = cosine + 1.0
    sine = (sine + 1.0) * angle
    turn = quarter.astype(np.int64) & 3
    return np.choose(turn, (cosine, -sine, -cosine, sine)), np.choose(turn, (sine, cosine, -sine, -cosine))


def words_to_normal(words):
    """words [..., even]; pairs are consecutive."""
    words = words.astype(np.float64)
    # 2^-33 keeps the logarithm's argument above 0; the angle has 32 bits.
    radius = np.sqrt(-2.0 * series_log(words[..., 0::2] * 2.0**-32 + 2.0**-33))
    cosine, sine = series_cos_sin(words[..., 1::2] * 2.0**-32)
    return np.stack((radius * cosine, radius * sine), axis=-1).astype(np.float32).reshape(words.shape)


class RandomStream:
    """The numbers of one stream at one step; each method returns [places, elements]."""

    def __init__(self, seed, stream, step):
        self.key = (seed & 0xFFFFFFFF, seed >> 32)
        self.step = np.uint32(step)
        self.stream = np.uint32(stream.word())

    def words(self, first_place, places, elements):
        return self._fill(first_place, places, elements, lambda words: words, np.uint32)

    def uniform(self, first_place, places, elements):
        return self._fill(first_place, places, elements, word_to_uniform, np.float32)

    def normal(self, first_place, places, elements):
        return self._fill(first_place, places, elements, words_to_normal, np.float32)

    def _fill(self, first_place, places, elements, convert, dtype):
        assert first_place >= 0 and first_place + places < 1 << 32 and elements > 0
        blocks_per_place = (elements + 3) // 4
        blocks = places * blocks_per_place
        values = np.empty((blocks, 4), dtype)
        for begin in range(0, blocks, CHUNK_BLOCKS):
            index = np.arange(begin, min(begin + CHUNK_BLOCKS, blocks), dtype=np.uint64)
            place, block = np.divmod(index, np.uint64(blocks_per_place))
            counter = (block.astype(np.uint32), (place + np.uint64(first_place)).astype(np.uint32),
                       np.full(index.shape, self.step), np.full(index.shape, self.stream))
            values[begin:begin + index.size] = convert(np.stack(philox4x32(counter, self.key), axis=-1))
        # Whole blocks are converted before the cut: an odd number of normals needs the pair of its last word.
        return values.reshape(places, 4 * blocks_per_place)[:, :elements]


def _draw(method, first_place, shape):
    return method(first_place, shape[0], int(np.prod(shape[1:]))).reshape(shape)


# Tensors as random_tensor.cpp makes them: drawn as float32 and converted, then arithmetic in the dtype.
def draw_normal(stream, first_place, shape, dtype):
    return _draw(stream.normal, first_place, shape).astype(dtype)


def draw_uniform(stream, first_place, shape, low, high, dtype):
    scalar = np.dtype(dtype).type
    return _draw(stream.uniform, first_place, shape).astype(dtype) * scalar(high - low) + scalar(low)


def draw_dropout_mask(stream, first_place, shape, probability, dtype):
    """The threshold is a float32 number whatever the dtype."""
    kept = _draw(stream.uniform, first_place, shape) >= np.float32(probability)
    return kept.astype(dtype) * np.dtype(dtype).type(1.0 / (1.0 - probability))


def self_check():
    """Known answers of philox4x32-10 from the authors' Random123 distribution (kat_vectors)."""
    for counter, key, expected in (
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ):
        words = philox4x32([np.array([int(c, 16)], np.uint32) for c in counter.split()],
                           [int(k, 16) for k in key.split()])
        assert [int(w[0]) for w in words] == [int(e, 16) for e in expected.split()], counter


# (seed, stream, step, first_place, places, elements): seeds and places beyond 31 and 32 bits, every field of
# the stream word at its greatest value, sizes around the four words of a block and the 256 of the C++ chunk.
STREAM_CASES = (
    (0, StreamId(Purpose.TEST), 0, 0, 1, 4),
    (11, StreamId(Purpose.NOISE, NetworkId.GENERATOR), 0, 0, 2, 100),
    (11, StreamId(Purpose.NOISE, NetworkId.GENERATOR), 9, 63, 1, 100),
    (11, StreamId(Purpose.INITIALIZE, NetworkId.GENERATOR, 6), 0, 0, 1, 12345),
    (11, StreamId(Purpose.DROPOUT, NetworkId.DISCRIMINATOR, 1, Pass.FAKE), 3, 31, 2, 6272),
    (11, StreamId(Purpose.DROPOUT, NetworkId.DISCRIMINATOR, 0, Pass.REAL, 4), 1, 5, 3, 257),
    (1 << 32, StreamId(Purpose.SAMPLE, NetworkId.GENERATOR), 0, 0, 3, 5),
    (0x0123456789ABCDEF, StreamId(Purpose.SHUFFLE), 17, 1, 1, 1000),
    ((1 << 64) - 1, StreamId(255, 15, 255, 15, 255), (1 << 32) - 1, (1 << 32) - 3, 2, 301),
    ((1 << 63) + 5, StreamId(Purpose.TEST), 1 << 31, (1 << 31) - 1, 3, 1),
    (7, StreamId(Purpose.TEST), 3, (1 << 32) - 2, 1, 255),
    (7, StreamId(Purpose.TEST, layer=128), 3, 0, 2, 256),
    (7, StreamId(Purpose.TEST, NetworkId.DISCRIMINATOR, critic_iteration=255), 65536, 1 << 16, 1, 258),
)

# (kind, arguments between the shape and the dtype), on the stream of TENSOR_STREAM
TENSOR_STREAM = (0x100000007, StreamId(Purpose.TEST, layer=3), 2)
TENSOR_CASES = (
    ("normal", ()),
    ("uniform", (-1.0, 1.0)),
    ("uniform", (-0.0371, 0.0371)),
    ("dropout_mask", (0.3,)),
)
TENSOR_FIRST_PLACE, TENSOR_SHAPE = 5, (2, 3, 5)


def bits_of(values):
    return np.ascontiguousarray(values).view(f"uint{8 * values.dtype.itemsize}").ravel()


def weighted_sum(bits):
    """sum of (i + 1) bits[i] modulo 2^64: changes with any one value, and when two trade places."""
    return int((np.arange(1, bits.size + 1, dtype=np.uint64) * bits.astype(np.uint64)).sum(dtype=np.uint64))


def describe_stream(seed, stream, step):
    fields = {name.rstrip("_"): int(value) for name, value in asdict(stream).items()}
    return {"seed": seed, **fields, "stream_word": stream.word(), "step": step}


def stream_case(seed, stream, step, first_place, places, elements):
    count = places * elements
    # All of a small case; of a large one its ends, and both sides of the joints of rows and chunks.
    near = {joint + d for joint in (0, 256, elements, elements + 256, count) for d in (-2, -1, 0, 1)}
    index = [i for i in range(count) if count <= 16 or i in near]
    case = describe_stream(seed, stream, step)
    case |= {"first_place": first_place, "places": places, "elements_per_place": elements, "index": index}
    random_stream = RandomStream(seed, stream, step)
    for kind in ("words", "uniform", "normal"):
        bits = bits_of(getattr(random_stream, kind)(first_place, places, elements))
        case[kind] = {"bits": bits[index].tolist(), "weighted_sum": weighted_sum(bits)}
    return case


def tensor_case(kind, arguments, dtype):
    draw = {"normal": draw_normal, "uniform": draw_uniform, "dropout_mask": draw_dropout_mask}[kind]
    values = draw(RandomStream(*TENSOR_STREAM), TENSOR_FIRST_PLACE, TENSOR_SHAPE, *arguments, dtype)
    return {"kind": kind, "arguments": arguments, "dtype": dtype, "bits": bits_of(values).tolist()}


def main():
    self_check()
    stored = {
        "streams": [stream_case(*case) for case in STREAM_CASES],
        "tensors": {
            **describe_stream(*TENSOR_STREAM),
            "first_place": TENSOR_FIRST_PLACE,
            "shape": TENSOR_SHAPE,
            "draws": [tensor_case(*case, dtype) for case in TENSOR_CASES for dtype in ("float32", "float64")],
        },
    }
    write_json(pathlib.Path(__file__).with_suffix(".json"), stored)


def write_json(path, stored):
    """One line for each entry of an outer list or object, so that a change shows in a diff."""
    parts = []
    for key, value in stored.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = "[\n  " + ",\n  ".join(json.dumps(entry) for entry in value) + "\n ]"
        elif isinstance(value, dict):
            entries = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            value = "{\n  " + ",\n  ".join(entries) + "\n }"
        else:
            value = json.dumps(value)
        parts.append(f" {json.dumps(key)}: {value}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
