import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What a provider package's factory takes: `settings` of the config, and what the gateway knows. */
export type Settings = Readonly<Record<string, unknown>>
export type Factory = (settings: Settings) => unknown

/** A provider that can't be used as it is configured; the message says why, and what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** `@ai-sdk/google`, or `package#createName` where a package has several factories. */
const REFERENCE = /^([^#]+)(?:#(\w+))?$/

/**
 * Where a provider package is, seen from the working directory and then from agproxy itself.
 *
 * @throws SetupError that says how to install it
 */
export async function findPackage(reference: string): Promise<string> {
  const { createJiti } = await import('jiti')
  const [, name = reference] = REFERENCE.exec(reference) ?? []
  for (const base of [join(process.cwd(), 'agproxy.config.js'), fileURLToPath(import.meta.url)]) {
    const found = createJiti(base).esmResolve(name, { try: true })
    if (found) return found
  }
  throw new SetupError(`the package ${name} is not installed: npm install ${name}`)
}

/** The factory that a package exports: the one that is named, else its first `create…`. */
export async function loadFactory(reference: string): Promise<Factory> {
  const found = await findPackage(reference)
  const exported: Readonly<Record<string, unknown>> = await import(
    found.startsWith('file:') ? found : pathToFileURL(found).href
  )
  const [, name, wanted] = REFERENCE.exec(reference) ?? []
  const factory = wanted ?? Object.keys(exported).find((key) => /^create[A-Z]/.test(key))
  const value = factory === undefined ? undefined : exported[factory]
  if (typeof value === 'function') return value as Factory
  throw new SetupError(`the package ${name} exports no ${wanted ?? 'create… function'}`)
}
