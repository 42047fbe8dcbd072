import { type Call, definePlugin, type EstimateTokens, fixMode, Reply, z } from '../../core/index.js'
import { errorBody, namedWindow, parseJson, wordsOfText } from '../../core/kit.js'
import { clamp } from './clamp.js'
import { leastTokens } from './least-tokens.js'
import { answerTooLong, OWN_WORDS, overflowIn, tooLong } from './overflow.js'

/** Errors of these are never about the prompt's length. */
const OTHERS = new Set([401, 402, 403, 404, 429, 529])
/** A longer error is none in words. */
const LONGEST = 64 * 1024
/** Used where the window is unknown. */
const USUAL_WINDOW = 200_000

/**
 * Keeps a request within what the model can do: `max_tokens` and the thinking budget come down, a prompt that can't fit is
 * answered before it is paid for, and whatever words an upstream has for that become those on which Claude Code compacts.
 */
export const limits = definePlugin({
  name: 'limits',
  phase: 'attempt',
  touches: ['max_tokens', 'thinking'],
  options: z.strictObject({
    /** `auto` and `always`: where limits are known. `never`: neither limits nor words are looked at. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode }, estimate }) => ({
    async handle(call, next) {
      if (mode === 'never' || !call.target) return next(call)
      const { maxTokens } = call.target.accepts
      const window = asksForMore(call) ? undefined : windowOf(call)
      // A word and what parts it from the next are two bytes at least.
      const least =
        window !== undefined && call.bytes.length / 2 > window ? leastTokens(call.tree) : undefined
      if (window !== undefined && least !== undefined && least > window) {
        call.record.note(name, `answered here: at least ${least} tokens do not fit into ${window}`)
        return refused(tooLong(Math.max(least, await estimate(call)), window))
      }
      const clamped = maxTokens === undefined ? undefined : clamp(call.tree, maxTokens)
      if (clamped)
        call.record.note(name, `max_tokens is ${maxTokens}, not ${clamped.asked}: the model's largest`)
      const reply = await next(clamped ? call.edit(clamped.edits) : call)
      return reply.status < 400 || OTHERS.has(reply.status) ? reply : translated(reply, call, name, estimate)
    },
  }),
})

/** With this beta value a model has room for more than its name says, where the upstream takes it. */
function asksForMore(call: Call): boolean {
  return call.header('anthropic-beta')?.includes('context-1m-') === true
}

function windowOf(call: Call): number | undefined {
  const { accepts, upstream } = call.target!
  return accepts.contextWindow ?? upstream.contextWindow?.(call.model)
}

async function translated(reply: Reply, call: Call, name: string, estimate: EstimateTokens): Promise<Reply> {
  const bytes = await reply.bytes()
  if (bytes.length > LONGEST) return reply
  const text = bytes.toString('utf8')
  const { message = '', code } = wordsOfText(text)
  const overflow = overflowIn(message, code)
  if (!overflow || isOwn(text)) return reply
  if (overflow.window !== undefined) namedWindow(call).tokens = overflow.window
  const window = overflow.window ?? windowOf(call) ?? USUAL_WINDOW
  const said = answerTooLong(overflow) ?? tooLong(overflow.prompt ?? (await estimate(call)), window)
  call.record.note(name, `${said} (status ${reply.status}): the upstream has other words for it`)
  return refused(said, reply)
}

/** Anthropic's error as it came passes byte for byte. */
function isOwn(text: string): boolean {
  const body = parseJson(text) as { type?: unknown; error?: { message?: unknown } } | undefined
  return body?.type === 'error' && OWN_WORDS.test(String(body.error?.message ?? ''))
}

/** With the headers of the answer that it takes the place of, if there is one. */
function refused(message: string, reply?: Reply): Reply {
  const headers = { ...reply?.headers, 'content-type': 'application/json', 'content-length': undefined }
  const body = errorBody('invalid_request_error', message, reply?.header('request-id'))
  return Reply.json(body, { status: 400, headers: { ...headers, 'x-should-retry': 'false' } })
}
