import { Reply } from '../../core/index.js'
import { errorBody, typeOfStatus, wordsOfText } from '../../core/kit.js'

/** AWS's names of errors whose status says something else than it means. */
const STATUSES: Readonly<Record<string, number>> = {
  ModelErrorException: 500,
  ModelNotReadyException: 503,
  ModelTimeoutException: 504,
}

/** What to do about words that don't say it. */
const HINTS: readonly (readonly [words: RegExp, hint: string])[] = [
  [
    /on-demand throughput isn.t supported|model identifier is invalid/i,
    'name the model as Bedrock does, mostly with a profile before it (`us.anthropic.…`), in the option `models` of this upstream',
  ],
  [
    /security token.{0,40}expired|ExpiredToken/i,
    'give the account new credentials, or a function that returns them',
  ],
  [
    /signature we calculated does not match/i,
    'an apiKey is ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN for temporary ones; `region` must be that of the address',
  ],
  [/don.t have access to the model/i, 'ask for access to the model in the console of Bedrock'],
]

/** AWS's `{"message": "…"}` as an error of the Messages API. */
export async function errorOf(reply: Reply): Promise<Reply> {
  const text = await reply.text()
  const name = /^\w+/.exec(reply.header('x-amzn-errortype') ?? '')?.[0]
  const said = wordsOfText(text).message ?? name ?? `status ${reply.status}`
  const hint = HINTS.find(([words]) => words.test(`${name} ${said}`))?.[1]
  const status = STATUSES[name ?? ''] ?? reply.status
  const headers = { ...reply.headers, 'content-type': 'application/json', 'content-length': undefined }
  const body = errorBody(typeOfStatus(status), hint ? `${said} (${hint})` : said)
  return Reply.json(body, { status, headers })
}
