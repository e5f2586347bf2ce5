#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <random>

#include "ipc/secret.h"

namespace broker {
namespace {

constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

std::chrono::sys_seconds time_of(const std::string& amz_date) {
  std::tm utc{};
  ::strptime(amz_date.c_str(), "%Y%m%dT%H%M%SZ", &utc);
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&utc)));
}

std::string value_of(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

class SigV4 : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  ipc::Result<std::vector<HttpHeader>> sign(SigningKey key, std::string_view region = "us-east-1",
                                            std::string_view service = "sts") {
    return sign_v4({"POST", "/", "", headers_, "body"}, key, {region, service, time_of("20150830T123600Z")});
  }
  std::vector<HttpHeader> headers_{{"Host", "sts.example.com"}};
};

TEST_F(SigV4, RefusesAKeyThatWouldBreakOutOfTheHeader) {
  for (const char* id : {"", "AKID,Evil=1", "AKID/x", "AKID\r\nX: y", "AKID EXAMPLE"}) {
    EXPECT_FALSE(sign({id, kSecret, ""})) << id;
  }
}

TEST_F(SigV4, RefusesAnEmptySecretRegionOrService) {
  EXPECT_FALSE(sign({"AKID", "", ""}));
  EXPECT_FALSE(sign({"AKID", kSecret, ""}, ""));
  EXPECT_FALSE(sign({"AKID", kSecret, ""}, "us-east-1/x"));
  EXPECT_FALSE(sign({"AKID", kSecret, ""}, "us-east-1", ""));
}

TEST_F(SigV4, RefusesALineEndInAHeaderOrToken) {
  EXPECT_FALSE(sign({"AKID", kSecret, "token\r\nX-Evil: 1"}));
  headers_.push_back({"X-Amz-Target", "A\nB"});
  EXPECT_FALSE(sign({"AKID", kSecret, ""}));
  headers_.back().value = std::string("A\0B", 3);
  EXPECT_FALSE(sign({"AKID", kSecret, ""}));
}

TEST_F(SigV4, NoErrorNamesTheSecret) {
  EXPECT_EQ(sign({"", kSecret, ""}).error().what.find(kSecret), std::string::npos);
  EXPECT_EQ(sign({"AKID", kSecret, ""}, "").error().what.find(kSecret), std::string::npos);
}

TEST_F(SigV4, SignsEveryHeaderButThoseThatProxiesChange) {
  headers_.insert(headers_.end(), {{"User-Agent", "a"}, {"Expect", "b"}, {"X-Amz-Target", "T"}, {"Connection", "c"}});
  const auto signed_with = sign({"AKID", kSecret, "token"});
  ASSERT_TRUE(signed_with);
  EXPECT_NE(
      value_of(*signed_with, "Authorization").find("SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target,"),
      std::string::npos);
}

TEST_F(SigV4, EveryPartOfTheRequestChangesTheSignature) {
  const auto signature = [&](const SigningInput& input, SigningKey key = {"AKID", kSecret, ""},
                             const std::string& time = "20150830T123600Z") {
    return value_of(*sign_v4(input, key, {"us-east-1", "sts", time_of(time)}), "Authorization");
  };
  const SigningInput base{"POST", "/", "", headers_, "body"};
  const std::vector<HttpHeader> other{{"Host", "sts.example.net"}};
  std::map<std::string, int> seen;
  ++seen[signature(base)];
  ++seen[signature({"GET", "/", "", headers_, "body"})];
  ++seen[signature({"POST", "/x", "", headers_, "body"})];
  ++seen[signature({"POST", "/", "a=b", headers_, "body"})];
  ++seen[signature({"POST", "/", "", other, "body"})];
  ++seen[signature({"POST", "/", "", headers_, "bodY"})];
  ++seen[signature(base, {"AKID", "other", ""})];
  ++seen[signature(base, {"AKID", kSecret, "token"})];
  ++seen[signature(base, {"AKID", kSecret, ""}, "20150830T123601Z")];
  EXPECT_EQ(seen.size(), 9u);
}

// One published case: the signed request, cut into what was signed and what came out.
struct Vector {
  std::string name, method, path, query, body, token, authorization;
  std::vector<HttpHeader> headers;
};

