import { defineCommand } from 'citty'
import { nearest } from '../errors/nearest.js'
import type { CliContext } from './context.js'
import { table } from './table/index.js'
import { completion as row } from './table/set-up.js'
import { CommandLineError } from './usage-error.js'

/** A command's name, its flags as they are typed, and what it does. */
interface Completed {
  readonly name: string
  readonly description: string
  readonly flags: readonly string[]
}

export const completion = defineCommand({
  ...row,
  run({ args, data }) {
    const { out } = data as CliContext
    const { shell = '' } = args
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
    if (!script) {
      const names = Object.keys(SHELLS)
      throw new CommandLineError(
        `completion wants the name of a shell: ${names.join(', ')}${shell === '' ? '' : nearest(shell, names)}`,
      )
    }
    out(script(Object.values(table).map(completed)))
    return 0
  },
})

function completed({ meta, args }: (typeof table)[keyof typeof table]): Completed {
  const flags = Object.entries(args).filter(([, { type }]) => type !== 'positional')
  return { ...meta, flags: ['--help', ...flags.map(([flag]) => `--${flag}`)] }
}

const SHELLS: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: (commands) => `# eval "$(agproxy completion bash)"
_agproxy() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then words="${namesOf(commands)}"; else
    case "\${COMP_WORDS[1]}" in
${commands.map(({ name, flags }) => `      ${name}) words="${flags.join(' ')}" ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _agproxy agproxy
`,
  zsh: (commands) => `# eval "$(agproxy completion zsh)", after compinit
_agproxy() {
  if (( CURRENT == 2 )); then compadd ${namesOf(commands)}; return; fi
  case "$words[2]" in
${commands.map(({ name, flags }) => `    ${name}) compadd -- ${flags.join(' ')} ;;`).join('\n')}
  esac
  _files
}
compdef _agproxy agproxy
`,
  fish: (commands) =>
    `# agproxy completion fish | source\n${commands
      .flatMap(({ name, description, flags }) => [
        `complete -c agproxy -n __fish_use_subcommand -f -a ${name} -d '${description.replace(/[\\']/g, '\\$&')}'`,
        ...flags.map(
          (flag) => `complete -c agproxy -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`,
        ),
      ])
      .join('\n')}\n`,
  powershell: (commands) => `# agproxy completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName agproxy -ScriptBlock {
  param($word, $ast)
  $flags = @{
${commands.map(({ name, flags }) => `    '${name}' = @(${flags.map((flag) => `'${flag}'`).join(', ')})`).join('\n')}
  }
  $typed = $ast.CommandElements
  $first = if ($typed.Count -gt 1) { $typed[1].ToString() } else { '' }
  $words = if ($flags.ContainsKey($first)) { $flags[$first] } else { $flags.Keys }
  $words | Where-Object { $_ -like "$word*" } | Sort-Object
}
`,
}

const namesOf = (commands: readonly Completed[]) => commands.map(({ name }) => name).join(' ')
