// A double of both helpers, for tests of the supervisor alone: speaks messages.def, holds no keys, and misbehaves on
// demand. Its file name says which helper it is; the profile's name says how the broker behaves; the path of a request
// says how the frontend does.
//
// Profiles: ok, echo (says what it was told), chatty (notices), fail, silent, early-exit, foreign-build, unprotected,
//           stray-message, ready-twice, settings (tells some for the command's config), odd-setting (one that no
//           command may see), setting-twice, many-settings (one too many), late-setting (behind Ready); anything else
//           as ok.
// Without a server: ok issues keys and ends; lingers issues them and does not end; strange-keys issues what is no key,
//           no-secret none, issued-twice them twice, issued-first before it is locked down, served answers Ready.
//           With a server, issues answers as if there were none. Asked who it is, it is the user double; nobody: no
//           one.
// Errands:  errand:KIND:SUBJECT, several with && between them, asks for these before it is ready, and tells in notices
//           what came of each (an answer backwards, so that a search for it finds those who should not have it); later:
//           likewise once the command runs; a question's SUBJECT may end in |DETAIL; unknown-errand and errand-twice
//           ask for what no broker may ask.
// Paths:    /crash ends the frontend.
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "ipc/channel.h"
#include "ipc/client/answer_mac.h"
#include "ipc/command_settings.h"
#include "ipc/errands.h"
#include "ipc/process/own_status.h"

namespace {

using ipc::Channel;
using ipc::ErrandKind;
using ipc::Side;

constexpr int kControlFd = 3;
constexpr std::string_view kAnswerKey = "the-answer-key-of-the-double";

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  std::string text;
  char two[3];
  for (std::size_t i = 0; i < count; ++i) text += (std::snprintf(two, sizeof two, "%02x", bytes[i]), two);
  return text;
}

// As ipc/client/answer_mac.h says.
std::string mac_of(const std::string& nonce, const std::string& body) {
  unsigned char digest[EVP_MAX_MD_SIZE], mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(body.data(), body.size(), digest, &size, EVP_sha256(), nullptr) != 1) ::_exit(92);
  const std::string text = std::string(ipc::kAnswerMacWords) + nonce + "\n" + hex_of(digest, size);
  if (!HMAC(EVP_sha256(), kAnswerKey.data(), kAnswerKey.size(), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), mac, &size))
    ::_exit(92);
  return hex_of(mac, size);
}

void must(const ipc::Status& status) {
  if (!status) ::_exit(90);
}

// Enough of a filter for the supervisor to see one.
void lock_down() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(swapon), 0);
  if (seccomp_load(filter) != 0) ::_exit(91);
}

void wait_for(std::vector<pollfd>& polled) { (void)::poll(polled.data(), polled.size(), -1); }

// The next packet; ends the process at end of file.
ipc::Packet next(Channel& channel) {
  while (true) {
    ipc::Packet packet;
    auto arrival = channel.receive(packet);
    if (!arrival) ::_exit(92);
    if (*arrival == ipc::Arrival::PeerGone) ::_exit(0);
    if (*arrival == ipc::Arrival::Message) return packet;
    std::vector<pollfd> polled{{channel.fd(), POLLIN, 0}};
    wait_for(polled);
  }
}

void notice(Channel& control, ipc::Severity severity, const std::string& text) {
  ipc::Notice message;
  message.severity = severity;
  message.text = ipc::Text<2048>(std::string_view(text));
  must(control.send(message));
}

template <class Field>
std::string seconds(const Field& field) {
  return std::to_string(field.get().count());
}
template <ipc::WireEnum E>
std::string number(E value) {
  return std::to_string(static_cast<int>(value));
}

// What is asked of the supervisor, and what came of it.
class ErrandsDouble {
 public:
  explicit ErrandsDouble(Channel& control) : control_(control) {}

  void ask(std::string list) {
    while (!list.empty()) {
      const std::size_t end = std::min(list.find("&&"), list.size());
      const std::string one = list.substr(0, end);
      list.erase(0, std::min(end + 2, list.size()));
      const std::size_t colon = one.find(':');
      send(static_cast<ErrandKind>(std::stoi(one.substr(0, colon))), one.substr(colon + 1));
    }
  }
  void send(ErrandKind kind, std::string subject, bool again = false) {
    const std::string detail = take_detail(kind, subject);
    ipc::Errand errand;
    errand.id = again ? last_ : ++last_;
    errand.kind = kind;
    errand.profile = ipc::Text<256>("ledger");
    errand.subject = ipc::Text<4096>(std::string_view(subject));
    errand.detail = ipc::Text<256>(std::string_view(detail));
    must(control_.send(errand));
    kinds_[errand.id] = kind;
    ++open_;
  }
  [[nodiscard]] bool all_done() const { return open_ == 0; }

