// The AWS files of the user who asks: where they are, and what they hold, without a value of a key.
//
// Runs in: sentinel-doctor.   Blocks: on small local files.
#pragma once

#include <string>
#include <vector>

#include "doctor/files.h"
#include "doctor/sections.h"

namespace supervisor {

struct AwsFile {
  std::string path;  // without host.root
  Reading how;
  std::vector<AwsSection> sections;
};

// Those of the home folder, and those that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name; each once.
std::vector<std::string> aws_file_paths(const Host&);
std::vector<AwsFile> aws_files(const Host&);

// Whether a JSON file of a cache of the AWS CLI holds a secret under one of these keys, and is not past its end: the
// time of `until`, or never where that is not told.
bool holds_live(std::string_view json, std::string_view secret, std::string_view until, std::time_t now);

}  // namespace supervisor
