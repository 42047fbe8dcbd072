import {
  type Accounts,
  type Call,
  definePlugin,
  GatewayError,
  type Next,
  type Reply,
  UpstreamError,
  type Upstreams,
} from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { options } from './options.js'
import { type Destination, Router } from './route.js'
import { Stays } from './stays.js'

/**
 * Sends requests to models and upstreams by what they are: aliases and patterns of models, the class of the request, the agent, the
 * prompt's size, thinking. A session stays where it was sent until the user's next prompt.
 */
export const modelMap = definePlugin({
  name: 'model-map',
  phase: 'request',
  routes: FORWARDED_ROUTES,
  before: 'retry-rotate',
  optIn: true,
  touches: ['model'],
  options,
  create: ({ name, options, upstreams, accounts, estimate, state }) => {
    const router = new Router(options, upstreams, estimate)
    const stays = new Stays(state)
    return {
      async handle(call, next) {
        const to = stays.of(call) ?? (await router.route(call))
        if (!to) return next(call)
        for (const destination of to) check(destination, upstreams, accounts)
        for (let i = 0; i < to.length - 1; i++) {
          const reply = await served(sentTo(call, to[i]!, 'now', name), next)
          if (reply) {
            stays.set(call, to.slice(i))
            return reply
          }
        }
        stays.set(call, to.slice(-1))
        return next(sentTo(call, to.at(-1)!, true, name))
      },
    }
  },
})

/** Names unknown upstreams and accounts: they are known only when all plugins are set up. */
function check({ upstream, account }: Destination, upstreams: Upstreams, accounts: Accounts): void {
  if (upstream !== undefined) upstreams.expect(upstream)
  const ids = accounts.all().map(({ id }) => id)
  if (account === undefined || ids.includes(account)) return
  throw new GatewayError('api_error', `model-map: no account '${account}'; there are ${ids.join(', ')}`, {
    code: 'AGP_UNKNOWN_ACCOUNT',
    retry: false,
  })
}

function sentTo(
  call: Call,
  { account, upstream, model }: Destination,
  only: true | 'now',
  name: string,
): Call {
  const where = [model, upstream && `at ${upstream}`, account && `by ${account}`].filter(Boolean).join(' ')
  call.record.note(name, where)
  // A name that one upstream knows is of no use at another.
  return call.prefer({ account, upstream, model, only })
}

/** The answer, or undefined where the next destination may have a better one: what only the client can mend goes to the client. */
async function served(call: Call, next: Next): Promise<Reply | undefined> {
  try {
    const reply = await next(call)
    if (!isElsewhereBetter(reply.status)) return reply
    reply.discard()
    return undefined
  } catch (error) {
    const status = GatewayError.is(error) || UpstreamError.is(error) ? error.status : undefined
    // An account's own trouble has another status for Claude Code, which would take it for its login.
    if (status === undefined || !(isElsewhereBetter(status) || status === SHOWN)) throw error
    return undefined
  }
}

const SHOWN = 424

function isElsewhereBetter(status: number): boolean {
  return [401, 402, 403, 404, 408, 409, 429].includes(status) || status >= 500
}
