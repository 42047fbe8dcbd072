import type { Accepts, LearnedFact, LearnedFacts } from '../contract/accepts.js'
import type { StateStore } from '../contract/state.js'
import { isRecord, parseJson } from '../json/plain.js'
import { ACCEPTS, acceptsOption } from './accepts.js'

/** A part of what an upstream takes, as one refusal taught it. */
export type Lesson = Partial<Accepts>

const KIND = 'learned'
/** Between the parts of a key. A name that holds it teaches nothing. */
const TAB = '\t'
/** Of a list or a map: names of fields and beta values are the clients', and each may be another. */
const MOST_ITEMS = 100
/** Models' names are the clients'. */
const LONGEST_NAME = 200

/**
 * What upstreams refused, for each with one model, in the state store: a fact for each field, and one under upstream and model
 * that lists them, so that nothing learned costs one look-up. Each expires on its own.
 */
export class Learned implements LearnedFacts {
  constructor(private readonly state: StateStore) {}

  /** Undefined where nothing was learned. */
  of(upstream: string, model: string): Lesson | undefined {
    const key = `${upstream}${TAB}${model}`
    const list = this.state.get(KIND, key)
    if (!list) return undefined
    const lessons = list.value.split(TAB).flatMap((name) => {
      const fact = this.state.get(KIND, `${key}${TAB}${name}`)
      return fact ? [read(fact.value)?.accepts ?? {}] : []
    })
    return lessons.length > 0 ? Object.assign({}, ...lessons) : undefined
  }

  /** Keeps a lesson for `ttl` milliseconds. `accepts` are those that were in force: lists and maps are added to. */
  learn(upstream: string, model: string, lesson: Lesson, why: string, ttl: number): void {
    const key = `${upstream}${TAB}${model}`
    if (key.split(TAB).length !== 2 || key.length > LONGEST_NAME) return
    const before = this.of(upstream, model) ?? {}
    const names = new Set([...(this.state.get(KIND, key)?.value.split(TAB) ?? []), ...Object.keys(lesson)])
    for (const [name, value] of Object.entries(extended(before, lesson))) {
      if (!(name in lesson)) continue
      const accepts = { [name]: newest(value) }
      this.state.set(KIND, `${key}${TAB}${name}`, JSON.stringify({ accepts, why }), ttl)
    }
    this.state.set(KIND, key, [...names].join(TAB), ttl)
  }

  list(upstream?: string): LearnedFact[] {
    const found: LearnedFact[] = []
    for (const [key, { value, expires }] of this.state.entries(KIND)) {
      const [name = '', model = '', field] = key.split(TAB)
      if (field === undefined || (upstream !== undefined && name !== upstream)) continue
      const fact = read(value)
      if (fact) found.push({ upstream: name, model, ...fact, expires })
    }
    return found
  }

  forget(upstream: string): number {
    const keys = [...this.state.entries(KIND)]
      .map(([key]) => key)
      .filter((key) => key.split(TAB)[0] === upstream)
    for (const key of keys) this.state.delete(KIND, key)
    return keys.filter((key) => key.split(TAB).length === 3).length
  }
}

/** What an upstream takes, after a lesson. Lists and maps are added to, all else is replaced. */
export function extended<A extends Lesson>(accepts: A, lesson: Lesson): A {
  const changed = Object.entries(lesson).map(([name, value]) => {
    const before = accepts[name as keyof Accepts]
    if (Array.isArray(before) && Array.isArray(value)) return [name, [...new Set([...before, ...value])]]
    return [name, isRecord(before) && isRecord(value) ? { ...before, ...value } : value]
  })
  return { ...accepts, ...Object.fromEntries(changed) }
}

function newest(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(-MOST_ITEMS)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).slice(-MOST_ITEMS)) : value
}

const schema = acceptsOption()

/** Texts that were read: an attempt of a model with lessons reads each of them. */
const texts = new Map<string, ReturnType<typeof parsed>>()
const KEPT = 200

function read(text: string): ReturnType<typeof parsed> {
  let found = texts.get(text)
  if (!found) {
    if (texts.size >= KEPT) texts.clear()
    found = parsed(text)
    texts.set(text, found)
  }
  return found
}

/** Another version of the gateway may have written it. */
function parsed(text: string): Pick<LearnedFact, 'accepts' | 'why'> | undefined {
  const fact = parseJson(text)
  if (!isRecord(fact) || !isRecord(fact.accepts) || typeof fact.why !== 'string') return undefined
  const known = Object.fromEntries(
    Object.entries(fact.accepts).filter(([name]) => Object.hasOwn(ACCEPTS, name)),
  )
  const { data } = schema.safeParse(known)
  return data && { accepts: data as Lesson, why: fact.why }
}
