#pragma once

#include <optional>

namespace base {

/// Runs the keeper when the program was started as one by ProcessKeeper, and returns the exit code;
/// nullopt when it was not. The first line of every main() whose program uses ProcessKeeper.
///
/// The keeper starts children for its program and outlives it for as long as it takes to end them
/// all: their process groups first, then whatever else descends from them. It starts with nothing
/// of its program but one socket.
std::optional<int> keep_processes_if_asked(int argc, char** argv);

/// What ProcessKeeper starts itself with: argv[1], and the descriptor of the socket.
inline constexpr const char* keeper_argument = "internal-process-keeper";
inline constexpr int keeper_socket = 3;

}  // namespace base
