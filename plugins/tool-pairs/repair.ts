import type { Edit } from '../../core/index.js'
import { type JsonNode, withoutItems } from '../../core/kit.js'
import { CallIds } from './ids.js'
import { edited, filled, listOf, messageOf, missingResult, orphanBlocks, textBlocks } from './pieces.js'
import { type Block, type Turn, turnsOf } from './turns.js'

export interface Needs {
  /** Each call has one result in the turn behind it, before all else there; each result has its call; each id is used once. */
  readonly pairs: boolean
  /** Results have content. */
  readonly content: boolean
  /** The characters that an id may have, as the inside of a character class. */
  readonly idCharacters: string | undefined
}

export interface Repaired {
  readonly edits: readonly Edit[]
  /** In words, without ids or texts, each with the first message that it is about. */
  readonly changes: readonly string[]
}

/** The smallest change of `messages` after which calls and results are as needed; no edits when they are. */
export function repairPairs(messages: JsonNode, roles: readonly string[], needs: Needs): Repaired {
  const turns = turnsOf(messages.items(), roles)
  const repair = new Repair(needs)
  turns.forEach((turn, i) => {
    if (turn.role === 'assistant') repair.calls(turn, turns[i + 1])
    else if (turn.role === 'user') repair.results(turn)
  })
  const { edits, emptied, changes } = repair
  if (emptied.size === 0) return { edits, changes }
  return { edits: [...edits, ...withoutItems(messages, (_, i) => emptied.has(i))], changes }
}

/** Ids of calls with one id of the client's, in order. */
interface Queue {
  readonly ids: string[]
  /** How many of them have their result. */
  answered: number
}

class Repair {
  readonly edits: Edit[] = []
  /** Messages that have nothing left. */
  readonly emptied = new Set<number>()
  readonly #counts = new Map<string, { readonly first: number; times: number }>()
  readonly #ids: CallIds
  /** Calls of the assistant's turn before that have no result yet, under their new ids, by the client's. */
  #open = new Map<string, Queue>()

  constructor(private readonly needs: Needs) {
    this.#ids = new CallIds(needs.idCharacters)
  }

  get changes(): string[] {
    return [...this.#counts].map(
      ([what, { first, times }]) =>
        `messages[${first}]: ${what}${times > 1 ? `, and ${times - 1} more` : ''}`,
    )
  }

  calls(turn: Turn, next: Turn | undefined): void {
    this.#open = new Map()
    for (const { index, blocks } of turn.messages) {
      for (const { node, kind, id } of blocks) {
        if (kind !== 'use') continue
        const given = this.needs.pairs ? this.#ids.next(id) : this.#ids.spelt(id)
        if (given !== id) this.#count('a call got an id of its own', index)
        if (given !== id) this.edits.push(...renamed(node, 'id', given))
        const queue = this.#open.get(id)
        if (queue) queue.ids.push(given)
        else this.#open.set(id, { ids: [given], answered: 0 })
      }
    }
    if (next?.role === 'user' || !this.needs.pairs) return
    const last = turn.messages.at(-1)!
    const missing = this.#missing(last.index)
    if (missing.length > 0)
      this.edits.push({ start: last.node.end, end: last.node.end, text: messageOf(missing) })
  }

  results(turn: Turn): void {
    const results = new Map<Block, readonly Edit[]>()
    const edits: Edit[] = []
    let isWrong = false
    let isBehindOther = false
    for (const { index, content, blocks } of turn.messages) {
      if (!content) return // nothing that we can set right
      if (content.isString) isBehindOther = true
      for (const block of blocks) {
        const call = block.kind === 'result' ? this.#call(block.id) : undefined
        const own = block.kind === 'result' ? this.#ofResult(block, call, index) : NONE
        if (own.length > 0) edits.push(...own)
        if (call === undefined) isBehindOther = true
        else results.set(block, own)
        if (block.kind === 'result' && isBehindOther) isWrong = true
        if (call !== undefined && isBehindOther && this.needs.pairs)
          this.#count('a result came to the front', index)
      }
    }
    isWrong ||= this.#isUnanswered
    if (isWrong && this.needs.pairs) this.#rebuild(turn, results)
    else this.edits.push(...edits)
    this.#open = new Map()
  }

  /** The next call of this id that waits for a result. */
  #call(id: string): string | undefined {
    const queue = this.#open.get(id)
    return queue?.ids[queue.answered++]
  }

  #ofResult({ node, id }: Block, call: string | undefined, index: number): readonly Edit[] {
    const staysResult = call !== undefined || !this.needs.pairs
    const fill = this.needs.content && staysResult ? filled(node) : NONE
    if (fill.length > 0) this.#count('a result without content got some', index)
    const given = call ?? this.#ids.spelt(id)
    return given === id ? fill : [...renamed(node, 'tool_use_id', given), ...fill]
  }

  /** All results first, those that were missing too; then everything else, where it was. */
  #rebuild(turn: Turn, results: ReadonlyMap<Block, readonly Edit[]>): void {
    const [{ index }] = turn.messages as [Turn['messages'][0]]
    const answered = [...results].map(([{ node }, edits]) => edited(node, edits))
    const lead = [...answered, ...this.#missing(index)]
    turn.messages.forEach(({ index, content, blocks }, i) => {
      const rest = blocks.filter((block) => !results.has(block))
      const first = i === 0 ? lead : []
      const kept = rest.flatMap((block) => this.#kept(block, index))
      const pieces = content!.isString ? textBlocks(content!) : [...first, ...kept]
      if (content!.isString && first.length > 0) pieces.unshift(...first)
      else if (content!.isString || isSame(pieces, blocks)) return
      if (pieces.length === 0) this.emptied.add(index)
      else this.edits.push({ start: content!.start, end: content!.end, text: listOf(pieces) })
    })
  }

  #kept({ kind, node }: Block, index: number): Buffer[] {
    if (kind !== 'result') return [node.raw]
    this.#count('a result without its call became text', index)
    return orphanBlocks(node)
  }

  #missing(index: number): Buffer[] {
    const ids = this.#unanswered
    for (const _ of ids) this.#count('a call without a result got one', index)
    return ids.map(missingResult)
  }

  get #isUnanswered(): boolean {
    for (const { ids, answered } of this.#open.values()) if (answered < ids.length) return true
    return false
  }

  get #unanswered(): string[] {
    return [...this.#open.values()].flatMap(({ ids, answered }) => ids.slice(answered))
  }

  #count(what: string, index: number): void {
    const count = this.#counts.get(what)
    if (count) count.times++
    else this.#counts.set(what, { first: index, times: 1 })
  }
}

const NONE: readonly Edit[] = []

function renamed(node: JsonNode, field: string, given: string): Edit[] {
  const { start, end } = node.get(field)!
  return [{ start, end, text: JSON.stringify(given) }]
}

function isSame(pieces: readonly Buffer[], blocks: readonly Block[]): boolean {
  return pieces.length === blocks.length && pieces.every((piece, i) => piece.equals(blocks[i]!.node.raw))
}
