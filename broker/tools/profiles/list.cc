#include "tools/profiles/list.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include "ipc/terminal/wrap.h"
#include "profile/files.h"
#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

constexpr std::size_t kIndent = 4;

// A program's command line is not shown: people put passwords into them.
struct SourceIs {
  std::string operator()(const WebIdentityPlan& plan) const { return plan.role_arn; }
  std::string operator()(const SsoPlan& plan) const {
    return plan.role_name + " in account " + plan.account_id + " by " +
           (plan.session.empty() ? plan.start_url : "sso-session " + plan.session);
  }
  std::string operator()(const LoginPlan& plan) const { return plan.session; }
  std::string operator()(const auto&) const { return ""; }
};

ListedProfile row_of(const std::string& name, ipc::Result<ResolvedProfile> profile) {
  ListedProfile row;
  row.name = name;
  if (!profile) {
    row.error = std::move(profile).error();
    return row;
  }
  row.source = source_row(kind_of(profile->base)).word;
  row.source_is = std::visit(SourceIs{}, profile->base);
  row.base_profile = profile->base_profile;
  row.region = profile->region;
  if (profile->mfa) row.mfa_serial = profile->mfa->serial;
  row.roles = std::move(profile->chain);
  return row;
}

void print_error(const ListedProfile& row, ToolOutput& out) {
  out.line(out.ink(Ink::kStrong, row.name) + ": " + out.ink(Ink::kBad, "does not resolve"));
  const auto told = [&](const std::string& text) {
    out.line("    " + ipc::wrapped(harmless(text), kIndent, kIndent, out.width()));
  };
  told(row.error->what);
  if (!row.error->next_step.empty()) told("next: " + row.error->next_step);
}

void print_row(const ListedProfile& row, ToolOutput& out) {
  std::string text = row.source;
  if (!row.source_is.empty()) text += " (" + row.source_is + ")";
  if (row.base_profile != row.name) text += " of profile " + row.base_profile;
  text += row.region.empty() ? ", no region" : ", " + row.region;
  if (!row.mfa_serial.empty()) text += ", MFA " + row.mfa_serial;
  out.line(out.ink(Ink::kStrong, row.name) + ": " +
           ipc::wrapped(harmless(text), kIndent, row.name.size() + 2, out.width()));
  for (const RoleStep& role : row.roles) out.line("    role " + harmless(role.role_arn));
}

void add_json(const ListedProfile& row, JsonText& text) {
  text.open_object().text("name", row.name).boolean("resolves", !row.error);
  if (row.error) {
    text.text("error", row.error->what).text("next_step", row.error->next_step).close_object();
    return;
  }
  text.text("source", row.source).text_or_null("source_is", row.source_is).text("base_profile", row.base_profile);
  text.text_or_null("region", row.region).text_or_null("mfa_serial", row.mfa_serial);
  text.open_list("roles");
  for (const RoleStep& role : row.roles) {
    text.open_object().text("profile", role.profile).text("role_arn", role.role_arn).close_object();
  }
  text.close_list().close_object();
}

}  // namespace

ipc::Result<ProfileList> list_profiles(const ProfilePaths& paths, const ipc::Settings& settings,
                                       const std::string& home, const std::vector<std::string>& stored_keys) {
  const ipc::Result<ProfileFiles> files = ProfileFiles::open(paths.config, paths.credentials);
  if (!files) return std::unexpected(files.error());
  const ProfileOptions options{
      .stored = [&](std::string_view name) { return std::ranges::binary_search(stored_keys, name); }};
  ProfileList list{{}, files->warnings()};
  std::vector<std::string> names;
  std::ranges::set_union(files->names(), stored_keys, std::back_inserter(names));
  for (const std::string& name : names) {
    list.profiles.push_back(row_of(name, resolve_profile(*files, name, settings, home, {}, options)));
  }
  return list;
}

void print_profiles(const ProfileList& list, ToolOutput& out) {
  for (const ListedProfile& row : list.profiles) row.error ? print_error(row, out) : print_row(row, out);
}

void add_profiles(const ProfileList& list, ipc::JsonAnswer& answer) {
  answer.data().open_list("profiles");
  for (const ListedProfile& row : list.profiles) {
    add_json(row, answer.data());
    if (!row.error) continue;
    answer.open_finding("error", row.error->what, row.error->next_step).text("profile", row.name).close_object();
  }
  answer.data().close_list();
}

}  // namespace broker
