// The keys of a schema, walked and printed: each once, with what its reader's table says.
#include "yaml/schema_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

struct Box {
  std::string text;
};
bool read_box_text(YamlReader& in, const YamlNode& node, Box& box) { return in.text(node, kMaxName, box.text); }

constexpr YamlReader::Field<Box> kInner[] = {{"lid", false, read_box_text, "text", "what closes - it"}};
constexpr YamlReader::Field<Box> kOuter[] = {
    {"name", true, read_box_text, "text", "what it is called"},
    {"one", false, read_box_text, "mapping", "a part",
     [](SchemaWalk& walk, const std::string& path) { walk.table<kInner>(path + "[]"); }},
    {"two", false, read_box_text, "mapping", "another part",
     [](SchemaWalk& walk, const std::string& path) { walk.table<kInner>(path); }},
};

std::vector<SchemaKey> box_keys() {
  SchemaWalk walk;
  walk.table<kOuter>("");
  return walk.take();
}

TEST(SchemaPages, ATableThatWasMetIsNotSaidAgain) {
  EXPECT_THAT(box_keys(), ElementsAre(Field(&SchemaKey::path, "name"), Field(&SchemaKey::path, "one"),
                                      Field(&SchemaKey::path, "one[].lid"), Field(&SchemaKey::path, "two")));
}

TEST(SchemaPages, EachKeyIsARowAnObjectAndAnItem) {
  EXPECT_THAT(keys_markdown(box_keys()), HasSubstr("| `name` | text | yes | what it is called |\n"));
  ipc::JsonText json;
  json.open_object();
  add_keys(json, box_keys());
  EXPECT_THAT(std::move(json.close_object()).take(),
              HasSubstr(R"({"key":"one[].lid","type":"text","required":false,"meaning":"what closes - it"})"));
  EXPECT_THAT(roff_keys(box_keys()), HasSubstr(".TP\n.B name\ntext, required: what it is called.\n"));
  EXPECT_THAT(roff_keys(box_keys()), HasSubstr("what closes \\- it.\n"));
}

TEST(SchemaPages, AParagraphRightBehindAHeadingHasNoMacro) {
  EXPECT_EQ(roff_paragraph(".SH KEYS\n", "a"), "a\n");
  EXPECT_EQ(roff_paragraph(".SH KEYS\nb\n", "a"), ".PP\na\n");
}

TEST(SchemaReader, AKeyThatIsNotKnownIsSaidOnceByWhoKnowsMoreOfIt) {
  const auto told = [](const char* text) {
    const auto read = [](YamlReader& in, const YamlNode& root, Box& box) -> bool {
      return in.mapping(root, kInner, box, [](YamlReader& reader, const YamlNode& child) {
        return child.key == "old" && !reader.refuse_key(child, "it is gone", "use lid");
      });
    };
    const Read<Box> box = read_yaml<Box>(text, "f", {}, read);
    std::vector<std::string> out;
    if (!box) {
      for (const ipc::Error& each : box.error().told()) out.push_back(each.what);
    }
    return out;
  };
  EXPECT_THAT(told("old: 1\nldi: 2\n"), ElementsAre("f:1:1: it is gone", HasSubstr("f:2:1: unknown key \"ldi\"")));
}

}  // namespace
}  // namespace broker
