import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { jsonValue } from '../../test/support/json-value.js'
import { StreamEvent } from '../stream/sse-event.js'
import { rawFields } from './raw.js'

const event = (text: string) => StreamEvent.parse(Buffer.from(`data: ${text}\n\n`))
/** White space makes the text another than that of the decoded value. */
const spaced = (text: string) => event(text.replace('{', '{ '))

it('reads the same fields, however an event is spelled', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), jsonValue()), (message) => {
      const text = JSON.stringify({ type: 'x', message })
      expect(rawFields(event(text))('message')).toEqual(rawFields(spaced(text))('message'))
      expect(rawFields(event(text))()).toEqual(rawFields(spaced(text))())
    }),
  )
})

test.each([
  ['a number with more digits than a double has', '{"type":"x","message":{"a":1234567890123456789}}', 'a'],
  ['a number with a fraction of nothing', '{"type":"x","message":{"a":1.0}}', 'a'],
  ['a number with an exponent', '{"type":"x","message":{"a":1e3}}', 'a'],
  ['an escape that is not needed', '{"type":"x","message":{"a":"\\u0041\\/"}}', 'a'],
  ['a field whose name is doubled in the value', '{"type":"x","message":{"a":{"b":1,"b":2}}}', 'a'],
  ['names that are numbers, in an order of their own', '{"type":"x","message":{"a":{"2":0,"1":0}}}', 'a'],
])('%s stays as it came', (_what, text, name) => {
  const value = /"message":\{"a":(.*)\}\}$/.exec(text)![1]
  expect(rawFields(event(text))('message')!.get(name)).toBe(value)
})

test('fields whose names are numbers keep their order', () => {
  expect([...rawFields(event('{"type":"x","message":{"2":0,"1":0}}'))('message')!.keys()]).toEqual(['2', '1'])
})

test('what nests too deep is refused, however short its fields are', () => {
  const deep = `${'['.repeat(1_001)}${']'.repeat(1_001)}`
  expect(() => rawFields(event(`{"type":"x","message":${deep}}`))).toThrow('nests deeper than 1000 levels')
})
