import { expect, it } from 'vitest'
import { logRenderer } from './render-log.js'

const render = logRenderer(false)
const shown = (line: object) =>
  render(JSON.stringify({ time: '2026-11-01T10:00:00.000Z', ...line })).replace(/^\d\d:\d\d:\d\d/, 'TIME')

it.each([
  ['info', { level: 'info', msg: 'config reloaded' }, 'TIME config reloaded\n'],
  [
    'a warning of a plugin, without what it has said already',
    {
      level: 'warn',
      plugin: 'retry-rotate',
      id: 'req_1',
      account: 'one',
      reason: 'rate-limit',
      msg: "account 'one' cools down for 30 s: rate limit",
    },
    "TIME warn  retry-rotate: account 'one' cools down for 30 s: rate limit\n",
  ],
  [
    'fields',
    { level: 'info', msg: 'said', a: 1, b: { c: [2] }, none: [], d: 'x y' },
    'TIME said  a 1  b {"c":[2]}  d x y\n',
  ],
  ['a worker', { level: 'error', worker: 2, msg: 'broken' }, 'TIME error  worker 2: broken\n'],
  [
    'several lines',
    { level: 'error', msg: 'not reloaded:\npreset: unknown' },
    'TIME error  not reloaded:\n         preset: unknown\n',
  ],
  [
    'an error with its stack',
    { level: 'error', msg: 'failed', err: { message: 'no', stack: 'Error: no\n    at x.ts:1' } },
    'TIME error  failed\n         Error: no\n             at x.ts:1\n',
  ],
  [
    'what a terminal takes for commands',
    { level: 'info', msg: 'a\u001b[2J', path: '\u0007' },
    'TIME a�[2J  path �\n',
  ],
])('%s is a line for people', (_what, line, text) => {
  expect(shown(line)).toBe(text)
})

it('what is no JSON stays as it is', () => {
  expect(render('agproxy: words')).toBe('agproxy: words\n')
})
