#include "child/environment_keys.h"

#include <cstring>
#include <string>
#include <string_view>

namespace supervisor {
namespace {

// Where a value goes; of two names for one thing the first that is there counts, as in botocore.
enum class Place { AccessKeyId, SecretAccessKey, SessionToken, ContainerToken };
struct KeyVariable {
  std::string_view name;
  Place place;
};
constexpr KeyVariable kKeyVariables[] = {
    {"AWS_ACCESS_KEY_ID", Place::AccessKeyId},
    {"AWS_SECRET_ACCESS_KEY", Place::SecretAccessKey},
    {"AWS_SESSION_TOKEN", Place::SessionToken},
    {"AWS_SECURITY_TOKEN", Place::SessionToken},
    {"AWS_CONTAINER_AUTHORIZATION_TOKEN", Place::ContainerToken},
};

// The first value of `name`, to be wiped where it lies; empty where there is none.
std::span<char> value_of(char** environment, std::string_view name) {
  for (char** entry = environment; *entry; ++entry) {
    const std::string_view text(*entry);
    if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name))
      return {*entry + name.size() + 1, text.size() - name.size() - 1};
  }
  return {};
}

bool take(Place place, std::string_view value, ipc::EnvironmentKeys& keys) {
  const auto first = [value](auto& field) { return !field.reveal().empty() || field.assign(value); };
  switch (place) {
    case Place::AccessKeyId:
      return keys.access_key_id.assign(value);
    case Place::SecretAccessKey:
      return first(keys.secret_access_key);
    case Place::SessionToken:
      return first(keys.session_token);
    case Place::ContainerToken:
      return first(keys.container_token);
  }
  return false;
}

// Every entry of that name: a second one may hold the same key.
void wipe_and_remove(char** environment, std::string_view name) {
  char** kept = environment;
  for (char** entry = environment; *entry; ++entry) {
    const std::string_view text(*entry);
    if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
      ipc::wipe(*entry + name.size() + 1, text.size() - name.size() - 1);
    } else {
      *kept++ = *entry;
    }
  }
  *kept = nullptr;
}

}  // namespace

std::optional<ipc::EnvironmentKeys> take_environment_keys(char** environment) {
  std::optional<ipc::EnvironmentKeys> keys(std::in_place);
  bool found = false;
  std::string too_long;
  for (const KeyVariable& row : kKeyVariables) {
    const std::span<char> value = value_of(environment, row.name);
    if (!value.empty()) {
      found = true;
      if (!take(row.place, {value.data(), value.size()}, *keys)) (too_long += too_long.empty() ? "" : " ") += row.name;
    }
    wipe_and_remove(environment, row.name);
  }
  keys->too_long = ipc::Text<256>(too_long);
  if (!found) keys.reset();
  return keys;
}

}  // namespace supervisor
