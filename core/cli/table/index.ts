import type { Listed } from './listed.js'
import * as look from './look.js'
import * as run from './run.js'
import * as setUp from './set-up.js'

const { PROBE_KEY: _, ...settingUp } = setUp

/** Every command, by what it is for. `main.ts` knows where each one's code is. */
export const groups = { Run: run, 'Set up and check': settingUp, 'See what happens': look } as const

export type CommandName = keyof typeof run | keyof typeof settingUp | keyof typeof look

/** By name. */
export const table = { ...run, ...settingUp, ...look } as Readonly<Record<CommandName, Listed>>
