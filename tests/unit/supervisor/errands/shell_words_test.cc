#include "errands/shell_words.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

namespace supervisor {
namespace {

// What a line becomes: its words, each in <>, or the word "refused".
std::string split(std::string_view line) {
  const auto words = shell_words(line);
  if (!words) return "refused";
  std::string out;
  for (const std::string& word : *words) out += "<" + word + ">";
  return out;
}

TEST(ShellWords, AnOpenQuotationAndABackslashAtTheEndAreRefused) {
  for (const char* bad : {"'", "\"", "a 'b", "a \"b'", "\\", "a \\", "\"a\\", "'a'\\", "\"\\\""})
    EXPECT_EQ(split(bad), "refused") << bad;
  EXPECT_FALSE(shell_words("'").error().next_step.empty());
}

TEST(ShellWords, NothingIsDoneForAShell) {
  EXPECT_EQ(split("echo $HOME `id` $(id) *.c ~ a|b;c&d>e #f"), "<echo><$HOME><`id`><$(id)><*.c><~><a|b;c&d>e><#f>");
}

TEST(ShellWords, QuotesAndBackslashes) {
  EXPECT_EQ(split(""), "");
  EXPECT_EQ(split(" \t\r\n "), "");
  EXPECT_EQ(split("a '' b"), "<a><><b>");
  EXPECT_EQ(split("'a b'\"c d\"e"), "<a bc de>");
  EXPECT_EQ(split("'a\\b' \"a\\b\" \"a\\\\b\" \"a\\\"b\" a\\b a\\ b"), "<a\\b><a\\b><a\\b><a\"b><ab><a b>");
  EXPECT_EQ(split("\"$x\\$\""), "<$x\\$>");
}

// The judge is Python's own shlex, which botocore uses: every line of a corpus, split by both.
class Judge {
 public:
  std::string operator()(const std::vector<std::string>& lines) const {
    const std::string path = ::testing::TempDir() + "shlex-corpus";
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    for (const std::string& line : lines) std::fwrite(line.c_str(), 1, line.size() + 1, file);
    std::fclose(file);
    const std::string program =
        "/usr/bin/python3 -c 'import shlex, sys\n"
        "for line in open(sys.argv[1], newline=\"\").read().split(\"\\0\")[:-1]:\n"
        "    try: out = \"\".join(\"<%s>\" % word for word in shlex.split(line))\n"
        "    except ValueError: out = \"refused\"\n"
        "    sys.stdout.write(out + \"\\0\")\n' " +
        path;
    std::FILE* const pipe = ::popen(program.c_str(), "r");
    std::string out;
    char part[4096];
    for (std::size_t got; (got = std::fread(part, 1, sizeof part, pipe)) > 0;) out.append(part, got);
    EXPECT_EQ(::pclose(pipe), 0);
    std::remove(path.c_str());
    return out;
  }
};

TEST(ShellWords, AgreesWithPythonOnEveryShortLineAndOnManyLongOnes) {
  constexpr std::string_view kAlphabet = "a '\"\\\n\t$#";
  std::vector<std::string> lines{""};
  for (std::size_t begin = 0, length = 1; length <= 4; ++length) {
    const std::size_t end = lines.size();
    for (; begin < end; ++begin) {
      for (const char c : kAlphabet) lines.push_back(lines[begin] + c);
    }
  }
  std::mt19937 random(4711);
  for (int i = 0; i < 3000; ++i) {
    std::string line;
    for (std::size_t k = 5 + random() % 60; k > 0; --k) line += kAlphabet[random() % kAlphabet.size()];
    lines.push_back(line);
  }
  std::string ours;
  for (const std::string& line : lines) ours += split(line) + '\0';
  EXPECT_TRUE(ours == Judge()(lines)) << "somewhere among " << lines.size() << " lines";
  EXPECT_NE(ours.find("refused"), std::string::npos);
}

}  // namespace
}  // namespace supervisor
