// What the doctor takes out of AWS config files, by the one parser of them, and of the CLI's caches: names alone,
// whatever the bytes are.
#include <cstdint>
#include <string>
#include <string_view>

#include "doctor/aws_files.h"
#include "doctor/sections.h"
#include "must.h"
#include "terminal/plain_text.h"

namespace {

void look_at(std::string_view text, ipc::AwsFileKind kind) {
  const supervisor::AwsSections found = supervisor::sections_of(text, kind, "file");
  for (const supervisor::AwsSection& section : found.sections) {
    must(section.name.find('\n') == std::string::npos);
    must(!section.own_process || section.process);
    const std::string shown = supervisor::harmless(section.name);
    must(shown.find_first_of("\n\r\t\x1b\x7f") == std::string::npos && shown.size() <= section.name.size());
  }
  must(!found.not_read || (found.not_read->starts_with("file:") && found.not_read->find('\n') == std::string::npos));
  must(found.not_read || text.empty() || !found.sections.empty() || text.find('[') == std::string_view::npos ||
       text.find_first_of("#;") != std::string_view::npos);  // what was read whole and has a header has a section
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  look_at(text, ipc::AwsFileKind::kConfig);
  look_at(text, ipc::AwsFileKind::kCredentials);
  (void)supervisor::holds_live(text, "accessToken", "expiresAt", 1'800'000'000);
  return 0;
}
