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

/** The requests that the page knows of, by prompt. */
export class Prompts {
  readonly #groups = new Map<string, Group>()
  readonly #ids = new Set<string>()

  get rows(): number {
    return this.#ids.size
  }

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
    }
    if (this.#ids.size > MOST_ROWS) this.#shrink()
    return fresh
  }

  /** The one that was heard of last comes first. A prompt that did not change is the same object as before. */
  list(): Prompt[] {
    const groups = [...this.#groups.values()].sort((a, b) => b.to - a.to)
    return groups.map((group) => (group.view ??= viewOf(group)))
  }

  clear(): void {
    this.#groups.clear()
    this.#ids.clear()
  }

  #shrink(): void {
    for (const group of [...this.#groups.values()].sort((a, b) => a.to - b.to)) {
      if (this.#ids.size <= MOST_ROWS) return
      this.#groups.delete(group.key)
      for (const { id } of group.rows) this.#ids.delete(id)
    }
  }
}

/** A request without a prompt of its own (a client that sends no ids) is one by itself. */
export function promptKey({ session, prompt, id }: Row): string {
  return prompt === undefined ? id : `${session ?? ''}/${prompt}`
}

export function startOf(row: Row): number {
  return Date.parse(row.at)
}

export function endOf(row: Row): number {
  return startOf(row) + (row.ms ?? 0)
}

function viewOf({ key, rows, to }: Group): Prompt {
  rows.sort((a, b) => startOf(a) - startOf(b))
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
  return { key, session, prompt, text, from, to, agents: [...agents.values()], rows, ...total }
}

/** `opus→glm-5`, or one name where the two are the same. */
export function modelOf({ model, mappedModel }: Pick<Row, 'model' | 'mappedModel'>): string | undefined {
  return mappedModel !== undefined && mappedModel !== model ? `${model ?? '?'} → ${mappedModel}` : model
}
