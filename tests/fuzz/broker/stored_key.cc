// A file of the key store, whoever wrote it: read or refused, never dearer than allowed to open, and what is taken is
// byte for byte what would be written again. The first line is the file; what follows stands for what a store's program
// prints.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "keystore/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = ipc::SecretArena::open().has_value();
  if (!ready) std::abort();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, std::min(input.find('\n'), input.size() - 1) + 1);
  const auto key = broker::parse_stored_key("ledger", size == 0 ? input : text);
  if (!key) {
    if (key.error().what.empty() || key.error().next_step.empty()) std::abort();
    return 0;
  }
  if (broker::render_stored_key(*key) != text || key->profile != "ledger") std::abort();
  if (key->cost.log2_n > broker::kGreatestCost.log2_n || key->cost.log2_n < broker::kLeastCost.log2_n) std::abort();
  const std::string_view output = input.substr(text.size());
  if (output.size() > 4096) return 0;
  if (key->store == broker::KeyStoreKind::kFile) {
    (void)broker::open_with_machine_key(*key, output);
  } else if (const auto secret = broker::secret_of_entry(*key, output); secret && secret->empty()) {
    std::abort();
  }
  return 0;
}
