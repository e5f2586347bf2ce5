#include "errands/shell_words.h"

namespace supervisor {
namespace {

constexpr char kBackslash = '\\';

bool is_quote(char c) { return c == '\'' || c == '"'; }

// One pass over the line. `quote_` is 0 outside of quotes.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  ipc::Result<std::vector<std::string>> split() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == kBackslash && quote_ != '\'') {
        if (!take_escaped())
          return ipc::fail(ipc::Fault::kConfig, "a backslash ends it", "write it twice, or leave it out");
      } else if (quote_ != 0) {
        take_quoted(c);
      } else if (is_quote(c)) {
        quote_ = c;
        begun_ = true;
      } else if (is_blank(c)) {
        end_word();
      } else {
        take(c);
      }
    }
    if (quote_ != 0)
      return ipc::fail(ipc::Fault::kConfig, "a quotation in it is not closed",
                       std::string("add the missing ") + quote_);
    end_word();
    return std::move(words_);
  }

 private:
  void take(char c) {
    word_ += c;
    begun_ = true;
  }
  void take_quoted(char c) {
    if (c == quote_) {
      quote_ = 0;
    } else {
      take(c);
    }
  }
  // Within double quotes a backslash is itself, unless it stands before a double quote or another backslash.
  bool take_escaped() {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (quote_ == '"' && c != '"' && c != kBackslash) take(kBackslash);
    take(c);
    return true;
  }
  void end_word() {
    if (begun_) words_.push_back(std::move(word_));
    word_.clear();
    begun_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool begun_ = false;
  char quote_ = 0;
  std::vector<std::string> words_;
};

}  // namespace

ipc::Result<std::vector<std::string>> shell_words(std::string_view line) { return Splitter(line).split(); }

}  // namespace supervisor