  void wait() {
    while (!all_done()) {
      std::vector<pollfd> polled{{control_.fd(), POLLIN, 0}};
      add_to(polled);
      wait_for(polled);
      if (polled[0].revents) hear(next(control_));
      read_outputs();
    }
  }
  void add_to(std::vector<pollfd>& polled) const {
    for (const auto& [id, output] : outputs_) {
      if (output.fd) polled.push_back({output.fd.get(), POLLIN, 0});
    }
  }
  // A few bytes each time, and no more than a broker takes.
  void read_outputs() {
    for (auto& [id, output] : outputs_) {
      pollfd ready{output.fd.get(), POLLIN, 0};
      if (!output.fd || ::poll(&ready, 1, 0) != 1) continue;
      char part[4096];
      const ssize_t got = ::read(output.fd.get(), part, sizeof part);
      if (got > 0) output.text.append(part, static_cast<std::size_t>(got));
      if (got <= 0 || output.text.size() > 16384) output.fd.reset();
    }
  }
  static bool is_answer(ipc::U16 id) {
    return id == ipc::ErrandAnswer::kId || id == ipc::ErrandOpened::kId || id == ipc::ErrandEnded::kId;
  }
  void hear(ipc::Packet packet) {
    if (packet.id == ipc::ErrandAnswer::kId) {
      const auto message = ipc::open_packet<ipc::ErrandAnswer>(packet);
      const std::string_view typed = message->answer.reveal();
      done(message->id, "answer " + std::string(typed.rbegin(), typed.rend()));
    } else if (packet.id == ipc::ErrandOpened::kId) {
      const auto message = ipc::open_packet<ipc::ErrandOpened>(packet);
      if (ipc::comes_by_socket(ipc::errand_row(kinds_.at(message->id)).result)) {
        outputs_[message->id].fd = std::move(packet.descriptor);
        return;
      }
      char part[64];
      const ssize_t got = ::read(packet.descriptor.get(), part, sizeof part);
      done(message->id, "file " + std::string(part, got > 0 ? static_cast<std::size_t>(got) : 0));
    } else if (packet.id == ipc::ErrandEnded::kId) {
      const auto message = ipc::open_packet<ipc::ErrandEnded>(packet);
      for (int i = 0; i < 100 && outputs_[message->id].fd; ++i) {  // what is still in the pipe
        read_outputs();
        ::usleep(1000);
      }
      const std::string& text = outputs_[message->id].text;
      done(message->id, (message->good ? "good" : "bad: " + message->what.str() + " | " + message->next_step.str()) +
                            " output " + std::to_string(text.size()) + " " + text.substr(0, 600));
    }
  }

 private:
  // The code of a login page; of what else has a detail, what stands behind a bar.
  static std::string take_detail(ErrandKind kind, std::string& subject) {
    if (kind == ErrandKind::ShowLogin) return "WXYZ-1234";
    constexpr ErrandKind kWithDetail[] = {ErrandKind::AskCode, ErrandKind::AskPassphrase, ErrandKind::OpenLoginCache,
                                          ErrandKind::ShowSignIn};
    const bool has_one = std::ranges::find(kWithDetail, kind) != std::end(kWithDetail);
    const std::size_t bar = has_one ? subject.find('|') : std::string::npos;
    if (bar == std::string::npos) return {};
    std::string detail = subject.substr(bar + 1);
    subject.resize(bar);
    return detail;
  }

  struct Output {
    ipc::UniqueFd fd;
    std::string text;
  };
  void done(ipc::U32 id, const std::string& what) {
    --open_;
    notice(control_, ipc::Severity::Warning, "errand " + std::to_string(id) + " " + what);
  }

  Channel& control_;
  ipc::U32 last_ = 0;
  int open_ = 0;
  std::map<ipc::U32, ErrandKind> kinds_;
  std::map<ipc::U32, Output> outputs_;
};

