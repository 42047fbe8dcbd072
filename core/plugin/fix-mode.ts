import { z } from 'zod'

/** `auto` asks the chosen upstream, `always` and `never` do not. Every fix has this option. */
export const fixMode = z.enum(['auto', 'always', 'never']).default('auto')

export type FixMode = z.output<typeof fixMode>

/** Whether a fix acts: in `auto`, only when it is known that the upstream needs it. */
export function applies(mode: FixMode, needed: boolean | undefined): boolean {
  return mode === 'always' || (mode === 'auto' && needed === true)
}
