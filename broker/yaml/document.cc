#include "yaml/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "text/plain_text.h"

namespace broker {
namespace {

using Kind = YamlNode::Kind;

// Behind this nothing can be read.
[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) { throw YAML::ParserException(mark, why); }

constexpr char kPlainYaml[] =
    "write one plain YAML document in UTF-8, indented with blanks, without anchors, aliases and tags";

struct Place {
  int line = 1;
  int column = 1;
};

Place place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(offset - line_start)};
}

// yaml-cpp takes the end of the text for the closing quote. Answers whether the quote that opens at `at` is closed.
bool is_closed(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

// The parser skips such a line wherever it stands, and with it what it says.
std::optional<std::size_t> directive(std::string_view text) {
  if (text.starts_with('%')) return 0;
  const std::size_t before = text.find("\n%");
  return before == std::string_view::npos ? std::nullopt : std::optional(before + 1);
}

void tell(Mistakes& mistakes, std::string_view source, Place place, std::string_view why) {
  std::string what(source);
  what += ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
  what += why;
  mistakes.add({ipc::Fault::kConfig, std::move(what), kPlainYaml, 0});
}

Place place_at(const YAML::Mark& mark) { return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1}; }

// Builds the tree from the parser's events and tells of what such a text has no use for.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string_view source, Mistakes& mistakes)
      : text_(text), source_(source), mistakes_(mistakes) {}
  YamlNode take() { return std::move(root_); }
  [[nodiscard]] bool has_document() const { return documents_ > 0; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document starts here; the text is exactly one");
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node = make(mark, Kind::kNull);
    told(node, "aliases (*name) are not allowed");
    add(std::move(node));
  }
  // Also told of by its number, with the node itself.
  void OnAnchor(const YAML::Mark&, const std::string&) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = make(mark, Kind::kNull);
    check_plain(node, "", anchor);
    const Place missing = place_before(mark);
    node.line = missing.line;
    node.column = missing.column;
    add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(mark, Kind::kScalar);
    check_plain(node, tag, anchor);
    node.quoted = tag == "!";
    if (node.quoted) check_quotes(node, mark);
    if (const auto fault = text_fault(value)) told(node, "the text contains " + std::string(fault->why));
    node.text = value;
    node.folded = !node.quoted && !text_.substr(std::min(text_.size(), position(mark))).starts_with(value);
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_plain(make(mark, Kind::kList), tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_plain(make(mark, Kind::kMap), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct OpenNode {
    YamlNode node;
    YamlNode key;  // of the map entry that is being read
    bool has_key = false;
    bool drops = false;                            // the value that comes: its key stood there before
    std::map<std::string, int, std::less<>> seen;  // key to line
  };

  YamlNode make(const YAML::Mark& mark, Kind kind) {
    if (++nodes_ > kMaxYamlNodes) refuse(mark, "there are more than 65536 values");
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    mark_ = mark;
    return node;
  }
  static std::size_t position(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.pos); }
  // The parser gives a missing value the place of what comes next; the user looks where it is missing.
  [[nodiscard]] Place place_before(const YAML::Mark& mark) const {
    const std::size_t end = std::min(text_.size(), position(mark));
    const std::size_t last = text_.substr(0, end).find_last_not_of(" \r\n");
    return last == std::string_view::npos ? Place{} : place_of(text_, last + 1);
  }
  void told(YamlNode& node, const std::string& why) {
    if (!std::exchange(node.told_of, true)) tell(mistakes_, source_, {node.line, node.column}, "YAML: " + why);
  }
  void check_plain(YamlNode& node, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) told(node, "anchors (&name) are not allowed");
    if (!tag.empty() && tag != "?" && tag != "!") told(node, "tags (!name) are not allowed");
  }
  // Only a scalar's "!" means that it is quoted.
  void open_plain(YamlNode node, const std::string& tag, YAML::anchor_t anchor) {
    check_plain(node, tag == "!" ? "!bare" : tag, anchor);
    open(std::move(node));
  }
  // A quote or block mark stands where the parser says that the scalar starts; anything else there is a bare "!".
  void check_quotes(YamlNode& node, const YAML::Mark& mark) {
    const std::size_t at = position(mark);
    const char first = at < text_.size() ? text_[at] : '\0';
    if (first == '|' || first == '>') return;
    if (first != '"' && first != '\'') return told(node, "tags (!name) are not allowed");
    if (!is_closed(text_, at)) refuse(mark, "the quote that opens here is never closed");
  }
  void open(YamlNode node) {
    if (open_.size() >= kMaxYamlDepth) refuse(mark_, "the text is nested more than 16 deep");
    if (!open_.empty() && open_.back().node.kind == Kind::kMap && !open_.back().has_key) {
      refuse(mark_, "a key must be a word, not a list or mapping");
    }
    OpenNode entry;
    entry.node = std::move(node);
    open_.push_back(std::move(entry));
  }
  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == Kind::kMap && !parent.has_key) return begin_entry(parent, std::move(node));
    if (parent.node.kind == Kind::kMap) {
      node.key = std::move(parent.key.text);
      node.key_line = parent.key.line;
      node.key_column = parent.key.column;
      parent.has_key = false;
      if (std::exchange(parent.drops, false)) return;
    }
    parent.node.children.push_back(std::move(node));
  }
  void begin_entry(OpenNode& parent, YamlNode key) {
    if (key.kind != Kind::kScalar) refuse(mark_, "a key must be a word, and here is none");
    const auto [first, is_new] = parent.seen.emplace(key.text, key.line);
    if (!is_new) {
      told(key, "the key " + in_quotes(key.text) + " stands here twice; the first is in line " +
                    std::to_string(first->second));
      parent.drops = true;
    }
    parent.key = std::move(key);
    parent.has_key = true;
  }

  std::string_view text_, source_;
  Mistakes& mistakes_;
  YamlNode root_;
  std::vector<OpenNode> open_;
  YAML::Mark mark_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

}  // namespace

std::optional<YamlNode> parse_yaml(std::string_view text, std::string_view source, Mistakes& mistakes) {
  const auto error_at = [&](Place place, std::string_view why) {
    tell(mistakes, source, place, why);
    return std::nullopt;
  };
  if (text.size() > kMaxYamlBytes) return error_at({}, "the text is longer than 256 KiB");
  if (const auto fault = text_fault(text)) {
    return error_at(place_of(text, fault->offset), "the text contains " + std::string(fault->why));
  }
  if (const auto at = directive(text)) {
    return error_at(place_of(text, *at), "a line that begins with % is for the parser, which would skip it");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder tree(text, source, mistakes);
    while (parser.HandleNextDocument(tree)) {
    }
    if (!tree.has_document()) return error_at({}, "the text is empty");
    return tree.take();
  } catch (const YAML::Exception& error) {
    return error_at(place_at(error.mark), "YAML: " + error.msg);
  } catch (const std::exception& error) {
    return error_at({}, std::string("YAML: ") + error.what());
  }
}

}  // namespace broker
