import { styleText } from 'node:util'
import type { Tried } from './log-line.js'

/** What a line of the log holds, as far as people are shown it. */
export interface LoggedRequest {
  readonly level: string
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly ending: string
  readonly model?: string
  readonly mappedModel?: string
  readonly account?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadTokens?: number
  readonly cacheCreationTokens?: number
  readonly costUsd?: number
  readonly firstContentMs?: number
  readonly error?: string
  readonly ms: number
  readonly tries?: readonly Tried[]
}

type Style = Parameters<typeof styleText>[0]

/** By level. */
export const STYLES: Readonly<Record<string, Style>> = {
  debug: 'dim',
  info: 'dim',
  warn: 'yellow',
  error: 'red',
}

/** Paints a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

export const painter =
  (colours: boolean): Paint =>
  (style, text) =>
    colours ? styleText(style, text, { validateStream: false }) : text

/** A request in one line, the attempts that failed in lines of their own under it. */
export function readableRequest(r: LoggedRequest, time: string, paint: Paint): string {
  const status = r.status === undefined ? 'gone' : String(r.status)
  const parts = [
    r.model === undefined ? `${r.method} ${r.path}` : modelText(r.model, r.mappedModel),
    r.account,
    status + (r.ending === 'complete' ? '' : ` ${r.ending === 'gone' ? 'client left' : 'broken off'}`),
    tokensText(r),
    r.firstContentMs === undefined ? undefined : `first ${secondsText(r.firstContentMs)}`,
    `total ${secondsText(r.ms)}`,
    r.costUsd === undefined ? undefined : `$${r.costUsd.toPrecision(2)}`,
  ]
  const style = STYLES[r.level] ?? 'dim'
  const line = parts.filter((part) => part !== undefined).join('  ')
  const reason = r.error === undefined ? '' : `  ${r.error}`
  const head = `${paint('dim', time)} ${paint(style, oneLine(`${line}${reason}`))}\n`
  return head + (r.tries ?? []).map((tried) => `${paint('dim', triedText(tried))}\n`).join('')
}

function triedText({ account, status, failure, error, ms, cooldown }: Tried): string {
  const what = [status ?? failure, error].filter((part) => part !== undefined).join(' ')
  const took = ms === undefined ? '' : `, ${secondsText(ms)}`
  const rest = cooldown ? `; ${account} cools down${cooldownText(cooldown)}` : ''
  return oneLine(`         ↳ ${account}  ${what}${took}${rest}`)
}

function cooldownText({ ms, reason }: NonNullable<Tried['cooldown']>): string {
  const time = ms === undefined ? '' : ms === null ? ' until the config changes' : ` ${secondsText(ms)}`
  return `${time} (${reason.replaceAll('-', ' ')})`
}

const modelText = (model: string, mapped: string | undefined) =>
  mapped === undefined || mapped === model ? model : `${model} → ${mapped}`

function tokensText(r: LoggedRequest): string | undefined {
  if (r.inputTokens === undefined && r.outputTokens === undefined) return undefined
  const cached = r.cacheReadTokens ?? 0
  const input = (r.inputTokens ?? 0) + cached + (r.cacheCreationTokens ?? 0)
  const share = cached > 0 ? ` (${Math.round((cached / input) * 100)} % cached)` : ''
  return `${countText(input)} in${share}, ${countText(r.outputTokens ?? 0)} out`
}

export function countText(n: number): string {
  if (n < 1_000) return String(n)
  return n < 1_000_000 ? `${(n / 1_000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(2)}M`
}

export function secondsText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** The time of day where this machine is: `14:03:22`. */
export function timeText(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':')
}

/** A path may hold what a terminal takes for commands. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '�')
}
