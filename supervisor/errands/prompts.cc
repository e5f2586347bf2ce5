#include "errands/prompts.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "errands/shell_words.h"

namespace supervisor {
namespace {

using ipc::Fault;

// What a program printed, without what is around the answer: a code has no blanks, a passphrase may begin with one.
std::string_view trimmed(std::string_view text, bool for_code) {
  while (!text.empty() && (for_code ? is_blank(text.back()) : text.back() == '\n')) text.remove_suffix(1);
  while (for_code && !text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::vector<std::string> words_of(const PromptWay& way, const PromptText& text) {
  const std::string program(way.program);
  switch (way.method) {
    case PromptMethod::Zenity:
      return {program, "--entry", "--hide-text", "--title=Sentinel", "--text=" + text.text};
    case PromptMethod::Kdialog:
      return {program, "--title", "Sentinel", "--password", text.text};
    case PromptMethod::Ykman:
      return {program, "oath", "accounts", "code", "--single", "--", text.device};
    case PromptMethod::Pinentry:
    case PromptMethod::Terminal:
      break;
  }
  return {program};
}

// How these say that the user closed the window.
bool means_closed(PromptMethod method, const ProgramEnd& end) {
  const bool window = method == PromptMethod::Zenity || method == PromptMethod::Kdialog;
  return window && end.how == ProgramEnd::How::Ended && end.ending.signal == 0 && end.ending.code == 1;
}

// A pinentry that knows a terminal may fall back to it, and it is not ours to give.
std::vector<std::string> without_terminal(std::vector<std::string> environment) {
  std::erase_if(environment, [](const std::string& entry) { return entry.starts_with("GPG_TTY="); });
  return environment;
}

// For the signal or the exit that ended who asked to end the run, too, with its own code.
constexpr std::chrono::seconds kEndOfAll{2};

ipc::UniqueFd alarm_after(std::chrono::seconds time) {
  ipc::UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const itimerspec when{.it_interval = {}, .it_value = {.tv_sec = time.count(), .tv_nsec = 0}};
  if (timer && ::timerfd_settime(timer.get(), 0, &when, nullptr) != 0) timer.reset();
  return timer;
}

bool can_be_read(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&ready, 1, 0) == 1;
}

}  // namespace

Prompt::Prompt(PromptText text, std::vector<PromptWay> ways, const PromptTools& tools)
    : text_(std::move(text)), ways_(std::move(ways)), tools_(tools) {
  next_way({Fault::kUnavailable, "there is no way to ask", "", 0});
}

Prompt::~Prompt() {
  close();
  terminal_.restore();
}

void Prompt::next_way(ipc::Error why) {
  close();
  while (!ways_.empty()) {
    const PromptWay way = ways_.front();
    ways_.erase(ways_.begin());
    const ipc::Status opened = open(way);
    if (opened) return;
    why = opened.error();
  }
  failed_ = std::move(why);
}

ipc::Status Prompt::open(const PromptWay& way) {
  method_ = way.method;
  return method_ == PromptMethod::Terminal ? open_terminal() : open_program(way);
}

ipc::Status Prompt::open_terminal() {
  const auto socket = tools_.terminal();
  if (!socket) return std::unexpected(socket.error());
  terminal_.remember();
  if (ipc::Status sent = send_question(*socket, text_.text); !sent) return sent;
  socket_ = *socket;
  return {};
}

ipc::Status Prompt::open_program(const PromptWay& way) {
  const std::vector<std::string> environment = without_terminal(tools_.environment);
  auto program = start_program({.words = words_of(way, text_),
                                .environment = environment,
                                .limit = kHumanLimit,
                                .with_input = way.method == PromptMethod::Pinentry,
                                .as_sibling = tools_.as_sibling});
  if (!program) return std::unexpected(program.error());
  program_ = std::move(*program);
  if (way.method == PromptMethod::Pinentry) pinentry_.emplace(text_.text);
  return {};
}

void Prompt::close() {
  socket_ = -1;
  gone_.reset();
  end_program(program_);
  pinentry_.reset();
  output_ = {};
  too_long_ = false;
}

void Prompt::leave_terminal() {
  terminal_ = {};  // how it is from now on is the command's affair
  if (on_terminal()) next_way({Fault::kUnavailable, "the terminal is the command's now", "", 0});
}

void Prompt::add_to(std::vector<pollfd>& polled) const {
  if (on_terminal()) polled.push_back({socket_, POLLIN, 0});
  if (gone_) polled.push_back({gone_.get(), POLLIN, 0});
  if (program_.status) polled.push_back({program_.status.get(), POLLIN, 0});
  if (program_.output) polled.push_back({program_.output.get(), POLLIN, 0});
}

std::optional<ipc::Result<Typed>> Prompt::work() {
  if (gone_ && !can_be_read(gone_.get())) return std::nullopt;
  if (gone_) return std::unexpected(asker_gone());
  if (on_terminal()) return hear_terminal();
  if (program_.status) {
    read_output();
    if (too_long_) return std::unexpected(answer_too_long("the answer of " + std::string(prompt_word(method_))));
    if (ipc::Status talked = talk_to_pinentry(); !talked) {
      if (talked.error().fault == Fault::kRefused || ways_.empty()) return std::unexpected(talked.error());
      next_way(talked.error());
    }
  }
  if (pinentry_ && pinentry_->done()) return pinentry_->take();
  if (const auto end = program_.status ? program_end(program_.status.get()) : std::nullopt) {
    read_output();
    auto answer = answer_of(*end);
    if (answer || answer.error().fault == Fault::kRefused || ways_.empty()) return answer;
    next_way(answer.error());
  }
  if (failed_) return std::unexpected(std::move(*failed_));
  return std::nullopt;
}

std::optional<ipc::Result<Typed>> Prompt::hear_terminal() {
  auto answer = next_answer(socket_);
  if (!answer) return std::nullopt;
  socket_ = -1;
  if (*answer || answer->error().fault != Fault::kSystem) return answer;
  terminal_.restore();
  gone_ = alarm_after(kEndOfAll);
  if (!gone_) return answer;
  return std::nullopt;
}

void Prompt::read_output() {
  std::array<char, decltype(output_)::kCapacity> bytes;
  while (can_be_read(program_.output.get())) {
    const std::string_view before = output_.reveal();
    std::ranges::copy(before, bytes.begin());
    const ssize_t got = ::read(program_.output.get(), bytes.data() + before.size(), bytes.size() - before.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;  // woken for nothing
    if (got <= 0) {
      too_long_ = too_long_ || before.size() == bytes.size();
      program_.output.reset();
      break;
    }
    (void)output_.assign({bytes.data(), before.size() + static_cast<std::size_t>(got)});
  }
  ipc::wipe(bytes.data(), bytes.size());
}

ipc::Status Prompt::talk_to_pinentry() {
  if (!pinentry_) return {};
  while (true) {
    const std::string_view all = output_.reveal();
    const std::size_t end = all.find('\n');
    if (end == std::string_view::npos) return {};
    const auto reply = pinentry_->hear(all.substr(0, end));
    ipc::Secret<4096> rest;
    (void)rest.assign(all.substr(end + 1));
    output_ = std::move(rest);
    if (!reply) return std::unexpected(reply.error());
    // A socket that was empty takes a line; a pinentry that does not read has ended, or is none.
    if (!reply->empty() && ::write(program_.input.get(), reply->data(), reply->size()) < 0)
      return ipc::system_error("pinentry does not read");
  }
}

ipc::Result<Typed> Prompt::answer_of(const ProgramEnd& end) {
  const std::string name(prompt_word(method_));
  if (means_closed(method_, end))
    return ipc::fail(Fault::kRefused, "the question was closed without an answer", "try again");
  if (!end.good() || pinentry_) {
    return ipc::fail(Fault::kUnavailable, name + " " + describe(end, kHumanLimit),
                     "see what it says on the terminal, or choose another --prompt");
  }
  Typed typed;
  const std::string_view answer = trimmed(output_.reveal(), text_.for_code);
  if (!typed.assign(answer)) return std::unexpected(answer_too_long("the answer of " + name));
  if (answer.empty()) return ipc::fail(Fault::kRefused, "nothing was typed", "try again");
  return typed;
}

}  // namespace supervisor
