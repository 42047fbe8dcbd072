import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A field of a zod object in a declaration file. */
const FIELD = /^( {4,})"?([\w-]+)"?: (?:z|import\("zod"\))\./
/** From here on the fields are those of a plugin's options, or of a schema of the config. */
const PLUGIN = /(?:PluginFactory|PluginDefinition|PluginSpec|NamedFactory|Definition)<"([\w-]+)", /g
const SCHEMA = /^export declare const (\w+Schema): /
/** Spaces before the fields of the outermost object. */
const OUTERMOST = 4

/**
 * Puts the comments of the options back into the declaration files: TypeScript 7 leaves them out of types that it infers, and an editor
 * shows nothing else of an option.
 * @param {string} outdir
 */
export function keepComments(outdir) {
  const comments = commentsOfSources()
  for (const name of readdirSync(outdir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const file = join(outdir, name)
    const text = readFileSync(file, 'utf8')
    const commented = withComments(text, comments, name.replaceAll('\\', '/'))
    if (commented !== text) writeFileSync(file, commented)
  }
}

/** @param {string} text @param {(owner: string, key: string, isOutermost: boolean) => string | undefined} comments @param {string} name */
function withComments(text, comments, name) {
  let owner = /^plugins\/([\w-]+)\//.exec(name)?.[1] ?? ''
  const lines = []
  for (const line of text.split('\n')) {
    const field = FIELD.exec(line)
    const comment = field && comments(owner, field[2], field[1].length === OUTERMOST)
    const isThere = lines.at(-1)?.trimEnd().endsWith('*/')
    if (comment && !isThere) lines.push(field[1] + comment)
    lines.push(line)
    owner = SCHEMA.exec(line)?.[1] ?? [...line.matchAll(PLUGIN)].at(-1)?.[1] ?? owner
  }
  return lines.join('\n')
}

/** Finds an option's comment in the source of the plugin, or of the schema, that it belongs to. */
function commentsOfSources() {
  const sources = new Map()
  const sourceOf = (owner) => {
    if (!sources.has(owner))
      sources.set(owner, owner.endsWith('Schema') ? schemaSource(owner) : pluginSource(owner))
    return sources.get(owner)
  }
  return (owner, key, isOutermost) => {
    const found = [...sourceOf(owner).matchAll(commentOf(key))].map(([, comment]) =>
      comment.replace(/\s*\n\s*\*\s?/g, ' '),
    )
    // Within an option, only a name that means one thing.
    return isOutermost || found.length === 1 ? found[0] : undefined
  }
}

/** @param {string} key */
const commentOf = (key) => new RegExp(`(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)\\s*\\n\\s*'?${key}'?:`, 'g')

/** @param {string} name */
function schemaSource(name) {
  const text = readFileSync('core/config/schema.ts', 'utf8')
  return (
    new RegExp(`^export const ${name} = [\\s\\S]*?(?=^(?:export )?const |(?![\\s\\S]))`, 'm').exec(
      text,
    )?.[0] ?? ''
  )
}

/** @param {string} name */
function pluginSource(name) {
  const folder = join('plugins', name)
  return sourceOfFolder(name && existsSync(folder) ? folder : join('plugins', 'anthropic-compatible'))
}

/** @param {string} folder */
export function sourceOfFolder(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}
