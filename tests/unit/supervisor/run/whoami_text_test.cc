#include "run/whoami_text.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

ipc::Whoami marta() {
  ipc::Whoami who;
  who.arn = ipc::Text<2048>(std::string_view("arn:aws:iam::111122223333:user/marta"));
  who.account = ipc::Text<64>(std::string_view("111122223333"));
  who.user = ipc::Text<256>(std::string_view("marta"));
  who.source = ipc::Text<2048>(std::string_view("static"));
  return who;
}

ExecRequest request(bool json) {
  ExecRequest asked;
  asked.task.profile = ipc::Text<256>("ledger \"x\"\x1b[0m");
  asked.json = json;
  return asked;
}

TEST(Whoami, AControlCharacterChangesNeitherTerminalNorJson) {
  EXPECT_NE(identity_text(marta(), request(false)).find("profile:  ledger \"x\"?[0m\n"), std::string::npos);
  EXPECT_EQ(identity_text(marta(), request(true))
                .find("{\"ok\":true,\"findings\":[],\"profile\":\"ledger \\\"x\\\"\\u001b[0m\","),
            0u);
}

TEST(Whoami, ASentenceThatWasCutWithinACharacterIsWholeJson) {
  ipc::Whoami who = marta();
  who.rule = ipc::Text<1024>(std::string_view("geschlossen f\xc3"));
  EXPECT_NE(identity_text(who, request(true)).find("\"rule\":\"geschlossen f\\ufffd\","), std::string::npos);
}

TEST(Whoami, WhatIsNotThereIsLeftOutOfTheLinesAndNullInTheJson) {
  ExecRequest asked = request(false);
  asked.task.profile = ipc::Text<256>("p");
  EXPECT_EQ(identity_text(marta(), asked),
            "profile:  p\nidentity: arn:aws:iam::111122223333:user/marta\naccount:  111122223333\nuser:     marta\n"
            "source:   static\n");
  asked.json = true;
  EXPECT_EQ(identity_text(marta(), asked),
            "{\"ok\":true,\"findings\":[],\"profile\":\"p\",\"arn\":\"arn:aws:iam::111122223333:user/"
            "marta\",\"account\":\"111122223333\",\"user\":"
            "\"marta\",\"source\":\"static\",\"region\":null,\"clock\":null,\"policy\":null,\"effect\":null,\"rule\":"
            "null,\"signed\":null}\n");
}

TEST(Whoami, APolicysAnswerIsShownWithThePolicysName) {
  ipc::Whoami who = marta();
  who.effect = ipc::Text<256>(std::string_view("deny"));
  who.rule = ipc::Text<1024>(std::string_view("nobody: a reason"));
  who.signature = ipc::Text<512>(std::string_view("version 3, by the key /k"));
  ExecRequest asked = request(false);
  asked.task.policy_file = ipc::Text<4096>("/p.yaml");
  EXPECT_NE(identity_text(who, asked)
                .find("policy:   /p.yaml\neffect:   deny\nrule:     nobody: a reason\n"
                      "signed:   version 3, by the key /k\n"),
            std::string::npos);
}

}  // namespace
}  // namespace supervisor
