import { styleText } from 'node:util'
import type { Change } from '../contract/change.js'
import type { Choice } from '../contract/choice.js'
import type { Passage } from '../exchange/passages.js'
import type { Explained } from './dry-run.js'

type Style = 'red' | 'green' | 'yellow' | 'bold' | 'dim'
type Paint = (style: Style, text: string) => string

function painter(env: NodeJS.ProcessEnv): Paint {
  const colours = process.stdout.isTTY && !env.NO_COLOR
  return (style, text) => (colours ? styleText(style, text) : text)
}

/** What a dry run found, for people. */
export function printDryRun(found: Explained, env: NodeJS.ProcessEnv): string {
  const paint = painter(env)
  const { passages, request, account, model, estimatedTokens, answer } = found
  const lines = [...passageLines(passages, paint)]
  if (request) {
    lines.push(paint('bold', `${request.method} ${request.url}`), `  ${request.bytes} bytes, model ${model}`)
    for (const [name, value] of Object.entries(request.headers))
      lines.push(paint('dim', `  ${name}: ${value}`))
  }
  if (account)
    lines.push(`${paint('bold', 'account')} ${account.id} (${account.upstream}): ${why(account.choice)}`)
  if (answer)
    lines.push(`${paint('bold', 'answered without a call')}: ${answer.status} ${short(answer.text)}`)
  lines.push(`${paint('bold', 'estimate')} ${estimatedTokens} input tokens`)
  return `${lines.join('\n')}\n`
}

