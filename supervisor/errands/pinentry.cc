#include "errands/pinentry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace supervisor {
namespace {

using ipc::Fault;

constexpr unsigned kCodeMask = 0xffff, kCancelled = 99, kFullyCancelled = 198;  // libgpg-error's numbers

// Assuan quotes what would end a line.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

std::unexpected<ipc::Error> odd(std::string_view why) {
  return ipc::fail(Fault::kProtocol, "pinentry " + std::string(why),
                   "look at what `pinentry` is, or choose another --prompt");
}

}  // namespace

ipc::Result<std::string> PinentryTalk::hear(std::string_view line) {
  if (line.starts_with("#") || line.starts_with("S ") || line == "S") return std::string();
  if (line == "OK" || line.starts_with("OK ")) return on_ok();
  if (line.starts_with("D ")) {
    if (ipc::Status taken = on_data(line.substr(2)); !taken) return std::unexpected(taken.error());
    return std::string();
  }
  if (!line.starts_with("ERR ")) return odd("says what no pinentry says");
  unsigned code = 0;
  const std::string_view number = line.substr(4);
  std::from_chars(number.data(), number.data() + number.size(), code);
  const unsigned reason = code & kCodeMask;
  if (reason == kCancelled || reason == kFullyCancelled)
    return ipc::fail(Fault::kRefused, "the question was closed without an answer", "try again");
  return odd("cannot ask: error " + std::to_string(code));
}

ipc::Result<std::string> PinentryTalk::on_ok() {
  switch (step_) {
    case Step::Greeting:
      step_ = Step::Title;
      return "SETTITLE Sentinel\n";
    case Step::Title:
      step_ = Step::Description;
      return "SETDESC " + quoted(text_) + "\n";
    case Step::Description:
      step_ = Step::Prompt;
      return "SETPROMPT Answer\n";
    case Step::Prompt:
      step_ = Step::Pin;
      return "GETPIN\n";
    case Step::Pin:
      if (typed_.reveal().empty()) return ipc::fail(Fault::kRefused, "nothing was typed", "try again");
      step_ = Step::Done;
      return "BYE\n";
    case Step::Done:
      break;
  }
  return odd("goes on after the end");
}

// A line of Assuan has at most 1000 bytes, so that a longer answer comes in several.
ipc::Status PinentryTalk::on_data(std::string_view data) {
  if (step_ != Step::Pin) return odd("answers what was not asked");
  std::array<char, Typed::kCapacity> plain{};
  std::size_t size = typed_.reveal().size();
  std::ranges::copy(typed_.reveal(), plain.begin());
  ipc::Status taken;
  for (std::size_t i = 0; i < data.size() && taken; ++i) {
    unsigned char byte = static_cast<unsigned char>(data[i]);
    if (data[i] == '%') {
      const std::string_view hex = data.substr(i + 1, 2);
      const bool sound = hex.size() == 2 && std::from_chars(hex.data(), hex.data() + 2, byte, 16).ptr == hex.data() + 2;
      if (!sound) taken = odd("gives an answer that is badly quoted");
      i += 2;
    }
    if (taken && size == plain.size()) taken = std::unexpected(answer_too_long("the answer of pinentry"));
    if (taken) plain[size++] = static_cast<char>(byte);
  }
  if (taken) (void)typed_.assign({plain.data(), size});
  ipc::wipe(plain.data(), plain.size());
  return taken;
}

}  // namespace supervisor
