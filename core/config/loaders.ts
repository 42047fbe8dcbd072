import { ConfigError } from '../errors/config-error.js'
import { readFileAt } from '../files/read.js'
import { importFresh } from './fresh-modules.js'
import { decodeText } from './text.js'

// To cosmiconfig null means that there is no config here and the search goes on; an empty config is undefined. The text
// that it hands to loaders was read as UTF-8, byte order mark included.

/** Modules that a config gets from the running gateway instead of from disk: `{ agproxy, 'agproxy/plugins', … }`. */
export type VirtualModules = Readonly<Record<string, unknown>>

/**
 * TypeScript and JavaScript, through jiti: cosmiconfig's own TypeScript loader can neither import relative `.ts` files
 * nor run with TypeScript 7. No caches, so that a reload sees changes in imported files too.
 */
export function codeLoader(modules: () => Promise<VirtualModules>) {
  return async (file: string): Promise<unknown> => {
    let loaded: Record<string, unknown>
    try {
      const source = decodeText(readFileAt(file))
      loaded = (await importFresh(file, source, { virtualModules: { ...(await modules()) } })) as never
    } catch (error) {
      // Wrapped, because cosmiconfig takes an ENOENT thrown inside a config for a missing config and looks on.
      throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message: whatFailed(error, file) }], file)
    }
    // jiti's proxy mends `default` for packages; for a config it would hide that there is none.
    const exported = Object.getOwnPropertyDescriptor(loaded, 'default')
    if (exported) return (await (exported.get ? exported.get() : exported.value)) ?? undefined
    if (Object.hasOwn(loaded, '__esModule')) {
      const names = Object.keys(loaded)
      const found = names.length > 0 ? `exports ${names.join(', ')} but no default` : 'exports nothing'
      throw new ConfigError(
        [{ code: 'AGP_CONFIG_FILE', message: `${found}; export the config object as default` }],
        file,
      )
    }
    if (Object.keys(loaded).length === 0) return undefined
    return loaded
  }
}

/** jiti: `ParseError: … \n /path/agproxy.config.ts:3:2`; anything else is what the config itself threw. */
function whatFailed(error: unknown, file: string): string {
  const { message, stack } = Object(error) as Partial<Error>
  const text = message ?? String(error)
  const syntax = /ParseError: (.*?)\s*\n\s*(.+?):(\d+):\d+\s*$/s.exec(text)
  if (syntax) return `syntax error${placeOf(syntax[2]!, syntax[3]!, file)}: ${firstLine(syntax[1]!)}`
  // `(0 , _agproxy.defineConfg) is not a function`
  const plain = firstLine(text).replace(/\(0 ?, _\w+\.(\w+)\)/g, '$1')
  const frame = stack?.split('\n').find((line) => line.includes(`${file}:`))
  const line = frame && /:(\d+):\d+\)?$/.exec(frame)?.[1]
  return `failed to load${line ? ` (line ${line})` : ''}: ${plain}`
}

function placeOf(where: string, line: string, file: string): string {
  return where === file ? ` in line ${line}` : ` in ${where}, line ${line}`
}

const firstLine = (text: string) => text.split('\n')[0]!.trim()

/** Own, because every JSON parser's message quotes the text around the fault, which may be a key. */
export async function jsonLoader(file: string): Promise<unknown> {
  const text = decodeText(readFileAt(file))
  try {
    return JSON.parse(text) ?? undefined
  } catch (error) {
    const { reason, index } = jsonFault((error as Error).message, text)
    const line = index === undefined ? '' : ` in line ${text.slice(0, index).split('\n').length}`
    throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message: `not valid JSON${line}: ${reason}` }], file)
  }
}

/**
 * V8 says either `… in JSON at position 25`, or `Unexpected token 's', ..."piKey": sk-12345"... is not valid JSON`
 * with ten characters to each side of the fault.
 */
function jsonFault(message: string, text: string): { reason: string; index: number | undefined } {
  const position = /^(.*?) in JSON at position (\d+)/s.exec(message)
  if (position) return { reason: position[1]!, index: Number(position[2]) }
  const quoted = /^(Unexpected token '.+?'), (\.{3})?"(.*)"(?:\.{3})? is not valid JSON$/s.exec(message)
  if (!quoted) return { reason: firstLine(message), index: text.length }
  const start = text.indexOf(quoted[3]!)
  return { reason: quoted[1]!, index: start < 0 ? undefined : start + (quoted[2] ? 10 : 0) }
}

export async function yamlLoader(file: string): Promise<unknown> {
  const text = decodeText(readFileAt(file))
  const { defaultLoaders } = await import('cosmiconfig')
  try {
    return (await defaultLoaders['.yaml'](file, text)) ?? undefined
  } catch (error) {
    // js-yaml's message shows the lines around the fault, and with them keys; its reason does not.
    const { reason, mark } = error as { reason?: string; mark?: { line: number } }
    const line = mark ? ` in line ${mark.line + 1}` : ''
    throw new ConfigError(
      [{ code: 'AGP_CONFIG_FILE', message: `not valid YAML${line}: ${reason ?? 'it cannot be read'}` }],
      file,
    )
  }
}
