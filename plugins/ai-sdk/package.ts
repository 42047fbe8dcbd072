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

/**
 * The factory that a package exports: the one that is named, else its first `create…`.
 *
 * @throws SetupError when it is not installed, can't be loaded or has no such export
 */
export async function loadFactory(reference: string): Promise<Factory> {
  const [, name = reference, wanted] = REFERENCE.exec(reference) ?? []
  const exported = await load(name, await findPackage(reference))
  const factories = Object.keys(exported).filter((key) => /^create[A-Z]/.test(key))
  const value = exported[wanted ?? factories[0] ?? '']
  if (typeof value === 'function') return value as Factory
  const others = factories.length > 0 ? `; it exports ${factories.join(', ')}` : ''
  throw new SetupError(`the package ${name} exports no ${wanted ?? 'create… function'}${others}`)
}

async function load(name: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(file.startsWith('file:') ? file : pathToFileURL(file).href)
  } catch (cause) {
    throw new SetupError(`the package ${name} can't be loaded: ${firstLine(cause)}`, { cause })
  }
}

/** Of what foreign code threw. */
export function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0]!
}
