import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isRecord, parseJson } from '../json/plain.js'

/** What `agproxy claude` adds to a session. */
export interface Extras {
  readonly statusline: boolean
  readonly mcp: boolean
}

/** With one of these there is no line to show, or the settings are the user's own. */
const WITHOUT_LINE = new Set(['-p', '--print', '-h', '--help', '-v', '--version', '--settings'])

/**
 * Arguments for Claude Code that switch the status line and the tools on for this session alone; nothing is written to a file.
 * Each value is joined to its flag, as `--mcp-config` takes every word that follows.
 */
export function extraArgs(
  words: readonly string[],
  { statusline, mcp }: Extras,
  env: NodeJS.ProcessEnv,
  cwd: string,
  command: readonly string[] = [process.execPath, process.argv[1]!],
): string[] {
  if (isSubcommand(words)) return []
  const extra: string[] = []
  if (mcp) {
    const [file, ...args] = command
    extra.push(
      `--mcp-config=${JSON.stringify({ mcpServers: { agproxy: { command: file, args: [...args, 'mcp'] } } })}`,
    )
  }
  if (statusline && !words.some((word) => WITHOUT_LINE.has(word.split('=')[0]!)) && !hasOwnLine(env, cwd)) {
    extra.push(`--settings=${JSON.stringify({ statusLine: lineOf(command) })}`)
  }
  return extra
}

/** Claude Code's setting for a status line by this command. */
export const lineOf = (command: readonly string[]) => ({
  type: 'command',
  command: `${command.map(quoted).join(' ')} statusline`,
  padding: 0,
})

/** `claude mcp list`, `claude doctor`: no session. A prompt of one word that is none of Claude Code's commands would be one too. */
function isSubcommand([first = '']: readonly string[]): boolean {
  return /^[a-z][a-z-]+$/.test(first)
}

/** A line that the user has chosen stays. */
function hasOwnLine(env: NodeJS.ProcessEnv, cwd: string): boolean {
  const own = env.CLAUDE_CONFIG_DIR ?? join(env.HOME ?? homedir(), '.claude')
  const files = [
    join(own, 'settings.json'),
    join(cwd, '.claude/settings.json'),
    join(cwd, '.claude/settings.local.json'),
  ]
  return files.some((file) => {
    try {
      const settings = parseJson(readFileSync(file, 'utf8'))
      return isRecord(settings) && settings.statusLine !== undefined
    } catch {
      return false // none there
    }
  })
}

/** For the shell that Claude Code runs the line with; on Windows that is Git's bash, which wants slashes. */
function quoted(path: string): string {
  return `'${(process.platform === 'win32' ? path.replaceAll('\\', '/') : path).replaceAll("'", `'\\''`)}'`
}
