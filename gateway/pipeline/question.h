#pragma once

#include "base/result.h"
#include "gateway/pipeline/call.h"
#include "policies/approvals/approvals.h"

namespace gateway::pipeline {

/// What people must agree to before this authorized call, for its rules and for budgets that it
/// would go over (Call::exceeded); empty when nobody is asked.
policies::approvals::Terms terms_of(const Call& call);
/// The call as people are asked about it.
policies::approvals::Ask question_of(const Call& call, policies::approvals::Terms terms);

/// The call that an approval was asked for, with other arguments, checked as any call under
/// `snapshot`. Code::invalid with the sentence that a caller would get.
base::Result<policies::approvals::Ask> edited_question(std::shared_ptr<const Snapshot> snapshot,
                                                       const policies::approvals::Ask& asked,
                                                       base::ParsedJson arguments);

}  // namespace gateway::pipeline
