export { type Config, defineConfig, definePreset, type Preset, type Presets } from './define.js'
export { bytes, duration, type Size } from './units.js'
