/** The command tree, with the flags that all commands share. */
import { Command } from 'commander';
import { clientName } from '../base/version.ts';
import { commandList } from './command-list.ts';
import type { Perform } from './command.ts';

/** Builds the tree; only commands for which `isNeeded` says so are loaded with their arguments and flags. */
export async function buildProgram(perform: Perform, isNeeded: (name: string) => boolean): Promise<Command> {
  const program = new Command('dst')
    .description('DST Torrent: create, inspect, verify, download and seed torrents (v1, v2, hybrid).')
    .option('--json', 'print JSON on stdout: one object, or one event a line for transfers')
    .option('-q, --quiet', 'print nothing but data and errors')
    .option('-v, --verbose', 'say more, and show where an unexpected error came from')
    .option('--no-color', 'no colours (NO_COLOR does the same; FORCE_COLOR wants them always)')
    .version(clientName, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join(', '),
    })
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .exitOverride();
  program.addHelpText(
    'after',
    '\nSizes and rates are binary: 16K = 16 KiB, 1.5M = 1.5 MiB; 500kB is decimal.\nExit codes and examples: docs/cli.md',
  );
  for (const entry of commandList) {
    const command = program.command(entry.name).summary(entry.summary).aliases(entry.aliases).helpGroup(entry.group);
    if ([entry.name, ...entry.aliases].some(isNeeded)) (await entry.load()).configure(command, perform);
  }
  return program.addHelpCommand(
    new Command('help').argument('[command]').description('show help for a command').helpGroup('Other:'),
  );
}
