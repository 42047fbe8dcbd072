import 'reflect-metadata'
import { claudeCode } from './claude-code.js'
import { passthrough } from './passthrough.js'

export { claudeCode, passthrough }

/** The presets that a config can name. */
export const presets = {
  'claude-code': claudeCode,
  passthrough,
} as const

declare module '../core/config/define.js' {
  interface Presets {
    'claude-code': typeof claudeCode
    passthrough: typeof passthrough
  }
}
