import type { TapeNode } from '../json/node.js'
import { type RawObject, rawItems, rawObject, writeObject } from './raw.js'

/** Fields that the end of a stream brings: the SDK takes them from there alone. The first list is inside the delta. */
const OF_THE_END = ['stop_reason', 'stop_sequence', 'stop_details', 'container']
const BESIDE_THE_DELTA = ['context_management']

/** By type of block: the fields that come as deltas. Blocks of any other type come whole when they begin. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'citations'],
  thinking: ['thinking', 'signature'],
  tool_use: ['input'],
  server_tool_use: ['input'],
}

const NO_USAGE = '{"input_tokens":0,"output_tokens":0}'

/**
 * The stream that a whole message would have been (https://docs.claude.com/en/api/messages-streaming), with one delta for
 * each text, thinking, signature and tool input. Values are copied as JSON text, so that numbers keep their spelling.
 */
export function unfold(message: TapeNode): Buffer {
  const fields = rawObject(message)!
  const said = fields.get('usage')
  const usage = said?.startsWith('{') ? said : NO_USAGE // the SDK reads its counters unasked
  const events = [event('message_start', { message: writeObject(begun(fields, usage)) })]
  for (const [index, block] of blocksOf(message.get('content')).entries())
    events.push(...eventsOfBlock(block, String(index)))
  const delta = writeObject(new Map(named(fields, OF_THE_END)))
  const beside = Object.fromEntries(named(fields, BESIDE_THE_DELTA))
  events.push(event('message_delta', { delta, usage, ...beside }), event('message_stop', {}))
  return Buffer.from(events.join(''))
}

/** The message as it was before its first block. */
function begun(fields: RawObject, usage: string): RawObject {
  const start: RawObject = new Map([['type', '"message"'], ['role', '"assistant"'], ...fields])
  start.set('content', '[]').set('usage', usage)
  for (const key of [...OF_THE_END, ...BESIDE_THE_DELTA]) if (start.has(key)) start.set(key, 'null')
  return start
}

function named(fields: RawObject, keys: readonly string[]): [key: string, text: string][] {
  return keys.flatMap((key) => (fields.has(key) ? [[key, fields.get(key)!]] : []))
}

/** Content may be one text, as in requests. */
function blocksOf(content: TapeNode | undefined): RawObject[] {
  if (content?.isString)
    return [
      new Map([
        ['type', '"text"'],
        ['text', content.text],
      ]),
    ]
  return (content?.items() ?? []).flatMap((item) => rawObject(item) ?? [])
}

function eventsOfBlock(block: RawObject, index: string): string[] {
  const type = block.get('type')?.slice(1, -1) ?? ''
  const keys = Object.hasOwn(DELTAS, type) ? DELTAS[type]! : []
  const start: RawObject = new Map(block)
  const deltas: string[] = []
  for (const key of keys) {
    const text = block.get(key)
    const found = text === undefined ? undefined : deltasOf(key, text)
    if (!found) continue
    start.set(key, found.start)
    for (const [type, field, value] of found.deltas) deltas.push(`{"type":"${type}","${field}":${value}}`)
  }
  return [
    event('content_block_start', { index, content_block: writeObject(start) }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ]
}

interface Deltas {
  /** What the block begins with in this field. */
  readonly start: string
  readonly deltas: readonly (readonly [type: string, field: string, value: string])[]
}

function deltasOf(key: string, text: string): Deltas | undefined {
  if (key === 'input')
    return { start: '{}', deltas: [['input_json_delta', 'partial_json', JSON.stringify(text)]] }
  if (key === 'citations') {
    if (!text.startsWith('[')) return undefined
    return {
      start: '[]',
      deltas: rawItems(text).map((item) => ['citations_delta', 'citation', item] as const),
    }
  }
  if (!text.startsWith('"')) return undefined
  return { start: '""', deltas: text === '""' ? [] : [[`${key}_delta`, key, text]] }
}

/** JSON may have line ends between its values, and `data:` is one line; inside strings they are escaped. */
function event(type: string, fields: Readonly<Record<string, string>>): string {
  const members = Object.entries(fields).map(([key, text]) => `,"${key}":${text}`)
  return `event: ${type}\ndata: {"type":"${type}"${members.join('').replace(/[\r\n]+/g, ' ')}}\n\n`
}
