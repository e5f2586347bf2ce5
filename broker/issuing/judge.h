// Judges a run and says how keys are fetched for it: a policy does, whose keys come from STS (serve/policy_judge.h), or
// a token vending machine in its place (remote/judge.h). A judge permits nothing by itself: its verdict is one of the
// checks of decide/authorize.h, which alone makes a Permit.
//
// Blocks: never on the network; a verdict may read a small local file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "decide/authorize.h"
#include "decide/issue_terms.h"
#include "keys/fetch.h"
#include "policy/policy.h"

namespace broker {

class Judge {
 public:
  using Ready = std::function<void(ipc::Status)>;
  // What a verdict rests on, as the decision log says it.
  struct Basis {
    std::uint64_t signed_version = 0;   // of the policy; 0: it is not signed
    std::chrono::seconds stale_for{0};  // how long ago the policy was last confirmed; 0: it is fresh
  };

  Judge() = default;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  virtual ~Judge() = default;

  // Gets what it judges by, and tells `ready` once how that went.
  virtual void start(Ready ready) = 0;
  // Whether the run must know whose its first key is, because the verdict depends on it.
  [[nodiscard]] virtual bool needs_identity() const = 0;
  // What may be issued to the run now, to a client that came this way; no way: to the run itself.
  virtual ipc::Result<Verdict> verdict(std::optional<Via> transport) = 0;
  [[nodiscard]] virtual Basis basis() const = 0;

  // How keys of these terms are fetched. What is returned is used as long as the judge lives, and not longer.
  virtual StartFetch keys_for(const IssueTerms& terms) = 0;
  // Who issues those keys, in sentences.
  [[nodiscard]] virtual std::string_view issuer() const = 0;
  // A fetch has failed because the judge itself refused: its decision, after which no client is to ask again. Nothing:
  // the fetch failed for another reason.
  [[nodiscard]] virtual std::optional<Decision> refusal(const ipc::Error& error) const = 0;
};

}  // namespace broker
