#include <algorithm>
#include <utility>

#include "mcp/client.h"
#include "mcp/messages.h"

namespace mcp {

using base::Code;
using base::Error;
using base::Json;

/// One list of a server: how it is asked for, and how much of it is taken.
struct Client::ListKind {
  const char* method;
  const char* member;
  const char* capability;
  std::size_t most;
  std::size_t longest;     ///< text of one entry; `any_length`: it is not looked at
  std::size_t most_bytes;  ///< of all its pages: their own bounds alone would let it fill memory
};

/// What was taken of a list.
struct Client::Pages {
  std::vector<Json> entries;
  bool has_more = false;       ///< entries beyond the bound, or pages
  std::size_t left_out = 0;    ///< too long
  std::optional<Error> refusal = {};  ///< the server does not give the list
};

namespace {

constexpr std::size_t any_length = static_cast<std::size_t>(-1);

bool declares(const Handshake& handshake, const char* capability) {
  return base::find_member(handshake.capabilities, capability) != nullptr;
}

}  // namespace

base::Task<base::Result<Client::Pages>> Client::list(const Handshake& handshake,
                                                     const ListKind& kind,
                                                     const base::Limits& limits,
                                                     base::SteadyTime deadline) {
  Pages pages;
  std::optional<std::string> cursor;
  std::size_t bytes = 0;
  for (std::size_t page = 0; page < limits.upstream_pages; ++page) {
    Json params = Json::object();
    if (cursor) params["cursor"] = *cursor;
    auto answer = co_await ask(handshake, kind.method, std::move(params), deadline);
    if (!answer) co_return answer.error();
    if (answer->response.error) {
      pages.refusal = refused_by(kind.method, *answer->response.error);
      co_return std::move(pages);
    }
    bytes += answer->bytes;
    if (bytes > kind.most_bytes) {
      pages.refusal = Error{Code::limit,
                            "its answers to " + std::string(kind.method) + " have more than " +
                                std::to_string(kind.most_bytes) + " bytes",
                            {}};
      co_return std::move(pages);
    }
    const auto listed = answer->response.result.find(kind.member);
    if (listed == answer->response.result.end() || !listed->is_array()) {
      pages.refusal =
          Error{Code::broken, "its answer to " + std::string(kind.method) + " is not a list", {}};
      co_return std::move(pages);
    }
    for (Json& entry : *listed) {
      if (pages.entries.size() == kind.most) {
        pages.has_more = true;
        co_return std::move(pages);
      }
      if (kind.longest != any_length && base::dump_json(entry).size() > kind.longest) {
        ++pages.left_out;
      } else {
        pages.entries.push_back(std::move(entry));
      }
    }
    const std::string* next = base::find_string(answer->response.result, "nextCursor");
    if (next == nullptr) co_return std::move(pages);
    cursor = *next;
  }
  pages.has_more = true;
  co_return std::move(pages);
}

// What a server says beside its tools is no reason to lose these.
base::Task<base::Status> Client::list_more(const Handshake& handshake, const ListKind& kind,
                                           const base::Limits& limits, base::SteadyTime deadline,
                                           std::vector<Json>& taken,
                                           std::vector<std::string>& complaints) {
  if (!declares(handshake, kind.capability)) co_return base::Status{};
  auto pages = co_await list(handshake, kind, limits, deadline);
  if (!pages) co_return pages.error();
  const std::string method = kind.method;
  if (pages->refusal) {
    complaints.push_back(pages->refusal->message);
    co_return base::Status{};
  }
  if (pages->has_more) {
    complaints.push_back(method + " goes on after " + std::to_string(pages->entries.size()) +
                         " entries: the rest is not offered");
  }
  if (pages->left_out > 0) {
    complaints.push_back(std::to_string(pages->left_out) + " entries of " + method +
                         " are longer than " + std::to_string(kind.longest) +
                         " bytes and are not offered");
  }
  taken = std::move(pages->entries);
  co_return base::Status{};
}

base::Task<base::Result<Offers>> Client::list_offers(const Handshake& handshake,
                                                     const base::Limits& limits,
                                                     base::SteadyTime deadline) {
  Offers offers;
  // Some servers that declare nothing have tools.
  if (!handshake.capabilities.is_object() || declares(handshake, "tools")) {
    // Definitions that are too long are quarantined, so that people see them.
    const ListKind kind{"tools/list", "tools", "tools", limits.upstream_tools, any_length,
                        std::max<std::size_t>(limits.result, limits.upstream_tools * limits.tool_definition)};
    auto tools = co_await list(handshake, kind, limits, deadline);
    if (!tools) co_return tools.error();
    if (tools->refusal) co_return *tools->refusal;
    if (tools->has_more) {
      co_return Error{Code::limit,
                      "it lists more than " + std::to_string(limits.upstream_tools) +
                          " tools, or more than " + std::to_string(limits.upstream_pages) + " pages",
                      {}};
    }
    offers.tools = std::move(tools->entries);
  }
  const std::size_t longest = limits.listed_definition;
  const auto bytes_of = [&](std::size_t most) { return std::max<std::size_t>(limits.result, most * longest); };
  const std::pair<ListKind, std::vector<Json>*> others[] = {
      {{"prompts/list", "prompts", "prompts", limits.upstream_prompts, longest,
        bytes_of(limits.upstream_prompts)},
       &offers.prompts},
      {{"resources/list", "resources", "resources", limits.upstream_resources, longest,
        bytes_of(limits.upstream_resources)},
       &offers.resources},
      {{"resources/templates/list", "resourceTemplates", "resources", limits.upstream_templates,
        longest, bytes_of(limits.upstream_templates)},
       &offers.templates},
  };
  for (const auto& [kind, taken] : others) {
    const auto status =
        co_await list_more(handshake, kind, limits, deadline, *taken, offers.complaints);
    if (!status) co_return status.error();
  }
  co_return std::move(offers);
}

}  // namespace mcp
