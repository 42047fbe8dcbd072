import type { Account } from '../contract/upstream.js'
import type { Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { type CleanedKey, cleanKey, faultOfKey } from '../upstream/key-text.js'
import type { Preset } from './define.js'
import { typedTexts } from './layers.js'
import type { Origin } from './resolved.js'
import { accountSchema } from './schema.js'
import { kindOf } from './words.js'
import { problemsOf } from './zod-problems.js'

export interface Accounts {
  readonly accounts: readonly Account[]
  readonly from: Origin
}

/** The config's accounts or, when it names none, those of the environment. */
export function resolveAccounts(
  raw: unknown,
  fromEnv: () => Account[],
  problems: Problem[],
  warnings: string[],
  texts?: ReadonlySet<string>,
): Accounts {
  if (raw === undefined) {
    const accounts = fromEnv()
    return { accounts, from: accounts.length > 0 ? 'env' : 'default' }
  }
  if (!Array.isArray(raw)) {
    problems.push({ path: 'accounts', message: `expected a list of accounts, found ${kindOf(raw)}` })
    return { accounts: [], from: 'config' }
  }
  const entries = raw.map((entry, i) => parse(entry, i, problems, warnings, texts))
  return { accounts: named(entries, problems), from: 'config' }
}

type Entry =
  | { readonly account: Omit<Account, 'id'> & { id?: string }; readonly keyless: boolean }
  | undefined

function parse(
  given: unknown,
  i: number,
  problems: Problem[],
  warnings: string[],
  texts: ReadonlySet<string> | undefined,
): Entry {
  const path = `accounts.${i}`
  if (!isRecord(given)) {
    problems.push({ path, message: `expected an account, found ${kindOf(given)}` })
    return undefined
  }
  const raw = typedTexts(path, accountSchema, given, texts)
  // `apiKey: process.env.MY_KEY` with the variable unset. An account that was meant to have a key can't work without.
  const { apiKey, ...rest } = raw
  const cleaned = typeof apiKey === 'string' ? cleanKey(apiKey) : undefined
  const keyless = (Object.hasOwn(raw, 'apiKey') && (apiKey ?? '') === '') || cleaned?.key === ''
  const result = accountSchema.safeParse(keyless ? rest : raw)
  if (!result.success) {
    const pathOf = (at: readonly PropertyKey[]) => [path, ...at].map(String).join('.')
    problems.push(...problemsOf(result.error.issues, accountSchema, raw, pathOf))
    return undefined
  }
  const who = result.data.id ?? result.data.upstream
  if (keyless) {
    warnings.push(
      `${path} ('${who}') is left out: its apiKey is ${typeof apiKey === 'string' ? 'empty' : String(apiKey)}; ` +
        'set the environment variable that the config takes it from, or leave `apiKey` out if the upstream needs none',
    )
  } else if (cleaned?.removed) {
    warnings.push(`${path}.apiKey ('${who}'): taken off its ends: ${cleaned.removed}`)
  }
  return { account: withoutUndefined(result.data), keyless }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T
}

/** Ids must be unique, because state and logs go by them; a missing one becomes `<upstream>-<n>`. */
function named(entries: readonly Entry[], problems: Problem[]): Account[] {
  const owner = new Map<string, number>()
  entries.forEach((entry, i) => {
    const id = entry?.account.id
    if (id === undefined) return
    const other = owner.get(id)
    if (other === undefined) owner.set(id, i)
    else
      problems.push({
        path: `accounts.${i}.id`,
        message: `'${id}' is the id of accounts.${other} too; ids must be unique`,
      })
  })
  const taken = new Set(owner.keys())
  return entries.flatMap((entry) => {
    if (!entry) return []
    const { upstream } = entry.account
    const account = { ...entry.account, id: entry.account.id ?? freeId(upstream, taken) }
    return entry.keyless ? [] : [account]
  })
}

function freeId(upstream: string, taken: Set<string>): string {
  for (let n = 1; ; n++) {
    const id = `${upstream}-${n}`
    if (taken.has(id)) continue
    taken.add(id)
    return id
  }
}

/** Accounts from the variables that the presets name, except for upstreams whose plugin is switched off. */
export function accountsFromEnv(
  presets: readonly Preset[],
  env: NodeJS.ProcessEnv,
  off: readonly string[],
  problems: Problem[],
  warnings: string[],
): Account[] {
  const variables: Record<string, string> = Object.assign({}, ...presets.map((p) => p.accountsFromEnv))
  const taken = new Set<string>()
  return Object.entries(variables)
    .filter(([, upstream]) => !off.includes(upstream))
    .flatMap(([variable, upstream]) =>
      keysIn(variable, env[variable] ?? '', problems, warnings).map((apiKey) => ({
        id: freeId(upstream, taken),
        upstream,
        apiKey,
      })),
    )
}

/** The keys of a variable, separated by commas. */
function keysIn(variable: string, text: string, problems: Problem[], warnings: string[]): string[] {
  const path = `${variable} (environment)`
  const whole = cleanKey(text)
  const apart = text.split(',').map(cleanKey)
  const unquoted = whole.key.split(',').map(cleanKey)
  // `"one, two"` has quotes around all of its keys, `"one","two"` around each.
  const isWhole = whole.removed !== undefined && hasFault(apart) && !hasFault(unquoted)
  const keys = isWhole ? unquoted : apart
  const removed = isWhole ? whole.removed : keys.find((key) => key.removed)?.removed
  if (removed) warnings.push(`${path}: taken off the ends of a key: ${removed}`)
  keys.forEach(({ key }, i) => {
    const fault = faultOfKey(key)
    if (fault === undefined) return
    const which = keys.length > 1 ? `key ${i + 1} has` : 'found'
    const message = `expected keys of printable ASCII, separated by commas, ${which} ${fault}`
    problems.push({ path, message })
  })
  return keys.map(({ key }) => key).filter((key) => key !== '')
}

const hasFault = (keys: readonly CleanedKey[]) => keys.some(({ key }) => faultOfKey(key) !== undefined)
