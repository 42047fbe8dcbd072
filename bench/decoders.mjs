import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Which plugins of a preset have whole bodies decoded, as `agproxy check` finds them. @param {string} dist @param {string} preset */
export function decodersOf(dist, preset) {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-bench-'))
  try {
    const args = [join(dist, 'bin.js'), 'check', '--preset', preset]
    const options = { cwd: folder, encoding: /** @type {const} */ ('utf8'), env: { PATH: process.env.PATH } }
    const slow = /\nslow\n([\s\S]*)$/.exec(execFileSync(process.execPath, args, options))?.[1] ?? ''
    return slow.split('\n').flatMap((line) => line.trim().split(' ')[0] || [])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
