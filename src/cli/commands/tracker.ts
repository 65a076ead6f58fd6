/** `dst tracker`: a tracker for HTTP, UDP and WebTorrent's WebSockets. */
import { Argument, Option } from 'commander';
import { keepHeapSmall } from '../../app/runtime/index.ts';
import { parseBindAddress, parseCidr, parseInterval, parsePort, parsePositive, parseSize } from '../arguments.ts';
import { value, values, type CommandContext, type CommandDefinition } from '../command.ts';
import type { TrackerFlags } from '../tracker-flags.ts';

export const tracker: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Run a tracker: announce and scrape over HTTP, UDP and WebSocket, all in the same swarms.')
      .addArgument(
        new Argument(
          '[action]',
          'dns: print the DNS record that tells clients its ports (BEP 34); token: make a token for its API; config: print the configuration and where each value comes from',
        ).choices(['dns', 'token', 'config']),
      )
      .option('--config <file>', 'configuration, TOML: all that follows and more; changes count at once')
      .option('--port <port>', 'port of HTTP, WebSocket and UDP (default: 6969)', value(parsePort))
      .option('--bind <ip>', 'address to listen on; may be repeated (default: all)', values(parseBindAddress))
      .option('--threads <n>', 'threads that answer (default: one a core)', value(parsePositive))
      .option('--memory <size>', 'most memory for swarms and peers (default: 256M)', value(parseSize))
      .option('--interval <seconds>', 'time between two announces of a client (default: 1800)', value(parseInterval))
      .addOption(
        new Option('--access <mode>', 'all torrents, those registered, or those for members with a passkey').choices([
          'open',
          'whitelist',
          'private',
        ]),
      )
      .option(
        '--allow-private',
        'take peers of private addresses too (default when it listens on private addresses only)',
      )
      .option('--peers-per-address <n>', 'most peers of one address (default: 5000)', value(parsePositive))
      .option('--trust-proxy <cidr>', 'proxy whose X-Forwarded-For is believed; may be repeated', values(parseCidr))
      .option('--host-name <name>', 'name by which its API may be called; may be repeated', values(String))
      .option('--tls-port <port>', 'port of HTTPS and secure WebSocket', value(parsePort))
      .option('--tls-cert <file>', 'certificate with its chain, PEM; read again when it changes')
      .option('--tls-key <file>', 'key of the certificate, PEM')
      .option('--data <dir>', 'folder for what the tracker keeps (default: in the state folder of the user)')
      .option('--database <url>', 'database: a file, or postgres://… (default: a file in the data folder)')
      .option('--swarms <url>', 'Redis or Valkey that holds the swarms, shared by several trackers')
      .option('--udp-key <file>', 'file with 32 hexadecimal digits: trackers of one name share it')
      .addOption(
        new Option('--log <form>', 'form of the log on stderr (default: json, text on a terminal)').choices([
          'text',
          'json',
        ]),
      )
      .option('--name <name>', 'token: what it is called')
      .option(
        '--scope <scope>',
        'token: what it allows, such as torrents:write; may be repeated (default: everything)',
        values(String),
      )
      .action(perform(performTracker));
  },
};

async function performTracker(
  context: CommandContext,
  action: 'dns' | 'token' | 'config' | undefined,
  flags: TrackerFlags,
): Promise<void> {
  keepHeapSmall();
  const { runTracker, showConfig, tellRecord, makeToken } = await import('../tracker-service.ts');
  if (action === 'dns') await tellRecord(context.output, flags);
  else if (action === 'token') await makeToken(context.output, flags);
  else if (action === 'config') await showConfig(context.output, flags);
  else await runTracker(context, flags);
}
