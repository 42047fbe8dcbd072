import { expect } from 'vitest'
import type { EventData } from '../../core/index.js'

/**
 * The grammar of https://docs.claude.com/en/api/messages-streaming, as strict clients read it: one `message_start`, blocks
 * numbered from 0 of which one at a time is open, deltas of the block's kind, `message_delta`, `message_stop`, nothing more.
 */
export function expectGrammar(events: readonly EventData[]): void {
  const said = events.filter(({ type }) => type !== 'ping')
  const types = said.map(({ type }) => type)
  expect(types[0]).toBe('message_start')
  expect(types.slice(-2)).toEqual(['message_delta', 'message_stop'])
  let next = 0
  let open: { index: number; type: string } | undefined
  for (const event of said.slice(1, -2)) {
    const { index, delta, content_block } = event as unknown as Shape
    switch (event.type) {
      case 'content_block_start':
        expect(open, 'two open blocks').toBeUndefined()
        expect(index).toBe(next)
        open = { index, type: content_block.type }
        next++
        break
      case 'content_block_delta':
        expect(open?.index, 'a delta outside its block').toBe(index)
        expect(DELTAS[open!.type] ?? [], `a ${delta.type} in ${open!.type}`).toContain(delta.type)
        break
      case 'content_block_stop':
        expect(open?.index, 'the end of a block that is not open').toBe(index)
        open = undefined
        break
      default:
        expect.fail(`a ${event.type} in the middle`)
    }
  }
  expect(open, 'a block that never ended').toBeUndefined()
}

interface Shape {
  readonly index: number
  readonly delta: { readonly type: string }
  readonly content_block: { readonly type: string }
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
}
