// The frontend's own answers, each a fixed text; see refusals.def. What the broker decides is answered by the broker.
//
// Runs in: frontend.   Blocks: never.
// Error bodies carry both spellings of the keys (Code and code): some SDKs read only the one, some only the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace frontend {

#define REFUSAL(name, status, phrase, code, message, why) name,
enum class Refusal : std::uint8_t {
#include "refusals.def"
};
#undef REFUSAL

struct RefusalRow {
  std::string_view name;
  int status;
  std::string_view phrase, code, message, why;
};

#define REFUSAL(name, status, phrase, code, message, why) RefusalRow{#name, status, phrase, code, message, why},
inline constexpr RefusalRow kRefusals[] = {
#include "refusals.def"
};
#undef REFUSAL

constexpr const RefusalRow& row_of(Refusal refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

// Head and body, ready to send. Built for all rows at the first call.
const std::string& reply_of(Refusal refusal);

}  // namespace frontend
