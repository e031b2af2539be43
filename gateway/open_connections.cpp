#include "gateway/open_connections.h"

#include <asio/post.hpp>

namespace gateway {

// Nothing of a connection runs before the loop is free again: none goes meanwhile.
void OpenConnections::end_idle() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    asio::post(loops_.at(i).io(), [this, i] {
      for (RequestReader* reader : readers_[i]) reader->stop_waiting();
    });
  }
}

}  // namespace gateway
