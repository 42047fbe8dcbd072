import type { Row } from '../api/types.js'
import { add, type Sums, sums } from './sums.js'

/** What a person asked for once: all requests that worked on it, by agent. */
export interface Prompt extends Sums {
  readonly key: string
  readonly session: string | undefined
  readonly prompt: string | undefined
  /** Its first words, where the gateway keeps them. */
  readonly text: string | undefined
  /** Milliseconds since 1970 of the first request's begin and of the last one's end. */
  readonly from: number
  readonly to: number
  readonly agents: readonly Agent[]
  /** All that the filter looks at, in lower case. */
  readonly words: string
  readonly rows: readonly Row[]
}

export interface Agent extends Sums {
  readonly key: string
  readonly agent: string | undefined
  readonly name: string
  readonly parent: string | undefined
  /** As they were asked for and as they answered. */
  readonly models: readonly string[]
  /** Oldest first. */
  readonly rows: readonly Row[]
}

/** Rows that are kept; of more the oldest prompts go. */
const MOST_ROWS = 25_000

interface Group {
  readonly key: string
  readonly rows: Row[]
  to: number
  view: Prompt | undefined
}

/**
 * The requests that the page knows of, by prompt. Whatever comes costs no more than one look at each prompt that is there: sorted
 * and put into words anew, ten thousand of them took a frame of 90 ms.
 */
export class Prompts {
  readonly #groups = new Map<string, Group>()
  readonly #ids = new Set<string>()
  /** The one that was heard of last comes first; without those that changed since. */
  #order: Group[] = []
  readonly #changed = new Set<Group>()

  /** Returns how many of them were new. */
  add(rows: readonly Row[]): number {
    let fresh = 0
    for (const row of rows) {
      if (this.#ids.has(row.id) || row.route !== 'messages') continue
      this.#ids.add(row.id)
      fresh++
      const key = promptKey(row)
      let group = this.#groups.get(key)
      if (!group) {
        group = { key, rows: [], to: 0, view: undefined }
        this.#groups.set(key, group)
      }
      group.rows.push(row)
      group.to = Math.max(group.to, endOf(row))
      group.view = undefined
      this.#changed.add(group)
    }
    return fresh
  }

  /** A prompt that did not change is the same object as before. */
  list(): Prompt[] {
    if (this.#changed.size > 0) {
      const still = this.#order.filter((group) => !this.#changed.has(group))
      this.#order = merged(still, [...this.#changed].sort(newestFirst))
      this.#changed.clear()
      this.#shrink()
    }
    return this.#order.map((group) => {
      group.view ??= viewOf(group)
      return group.view
    })
  }

  #shrink(): void {
    while (this.#ids.size > MOST_ROWS) {
      const { key, rows } = this.#order.pop()!
      this.#groups.delete(key)
      for (const { id } of rows) this.#ids.delete(id)
    }
  }
}

const newestFirst = (a: Group, b: Group) => b.to - a.to

/** Of two lists that are in order, one. */
function merged(a: readonly Group[], b: readonly Group[]): Group[] {
  const all: Group[] = []
  let i = 0
  for (const group of b) {
    while (i < a.length && a[i]!.to >= group.to) all.push(a[i++]!)
    all.push(group)
  }
  while (i < a.length) all.push(a[i++]!)
  return all
}

/** A request without a prompt of its own (a client that sends no ids) is one by itself. */
export function promptKey({ session, prompt, id }: Row): string {
  return prompt === undefined ? id : `${session ?? ''}/${prompt}`
}

/** Read once: a date in a text takes a microsecond, and rows are sorted by it. */
const starts = new WeakMap<Row, number>()

export function startOf(row: Row): number {
  let at = starts.get(row)
  if (at === undefined) {
    at = Date.parse(row.at)
    starts.set(row, at)
  }
  return at
}

export function endOf(row: Row): number {
  return startOf(row) + (row.ms ?? 0)
}

function viewOf({ key, rows, to }: Group): Prompt {
  if (rows.length > 1) rows.sort((a, b) => startOf(a) - startOf(b))
  const total = sums()
  const agents = new Map<string, Agent & { rows: Row[]; models: string[] }>()
  let text: string | undefined
  for (const row of rows) {
    add(total, row)
    text ??= row.text
    const id = row.agent ?? ''
    let agent = agents.get(id)
    if (!agent) {
      const name = row.agent === undefined ? 'main' : (row.agentType ?? 'agent')
      agent = {
        key: `${key}//${id}`,
        agent: row.agent,
        name,
        parent: row.parentAgent,
        models: [],
        rows: [],
        ...sums(),
      }
      agents.set(id, agent)
    }
    const model = modelOf(row)
    if (model && !agent.models.includes(model)) agent.models.push(model)
    agent.rows.push(row)
    add(agent, row)
  }
  const { session, prompt } = rows[0]!
  const from = startOf(rows[0]!)
  return {
    key,
    session,
    prompt,
    text,
    from,
    to,
    agents: [...agents.values()],
    words: wordsOf(rows, text),
    rows,
    ...total,
  }
}

function wordsOf(rows: readonly Row[], text = ''): string {
  const { session, prompt } = rows[0]!
  let words = `${text}\n${session}\n${prompt}`
  for (const row of rows) {
    const {
      id,
      model,
      mappedModel,
      upstream,
      account,
      agentType,
      requestClass,
      error,
      code,
      status,
      labels,
    } = row
    words += `\n${id}\n${model}\n${mappedModel}\n${upstream}\n${account}\n${agentType}\n${requestClass}\n${error}\n${code}\n${status}`
    for (const name in labels) words += `\n${name}=${labels[name]}`
  }
  return words.toLowerCase()
}

/** `opus→glm-5`, or one name where the two are the same. */
export function modelOf({ model, mappedModel }: Pick<Row, 'model' | 'mappedModel'>): string | undefined {
  return mappedModel !== undefined && mappedModel !== model ? `${model ?? '?'} → ${mappedModel}` : model
}
