// What IAM answers, or something in its place, is the action's or is refused.
#include "services/iam.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

std::string created(const std::string& fields) {
  return "<CreateAccessKeyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateAccessKeyResult>"
         "<AccessKey>" +
         fields + "</AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>";
}

TEST(Iam, AnAnswerWithoutAWholeKeyIsRefused) {
  ASSERT_TRUE(ipc::SecretArena::open());
  const std::string id = "<AccessKeyId>AKIDNEW</AccessKeyId>", secret = "<SecretAccessKey>hush+/hush</SecretAccessKey>";
  for (const std::string& bad :
       {created(""), created(id), created(secret), created("<AccessKeyId>no id</AccessKeyId>" + secret),
        created(id + "<SecretAccessKey>two words</SecretAccessKey>"), created(id + secret + secret),
        created(id + "<SecretAccessKey>" + std::string(300, 'x') + "</SecretAccessKey>"),
        created(id + secret).substr(0, 150), std::string("<html/>"), std::string()}) {
    const auto key = read_created_key(bad);
    ASSERT_FALSE(key) << bad;
    EXPECT_EQ(key.error().what.find("hush"), std::string::npos);
  }
  const auto key = read_created_key(created("<UserName>u</UserName>" + id + secret));
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_EQ(key->access_key_id, "AKIDNEW");
  EXPECT_EQ(key->secret_access_key.reveal(), "hush+/hush");
}

TEST(Iam, AListOfKeysIsOneOfIdsAndShort) {
  EXPECT_FALSE(read_key_list("<AccessKeyId>no id</AccessKeyId>"));
  EXPECT_FALSE(read_key_list("<AccessKeyId>AKID"));
  EXPECT_FALSE(read_key_list("<AccessKeyId></AccessKeyId>"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "<AccessKeyId>AKID</AccessKeyId>";
  EXPECT_FALSE(read_key_list(many));
  EXPECT_TRUE(read_key_list("")->empty());
  EXPECT_EQ(*read_key_list("<m><AccessKeyId>AKIDA</AccessKeyId></m><m><AccessKeyId>AKIDB</AccessKeyId></m>"),
            (std::vector<std::string>{"AKIDA", "AKIDB"}));
}

TEST(Iam, AKeyIsAskedForOnce) {
  const AwsRequest request = create_access_key({"https://iam.example.com", "iam.example.com", true, "us-east-1"});
  EXPECT_EQ(request.max_tries, 1);
  EXPECT_EQ(request.body, "Action=CreateAccessKey&Version=2010-05-08");
}

}  // namespace
}  // namespace broker
