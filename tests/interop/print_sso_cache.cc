// What the comparison with botocore asks of the token cache of IAM Identity Center:
//   print_sso_cache names SESSION START_URL REGION SCOPE...   the names of the token's and of the registration's file
//   print_sso_cache token|registration FILE   the file, read as the broker reads it and printed as it would be written
//   print_sso_cache rewrite FILE               the same, written in place of what was there
#include <fcntl.h>

#include <cstdio>
#include <string>

#include "sources/sign_in/file.h"
#include "sources/sso/token.h"

namespace {

int refused(const ipc::Error& error) {
  std::printf("refused: %s\n", error.what.c_str());
  return 1;
}

int names(int count, char** words) {
  broker::SsoPlan plan;
  plan.session = words[0];
  plan.start_url = words[1];
  plan.region = words[2];
  plan.scopes.assign(words + 3, words + count);
  std::printf("%s %s\n", broker::sso_token_name(plan).c_str(), broker::sso_client_name(plan).c_str());
  return 0;
}

ipc::Result<std::string> as_written(std::string_view kind, std::string_view text) {
  if (kind == "registration") {
    const auto client = broker::read_sso_client(text);
    if (!client) return std::unexpected(client.error());
    return broker::sso_client_text(*client, {"sso:account:access"});
  }
  const auto token = broker::read_sso_token(text);
  if (!token) return std::unexpected(token.error());
  return broker::sso_token_text(*token);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || !ipc::SecretArena::open()) return 2;
  const std::string_view kind = argv[1];
  if (kind == "names") return argc < 5 ? 2 : names(argc - 2, argv + 2);
  const broker::SignInFile file(ipc::UniqueFd(::open(argv[2], O_RDWR | O_CLOEXEC)));
  const auto text = file.read();
  if (!text) return refused(text.error());
  const auto written = as_written(kind, text->view());
  if (!written) return refused(written.error());
  if (kind != "rewrite") return std::puts(written->c_str()) < 0 ? 1 : 0;
  const ipc::Status replaced = file.replace(*written);
  return replaced ? 0 : refused(replaced.error());
}
