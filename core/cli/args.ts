import { parseArgs } from 'node:util'
import type { ArgsDef } from 'citty'
import { nearest } from '../errors/nearest.js'
import { CommandLineError } from './usage-error.js'

/**
 * Refuses what citty would let pass: unknown flags, flags without their value, stray words. What follows `--` is
 * the client's, where a command takes such.
 */
export function checkArgs(
  command: string,
  rawArgs: readonly string[],
  flags: ArgsDef,
  takesRest: boolean,
): void {
  const end = rawArgs.indexOf('--')
  const own = end < 0 ? rawArgs : rawArgs.slice(0, end)
  if (end >= 0 && !takesRest) throw new CommandLineError(`${command} takes nothing after --`)

  const named = Object.entries(flags).filter(([, { type }]) => type !== 'positional')
  let words = Object.keys(flags).length - named.length
  const options = named.map(([name, { type, ...rest }]) => {
    const short = (rest as { alias?: string }).alias
    return [name, { type: type === 'boolean' ? 'boolean' : 'string', ...(short && { short }) }] as const
  })
  const known = Object.fromEntries(options)
  const { tokens } = parseArgs({ args: [...own], options: known, strict: false, tokens: true })
  const names = options.map(([name]) => `--${name}`)
  const rest = takesRest ? '; arguments for the client stand after --' : ''

  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (words-- > 0) continue
      throw new CommandLineError(`${command} does not know what to do with '${token.value}'${rest}`)
    }
    if (token.kind !== 'option') continue
    const flag = known[token.name]
    if (!flag) {
      const hint = nearest(token.rawName, names)
      throw new CommandLineError(
        `unknown flag ${token.rawName} for ${command}${hint.replace(/\?$/, '')}; it takes ${names.join(', ') || 'no flags'}${rest}`,
      )
    }
    if (flag.type === 'string' && !token.value) throw new CommandLineError(`${token.rawName} needs a value`)
    if (flag.type === 'boolean' && token.value !== undefined) {
      throw new CommandLineError(`${token.rawName} takes no value`)
    }
  }
}
