import {
  type Elsewhere,
  type EndpointRequest,
  GatewayError,
  Reply,
  type Resend,
  type Side,
} from '../../core/index.js'
import { answerText, isRecord, sideOf } from '../../core/kit.js'
import type { Entry } from './entry.js'
import type { Money } from './money.js'
import { notKept } from './parts.js'
import { rowOf } from './views.js'

/** What `POST /_agproxy/api/requests/{id}/resend` answers, in the form of `agproxy resend --json`. */
export interface ResendAnswer {
  readonly before: Side
  readonly now: Side
}

/** Sends a kept request once more, to what the body names: `{"model":"glm-5.3"}`. */
export async function resendReply(
  entry: Entry,
  request: EndpointRequest,
  { resend, money }: { readonly resend: Resend; readonly money: Money },
): Promise<Reply> {
  const to = elsewhereOf(request.json())
  const { id, route, bodies } = entry
  if (route !== 'messages') throw refused(`${id} is no request for messages`)
  if (!bodies?.request) throw notKept(id, 'request')
  const { request: body, headers = {}, query, answer } = bodies
  await money.load()
  const row = rowOf(entry, money)
  const before = sideOf(
    { ...row, model: row.mappedModel ?? row.model },
    answerText(answer?.toString('utf8') ?? ''),
  )
  const { session, agent, parentAgent, agentType, prompt, labels } = entry.facts
  const client = { session, agent, parentAgent, agentType, prompt, labels }
  const now = await resend({ body, headers, query, client }, to, request.signal)
  const told: ResendAnswer = { before, now }
  return Reply.json(told)
}

const FIELDS = ['model', 'upstream', 'account'] as const
const LONGEST = 200

function elsewhereOf(body: unknown): Elsewhere {
  if (!isRecord(body)) throw refused('the body must be an object')
  const unknown = Object.keys(body).find((name) => !(FIELDS as readonly string[]).includes(name))
  if (unknown !== undefined)
    throw refused(`unknown field '${unknown.slice(0, 40)}'; there are ${FIELDS.join(', ')}`)
  const given = Object.entries(body)
  if (given.length === 0) throw refused(`say where to: one of ${FIELDS.join(', ')}`)
  for (const [name, value] of given)
    if (typeof value !== 'string' || value === '' || value.length > LONGEST)
      throw refused(`${name}: expected a name of at most ${LONGEST} characters`)
  return body as Elsewhere
}

function refused(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_BODY_INVALID', retry: false })
}
