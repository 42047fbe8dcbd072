import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger, withoutTail } from './logger.js'

/** What a logger of this format writes. */
async function written(
  format: 'json' | 'pretty',
  log: (logger: Awaited<ReturnType<typeof createLogger>>) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-logger-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'log')
  const fd = openSync(path, 'a')
  onTestFinished(() => closeSync(fd))
  log(await createLogger({ level: 'info', format }, (lines) => lines.replaceAll('sk-secret', '[secret]'), fd))
  const text = () => readFileSync(path, 'utf8')
  await expect.poll(text).not.toBe('')
  return text()
}

function unparsed(text: string): Error {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error as Error
  }
}

it('lines are JSON with a time and a level in words, or for people', async () => {
  const [line, none] = (await written('json', (log) => log.warn({ a: 1, key: 'sk-secret' }, 'said'))).split(
    '\n',
  )
  expect(JSON.parse(line!)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    a: 1,
    key: '[secret]',
    msg: 'said',
  })
  expect(none).toBe('')
  const pretty = await written('pretty', (log) => log.warn({ a: 1, key: 'sk-secret' }, 'said'))
  expect(pretty).toMatch(/^\d\d:\d\d:\d\d warn {2}said {2}a 1 {2}key \[secret\]\n$/)
})

it.each(['json', 'pretty'] as const)(
  '%s: an error has its stack and its cause, and no text that was no JSON',
  async (format) => {
    const texts = [
      'my conversation',
      `${'x'.repeat(200)} my conversation`,
      `{"a": "b\\n" my conversation}`,
      '"my conversation',
    ]
    for (const text of texts) {
      const error = new Error('a plugin failed', { cause: unparsed(text) })
      const line = await written(format, (log) => log.error({ err: error }, 'request failed'))
      expect(line).toContain('request failed')
      expect(line).toContain('a plugin failed')
      expect(line).toMatch(/SyntaxError|is not valid JSON|in JSON at/)
      expect(line).toContain('logger.test.ts')
      expect(line).not.toContain('conversation')
      expect(line).not.toContain('xxxx')
    }
  },
)

it.each([
  [
    'ends with the last frame that is not the gateway’s',
    ['Error: no', at('mine.ts', 'f'), at('gw/a.js'), at('mine.ts', 'g'), at('gw/b.js'), at('node:net')],
    ['Error: no', at('mine.ts', 'f'), at('gw/a.js'), at('mine.ts', 'g')],
  ],
  [
    'has the author’s frame also where it has no name, and a package is none',
    [
      'Error: no',
      at('mine.ts', 'Object.<anonymous>'),
      '    at async node:internal/a:1:1',
      at('/node_modules/pg/a.js'),
    ],
    ['Error: no', at('mine.ts', 'Object.<anonymous>')],
  ],
  [
    'stays whole where a package failed that the gateway called',
    ['Error: no', at('/node_modules/pg/a.js'), at('gw/a.js'), '    at new Promise (<anonymous>)'],
    ['Error: no', at('/node_modules/pg/a.js'), at('gw/a.js'), '    at new Promise (<anonymous>)'],
  ],
  [
    'stays whole where the gateway itself failed',
    ['Error: no', at('gw/a.js'), at('gw/b.js')],
    ['Error: no', at('gw/a.js'), at('gw/b.js')],
  ],
  [
    'is cut in each cause by itself',
    ['Error: no', at('mine.ts'), at('gw/a.js'), 'caused by: Error: why', at('gw/b.js'), at('gw/c.js')],
    ['Error: no', at('mine.ts'), 'caused by: Error: why', at('gw/b.js'), at('gw/c.js')],
  ],
])('a stack %s', (_, stack, shown) => {
  expect(withoutTail(stack.join('\n'), 'gw/')).toBe(shown.join('\n'))
})

function at(file: string, name = 'f'): string {
  return `    at ${name} (${file}:1:2)`
}
