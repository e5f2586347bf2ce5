#include <charconv>

#include "host_config/parts.h"
#include "ipc/text/go_duration.h"

namespace broker {
namespace {

constexpr std::size_t kMaxPath = 4095;

// Two spellings of one path would be two files to who compares them.
bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with('/')) return false;
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::size_t next = path.find('/', at + 1);
    const std::string_view name = path.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
    if (name.empty() || name == "." || name == "..") return false;
    at = next;
  }
  return true;
}

std::string duration_text(std::int64_t seconds) {
  if (seconds % 3600 == 0 && seconds > 0) return std::to_string(seconds / 3600) + "h";
  return seconds % 60 == 0 && seconds > 0 ? std::to_string(seconds / 60) + "m" : std::to_string(seconds) + "s";
}

}  // namespace

bool read_placed(YamlReader& in, const YamlNode& node, PlacedText& out) {
  if (!in.text(node, kMaxName, out.text)) return false;
  out.place = in.place(node);
  return true;
}

bool read_path(YamlReader& in, const YamlNode& node, PlacedText& out) {
  std::string path;
  if (!in.text(node, kMaxPath, path)) return false;
  if (!is_plain_path(path)) {
    return in.refuse(node, in_quotes(path) + " is not the plain absolute path of a file",
                     "write it from / on, without //, . and ..");
  }
  out = {std::move(path), in.place(node)};
  return true;
}

bool read_number(YamlReader& in, const YamlNode& node, std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool plain = !node.quoted && stop == end && (text == "0" || text.front() != '0');
  if (!plain || error == std::errc::invalid_argument) {
    return in.refuse(node, in_quotes(text) + " is not a number", "write digits from " + bounds + ", without quotes");
  }
  if (error != std::errc{} || number < least || number > most) {
    return in.refuse(node, in_quotes(text) + " is out of bounds", "give " + bounds);
  }
  out = number;
  return true;
}

bool read_seconds(YamlReader& in, const YamlNode& node, const ipc::SecondsRange& range, std::chrono::seconds& out) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const std::string bounds = "give " + duration_text(range.shortest) + " to " + duration_text(range.longest);
  const auto length = ipc::parse_go_duration(text);
  if (!length) return in.refuse(node, length.error().what, bounds);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*length);
  if (whole != *length) return in.refuse(node, in_quotes(text) + " is not whole seconds", "round it");
  if (whole.count() < range.shortest || whole.count() > range.longest) {
    return in.refuse(node, in_quotes(text) + " is out of bounds", bounds);
  }
  out = whole;
  return true;
}

}  // namespace broker
