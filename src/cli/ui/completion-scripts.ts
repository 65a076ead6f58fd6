/** Completion scripts for four shells, generated from the command tree. Where a value is free text, files are offered. */
import type { CommandDescription, FlagDescription, TreeDescription } from '../command-tree.ts';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, tree: TreeDescription): string {
  return { bash, zsh, fish, powershell }[shell](tree);
}

const namesOf = (command: CommandDescription): string[] => [command.name, ...command.aliases];

const spellings = (flag: FlagDescription): string[] => (flag.short === null ? [flag.long] : [flag.short, flag.long]);

const flagWords = (flags: readonly FlagDescription[]): string => flags.flatMap(spellings).join(' ');

const commandNamesOf = (tree: TreeDescription): string[] => tree.commands.map((command) => command.name);

function bash(tree: TreeDescription): string {
  const cases = tree.commands.map((command) => {
    const withValue = command.flags
      .filter((flag) => flag.takesValue)
      .flatMap(spellings)
      .join('|');
    const lines = [
      `    ${namesOf(command).join('|')})`,
      `      flags="${flagWords([...command.flags, ...tree.flags])}"`,
    ];
    if (withValue !== '') lines.push(`      valued="|${withValue}|"`);
    if (command.choices.length > 0) lines.push(`      words="${command.choices.join(' ')}"`);
    return [...lines, '      ;;'].join('\n');
  });
  return `# bash completion for ${tree.name}
_${tree.name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" flags="" words="" valued="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ "\${COMP_WORDS[i]}" != -* ]]; then command="\${COMP_WORDS[i]}"; break; fi
  done
  COMPREPLY=()
  if [[ -z "$command" ]]; then
    COMPREPLY=($(compgen -W "${[...commandNamesOf(tree), ...tree.flags.flatMap(spellings)].join(' ')}" -- "$current"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  if [[ -n "$valued" && "$valued" == *"|$previous|"* ]]; then
    compopt -o default 2>/dev/null
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    compopt -o default 2>/dev/null
  fi
}
complete -F _${tree.name} ${tree.name}
`;
}

/** For single quotes of zsh and within its brackets. */
const zshText = (text: string): string => text.replace(/'/g, `'\\''`).replace(/[[\]:]/g, '\\$&');

function zsh(tree: TreeDescription): string {
  const specOf = (flag: FlagDescription): string[] =>
    spellings(flag).map((name) => {
      const action = flag.choices.length > 0 ? `(${flag.choices.join(' ')})` : '_files';
      return `'*${name}[${zshText(flag.summary)}]${flag.takesValue ? `:value:${action}` : ''}'`;
    });
  const common = tree.flags.flatMap(specOf);
  const cases = tree.commands.map((command) => {
    const rest = command.choices.length > 0 ? `'*:value:(${command.choices.join(' ')})'` : `'*:file:_files'`;
    const specs = [...command.flags.flatMap(specOf), ...common, rest];
    return `        ${namesOf(command).join('|')})\n          _arguments -s ${specs.join(' ')}\n          ;;`;
  });
  const names = tree.commands.map((command) => `    '${command.name}:${zshText(command.summary)}'`);
  return `#compdef ${tree.name}
_${tree.name}() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  local context state state_descr line
  typeset -A opt_args
  _arguments -C -s ${common.join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      _describe -t commands command commands
      ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
if [ "$funcstack[1]" = "_${tree.name}" ]; then
  _${tree.name} "$@"
else
  compdef _${tree.name} ${tree.name}
fi
`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fish(tree: TreeDescription): string {
  const name = tree.name;
  const flagLine = (condition: string, flag: FlagDescription): string => {
    const short = flag.short === null ? '' : ` -s ${flag.short.slice(1)}`;
    const kind = !flag.takesValue
      ? ''
      : flag.choices.length > 0
        ? ` -x -a ${fishText(flag.choices.join(' '))}`
        : ' -r -F';
    return `complete -c ${name}${condition}${short} -l ${flag.long.slice(2)}${kind} -d ${fishText(flag.summary)}`;
  };
  const lines = [`# fish completion for ${name}`, ...tree.flags.map((flag) => flagLine('', flag))];
  for (const command of tree.commands) {
    const inside = ` -n ${fishText(`__fish_seen_subcommand_from ${namesOf(command).join(' ')}`)}`;
    lines.push(`complete -c ${name} -f -n __fish_use_subcommand -a ${command.name} -d ${fishText(command.summary)}`);
    if (command.choices.length > 0)
      lines.push(`complete -c ${name} -f${inside} -a ${fishText(command.choices.join(' '))}`);
    lines.push(...command.flags.map((flag) => flagLine(inside, flag)));
  }
  return `${lines.join('\n')}\n`;
}

const powershellText = (text: string): string => `'${text.replace(/'/g, "''")}'`;

function powershell(tree: TreeDescription): string {
  const list = (words: readonly string[]): string => `@(${words.map(powershellText).join(', ')})`;
  const rows = tree.commands.flatMap((command) =>
    namesOf(command).map((name) => {
      const words = [...command.choices, ...[...command.flags, ...tree.flags].flatMap(spellings)];
      return `  ${powershellText(name)} = ${list(words)}`;
    }),
  );
  return `# PowerShell completion for ${tree.name}
$${tree.name}Words = @{
  '' = ${list([...commandNamesOf(tree), ...tree.flags.flatMap(spellings)])}
${rows.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName ${tree.name} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $given = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  $command = $given | Where-Object { -not $_.StartsWith('-') -and $_ -ne $wordToComplete } | Select-Object -First 1
  $words = $${tree.name}Words[[string]$command]
  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