void take_header(Vector& vector, const std::string& line) {
  if (line[0] == ' ') {  // the suite takes a folded line for one more header of the same name
    vector.headers.push_back({vector.headers.back().name, line});
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string name = line.substr(0, colon), value = line.substr(colon + 1);
  if (name == "Authorization") {
    vector.authorization = value;
  } else if (name == "X-Amz-Security-Token") {
    vector.token = value;
  } else if (name != "X-Amz-Date") {
    vector.headers.push_back({name, value});
  }
}

std::vector<Vector> published_vectors() {
  std::ifstream file(TEST_DATA "/sigv4/vectors.txt");
  std::vector<Vector> all;
  std::string line;
  while (std::getline(file, line)) {
    Vector& vector = all.emplace_back();
    vector.name = line.substr(4);
    std::getline(file, line);
    const std::size_t blank = line.find(' '), end = line.rfind(" HTTP/1.1");
    const std::string target = line.substr(blank + 1, end - blank - 1);
    vector.method = line.substr(0, blank);
    vector.path = target.substr(0, target.find('?'));
    if (vector.path.size() < target.size()) vector.query = target.substr(vector.path.size() + 1);
    while (std::getline(file, line) && !line.empty()) take_header(vector, line);
    std::getline(file, vector.body);
  }
  return all;
}

TEST_F(SigV4, AgreesWithEveryPublishedVector) {
  const std::vector<Vector> vectors = published_vectors();
  ASSERT_EQ(vectors.size(), 27u);
  for (const Vector& v : vectors) {
    const SigningInput input{v.method, v.path, v.query, v.headers, v.body};
    const auto got =
        sign_v4(input, {"AKIDEXAMPLE", kSecret, v.token}, {"us-east-1", "service", time_of("20150830T123600Z")});
    ASSERT_TRUE(got) << v.name;
    EXPECT_EQ(value_of(*got, "Authorization"), v.authorization) << v.name << "\n" << canonical_request(input);
    EXPECT_EQ(value_of(*got, "X-Amz-Date"), "20150830T123600Z");
    EXPECT_EQ(value_of(*got, "X-Amz-Security-Token"), v.token);
  }
}

std::string unhex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

struct CloseProcess {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::vector<std::string> lines_of(const std::string& command) {
  const std::unique_ptr<std::FILE, CloseProcess> pipe(::popen(command.c_str(), "r"));
  std::string text;
  for (int c = 0; (c = std::getc(pipe.get())) != EOF;) text += static_cast<char>(c);
  std::vector<std::string> lines;
  for (std::size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    lines.push_back(text.substr(start, end - start));
  }
  return lines;
}

TEST_F(SigV4, AgreesWithBotocoreOnRandomRequests) {
  const std::string seed = std::to_string(std::random_device{}());
  std::map<std::string, std::string> facts;
  std::vector<HttpHeader> headers;
  int cases = 0;
  for (const std::string& line : lines_of("/usr/bin/python3 " TEST_DATA "/sigv4/botocore_cases.py " + seed + " 300")) {
    if (line != "end") {
      const std::size_t tab = line.find('\t');
      const std::string name = line.substr(0, tab), value = unhex(line.substr(tab + 1));
      if (name != "header") {
        facts[name] = value;
      } else {
        headers.push_back({value.substr(0, value.find('\n')), value.substr(value.find('\n') + 1)});
      }
      continue;
    }
    const SigningInput input{facts["method"], facts["path"], facts["query"], headers, facts["body"]};
    const auto got = sign_v4(input, {facts["key"], facts["secret"], facts["token"]},
                             {facts["region"], facts["service"], time_of(facts["date"])});
    ASSERT_TRUE(got) << "seed " << seed;
    ASSERT_EQ(value_of(*got, "Authorization"), facts["authorization"]) << "seed " << seed << "\n"
                                                                       << facts["path"] << "?" << facts["query"] << "\n"
                                                                       << canonical_request(input);
    headers.clear();
    ++cases;
  }
  EXPECT_EQ(cases, 300);
}

}  // namespace
}  // namespace broker
