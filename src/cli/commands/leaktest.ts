/** `dst leaktest`: by which network interface the traffic of torrents would leave. */
import { type LeakReport, type LeakRow, LOOK_UPS, readClientInterface, testLeaks } from '../../app/leak-test/index.ts';
import { parseBindAddress } from '../arguments.ts';
import { type CommandContext, type CommandDefinition, values } from '../command.ts';
import { ExitCode } from '../exit-codes.ts';
import { escapeText } from '../ui/escape.ts';
import type { Output } from '../ui/output.ts';

interface LeakTestFlags {
  readonly interface?: string;
  readonly bind?: string[];
  readonly nameServer?: string[];
  readonly config?: string;
}

export const leaktest: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Show for each kind of traffic of torrents by which network interface it would leave. Sockets are opened and the kernel is asked; nothing is sent.',
      )
      .option('--interface <name>', 'interface by which all of it has to leave (default: that of the configuration)')
      .addOption(
        command
          .createOption('--bind <ip>', 'address from which torrents are sent, with no interface; may be repeated')
          .argParser(values(parseBindAddress))
          .conflicts(['interface', 'nameServer']),
      )
      .option(
        '--name-server <ip>',
        "name server to ask in place of the system's; may be repeated",
        values(parseBindAddress),
      )
      .option('--config <file>', 'configuration of the client, TOML (default: that of the daemon)')
      .action(perform(performLeakTest));
  },
};

async function performLeakTest({ output, signal }: CommandContext, flags: LeakTestFlags): Promise<number> {
  const isToldHere = flags.interface !== undefined || flags.bind !== undefined;
  const configured = isToldHere ? null : await readClientInterface(flags.config ?? null, signal);
  const nameServers = flags.nameServer ?? configured?.nameServers;
  const report = await testLeaks({
    interface: flags.interface ?? configured?.interface ?? null,
    bind: flags.bind ?? configured?.bind ?? [],
    ...(nameServers !== undefined && { nameServers }),
  });
  if (output.options.json) output.json(describe(report));
  else for (const line of render(report, output)) output.line(line);
  return report.isSealed ? ExitCode.ok : ExitCode.untrusted;
}

const describe = ({ interface: name, bind, problem, rows, isSealed }: LeakReport): object => ({
  interface: name,
  bind,
  sealed: isSealed,
  problem: problem && { code: problem.code, message: problem.message },
  traffic: rows,
});

function render(report: LeakReport, output: Output): string[] {
  const { problem, rows } = report;
  const cells = rows.map(({ traffic, family, source, leavesBy }) => [
    traffic,
    family === null ? '' : `IPv${family}`,
    source ?? '-',
    escapeText(leavesBy ?? '-'),
  ]);
  const titles = ['traffic', 'family', 'from', 'leaves by'];
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] as string).length)));
  const line = (row: readonly string[], verdict: string): string =>
    [...row.map((cell, i) => cell.padEnd(widths[i] as number)), verdict].join('  ');
  return [
    output.bold(line(titles, 'verdict')),
    ...rows.map((row, i) => line(cells[i] as string[], verdictOf(row, output))),
    '',
    summary(report, output),
    ...(problem === null ? [] : [`At present nothing is sent at all: ${escapeText(problem.message)}`]),
  ];
}

function verdictOf({ verdict, reason }: LeakRow, output: Output): string {
  const words = verdict === 'open' ? output.bad(verdict) : output.good(verdict);
  return reason === null ? words : `${words}: ${escapeText(reason)}`;
}

function summary({ interface: name, bind, rows, isSealed }: LeakReport, output: Output): string {
  if (name === null) return output.bad(bind.length === 0 ? UNBOUND : ofAddresses(bind, rows));
  const shown = escapeText(name);
  return isSealed
    ? output.good(`Nothing of torrents leaves by another interface than ${shown}.`)
    : output.bad(`Not everything leaves by ${shown}: torrents are not run like this.`);
}

const UNBOUND = 'Torrents are not bound to an interface: set peers.interface, or name one.';

/** An address is no seal: which interface its packets take is up to the routes, and not all is sent from it. */
function ofAddresses(bind: readonly string[], rows: readonly LeakRow[]): string {
  const stray = rows.filter(
    ({ traffic, verdict, source }) => verdict === 'open' && (traffic === LOOK_UPS || !bind.includes(source ?? '')),
  );
  const others = [...new Set(stray.map(({ traffic }) => traffic))].join(', ');
  return [
    `Torrents are bound to ${bind.join(', ')} (peers.bind, --bind), which is no interface: by which one it leaves is up to the routes.`,
    ...(others === '' ? [] : [`Not from there: ${others}.`]),
    'peers.interface, or --interface, keeps all of it to one interface.',
  ].join('\n');
}
