// The commands of sentinel-keys, which is unreadable by now. No secret is ever an argument, in the environment, on
// stdout or in an error.
#include "tools/commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ipc/process/user_namespace.h"
#include "ipc/terminal/local_time.h"
#include "profile/files.h"
#include "text/ascii.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"
#include "tools/keys/credentials_file_key.h"
#include "tools/keys/new_key.h"
#include "tools/keys/opened_entry.h"
#include "tools/keys/rotation.h"
#include "tools/settings/settings.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

// ---- add

ipc::Result<KeystoreEntry> place_asked(const ToolArguments& arguments) {
  const std::string_view store = arguments.value("store"), protect = arguments.value("protect");
  KeystoreEntry about{arguments.files().front(), {}};
  const auto kind = kind_named<KeyStoreKind>(kKeyStores, store.empty() ? "file" : store);
  if (!kind) return arguments.misuse("--store is none of file, secret-service, pass");
  const auto protection = kind_named<KeyProtection>(kKeyProtections, protect.empty() ? "passphrase" : protect);
  if (!protection) return arguments.misuse("--protect is none of passphrase, systemd-creds, tpm2");
  if (*kind != KeyStoreKind::kFile && !protect.empty())
    return arguments.misuse("--protect is for --store file; other stores protect themselves");
  about.store = *kind;
  about.protection = *protection;
  return about;
}

// Read back, opened as a run will open it, compared: what cannot be opened again would be the only copy of a key.
ipc::Status prove(const OpenedEntry& kept, const BaseKey& key) {
  const ipc::Result<SecretBuffer> read = kept.read_back();
  if (!read) {
    ipc::Error error = read.error();
    error.what = "what was stored cannot be opened again as a run would open it: " + error.what;
    return std::unexpected(std::move(error));
  }
  if (read->equals(key.secret_access_key.reveal())) return {};
  return ipc::fail(Fault::kSystem, "what was stored reads back otherwise", "check the disk");
}

// Stored, and proven to be; or not stored, and it is said where something of it is left.
ipc::Status put_away(OpenedEntry& kept, const BaseKey& key, KeyPrompt& prompt) {
  ipc::Status done = kept.make_opener(prompt);
  if (!done && (kept.about().store != KeyStoreKind::kFile || kept.by_passphrase())) return done;  // nothing was begun
  if (done) done = kept.put(key, {});
  if (done) done = prove(kept, key);
  if (done) return {};
  ipc::Error error = done.error();
  const ipc::Status cleaned = kept.take_back();
  error.what += "; nothing is stored";
  if (!cleaned) {
    error.what += ", but something of it is left: " + cleaned.error().what;
    error.next_step += (error.next_step.empty() ? "" : "; ") + std::string("remove by hand what is left of it");
  }
  return std::unexpected(std::move(error));
}

// A key in the AWS files goes before the stored one.
void warn_of_key_in_files(const std::string& home, const std::string& profile, ToolOutput& out) {
  const ipc::Result<ProfilePaths> paths = profile_paths(settings_of_environment(home), home);
  if (!paths) return;
  const auto files = ProfileFiles::open(paths->config, paths->credentials);
  if (!files || !files->has(profile, "aws_access_key_id")) return;
  out.note(files->place_of(profile, "aws_access_key_id") + ": profile '" + profile +
           "' has an access key here, which goes before the stored one; remove it");
}

ipc::Status check_new(const std::string& data_folder, const std::string& name) {
  if (const ipc::Status good = KeystoreFolder::check_name(name); !good) return good;
  if (!KeystoreFolder(data_folder).has(name)) return {};
  return ipc::fail(Fault::kConfig, "there is a stored key of profile '" + name + "' already",
                   "rotate it, or run sentinel keys remove " + name + " first");
}

// `arn`: whose key AWS says it is; empty where it was not asked.
void tell_added(const OpenedEntry& kept, const std::string& arn, ToolOutput& out) {
  const KeystoreEntry& about = kept.about();
  if (!out.json()) {
    return out.line(out.ink(Ink::kGood, "stored") + " " + out.ink(Ink::kStrong, about.access_key_id) + " of profile " +
                    about.profile + " (" + kept.where() + ")" +
                    (arn.empty() ? "" : "; AWS takes it, as the key of " + harmless(arn)));
  }
  ipc::JsonText& data = out.answer().data();
  data.text("profile", about.profile).text("access_key_id", about.access_key_id);
  data.text("store", row_of(about.store).word).text("added", about.added);
  if (!arn.empty()) data.text("arn", arn);
}

