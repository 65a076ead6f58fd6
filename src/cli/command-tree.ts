/** The command tree as plain values: what completion scripts are made from and what the documentation is tested against. */
import type { Command, Option } from 'commander';

export interface FlagDescription {
  /** With dashes: `-o`. */
  readonly short: string | null;
  readonly long: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly summary: string;
}

export interface CommandDescription {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  /** Values that the first argument may have; empty: a file or other free text. */
  readonly choices: readonly string[];
}

export interface TreeDescription {
  readonly name: string;
  readonly flags: readonly FlagDescription[];
  readonly commands: readonly CommandDescription[];
}

export function describeTree(program: Command): TreeDescription {
  const help = program.createHelp();
  return {
    name: program.name(),
    flags: help.visibleOptions(program).map(describeFlag),
    commands: help.visibleCommands(program).map((command) => ({
      name: command.name(),
      aliases: command.aliases(),
      summary: command.summary() || command.description(),
      flags: command.options.filter((option) => !option.hidden).map(describeFlag),
      choices: command.name() === 'help' ? commandNames(program) : (command.registeredArguments[0]?.argChoices ?? []),
    })),
  };
}

const commandNames = (program: Command): string[] => program.commands.map((command) => command.name());

function describeFlag(option: Option): FlagDescription {
  return {
    short: option.short ?? null,
    long: option.long ?? option.flags,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    summary: option.description,
  };
}
