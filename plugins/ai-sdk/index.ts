import {
  type Call,
  defineUpstream,
  type PluginContext,
  type PluginSpec,
  Reply,
  type UpstreamHooks,
  type z,
} from '../../core/index.js'
import { errorBody, mapModel, namedModels } from '../../core/kit.js'
import { type Options, options } from './options.js'
import { findPackage } from './package.js'
import { isProvider } from './provider.js'
import { Sender } from './send.js'

type Input = z.input<Options>

/**
 * Any provider of the AI SDK as an upstream: requests of the Messages API become calls of a language model, and its stream
 * the events of the API. `provider` is a package's factory, called once for each account with its key, its base URL and a
 * `fetch` over the gateway's connections; the package's name; or a provider that is made already.
 *
 * @throws TypeError when the name is missing or not lower case with dashes
 * @example
 * aiSdk({ name: 'gemini', provider: createGoogleGenerativeAI, models: { 'claude-*': 'gemini-3-pro' } })
 */
export function aiSdk<const Name extends string>(
  given: Input & { readonly name: Name },
): PluginSpec<Name, Options> {
  const { name, ...rest } = given
  return defineUpstream({ name, options, create: (context) => upstream(context) })(rest)
}

function upstream(context: PluginContext<z.output<Options>>): UpstreamHooks {
  const { name, options, transport, estimate } = context
  const { models, contextWindows, provider } = options
  const targets = new Set(Object.values(models))
  // The provider's own names are listed, so a client that asks for one gets it, whatever `*` says.
  const own = (model: string) =>
    targets.has(model) && !Object.hasOwn(models, model) ? model : (mapModel(models, model) ?? model)
  const contextWindow = (model: string) => mapModel(contextWindows, own(model))
  const sender = new Sender({ ...options, name, transport, estimate, contextWindow })

  return {
    // The mapping itself leaves `cache_control` out and joins neighbours.
    accepts: { countTokens: false, sealedThinking: true },
    needsKey: options.needsKey ?? !isProvider(provider),
    contextWindow,
    models: () => [...new Set([...namedModels(models), ...targets])].map((id) => ({ id })),
    async setup() {
      const account = context.accounts.all().find(({ upstream }) => upstream === name)
      if (account) await sender.check(account, [...targets][0] ?? 'model')
      else if (typeof provider === 'string') await findPackage(provider)
    },
    async send(call: Call) {
      if (call.route === 'count-tokens')
        return Reply.json(errorBody('not_found_error', `${name} does not count tokens`), { status: 404 })
      const model = call.target!.model ?? own(call.model)
      const reply = await sender.send(call, model)
      if (model === call.model) return reply
      call.record.facts.mappedModel = model
      return reply.with({ headers: { 'x-mapped-model': model } })
    },
  }
}
