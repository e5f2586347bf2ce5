// Starts tests/fakes/aws_standin.py, a local AWS that checks every signature with botocore, and steers it. One process
// per object; it ends with it, and with this program.
#pragma once

#include <curl/curl.h>
#include <gtest/gtest.h>
#include <json/json.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "aws/endpoint.h"

namespace broker::testing {

class AwsStandin {
 public:
  explicit AwsStandin(bool tls) {
    char pattern[] = "/tmp/standin-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    const std::string ready = directory_ / "ready";
    std::vector<std::string> words = {
        "/usr/bin/python3", TEST_DATA "/../../../fakes/aws_standin.py", "--ready-file", ready, "--scratch", directory_};
    if (tls) words.insert(words.end(), {"--tls", "--ca-out", directory_ / "ca.pem"});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
    const int failed = ::posix_spawn(&pid_, arguments[0], &quiet, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&quiet);
    if (failed != 0) throw std::runtime_error("the stand-in cannot be started");
    const Json::Value told = wait_for(ready);
    url = told["url"].asString();
    control_url_ = told["control_url"].asString();
    ca_file = tls ? told["ca_file"].asString() : "";
  }
  AwsStandin(const AwsStandin&) = delete;
  AwsStandin& operator=(const AwsStandin&) = delete;
  ~AwsStandin() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string url, ca_file;

  // One operation of fakes/control.py, as JSON; its result.
  Json::Value control(const std::string& request) const {
    std::string reply;
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, control_url_.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t, std::size_t size, void* to) {
          static_cast<std::string*>(to)->append(data, size);
          return size;
        });
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    const Json::Value answer = parse(reply);
    if (code != CURLE_OK || !answer.isMember("ok")) throw std::runtime_error("control: " + reply);
    return answer["ok"];
  }

  // Requests of that action that arrived.
  [[nodiscard]] std::vector<Json::Value> calls(const std::string& action) const {
    std::vector<Json::Value> found;
    for (const Json::Value& entry : control(R"({"op":"log"})")) {
      if (entry["action"].asString() == action) found.push_back(entry);
    }
    return found;
  }

  [[nodiscard]] AwsEndpoint endpoint() const {
    return {url, url.substr(url.find("//") + 2), url.starts_with("https"), "eu-central-1"};
  }

  // The long-term key of a user of the default world (fakes/world.py).
  [[nodiscard]] BaseKey key_of(const std::string& user) const {
    for (const Json::Value& key : control(R"({"op":"keys"})")) {
      if (key["arn"].asString().ends_with("/" + user) && key["kind"] == "user") {
        return {key["id"].asString(), ipc::SecretBuffer::copy_of(key["secret"].asString()), {}};
      }
    }
    throw std::runtime_error("no such user");
  }

 private:
  static Json::Value parse(const std::string& text) {
    Json::Value value;
    std::istringstream(text) >> value;
    return value;
  }
  Json::Value wait_for(const std::filesystem::path& ready) const {
    for (int i = 0; i < 6000; ++i) {
      std::ifstream file(ready);
      if (file) {
        std::stringstream text;
        text << file.rdbuf();
        return parse(text.str());
      }
      if (::waitpid(pid_, nullptr, WNOHANG) != 0) break;
      ::usleep(10'000);
    }
    throw std::runtime_error("the stand-in did not start");
  }

  std::filesystem::path directory_;
  std::string control_url_;
  pid_t pid_ = 0;
};

}  // namespace broker::testing
