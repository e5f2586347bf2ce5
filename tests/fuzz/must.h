// What a fuzz target demands of an answer: the fuzzer reports the input at which it does not hold.
#pragma once

#include <cstdlib>

inline void must(bool holds) {
  if (!holds) std::abort();
}