// Where AWS is not to be asked: none, and the memory for secrets is open.
ipc::Result<std::optional<KeyProcess>> start_asking(const ToolArguments& arguments, const std::string& name) {
  const bool allowed = arguments.flag("allow-user-namespace");
  if (arguments.flag("offline")) {
    if (const ipc::Status apart = ipc::check_no_user_namespace(allowed); !apart) return std::unexpected(apart.error());
    if (const ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
    return std::nullopt;
  }
  ipc::Result<KeyProcess> aws = KeyProcess::start({.profile = name,
                                                   .region = std::string(arguments.value("region")),
                                                   .environment_keys = true,
                                                   .brings_keys = true,
                                                   .allow_user_namespace = allowed});
  if (!aws) return std::unexpected(aws.error());
  return std::move(*aws);
}

ipc::Status add(const ToolArguments& arguments, ToolOutput& out) {
  const std::string home = home_folder(), folder = stored_keys_folder(home), name = arguments.files().front();
  ipc::Result<KeystoreEntry> about = place_asked(arguments);
  if (!about) return std::unexpected(about.error());
  if (const ipc::Status is_new = check_new(folder, name); !is_new) return is_new;
  ipc::Result<std::optional<KeyProcess>> aws = start_asking(arguments, name);
  if (!aws) return std::unexpected(aws.error());
  KeyPrompt prompt;
  std::optional<CredentialsFileKey> in_file;
  if (arguments.flag("from-credentials-file")) {
    const ipc::Result<ProfilePaths> paths = profile_paths(settings_of_environment(home), home);
    if (!paths) return std::unexpected(paths.error());
    ipc::Result<CredentialsFileKey> found = read_credentials_file_key(paths->credentials, name);
    if (!found) return std::unexpected(found.error());
    in_file = std::move(*found);
  }
  ipc::Result<BaseKey> typed = in_file ? BaseKey() : ask_new_key(prompt);
  if (!typed) return std::unexpected(typed.error());
  const BaseKey& key = in_file ? in_file->key : *typed;
  if (const ipc::Status long_term = check_long_term(key.access_key_id); !long_term) return long_term;
  const ipc::Result<std::string> arn = *aws ? owner_of_new_key(**aws, key) : std::string();
  if (!arn) return std::unexpected(arn.error());
  OpenedEntry kept(folder, std::move(*about));
  if (const ipc::Status put = put_away(kept, key, prompt); !put) return put;
  if (in_file) {
    if (const ipc::Status moved = remove_credentials_file_key(*in_file); !moved) {
      ipc::Error error = moved.error();
      error.what += "; the key is stored, too";
      return std::unexpected(std::move(error));
    }
    out.note("the key is not in " + in_file->path +
             " any more; backups and the disk may still have it: sentinel keys rotate " + name + " makes it void");
  }
  tell_added(kept, *arn, out);
  if (arn->ends_with(":root")) {
    out.note(
        "it is a key of the account's root user, whom no IAM policy binds: AWS advises to delete it, and to make one "
        "of an IAM user");
  }
  warn_of_key_in_files(home, name, out);
  return {};
}

// ---- list

void tell_row(const OpenedEntry& kept, JsonText& text, ToolOutput& out) {
  const KeystoreEntry& about = kept.about();
  if (!out.json()) {
    const auto since = read_aws_time(about.added);
    const std::string half = about.replaces.empty() ? "" : "  (rotation not finished: run sentinel keys rotate)";
    return out.line(out.ink(Ink::kStrong, about.profile) + "  " + about.access_key_id + "  " + kept.where() + "  " +
                    out.ink(Ink::kQuiet, since ? ipc::local_time(*since) : about.added) + half);
  }
  text.open_object().text("profile", about.profile).text("access_key_id", about.access_key_id);
  text.text("store", row_of(about.store).word);
  if (about.store == KeyStoreKind::kFile) text.text("protect", row_of(about.protection).word);
  text.text("added", about.added);
  if (!about.replaces.empty()) text.text("replaces", about.replaces);
  text.close_object();
}

ipc::Status list(const ToolArguments& arguments, ToolOutput& out) {
  const std::string folder = stored_keys_folder(home_folder());
  const ipc::Result<std::vector<std::string>> names = KeystoreFolder(folder).names();
  if (!names) return std::unexpected(names.error());
  if (arguments.flag("names")) {
    for (const std::string& name : *names) out.line(harmless(name));
    return {};
  }
  JsonText& text = out.answer().data().open_list("keys");
  ipc::Status worst;
  for (const std::string& name : *names) {
    const ipc::Result<OpenedEntry> kept = OpenedEntry::find(folder, name);
    if (kept) {
      tell_row(*kept, text, out);
    } else {
      if (!worst) out.error(worst.error());
      worst = std::unexpected(kept.error());
    }
  }
  text.close_list();
  if (!out.json() && names->empty()) out.note("no key is stored; sentinel keys add PROFILE puts one away");
  return worst;
}

// ---- remove, rotate

ipc::Status remove(const ToolArguments& arguments, ToolOutput& out) {
  const std::string folder = stored_keys_folder(home_folder()), name = arguments.files().front();
  if (const ipc::Status opened = ipc::SecretArena::open(); !opened) return opened;
  const KeystoreFolder store(folder);
  ipc::Result<OpenedEntry> kept = OpenedEntry::find(folder, name);
  if (!kept && (!store.has(name) || !store.read(name))) return std::unexpected(kept.error());
  // A damaged file is removed all the same: nothing else can be done with it.
  if (const ipc::Status gone = kept ? kept->remove() : store.remove(name); !gone) return gone;
  const std::string id = kept ? kept->about().access_key_id : "its key";
  if (out.json()) {
    out.answer().data().text("removed", name).text("access_key_id", kept ? id : "");
  } else {
    out.line(out.ink(Ink::kGood, "removed") + " " + id + " of profile " + name);
  }
  out.note(id + " is still valid in IAM until it is deleted there");
  return {};
}

ipc::Status rotate(const ToolArguments& arguments, ToolOutput& out) {
  const std::string folder = stored_keys_folder(home_folder()), name = arguments.files().front();
  ipc::Result<OpenedEntry> kept = OpenedEntry::find(folder, name);
  if (!kept) return std::unexpected(kept.error());
  ipc::Result<KeyProcess> aws = KeyProcess::start({.profile = name,
                                                   .region = std::string(arguments.value("region")),
                                                   .brings_keys = true,
                                                   .allow_user_namespace = arguments.flag("allow-user-namespace")});
  if (!aws) return std::unexpected(aws.error());
  KeyPrompt prompt;
  ipc::Result<BaseKey> key = kept->open(prompt);
  if (!key) return std::unexpected(key.error());
  const ipc::Result<Rotated> rotated = rotate_key(*kept, std::move(*key), *aws);
  if (!rotated) return std::unexpected(rotated.error());
  if (out.json()) {
    out.answer()
        .data()
        .text("profile", name)
        .text("access_key_id", rotated->new_id)
        .text("deleted", rotated->old_id)
        .text("arn", rotated->arn);
  } else {
    out.line(out.ink(Ink::kGood, "rotated") + " the key of " + harmless(rotated->arn) + ": " +
             out.ink(Ink::kStrong, rotated->new_id) + " is stored and proven, " + rotated->old_id + " is deleted");
  }
  return {};
}

int done(const ipc::Status& status, ToolOutput& out) { return status ? kToolGood : refused(out, status.error()); }

}  // namespace

int keys_add(const ToolArguments& arguments, ToolOutput& out) { return done(add(arguments, out), out); }
int keys_list(const ToolArguments& arguments, ToolOutput& out) { return done(list(arguments, out), out); }
int keys_remove(const ToolArguments& arguments, ToolOutput& out) { return done(remove(arguments, out), out); }
int keys_rotate(const ToolArguments& arguments, ToolOutput& out) { return done(rotate(arguments, out), out); }

}  // namespace broker
