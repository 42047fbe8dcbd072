import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url))

/** After the last test: workers are ended without a word, so what they share between files is taken away by the process that started them. */
export function teardown(): void {
  const names = existsSync(CACHE) ? readdirSync(CACHE) : []
  for (const name of names.filter((name) => name.startsWith(`cli-${process.pid}-`)))
    rmSync(join(CACHE, name), { recursive: true, force: true })
}
