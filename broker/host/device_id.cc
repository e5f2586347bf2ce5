#include "host/device_id.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/bounded_read.h"
#include "ipc/unique_fd.h"
#include "text/hex.h"

namespace broker {
namespace {

constexpr std::string_view kMessage = "sentinel-device-posture";
constexpr std::size_t kDigits = 32;

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

bool is_machine_id(std::string_view text) {
  const bool digits = std::ranges::all_of(text, [](char c) { return hex_value(c) >= 0; });
  return digits && text.size() == kDigits && text.find_first_not_of('0') != std::string_view::npos;
}

std::unexpected<ipc::Error> no_machine_id(const std::string& why) {
  return ipc::fail(ipc::Fault::kConfig, why + ", and a remote server is told a device_id made of it",
                   "as root: systemd-machine-id-setup, or dbus-uuidgen --ensure; in a container, mount the host's "
                   "/etc/machine-id read-only");
}

}  // namespace

ipc::Result<std::string> read_device_id(std::initializer_list<const char*> files) {
  for (const char* const path : files) {
    const ipc::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) continue;
    const auto text = read_up_to(file.get(), kDigits + 8);
    if (!text) return no_machine_id(std::string(path) + " cannot be read");
    const std::string_view id = without_line_end(*text);
    if (!is_machine_id(id)) return no_machine_id(std::string(path) + " holds no machine id of 32 hex digits");
    return device_id_of(id);
  }
  return no_machine_id("this machine has no machine id: there is no " + std::string(kMachineId));
}

std::string device_id_of(std::string_view machine_id) {
  std::array<unsigned char, 32> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), machine_id.data(), static_cast<int>(machine_id.size()),
       reinterpret_cast<const unsigned char*>(kMessage.data()), kMessage.size(), mac.data(), &size);
  return hex({reinterpret_cast<const char*>(mac.data()), size});
}

}  // namespace broker
