import 'reflect-metadata'

export * from './core/config/public.js'
export * from './core/index.js'
// The names of the built-in presets, for the types of `defineConfig`; nothing is loaded.
export type { presets } from './presets/index.js'
