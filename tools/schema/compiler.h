#pragma once

#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "tools/schema/node.h"
#include "tools/schema/schema.h"

namespace tools::schema {

/// Compiles a document; nothing in the result refers to `document`.
base::Result<std::shared_ptr<Program>> compile_program(const base::Json& document,
                                                       const CompileOptions& options);

}  // namespace tools::schema
