/** `dst completions`: prints the script that teaches a shell the commands and flags. */
import { Argument } from 'commander';
import { describeTree } from '../command-tree.ts';
import type { CommandDefinition } from '../command.ts';
import { completionScript, shells, type Shell } from '../ui/completion-scripts.ts';

export const completions: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Print a completion script, made from the command tree of this very version.')
      .addArgument(new Argument('<shell>', 'the shell').choices(shells))
      .addHelpText(
        'after',
        `
Where it goes:
  bash        dst completions bash > ~/.local/share/bash-completion/completions/dst
  zsh         dst completions zsh > "\${fpath[1]}/_dst"
  fish        dst completions fish > ~/.config/fish/completions/dst.fish
  powershell  dst completions powershell >> $PROFILE`,
      )
      .action(
        perform(async ({ output, loadTree }, shell: Shell) => {
          const script = completionScript(shell, describeTree(await loadTree()));
          if (output.options.json) output.json({ shell, script });
          else output.line(script.trimEnd());
        }),
      );
  },
};
