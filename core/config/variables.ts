import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { Problem } from '../errors/config-error.js'
import { readFileAt, whyUnreadable } from '../files/read.js'
import { isRecord } from '../json/plain.js'
import { decodeText } from './text.js'

/** Bytes of a file that `${file:…}` names: keys and certificates are smaller. */
const FILE_LIMIT = 64 * 1024

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax itself
const OPEN = '${'
const HOW = 'write ${NAME}, ${NAME:-default} or ${file:PATH}, and $${ for ${ itself'
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax itself
const EXPRESSION = /\$\$\{|\$\{([^{}]*)\}/g
const VARIABLE = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/

export interface Filled {
  readonly value: unknown
  /** Paths of texts that are nothing but a variable, whose number or boolean is still a text. */
  readonly texts: ReadonlySet<string>
}

/**
 * A config that is data with its expressions filled in, in texts but not in keys: `${VAR}`, `${VAR:-default}` (as in a shell, also
 * for an empty variable), `${file:PATH}` (relative to `folder`, `~/` is the home folder; without the file's last line end); `$${` is
 * `${` itself. A text that is one unset variable is as if it was not written; no problem quotes a value.
 */
export function fillVariables(
  config: unknown,
  folder: string,
  env: NodeJS.ProcessEnv,
  problems: Problem[],
): Filled {
  const texts = new Set<string>()
  const done = new Map<object, unknown>() // a YAML anchor may be used any number of times

  const walk = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return value.includes(OPEN) ? fill(value, path) : value
    if (typeof value !== 'object' || value === null) return value
    if (done.has(value)) return done.get(value)
    const at = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`)
    const filled = Array.isArray(value)
      ? value.map((item, i) => walk(item, at(i)))
      : isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, at(key))]))
        : value
    done.set(value, filled)
    return filled
  }

  const fill = (text: string, path: string): string | undefined => {
    const whole = /^\$\{[^{}]*\}$/.test(text)
    let unset = false
    const filled = text.replace(EXPRESSION, (_all, inner: string | undefined) => {
      if (inner === undefined) return OPEN
      if (inner.startsWith('file:')) return contentOf(inner.slice(5), folder, path, problems)
      const [, name, fallback] = VARIABLE.exec(inner) ?? []
      if (name === undefined) {
        const message = `names no variable: ${HOW}`
        problems.push({ path, message })
        return ''
      }
      const value = env[name] || (fallback ?? env[name])
      if (value !== undefined) return value
      unset = true
      if (!whole)
        problems.push({
          path,
          message: `the variable ${name} is not set; set it, or give a default: \${${name}:-…}`,
        })
      return ''
    })
    if (whole && unset) return undefined
    if (whole) texts.add(path)
    return filled
  }
  return { value: walk(config, ''), texts }
}

function contentOf(name: string, folder: string, path: string, problems: Problem[]): string {
  const file = filePath(name, folder)
  try {
    return decodeText(readFileAt(file, FILE_LIMIT)).replace(/\r?\n$/, '')
  } catch (error) {
    problems.push({ path, message: `${file} ${whyUnreadable(error)}` })
    return ''
  }
}

/** Where `${file:NAME}` in a config of this folder leads. */
export function filePath(name: string, folder: string): string {
  return resolve(folder, name.replace(/^~(?=[/\\])/, homedir()))
}
