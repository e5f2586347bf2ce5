#include "sources/shared_sessions.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/aead.h"
#include "host/bounded_read.h"
#include "ipc/codec.h"

namespace broker {
namespace {

constexpr char kFile[] = "the file of kept sessions in ~/.local/state/sentinel";
constexpr std::string_view kBound = "sentinel sessions 1";  // another form has another text
constexpr char kRepair[] = "remove it; the next run asks for a code and makes it anew";

// How one session lies in the file, once unsealed. The bounds are those of the protocol table for the same fields.
struct Record {
  ipc::Text<128> base_key_id, access_key_id;
  ipc::Text<256> serial;
  ipc::U32 duration_s = 0;
  ipc::I64 expiration = 0;
  ipc::Secret<256> secret_access_key;
  ipc::Secret<12288> session_token;

  bool put(ipc::Writer& out) const {
    return out.put(base_key_id) && out.put(access_key_id) && out.put(serial) && out.put(duration_s) &&
           out.put(expiration) && out.put(secret_access_key) && out.put(session_token);
  }
  bool get(ipc::Reader& in) {
    return in.get(base_key_id) && in.get(access_key_id) && in.get(serial) && in.get(duration_s) && in.get(expiration) &&
           in.get(secret_access_key) && in.get(session_token);
  }
};

bool fill(Record& record, const SessionName& name, const IssuedCredentials& session) {
  record.duration_s = static_cast<ipc::U32>(name.duration.count());
  record.expiration = session.expiration.time_since_epoch().count();
  return record.base_key_id.assign(name.base_key_id) && record.serial.assign(name.serial) &&
         record.access_key_id.assign(session.access_key_id) &&
         record.secret_access_key.assign(session.secret_access_key.reveal()) &&
         record.session_token.assign(session.session_token.reveal());
}

}  // namespace

ipc::Result<bool> SessionStore::try_lock() const {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  return ipc::system_error(std::string("cannot lock ") + kFile, kRepair);
}

void SessionStore::unlock() const { (void)::flock(file_.get(), LOCK_UN); }

// The file begins with the length of what is sealed: put() never makes it shorter, and what lies behind is of no use.
std::optional<ipc::SecretBuffer> SessionStore::unsealed() const {
  const std::string text = read_from_start(file_.get(), kMaxBytes).value_or("");
  ipc::Reader header(text);
  ipc::U32 length = 0;
  if (!header.get(length) || length > text.size() - sizeof length) return std::nullopt;
  auto plain = unseal(key_, std::string_view(text).substr(sizeof length, length), kBound);
  if (!plain) return std::nullopt;
  return std::move(*plain);
}

std::vector<SessionStore::Kept> SessionStore::read() const {
  const auto plain = unsealed();
  if (!plain) return {};
  std::vector<Kept> kept;
  ipc::Reader in(plain->reveal());
  while (!in.at_end() && kept.size() < kMost) {
    Record record;
    if (!record.get(in)) return {};
    auto secret = ipc::SecretBuffer::copy_if_room(record.secret_access_key.reveal());
    auto token = ipc::SecretBuffer::copy_if_room(record.session_token.reveal());
    if (!secret || !token) return {};
    kept.push_back({{record.base_key_id.str(), record.serial.str(), std::chrono::seconds(record.duration_s)},
                    {{record.access_key_id.str(), std::move(*secret), std::move(*token)},
                     std::chrono::sys_seconds(std::chrono::seconds(record.expiration)),
                     {},
                     {}}});
  }
  return kept;
}

std::optional<IssuedCredentials> SessionStore::find(const SessionName& name, std::chrono::sys_seconds now,
                                                    std::chrono::seconds least) const {
  for (Kept& kept : read()) {
    // Longer than it was made for: no session of ours, though the seal is good.
    const bool sound = kept.session.expiration - now <= name.duration + std::chrono::minutes(5);
    if (kept.name == name && sound && kept.session.expiration - now > least) return std::move(kept.session);
  }
  return std::nullopt;
}

ipc::Status SessionStore::put(const SessionName& name, const IssuedCredentials& session,
                              std::chrono::sys_seconds now) const {
  std::vector<Kept> others = read();
  std::erase_if(others, [&](const Kept& kept) { return kept.name == name || kept.session.expiration <= now; });
  std::vector<Shown> all{{&name, &session}};
  for (const Kept& kept : others) all.push_back({&kept.name, &kept.session});
  const auto sealed = seal_all(all);
  if (!sealed) return std::unexpected(sealed.error());
  return write(*sealed);
}

// The newest come first. Where there is no room the oldest go; the first must fit.
ipc::Result<std::string> SessionStore::seal_all(const std::vector<Shown>& all) const {
  auto room = ipc::SecretBuffer::if_room(kMaxBytes - sizeof(ipc::U32) - kAeadOverhead);
  if (!room) return std::unexpected(std::move(room.error()));
  ipc::SecretBuffer& plain = *room;
  for (std::size_t i = 0; i < all.size() && i < kMost; ++i) {
    Record record;
    ipc::Writer out(plain.room());
    if (fill(record, *all[i].name, *all[i].session) && record.put(out)) {
      plain.grow(out.size());
      continue;
    }
    if (i > 0) break;
    return ipc::fail(ipc::Fault::kConfig, "the session is larger than any that is known", "report it with this line");
  }
  return seal(key_, plain.reveal(), kBound);
}

ipc::Result<std::vector<SessionStore::Listed>> SessionStore::list() const {
  const auto plain = unsealed();
  if (!plain && read_from_start(file_.get(), 1).value_or("x").empty()) return std::vector<Listed>();
  if (!plain) {
    return ipc::fail(ipc::Fault::kConfig,
                     "was sealed with another key: in another login, or before this machine started",
                     "clear it, or leave it: the next run writes over it");
  }
  std::vector<Listed> listed;
  for (const Kept& kept : read()) listed.push_back({kept.name, kept.session.expiration});
  return listed;
}

ipc::Result<std::size_t> SessionStore::remove(const std::function<bool(const Listed&)>& which) const {
  std::vector<Kept> kept = read();
  const std::size_t gone = std::erase_if(kept, [&](const Kept& one) {
    return which({one.name, one.session.expiration});
  });
  off_t size = 0;
  if (!kept.empty()) {
    std::vector<Shown> all;
    for (const Kept& one : kept) all.push_back({&one.name, &one.session});
    const auto sealed = seal_all(all);
    if (!sealed) return std::unexpected(sealed.error());
    if (const ipc::Status written = write(*sealed); !written) return std::unexpected(written.error());
    size = static_cast<off_t>(sizeof(ipc::U32) + sealed->size());
  }
  if (::ftruncate(file_.get(), size) == 0) return gone;
  return std::unexpected(ipc::system_error(std::string("cannot shorten ") + kFile, kRepair).error());
}

ipc::Status SessionStore::write(std::string_view sealed) const {
  std::string text(sizeof(ipc::U32), '\0');
  ipc::Writer header(text);
  (void)header.put(static_cast<ipc::U32>(sealed.size()));
  text += sealed;
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::pwrite(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return ipc::system_error(std::string("cannot write ") + kFile, kRepair);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

}  // namespace broker
