import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The packages whose code a bundle holds, with their licences, as those demand. @param {string[]} inputs paths of its modules */
export function licencesOf(inputs) {
  const packages = new Set(
    inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  )
  const licences = [...packages].sort().map((name) => {
    const folder = join('node_modules', name)
    if (!existsSync(folder)) return name
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f))
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}`
  })
  return `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
