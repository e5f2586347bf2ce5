// The host that the checks of `sentinel doctor` look at: this one, or a made-up one of a test.
//
// Runs in: sentinel-doctor.   Blocks: never; real_host() as the name service does.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

struct Host {
  std::string root;                      // put before every absolute path: empty, or a test's folder
  uid_t uid_of_root = 0;                 // whose files count as root's
  uid_t uid = 0;                         // who asks
  std::optional<gid_t> private_group;    // the user's own: of that name, and so without other members
  std::string user;                      // by the password database; the uid in digits where it has no entry
  std::string home;                      // HOME, or by the password database; empty where there is none
  std::vector<std::string> groups;       // names of all groups of this process
  std::vector<std::string> environment;  // NAME=VALUE
  std::string sentinel;                  // the program `sentinel` that this doctor belongs to
  bool dumpable_at_start = true;         // of this very process, before it changed that
  bool offline = false;
  sockaddr_in metadata{};  // of the instance metadata service
  std::time_t now = 0;     // Unix time

  [[nodiscard]] std::string at(std::string_view path) const {
    return path.empty() ? std::string() : root + std::string(path);
  }
  // Without host.root; empty where there is no home folder: what would lie in it does not lie in /.
  [[nodiscard]] std::string in_home(std::string_view path) const {
    return home.empty() ? std::string() : home + std::string(path);
  }
  // Of the environment; empty where it is not set.
  [[nodiscard]] std::string variable(std::string_view name) const;
  // A name that a variable holds, with its leading ~ made whole.
  [[nodiscard]] std::string path_in(std::string_view variable) const;
};

// Before become_unreadable(), which changes what dumpable_at_start tells.
Host real_host(bool offline);

// What a check found. The row makes the sentence: `subject` stands where it has {}.
enum class Answer { Yes, No, CannotTell };
struct Found {
  Answer answer;
  std::string subject;  // CannotTell: the whole sentence
  std::string fix_subject = subject;
};

#define CHECK(name, ...) Found check_##name(const Host&);
#include "doctor/doctor.def"
#undef CHECK

}  // namespace supervisor
