import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where the suite's own build lies: signals and exit codes need a real process, and that runs what is built. */
export const built = fileURLToPath(new URL('../../.cache/faults', import.meta.url))

/** Once before the suite. Beside `dist`, which somebody may be using; types are `npm run types`' to judge. */
export default function build(): void {
  const args = ['scripts/build.mjs', '--command', '--outdir', built]
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}
