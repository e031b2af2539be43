#pragma once

#include <string>

namespace gateway {

/// A fresh id for a request, `req_` and 20 characters: unique, not guessable from others, and in
/// the order of time, so that the journal's index grows at its end and not all over the file.
std::string new_request_id();

}  // namespace gateway
