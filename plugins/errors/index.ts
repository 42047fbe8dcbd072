import { z } from 'zod'
import { type Call, definePlugin, type EstimateTokens, Reply } from '../../core/index.js'
import {
  cooldownOf,
  errorBody,
  FORWARDED_ROUTES,
  isErrorBody,
  isServerFailure,
  parseJson,
  retryAfterSeconds,
  retryDelay,
  shownStatus,
  typeOfStatus,
  type UpstreamWords,
  withLocalTimes,
  wordsOfText,
} from '../../core/kit.js'
import { type Misconfigured, misconfigured, quoted } from './misconfigured.js'
import { ToldOnce } from './told-once.js'
import { type CodeMeaning, ZAI_CODES } from './zai-codes.js'

/** Sending the same request again can mend these and failures of the server; any other error it can't. */
const MENDABLE = new Set([409, 429, 529])

/** Puts upstreams' errors into words and headers that clients act on rightly; see docs/plugins/errors.md. */
export const errors = definePlugin({
  name: 'errors',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  options: z.strictObject({
    /** Reads z.ai's business codes, which decide instead of its status. Default: true. */
    zaiCodes: z.boolean().default(true),
  }),
  create: ({ options, estimate, logger }) => {
    const log = new ToldOnce(logger)
    return {
      async handle(call, next) {
        const reply = await next(call)
        if (reply.status < 400) return reply
        const bytes = await reply.bytes()
        const text = bytes.toString('utf8')
        const said = wordsOfText(text)
        const words = { ...said, message: said.message && withLocalTimes(said.message, Date.now()) }
        const meaning = options.zaiCodes && words.code !== undefined ? ZAI_CODES.get(words.code) : undefined
        if (meaning) {
          const advice = adviceOf(meaning, call)
          const who = `account '${call.target?.account.id}' (code ${words.code})`
          if (advice !== undefined) log.warn(call, `${who}: ${advice}`, who)
          return await fromCode(reply, call, text, words, { ...meaning, advice }, estimate)
        }
        const fault = misconfigured(reply, words, call)
        if (fault) {
          // An upstream may serve messages and have no path to count their tokens, which are estimated then.
          if (call.route === 'messages') log.warn(call, fault.message(''))
          return ourFault(reply, fault, quoted(words), call)
        }
        const shaped = isErrorBody(parseJson(text)) ? reply : reshaped(reply, call, words)
        return withAdvice(shaped, text)
      },
    }
  },
})

/** The same status, in the Anthropic shape, with the upstream's own words. */
function reshaped(reply: Reply, call: Call, { message, code }: UpstreamWords): Reply {
  const said = message ?? `the upstream answered with status ${reply.status} and no explanation`
  return rendered(
    reply,
    call,
    reply.status,
    typeOfStatus(reply.status),
    code === undefined ? said : `${said} (code ${code})`,
  )
}

async function fromCode(
  reply: Reply,
  call: Call,
  text: string,
  words: UpstreamWords,
  meaning: Omit<CodeMeaning, 'advice'> & { readonly advice: string | undefined },
  estimate: EstimateTokens,
): Promise<Reply> {
  call.record.note('errors', `code ${words.code} counts as ${meaning.status}`)
  const { status, type, cooldown, advice, tooLong } = meaning
  const said = `${words.message ?? 'no explanation'} (code ${words.code})`
  const account = call.target?.account.id
  const message = tooLong
    ? await tooLongMessage(words.message ?? '', call, estimate)
    : advice
      ? `account '${account}': ${said}; ${advice}`
      : said
  const shown = advice ? shownStatus(status, call.headers) : status
  return withAdvice(rendered(reply, call, shown, type, message).with({ cooldown }), text)
}

const adviceOf = ({ advice }: CodeMeaning, call: Call) =>
  typeof advice === 'function' ? advice(call) : advice

/** An error that the gateway's user has to mend: no waiting and no retry does. */
function ourFault(
  reply: Reply,
  { type, message, reason, ...fault }: Misconfigured,
  said: string,
  call: Call,
): Reply {
  const status = shownStatus(fault.status, call.headers)
  if (status !== reply.status) call.record.note('errors', `status ${reply.status} counts as ${status}`)
  const told = rendered(reply, call, status, type, call.record.masked(message(said))).with({
    headers: { 'x-should-retry': 'false' },
  })
  return reason ? told.with({ cooldown: { reason } }) : told
}

function rendered(reply: Reply, { id }: Call, status: number, type: string, message: string): Reply {
  const headers = { ...reply.headers, 'content-type': 'application/json', 'content-length': undefined }
  const { cooldown } = reply
  return Reply.json(errorBody(type, message, reply.header('request-id') ?? id), { status, headers, cooldown })
}

/** Claude Code stops at once for what can't be mended, and waits as asked for what can. */
function withAdvice(reply: Reply, text: string): Reply {
  if (!MENDABLE.has(reply.status) && !isServerFailure(reply.status)) {
    return reply.with({ headers: { 'x-should-retry': reply.header('x-should-retry') ?? 'false' } })
  }
  const delay = retryDelay(reply.headers, text, Date.now())
  // Clients that obey a date, or a number without bounds, would sleep until it.
  if (delay === undefined) return reply.with({ headers: { 'retry-after': undefined } })
  const known = reply.cooldown ?? cooldownOf(reply.status)
  // The header is for the client and may be shorter than the account's cooldown.
  return reply.with({
    headers: { 'retry-after': retryAfterSeconds(delay) },
    ...(known && { cooldown: { ...known, ms: delay } }),
  })
}

/**
 * The one wording on which Claude Code compacts the conversation and goes on. The numbers are the upstream's where it
 * names two, else our count and the model's window.
 */
async function tooLongMessage(message: string, call: Call, estimate: EstimateTokens): Promise<string> {
  const [tokens, maximum] = [...message.matchAll(/\d{4,}/g)].map(Number).sort((a, b) => b - a)
  if (tokens !== undefined && maximum !== undefined)
    return `prompt is too long: ${tokens} tokens > ${maximum} maximum`
  const counted = await estimate(call)
  const window = tokens ?? call.target?.accepts.contextWindow ?? 200_000
  // The upstream has said that it is too long; an estimate below the window would contradict it.
  return `prompt is too long: ${Math.max(counted, window + 1)} tokens > ${window} maximum`
}
