#include "tools/keys/rotation.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace broker {
namespace {

using ipc::Fault;

std::string key_named(std::string_view id) { return "the key " + std::string(id); }

// How to delete a key by hand, by the key that the store has.
std::string by_hand(const OpenedEntry& kept, std::string_view id) {
  return "delete it by hand: aws iam delete-access-key --access-key-id " + std::string(id) +
         ", with the rights of profile " + kept.about().profile;
}

ipc::Error with(ipc::Error error, std::string_view state, std::string next_step) {
  error.what += "; " + std::string(state);
  error.next_step = std::move(next_step);
  return error;
}

class Rotation {
 public:
  Rotation(OpenedEntry& kept, KeyProcess& aws) : kept_(kept), aws_(aws) {}

  ipc::Result<Rotated> begin(BaseKey old) {
    ipc::Result<std::string> arn = aws_.arn(old);
    if (!arn) return std::unexpected(with(arn.error(), "nothing was changed", arn.error().next_step));
    ipc::Result<CreatedKey> created = aws_.create_access_key(old);
    if (!created) return std::unexpected(not_created(old, created.error()));
    BaseKey fresh{std::move(created->access_key_id), std::move(created->secret_access_key), {}};
    if (const ipc::Status stored = store(fresh, old.access_key_id); !stored) {
      return std::unexpected(take_back(old, fresh, stored.error(), "could not be stored"));
    }
    if (const ipc::Status proven = prove(fresh, *arn); !proven) {
      return std::unexpected(take_back(old, fresh, proven.error(), "could not be proven"));
    }
    return finish(fresh, old.access_key_id, std::move(*arn));
  }

  // The store has the new key already, and names the old one.
  ipc::Result<Rotated> go_on(const BaseKey& fresh, const std::string& old_id) {
    ipc::Result<std::string> arn = wait_until_known(fresh);
    if (!arn) {
      return std::unexpected(with(
          arn.error(),
          key_named(fresh.access_key_id) + " is stored, and not proven yet; " + key_named(old_id) + " was not deleted",
          "run sentinel keys rotate " + kept_.about().profile + " again later"));
    }
    return finish(fresh, old_id, std::move(*arn));
  }

 private:
  ipc::Status store(const BaseKey& key, std::string_view replaces) {
    if (const ipc::Status put = kept_.put(key, replaces); !put) return put;
    const ipc::Result<ipc::SecretBuffer> read = kept_.read_back();
    if (!read) return std::unexpected(read.error());
    if (read->equals(key.secret_access_key.reveal())) return {};
    return ipc::fail(Fault::kSystem, "what was stored reads back otherwise", "check the disk");
  }

  // A new key is unknown to AWS for some seconds. What is no refusal of the key itself ends the waiting.
  ipc::Result<std::string> wait_until_known(const BaseKey& key) {
    for (std::chrono::milliseconds waited{0};; waited += kProofPause) {
      ipc::Result<std::string> arn = aws_.arn(key);
      if (arn || waited >= kProofPatience) return arn;
      const bool unknown_yet = arn.error().what.find("InvalidClientTokenId") != std::string::npos ||
                               arn.error().what.find("SignatureDoesNotMatch") != std::string::npos;
      if (!unknown_yet && arn.error().fault != Fault::kUnavailable) return arn;
      std::this_thread::sleep_for(kProofPause);
    }
  }

  ipc::Status prove(const BaseKey& key, const std::string& arn) {
    const ipc::Result<std::string> found = wait_until_known(key);
    if (!found) return std::unexpected(found.error());
    if (*found == arn) return {};
    return ipc::fail(Fault::kRefused, "the new key belongs to " + *found + ", and the old one to " + arn,
                     "check that the endpoint is AWS");
  }

  // The second slot is taken, or IAM said no: nothing was made, unless the answer was lost.
  ipc::Error not_created(const BaseKey& old, const ipc::Error& error) {
    const std::string kept = key_named(old.access_key_id) + " is stored and still valid";
    const ipc::Result<std::vector<std::string>> ids = aws_.access_keys(old);
    std::string others;
    for (const std::string& id : ids ? *ids : std::vector<std::string>()) {
      if (id != old.access_key_id) others += (others.empty() ? "" : ", ") + id;
    }
    if (others.empty()) {
      const bool sure = ids || error.fault == Fault::kRefused;
      return with(error, kept,
                  sure ? error.next_step : "see by aws iam list-access-keys whether a second one was made");
    }
    return with(error, kept + "; the user's other access key is " + others,
                "if nobody uses " + others + ", delete it: aws iam delete-access-key --access-key-id " + others +
                    "; then run this again");
  }

  // The old key works: it goes back into the store, and the new one goes out of IAM.
  ipc::Error take_back(const BaseKey& old, const BaseKey& fresh, const ipc::Error& why, std::string_view could_not) {
    const std::string what = "the new key " + fresh.access_key_id + " " + std::string(could_not);
    ipc::Error error = why;
    error.what = what + ": " + error.what;
    if (const ipc::Status put = put_back(old); !put) {
      // The store still names the new one, or cannot be told: then the new one must not be deleted.
      return with(error, "and the old one could not be put back: " + put.error().what + "; both keys are valid in IAM",
                  "mend the store, then run sentinel keys rotate " + kept_.about().profile +
                      " again; if the key does "
                      "not open any more, make one by hand in IAM and add it");
    }
    (void)kept_.forget(fresh.access_key_id);  // a left-over entry of a key that is about to be void
    const std::string stored = key_named(old.access_key_id) + " is stored and still valid";
    if (const ipc::Status gone = aws_.delete_access_key(old, fresh.access_key_id); !gone) {
      return with(error, stored + "; the new one could not be deleted from IAM: " + gone.error().what,
                  by_hand(kept_, fresh.access_key_id));
    }
    return with(error, stored + ", and the new one was deleted again", "mend that, then run this again");
  }

  ipc::Status put_back(const BaseKey& old) {
    // A write that failed may have happened, and one that cannot happen now may not be needed.
    if (kept_.has_settled_on(old.access_key_id)) return {};
    return kept_.put(old, {});
  }

  ipc::Result<Rotated> finish(const BaseKey& fresh, const std::string& old_id, std::string arn) {
    const std::string again = "run sentinel keys rotate " + kept_.about().profile + " again to finish";
    if (const ipc::Status gone = aws_.delete_access_key(fresh, old_id); !gone) {
      return std::unexpected(with(
          gone.error(),
          key_named(fresh.access_key_id) + " is stored and proven; " + key_named(old_id) + " is still valid in IAM",
          again + ", or " + by_hand(kept_, old_id)));
    }
    ipc::Status settled = kept_.forget(old_id);
    if (settled) settled = kept_.put(fresh, {});
    if (settled) return Rotated{old_id, fresh.access_key_id, std::move(arn)};
    return std::unexpected(with(settled.error(),
                                key_named(fresh.access_key_id) + " is stored and proven, and " + key_named(old_id) +
                                    " was deleted from IAM; only the store still mentions it",
                                again));
  }

  OpenedEntry& kept_;
  KeyProcess& aws_;
};

}  // namespace

ipc::Result<Rotated> rotate_key(OpenedEntry& kept, BaseKey key, KeyProcess& aws) {
  Rotation rotation(kept, aws);
  const std::string replaced = kept.about().replaces;
  if (!replaced.empty()) return rotation.go_on(key, replaced);
  return rotation.begin(std::move(key));
}

}  // namespace broker
