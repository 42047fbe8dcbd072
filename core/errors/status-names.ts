import { STATUS_CODES } from 'node:http'

/**
 * What upstreams call an error, in letters alone, and the HTTP status that it means; the first that fits counts. The names
 * are those of OpenAI, Google's gRPC, AWS, DashScope, Moonshot, vLLM and LiteLLM: `rate_limit`, `RESOURCE_EXHAUSTED`,
 * `ThrottlingException`, `InvalidApiKey`, `exceeded_current_quota_error`, `BadRequestError`.
 */
const BY_NAME: readonly (readonly [name: RegExp, status: number])[] = [
  [/ratelimit|throttl|toomanyrequests|resourceexhausted|quota/, 429],
  [/overload|serverbusy/, 529],
  [/unavailable|notready/, 503],
  [/billing|arrear|balance|payment|insufficient(funds|credit)/, 402],
  [/authenticat|unauthori[sz]ed|apikey|accesskey|invalidtoken/, 401],
  [/permission|forbidden|accessdenied|accessterminated/, 403],
  [/notfound|nosuch|notexist/, 404],
  [/toolarge/, 413],
  [/timeout|timedout|deadline/, 504],
  [/invalid|badrequest|validation|unprocessable|unsupported|notsupported|toolong|contextlength/, 400],
  [/malformed|missing|failedprecondition|datainspection|contentfilter|sensitive/, 400],
  [/badgateway|badresponse|upstream/, 502],
  [/internal|server|apierror/, 500],
]

/** Longer texts are no names. */
const LONGEST_NAME = 80

export function statusOfName(name: unknown): number | undefined {
  if (typeof name !== 'string' || name.length > LONGEST_NAME) return undefined
  const letters = lettersOf(name)
  return BY_NAME.find(([pattern]) => pattern.test(letters))?.[1]
}

/** MiniMax's `base_resp.status_code` (https://platform.minimax.io/docs/api-reference/errorcode, November 2026). */
const MINIMAX: ReadonlyMap<number, number> = new Map([
  [1000, 500],
  [1001, 504],
  [1002, 429], // requests a minute
  [1004, 401],
  [1008, 402], // balance
  [1013, 500],
  [1024, 500],
  [1026, 400], // the prompt is sensitive
  [1027, 400], // the answer would be
  [1033, 500],
  [1039, 429], // tokens a minute
  [1041, 429],
  [2013, 400],
  [2049, 401],
  [2056, 429], // the plan's window is used up
])

export function statusOfMiniMax(code: unknown): number | undefined {
  return MINIMAX.get(Number(code))
}

/** `404 NOT_FOUND` (z.ai under code 500), `429 Too Many Requests`, `<400> InternalError.Algo…` (DashScope). */
export function statusLine(message: string): number | undefined {
  const [, bracketed, bare, rest] = /^\s*(?:<([45]\d\d)>|([45]\d\d)[\s:_-]+(.{0,40}))/s.exec(message) ?? []
  if (bracketed) return Number(bracketed)
  if (!bare) return undefined
  const reason = lettersOf(STATUS_CODES[bare] ?? '')
  return reason !== '' && lettersOf(rest!).startsWith(reason) ? Number(bare) : undefined
}

/** A message that is a status's own phrase and nothing else: FastAPI's `{"detail":"Not Found"}`. */
export function statusOfPhrase(message: string): number | undefined {
  return message.length <= LONGEST_NAME ? BY_PHRASE.get(lettersOf(message)) : undefined
}

const BY_PHRASE: ReadonlyMap<string, number> = new Map([
  ['notauthenticated', 401], // FastAPI's
  ...Object.entries(STATUS_CODES)
    .filter(([status]) => Number(status) >= 400)
    .map(([status, phrase]) => [lettersOf(phrase!), Number(status)] as const),
])

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '')
}
