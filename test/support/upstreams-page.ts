import { readFileSync } from 'node:fs'
import type { Accepts } from '../../core/index.js'
import type { UpstreamFact } from '../../core/kit.js'
import { FACTS as ANTHROPIC } from '../../plugins/anthropic/facts.js'
import { ENTRIES } from '../../plugins/anthropic-compatible/entries.js'
import type { Entry } from '../../plugins/anthropic-compatible/entry.js'
import * as readyMade from '../../plugins/anthropic-compatible/ready-made.js'
import { FACTS as BEDROCK } from '../../plugins/bedrock/facts.js'
import { FACTS as VERTEX } from '../../plugins/vertex/facts.js'
import { MODELS, FACTS as ZAI } from '../../plugins/zai/facts.js'
import { ACCEPTS_ALL } from '../../testing.js'

interface Card {
  readonly name: string
  readonly title: string
  readonly facts: readonly UpstreamFact[]
}

const factories = new Map(Object.entries(readyMade))

export const CARDS: readonly Card[] = [
  { name: 'zai', title: 'z.ai', facts: ZAI },
  { name: 'anthropic', title: 'Anthropic', facts: ANTHROPIC },
  { name: 'bedrock', title: 'Claude on Amazon Bedrock', facts: BEDROCK },
  { name: 'vertex', title: 'Claude on Vertex AI', facts: VERTEX },
  ...Object.entries<Entry>(ENTRIES).map(([key, { title, facts = [] }]) => ({
    name: factories.get(key)!.definition.name,
    title: title!,
    facts,
  })),
]

const INTRO = `# Upstreams

What each ready-made upstream takes, as far as it is known, with the source and the date of every fact. Made from the data files by
\`npm run docs:upstreams\`; a test holds it to them. What is not named is unknown, and unknown means that it is passed on: the first
refusal teaches (see [learn](plugins/learn.md)). No provider was called for this page. A source that is \`(second-hand)\` quotes the upstream, or
was read in a quotation; what is \`(assumed)\` was concluded, and the careful answer taken.

The names are those of the option \`accepts\`, which overrules them: \`plugins.zai.accepts\`, \`plugins.anthropic.accepts\`,
\`deepseek({ accepts })\`, \`anthropicCompatible({ accepts })\`, \`upstreams[].accepts\`; each with \`byModel\` for patterns of the upstream's own
names of models. \`agproxy upstreams\` prints what is in force. Their meanings and defaults are at the end.
`

/** docs/upstreams.md, from the data files. */
export function upstreamsPage(): string {
  return [INTRO, ...CARDS.map(card), meanings()].join('\n')
}

function card({ name, title, facts }: Card): string {
  const rows = facts.map(
    ({ accepts, models, says, source, date, basis }) =>
      `| ${cell([accepted(accepts), says])} | ${models?.map(code).join(', ') ?? 'all'} | ${link(source)}${basis ? ` (${basis})` : ''} | ${date} |`,
  )
  const own =
    name === 'zai'
      ? `\nModels by family: ${Object.entries(MODELS)
          .map(([f, m]) => `${f} ${code(m)}`)
          .join(', ')}.\n`
      : ''
  return `## ${title} (${code(name)})\n${own}\n| fact | models | source | date |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

const declaration = readFileSync(new URL('../../core/contract/accepts.ts', import.meta.url), 'utf8')

/** By the comments of the declaration. */
function meanings(): string {
  const rows = (Object.keys(ACCEPTS_ALL) as (keyof Accepts)[]).map((name) => {
    const [, comment = '', type] = new RegExp(`(?:/\\*\\* (.*) \\*/\\n)?  readonly ${name}: (.*)\\n`).exec(
      declaration,
    )!
    const value = ACCEPTS_ALL[name] === undefined ? 'unknown' : code(JSON.stringify(ACCEPTS_ALL[name]))
    return `| ${code(name)} | ${cell([code(type!.replace(' | undefined', ''))])} | ${value} | ${cell([comment])} |`
  })
  return `## The names\n\n| name | type | default | is |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function accepted(accepts: Partial<Accepts> = {}): string | undefined {
  const told = Object.entries(accepts).map(([name, value]) => code(`${name}: ${JSON.stringify(value)}`))
  return told.length > 0 ? told.join(', ') : undefined
}

const cell = (parts: readonly (string | undefined)[]) =>
  parts
    .filter((part) => part !== undefined)
    .join(': ')
    .replaceAll('|', '\\|')
const code = (text: string) => `\`${text}\``
const link = (source: string) => (source.startsWith('https://') ? `<${source}>` : source)
