import {
  bytes,
  definePlugin,
  type Endpoint,
  type EndpointRequest,
  GatewayError,
  type Plugin,
  Reply,
  slot,
  z,
} from '../../core/index.js'
import { FORWARDED_ROUTES, watchReply } from '../../core/kit.js'
import { bodiesOf, Capture } from './bodies.js'
import { CacheDoctor } from './cache-doctor.js'
import { cacheOf } from './cache-list.js'
import { cassetteReply } from './cassette.js'
import { Entry } from './entry.js'
import { errorsOf } from './errors.js'
import { Estimates } from './estimates.js'
import { listOf } from './list.js'
import { Live } from './live.js'
import { Money } from './money.js'
import { nowOf } from './now.js'
import { Official } from './official.js'
import { Pace } from './pace.js'
import { partOf } from './parts.js'
import { promptText } from './prompt-text.js'
import { resendReply } from './resend.js'
import { Ring } from './ring.js'
import { sentTokens } from './sent-tokens.js'
import { sessionsOf } from './sessions.js'
import { detailsOf, rowOf } from './views.js'
import { Watch, Watching } from './watch.js'

const NAME = 'trace'

/** Keeps what happened to each of the last requests, and answers the operator's questions about them. */
export const trace = definePlugin({
  name: NAME,
  phase: 'request',
  routes: FORWARDED_ROUTES,
  options: z.strictObject({
    /** Requests that are kept. Default: 500. */
    size: z.int().min(1).max(10_000).default(500),
    /** Memory that they may take together; the oldest go first. Default: 32 MB. */
    memory: bytes().prefault('32mb'),
    /** Keeps what was asked and answered, and shows the words in changes; never keys, nor `metadata.user_id`. Default: false. */
    bodies: z.boolean().default(false),
    /** Asks Anthropic why a prompt cache missed (`diagnostics.previous_message_id`), and shows it beside our verdict. Default: false. */
    diagnostics: z.boolean().default(false),
  }),
  create: ({ options, logger, state, prices, accounts, resend }): Plugin => {
    const money = new Money(prices, accounts, logger)
    const official = options.diagnostics ? new Official(accounts) : undefined
    const known = keptWith(state)
    const { ring, live, estimates, doctor } = known
    live.now = () => nowOf(accounts)
    ring.resize(options.size, options.memory)
    const pace = new Pace()
    const watched = slot(() => ({ first: true, watch: undefined as Watch | undefined }))
    const capture = slot(() => new Capture())
    const warned = new Set<string>()
    const warn = (plugin: string, paths: readonly string[]) => {
      if (warned.has(plugin)) return
      warned.add(plugin)
      const words = `plugin '${plugin}' changes ${paths.slice(0, 5).join(', ')}, which its \`touches\` does not name`
      logger.warn({ changes: plugin }, words)
    }
    const all = new Watching({ texts: options.bodies }, options.bodies, warn)
    const find = (id: string) => {
      const entry = ring.get(id) ?? ring.entries.findLast(({ facts }) => facts.upstreamRequestId === id)
      if (entry) return entry
      const message = `no request '${id.slice(0, 60)}' among the last ${options.size} of this process`
      throw new GatewayError('not_found_error', message, { code: 'AGP_UNKNOWN_REQUEST', retry: false })
    }
    const priced = (path: string, answer: (request: EndpointRequest) => object) =>
      admin(path, async (request) => {
        await money.load()
        return Reply.json(answer(request))
      })
    return {
      onStep(step, call) {
        const own = watched(call)
        if (step.position === 0) {
          const { facts } = call.record
          if (facts.requestBytes !== undefined)
            facts.estimatedTokens ??= estimates.of(call.model, facts.requestBytes)
          if (own.first && (options.bodies || pace.allows())) own.watch = new Watch(all)
          own.first = false
          if (!own.watch) return false
        }
        own.watch?.add(step, call)
        return undefined
      },
      ...((options.bodies || official) && {
        handle: async (call, next) => {
          const reply = await next(official?.ask(call) ?? call)
          const seen = official && reply.ok ? watchReply(reply, official.watcher(call)) : reply
          return options.bodies ? watchReply(seen, capture(call)) : seen
        },
      }),
      onFinish(record, head) {
        const own = watched(head)
        const { watch, first: isResent } = own // the operator sends it again, past the chain's beginning
        own.watch = undefined // a record may be kept for long, its calls not
        watch?.end()
        const { facts, attempts } = record
        const answer = attempts.at(-1)
        const isMessage = head.route === 'messages'
        const sent = isMessage ? sentTokens(answer) : undefined
        if (sent && facts.model !== undefined && facts.requestBytes)
          estimates.learn(facts.model, facts.requestBytes, sent)
        const passages = watch?.passages.filter(({ plugin }) => plugin !== NAME) ?? []
        const verdict =
          isMessage && !isResent ? doctor.look(facts, answer, watch?.sent, passages, all.shown) : undefined
        const told = official?.verdict(head)
        const cache =
          verdict && told
            ? () => ({ ...(typeof verdict === 'function' ? verdict() : verdict), official: told })
            : verdict
        const bodies = options.bodies ? bodiesOf(watch?.first, capture(head), head.headers) : undefined
        const text = watch?.first?.body && promptText(watch.first.body)
        const entry = new Entry(record, head, passages, cache, bodies, text)
        ring.add(entry)
        live.add(entry)
      },
      endpoints: [
        priced('/requests', ({ query }) => listOf(ring.entries, query, money)),
        priced('/requests/:id', ({ params, query }) => detailsOf(find(params.id!), money, query)),
        admin('/requests/:id/body', ({ params, query }) => Reply.json(partOf(find(params.id!), query))),
        admin('/requests/:id/cassette', ({ params }) => cassetteReply(find(params.id!), accounts)),
        {
          ...admin('/requests/:id/resend', (request) =>
            resendReply(find(request.params.id!), request, { resend, money }),
          ),
          method: 'POST',
        },
        admin('/errors', () => Reply.json(errorsOf(ring.entries))),
        priced('/sessions', () => ({ sessions: sessionsOf(ring.entries, money) })),
        priced('/cache', () => ({ sessions: cacheOf(ring.entries, money) })),
        admin('/live', async () => {
          await money.load()
          return live.reply((entry) => rowOf(entry, money))
        }),
      ],
      onRetire: () => live.end(),
      dispose() {
        if (--known.chains > 0) return
        kept.delete(state)
        ring.resize(0, 0)
        doctor.clear()
      },
    }
  },
})

/**
 * What is known outlives a reload, as the state store does, so that the request before a change of the config can be asked for. It goes
 * with the last chain: a program that opens and closes gateways would keep 5 MB of each.
 */
function keptWith(state: object): Known {
  let found = kept.get(state)
  if (!found) {
    found = {
      ring: new Ring(),
      live: new Live(),
      estimates: new Estimates(),
      doctor: new CacheDoctor(),
      chains: 0,
    }
    kept.set(state, found)
  }
  found.chains++
  return found
}

interface Known {
  readonly ring: Ring
  readonly live: Live
  readonly estimates: Estimates
  readonly doctor: CacheDoctor
  /** Of this gateway, that are not disposed of. */
  chains: number
}

const kept = new WeakMap<object, Known>()

function admin(path: string, handle: Endpoint['handle']): Endpoint {
  return { method: 'GET', path: `/_agproxy/api${path}`, access: 'admin', handle }
}
