// What the processor can do.
#pragma once

namespace ganymede {

// Whether it multiplies bfloat16 by instructions of its own (AVX512-BF16); else such products take longer
// than those of float32.
bool has_bfloat16_products();

}  // namespace ganymede