class BrokerDouble {
 public:
  int run() {
    must(control_.only_from_maker());
    gather();
    if (profile() == "early-exit") return 7;
    if (profile() == "issued-first") issue();
    if (profile() != "unprotected") lock_down();
    if (profile() == "late") ::usleep(1'000'000);
    ipc::BrokerLockedDown locked;
    locked.protocol = ipc::kProtocolHash + (profile() == "foreign-build" ? 1 : 0);
    must(control_.send(locked, ipc::open_own_status().get()));
    if (begin_.environment_follows) hear_keys();
    if (profile() == "silent") next(control_);
    if (profile() == "fail") return fail();
    if (profile() == "stray-message") must(control_.send(ipc::FrontendLockedDown{}));
    if (profile() == "unknown-errand") errands_.send(static_cast<ErrandKind>(77), "x");
    if (profile() == "errand-twice") {
      errands_.send(ErrandKind::ShowLogin, "https://login.example");
      errands_.send(ErrandKind::ShowLogin, "https://login.example", true);
    }
    if (profile().starts_with("errand:")) errands_.ask(profile().substr(7));
    errands_.wait();
    if (profile() == "echo") notice(control_, ipc::Severity::Info, heard_);
    if (begin_.mode == ipc::RunMode::Whoami && profile() != "issues") return identify();
    if (profile().starts_with("page")) return show_page();
    if ((is_one_shot() && profile() != "served") || profile() == "issues") return answer_once();
    ready();
    if (profile() == "ready-twice") ready();
    if (profile() == "late-setting") tell(ipc::SettingPlace::Profile, "", "output", "yaml");
    if (profile() == "chatty") chat();
    serve();
  }

 private:
  [[nodiscard]] const std::string& profile() const { return begin_.profile.str(); }
  [[nodiscard]] bool is_one_shot() const { return begin_.mode != ipc::RunMode::Server; }

  void gather() {
    while (true) {
      ipc::Packet packet = next(control_);
      if (packet.id == ipc::Begin::kId) {
        begin_ = *ipc::open_packet<ipc::Begin>(packet);
        heard_ +=
            "policy=" + begin_.policy_parameter.str() + begin_.policy_file.str() + " region=" + begin_.region.str() +
            " home=" + begin_.home.str() + " user=" + begin_.os_user.str() + " duration=" + seconds(begin_.duration) +
            " lazy=" + std::to_string(begin_.lazy) + " transport=" + number(begin_.transport) +
            " mode=" + number(begin_.mode) + " table=" + begin_.session_table.str() +
            " key=" + begin_.policy_key.str() + " poll=" + seconds(begin_.policy_poll) +
            " age=" + seconds(begin_.policy_max_age) + " size=" + std::to_string(begin_.log_max_bytes) +
            " remote=" + begin_.remote_url.str() + " token_file=" + begin_.remote_token_file.str() +
            " env_keys=" + std::to_string(begin_.environment_keys) + " login=" + std::to_string(begin_.auto_login);
        return;
      }
      if (packet.id == ipc::Setting::kId) {
        const auto setting = ipc::open_packet<ipc::Setting>(packet);
        heard_ += setting->name.str() + "=" + setting->value.str() + " ";
      } else if (packet.id == ipc::PolicyVersions::kId) {
        heard_ += "versions ";
        if (::write(packet.descriptor.get(), "seen\n", 5) != 5) ::_exit(94);
      } else if (packet.id == ipc::LogLock::kId) {
        heard_ += "lock ";
      } else if (packet.id == ipc::PolicyText::kId) {
        heard_ += "policy ";
      } else if (packet.id == ipc::LogHead::kId) {
        heard_ += "head ";
      } else if (packet.id == ipc::SessionStore::kId) {
        heard_ += "store ";
      } else if (packet.id == ipc::RoleKeyStore::kId) {
        heard_ += "role-keys ";
      } else if (packet.id == ipc::OpenerStore::kId) {
        heard_ += "openers=" + seconds(ipc::open_packet<ipc::OpenerStore>(packet)->lives) + " ";
      } else if (packet.id == ipc::ConsolePlace::kId) {
        heard_ += "console=" + ipc::open_packet<ipc::ConsolePlace>(packet)->destination.str() + " ";
      } else {
        const auto sink = ipc::open_packet<ipc::LogSink>(packet);
        heard_ += "log=" + sink->label.str() + " ";
        const std::string line = "{\"double\":\"" + sink->label.str() + "\"}\n";
        if (::write(packet.descriptor.get(), line.data(), line.size()) < 0) ::_exit(93);
      }
    }
  }

