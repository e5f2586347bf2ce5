#include "policy/device_demands.h"

#include <algorithm>

namespace broker {
namespace {

enum class Demand : std::uint8_t { kEncryption, kMdm, kMdmCompliant, kFirewall, kOsType, kOsVersion };
constexpr Demand kDemands[] = {Demand::kEncryption, Demand::kMdm,    Demand::kMdmCompliant,
                               Demand::kFirewall,   Demand::kOsType, Demand::kOsVersion};

Truth of_fact(bool demanded, const std::optional<bool>& fact) {
  if (!demanded) return Truth::kYes;
  if (!fact) return Truth::kUnknown;
  return *fact ? Truth::kYes : Truth::kNo;
}

Truth judge(Demand demand, const DeviceDemands& demands, const Posture& posture) {
  switch (demand) {
    case Demand::kEncryption:
      return of_fact(demands.encryption, posture.encrypted);
    case Demand::kMdm:
      return of_fact(demands.mdm, posture.mdm_enrolled);
    case Demand::kMdmCompliant:
      return of_fact(demands.mdm_compliant, posture.mdm_compliant);
    case Demand::kFirewall:
      return of_fact(demands.firewall, posture.firewall);
    case Demand::kOsType:
      if (demands.os_types.none()) return Truth::kYes;
      if (!posture.os_type) return Truth::kUnknown;
      return demands.os_types.test(static_cast<std::size_t>(*posture.os_type)) ? Truth::kYes : Truth::kNo;
    case Demand::kOsVersion:
      if (demands.min_os_version.empty()) return Truth::kYes;
      if (posture.os_version.empty()) return Truth::kUnknown;
      return compare_versions(posture.os_version, demands.min_os_version) >= 0 ? Truth::kYes : Truth::kNo;
  }
  return Truth::kUnknown;
}

std::string clause(Demand demand, Truth truth, const DeviceDemands& demands, const Posture& posture) {
  const bool unknown = truth == Truth::kUnknown;
  switch (demand) {
    case Demand::kEncryption:
      return unknown ? "disk encryption is unknown" : "the disk is not encrypted";
    case Demand::kMdm:
      return unknown ? "enrolment in device management is unknown" : "it is not enrolled in device management";
    case Demand::kMdmCompliant:
      return unknown ? "compliance with device management is unknown" : "device management finds it not compliant";
    case Demand::kFirewall:
      return unknown ? "the firewall's state is unknown" : "the firewall is off";
    case Demand::kOsType:
      return unknown ? "the operating system is unknown"
                     : "its operating system, " + std::string(word(*posture.os_type)) + ", is not among those allowed";
    case Demand::kOsVersion:
      return unknown ? "the operating system's version is unknown"
                     : "its version, " + posture.os_version + ", is older than " + demands.min_os_version;
  }
  return {};
}

std::string_view next_segment(std::string_view& rest) {
  const std::size_t end = rest.find_first_of(".-+");
  const std::string_view segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return segment;
}

// The digits of a number of any length, without the zeros before them: longer is more.
std::string_view number_of(std::string_view segment) {
  segment = segment.substr(0, std::min(segment.find_first_not_of("0123456789"), segment.size()));
  return segment.substr(std::min(segment.find_first_not_of('0'), segment.size()));
}

}  // namespace

Truth judge_device(const DeviceDemands& demands, const std::optional<Posture>& posture) {
  if (!demands.any()) return Truth::kYes;
  if (!posture) return Truth::kUnknown;
  Truth all = Truth::kYes;
  for (const Demand demand : kDemands) {
    const Truth truth = judge(demand, demands, *posture);
    if (truth == Truth::kNo) return Truth::kNo;
    if (truth == Truth::kUnknown) all = Truth::kUnknown;
  }
  return all;
}

std::string why_not(const DeviceDemands& demands, const std::optional<Posture>& posture) {
  const Truth decided = judge_device(demands, posture);
  if (decided == Truth::kYes) return {};
  if (!posture) return "nothing is known of it";
  for (const Demand demand : kDemands) {
    if (judge(demand, demands, *posture) == decided) return clause(demand, decided, demands, *posture);
  }
  return {};
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view x = number_of(next_segment(a)), y = number_of(next_segment(b));
    const auto order = x.size() != y.size() ? x.size() <=> y.size() : x.compare(y) <=> 0;
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace broker
