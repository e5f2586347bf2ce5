// What a fallible call returns: a value, or an Error that already reads as a sentence for the user.
//
// Runs in: every process.   Blocks: never.
// Errors never carry a secret: `what` may reach a terminal and the decision log.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ipc {

// What kind of failure it is; decides whether a retry makes sense and which exit code it becomes.
// It travels (ipc/field_types.h), so it counts from 1.
enum class Fault : std::uint8_t {
  kUsage = 1,    // the command line asks for something senseless
  kConfig,       // a file, profile or policy says something we refuse
  kProtocol,     // a peer sent what it must not send
  kSystem,       // the kernel refused; sys_errno says why
  kRefused,      // AWS, or the policy, said no
  kUnavailable,  // not now: throttled, unreachable, timed out
};
constexpr Fault last_of(Fault) { return Fault::kUnavailable; }

// Of a file that was named: whose it is or who can write it is why it was refused. A fault of a folder above it, or of
// a link on the way, is none of these (ipc/files/trusted_path.h).
enum class FileFault : std::uint8_t { None, NotTheirs, WritableByOthers };

struct Error {
  Fault fault;
  std::string what;       // one sentence without a full stop: what failed, and where (file:line, host, flag)
  std::string next_step;  // what the user can do about it; may be empty
  int sys_errno = 0;      // errno where the kernel refused, else 0
  FileFault file_fault = FileFault::None;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// Makes the error of a failed system call; takes errno as it stands.
[[nodiscard]] std::unexpected<Error> system_error(std::string_view what, std::string_view next_step = {});

[[nodiscard]] inline std::unexpected<Error> fail(Fault fault, std::string what, std::string next_step = {}) {
  return std::unexpected(Error{fault, std::move(what), std::move(next_step), 0});
}

// What is told of an error. No path leads to a reader with nothing: where the other side gave no reason, that is said.
[[nodiscard]] std::string said(const Error& error);

// An error that came without a next step gets this one, so that the user is not left with a problem and no way on.
[[nodiscard]] inline Error with_next_step(Error error, std::string_view next_step) {
  if (error.next_step.empty()) error.next_step = next_step;
  return error;
}

}  // namespace ipc
