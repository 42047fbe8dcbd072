import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/* What a contract documents is documented there alone: editors show its words for the class too, and two versions drift apart. */

const core = fileURLToPath(new URL('../core', import.meta.url))
const read = (file: string) => readFileSync(join(core, file), 'utf8')
const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /^(?!.*\.test\.ts$).*\.ts$/.test(file),
)

/** The documented members of each interface of the contract. */
const documented = new Map(
  files
    .filter((file) => file.startsWith('contract/'))
    .flatMap((file) => [...read(file).matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)])
    .map(([, name, body]) => [name!, membersIn(body!)]),
)

function membersIn(body: string): string[] {
  const found = body.matchAll(/^ {2}\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n {2}(?:readonly |get |async )?\*?(\w+)/gm)
  return [...found].map(([, member]) => member!)
}

/** Members that a class documents although the contract that it implements does. */
function twice(file: string): string[] {
  const text = read(file)
  const aliases = new Map([...text.matchAll(/\b(\w+) as (\w+)\b/g)].map(([, name, alias]) => [alias!, name!]))
  return [...text.matchAll(/^(?:export )?class (\w+)[^{]* implements ([^{]+)\{\n([\s\S]*?)^\}/gm)].flatMap(
    ([, name, faces, body]) => {
      const known = faces!
        .match(/\w+/g)!
        .flatMap((face) => documented.get(aliases.get(face) ?? face.replace(/^Inner/, '')) ?? [])
      return membersIn(body!)
        .filter((member) => known.includes(member))
        .map((member) => `${file}: ${name}.${member}`)
    },
  )
}

it('a member that the contract documents has no words of its own in the class', () => {
  expect(documented.get('Reply')).toContain('mapEvents')
  expect(files.flatMap(twice)).toEqual([])
})
