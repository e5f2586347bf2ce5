// How `sentinel doctor` says what it found: lines for people, or JSON. Whatever a sentence quotes of a file or of the
// environment can neither break a line nor steer a terminal.
//
// Runs in: sentinel-doctor.   Blocks: never.
#pragma once

#include <string>
#include <vector>

#include "doctor/table.h"

namespace supervisor {

struct ReportForm {
  bool colour = false;
  bool all = false;  // what holds is shown, too; else counted
};

std::string report_text(const Host&, const std::vector<Finding>&, ReportForm);
std::string report_json(const Host&, const std::vector<Finding>&);

}  // namespace supervisor
