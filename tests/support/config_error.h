#pragma once

#include <string>

#include "base/yaml.h"

namespace tests {

/// What the ConfigError says that `act` throws; "" when it throws none.
template <class Act>
std::string config_error(Act act) {
  try {
    act();
  } catch (const base::ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace tests
