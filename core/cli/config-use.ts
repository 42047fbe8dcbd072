/** What a plugin is imported as, and from where. */
export interface Used {
  readonly identifier: string
  readonly from: string
}

const OPENING = /^\ufeff?export default (?:defineConfig\()?\{[ \t]*$/gm
const IMPORT = /^\ufeff?(?:import\b.*|\}) from ['"][^'"]+['"];?[ \t]*$/gm

/**
 * A config's source with a plugin in `use`; undefined where a look at the text does not make certain what an edit would do:
 * CommonJS, a spread that may bring its own `use`, an object that is made elsewhere, a name that is taken.
 */
export function withUse(source: string, { identifier, from }: Used): string | undefined {
  const code = source.replace(/^[ \t]*\/\/.*$/gm, '')
  const openings = [...source.matchAll(OPENING)]
  if (openings.length !== 1 || /\.\.\.|\/\*|`/.test(code)) return undefined
  if (new RegExp(`\\b${identifier}\\b`).test(code)) return undefined
  const used = withEntry(source, code, openings[0]!, identifier)
  return used && withImport(used, `import { ${identifier} } from '${from}'`)
}

function withEntry(
  source: string,
  code: string,
  opening: RegExpExecArray,
  identifier: string,
): string | undefined {
  const newline = source.includes('\r\n') ? '\r\n' : '\n'
  const end = opening.index + opening[0].length
  const mentions = code.match(/\buse\b\s*['"]?\s*[:,}(]/g) ?? []
  if (mentions.length === 0)
    return `${source.slice(0, end)}${newline}  use: [${identifier}],${source.slice(end)}`
  const list = /^( {2}|\t)use: \[[ \t]*/m.exec(source.slice(end))
  if (mentions.length > 1 || !list) return undefined
  const at = end + list.index + list[0].length
  const rest = source.slice(at)
  const comma = /^\s*\]/.test(rest) ? '' : /^\r?\n/.test(rest) ? ',' : ', '
  return `${source.slice(0, at)}${identifier}${comma}${rest}`
}

function withImport(source: string, line: string): string {
  const newline = source.includes('\r\n') ? '\r\n' : '\n'
  const last = [...source.matchAll(IMPORT)].at(-1)
  if (last) {
    const end = last.index + last[0].length
    return `${source.slice(0, end)}${newline}${line}${source.slice(end)}`
  }
  const start = source.startsWith('\ufeff') ? 1 : 0
  return `${source.slice(0, start)}${line}${newline}${source.slice(start)}`
}
