import type { TapeNode } from '../json/node.js'
import { isRecord } from '../json/plain.js'
import { closed } from './cut-json.js'
import { protocolError } from './protocol-error.js'
import { checked, type RawObject, rawItems, rawObject, writeArray, writeObject } from './raw.js'

/** What a delta can be for. */
export const BLOCK_KINDS = ['text', 'thinking', 'tool'] as const
export type BlockKind = (typeof BLOCK_KINDS)[number]

const KINDS: Readonly<Record<string, BlockKind>> = {
  text_delta: 'text',
  citations_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'thinking',
  input_json_delta: 'tool',
}

/** Where deltas have their text. */
export type DeltaKey = 'text' | 'thinking' | 'partial_json'

/** Undefined for a delta that no list knows, which any block takes. */
export function kindOfDelta(type: unknown): BlockKind | undefined {
  return typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
}

/** What deltas a block takes, by its type as JSON text. Undefined for one that no list knows, which takes any. */
export function kindOfBlock(type: string | undefined): BlockKind | undefined {
  if (type === '"text"') return 'text'
  if (type === '"thinking"') return 'thinking'
  return type?.endsWith('tool_use"') ? 'tool' : undefined
}

/** One content block as its deltas build it. */
export class BlockFold {
  /** The fields of content_block_start, and whole values that came later. */
  readonly #fields: RawObject
  /** By key of the block: what its deltas appended. Joined at the end, so that the work stays linear. */
  readonly #text = new Map<string, string[]>()
  readonly #lists = new Map<string, string[]>()
  readonly #json: string[] = []

  constructor(fields: RawObject) {
    this.#fields = fields
  }

  /** Whether a delta of a kind can be for it. */
  takes(kind: BlockKind | undefined): boolean {
    return kind === undefined || (kindOfBlock(this.#fields.get('type')) ?? kind) === kind
  }

  get #isTool(): boolean {
    return kindOfBlock(this.#fields.get('type')) === 'tool'
  }

  /** One delta: its decoded value, and its text for what is copied without being decoded. */
  delta(delta: unknown, raw: () => TapeNode | undefined): void {
    if (!isRecord(delta)) return // nothing came with it
    switch (delta.type) {
      case 'text_delta':
        this.append('text', pieceOf(delta.text, 'text'))
        break
      case 'thinking_delta':
        this.append('thinking', pieceOf(delta.thinking, 'thinking'))
        break
      case 'input_json_delta':
        this.append('partial_json', pieceOf(delta.partial_json, 'partial_json'))
        break
      case 'citations_delta': {
        const citation = raw()?.get('citation')
        this.#extend('citations', [citation ? citation.text : 'null'])
        break
      }
      case 'signature_delta': // these two carry the final value
      case 'compaction_delta':
        for (const [key, text] of fieldsOf(raw())) this.#fields.set(key, text)
        break
      default:
        this.#merge(raw())
    }
  }

  /** A tool without parameters: some upstreams leave the input out, or say null or ''. */
  get #lacksInput(): boolean {
    return this.#isTool && ['null', '""', undefined].includes(this.#fields.get('input'))
  }

  /**
   * The block's JSON, wherever its deltas end: some upstreams leave out content_block_stop. Throws an UpstreamError when the
   * tool input is no JSON; with `isCut` what is whole of it counts.
   */
  result(isCut: boolean): string {
    for (const [key, pieces] of this.#text) {
      const known = this.#fields.get(key)
      const start = known?.startsWith('"') ? (JSON.parse(known) as string) : ''
      this.#fields.set(key, JSON.stringify(start + pieces.join('')))
    }
    this.#text.clear()
    for (const [key, items] of this.#lists) {
      const known = this.#fields.get(key)
      this.#fields.set(key, writeArray(known?.startsWith('[') ? [...rawItems(known), ...items] : items))
    }
    this.#lists.clear()
    const json = this.#json.join('')
    if (json !== '') this.#fields.set('input', isCut ? cutInput(json) : checked(json, INPUT))
    else if (this.#lacksInput) this.#fields.set('input', '{}')
    return writeObject(this.#fields)
  }

  /** The text of a delta. */
  append(key: DeltaKey, piece: string): void {
    if (key === 'partial_json') this.#json.push(piece)
    else this.#goOn(key, piece)
  }

  #goOn(key: string, piece: string): void {
    const pieces = this.#text.get(key)
    if (pieces) pieces.push(piece)
    else this.#text.set(key, [piece])
  }

  #extend(key: string, items: readonly string[]): void {
    const list = this.#lists.get(key)
    if (list) for (const item of items) list.push(item)
    else this.#lists.set(key, [...items])
  }

  /** A delta that no list knows: strings go on, lists grow, anything else replaces. */
  #merge(raw: TapeNode | undefined): void {
    for (const [key, text] of fieldsOf(raw)) {
      const known = this.#fields.get(key)
      if (text.startsWith('"') && known?.startsWith('"')) this.#goOn(key, JSON.parse(text))
      else if (text.startsWith('[') && known?.startsWith('[')) this.#extend(key, rawItems(text))
      else this.#fields.set(key, text)
    }
  }
}

/** Some upstreams say null where a delta has nothing, or leave it out. */
function pieceOf(piece: unknown, key: string): string {
  if (piece === undefined || piece === null) return ''
  if (typeof piece !== 'string') throw protocolError(`a delta whose ${key} is no text`)
  return piece
}

const INPUT = 'a tool input'

function cutInput(json: string): string {
  try {
    return checked(json, INPUT)
  } catch {
    return checked(closed(json), INPUT)
  }
}

function fieldsOf(delta: TapeNode | undefined): RawObject {
  const fields = rawObject(delta) ?? new Map()
  fields.delete('type')
  return fields
}
