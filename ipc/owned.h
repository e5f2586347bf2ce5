// What a C library hands out, owned: it goes back by the library's own function, once.
//
// Blocks: as that function does.   Owns: what it was made of; null is nothing.
#pragma once

#include <memory>

namespace ipc {

template <auto give_back>
struct GivenBackBy {
  template <class T>
  void operator()(T* thing) const noexcept {
    (void)give_back(thing);
  }
};

// Owned<BIO, BIO_free>
template <class T, auto give_back>
using Owned = std::unique_ptr<T, GivenBackBy<give_back>>;

}  // namespace ipc
