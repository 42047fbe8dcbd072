import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/* The page is searched for what is read on a screen, so its quotes are the words that the code says. */

const root = fileURLToPath(new URL('..', import.meta.url))
const code = ['core', 'plugins']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ts$/.test(file) && !/\.test(-d)?\.ts$/.test(file))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
  .join('\n')

/** Claude Code's own words, and an upstream's; read in Claude Code 2.1.330. */
const NOT_OURS =
  /^(Not logged in|Please run \/login|Detected a custom API key|Connection refused|Connection dropped|Unable to connect|There's an issue with|API Error|API error|Request rejected|Usage limit reached|Prompt is too long|retrying in|\d{3})/

/** Quotes of the tables' first columns, without what stands for a value. */
const quotes = [...readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8').matchAll(/^\| (`.*?) \|/gm)]
  .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)])
  .map(([, quote]) => quote!)

/** `API Error: 424 the key of account … was refused` is `the key of` and `was refused`. */
const ours = quotes
  .flatMap((quote) => quote.split(' · '))
  .flatMap((part) =>
    part.replace(/^(API Error: )?\d{3} /, '').split(/(?:account )?…\S*|127\.0\.0\.1, port 8045/),
  )
  .map((part) => part.trim())
  .filter((part) => part !== '' && !NOT_OURS.test(part))

it('quotes what the code says', () => {
  expect(ours.length).toBeGreaterThan(15)
  expect(ours.filter((words) => !code.includes(words))).toEqual([])
})
