// Reading for `sentinel doctor`: bounded, never through a fifo or device, and wiped, for there may be keys in it.
//
// Runs in: sentinel-doctor.   Blocks: as file systems do; a fifo is never waited for.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/host.h"

namespace supervisor {

inline constexpr std::size_t kMaxLookedAt = std::size_t{1} << 20;  // bytes of one file

// The text of a file, overwritten when it goes.
class WipedText {
 public:
  explicit WipedText(std::string text) : text_(std::move(text)) {}
  WipedText(WipedText&& other) noexcept : text_(std::move(other.text_)) {}
  WipedText& operator=(WipedText&&) = delete;
  ~WipedText();
  [[nodiscard]] std::string_view view() const { return text_; }

 private:
  std::string text_;
};

enum class Reading { Read, NotThere, NotReadable, TooLong };
struct LookedAt {
  Reading how = Reading::NotThere;
  WipedText text{""};
};
LookedAt look_at(const std::string& path);

// The first line of a small file of the kernel's; empty where it cannot be read.
std::string first_line(const std::string& path);
// The names in a folder, sorted; none where it cannot be read.
std::vector<std::string> names_in(const std::string& folder);
std::optional<struct stat> status_of(const std::string& path);  // links are followed

// Which others than `uid` and root get at a file, by its mode and those of the folders above it.
struct Others {
  bool read = false, write = false;
};
Others others_at(const Host&, const std::string& path);  // without host.root
// That root alone can have put this file there.
bool belongs_to_root_alone(const Host&, const std::string& path);  // without host.root

// "~/.aws/config" for a path in the home folder.
std::string shown_path(const Host&, const std::string& path);
// As words of a shell's command line: what is no plain path is quoted.
std::string for_shell(const std::vector<std::string>& paths);
// "a, b and 3 more": at most `most` of them by name.
std::string listed(const std::vector<std::string>& names, std::string_view divider = ", ", std::size_t most = 8);

}  // namespace supervisor
