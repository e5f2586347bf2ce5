// What the doctor takes out of AWS config files and of the CLI's caches: names alone, whatever the bytes are.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "doctor/aws_files.h"
#include "doctor/sections.h"
#include "must.h"
#include "terminal/plain_text.h"

namespace {

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::set<std::string> names;
  for (const supervisor::AwsSection& section : supervisor::sections_of(text)) {
    must(names.insert(section.name).second && text.find(section.name) != std::string_view::npos);
    must(!section.own_process || section.process);
    const std::string shown = supervisor::harmless(section.name);
    must(shown.find_first_of("\n\r\t\x1b\x7f") == std::string::npos && shown.size() <= section.name.size());
  }
  (void)supervisor::holds_live(text, "accessToken", "expiresAt", 1'800'000'000);
  return 0;
}
