#include "keys/no_errands.h"

#include <string_view>
#include <utility>

namespace broker {
namespace {

struct Pending final : Errand {
  std::unique_ptr<Timer> timer;
};

std::string_view what_is_not_done(ipc::ErrandKind kind) {
  switch (ipc::errand_row(kind).result) {
    case ipc::ErrandResult::Answer:
      return "this command asks for no code and no passphrase";
    case ipc::ErrandResult::Output:
      return "this command runs no program of a profile";
    case ipc::ErrandResult::File:
      return "this command opens no token";
    case ipc::ErrandResult::Done:
    case ipc::ErrandResult::Redirect:
      break;
  }
  return "this command shows no login page";
}

}  // namespace

template <class Done>
std::unique_ptr<Errand> NoErrands::refuse(ipc::ErrandKind kind, const ErrandText& text, Done done) {
  auto pending = std::make_unique<Pending>();
  ipc::Error error{ipc::Fault::kConfig, std::string(what_is_not_done(kind)),
                   "run it inside of `sentinel exec --profile " + text.profile +
                       " …`, without --server, and add --env-keys: it then takes the keys of that run"};
  pending->timer = timers_.after(std::chrono::milliseconds(0),
                                 [done = std::move(done), error = std::move(error)] { done(std::unexpected(error)); });
  return pending;
}

std::unique_ptr<Errand> NoErrands::ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) {
  return refuse(kind, text, std::move(done));
}

std::unique_ptr<Errand> NoErrands::open(ipc::ErrandKind kind, ErrandText text, OnFile done) {
  return refuse(kind, text, std::move(done));
}

std::unique_ptr<Errand> NoErrands::show(ipc::ErrandKind kind, ErrandText text, OnDone done) {
  return refuse(kind, text, std::move(done));
}

}  // namespace broker
