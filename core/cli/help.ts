import { styleText } from 'node:util'
import { groups } from './table/index.js'
import type { Listed } from './table/listed.js'
import { packageFolder, version } from './version.js'

type Row = readonly [left: string, right: string]

/** A table's own line ends here; longer texts go on below. */
const WIDTH = 100

/** What `agproxy --help` prints. */
export function helpOfAll(colours: boolean): string {
  const sections = Object.entries(groups).map(([title, commands]) =>
    section(
      title,
      Object.values(commands).map(({ meta }): Row => [meta.name, meta.description]),
      colours,
    ),
  )
  return [
    `agproxy ${version}: a gateway between Claude Code and the models behind it`,
    ...sections,
    `agproxy COMMAND --help has options, defaults and examples. ${docs('README.md')}`,
    '',
  ].join('\n\n')
}

/** What `agproxy COMMAND --help` prints. */
export function helpOf({ meta, args, examples, page }: Listed, takesRest: boolean, colours: boolean): string {
  const all = Object.entries(args)
  const words = all.filter(([, { type }]) => type === 'positional')
  const usage = ['agproxy', meta.name, ...words.map(([name]) => `[${name.toUpperCase()}]`), '[options]']
  if (takesRest) usage.push('[-- ARGS]')
  const described = words.map(([name, { description }]): Row => [name.toUpperCase(), description ?? ''])
  const options = all.filter(([, { type }]) => type !== 'positional').map(optionRow)
  const parts = [
    meta.description,
    section('Usage', [[usage.join(' '), '']], colours),
    ...(described.length > 0 ? [section('Arguments', described, colours)] : []),
    section('Options', [...options, ['-h, --help', 'Print this']], colours),
    section('Examples', examples, colours),
    docs(page),
    '',
  ]
  return parts.join('\n\n')
}

function optionRow([name, arg]: [string, Listed['args'][string]]): Row {
  const { alias, valueHint } = arg as { alias?: string; valueHint?: string }
  const value = valueHint === undefined ? '' : ` ${valueHint.toUpperCase()}`
  return [`${alias === undefined ? '    ' : `-${alias}, `}--${name}${value}`, arg.description ?? '']
}

const docs = (page: string) => `Docs: ${packageFolder}docs/${page}`

function section(title: string, rows: readonly Row[], colours: boolean): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) =>
    `  ${left.padEnd(width)}  ${folded(right, WIDTH - width - 4).join(`\n${' '.repeat(width + 4)}`)}`.trimEnd(),
  )
  const head = colours ? styleText('bold', title, { validateStream: false }) : title
  return [head, ...lines].join('\n')
}

/** A text in lines of at most `width` characters, at least 40. */
function folded(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line.length > 0 && line.length + 1 + word.length > Math.max(40, width)) lines.push(word)
    else lines[lines.length - 1] = line.length > 0 ? `${line} ${word}` : word
  }
  return lines
}
