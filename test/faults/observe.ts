import { isDeepStrictEqual } from 'node:util'
import type { AccountStatus } from '../../core/contract/accounts.js'
import { FrameDecoder } from '../../core/stream/sse-decoder.js'
import { StreamEvent } from '../../core/stream/sse-event.js'
import { NoAnswer, type Seen } from '../support/client.js'
import { message } from '../support/messages.js'
import { error, SHAKY, USABLE, WHOLE } from './row.js'

/** What a client saw, in the words of the table. */
export function inWords(seen: Seen | NoAnswer, kind: 'stream' | 'json', text: string): string {
  if (seen instanceof NoAnswer) return `no answer (${seen.code})`
  if (seen.status !== 200) return errorInWords(seen)
  return kind === 'stream' ? streamInWords(seen) : jsonInWords(seen, text)
}

/** The state of an account, in the words of the table. */
export function accountInWords({ cooldownMs, reason, cooldowns }: AccountStatus): string {
  if (cooldownMs === 0) return cooldowns.some((rest) => rest.reason === 'server-error') ? SHAKY : USABLE
  if (cooldownMs === Number.POSITIVE_INFINITY) return `cooldown until the config changes (${reason})`
  return `cooldown ${Math.ceil(cooldownMs / 1000)} s (${reason})`
}

function errorInWords(seen: Seen): string {
  const advice = ['x-should-retry', 'retry-after'].flatMap((name) =>
    seen.headers[name] === undefined ? [] : [`${name}: ${shortly(seen.headers[name] as string)}`],
  )
  const body = parsed(seen.text())
  if (body?.type !== 'error') return `${seen.status} with a body that is no Anthropic error`
  const { type, message } = body.error as { type: string; message: string }
  return error(seen.status, type, plain(message), advice.join(', '))
}

/** After a server's failure it is a second or two, by chance. */
function shortly(value: string): string {
  return /^[123]$/.test(value) ? '1…3' : value
}

/** Without what differs from run to run, and without the account, which the table always calls the same. */
export function plain(text: string): string {
  return text
    .replace(/(127\.0\.0\.1|localhost):\d+/g, 'HOST')
    .replace(/^\w+ \(account \w+\): /, '')
    .replace(/^(.{0,20}account 'one') \((anthropic|zai)\)/, '$1 (UPSTREAM)')
}

function streamInWords(seen: Seen): string {
  const decoder = new FrameDecoder()
  const events: StreamEvent[] = []
  decoder.push(seen.body, (frame) => void events.push(StreamEvent.parse(frame)))
  const rest = decoder.rest()
  const real = events.filter((event) => event.hasData)
  const last = real.at(-1)
  const told = last && (last.type === 'error' || last.data.type === 'error') ? real.pop() : undefined
  const part = rest.length > 0 ? ' and part of the next' : ''
  const stopped = real.some((event) => event.type === 'message_stop')
  const came = stopped ? WHOLE : `${real.length} event${real.length === 1 ? '' : 's'}`
  if (told) {
    const { type, message } = told.data.error as { type: string; message: string }
    return `${came}${part}, then \`event: error\` \`${type}\` “${plain(message)}”${seen.end === 'clean' ? '' : ` and ${seen.end}`}`
  }
  if (seen.end === 'clean') return stopped && !part ? WHOLE : `${came}${part}, then a clean end`
  return `${came}${part}, then ${seen.end === 'broken' ? 'a broken connection' : 'nothing'}`
}

function jsonInWords(seen: Seen, text: string): string {
  if (seen.end !== 'clean') return `200 and a body that is ${seen.end}`
  const body = parsed(seen.text())
  if (body?.type !== 'message') return `200 with ${body ? 'other JSON' : 'no JSON'}`
  return isWhole(body, text) ? WHOLE : '200 with another message'
}

/** Without the model's name, which the gateway may have mapped. */
function isWhole(body: Record<string, unknown>, text: string): boolean {
  return isDeepStrictEqual({ ...body, model: '' }, message({ text, model: '' }))
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