  // Lengths of the secrets: what they are is nobody's business, not even a test's.
  void hear_keys() {
    const ipc::Packet packet = next(control_);
    if (packet.id != ipc::EnvironmentKeys::kId) ::_exit(95);
    const auto keys = ipc::open_packet<ipc::EnvironmentKeys>(packet);
    heard_ += " keys=" + keys->access_key_id.str() + "," + std::to_string(keys->secret_access_key.reveal().size()) +
              "," + std::to_string(keys->session_token.reveal().size()) + "," +
              std::to_string(keys->container_token.reveal().size());
  }

  int fail() {
    ipc::Failed failed;
    failed.what = ipc::Text<2048>("the double refuses\nto serve");
    failed.next_step = ipc::Text<2048>("choose another profile");
    must(control_.send(failed));
    return 1;
  }

  void tell(ipc::SettingPlace place, std::string_view block, std::string_view name, std::string_view value) {
    ipc::CommandSetting setting;
    setting.place = place;
    setting.block = ipc::Text<64>(block);
    setting.name = ipc::Text<64>(name);
    setting.value = ipc::Text<4096>(value);
    ipc::Status sent = control_.send(setting);
    while (!sent && sent.error().sys_errno == EAGAIN) {
      ::usleep(1000);
      sent = control_.send(setting);
    }
    must(sent);
  }

  void tell_profile() {
    ipc::ServedProfile served;
    served.name = begin_.profile;
    served.region = ipc::Text<64>("eu-double-1");
    must(control_.send(served));
  }

  void tell_settings() {
    using enum ipc::SettingPlace;
    const bool many = profile() == "many-settings";
    if (profile() == "odd-setting") tell(Profile, "", "credential_process", "/bin/evil");
    for (std::size_t i = 0; many && i <= ipc::kMostCommandSettings; ++i)
      tell(Service, "s" + std::to_string(i), "endpoint_url", "x");
    if (profile() == "setting-twice") tell(Profile, "", "output", "yaml");
    if (profile() != "settings" && profile() != "setting-twice") return;
    tell(Profile, "", "output", "yaml");
    tell(Service, "s3", "endpoint_url", "http://127.0.0.1:9");
    tell(Nested, "s3", "addressing_style", "path");
  }

  void ready() {
    if (!is_one_shot()) tell_profile();
    tell_settings();
    ipc::Ready message;
    message.region = ipc::Text<64>("eu-double-1");
    (void)message.token.assign("double-token");
    (void)message.answer_key.assign(kAnswerKey);
    must(control_.send(message));
    control_.gate().enter_serving();
  }

  int answer_once() {
    if (!is_one_shot()) tell_profile();
    tell_settings();
    issue();
    if (profile() == "issued-twice") issue();
    if (profile() == "lingers") {
      for (;;) ::pause();
    }
    return 0;
  }

  int identify() {
    ipc::Whoami who;
    if (profile() != "nobody") who.arn = ipc::Text<2048>("arn:aws:iam::111122223333:user/double");
    who.account = ipc::Text<64>("111122223333");
    who.user = ipc::Text<256>("double");
    who.source = ipc::Text<2048>("static");
    must(control_.send(who));
    return 0;
  }

  int show_page() {
    ipc::ConsolePage page;
    (void)page.url.assign(profile() == "page-none"      ? ""
                          : profile() == "page-strange" ? "file:///etc/passwd"
                                                        : "https://console.double/?SigninToken=secret");
    page.ends = ipc::Text<32>("2099-01-01T00:00:00Z");
    must(control_.send(page));
    return 0;
  }

  void issue() {
    ipc::IssuedKeys keys;
    keys.access_key_id = ipc::Text<128>("ASIADOUBLE");
    (void)keys.secret_access_key.assign(profile() == "strange-keys" ? "with\"quote" : "secret/double+");
    if (profile() == "no-secret") (void)keys.secret_access_key.assign("");
    (void)keys.session_token.assign("session==");
    keys.expiration = ipc::Text<32>("2099-01-01T00:00:00Z");
    keys.region = ipc::Text<64>("eu-double-1");
    must(control_.send(keys));
  }

  void chat() {
    notice(control_, ipc::Severity::Info, "double: information");
    notice(control_, ipc::Severity::Refusal, "double: refused, \x1b[31mpolicy");
    notice(control_, ipc::Severity::Warning, "double: warning");
  }

