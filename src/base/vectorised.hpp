// Marks a function whose loops the compiler shall vectorise for the processor that it runs on. Only in
// sources compiled with -O3; the bits of +, *, / and sqrt do not depend on the width of a vector.
#pragma once

// Clang's copies lose the functions of their own that they call.
#if defined(__x86_64__) && !defined(__clang__)
#define GANYMEDE_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GANYMEDE_VECTORISED
#endif

// Such functions for both dtypes: copies for several processors are made of functions, not of templates. The
// macro in brackets defines a function of the type that it gets.
#define GANYMEDE_FOR_FLOAT_AND_DOUBLE(function) function(float) function(double)
