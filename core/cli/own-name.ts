import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** How this command is called from a folder, so that what is printed works as it stands: installed, by npx, or by its file. */
export function ownName(cwd: string, env: NodeJS.ProcessEnv): string {
  const names = process.platform === 'win32' ? ['agproxy.cmd', 'agproxy'] : ['agproxy']
  const isIn = (folder: string) => names.some((name) => existsSync(join(folder, name)))
  if ((env.PATH ?? '').split(delimiter).filter(Boolean).some(isIn)) return 'agproxy'
  for (let at = cwd; ; at = dirname(at)) {
    if (isIn(join(at, 'node_modules', '.bin'))) return 'npx agproxy'
    if (dirname(at) === at) break
  }
  const script = process.argv[1] ?? 'agproxy'
  return `node ${/\s/.test(script) ? `"${script}"` : script}`
}
