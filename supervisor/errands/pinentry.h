// The Assuan dialogue with a pinentry: what is said, line by line, and the answer that comes of it. Pure.
//
// Runs in: supervisor.   Blocks: never.   Owns: the answer until it is taken; wiped.
// Trust: a program of the user's. A line that is too long, or none of the protocol's, ends the dialogue.
// Source: the Assuan manual, "Server responses"; the pinentry manual, "Protocol".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "terminal/question.h"

namespace supervisor {

class PinentryTalk {
 public:
  // `text` is shown above the field.
  explicit PinentryTalk(std::string text) : text_(std::move(text)) {}

  // Takes a line that came, without its end; returns what is to be sent, with its end, or nothing.
  // Fails: kRefused where the user closed the window, typed nothing, or more than fits; kProtocol where the program is
  // none or cannot work.
  ipc::Result<std::string> hear(std::string_view line);
  [[nodiscard]] bool done() const { return step_ == Step::Done; }
  Typed take() { return std::move(typed_); }

 private:
  enum class Step { Greeting, Title, Description, Prompt, Pin, Done };
  ipc::Result<std::string> on_ok();
  ipc::Status on_data(std::string_view data);

  std::string text_;
  Step step_ = Step::Greeting;
  Typed typed_;
};

}  // namespace supervisor
