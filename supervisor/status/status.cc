#include "status/status.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "child/environment.h"
#include "ipc/json/json_answer.h"
#include "ipc/terminal/local_time.h"
#include "ipc/text/rfc3339.h"
#include "status/ask.h"
#include "terminal/exit_codes.h"
#include "terminal/plain_text.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

// A run without a server has ended its broker: what it left is in the environment.
ipc::RunStatus status_of_environment(const std::vector<std::string>& environment) {
  ipc::RunStatus status;
  status.profile = environment_value(environment, "AWS_SENTINEL");
  status.keys_end = environment_value(environment, "AWS_CREDENTIAL_EXPIRATION");
  status.transport = "environment";
  return status;
}

int print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? kExitStanding : kExitNoStatus;
}

// A prompt shows nothing where there is nothing to show.
int outside(StatusForm form) {
  const ipc::Error error{ipc::Fault::kConfig, "this is not inside of a sentinel run",
                         "start one: sentinel exec PROFILE -- COMMAND", 0};
  if (form == StatusForm::Json) report_as_json(error);
  if (form == StatusForm::Lines) report(error);
  return kExitOutside;
}

std::string time_left(std::chrono::sys_seconds end, std::chrono::sys_seconds now) {
  if (end <= now) return "ended";
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(end - now).count();
  return minutes < 60 ? std::to_string(minutes) + "m"
                      : std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m";
}

}  // namespace

std::string short_status(const ipc::RunStatus& status, std::chrono::sys_seconds now) {
  std::string text = harmless(status.profile);
  if (!status.effect.empty() && status.effect != "allow") return text + " refused";
  if (const auto end = ipc::read_aws_time(status.keys_end)) text += " " + time_left(*end, now);
  return text;
}

std::string status_lines(const ipc::RunStatus& status) {
  std::string out;
  for (const ipc::RunStatusRow& row : ipc::run_status_rows()) {
    std::string value = status.*row.member;
    if (const auto moment = ipc::read_aws_time(value); moment && row.member == &ipc::RunStatus::keys_end)
      value = ipc::local_time(*moment);
    std::string label = std::string(row.label) + ":";
    label.resize(std::max<std::size_t>(label.size() + 1, 11), ' ');
    if (!value.empty()) out += label + harmless(value) + "\n";
  }
  return out;
}

std::string status_json(const ipc::RunStatus& status) {
  ipc::JsonAnswer answer;
  for (const ipc::RunStatusRow& row : ipc::run_status_rows()) answer.data().text_or_null(row.name, status.*row.member);
  return std::move(answer).finish(true);
}

int tell_status(const std::vector<std::string>& environment, StatusForm form) {
  const bool served = is_served(environment);
  if (!served && environment_value(environment, "AWS_SENTINEL").empty()) return outside(form);
  const auto status =
      served ? ask_status(environment) : ipc::Result<ipc::RunStatus>(status_of_environment(environment));
  if (!status) {
    form == StatusForm::Json ? report_as_json(status.error()) : report(status.error());
    return kExitNoStatus;
  }
  if (form == StatusForm::Json) return print(status_json(*status));
  if (form == StatusForm::Lines) return print(status_lines(*status));
  return print(short_status(*status, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) +
               "\n");
}

}  // namespace supervisor