const LONGEST = 300

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`
}

/** As much of the API's answer as is printed. */
interface Told {
  readonly id: string
  readonly at: string
  readonly status?: number
  readonly ending: string
  readonly model?: string
  readonly mappedModel?: string
  readonly ms?: number
  readonly error?: string
  readonly cost?: number
  readonly listCost?: number
  readonly plan?: boolean
  readonly plugins: readonly Passage[]
  readonly attempts: readonly {
    readonly account: string
    readonly upstream: string
    readonly choice?: Choice
    readonly status?: number
    readonly error?: string
    readonly ms?: number
    readonly cooldown?: { readonly reason: string; readonly ms: number | null }
    readonly inputTokens?: number
    readonly outputTokens?: number
    readonly cacheReadTokens?: number
    readonly times: Readonly<Record<string, number>>
  }[]
  readonly cache?: {
    readonly verdict: string
    readonly detail?: string
    readonly path?: string
    readonly plugin?: string
    readonly tool?: string
    readonly lostTokens?: number
    readonly lostCost?: number
    readonly official?: { readonly reason: string | null; readonly missedTokens?: number }
  }
}

/** What the gateway keeps of a request, for people. */
export function printRequest(told: Told, env: NodeJS.ProcessEnv): string {
  const paint = painter(env)
  const { id, at, status, ending, model, mappedModel, ms, error, cache } = told
  const mapped = mappedModel ? ` (as ${mappedModel})` : ''
  const lines = [
    `${paint('bold', id)} ${at}  ${status ?? 'no answer'}, ${ending}, ${model}${mapped}, ${ms} ms`,
    ...(error ? [paint('red', `  ${error}`)] : []),
    ...passageLines(told.plugins, paint),
  ]
  told.attempts.forEach((attempt, i) => {
    const result = attempt.error ? paint('red', attempt.error) : `${attempt.status}`
    lines.push(
      `${paint('bold', `attempt ${i + 1}`)} ${attempt.account} (${attempt.upstream}): ${result}, ${attempt.ms} ms`,
      `  ${why(attempt.choice)}`,
      paint(
        'dim',
        `  ${Object.entries(attempt.times)
          .map(([step, at]) => `${step} ${at}`)
          .join(', ')} ms`,
      ),
    )
    if (attempt.inputTokens !== undefined)
      lines.push(
        `  ${attempt.inputTokens} input, ${attempt.cacheReadTokens ?? 0} from the cache, ${attempt.outputTokens} output tokens`,
      )
    if (attempt.cooldown)
      lines.push(
        paint(
          'yellow',
          `  cooldown: ${attempt.cooldown.reason}, ${attempt.cooldown.ms === null ? 'until the config changes' : `${attempt.cooldown.ms} ms`}`,
        ),
      )
  })
  const paid = costWords(told)
  if (paid !== undefined) lines.push(`${paint('bold', 'cost')} ${paid}`)
  if (cache) lines.push(`${paint('bold', 'cache')} ${cacheWords(cache)}`)
  return `${lines.join('\n')}\n`
}

/** `$0.0123; $0.0871 by the name that the client asked for`. */
function costWords({ cost, listCost, plan }: Told): string | undefined {
  const own = plan ? 'paid by a plan' : cost === undefined ? undefined : dollars(cost)
  const differs = listCost !== undefined && listCost !== cost
  const asked = differs ? `${dollars(listCost)} by the name that the client asked for` : undefined
  const parts = [own, asked].filter((part) => part !== undefined)
  return parts.length > 0 ? parts.join('; ') : undefined
}

export const dollars = (value: number) => `$${value.toFixed(value < 1 ? 4 : 2)}`

/** `prefix: system changed, by clock; 5000 tokens paid again`. */
export function cacheWords({
  verdict,
  detail,
  path,
  plugin,
  tool,
  lostTokens,
  lostCost,
  official,
}: NonNullable<Told['cache']>): string {
  const named = tool === undefined ? path : `${path} (${tool})`
  const what = path === undefined ? detail : `${named} changed${plugin === undefined ? '' : `, by ${plugin}`}`
  const money = lostCost === undefined ? '' : ` (${dollars(lostCost)})`
  const lost = lostTokens === undefined ? undefined : `${lostTokens} tokens paid again${money}`
  return [
    what === undefined ? verdict : `${verdict}: ${what}`,
    ...(lost === undefined ? [] : [lost]),
    ...(official ? [officialWords(official)] : []),
  ].join('; ')
}

/** `Anthropic says: system_changed, about 5000 tokens`. */
function officialWords({ reason, missedTokens }: { reason: string | null; missedTokens?: number }): string {
  const tokens = missedTokens === undefined ? '' : `, about ${missedTokens} tokens`
  return `Anthropic says: ${reason ?? 'no difference'}${tokens}`
}

function passageLines(passages: readonly Passage[], paint: Paint): string[] {
  const lines = passages.flatMap(({ plugin, attempt, changes, reason }) => {
    if (!changes || changes.length === 0) return []
    const nth = attempt === undefined || attempt === 1 ? '' : `, attempt ${attempt}`
    const head = paint('bold', plugin) + nth + (reason ? paint('dim', `  ${reason}`) : '')
    return [head, ...changes.flatMap((change) => changeLines(change, paint))]
  })
  return lines.length > 0 ? lines : ['no plugin changed anything']
}

function changeLines({ path, before, after }: Change, paint: Paint): string[] {
  return [
    ...(before === undefined ? [] : [paint('red', `  - ${path}: ${before}`)]),
    ...(after === undefined ? [] : [paint('green', `  + ${path}: ${after}`)]),
  ]
}

const REASONS: Readonly<Record<Choice['reason'], string>> = {
  pinned: 'the session is at home there',
  parent: 'the session that started the agent is at home there',
  preferred: 'it was asked for',
  only: 'no other account serves the model',
  tier: 'alone in the first tier with room',
  'less-loaded': 'the less loaded of its tier',
  overflow: 'idle, while the account of the session is full',
  failing: 'it fails, and no other is left',
}

function why(choice: Choice | undefined): string {
  if (!choice) return 'its chooser does not say why'
  const others = choice.others.map(({ account, lacks }) => `${account} (${lacks})`).join(', ')
  return REASONS[choice.reason] + (others ? `; not ${others}` : '')
}
