#include <iostream>
#include <memory>
#include <sstream>

#include "gateway/commands/command.h"

namespace gateway::commands {
namespace {

// What may follow after one command.
struct Level {
  std::string path;  ///< ` key create`; "" is the program itself
  std::vector<std::pair<std::string, std::string>> commands;  ///< names and descriptions
  std::vector<std::string> options;
};

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

void collect(const CLI::App& app, const std::string& path, std::vector<Level>& levels) {
  Level level{path, {}, {}};
  for (const CLI::App* command : subcommands(app)) {
    level.commands.emplace_back(command->get_name(), command->get_description());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) level.options.push_back("--" + name);
  }
  levels.push_back(std::move(level));
  for (const CLI::App* command : subcommands(app)) {
    collect(*command, path + " " + command->get_name(), levels);
  }
}

// For single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string words_of(const Level& level, const Level& program) {
  std::string words;
  for (const auto& command : level.commands) words += command.first + " ";
  for (const std::string& option : level.options) words += option + " ";
  if (&level == &program) return words;
  for (const std::string& option : program.options) {
    if (option != "--help" && option != "--version") words += option + " ";
  }
  return words;
}

// The words before the cursor that name commands lead from level to level.
void print_walk(std::ostream& out, const std::vector<Level>& levels) {
  out << "    case \"$at $word\" in\n      ";
  for (std::size_t i = 1; i < levels.size(); ++i) {
    out << (i > 1 ? "|" : "") << quoted(levels[i].path);
  }
  out << ") at=\"$at $word\" ;;\n    esac\n";
}

void print_bash(std::ostream& out, const std::vector<Level>& levels) {
  out << "# bash completion for sluice\n"
         "_sluice() {\n"
         "  local at= word words=\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  print_walk(out, levels);
  out << "  done\n"
         "  case \"$at\" in\n";
  for (const Level& level : levels) {
    out << "    " << quoted(level.path) << ") words=" << quoted(words_of(level, levels.front()))
        << " ;;\n";
  }
  out << "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _sluice sluice\n";
}

void print_zsh(std::ostream& out, const std::vector<Level>& levels) {
  out << "#compdef sluice\n"
         "_sluice() {\n"
         "  local at= word\n"
         "  local -a commands options\n"
         "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n";
  print_walk(out, levels);
  out << "  done\n"
         "  case \"$at\" in\n";
  for (const Level& level : levels) {
    out << "    " << quoted(level.path) << ")\n      commands=(";
    for (const auto& [name, description] : level.commands) {
      std::string text = description;
      for (std::size_t at = 0; (at = text.find(':', at)) != std::string::npos; at += 2) {
        text.insert(at, "\\");
      }
      out << quoted(name + ":" + text) << " ";
    }
    out << ")\n      options=(";
    std::istringstream words(words_of(level, levels.front()));
    for (std::string word; words >> word;) {
      if (word.starts_with("--")) out << word << " ";
    }
    out << ") ;;\n";
  }
  out << "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then compadd -a options\n"
         "  elif (( $#commands )); then _describe command commands\n"
         "  else _files; fi\n"
         "}\n"
         // A file of fpath is itself the function the first time; sourced, it only defines it.
         "if [[ $funcstack[1] == _sluice ]]; then _sluice \"$@\"\n"
         "else compdef _sluice sluice; fi\n";
}

}  // namespace

void add_completion(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("completion", "Print what a shell needs to complete sluice's commands");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer("Example: sluice completion bash > /etc/bash_completion.d/sluice");
  command->callback([&app, &invocation, shell] {
    invocation.run = [&app, shell] {
      std::vector<Level> levels;
      collect(app, "", levels);
      (*shell == "bash" ? print_bash : print_zsh)(std::cout, levels);
      return Exit::done;
    };
  });
}

}  // namespace gateway::commands
