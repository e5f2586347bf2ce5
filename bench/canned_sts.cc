// What of the start-up time is our own? An STS that answers at once, with fixed keys, and verifies nothing; beside it
// the stand-in of tests/fakes, which verifies signatures in Python and takes milliseconds. Every value is invented.
#include <charconv>
#include <ctime>

#include "bare_server.h"

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kIdentity =
    "<Arn>arn:aws:iam::111122223333:user/marta</Arn><UserId>AIDABENCHMARK00000000</UserId><Account>111122223333</"
    "Account>";

std::string in_an_hour() {
  const std::time_t then = std::time(nullptr) + 3600;
  char text[32];
  std::tm parts{};
  text[std::strftime(text, sizeof text - 1, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &parts))] = '\0';
  return text;
}

std::string credentials() {
  return "<Credentials><AccessKeyId>ASIABENCHMARK0000000</AccessKeyId><SecretAccessKey>" + std::string(40, 's') +
         "</SecretAccessKey><SessionToken>" + std::string(700, 't') + "</SessionToken><Expiration>" + in_an_hour() +
         "</Expiration></Credentials>";
}

std::string xml_answer(const std::string& action, std::string_view inner) {
  const std::string body = "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
                           "Result>" + std::string(inner) + "</" + action +
                           "Result><ResponseMetadata><RequestId>bench" + "</RequestId></ResponseMetadata></" + action +
                           "Response>";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
         std::string(kEndOfHead) + body;
}

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == text.npos ? std::string_view() : text.substr(at + mark.size());
}

bench::Reply answer(std::string_view request) {
  static std::string text;  // lives until the next request; the server has sent it by then
  const std::string_view body = after(request, kEndOfHead);
  std::size_t length = 0;
  const std::string_view digits = after(request, "Content-Length: ");
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (length == 0 || body.size() < length) return {};
  std::string_view action = after(body, "Action=");
  action = action.substr(0, action.find('&'));
  text = xml_answer(std::string(action), action == "GetCallerIdentity" ? std::string(kIdentity) : credentials());
  return {text, true};
}

}  // namespace

int main(int argc, char** argv) {
  bench::BareServer server(answer);
  if (!server.open(argc - 1, argv + 1)) return 1;
  server.serve();
}
