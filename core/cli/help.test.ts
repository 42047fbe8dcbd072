import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkArgs } from './args.js'
import { helpOf, helpOfAll } from './help.js'
import { groups, table } from './table/index.js'

const rows = Object.entries(table)
const docs = fileURLToPath(new URL('../../docs', import.meta.url))

/** The words of an example after `agproxy`, as a shell hands them on. */
function wordsOf(line: string): string[] {
  const own = /\bagproxy ([^)|]*)/.exec(line)![1]!
  return own.match(/"[^"]*"|\S+/g)!.map((word) => word.replace(/^"|"$/g, ''))
}

describe.each(rows)('agproxy %s --help', (name, row) => {
  it('has a line for each option, a default for each that takes a value, examples, and its page', () => {
    const text = helpOf(row, name === 'claude', false)
    for (const [flag, arg] of Object.entries(row.args)) {
      if (arg.type === 'positional') continue
      expect(text).toContain(`--${flag}`)
      if (arg.type !== 'boolean') expect(`${flag}: ${arg.description}`).toMatch(/Default: /)
    }
    for (const [line] of row.examples) expect(text).toContain(line)
    const page = /^Docs: (.*)$/m.exec(text)![1]!
    expect(page).toBe(join(docs, row.page))
    expect(existsSync(page)).toBe(true)
  })

  it('has examples whose flags the command takes', () => {
    expect(row.examples.length).toBeGreaterThan(0)
    for (const [line] of row.examples) {
      const [command, ...args] = wordsOf(line)
      expect(command).toBe(name)
      checkArgs(name, args, row.args, name === 'claude')
    }
  })
})

it('agproxy --help has every command once, in lines that a terminal of 100 columns holds', () => {
  const text = helpOfAll(false)
  for (const [name] of rows) expect(text.match(new RegExp(`^ {2}${name} `, 'gm'))).toHaveLength(1)
  for (const title of Object.keys(groups)) expect(text).toContain(`\n${title}\n`)
  for (const line of text.split('\n').filter((line) => !line.includes('Docs: ')))
    expect(line.length).toBeLessThanOrEqual(100)
})

it('has colours only where they are wanted', () => {
  expect(helpOfAll(true)).toContain('\u001b[1mRun\u001b[22m')
  expect(helpOfAll(false)).not.toContain('\u001b')
})
