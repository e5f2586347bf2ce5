#include "study/question.h"

#include <algorithm>

#include "device/stated.h"
#include "host/own_file.h"
#include "ipc/text/nearest_word.h"
#include "text/plain_text.h"

namespace broker {
namespace {

template <class T>
ipc::Result<T> named(std::string_view what, std::string_view given, std::span<const std::string_view> known) {
  const auto found = std::ranges::find(known, given);
  if (found != known.end()) return static_cast<T>(found - known.begin());
  return ipc::fail(ipc::Fault::kUsage,
                   "unknown " + std::string(what) + " " + in_quotes(given) + ipc::suggestion(given, known));
}

}  // namespace

ipc::Result<Mode> mode_named(std::string_view word) { return named<Mode>("mode", word, kModeWords); }

ipc::Result<Via> via_named(std::string_view word) { return named<Via>("transport", word, kViaWords); }

ipc::Result<Posture> posture_file(const std::string& path) {
  const ipc::Result<std::string> text = read_whole_file(path, kMaxPostureBytes);
  if (!text) return std::unexpected(text.error());
  ipc::Result<StatedPosture> stated = posture_from_json(*text);
  if (stated) return std::move(stated->facts);
  stated.error().what = path + ": " + stated.error().what;
  return std::unexpected(std::move(stated.error()));
}

ipc::Status settle_transport(PolicyQuery& query) {
  if (query.mode == Mode::kServer) {
    if (!query.transport) query.transport = Via::kUnix;
    return {};
  }
  if (!query.transport) return {};
  return ipc::fail(ipc::Fault::kUsage, "mode " + std::string(word(query.mode)) + " has no transport",
                   "leave the transport out, or ask about mode server");
}

}  // namespace broker
