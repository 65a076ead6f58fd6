/** `dst daemon`: the client as a service. */
import { Option } from 'commander';
import { tuneRuntime } from '../../app/runtime/index.ts';
import { parseBindAddress, parsePort } from '../arguments.ts';
import { value, values, type CommandContext, type CommandDefinition } from '../command.ts';
import type { DaemonFlags } from '../daemon-service.ts';

export const daemon: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Run the client as a service: it keeps its torrents, and is driven by the other commands, by its REST API, and by programs made for Transmission and qBittorrent.',
      )
      .option('--config <file>', 'configuration, TOML (default: config.toml in the configuration folder)')
      .option('-d, --downloads <folder>', 'folder for downloads')
      .option('--data <folder>', 'folder for what the daemon keeps')
      .option('--api-port <port>', 'port of the APIs (default: 8470)', value(parsePort))
      .option('--api-bind <ip>', 'address on which the APIs are served; may be repeated', values(parseBindAddress))
      .option('--socket <path>', 'socket for the other commands')
      .option('--port <port>', 'port on which peers are accepted (default: 8471)', value(parsePort))
      .option('--bind <ip>', 'address for peers; may be repeated', values(parseBindAddress))
      .option('--interface <name>', 'network interface by which torrents send, or not at all')
      .addOption(
        new Option('--log <form>', 'text for people, or json; default: json when stderr is no terminal').choices([
          'text',
          'json',
        ]),
      )
      .action(
        perform(async (context: CommandContext, flags: DaemonFlags) => {
          tuneRuntime();
          const { runDaemon } = await import('../daemon-service.ts');
          await runDaemon(context, flags);
        }),
      );
  },
};
