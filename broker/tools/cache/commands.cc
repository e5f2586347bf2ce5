// The commands of sentinel-cache, which is unreadable by now. No secret is ever on stdout or in an error.
#include "tools/commands.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ipc/process/user_namespace.h"
#include "ipc/secret.h"
#include "ipc/terminal/local_time.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"
#include "tools/cache/kept.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

ipc::Result<std::vector<KeptThing>> everything() {
  const Place place = place_of_this_user();
  const auto profiles = known_profiles(place.home);
  if (!profiles) return std::unexpected(profiles.error());
  std::vector<KeptThing> all;
  const auto add = [&all](std::vector<KeptThing> rows) {
    for (KeptThing& row : rows) all.push_back(std::move(row));
  };
  for (const ipc::KeptRow& row : ipc::kKeptFiles) add(kept_in(row.kind, place, *profiles));
  add(sign_ins(*profiles));
  return all;
}

std::string end_of(const KeptThing& row, ToolOutput& out) {
  if (!row.unreadable.empty()) return out.ink(Ink::kBad, "cannot be read: ") + harmless(row.unreadable);
  const bool ended = row.ends <= this_second();
  const std::string end =
      (ended ? "ended " : "until ") + ipc::local_time(row.ends) + (row.renewable ? ", renewed when it is used" : "");
  return out.ink(ended && !row.renewable ? Ink::kQuiet : Ink::kGood, end);
}

void print_row(const KeptThing& row, ToolOutput& out) {
  const std::string users = row.profiles.empty() ? "" : "  (" + joined(row.profiles) + ")";
  const std::string whose = row.identity.empty() ? "" : harmless(row.identity + users) + "  ";
  out.line(out.ink(Ink::kStrong, row.kind) + "  " + whose + end_of(row, out));
}

void add_json(const KeptThing& row, ipc::JsonAnswer& answer) {
  ipc::JsonText& text = answer.data();
  text.open_object().text("kind", row.kind).text("file", row.file);
  if (!row.identity.empty()) {
    text.text("identity", row.identity).open_list("profiles");
    for (const std::string& name : row.profiles) text.text("", name);
    text.close_list();
  }
  if (!row.unreadable.empty()) {
    text.text("unreadable", row.unreadable).close_object();
    answer.warned("what is kept cannot be read: " + row.unreadable);
    return;
  }
  text.text("ends_at", rfc3339(row.ends).text())
      .boolean("ended", row.ends <= this_second())
      .boolean("renewable", row.renewable)
      .close_object();
}

// What is unsealed is as good as a key while it lasts.
ipc::Status open_memory(const ToolArguments& arguments) {
  const bool allowed = arguments.flag("allow-user-namespace");
  if (const ipc::Status apart = ipc::check_no_user_namespace(allowed); !apart) return apart;
  return ipc::SecretArena::open();
}

ipc::Status list(const ToolArguments& arguments, ToolOutput& out) {
  if (const ipc::Status opened = open_memory(arguments); !opened) return opened;
  const auto all = everything();
  if (!all) return std::unexpected(all.error());
  if (!out.json()) {
    for (const KeptThing& row : *all) print_row(row, out);
    if (all->empty()) out.note("nothing is kept");
    return {};
  }
  out.answer().data().open_list("kept");
  for (const KeptThing& row : *all) add_json(row, out.answer());
  out.answer().data().close_list();
  return {};
}

// What `clear` is to take, judged: nothing goes that was not asked for.
ipc::Status check_wish(const ToolArguments& arguments) {
  const bool all = arguments.flag("all"), part = arguments.given("kind") || arguments.given("profile");
  const bool sign_in = std::ranges::any_of(kSignIns, [&](const SignInRow& row) { return arguments.flag(row.word); });
  if (all && part) return arguments.misuse("--all is given beside --kind or --profile");
  if (all || part || sign_in) return {};
  return arguments.misuse("it is not said what to clear: give --kind, --profile, --sso, --aws-login or --all");
}

ipc::Status check_profile(const std::string& name, const std::vector<KnownProfile>& profiles) {
  if (name.empty()) return {};
  for (const KnownProfile& known : profiles) {
    if (known.name == name) return {};
  }
  return ipc::fail(Fault::kConfig,
                   "there is no profile '" + name + "' that resolves, so that what it uses is not known",
                   "see sentinel profiles, or clear by --kind or --all");
}

// What is cleared is counted; what cannot be is told, and ends the command badly after all else was done.
class Clearing {
 public:
  explicit Clearing(ToolOutput& out) : out_(out) {}

  // Whether anything went.
  bool count(const ipc::Result<std::size_t>& cleared) {
    if (cleared) gone_ += *cleared;
    if (cleared) return *cleared > 0;
    if (!worst_) out_.error(worst_.error());
    worst_ = std::unexpected(cleared.error());
    return false;
  }
  ipc::Status finish() {
    if (out_.json()) {
      out_.answer().data().number("removed", static_cast<std::int64_t>(gone_));
    } else {
      out_.line(out_.ink(Ink::kGood, "removed") + " " + std::to_string(gone_) +
                (gone_ == 1 ? " session" : " sessions"));
    }
    return worst_;
  }

 private:
  ToolOutput& out_;
  std::size_t gone_ = 0;
  ipc::Status worst_;
};

ipc::Status clear(const ToolArguments& arguments, ToolOutput& out) {
  if (const ipc::Status wish = check_wish(arguments); !wish) return wish;
  if (const ipc::Status opened = open_memory(arguments); !opened) return opened;
  const std::string_view kind = arguments.value("kind");
  const std::string profile(arguments.value("profile"));
  const bool sealed = arguments.flag("all") || !kind.empty() || !profile.empty();
  const Place place = place_of_this_user();
  const auto profiles = known_profiles(place.home);
  if (!profiles) return std::unexpected(profiles.error());
  if (const ipc::Status known = check_profile(profile, *profiles); !known) return known;
  Clearing clearing(out);
  for (const ipc::KeptRow& row : ipc::kKeptFiles) {
    if (sealed && (kind.empty() || kind == row.word)) clearing.count(clear_kept(row.kind, place, *profiles, profile));
  }
  for (const SignInRow& row : kSignIns) {
    if (!arguments.flag(row.word)) continue;
    if (clearing.count(clear_sign_ins(row.kind, *profiles, profile))) out.note(std::string(row.after_clearing));
  }
  return clearing.finish();
}

int done(const ipc::Status& status, ToolOutput& out) { return status ? kToolGood : refused(out, status.error()); }

}  // namespace

int cache_list(const ToolArguments& arguments, ToolOutput& out) { return done(list(arguments, out), out); }
int cache_clear(const ToolArguments& arguments, ToolOutput& out) { return done(clear(arguments, out), out); }

}  // namespace broker
