#include "errands/errands.h"

#include <algorithm>
#include <utility>

#include "child/command.h"
#include "child/environment.h"
#include "errands/login_page.h"
#include "errands/shell_words.h"
#include "errands/user_files.h"
#include "ipc/files/search_path.h"
#include "terminal/plain_text.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::ErrandKind;
using ipc::ErrandResult;
using ipc::Fault;

// What a profile calls the program that an errand runs.
std::string_view key_of(ErrandKind kind) {
  switch (kind) {
    case ErrandKind::RunCredentialProcess:
      return "credential_process";
    case ErrandKind::RunTokenProcess:
      return "web_identity_token_process";
    case ErrandKind::RunMfaProcess:
      return "mfa_process";
    default:
      return "the key store's program";
  }
}

// Why it is asked (again): a sentence of its own before the question; nothing where nothing is said.
std::string opening(std::string detail) {
  if (detail.empty()) return {};
  if (detail.front() >= 'a' && detail.front() <= 'z') detail.front() = static_cast<char>(detail.front() - 'a' + 'A');
  return detail + ". ";
}

PromptText question_of(const ipc::ErrandRow& row, const std::string& profile, const std::string& subject,
                       const std::string& detail) {
  const bool code = row.kind == ErrandKind::AskCode;
  const std::string what = opening(detail) + (code ? "Code of the MFA device " : "Passphrase of ") + subject;
  return {harmless(what + (profile.empty() ? "" : ", for profile " + profile) + ": "), subject, code};
}

}  // namespace

Errands::Errands(const ErrandFacts& facts, ipc::Channel& broker)
    : facts_(facts), broker_(broker), tools_{facts.environment, facts.as_sibling, {}} {}

void Errands::offer_terminal(std::function<ipc::Result<int>()> socket) { tools_.terminal = std::move(socket); }

void Errands::leave_terminal() {
  tools_.terminal = nullptr;
  if (prompt_) prompt_->leave_terminal();
}

bool Errands::user_is_waited_for() const {
  return !running_.empty() || prompt_ || (login_until_ != Clock::time_point{} && Clock::now() < login_until_);
}

ipc::Status Errands::begin(const ipc::Errand& errand) {
  Job job{errand.id, &ipc::errand_row(errand.kind), errand.profile.str(), errand.subject.str(), errand.detail.str()};
  if (job.id <= last_id_) return ipc::fail(Fault::kProtocol, "an errand whose number was used already");
  last_id_ = job.id;
  if (ended_) {
    end_badly(job, {Fault::kUnavailable, "the run is ending", "", 0});
    return {};
  }
  switch (job.row->result) {
    case ErrandResult::Answer:
      ask(std::move(job));
      break;
    case ErrandResult::Output:
      run(std::move(job));
      break;
    case ErrandResult::File:
      open_file(job);
      break;
    case ErrandResult::Done:
      show(job);
      break;
    case ErrandResult::Redirect:
      sign_in(std::move(job));
      break;
  }
  return {};
}

// ---- questions -----------------------------------------------------------------------------------------------------

void Errands::ask(Job job) {
  auto& token = facts_.mfa_token;
  if (job.row->kind == ErrandKind::AskCode && !token.reveal().empty()) {
    Typed typed;
    (void)typed.assign(token.reveal());
    token = {};
    return answer(job, std::move(typed));
  }
  questions_.push_back(std::move(job));
  open_next_prompt();
}

PromptSurroundings Errands::surroundings() const {
  const auto set = [this](std::string_view name) { return !environment_value(facts_.environment, name).empty(); };
  return {static_cast<bool>(tools_.terminal), set("DISPLAY") || set("WAYLAND_DISPLAY"), [this](std::string_view name) {
            return resolve_command(std::string(name), environment_value(facts_.environment, "PATH")).has_value();
          }};
}

void Errands::open_next_prompt() {
  while (!prompt_ && !questions_.empty()) {
    const Job& job = questions_.front();
    PromptText text = question_of(*job.row, job.profile, job.subject, job.detail);
    auto ways = prompt_ways(facts_.prompt, text.for_code, surroundings());
    if (ways) {
      prompt_ = std::make_unique<Prompt>(std::move(text), std::move(*ways), tools_);
      return;
    }
    end_badly(job, ways.error());
    questions_.pop_front();
  }
}

void Errands::answer(const Job& job, Typed typed) {
  ipc::ErrandAnswer message;
  message.id = job.id;
  message.answer = std::move(typed);
  send(message);
}

// ---- programs, files, pages ----------------------------------------------------------------------------------------

void Errands::run(Job job) {
  if (running_.size() == kMostPrograms)
    return end_badly(job, {Fault::kUnavailable, "too many programs are running at once", "try again", 0});
  auto words = shell_words(job.subject);
  if (!words) return end_badly(job, words.error());
  // What reads a stored key is the system's own: a program of that name of the user's would get it.
  std::vector<std::string> environment = tools_.environment;
  if (job.row->kind == ErrandKind::RunKeyStore) {
    std::erase_if(environment, [](const std::string& entry) { return entry.starts_with("PATH="); });
    environment.push_back("PATH=" + ipc::trusted_search_path(environment_value(tools_.environment, "PATH")));
  }
  auto program =
      start_program({.words = std::move(*words), .environment = environment, .as_sibling = tools_.as_sibling});
  if (!program) return end_badly(job, program.error());
  ipc::ErrandOpened opened;
  opened.id = job.id;
  send(opened, program->output.get());
  program->output.reset();  // the broker's alone
  running_.push_back({std::move(job), std::move(*program)});
}

