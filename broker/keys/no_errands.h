// Refuses each errand that a source asks for in a tool, which has no supervisor beside it, and says the way on.
//
// Runs in: the tools' process that holds keys (tools/aws/key_process.h).   Blocks: never.
// Owns: nothing; each errand its timer.   Fails: always, kConfig, later from the event loop, as ErrandDoer promises.
#pragma once

#include "keys/errands.h"

namespace broker {

class NoErrands final : public ErrandDoer {
 public:
  // `timers` outlive it.
  explicit NoErrands(Timers& timers) : timers_(timers) {}
  std::unique_ptr<Errand> ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) override;
  std::unique_ptr<Errand> open(ipc::ErrandKind kind, ErrandText text, OnFile done) override;
  std::unique_ptr<Errand> show(ipc::ErrandKind kind, ErrandText text, OnDone done) override;

 private:
  template <class Done>
  std::unique_ptr<Errand> refuse(ipc::ErrandKind kind, const ErrandText& text, Done done);

  Timers& timers_;
};

}  // namespace broker
