#include "doctor/aws_files.h"

#include <algorithm>
#include <ctime>
#include <span>

#include "ipc/files/sign_in_folders.h"
#include "ipc/text/lenient_time.h"

namespace supervisor {
namespace {

// The text value of a key; the first one. It is looked for, not parsed: what counts is whether it is there.
std::string_view text_of(std::string_view json, std::string_view key) {
  const std::string quoted = '"' + std::string(key) + '"';
  const std::size_t at = json.find(quoted);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + quoted.size());
  const std::size_t begin = json.find_first_not_of(" \t\r\n:");
  if (begin == std::string_view::npos || json[begin] != '"') return {};
  json.remove_prefix(begin + 1);
  return json.substr(0, json.find('"'));
}

// Of the CLI's caches; 0 for what is no moment.
std::time_t moment_of(std::string_view text) {
  const auto read = ipc::read_lenient_time(text);
  return read ? read->time_since_epoch().count() : 0;
}

struct AwsPath {
  std::string path;  // without host.root
  ipc::AwsFileKind kind;
};

std::vector<AwsPath> aws_paths(const Host& host) {
  using enum ipc::AwsFileKind;
  std::vector<AwsPath> paths;
  for (const AwsPath& each :
       {AwsPath{host.in_home("/.aws/config"), kConfig}, AwsPath{host.in_home("/.aws/credentials"), kCredentials},
        AwsPath{host.path_in("AWS_CONFIG_FILE"), kConfig},
        AwsPath{host.path_in("AWS_SHARED_CREDENTIALS_FILE"), kCredentials}}) {
    const bool known = std::ranges::find(paths, each.path, &AwsPath::path) != paths.end();
    if (each.path.starts_with('/') && !known) paths.push_back(each);
  }
  return paths;
}

// A made-up tree has its files below host.root; a path of the environment is one of that tree as well.
AwsFile read_aws_file(const Host& host, const AwsPath& path) {
  const LookedAt file = look_at(host.at(path.path));
  return {path.path, file.how, sections_of(file.text.view(), path.kind, shown_path(host, path.path))};
}

// What a check says of profiles in files: "a, b in ~/.aws/credentials".
struct Named {
  std::vector<std::string> places;
  std::string unread;  // a sentence, where a file or a line of it could not be read
};

template <class Test>
Named profiles_with(const Host& host, Test&& test) {
  Named named;
  for (const AwsFile& file : aws_files(host)) {
    if (file.how == Reading::NotReadable || file.how == Reading::TooLong) {
      named.unread = shown_path(host, file.path) + " could not be looked at";
    } else if (file.text.not_read) {
      named.unread = *file.text.not_read + ", so that what it says is not known";
    }
    std::vector<std::string> names;
    for (const AwsSection& section : file.text.sections) {
      if (test(section)) names.push_back(section.name);
    }
    if (!names.empty()) named.places.push_back(listed(names) + " in " + shown_path(host, file.path));
  }
  return named;
}

Found found_of(const Named& named) {
  if (!named.places.empty()) return {Answer::No, listed(named.places, "; ")};
  if (!named.unread.empty()) return {Answer::CannotTell, named.unread};
  return {Answer::Yes, ""};
}

// ---- caches of the AWS CLI

// Without host.root; empty where there is none.
using FolderOf = std::string (*)(const Host&);
std::string single_sign_on(const Host& host) { return ipc::sso_cache_folder(host.home).value_or(""); }
std::string logins(const Host& host) {
  return ipc::login_cache_folder(host.home, host.variable("AWS_LOGIN_CACHE_DIRECTORY")).value_or("");
}
std::string sessions(const Host& host) { return host.in_home("/.aws/cli/cache"); }
std::string sessions_of_boto(const Host& host) { return host.in_home("/.aws/boto/cache"); }

struct Cache {
  FolderOf folder;
  const char *secret, *until;
};
constexpr Cache kSignOns[] = {{single_sign_on, "accessToken", "expiresAt"},
                              {single_sign_on, "refreshToken", "registrationExpiresAt"},
                              {logins, "refreshToken", "refreshExpiresAt"}};
constexpr Cache kSessions[] = {{sessions, "SecretAccessKey", "Expiration"},
                               {sessions_of_boto, "SecretAccessKey", "Expiration"},
                               {logins, "secretAccessKey", "expiresAt"}};

// The fix is about whole folders: such files may be many. A folder that a variable names may hold other things as well.
Found live_in(const Host& host, std::span<const Cache> caches) {
  std::vector<std::string> live, gone;
  for (const Cache& cache : caches) {
    const std::string folder = cache.folder(host);
    const std::size_t before = live.size();
    for (const std::string& name : names_in(host.at(folder))) {
      const LookedAt file = look_at(host.at(folder + "/" + name));
      const std::string shown = shown_path(host, folder + "/" + name);
      const bool known = std::ranges::find(live, shown) != live.end();
      if (!known && holds_live(file.text.view(), cache.secret, cache.until, host.now)) live.push_back(shown);
    }
    const auto found = std::span(live).subspan(before);
    if (cache.folder == logins) {
      gone.insert(gone.end(), found.begin(), found.end());
    } else if (!found.empty()) {
      gone.push_back(shown_path(host, folder));
    }
  }
  if (live.empty()) return {Answer::Yes, ""};
  return {Answer::No, listed(live), for_shell(gone)};
}

// ---- files of other tools

struct OtherFile {
  const char *path, *key;  // `key` stands in it, before = or :
};
constexpr OtherFile kOthers[] = {{"~/.boto", "aws_secret_access_key"},
                                 {"/etc/boto.cfg", "aws_secret_access_key"},
                                 {"~/.s3cfg", "secret_key"},
                                 {"~/.config/rclone/rclone.conf", "secret_access_key"},
                                 {"~/.passwd-s3fs", ""},
                                 {"~/.aws/credentials.csv", ""},
                                 {"~/Downloads/rootkey.csv", ""}};

// Whether a line gives `key` a value.
bool gives(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const std::size_t divider = line.find_first_not_of(" \t");
    if (divider == std::string_view::npos || (line[divider] != '=' && line[divider] != ':')) continue;
    if (line.find_first_not_of(" \t\r", divider + 1) != std::string_view::npos) return true;
  }
  return false;
}

