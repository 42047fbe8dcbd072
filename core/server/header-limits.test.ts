import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { checkHeaders } from './header-limits.js'

const LIMITS = { headerLimit: 200, headerCountLimit: 4 }
const check = (...rawHeaders: string[]) => checkHeaders({ rawHeaders } as IncomingMessage, LIMITS)

it('two Host headers are refused, however they are spelt', () => {
  expect(() => check('Host', 'a', 'x', 'b')).not.toThrow()
  expect(() => check('Host', 'a', 'x', 'b', 'hOST', 'a')).toThrow('the request has 2 Host headers')
})

it('too many headers are refused, and too many bytes of them', () => {
  expect(() => check('host', 'a', 'b', 'x'.repeat(180))).not.toThrow()
  expect(() => check('host', 'a', 'b', 'x'.repeat(190))).toThrow('headers have 204 bytes')
  expect(() => check(...Array.from({ length: 10 }, (_, i) => `h${i}`))).toThrow('5 headers came')
})
