/** What a daemon has a list of, shown: for machines, as a table, or how to make the first. */
import type { CommandContext } from '../command.ts';
import { type Column, renderTable } from '../ui/table.ts';
import { connect, type DaemonFlags } from './daemon-flags.ts';

interface Shown<T> {
  /** Last part of the path in the API, and the member of `--json`. */
  readonly name: string;
  readonly columns: readonly Column<T>[];
  /** Told when there is none. */
  readonly none: string;
}

export async function showList<T>(
  context: CommandContext,
  flags: DaemonFlags,
  { name, columns, none }: Shown<T>,
): Promise<void> {
  const { output } = context;
  const { items } = await (await connect(context, flags)).call<{ items: T[] }>(`/${name}`);
  if (output.options.json) output.json({ [name]: items });
  else if (items.length === 0) output.note(none);
  else
    for (const line of renderTable(columns, items, output.tableWidth, (text) => output.bold(text))) output.line(line);
}