  [[noreturn]] void serve() {
    while (true) {
      std::vector<pollfd> polled{{control_.fd(), POLLIN, 0}, {frontend_.fd(), POLLIN, 0}};
      errands_.add_to(polled);
      wait_for(polled);
      if (polled[0].revents) on_control(next(control_));
      if (polled[1].revents && frontend_.open()) on_frontend();
      errands_.read_outputs();
    }
  }

  void on_control(ipc::Packet packet) {
    if (ErrandsDouble::is_answer(packet.id)) return errands_.hear(std::move(packet));
    if (packet.id != ipc::FrontendAttached::kId) return;
    if (profile().starts_with("later:")) errands_.ask(profile().substr(6));
    frontend_ = Channel(std::move(packet.descriptor), Side::Broker, Side::Frontend);
    frontend_.only_from(static_cast<pid_t>(ipc::open_packet<ipc::FrontendAttached>(packet)->pid));
    frontend_.gate().enter_serving();
  }

  void on_frontend() {
    ipc::Packet packet;
    const auto arrival = frontend_.receive(packet);
    if (!arrival || *arrival == ipc::Arrival::PeerGone) return frontend_.close();
    if (*arrival != ipc::Arrival::Message) return;
    const auto request = ipc::open_packet<ipc::ServeClient>(packet);
    const bool ok = request->authorization.reveal() == "double-token";
    const std::string body =
        ok ? R"({"AccessKeyId":"ASIADOUBLE","SecretAccessKey":"secret/double+","Token":"session==","Expiration":"2099-01-01T00:00:00Z"})"
           : R"({"Code":"Denied","Message":"the double refuses","code":"Denied","message":"the double refuses"})";
    const std::string mac =
        ok && !request->nonce.empty() ? "\r\nSentinel-Answer-Mac: " + mac_of(request->nonce.str(), body) : "";
    const std::string answer = std::string("HTTP/1.1 ") + (ok ? "200 OK" : "403 Forbidden") + mac +
                               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                               "\r\n\r\n" + body;
    (void)::send(packet.descriptor.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    ipc::Done done;
    done.request = request->request;
    done.closed = true;
    must(frontend_.send(done));
  }

  Channel control_{ipc::UniqueFd(kControlFd), Side::Broker, Side::Supervisor}, frontend_;
  ErrandsDouble errands_{control_};
  ipc::Begin begin_;
  std::string heard_;
};

class FrontendDouble {
 public:
  int run() {
    must(control_.only_from_maker());
    lock_down();
    ipc::FrontendLockedDown locked;
    locked.protocol = ipc::kProtocolHash;
    must(control_.send(locked));
    ipc::Packet packet = next(control_);
    broker_ = Channel(std::move(packet.descriptor), Side::Frontend, Side::Broker);
    broker_.only_from(static_cast<pid_t>(ipc::open_packet<ipc::BrokerChannel>(packet)->pid));
    broker_.gate().enter_serving();
    packet = next(control_);
    listener_ = std::move(packet.descriptor);
    while (true) {
      std::vector<pollfd> polled{{control_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      wait_for(polled);
      if (polled[0].revents) next(control_);
      if (polled[1].revents) on_client();
    }
  }

 private:
  // One client at a time, and trusting: a test is at the other end.
  void on_client() {
    const ipc::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string head;
    char part[1024];
    while (client && head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(client.get(), part, sizeof part, 0);
      if (got <= 0) return;
      head.append(part, static_cast<std::size_t>(got));
    }
    if (head.starts_with("GET /crash")) ::_exit(3);
    ipc::ServeClient request;
    request.transport = ipc::Transport::Tcp;
    const auto at = head.find("Authorization: ");
    if (at != std::string::npos) {
      (void)request.authorization.assign(head.substr(at + 15, head.find("\r\n", at) - at - 15));
    }
    const auto nonce = head.find("Sentinel-Nonce: ");
    if (nonce != std::string::npos) (void)request.nonce.assign(head.substr(nonce + 16, ipc::kNonceLength));
    if (!broker_.send(request, client.get())) return;
    next(broker_);
    ::shutdown(client.get(), SHUT_RDWR);
  }

  Channel control_{ipc::UniqueFd(kControlFd), Side::Frontend, Side::Supervisor}, broker_;
  ipc::UniqueFd listener_;
};

}  // namespace

int main(int, char** argv) {
  const std::string name(argv[0]);
  ::_exit(name.ends_with("sentinel-broker") ? BrokerDouble().run() : FrontendDouble().run());
}
