#include "profile/mfa.h"

#include <utility>

#include "aws/iam_syntax.h"

namespace broker {
namespace {

using MaybeMfa = ipc::Result<std::optional<MfaPlan>>;

constexpr std::string_view kSerial = "mfa_serial";

MaybeMfa device_of(const ProfileFiles& files, const std::string& profile) {
  const MaybeText serial = files.text(profile, kSerial);
  if (!serial) return std::unexpected(serial.error());
  if (!*serial || (*serial)->text.empty()) return std::nullopt;
  if (!is_mfa_serial((*serial)->text)) {
    return refuse_at((*serial)->place, "the mfa_serial of profile '" + profile + "' is not one that STS accepts",
                     "write it as arn:aws:iam::123456789012:mfa/NAME, or the number on the device");
  }
  const MaybeText process = files.text(profile, "mfa_process");
  if (!process) return std::unexpected(process.error());
  return MfaPlan{(*serial)->text, *process ? (*process)->text : "", profile, (*serial)->place};
}

ipc::Status refuse_later(const ProfileFiles& files, const ProfileChain& chain) {
  for (std::size_t link = 1; link < chain.roles.size(); ++link) {
    const std::string& profile = chain.roles[link].profile;
    const MaybeMfa device = device_of(files, profile);
    if (!device) return std::unexpected(device.error());
    if (!*device) continue;
    return refuse_at((*device)->place,
                     "mfa_serial in profile '" + profile + "', whose role is assumed by another role: a role's keys " +
                         "can use no MFA device",
                     "move it to profile '" + chain.roles.front().profile + "', where the chain begins");
  }
  return {};
}

}  // namespace

MaybeMfa plan_mfa(const ProfileFiles& files, const ProfileChain& chain, bool temporary) {
  if (const ipc::Status early = refuse_later(files, chain); !early) return std::unexpected(early.error());
  const std::string& base = chain.visited.back();
  const MaybeMfa own = device_of(files, base);
  if (!own) return own;
  MaybeMfa first = chain.roles.empty() ? own : device_of(files, chain.roles.front().profile);
  if (!first) return first;
  if (*first && *own && (*first)->serial != (*own)->serial) {
    return refuse_at(
        (*first)->place,
        "profile '" + (*first)->profile + "' and the profile of its key, '" + base + "', name two MFA devices",
        "keep the one that belongs to the key's user");
  }
  if (*first && *own && (*first)->process.empty()) (*first)->process = (*own)->process;
  if (!*first) first = own;
  if (!*first || !temporary) return first;
  return refuse_at((*first)->place,
                   "mfa_serial in profile '" + (*first)->profile + "', and the key of profile '" + base +
                       "' is a temporary one, which can use no MFA device",
                   "remove mfa_serial, or begin with a long-term access key");
}

}  // namespace broker
