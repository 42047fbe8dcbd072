import type { z } from 'zod'
import type { InputOf, PluginFactory, PluginSpec } from '../contract/plugin.js'

/** A factory of an upstream under its usual name. `name` makes a further instance beside the first. */
export type NamedFactory<Name extends string, Schema extends z.ZodType> = PluginFactory<Name, Schema> &
  (<const Own extends string>(options: InputOf<Schema> & { readonly name: Own }) => PluginSpec<Own, Schema>)

/** @throws TypeError, when it is called, for a name that is not lower case with dashes */
export function namedUpstream<const Name extends string, Schema extends z.ZodType>(
  usual: Name,
  make: <const Own extends string>(name: Own) => PluginFactory<Own, Schema>,
): NamedFactory<Name, Schema> {
  const base = make(usual)
  const factory = ({ name, ...options }: { readonly name?: string } = {}) =>
    name === undefined ? base(options as InputOf<Schema>) : make(name)(options as InputOf<Schema>)
  // With the marks of a factory, so that it can be in `use` without being called.
  return Object.defineProperties(factory, Object.getOwnPropertyDescriptors(base)) as NamedFactory<
    Name,
    Schema
  >
}
