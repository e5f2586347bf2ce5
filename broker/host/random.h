// Random bytes straight from the kernel; no generator of our own.
//
// Blocks: never after boot (getrandom waits for the kernel's first entropy only).
#pragma once

#include <span>

namespace broker {

// False where the kernel gives none; the bytes are then not to be used.
[[nodiscard]] bool fill_with_random(std::span<unsigned char> bytes);

}  // namespace broker
