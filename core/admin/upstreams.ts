import type { Accepts, KnownFact, LearnedFacts } from '../contract/accepts.js'
import type { Upstreams } from '../contract/services.js'
import type { Precedence } from '../contract/upstream.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { nearest } from '../errors/nearest.js'
import { Reply } from '../exchange/reply.js'

/** What `GET /_agproxy/api/upstreams` answers. */
export interface UpstreamsAnswer {
  readonly upstreams: readonly UpstreamAnswer[]
}

export interface UpstreamAnswer {
  readonly name: string
  readonly precedence: Precedence
  /** Whatever the model, all of it. */
  readonly accepts: Accepts
  /** What differs from the defaults, and where that is known from; what comes later overrules. */
  readonly known: readonly {
    readonly accepts: Partial<Accepts>
    /** A pattern of its own names of models; null: all. */
    readonly models: string | null
    readonly source: string | null
  }[]
  readonly learned: readonly {
    readonly model: string
    readonly accepts: Partial<Accepts>
    readonly why: string
    /** RFC 3339. */
    readonly until: string
  }[]
}

/** What each upstream takes, what of it was learned, and until when. */
export function upstreamsReply(upstreams: Upstreams, learned: LearnedFacts): Reply {
  const answer: UpstreamsAnswer = {
    upstreams: upstreams.list().map(({ name, precedence, accepts, known }) => ({
      name,
      precedence,
      accepts,
      known: known.map(knownAnswer),
      learned: learned.list(name).map(({ model, accepts, why, expires }) => ({
        model,
        accepts,
        why,
        until: new Date(expires).toISOString(),
      })),
    })),
  }
  return Reply.json(answer)
}

const knownAnswer = ({ accepts, models, source }: KnownFact) => ({
  accepts,
  models: models ?? null,
  source: source ?? null,
})

/** Forgets what was learned about an upstream: `{"name":"zai","forgotten":2}`. */
export function forgetReply(upstreams: Upstreams, learned: LearnedFacts, name: string): Reply {
  const forgotten = learned.forget(name)
  if (forgotten === 0 && !upstreams.get(name)) {
    const names = upstreams.list().map((upstream) => upstream.name)
    const message = `no upstream '${name}'${nearest(name, names)}; there are ${names.join(', ') || 'none'}`
    throw new GatewayError('not_found_error', message, { code: 'AGP_NO_UPSTREAM', status: 404, retry: false })
  }
  return Reply.json({ name, forgotten })
}
