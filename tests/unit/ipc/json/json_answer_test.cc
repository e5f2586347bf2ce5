// What every command prints with --json has one form, whatever was found and however the texts in it look.
#include "ipc/json/json_answer.h"

#include <gtest/gtest.h>

namespace {

using ipc::JsonAnswer;

TEST(JsonAnswer, AnEmptyOneHasItsTwoMembers) {
  EXPECT_EQ(JsonAnswer().finish(true), "{\"ok\":true,\"findings\":[]}\n");
  EXPECT_EQ(JsonAnswer().finish(false), "{\"ok\":false,\"findings\":[]}\n");
}

TEST(JsonAnswer, AnErrorIsAFindingWithItsNextStepWhereItHasOne) {
  JsonAnswer answer;
  answer.found({ipc::Fault::kConfig, "\"a\" is no file", "name one", 0});
  answer.found({ipc::Fault::kConfig, "gone", "", 0});
  answer.data().text("file", "a");
  EXPECT_EQ(
      std::move(answer).finish(false),
      "{\"ok\":false,\"findings\":[{\"severity\":\"error\",\"what\":\"\\\"a\\\" is no file\",\"next_step\":\"name "
      "one\"},{\"severity\":\"error\",\"what\":\"gone\"}],\"file\":\"a\"}\n");
}

TEST(JsonAnswer, DataThatWasPrintedBeforeIsFollowedByTheSameMembers) {
  JsonAnswer answer;
  answer.warned("slow\x1b[0m");
  EXPECT_EQ("{\"list\":[1]" + std::move(answer).finish_behind_data(true),
            "{\"list\":[1],\"ok\":true,\"findings\":[{\"severity\":\"warning\",\"what\":\"slow\\u001b[0m\"}]}\n");
}

TEST(JsonAnswer, MembersOfAFindingAndOfTheDataDoNotMix) {
  JsonAnswer answer;
  ipc::JsonText& data = answer.data().open_list("files");
  data.text({}, "a");
  answer.open_finding("error", "w").number("line", 3).close_object();
  data.text({}, "b").close_list();
  EXPECT_EQ(
      std::move(answer).finish(false),
      "{\"ok\":false,\"findings\":[{\"severity\":\"error\",\"what\":\"w\",\"line\":3}],\"files\":[\"a\",\"b\"]}\n");
}

}  // namespace
