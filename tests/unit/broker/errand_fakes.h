// In the place of the supervisor: keeps each errand until the test does it, or says that it cannot be done.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "keys/errands.h"

namespace broker::testing {

class FakeErrands final : public ErrandDoer {
 public:
  struct Pending {
    ipc::ErrandKind kind;
    ErrandText text;
    OnSecret secret{};
    OnFile file{};
    OnDone done{};
    bool over = false;  // answered, or nobody waits for it any more
  };

  std::unique_ptr<Errand> ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) override {
    return add({kind, std::move(text), std::move(done)});
  }
  std::unique_ptr<Errand> open(ipc::ErrandKind kind, ErrandText text, OnFile done) override {
    return add({kind, std::move(text), {}, std::move(done)});
  }
  std::unique_ptr<Errand> show(ipc::ErrandKind kind, ErrandText text, OnDone done) override {
    return add({kind, std::move(text), {}, {}, std::move(done)});
  }

  // Each of these ends the oldest errand that waits. What the user typed, or a program's whole output:
  void answer(std::string_view text) {
    const auto errand = take();
    if (!errand->secret) throw std::logic_error("the errand that waits wants no text");
    errand->secret(text.empty() ? ipc::SecretBuffer() : ipc::SecretBuffer::copy_of(text));
  }
  // An open file that holds `content`.
  void opened(std::string_view content) { opened(file_of(content)); }
  void opened(ipc::UniqueFd file) {
    const auto errand = take();
    if (!errand->file) throw std::logic_error("the errand that waits wants no file");
    errand->file(std::move(file));
  }
  void shown() { take()->done({}); }
  void fail(const ipc::Error& error) {
    const auto errand = take();
    if (errand->secret) return errand->secret(std::unexpected(error));
    if (errand->file) return errand->file(std::unexpected(error));
    errand->done(std::unexpected(error));
  }

  // Errands that wait.
  [[nodiscard]] std::size_t waiting() const {
    std::size_t count = 0;
    for (const auto& errand : errands) count += errand->over ? 0 : 1;
    return count;
  }
  [[nodiscard]] const Pending& last() const { return *errands.back(); }

  static ipc::UniqueFd file_of(std::string_view content) {
    ipc::UniqueFd file(::memfd_create("errand", MFD_CLOEXEC));
    if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
        ::lseek(file.get(), 0, SEEK_SET) != 0) {
      throw std::runtime_error("the file cannot be written");
    }
    return file;
  }

  std::deque<std::shared_ptr<Pending>> errands;  // all there ever were

 private:
  struct Handle final : Errand {
    explicit Handle(std::shared_ptr<Pending> of) : pending(std::move(of)) {}
    ~Handle() override { pending->over = true; }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    std::shared_ptr<Pending> pending;
  };
  std::unique_ptr<Errand> add(Pending pending) {
    errands.push_back(std::make_shared<Pending>(std::move(pending)));
    return std::make_unique<Handle>(errands.back());
  }
  std::shared_ptr<Pending> take() {
    for (const auto& errand : errands) {
      if (std::exchange(errand->over, true)) continue;
      return errand;
    }
    throw std::logic_error("no errand waits");
  }
};

}  // namespace broker::testing
