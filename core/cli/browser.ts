import { spawn } from 'node:child_process'

/** Milliseconds in which a system says that it cannot open anything. */
const PATIENCE = 1_500

/** Asks the system to open a URL in the user's browser; false where there is none, as on a server. */
export function openInBrowser(
  url: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  const command = openerOf(url, env, platform)
  if (!command) return Promise.resolve(false)
  const [file, ...args] = command
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', detached: true, env })
    const timer = setTimeout(() => resolve(true), PATIENCE)
    const done = (opened: boolean) => {
      clearTimeout(timer)
      resolve(opened)
    }
    child.once('error', () => done(false))
    child.once('exit', (code) => done(code === 0))
    child.unref()
  })
}

/** The command line that opens a URL; undefined on a machine without a desktop. */
export function openerOf(
  url: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): [string, ...string[]] | undefined {
  if (env.SSH_CONNECTION && !env.DISPLAY && !env.WAYLAND_DISPLAY) return undefined
  if (platform === 'darwin') return ['open', url]
  // A quote ends the text in PowerShell; a URL of ours has none.
  if (platform === 'win32')
    return ['powershell', '-NoProfile', '-Command', `Start-Process '${url.replaceAll("'", '%27')}'`]
  return env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME ? ['xdg-open', url] : undefined
}
