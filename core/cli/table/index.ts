import type { Listed } from './listed.js'
import * as look from './look.js'
import * as run from './run.js'
import * as setUp from './set-up.js'

const { PROBE_KEY: _, ...settingUp } = setUp
const { start, claude, env, status, stop, logs, record, replay } = run
const { init, check, doctor, probe, completion } = settingUp
const { ui, accounts, usage, explain, cache, upstreams, resend, statusline, mcp } = look

/** Every command, by what it is for, what is used first first. `main.ts` knows where each one's code is. */
export const groups = {
  Run: { start, claude, env, status, stop, logs, record, replay },
  'Set up and check': { init, check, doctor, probe, completion },
  'See what happens': { ui, accounts, usage, explain, cache, upstreams, resend, statusline, mcp },
} as const

export type CommandName = keyof typeof run | keyof typeof settingUp | keyof typeof look

/** By name. */
export const table = { ...run, ...settingUp, ...look } as Readonly<Record<CommandName, Listed>>
