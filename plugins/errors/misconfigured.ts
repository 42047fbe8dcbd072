import type { Call, CooldownReason, ErrorType, Reply, Target } from '../../core/index.js'
import type { UpstreamWords } from '../../core/kit.js'

/** An error of the upstream that is about the gateway's account, base URL or model map, in words for the client's user. */
export interface Misconfigured {
  readonly status: number
  readonly type: ErrorType
  /** In words, with those of the upstream in them for the client; without for the log, as they may quote the prompt. */
  readonly message: (said: string) => string
  /** Why the account can't serve until the config changes. */
  readonly reason?: CooldownReason
}

/**
 * A client takes 401 and 403 for its own login and 404 for its own choice of a model. Those that are about the gateway are
 * worded with the account and the option to correct, to Claude Code under a status whose words it shows (`shownStatus`).
 * Undefined for every other error, which is the client's to read.
 */
export function misconfigured(reply: Reply, words: UpstreamWords, call: Call): Misconfigured | undefined {
  const { target } = call
  if (!target) return undefined
  const { status } = reply
  const who = `account '${target.account.id}' (${target.upstream.name})`
  if (status === 401) return refused(target, who)
  if (status === 403)
    return {
      status,
      type: 'permission_error',
      message: (said: string) => `${who} is not allowed to do this${said}`,
      reason: 'forbidden',
    }
  if (status === 400 && /credit balance is too low/i.test(words.message ?? '')) {
    const message = (said: string) => `${who} has no credit${said}; top it up or configure another account`
    return { status: 402, type: 'billing_error', message, reason: 'billing' }
  }
  const fault = { status: 404, type: 'not_found_error' } as const
  if (isWrongPath(reply, words)) {
    const wrong = { ...fault, message: wrongPath(call, target, who) }
    return status === 405 ? { ...wrong, status, type: 'invalid_request_error' } : wrong
  }
  if (status !== 404) return undefined
  if (!isAboutModel(words.message ?? '', call.model))
    return { ...fault, message: (said: string) => `${who} answered 404${said}` }
  const mapped = target.model ?? reply.header('x-mapped-model')
  if (mapped === undefined) return undefined // the client chose it, and Claude Code offers to choose another
  const option =
    target.model === undefined ? `plugins.${target.upstream.name}` : `account '${target.account.id}'`
  const message = (said: string) =>
    `${who} has no model '${mapped}', to which the gateway maps the client's${said}. Correct the models of ${option}`
  return { ...fault, message }
}

function refused({ account }: Target, who: string): Misconfigured {
  const message = (said: string) =>
    account.apiKey === undefined
      ? `${who} has no apiKey, and its upstream wants one${said}. Set its apiKey in the gateway's config`
      : `the key of ${who} was refused${said}. Correct its apiKey in the gateway's config, or the environment variable that it comes from`
  return { status: 401, type: 'authentication_error', message, reason: 'unauthorised' }
}

function wrongPath({ path }: Call, { upstream, account }: Target, who: string): Misconfigured['message'] {
  const address = upstream.address?.(account)
  if (!address) return (said: string) => `${who} has no such path${said}. Check its base URL`
  return (said: string) =>
    `the base URL of ${who} is wrong: ${address.url}${path} does not exist${said}. Correct ${address.option}; \`agproxy check --probe\` tries it`
}

/** What says no more than that there is nothing there: `404 NOT_FOUND`, `404 page not found`, `Method Not Allowed`. */
const NOTHING_THERE = new Set(
  'error http https status code not found no such the this that request requested page path route resource endpoint url uri api file could can was is be does exist cannot on server method allowed post get nginx apache detail sorry we'.split(
    ' ',
  ),
)
/** What speaks of the path that was called. */
const ABOUT_PATH = /\/v1\/messages|\b(?:url|uri|route|path)\b|\bcannot (?:post|get)\b/i

/**
 * z.ai answers an unknown path with 200 and `{"code":500,"msg":"404 NOT_FOUND","success":false}`, others with a web page, a
 * line of a router, or 405 where only pages are served.
 */
function isWrongPath({ status }: Reply, { message = '' }: UpstreamWords): boolean {
  if (isAboutModel(message)) return false
  const isNotFound = status === 404 || status === 405 || /^\W*404\b/.test(message)
  const words = message.toLowerCase().match(/[a-z]+/g) ?? []
  return isNotFound && (words.every((word) => NOTHING_THERE.has(word)) || ABOUT_PATH.test(message))
}

function isAboutModel(message: string, model?: string): boolean {
  return /\bmodels?\b|模型/i.test(message) || (model !== undefined && message.includes(model))
}

/** Words at which Claude Code 2.1.330 shows a text of its own, about the user's key, instead of the error. */
const ITS_OWN: readonly (readonly [RegExp, string])[] = [
  [/x-api-key/gi, 'API key'],
  [/credit balance is too low/gi, 'credit balance is not enough'],
  [/organization has been disabled/gi, 'organization is disabled'],
]

/** The upstream's words, to go on in a sentence of ours; empty where it said nothing. */
export function quoted({ message, code }: UpstreamWords): string {
  if (message === undefined) return ''
  const said = ITS_OWN.reduce((text, [words, others]) => text.replace(words, others), message.trim())
  return `: ${said.replace(/\.$/, '')}${code === undefined ? '' : ` (code ${code})`}`
}