ipc::Result<ipc::UniqueFd> Errands::open_for(const Job& job) const {
  switch (job.row->kind) {
    case ErrandKind::OpenTokenCache:
      return open_token_cache(facts_.home, job.subject);
    case ErrandKind::OpenLoginCache:
      return open_login_cache({facts_.home, environment_value(facts_.environment, "AWS_LOGIN_CACHE_DIRECTORY")},
                              job.subject, job.profile, job.detail == "make");
    default:
      return open_token_file(job.subject);
  }
}

void Errands::open_file(const Job& job) {
  auto file = open_for(job);
  if (!file) return end_badly(job, file.error());
  ipc::ErrandOpened opened;
  opened.id = job.id;
  send(opened, file->get());
}

void Errands::show(const Job& job) {
  const ipc::Status shown =
      show_login({job.profile, job.subject, job.detail, tools_.environment, facts_.no_browser, tools_.as_sibling});
  if (!shown) return end_badly(job, shown.error());
  login_until_ = Clock::now() + kLoginLimit;
  end_well(job);
}

void Errands::sign_in(Job job) {
  if (signing_in_.size() == kMostSignIns)
    return end_badly(job,
                     {Fault::kUnavailable, "too many logins are shown at once", "complete those, then try again", 0});
  auto begun = BrowserSignIn::show(
      {job.profile, job.subject, {}, tools_.environment, facts_.no_browser, tools_.as_sibling}, job.detail);
  if (!begun) return end_badly(job, begun.error());
  ipc::ErrandOpened opened;
  opened.id = job.id;
  send(opened, (*begun)->take_reading().get());
  login_until_ = Clock::now() + kLoginLimit;
  signing_in_.push_back({std::move(job), std::move(*begun)});
}

void Errands::work_at_sign_ins() {
  for (std::size_t i = 0; i < signing_in_.size();) {
    const auto end = signing_in_[i].sign_in->work();
    if (!end) {
      ++i;
      continue;
    }
    *end ? end_well(signing_in_[i].job) : end_badly(signing_in_[i].job, end->error());
    signing_in_.erase(signing_in_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// ---- the end of each -----------------------------------------------------------------------------------------------

template <class Message>
void Errands::send(const Message& message, int descriptor) {
  const ipc::Status sent = broker_.send(message, descriptor);
  const bool gone = !sent && (sent.error().sys_errno == EPIPE || sent.error().sys_errno == ECONNRESET);
  if (!sent && !gone) report(sent.error());
}

void Errands::end_well(const Job& job) {
  ipc::ErrandEnded ended;
  ended.id = job.id;
  ended.good = true;
  send(ended);
}

void Errands::end_badly(const Job& job, ipc::Error error) {
  std::string what = job.profile.empty() ? "" : "profile " + job.profile + ": ";
  if (job.row->result == ErrandResult::Output) what += std::string(key_of(job.row->kind)) + ": ";
  if (job.row->kind == ErrandKind::AskCode) what += "the code of MFA device " + job.subject + ": ";
  if (job.row->kind == ErrandKind::AskPassphrase) what += "the passphrase of " + job.subject + ": ";
  ipc::ErrandEnded ended;
  ended.id = job.id;
  ended.what = ipc::Text<1024>(std::string_view(what + error.what));
  ended.next_step = ipc::Text<512>(std::string_view(error.next_step));
  send(ended);
}

void Errands::add_to(std::vector<pollfd>& polled) const {
  for (const Running& running : running_) polled.push_back({running.program.status.get(), POLLIN, 0});
  for (const SigningIn& one : signing_in_) one.sign_in->add_to(polled);
  if (prompt_) prompt_->add_to(polled);
}

void Errands::work() {
  for (std::size_t i = 0; i < running_.size();) {
    Running& running = running_[i];
    const auto end = program_end(running.program.status.get());
    if (!end) {
      ++i;
      continue;
    }
    end_program(running.program);
    if (end->good()) {
      end_well(running.job);
    } else {
      const auto words = shell_words(running.job.subject);
      end_badly(
          running.job,
          {Fault::kRefused, words->front() + " " + describe(*end),
           "run it by hand and look at what it says; if it fails under sentinel alone, it may open /dev/stdout by "
           "name, which is a socket there: let it print to its standard output (>&1)",
           0});
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  work_at_sign_ins();
  if (!prompt_) return;
  auto typed = prompt_->work();
  if (!typed) return;
  prompt_.reset();
  const Job job = std::move(questions_.front());
  questions_.pop_front();
  if (*typed) {
    answer(job, std::move(**typed));
  } else {
    end_badly(job, typed->error());
  }
  open_next_prompt();
}

void Errands::end() {
  ended_ = true;
  prompt_.reset();
  questions_.clear();
  signing_in_.clear();
  for (Running& running : running_) end_program(running.program);
  running_.clear();
}

}  // namespace supervisor
