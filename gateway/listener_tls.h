#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/task.h"
#include "base/tls.h"
#include "gateway/config.h"

namespace gateway {

/// The certificate and key of a listener. Belongs to loop 0.
class ListenerTls {
 public:
  /// Code::invalid with a sentence when the files do not do.
  static base::Result<std::unique_ptr<ListenerTls>> open(TlsFiles files, base::Log& log);

  /// What the next connection is to use: the files are read again when they have changed. Files that
  /// do not do, such as a new certificate whose key is still to come, leave the old ones in use.
  std::shared_ptr<const base::TlsContext> current();

 private:
  using Stamp = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;

  ListenerTls(TlsFiles files, base::Log& log) : files_(std::move(files)), log_(log) {}
  Stamp stamp() const;

  const TlsFiles files_;
  base::Log& log_;
  std::shared_ptr<const base::TlsContext> context_;
  Stamp read_;
  base::SteadyTime next_look_{};
};

}  // namespace gateway
