#include "child/environment.h"

#include <algorithm>

#include "ipc/text/ip_address.h"

namespace supervisor {
namespace {

enum class Fate { Unset, Set, SetOrKeep, Append, Keep };
enum class When { Tcp, Unix, Server, Cli, Any };
enum class Value {
  None,
  CredentialsUri,
  Token,
  AnswerKey,
  ServerPid,
  SocketPath,
  ConfigPath,
  CredentialsPath,
  One,
  Region,
  True,
  Profile,
  AccessKeyId,
  SecretAccessKey,
  SessionToken,
  Expiration
};

struct VariableRow {
  std::string_view name;
  Fate fate;
  When when;
  Value value;
  std::string_view why;
};

#define UNSET(name, why) VariableRow{#name, Fate::Unset, When::Any, Value::None, why},
#define SET(name, when, value, why) VariableRow{#name, Fate::Set, When::when, Value::value, why},
#define SERVER(name, value, why) VariableRow{#name, Fate::SetOrKeep, When::Server, Value::value, why},
#define APPEND(name, why) VariableRow{#name, Fate::Append, When::Server, Value::None, why},
#define KEEP(name, why) VariableRow{#name, Fate::Keep, When::Any, Value::None, why},
constexpr VariableRow kVariables[] = {
#include "child/environment.def"
};
#undef UNSET
#undef SET
#undef SERVER
#undef APPEND
#undef KEEP

constexpr bool named_once_with_reason() {
  for (std::size_t i = 0; i < std::size(kVariables); ++i) {
    if (kVariables[i].why.empty()) return false;
    for (std::size_t k = 0; k < i; ++k) {
      if (kVariables[k].name == kVariables[i].name) return false;
    }
  }
  return true;
}
static_assert(named_once_with_reason());

bool applies(When when, const ChildFacts& facts) {
  const bool server = facts.mode == ipc::RunMode::Server;
  switch (when) {
    case When::Tcp:
      return server && facts.transport == ipc::Transport::Tcp;
    case When::Unix:
      return server && facts.transport == ipc::Transport::Unix;
    case When::Server:
      return server;
    case When::Cli:
      return !server;
    case When::Any:
      return true;
  }
  return false;
}

// A variable that a row sets is removed even where the row does not apply; SERVER and APPEND rows leave it alone there.
bool handed_on(std::string_view entry, const ChildFacts& facts) {
  const std::string_view name = entry.substr(0, entry.find('='));
  return std::none_of(std::begin(kVariables), std::end(kVariables), [&](const VariableRow& row) {
    const bool removes = row.fate == Fate::Unset || row.fate == Fate::Set;
    const bool changes = row.fate != Fate::Keep && applies(row.when, facts);
    return row.name == name && (removes || changes);
  });
}

std::string value_of(Value value, const ChildFacts& facts) {
  switch (value) {
    case Value::None:
      return {};
    case Value::CredentialsUri:
      return "http://" + std::string(ipc::kServedAddress) + ":" + std::to_string(facts.port) + "/creds";
    case Value::ServerPid:
      return std::to_string(facts.server);
    case Value::AnswerKey:
      return std::string(facts.answer_key);
    case Value::Token:
      return std::string(facts.token);
    case Value::SocketPath:
      return std::string(facts.socket_path);
    case Value::ConfigPath:
      return std::string(facts.config_path);
    case Value::CredentialsPath:
      return std::string(facts.credentials_path);
    case Value::One:
      return "1";
    case Value::Region:
      return std::string(facts.region);
    case Value::True:
      return "true";
    case Value::Profile:
      return std::string(facts.profile);
    case Value::AccessKeyId:
      return facts.keys->access_key_id.str();
    case Value::SecretAccessKey:
      return std::string(facts.keys->secret_access_key.reveal());
    case Value::SessionToken:
      return std::string(facts.keys->session_token.reveal());
    case Value::Expiration:
      return facts.keys->expiration.str();
  }
  return {};
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Where only one spelling was set, the other takes its list over: a tool that reads the new one first would lose it.
std::string no_proxy_list(const std::vector<std::string>& caller, std::string_view name) {
  std::string list(environment_value(caller, name));
  if (list.empty()) list = environment_value(caller, name == "NO_PROXY" ? "no_proxy" : "NO_PROXY");
  if (leads_past_proxies(list)) return list;
  return list + (list.empty() ? "" : ",") + std::string(ipc::kServedAddress);
}

}  // namespace

std::vector<CommandVariable> command_variables() {
  std::vector<CommandVariable> out;
  for (const VariableRow& row : kVariables) {
    using Told = CommandVariable::Fate;
    constexpr Told kTold[] = {Told::kRemoved, Told::kSet, Told::kSetInServerMode, Told::kAdded,
                              Told::kKept};  // as Fate
    out.push_back({row.name, kTold[static_cast<std::size_t>(row.fate)]});
  }
  return out;
}

std::string_view environment_value(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
      return std::string_view(entry).substr(name.size() + 1);
    }
  }
  return {};
}

bool leads_past_proxies(std::string_view no_proxy) {
  if (without_spaces(no_proxy) == "*") return true;
  while (!no_proxy.empty()) {
    const std::size_t comma = no_proxy.find(',');
    if (without_spaces(no_proxy.substr(0, comma)) == ipc::kServedAddress) return true;
    no_proxy = comma == std::string_view::npos ? std::string_view{} : no_proxy.substr(comma + 1);
  }
  return false;
}

std::vector<std::string> child_environment(const std::vector<std::string>& caller, const ChildFacts& facts) {
  std::vector<std::string> result;
  for (const std::string& entry : caller) {
    if (handed_on(entry, facts)) result.push_back(entry);
  }
  for (const VariableRow& row : kVariables) {
    const std::string prefix = std::string(row.name) + "=";
    if (!applies(row.when, facts)) continue;
    if (row.fate == Fate::Append) result.push_back(prefix + no_proxy_list(caller, row.name));
    if (row.fate != Fate::Set && row.fate != Fate::SetOrKeep) continue;
    const std::string value = value_of(row.value, facts);
    if (!value.empty()) result.push_back(prefix + value);
  }
  return result;
}

}  // namespace supervisor
