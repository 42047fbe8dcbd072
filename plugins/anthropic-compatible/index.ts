import type { z } from 'zod'
import { defineUpstream, type PluginFactory, type PluginSpec } from '../../core/index.js'
import { createForwarder, mappedName, type NamedFactory, namedModels, namedUpstream } from '../../core/kit.js'
import { acceptsOfEntry, type Entry } from './entry.js'
import { type Options, optionsFor } from './options.js'

type Input = z.input<Options>

/**
 * Forwards to any upstream that speaks Anthropic's protocol. Each call makes a plugin of its own, named by `name`; accounts
 * say `upstream: name`.
 *
 * @throws TypeError when the name is missing or not lower case with dashes
 */
export function anthropicCompatible<const Name extends string>(
  options: Input & { readonly name: Name; readonly baseURL: string },
): PluginSpec<Name, Options> {
  const { name, ...rest } = options
  return instance(name, {})(rest)
}

/** A ready-made upstream: what is known of it, under its own name. */
export function readyMade<const Name extends string>(name: Name, entry: Entry): NamedFactory<Name, Options> {
  return namedUpstream(name, (own) => instance(own, entry))
}

function instance<const Name extends string>(name: Name, entry: Entry): PluginFactory<Name, Options> {
  return defineUpstream({
    name,
    options: optionsFor(entry),
    create: (context) => {
      const { models, contextWindows, accepts, ...rest } = context.options
      const targets = new Set(Object.values(models))
      // The upstream's own names are listed, so a client that asks for one gets it, whatever `*` says.
      const own = (model: string) =>
        targets.has(model) && !Object.hasOwn(models, model) ? undefined : mappedName(models, model)
      const windows = Object.fromEntries(
        Object.entries(contextWindows).map(([pattern, contextWindow]) => [pattern, { contextWindow }]),
      )
      return createForwarder(
        {
          ...rest,
          name,
          mapModel: own,
          accepts: [
            ...acceptsOfEntry(entry),
            { ...accepts, source: 'config' },
            { byModel: windows, source: 'config' },
          ],
          models: () => [...new Set([...namedModels(models), ...targets])].map((id) => ({ id })),
        },
        context,
      )
    },
  })
}
