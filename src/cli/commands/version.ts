/** `dst version`. */
import { clientName, version as number } from '../../base/version.ts';
import type { CommandDefinition } from '../command.ts';

/** Raised when a JSON field changes its meaning or goes away; new fields do not raise it. */
const JSON_SCHEMA = 1;

export const version: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Print the version of this program; with --json also of Node.js and of the JSON output.')
      .action(
        perform(async ({ output }) => {
          if (output.options.json) {
            output.json({ name: 'dst-torrent', version: number, node: process.versions.node, jsonSchema: JSON_SCHEMA });
          } else {
            output.line(clientName);
          }
        }),
      );
  },
};
