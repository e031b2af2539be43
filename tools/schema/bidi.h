#pragma once

#include <string>
#include <vector>

namespace tools::schema {

/// Whether the labels of a host name, as Unicode, may stand beside each other (RFC 5893 §2). True
/// for names without a right-to-left character.
bool obeys_bidi_rule(const std::vector<std::string>& labels);

}  // namespace tools::schema