std::string whole_path(const Host& host, std::string_view path) {
  return path.starts_with('~') ? host.in_home(path.substr(1)) : std::string(path);
}

}  // namespace

std::vector<std::string> aws_file_paths(const Host& host) {
  std::vector<std::string> paths;
  for (const AwsPath& each : aws_paths(host)) paths.push_back(each.path);
  return paths;
}

std::vector<AwsFile> aws_files(const Host& host) {
  std::vector<AwsFile> files;
  for (const AwsPath& path : aws_paths(host)) files.push_back(read_aws_file(host, path));
  return files;
}

bool holds_live(std::string_view json, std::string_view secret, std::string_view until, std::time_t now) {
  if (text_of(json, secret).empty()) return false;
  const std::time_t end = moment_of(text_of(json, until));
  return end == 0 || end > now;
}

Found check_long_term_keys(const Host& host) {
  return found_of(profiles_with(host, [](const AwsSection& section) { return section.long_term_key(); }));
}

Found check_session_keys(const Host& host) {
  return found_of(
      profiles_with(host, [](const AwsSection& section) { return section.secret_key && section.session_token; }));
}

// [default] is what a tool takes that is told nothing; and keys beat a credential_process of the same name.
Found check_keys_that_win(const Host& host) {
  std::vector<std::string> brokered;
  for (const AwsFile& file : aws_files(host)) {
    for (const AwsSection& section : file.text.sections) {
      if (section.own_process) brokered.push_back(section.name);
    }
  }
  return found_of(profiles_with(host, [&](const AwsSection& section) {
    return section.secret_key &&
           (section.name == "default" || std::ranges::find(brokered, section.name) != brokered.end());
  }));
}

Found check_credential_processes(const Host& host) {
  return found_of(
      profiles_with(host, [](const AwsSection& section) { return section.process && !section.own_process; }));
}

Found check_sso_tokens(const Host& host) { return live_in(host, kSignOns); }
Found check_cached_sessions(const Host& host) { return live_in(host, kSessions); }

Found check_other_key_files(const Host& host) {
  std::vector<std::string> found;
  for (const OtherFile& other : kOthers) {
    const std::string path = whole_path(host, other.path);
    const LookedAt file = look_at(host.at(path));
    const std::string_view key = other.key;
    if (key.empty() ? !file.text.view().empty() : gives(file.text.view(), key)) found.push_back(shown_path(host, path));
  }
  return {found.empty() ? Answer::Yes : Answer::No, listed(found)};
}

Found check_readable_files(const Host& host) {
  std::vector<std::string> paths = aws_file_paths(host), open;
  for (const FolderOf folder : {single_sign_on, logins, sessions, sessions_of_boto}) {
    for (const std::string& name : names_in(host.at(folder(host)))) paths.push_back(folder(host) + "/" + name);
  }
  for (const std::string& path : paths) {
    const Others others = others_at(host, path);
    if (others.read || others.write) open.push_back(shown_path(host, path));
  }
  return {open.empty() ? Answer::Yes : Answer::No, listed(open), for_shell(open)};
}

}  // namespace supervisor
